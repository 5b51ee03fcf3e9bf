/* keywords/checksum.c - "tcpv4-csum:invalid;" and its family: checksums as they arrived (RFC 1071).
 *
 * Computed here, whatever the decoder was told to check; one the decoder knows to be left for the
 * network card to finish is valid. */
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

static int csum_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    value = word_unquote(value);
    bool *valid = build_alloc(b, sizeof *valid);
    *valid = WORD_IS(value, "valid");
    *arg = valid;
    return *valid || WORD_IS(value, "invalid") ? 0 : err_set(err, "is neither valid nor invalid");
}

static uint32_t sum16(struct bytes b, uint32_t sum)
{
    for (size_t i = 0; i + 1 < b.len; i += 2)
        sum += (uint32_t)b.p[i] << 8 | b.p[i + 1];
    if (b.len & 1)
        sum += (uint32_t)b.p[b.len - 1] << 8;
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* A right checksum makes the whole sum up to all ones. ICMP over IPv4 has no pseudo header. */
static bool l4_is_valid(const struct packet *p)
{
    size_t width = p->ip_version == 4 ? 4 : 16;
    uint32_t sum = sum16(p->l4, 0);
    if (p->proto != IPP_ICMP) {
        sum += sum16(bytes_of(p->src.b, width), 0) + sum16(bytes_of(p->dst.b, width), 0);
        sum += p->proto + (uint32_t)(p->l4.len >> 16) + (uint32_t)(p->l4.len & 0xffff);
    }
    return fold(sum) == 0xffff;
}

static bool l4_matches(const void *arg, const struct inspect *in, uint8_t version, uint8_t proto,
                       size_t header)
{
    const struct packet *p = in->packet;
    if (p->ip_version != version || p->proto != proto || p->l4.len < header ||
        (p->flags & (PACKET_FRAGMENT | PACKET_TRUNCATED)))
        return false;
    /* UDP over IPv4 may go without. */
    if (proto == IPP_UDP && version == 4 && p->l4.p[6] == 0 && p->l4.p[7] == 0)
        return *(const bool *)arg;
    return (p->flags & PACKET_UNFINISHED_CSUM || l4_is_valid(p)) == *(const bool *)arg;
}

static bool ipv4_csum_match(const void *arg, struct inspect *in)
{
    const struct packet *p = in->packet;
    if (p->ip_version != 4 || p->ip.len < p->ip_hdr_len || p->ip_hdr_len < 20)
        return false;
    return (fold(sum16(bytes_slice(p->ip, 0, p->ip_hdr_len), 0)) == 0xffff) == *(const bool *)arg;
}

#define L4(id, version, proto, header)                                                             \
    static bool id##_match(const void *arg, struct inspect *in)                                    \
    {                                                                                              \
        return l4_matches(arg, in, version, proto, header);                                        \
    }
L4(tcpv4_csum, 4, IPP_TCP, 20)
L4(udpv4_csum, 4, IPP_UDP, 8)
L4(icmpv4_csum, 4, IPP_ICMP, 4)
L4(tcpv6_csum, 6, IPP_TCP, 20)
L4(udpv6_csum, 6, IPP_UDP, 8)
L4(icmpv6_csum, 6, IPP_ICMPV6, 4)

#define CSUM(id, shown, sum)                                                                       \
    const struct keyword keyword_##id = {.name = shown,                                            \
                                         .summary = sum,                                           \
                                         .example = shown ":invalid;",                             \
                                         .parse = csum_parse,                                      \
                                         .match = id##_match}
CSUM(ipv4_csum, "ipv4-csum", "checksum of the IPv4 header");
CSUM(tcpv4_csum, "tcpv4-csum", "TCP checksum over IPv4");
CSUM(udpv4_csum, "udpv4-csum", "UDP checksum over IPv4");
CSUM(icmpv4_csum, "icmpv4-csum", "ICMP checksum");
CSUM(tcpv6_csum, "tcpv6-csum", "TCP checksum over IPv6");
CSUM(udpv6_csum, "udpv6-csum", "UDP checksum over IPv6");
CSUM(icmpv6_csum, "icmpv6-csum", "ICMPv6 checksum");
