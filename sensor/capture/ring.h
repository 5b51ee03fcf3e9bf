/* sensor/capture/ring.h - the ring in which the kernel leaves frames of a packet socket.
 *
 * TPACKET_V3: blocks of frames of any length, handed over when they are full or BLOCK_MS old.
 * Source: kernel documentation, networking/packet_mmap; packet(7). */
#ifndef CAPTURE_RING_H
#define CAPTURE_RING_H
#include "sensor/capture/capture.h"

struct tpacket3_hdr;

struct ring {
    uint8_t *map;
    uint32_t blocks, at;       /* at: the block being read, or waited for */
    uint32_t left;             /* of its frames, not given out yet */
    bool open;                 /* ours until its last frame was given out and done with */
    struct tpacket3_hdr *next; /* frame */
    bool cooked;
};

/* Makes and maps a ring of about `bytes` for packet socket fd, which is not bound yet. cooked: the
 * socket gives frames without their link header (SOCK_DGRAM), and a pseudo-header is put before
 * them. 0, or errno. */
int ring_init(struct ring *r, int fd, size_t bytes, bool cooked);
void ring_release(struct ring *r);

/* The next frame; its bytes are borrowed until the next call. False when there is none yet. */
bool ring_next(struct ring *r, struct frame *f);

/* How much of the ring waits to be read, in percent: 100 when the kernel finds no room. */
unsigned ring_fill(const struct ring *r);

#endif
