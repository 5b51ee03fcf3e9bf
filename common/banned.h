/* common/banned.h - functions that do not compile here, put before every source by the Makefile.
 *
 * They write without a bound, keep hidden state or report no error. The system headers that
 * mention them are read first, because a poisoned word may not even be declared again. */
#ifndef COMMON_BANNED_H
#define COMMON_BANNED_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol gets
#endif
