/* sensor/confine.h - the two halves of the sandbox; privilege.c calls them in order. */
#ifndef SENSOR_CONFINE_H
#define SENSOR_CONFINE_H
#include "sensor/privilege.h"

/* Landlock. 1 when files are confined, 0 when the kernel lacks it (warned of), -1 and err. */
int confine_files(const struct privilege_options *o, struct err *err);

/* seccomp, for all threads. The same results. Built with a sanitizer it does nothing and says 0:
 * the leak checker forks and traces at exit. */
int confine_calls(const struct privilege_options *o, struct err *err);

#endif
