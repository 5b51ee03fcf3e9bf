/* sensor/decode/ipv4.c - IPv4 header and options (RFC 791), fragments, IPv4 within IP. */
#include "sensor/decode/checksum.h"
#include "sensor/decode/defrag.h"
#include "sensor/decode/layers.h"

#define IPV4_BYTES 20

enum ipv4_option {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_RECORD_ROUTE = 7,
    OPTION_QUICK_START = 25,
    OPTION_TIMESTAMP = 68,
    OPTION_SECURITY = 130,
    OPTION_LOOSE_ROUTE = 131,
    OPTION_EXTENDED_SECURITY = 133,
    OPTION_CIPSO = 134,
    OPTION_STREAM_ID = 136,
    OPTION_STRICT_ROUTE = 137,
    OPTION_ROUTER_ALERT = 148,
};

/* Routes and timestamps carry a pointer to the next free slot, at least 4 or 5 and in steps. */
static bool route_is_right(struct bytes o)
{
    return o.p[2] >= 4 && o.p[2] % 4 == 0 && o.p[2] <= o.len + 1;
}

static bool timestamp_is_right(struct bytes o)
{
    unsigned flag = o.p[3] & 0x0f, step = flag == 1 || flag == 3 ? 8 : 4;
    return o.p[2] >= 5 && (o.p[2] - 5u) % step == 0 && o.p[2] <= o.len + 1;
}

/* Tags behind the domain number (FIPS 188 section 4.6). */
static bool cipso_is_right(struct bytes o)
{
    struct bytes tags = bytes_slice(o, 6, o.len);
    while (tags.len) {
        if (tags.len < 2 || tags.p[1] < 4 || tags.p[1] > tags.len)
            return false;
        bool known = tags.p[0] == 1 || tags.p[0] == 2 || (tags.p[0] >= 5 && tags.p[0] <= 7);
        bool aligned = tags.p[0] == 7 || tags.p[2] == 0; /* 7 is free-form */
        if (!known || !aligned)
            return false;
        tags = bytes_slice(tags, tags.p[1], tags.len);
    }
    return true;
}

/* Least length of a known option, 0 for others; some have just one length. */
static size_t least_length(uint8_t kind)
{
    switch (kind) {
    case OPTION_RECORD_ROUTE:
    case OPTION_LOOSE_ROUTE:
    case OPTION_STRICT_ROUTE:
    case OPTION_SECURITY:
    case OPTION_EXTENDED_SECURITY:
        return 3;
    case OPTION_STREAM_ID:
    case OPTION_ROUTER_ALERT:
        return 4;
    case OPTION_TIMESTAMP:
        return 5;
    case OPTION_QUICK_START:
        return 8;
    case OPTION_CIPSO:
        return 10;
    default:
        return 0;
    }
}

/* EVENT_COUNT: nothing wrong. */
static enum packet_event judge_option(struct bytes o)
{
    size_t least = least_length(o.p[0]);
    if (least == 0)
        return EVENT_IPV4_OPT_INVALID;
    if (o.len < least || (least == 4 && o.len != 4))
        return EVENT_IPV4_OPT_INVALID_LEN;
    switch (o.p[0]) {
    case OPTION_RECORD_ROUTE:
    case OPTION_LOOSE_ROUTE:
    case OPTION_STRICT_ROUTE:
        return route_is_right(o) ? EVENT_COUNT : EVENT_IPV4_OPT_MALFORMED;
    case OPTION_TIMESTAMP:
        return timestamp_is_right(o) ? EVENT_COUNT : EVENT_IPV4_OPT_MALFORMED;
    case OPTION_CIPSO:
        return cipso_is_right(o) ? EVENT_COUNT : EVENT_IPV4_OPT_MALFORMED;
    default:
        return EVENT_COUNT;
    }
}

/* False when an option leads out of the header: then nothing in the packet can be trusted, while a
 * fault within an option is an event and no more. */
static bool read_options(struct decode *s, struct bytes b)
{
    uint8_t seen[32] = {0};
    if (b.len % 8)
        packet_event(s->packet, EVENT_IPV4_OPT_PAD_REQUIRED);
    while (b.len && b.p[0] != OPTION_END) {
        if (b.p[0] == OPTION_NOP) {
            b = bytes_slice(b, 1, b.len);
            continue;
        }
        if (b.len < 2) {
            packet_event(s->packet, EVENT_IPV4_OPT_EOL_REQUIRED);
            return true;
        }
        struct bytes option = bytes_slice(b, 0, b.p[1]);
        if (b.p[1] < 2 || b.p[1] > b.len) {
            decode_event_again(s, EVENT_IPV4_OPT_INVALID_LEN);
            return false;
        }
        uint8_t kind = option.p[0], bit = (uint8_t)(1 << kind % 8);
        enum packet_event wrong =
            seen[kind / 8] & bit ? EVENT_IPV4_OPT_DUPLICATE : judge_option(option);
        if (wrong == EVENT_COUNT)
            seen[kind / 8] |= bit;
        else
            decode_event_again(s, wrong);
        b = bytes_slice(b, option.len, b.len);
    }
    return true;
}

/* EVENT_COUNT when the header can be trusted. */
static enum packet_event judge_header(struct bytes b)
{
    if (b.len < IPV4_BYTES)
        return EVENT_IPV4_PKT_TOO_SMALL;
    if (b.p[0] >> 4 != 4)
        return EVENT_IPV4_WRONG_IP_VERSION;
    size_t header = (size_t)(b.p[0] & 15) * 4, total = get_u16(b.p + 2);
    if (header < IPV4_BYTES)
        return EVENT_IPV4_HLEN_TOO_SMALL;
    if (total < header)
        return EVENT_IPV4_IPLEN_SMALLER_THAN_HLEN;
    return total > b.len ? EVENT_IPV4_TRUNC_PKT : EVENT_COUNT;
}

static void push_fragment(struct decode *s)
{
    struct packet *p = s->packet;
    struct fragment f = {
        .id = p->ip_id,
        .proto = p->proto,
        .offset = p->frag_offset,
        .more = p->more_fragments,
        .header = bytes_slice(p->ip, 0, p->ip_hdr_len),
        .data = p->l4,
    };
    p->flags |= PACKET_FRAGMENT;
    s->d->counters.defrag_ipv4.fragments++;
    struct defragmented whole = defrag_push(s->d->defrag, p, &f);
    if (!whole.frame.len)
        return;
    s->d->counters.defrag_ipv4.reassembled++;
    decode_reassembled(s, &whole);
}

void decode_ipv4(struct decode *s, struct bytes b)
{
    struct packet *p = s->packet;
    s->d->counters.ipv4++;
    if (!decode_layer(s))
        return;
    enum packet_event wrong = judge_header(b);
    if (wrong != EVENT_COUNT) {
        if (wrong == EVENT_IPV4_TRUNC_PKT)
            p->flags |= PACKET_TRUNCATED;
        decode_invalid(s, wrong);
        return;
    }
    uint16_t fragment = get_u16(b.p + 6);
    p->ip_version = 4;
    p->ip_hdr_len = (uint16_t)((b.p[0] & 15) * 4);
    p->ip = bytes_slice(b, 0, get_u16(b.p + 2));
    p->tos = b.p[1];
    p->ip_id = get_u16(b.p + 4);
    p->dont_fragment = fragment & 0x4000;
    p->more_fragments = fragment & 0x2000;
    p->frag_offset = (uint16_t)((fragment & 0x1fff) * 8);
    p->ttl = b.p[8];
    p->proto = b.p[9];
    set_addr(&p->src, 4, b.p + 12);
    set_addr(&p->dst, 4, b.p + 16);
    p->l4 = bytes_slice(p->ip, p->ip_hdr_len, p->ip.len);
    struct bytes header = bytes_slice(p->ip, 0, p->ip_hdr_len);
    if (s->d->checksums_checked && !checksum_holds(header))
        p->flags |= PACKET_BAD_IP_CSUM;
    if (header.len > IPV4_BYTES && !read_options(s, bytes_slice(header, IPV4_BYTES, header.len))) {
        p->flags |= PACKET_INVALID;
        p->ip_version = 0;
        return;
    }
    if (p->more_fragments || p->frag_offset)
        push_fragment(s);
    else
        decode_ipproto(s, p->proto, p->l4);
}

/* IPv4 as the payload of IPv4 (RFC 2003) or IPv6 (RFC 2473). */
void decode_ipv4_inside(struct decode *s, struct bytes b)
{
    struct decode_counters *c = &s->d->counters;
    (*(s->packet->ip_version == 4 ? &c->ipv4_in_ipv4 : &c->ipv4_in_ipv6))++;
    if (s->packet->ip_version == 6 && b.len < IPV4_BYTES)
        packet_event(s->packet, EVENT_IPV6_IPV4_IN_IPV6_TOO_SMALL);
    else if (s->packet->ip_version == 6 && b.p[0] >> 4 != 4)
        packet_event(s->packet, EVENT_IPV6_IPV4_IN_IPV6_WRONG_VERSION);
    else
        decode_inside(s, ip_tunnel(s->packet), LINK_IPV4, b);
}
