/* sensor/capture/capture_ops.h - what a kind of capture implements; private to this folder. */
#ifndef CAPTURE_CAPTURE_OPS_H
#define CAPTURE_CAPTURE_OPS_H
#include "sensor/capture/capture.h"

struct capture_ops {
    enum capture_result (*next)(struct capture *c, struct frame *f, struct err *err);
    void (*counters)(struct capture *c, struct capture_counters *out);
    void (*close)(struct capture *c);          /* frees c itself */
    void (*stop)(struct capture *c);           /* NULL: nothing to stop */
    unsigned (*fill)(const struct capture *c); /* NULL: never full */
};

/* First member of each kind's own struct. */
struct capture {
    const struct capture_ops *ops;
    uint64_t frames; /* given out so far */
    bool over;       /* ended or failed: only CAPTURE_END from here on */
};

/* libpcap's own bound, for every link type it meets on a network; a file whose header announces
 * more may hold frames up to the second. */
#define FRAME_BYTES_MAX           262144u
#define FRAME_BYTES_ANNOUNCED_MAX 1048576u

/* A number of the file, in its byte order (swap: other than ours). */
static inline uint32_t file_u32(const uint8_t *p, bool swap)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return swap ? __builtin_bswap32(v) : v;
}

static inline uint16_t file_u16(const uint8_t *p, bool swap)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return swap ? __builtin_bswap16(v) : v;
}

/* capture_open_live() with .xdp. */
int capture_open_xdp(const struct live_options *o, unsigned count, struct capture **captures,
                     struct err *err);

struct source;
/* Take the source over, also on failure. */
struct capture *capture_open_pcap(struct source *src, struct err *err);
struct capture *capture_open_pcapng(struct source *src, struct err *err);
bool pcap_knows(uint32_t magic);
bool pcapng_knows(uint32_t magic);

#endif
