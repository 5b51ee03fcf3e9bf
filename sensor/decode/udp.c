/* sensor/decode/udp.c - UDP (RFC 768), and the tunnels that run over it. */
#include "sensor/decode/layers.h"

#define UDP_BYTES   8
#define UDP_CSUM_AT 6

/* A checksum of zero means none was made; IPv6 does not allow that (RFC 8200 section 8.1), but
 * tunnels do it (RFC 6935). */
static void check_sum(struct decode *s, struct bytes b)
{
    if (get_u16(b.p + UDP_CSUM_AT) != 0)
        decode_l4_checksum(s, b, IPP_UDP, UDP_CSUM_AT);
}

static void look_inside(struct decode *s, struct bytes payload)
{
    if (!tunnel_may_have(s->d, s->packet->sport) && !tunnel_may_have(s->d, s->packet->dport))
        return;
#define TRY_TUNNEL(name)                                                                           \
    if (decode_##name(s, payload))                                                                 \
        return;
    UDP_TUNNEL_TABLE(TRY_TUNNEL)
}

void decode_udp(struct decode *s, struct bytes b)
{
    struct packet *p = s->packet;
    s->d->counters.udp++;
    if (b.len < UDP_BYTES) {
        decode_invalid(s, EVENT_UDP_HLEN_TOO_SMALL);
        return;
    }
    size_t len = get_u16(b.p + 4);
    if (len > b.len || len < UDP_BYTES) {
        decode_invalid(s, len > b.len ? EVENT_UDP_PKT_TOO_SMALL : EVENT_UDP_LEN_INVALID);
        return;
    }
    b.len = len; /* what follows is padding */
    p->l4 = b;
    p->sport = get_u16(b.p);
    p->dport = get_u16(b.p + 2);
    p->payload = bytes_slice(b, UDP_BYTES, b.len);
    check_sum(s, b);
    look_inside(s, p->payload);
}
