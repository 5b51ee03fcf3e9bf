/* tests/unit/sensor/stream/rig.h - a TCP connection on paper: packets in, what the sink got out. */
#ifndef TEST_STREAM_RIG_H
#define TEST_STREAM_RIG_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "common/err.h"
#include "sensor/stream/stream.h"

enum { CLIENT_ISN = 1000, SERVER_ISN = 5000, RIG_WINDOW = 32768 };

struct rig_side {
    uint8_t *bytes;
    size_t len, cap;
    uint64_t gap_bytes;
    int gaps, eofs;
};
struct rig {
    struct stream_engine *e;
    struct flow f;
    struct packet p; /* the latest */
    struct rig_side got[2];
    uint64_t ts_us;
    enum direction dir;    /* of the latest, after the engine had it */
    uint32_t tsval, tsecr; /* tsval not 0: the next packet carries them */
    uint16_t window, urgent;
    int8_t wscale; /* of SYNs */
    bool fastopen;
};

static inline void rig_data(void *ctx, struct flow *f, enum direction dir, struct bytes data,
                            unsigned notes, uint64_t gap_bytes)
{
    struct rig *r = ctx;
    struct rig_side *side = &r->got[dir];
    assert_ptr_equal(f, &r->f);
    if (side->len + data.len > side->cap) {
        side->cap = (side->len + data.len) * 2;
        side->bytes = realloc(side->bytes, side->cap);
        ASSERT(side->bytes);
    }
    if (data.len)
        memcpy(side->bytes + side->len, data.p, data.len);
    side->len += data.len;
    side->gaps += (notes & STREAM_GAP) != 0;
    side->gap_bytes += gap_bytes;
    side->eofs += (notes & STREAM_EOF) != 0;
}

static inline void rig_init(struct rig *r, struct stream_options o)
{
    memset(r, 0, sizeof *r);
    struct stream_sink sink = {.data = rig_data, .ctx = r};
    r->e = stream_engine_new(&o, &sink);
    r->f.tuple.proto = IPP_TCP;
    r->ts_us = UINT64_C(1700000000000000);
    r->window = RIG_WINDOW;
    r->wscale = -1;
}

static inline void rig_release(struct rig *r)
{
    stream_session_free(r->e, &r->f);
    stream_engine_free(r->e);
    free(r->got[0].bytes);
    free(r->got[1].bytes);
}

static inline void rig_send_bytes(struct rig *r, enum direction dir, uint8_t flags, uint32_t seq,
                                  uint32_t ack, struct bytes data)
{
    struct packet *p = &r->p;
    memset(p, 0, sizeof *p);
    p->ts_us = r->ts_us += 1000;
    p->proto = IPP_TCP;
    p->payload = data;
    p->tcp.seq = seq;
    p->tcp.ack = ack;
    p->tcp.flags = flags;
    p->tcp.window = r->window;
    p->tcp.urgent = r->urgent;
    p->tcp.wscale = flags & TCP_SYN ? r->wscale : -1;
    p->tcp.has_ts = r->tsval != 0;
    p->tcp.tsval = r->tsval;
    p->tcp.tsecr = r->tsecr;
    p->tcp.has_fastopen = r->fastopen;
    r->dir = dir;
    stream_packet(r->e, &r->f, p, &r->dir);
}

static inline void rig_send(struct rig *r, enum direction dir, uint8_t flags, uint32_t seq,
                            uint32_t ack, const char *text)
{
    rig_send_bytes(r, dir, flags, seq, ack, bytes_str(text));
}

/* Positions in the stream rather than sequence numbers: what both ends say after the handshake. */
static inline void rig_client(struct rig *r, uint32_t at, uint32_t acked, const char *text)
{
    rig_send(r, TO_SERVER, TCP_ACK, CLIENT_ISN + 1 + at, SERVER_ISN + 1 + acked, text);
}
static inline void rig_server(struct rig *r, uint32_t at, uint32_t acked, const char *text)
{
    rig_send(r, TO_CLIENT, TCP_ACK, SERVER_ISN + 1 + at, CLIENT_ISN + 1 + acked, text);
}

static inline void rig_handshake(struct rig *r)
{
    rig_send(r, TO_SERVER, TCP_SYN, CLIENT_ISN, 0, "");
    rig_send(r, TO_CLIENT, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1, "");
    rig_client(r, 0, 0, "");
}

static inline void rig_open(struct rig *r, struct stream_options o)
{
    rig_init(r, o);
    rig_handshake(r);
}

static inline const char *rig_state(const struct rig *r)
{
    const struct stream_summary *s = stream_summary(&r->f);
    return s ? s->state : "no session";
}

#define assert_got(r, dir_, text)                                                                  \
    do {                                                                                           \
        assert_int_equal((r)->got[dir_].len, strlen(text));                                        \
        assert_memory_equal((r)->got[dir_].bytes ? (r)->got[dir_].bytes : (uint8_t *)"", text,     \
                            strlen(text));                                                         \
    } while (0)
#define assert_event(r, id)    assert_true(packet_has_event(&(r)->p, EVENT_##id))
#define assert_no_events(r)    assert_int_equal((r)->p.event_count, 0)
#define assert_state(r, state) assert_string_equal(rig_state(r), state)

#endif
