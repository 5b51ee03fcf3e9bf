/* tests/unit/sensor/decode/build.h - frames put together from their headers, and what they decode
 * to. */
#ifndef TEST_DECODE_BUILD_H
#define TEST_DECODE_BUILD_H
#include "common/err.h"
#include "sensor/decode/checksum.h"
#include "sensor/decode/decode.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct built {
    uint8_t b[8192];
    size_t len;
};

static inline void put(struct built *to, const void *p, size_t len)
{
    ASSERT(to->len + len <= sizeof to->b);
    if (len)
        memcpy(to->b + to->len, p, len);
    to->len += len;
}

static inline void put_u16(struct built *to, unsigned v)
{
    uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    put(to, b, 2);
}

/* "45 00 ff" */
static inline struct built hex(const char *text)
{
    struct built out = {.len = 0};
    unsigned v;
    int n = 0;
    while (sscanf(text, " %2x%n", &v, &n) == 1) {
        uint8_t b = (uint8_t)v;
        put(&out, &b, 1);
        text += n;
    }
    return out;
}

static inline struct built text(const char *s)
{
    struct built out = {.len = 0};
    put(&out, s, strlen(s));
    return out;
}

static inline struct built join(struct built a, struct built b)
{
    put(&a, b.b, b.len);
    return a;
}

static inline struct built cut(struct built a, size_t len)
{
    a.len = len;
    return a;
}

static inline struct bytes view(const struct built *a)
{
    return bytes_of(a->b, a->len);
}

/* 02:00:00:00:00:02 -> 02:00:00:00:00:01 */
static inline struct built ethernet(unsigned type, struct built payload)
{
    struct built out = hex("02 00 00 00 00 01 02 00 00 00 00 02");
    put_u16(&out, type);
    return join(out, payload);
}

/* 192.0.2.1 -> 198.51.100.2, time to live 64, with options and fragment field. */
static inline struct built ipv4_with(unsigned proto, unsigned fragment, struct built options,
                                     struct built payload)
{
    struct built out = hex("45 00");
    out.b[0] = (uint8_t)(0x45 + options.len / 4);
    put_u16(&out, (unsigned)(20 + options.len + payload.len));
    put_u16(&out, 0x1234);
    put_u16(&out, fragment);
    put_u16(&out, 64 << 8 | proto);
    out = join(out, hex("00 00 c0 00 02 01 c6 33 64 02"));
    out = join(out, options);
    uint16_t sum = (uint16_t)~checksum_add(0, view(&out));
    memcpy(out.b + 10, &sum, 2);
    return join(out, payload);
}

static inline struct built ipv4(unsigned proto, struct built payload)
{
    return ipv4_with(proto, 0, hex(""), payload);
}

/* 2001:db8::1 -> 2001:db8::2, hop limit 64. */
static inline struct built ipv6(unsigned next, struct built payload)
{
    struct built out = hex("60 00 00 00");
    put_u16(&out, (unsigned)payload.len);
    put_u16(&out, next << 8 | 64);
    out = join(out, hex("20010db8000000000000000000000001 20010db8000000000000000000000002"));
    return join(out, payload);
}

static inline struct built udp(unsigned sport, unsigned dport, struct built payload)
{
    struct built out = {.len = 0};
    put_u16(&out, sport);
    put_u16(&out, dport);
    put_u16(&out, (unsigned)(8 + payload.len));
    put_u16(&out, 0);
    return join(out, payload);
}

/* 40000 -> 80, seq 1000, ack 2000, window 512; the checksum is left 0. */
static inline struct built tcp(unsigned flags, struct built options, struct built payload)
{
    struct built out = hex("9c 40 00 50 00 00 03 e8 00 00 07 d0");
    put_u16(&out, (unsigned)((20 + options.len) / 4) << 12 | flags);
    out = join(out, hex("02 00 00 00 00 00"));
    return join(join(out, options), payload);
}

/* What a frame decoded to. Packets stand on their own memory. */
#define SEEN_MAX 20
struct seen {
    struct packet p[SEEN_MAX];
    uint8_t *memory[SEEN_MAX];
    int count;
};

/* A view within `raw` at the same place within `memory`; an empty view stays empty. */
static inline struct bytes moved(struct bytes view, struct bytes raw, const uint8_t *memory)
{
    return view.p ? bytes_of(memory + (view.p - raw.p), view.len) : view;
}

static inline void see(void *ctx, struct packet *p)
{
    struct seen *s = ctx;
    ASSERT(s->count < SEEN_MAX);
    uint8_t *memory = malloc(p->raw.len + 1);
    ASSERT(memory);
    if (p->raw.len)
        memcpy(memory, p->raw.p, p->raw.len);
    struct packet *to = &s->p[s->count];
    *to = *p;
    to->raw = bytes_of(memory, p->raw.len);
    to->ip = moved(p->ip, p->raw, memory);
    to->l4 = moved(p->l4, p->raw, memory);
    to->payload = moved(p->payload, p->raw, memory);
    to->tcp.options = moved(p->tcp.options, p->raw, memory);
    s->memory[s->count++] = memory;
}

static inline void seen_release(struct seen *s)
{
    for (int i = 0; i < s->count; i++)
        free(s->memory[i]);
    s->count = 0;
}

static inline void decode_at(struct decoder *d, struct seen *s, uint64_t ts_us, unsigned linktype,
                             struct built frame)
{
    struct frame f = {.number = 7,
                      .ts_us = ts_us,
                      .linktype = linktype,
                      .wire_len = (uint32_t)frame.len,
                      .data = bytes_of(frame.b, frame.len)};
    seen_release(s);
    decode_frame(d, &f, see, s);
}

/* One frame through a decoder of its own, with checksums checked. Static: valid until the next. */
static inline struct seen *decode_alone(unsigned linktype, struct built frame)
{
    static struct seen s;
    struct decoder_options o = {.checksums = CHECKSUM_ALL};
    struct decoder *d = decoder_new(&o);
    decode_at(d, &s, 1000000, linktype, frame);
    decoder_free(d);
    return &s;
}

#define LINK_ETHERNET 1
#define LINK_RAW      101

static inline struct packet *decode_ip(struct built datagram)
{
    return &decode_alone(LINK_RAW, datagram)->p[0];
}

static inline bool raised(const struct packet *p, const char *name)
{
    int e = packet_event_find(bytes_str(name));
    ASSERT(e >= 0);
    return packet_has_event(p, (enum packet_event)e);
}

#define assert_raised(p, name)   assert_true(raised(p, name))
#define assert_bytes(view, text) assert_true(bytes_eq(view, bytes_str(text)))
#define assert_address(a, text)                                                                    \
    do {                                                                                           \
        struct addr want_;                                                                         \
        assert_true(addr_parse(bytes_str(text), &want_));                                          \
        assert_true(addr_eq(&(a), &want_));                                                        \
    } while (0)

#endif
