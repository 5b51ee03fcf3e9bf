/* sensor/capture/fanout.h - one interface's frames, spread over several sockets by pair of hosts.
 */
#ifndef CAPTURE_FANOUT_H
#define CAPTURE_FANOUT_H
#include <stdint.h>

/* Puts bound packet socket fd into a fan-out group of its interface: a new one while *group is 0,
 * whose number is left there for the next. 0, or errno. */
int fanout_join(int fd, uint16_t *group);

#endif
