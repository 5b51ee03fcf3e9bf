/* sensor/capture/fanout.h - one interface's frames, spread over several sockets by pair of hosts.
 */
#ifndef CAPTURE_FANOUT_H
#define CAPTURE_FANOUT_H
#include <stdint.h>

/* Puts packet socket fd into fan-out group `group` of its interface. 0, or errno. */
int fanout_join(int fd, uint16_t group);

#endif
