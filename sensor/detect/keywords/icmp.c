/* keywords/icmp.c - fields of ICMP and ICMPv6 (RFC 792, RFC 4443). */
#include "sensor/detect/keyword.h"

static bool is_icmp(const struct packet *p)
{
    return (p->proto == IPP_ICMP || p->proto == IPP_ICMPV6) && p->l4.len >= 4 &&
           !(p->flags & PACKET_FRAGMENT);
}

/* Only echo and its answer (and the old timestamp and information queries) carry id and sequence.
 */
static bool is_query(const struct packet *p)
{
    if (!is_icmp(p) || p->l4.len < 8)
        return false;
    if (p->proto == IPP_ICMPV6)
        return p->icmp.type == 128 || p->icmp.type == 129;
    return p->icmp.type == 0 || p->icmp.type == 8 || (p->icmp.type >= 13 && p->icmp.type <= 18);
}

static bool itype_match(const void *arg, struct inspect *in)
{
    return is_icmp(in->packet) && number_range_holds(arg, in->packet->icmp.type);
}

static bool icode_match(const void *arg, struct inspect *in)
{
    return is_icmp(in->packet) && number_range_holds(arg, in->packet->icmp.code);
}

static bool icmp_id_match(const void *arg, struct inspect *in)
{
    return is_query(in->packet) && number_range_holds(arg, in->packet->icmp.id);
}

static bool icmp_seq_match(const void *arg, struct inspect *in)
{
    return is_query(in->packet) && number_range_holds(arg, in->packet->icmp.seq);
}

static bool icmpv6_mtu_match(const void *arg, struct inspect *in)
{
    const struct packet *p = in->packet;
    return is_icmp(p) && p->proto == IPP_ICMPV6 && p->icmp.type == 2 && p->l4.len >= 8 &&
           number_range_holds(arg, p->icmp.mtu);
}

static int icmpv6_mtu_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    build_ip_version(b, 6);
    return keyword_parse_u32(b, value, arg, err);
}

#define ICMP(id, shown, text, sum, parser, about)                                                  \
    const struct keyword keyword_##id = {.name = shown,                                            \
                                         .summary = sum,                                           \
                                         .example = text,                                          \
                                         .flags = about,                                           \
                                         .parse = parser,                                          \
                                         .match = id##_match}
ICMP(itype, "itype", "itype:8;", "ICMP type", keyword_parse_u8, KEYWORD_PACKET);
ICMP(icode, "icode", "icode:<2;", "ICMP code", keyword_parse_u8, KEYWORD_PACKET);
ICMP(icmp_id, "icmp_id", "icmp_id:0;", "ICMP echo identifier", keyword_parse_u16, KEYWORD_PACKET);
ICMP(icmp_seq, "icmp_seq", "icmp_seq:0;", "ICMP echo sequence number", keyword_parse_u16, 0);
ICMP(icmpv6_mtu, "icmpv6.mtu", "icmpv6.mtu:<1280;", "MTU of an ICMPv6 Packet Too Big",
     icmpv6_mtu_parse, KEYWORD_PACKET);
