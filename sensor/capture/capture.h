/* sensor/capture/capture.h - frames from a file or an interface, behind one interface. */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H
#include "common/err.h"
#include "sensor/base.h"

struct capture; /* one thread at a time */

/* pcap (both byte orders, microsecond and nanosecond), pcapng (several interfaces, any if_tsresol),
 * each plain or gzip, told by magic. NULL and err when it cannot be opened or is none of them. */
struct capture *capture_open_file(const char *path, struct err *err);

struct live_options {
    const char *interface; /* "any": all of them */
    const char *filter;    /* pcap-filter(7); NULL: everything */
    size_t ring_bytes;     /* of each capture; 0 means 64 MiB */
    bool xdp;              /* through AF_XDP (xdp.c): one capture for each queue of the interface */
};
/* Opens `count` captures that share the interface's frames by pair of hosts (fanout.h). 0, or -1,
 * err and none of them open. */
int capture_open_live(const struct live_options *o, unsigned count, struct capture **captures,
                      struct err *err);

enum capture_result {
    CAPTURE_FRAME = 1,
    CAPTURE_END = 0,    /* end of the file */
    CAPTURE_IDLE = 2,   /* live: nothing came within 100 ms; do housekeeping and call again */
    CAPTURE_ERROR = -1, /* the file is corrupt here, the interface is gone: err says where */
    CAPTURE_CUT = -2, /* the file ends within a frame, as when its writer was killed: err says so */
};
/* f->number counts from 1 in each capture; f->data is borrowed, see struct frame. */
enum capture_result capture_next(struct capture *c, struct frame *f, struct err *err);

/* Live: takes no more from the interface. What came before is still given out, and CAPTURE_IDLE
 * says that there is no more of it; capture_counters() then counts exactly the frames given out.
 * Nothing to a file. */
void capture_stop(struct capture *c);

/* Live: how much of the room for frames waits to be read, in percent. 0 for a file. */
unsigned capture_fill(const struct capture *c);

struct capture_counters {
    uint64_t received;       /* what the interface had for this capture, dropped or not */
    uint64_t kernel_dropped; /* of these: found no room */
    uint64_t
        interface_dropped; /* never reached the kernel; with the first capture of an interface */
};
void capture_counters(struct capture *c, struct capture_counters *out);
void capture_close(struct capture *c);

/* Files to replay: path itself, or the regular files of a directory in order of modification time
 * (then name). Owned by the caller: capture_list_free. Count, or -1 and err. */
int capture_list(const char *path, bool recursive, char ***files, struct err *err);
void capture_list_free(char **files, int count);

#endif
