/* keywords/headers.c - headers of the packet as buffers, the payload, and its size. */
#include "sensor/detect/flow_vars.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

struct dsize {
    struct number_range range; /* first: build_check.c reads it */
    bool none;                 /* written as 0 */
};

/* As in Suricata every size but "less than" wants a payload that may be looked at, or that the
 * stream is to be looked at with this packet; and 0 wants neither. */
static bool dsize_match(const void *arg, struct inspect *in)
{
    const struct dsize *d = arg;
    const struct number_range *r = &d->range;
    size_t size = in->packet->payload.len;
    bool hidden = (in->vars && in->vars->dark) || (in->packet->flags & PACKET_CARRIES);
    bool seen = (size && !hidden) || detect_has_stream(in);
    bool wants = r->low > 0 || r->negated;
    if ((wants && !seen) || (d->none && seen))
        return false;
    return number_range_holds(r, size);
}

static int dsize_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    for (size_t i = 0; i < b->condition_count; i++)
        if (b->conditions[i].match == dsize_match)
            return err_set(err, "given twice");
    struct dsize *d = build_alloc(b, sizeof *d);
    struct bytes text = word_trim(word_unquote(value));
    *arg = d;
    if (number_range_parse(text, UINT16_MAX, &d->range, err))
        return -1;
    d->none = d->range.high == 0 && !d->range.negated && text.p[0] == '0';
    return 0;
}

const struct keyword keyword_dsize = {
    .name = "dsize",
    .summary = "bytes of the packet's payload",
    .example = "dsize:300<>400;",
    .flags = KEYWORD_PACKET,
    .parse = dsize_parse,
    .match = dsize_match,
};

static int pkt_data_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)value;
    (void)arg;
    return build_sticky(b, NULL, err);
}

const struct keyword keyword_pkt_data = {
    .name = "pkt_data",
    .summary = "what follows looks at the payload again",
    .example = "pkt_data;",
    .flags = KEYWORD_NO_VALUE,
    .parse = pkt_data_parse,
};

static int header_sticky(struct build *b, const char *name, uint8_t proto, unsigned version,
                         struct err *err)
{
    b->other_condition = true;
    if (proto && !signature_wants_proto(b->sig, proto))
        return err_set(err, "rule is about another protocol");
    if (version)
        build_ip_version(b, version);
    return build_sticky(b, name, err);
}

/* proto, version: of the packets that have the header; 0: any. */
#define HEADER(id, shown, proto, version, about, sum)                                              \
    static int id##_parse(struct build *b, struct bytes value, const void **arg, struct err *err)  \
    {                                                                                              \
        (void)value;                                                                               \
        (void)arg;                                                                                 \
        return header_sticky(b, shown, proto, version, err);                                       \
    }                                                                                              \
    const struct keyword keyword_##id = {.name = shown,                                            \
                                         .summary = sum,                                           \
                                         .example = shown "; content:\"|00|\"; offset:1;",         \
                                         .flags = KEYWORD_NO_VALUE | about,                        \
                                         .parse = id##_parse}
HEADER(tcp_hdr, "tcp.hdr", IPP_TCP, 0, KEYWORD_PACKET, "buffer: TCP header with options");
HEADER(udp_hdr, "udp.hdr", IPP_UDP, 0, KEYWORD_PACKET, "buffer: UDP header");
HEADER(ipv4_hdr, "ipv4.hdr", 0, 4, KEYWORD_PACKET, "buffer: IPv4 header with options");
HEADER(ipv6_hdr, "ipv6.hdr", 0, 6, KEYWORD_PACKET, "buffer: IPv6 header with extension headers");
HEADER(icmpv4_hdr, "icmpv4.hdr", IPP_ICMP, 4, KEYWORD_PACKET, "buffer: ICMP header");
HEADER(icmpv6_hdr, "icmpv6.hdr", IPP_ICMPV6, 6, KEYWORD_PACKET, "buffer: ICMPv6 header");
HEADER(ip_src, "ip.src", 0, 0, 0, "buffer: source address, 4 or 16 bytes");
HEADER(ip_dst, "ip.dst", 0, 0, 0, "buffer: destination address, 4 or 16 bytes");
