/* sensor/decode/ipv6_headers.c - IPv6 extension headers; see ipv6_headers.h. */
#include "sensor/decode/ipv6_headers.h"

enum ipv6_header {
    HEADER_HOP_BY_HOP = 0,
    HEADER_ROUTING = 43,
    HEADER_FRAGMENT = 44,
    HEADER_AUTH = 51,
    HEADER_NONE = 59,
    HEADER_DESTINATION = 60,
    HEADER_MOBILITY = 135,
    HEADER_HIP = 139,
    HEADER_SHIM6 = 140,
};
enum ipv6_option {
    OPTION_PAD1 = 0x00,
    OPTION_PADN = 0x01,
    OPTION_ROUTER_ALERT = 0x05,
    OPTION_JUMBO = 0xc2,
    OPTION_HOME_ADDRESS = 0xc9,
};

#define NEXT_IN_FIXED_HEADER 6

/* How often each header came by; destination options may stand twice, before a routing header and
 * before the upper layer. */
struct seen {
    uint8_t hop_by_hop, routing, fragment, auth, destination;
};

/* The least length of a known option, -1 for an unknown one. */
static int option_length(uint8_t kind)
{
    switch (kind) {
    case OPTION_ROUTER_ALERT:
        return 2;
    case OPTION_JUMBO:
        return 4;
    case OPTION_HOME_ADDRESS:
        return 16;
    default:
        return -1;
    }
}

/* One option that is no padding; false when it is too short for its kind. */
static bool judge_option(struct decode *s, struct bytes option, bool hop_by_hop)
{
    int least = option_length(option.p[0]);
    if (least < 0)
        decode_event_again(s, hop_by_hop ? EVENT_IPV6_HOPOPTS_UNKNOWN_OPT
                                         : EVENT_IPV6_DSTOPTS_UNKNOWN_OPT);
    if (option.p[1] >= least)
        return true;
    decode_event_again(s, EVENT_IPV6_EXTHDR_INVALID_OPTLEN);
    return false;
}

/* Options of a hop-by-hop or destination header. */
static void read_options(struct decode *s, struct bytes b, bool hop_by_hop)
{
    bool padding = false, others = false;
    while (b.len) {
        if (b.p[0] == OPTION_PAD1) {
            padding = true;
            b = bytes_slice(b, 1, b.len);
            continue;
        }
        if (b.len < 2 || b.p[1] > b.len - 1) { /* one byte over is let pass, as in Suricata */
            decode_event_again(s, EVENT_IPV6_EXTHDR_INVALID_OPTLEN);
            break;
        }
        if (b.p[0] == OPTION_PADN) {
            padding = true;
            if (b.p[1] == 0)
                decode_event_again(s, EVENT_IPV6_ZERO_LEN_PADN);
        } else {
            if (!judge_option(s, b, hop_by_hop))
                break;
            others |= b.p[0] != OPTION_JUMBO;
        }
        b = bytes_slice(b, b.p[1] + 2u, b.len);
    }
    if (padding && !others)
        decode_event_again(s, hop_by_hop ? EVENT_IPV6_HOPOPTS_ONLY_PADDING
                                         : EVENT_IPV6_DSTOPTS_ONLY_PADDING);
}

static void read_fragment(struct decode *s, struct ipv6_headers *h, struct bytes b)
{
    struct packet *p = s->packet;
    uint16_t offset = get_u16(b.p + 2);
    h->has_fragment = true;
    h->fragment_at = h->at;
    h->fragment_named_at = h->named_at;
    h->fragment_id = get_u32(b.p + 4);
    p->frag_offset = offset & 0xfff8;
    p->more_fragments = offset & 1;
    p->ip_id = (uint16_t)h->fragment_id;
    if (!p->frag_offset && !p->more_fragments)
        decode_event_again(s, EVENT_IPV6_EXTHDR_USELESS_FH);
}

/* False, with the event, when the header came by too often; it is passed over then. */
static bool is_welcome(struct decode *s, uint8_t *count, uint8_t most, enum packet_event e)
{
    if (*count < most) {
        ++*count;
        return true;
    }
    decode_event_again(s, e);
    return false;
}

/* What is particular to each header, `b` being all of it. */
static void read_header(struct decode *s, struct ipv6_headers *h, struct bytes b, struct seen *seen)
{
    switch (h->next) {
    case HEADER_HOP_BY_HOP:
        if (is_welcome(s, &seen->hop_by_hop, 1, EVENT_IPV6_EXTHDR_DUPL_HH))
            read_options(s, bytes_slice(b, 2, b.len), true);
        break;
    case HEADER_DESTINATION:
        if (is_welcome(s, &seen->destination, 2, EVENT_IPV6_EXTHDR_DUPL_DH))
            read_options(s, bytes_slice(b, 2, b.len), false);
        break;
    case HEADER_ROUTING:
        if (is_welcome(s, &seen->routing, 1, EVENT_IPV6_EXTHDR_DUPL_RH) && b.p[2] == 0)
            decode_event_again(s, EVENT_IPV6_RH_TYPE_0);
        break;
    case HEADER_AUTH:
        if (get_u16(b.p + 2))
            decode_event_again(s, EVENT_IPV6_EXTHDR_AH_RES_NOT_NULL);
        is_welcome(s, &seen->auth, 1, EVENT_IPV6_EXTHDR_DUPL_AH);
        break;
    case HEADER_FRAGMENT:
        if (b.p[1])
            decode_event_again(s, EVENT_IPV6_FH_NON_ZERO_RESERVED_FIELD);
        if (is_welcome(s, &seen->fragment, 1, EVENT_IPV6_EXTHDR_DUPL_FH))
            read_fragment(s, h, b);
        break;
    default:
        break;
    }
}

/* Length of the header at b; 0 when b begins with an upper layer. b has at least 8 bytes. */
static size_t header_length(uint8_t next, struct bytes b)
{
    switch (next) {
    case HEADER_FRAGMENT:
        return 8;
    case HEADER_AUTH: /* in units of 4, minus 2 (RFC 4302 section 2.2) */
        return ((size_t)b.p[1] + 2) * 4;
    case HEADER_HOP_BY_HOP:
    case HEADER_ROUTING:
    case HEADER_DESTINATION:
    case HEADER_MOBILITY:
    case HEADER_HIP:
    case HEADER_SHIM6:
        return ((size_t)b.p[1] + 1) * 8;
    default:
        return 0;
    }
}

static bool is_extension(uint8_t next)
{
    static const uint8_t eight[8] = {0};
    return header_length(next, bytes_of(eight, sizeof eight)) > 0;
}

void ipv6_read_headers(struct decode *s, struct ipv6_headers *h)
{
    struct seen seen = {0};
    struct packet *p = s->packet;
    while (is_extension(h->next)) {
        struct bytes b = bytes_slice(p->ip, h->at, p->ip.len);
        size_t len = b.len < 8 ? 0 : header_length(h->next, b);
        if (len < 8 || len > b.len || h->at + len > UINT16_MAX) {
            decode_event_again(s, EVENT_IPV6_TRUNC_EXTHDR);
            h->ended = true;
            return;
        }
        bool fragment = h->next == HEADER_FRAGMENT;
        read_header(s, h, bytes_slice(b, 0, len), &seen);
        h->next = b.p[0];
        h->named_at = h->at;
        h->at = (uint16_t)(h->at + len);
        if (fragment && (p->frag_offset || p->more_fragments))
            return;
    }
    size_t left = p->ip.len - h->at;
    bool announced = h->named_at != NEXT_IN_FIXED_HEADER || h->next == IPP_ESP;
    if (h->next == HEADER_NONE && left)
        decode_event_again(s, EVENT_IPV6_DATA_AFTER_NONE_HEADER);
    else if (h->next != HEADER_NONE && announced && left < 2)
        decode_event_again(s, EVENT_IPV6_TRUNC_EXTHDR); /* announced, but not sent */
    h->ended = h->next == HEADER_NONE || (announced && left < 2);
}
