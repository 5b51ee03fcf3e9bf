/* sensor/decode/gre.c - GRE, version 0 (RFC 1701, 2784, 2890) and version 1 with PPP (RFC 2637). */
#include "sensor/decode/layers.h"

#define GRE_BYTES   4
#define ROUTE_BYTES 4

enum gre_flag { /* of the first byte */
                FLAG_CHECKSUM = 0x80,
                FLAG_ROUTE = 0x40,
                FLAG_KEY = 0x20,
                FLAG_SEQUENCE = 0x10,
                FLAG_STRICT_ROUTE = 0x08,
                FLAG_RECURSION = 0x07,
};
enum gre_protocol {
    GRE_PPP = 0x880b,
    GRE_ERSPAN = 0x88be, /* types I and II */
    GRE_ERSPAN_III = 0x22eb,
    GRE_BRIDGING = 0x6558,
};

/* Passes RFC 1701's source route entries, up to the empty one; false when they lead out. */
static bool skip_routes(struct bytes *b)
{
    for (;;) {
        if (b->len < ROUTE_BYTES)
            return false;
        size_t len = b->p[3];
        bool last = get_u16(b->p) == 0 && len == 0;
        if (len > b->len - ROUTE_BYTES)
            return false;
        *b = bytes_slice(*b, ROUTE_BYTES + len, b->len);
        if (last)
            return true;
    }
}

static void carry(struct decode *s, uint16_t protocol, struct bytes b)
{
    switch (protocol) {
    case GRE_PPP:
        decode_inside(s, SOURCE_GRE, LINK_PPP, b);
        break;
    case GRE_ERSPAN_III:
        decode_inside_by(s, SOURCE_GRE, decode_erspan, b);
        break;
    case GRE_BRIDGING:
        decode_inside(s, SOURCE_GRE, LINK_ETHERNET, b);
        break;
    default:
        decode_inside_ethertype(s, SOURCE_GRE, protocol,
                                b); /* of what is not known nothing can be said */
    }
}

static void decode_version0(struct decode *s, uint16_t protocol, struct bytes b)
{
    uint8_t flags = b.p[0];
    if (flags & FLAG_RECURSION) {
        decode_invalid(s, EVENT_GRE_VERSION0_RECUR);
        return;
    }
    if (b.p[1] & 0xf8) {
        decode_invalid(s, EVENT_GRE_VERSION0_FLAGS);
        return;
    }
    /* checksum and offset are there when either flag is set (RFC 1701) */
    size_t len = GRE_BYTES + (flags & (FLAG_CHECKSUM | FLAG_ROUTE) ? 4u : 0u) +
                 (flags & FLAG_KEY ? 4u : 0u) + (flags & FLAG_SEQUENCE ? 4u : 0u);
    if (len > b.len) {
        decode_invalid(s, EVENT_GRE_VERSION0_HDR_TOO_BIG);
        return;
    }
    b = bytes_slice(b, len, b.len);
    if (flags & FLAG_ROUTE && !skip_routes(&b)) {
        decode_invalid(s, EVENT_GRE_VERSION0_MALFORMED_SRE_HDR);
        return;
    }
    if (protocol != GRE_ERSPAN)
        carry(s, protocol, b);
    else if (flags & FLAG_SEQUENCE)
        decode_inside_by(s, SOURCE_GRE, decode_erspan, b);
    else /* type I has no header of its own */
        decode_inside(s, SOURCE_GRE, LINK_ETHERNET, b);
}

/* What version 1 forbids; EVENT_COUNT when nothing is wrong. */
static enum packet_event judge_version1(uint8_t flags, uint8_t more, uint16_t protocol)
{
    if (flags & FLAG_CHECKSUM)
        return EVENT_GRE_VERSION1_CHKSUM;
    if (flags & FLAG_ROUTE)
        return EVENT_GRE_VERSION1_ROUTE;
    if (flags & FLAG_STRICT_ROUTE)
        return EVENT_GRE_VERSION1_SSR;
    if (flags & FLAG_RECURSION)
        return EVENT_GRE_VERSION1_RECUR;
    if (more & 0x78)
        return EVENT_GRE_VERSION1_FLAGS;
    if (protocol != GRE_PPP)
        return EVENT_GRE_VERSION1_WRONG_PROTOCOL;
    return flags & FLAG_KEY ? EVENT_COUNT : EVENT_GRE_VERSION1_NO_KEY;
}

static void decode_version1(struct decode *s, uint16_t protocol, struct bytes b)
{
    uint8_t flags = b.p[0], more = b.p[1];
    enum packet_event wrong = judge_version1(flags, more, protocol);
    if (wrong != EVENT_COUNT) {
        decode_invalid(s, wrong);
        return;
    }
    size_t len = GRE_BYTES + 4 + (flags & FLAG_SEQUENCE ? 4u : 0u) + (more & 0x80 ? 4u : 0u);
    if (len > b.len)
        decode_invalid(s, EVENT_GRE_VERSION1_HDR_TOO_BIG);
    else if (len < b.len) /* a bare acknowledgement carries nothing */
        decode_inside(s, SOURCE_GRE, LINK_PPP, bytes_slice(b, len, b.len));
}

void decode_gre(struct decode *s, struct bytes b)
{
    s->d->counters.gre++;
    if (!decode_layer(s))
        return;
    if (b.len < GRE_BYTES) {
        decode_invalid(s, EVENT_GRE_PKT_TOO_SMALL);
        return;
    }
    switch (b.p[1] & 7) {
    case 0:
        decode_version0(s, get_u16(b.p + 2), b);
        break;
    case 1:
        decode_version1(s, get_u16(b.p + 2), b);
        break;
    default:
        decode_invalid(s, EVENT_GRE_WRONG_VERSION);
    }
}
