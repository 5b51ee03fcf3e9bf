/* sensor/decode/ipv6.c - the fixed IPv6 header (RFC 8200 section 3), and IPv6 within IP. */
#include "sensor/decode/defrag.h"
#include "sensor/decode/ipv6_headers.h"
#include "sensor/decode/layers.h"

#define IPV6_BYTES 40

static void push_fragment(struct decode *s, const struct ipv6_headers *h)
{
    struct packet *p = s->packet;
    struct fragment f = {
        .id = h->fragment_id,
        .proto = h->next,
        .offset = p->frag_offset,
        .more = p->more_fragments,
        .header = bytes_slice(p->ip, 0, h->fragment_at),
        .next_header = h->fragment_named_at,
        .data = p->l4,
    };
    p->flags |= PACKET_FRAGMENT;
    p->proto = IPP_FRAGMENT; /* what is in it shows when it is put together, as in Suricata */
    s->d->counters.defrag_ipv6.fragments++;
    struct defragmented whole = defrag_push(s->d->defrag, p, &f);
    if (!whole.frame.len)
        return;
    s->d->counters.defrag_ipv6.reassembled++;
    decode_reassembled(s, &whole);
}

static enum packet_event judge_header(struct bytes b)
{
    if (b.len < IPV6_BYTES)
        return EVENT_IPV6_PKT_TOO_SMALL;
    if (b.p[0] >> 4 != 6)
        return EVENT_IPV6_WRONG_IP_VERSION;
    return (size_t)get_u16(b.p + 4) + IPV6_BYTES > b.len ? EVENT_IPV6_TRUNC_PKT : EVENT_COUNT;
}

static void decode_upper(struct decode *s, const struct ipv6_headers *h)
{
    struct packet *p = s->packet;
    if (h->has_fragment && (p->more_fragments || p->frag_offset))
        push_fragment(s, h);
    else if (h->ended)
        return;
    else if (p->proto == IPP_ICMP)
        packet_event(p, EVENT_IPV6_ICMPV4);
    else if (!decode_ipproto(s, p->proto, p->l4))
        packet_event(p, EVENT_IPV6_UNKNOWN_NEXT_HEADER);
}

void decode_ipv6(struct decode *s, struct bytes b)
{
    struct packet *p = s->packet;
    s->d->counters.ipv6++;
    if (!decode_layer(s))
        return;
    enum packet_event wrong = judge_header(b);
    if (wrong != EVENT_COUNT) {
        if (wrong == EVENT_IPV6_TRUNC_PKT)
            p->flags |= PACKET_TRUNCATED;
        decode_invalid(s, wrong);
        return;
    }
    p->ip_version = 6;
    p->ip = bytes_slice(b, 0, (size_t)get_u16(b.p + 4) + IPV6_BYTES);
    p->tos = (uint8_t)(get_u16(b.p) >> 4);
    p->ttl = b.p[7];
    set_addr(&p->src, 6, b.p + 8);
    set_addr(&p->dst, 6, b.p + 24);
    struct ipv6_headers h = {.next = b.p[6], .at = IPV6_BYTES, .named_at = 6};
    ipv6_read_headers(s, &h);
    p->proto = h.next;
    p->ip_hdr_len = h.at;
    p->l4 = bytes_slice(p->ip, h.at, p->ip.len);
    decode_upper(s, &h);
}

/* IPv6 as the payload of IPv4 (6in4, RFC 4213) or IPv6 (RFC 2473). */
void decode_ipv6_inside(struct decode *s, struct bytes b)
{
    struct decode_counters *c = &s->d->counters;
    (*(s->packet->ip_version == 4 ? &c->ipv6_in_ipv4 : &c->ipv6_in_ipv6))++;
    if (s->packet->ip_version == 6 && b.len < IPV6_BYTES)
        packet_event(s->packet, EVENT_IPV6_IPV6_IN_IPV6_TOO_SMALL);
    else if (s->packet->ip_version == 6 && b.p[0] >> 4 != 6)
        packet_event(s->packet, EVENT_IPV6_IPV6_IN_IPV6_WRONG_VERSION);
    else
        decode_inside(s, ip_tunnel(s->packet), LINK_IPV6, b);
}
