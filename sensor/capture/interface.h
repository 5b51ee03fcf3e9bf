/* sensor/capture/interface.h - a network interface as capturing needs to know it. */
#ifndef CAPTURE_INTERFACE_H
#define CAPTURE_INTERFACE_H
#include "common/err.h"
#include <stdbool.h>
#include <stdint.h>

#define INTERFACE_NAME_MAX 16 /* IFNAMSIZ */

struct interface {
    char name[INTERFACE_NAME_MAX];
    int index;              /* 0: all of them ("any") */
    bool cooked;            /* not Ethernet: frames come without their link header */
    bool loops;             /* what it sends comes in again */
    int counters[2];        /* open files of sysfs; 0: none */
    uint64_t drops_at_open; /* so that what was lost before is not ours */
};

/* Fills i for an interface that is there and up. 0, or -1 and err; interface_release() either way.
 */
int interface_find(struct interface *i, const char *name, struct err *err);
void interface_release(struct interface *i);
/* The one that was found, not another of its name. */
bool interface_exists(const struct interface *i);

/* Waits up to 100 ms for what socket fd has to read. A link that goes down may come back; -1 and
 * err when the interface is gone or reading it came to an end. */
int interface_wait(const struct interface *i, int fd, struct err *err);

/* How many queues it receives with; one, where its driver does not say. */
unsigned interface_queues(const struct interface *i);

/* From here on interface_drops() tells what the card had to leave before the kernel saw it; before,
 * and where its driver does not say, 0. */
void interface_watch_drops(struct interface *i);
uint64_t interface_drops(const struct interface *i);

#endif
