/* sensor/decode/teredo.c - Teredo (RFC 4380): IPv6 over UDP.
 *
 * The port alone proves nothing, so the payload has to be an IPv6 packet to the last byte, after
 * the authentication and origin indications that section 5.1.1 allows before it. */
#include "sensor/decode/layers.h"

#define IPV6_BYTES           40
#define AUTHENTICATION_BYTES 13
#define ORIGIN_BYTES         8
#define HOP_LIMIT_AT         7

static struct bytes skip_indications(struct bytes b)
{
    if (b.len >= AUTHENTICATION_BYTES && get_u16(b.p) == 0x0001)
        b = bytes_slice(b, AUTHENTICATION_BYTES + (size_t)b.p[2] + b.p[3], b.len);
    if (b.len >= ORIGIN_BYTES && get_u16(b.p) == 0x0000)
        b = bytes_slice(b, ORIGIN_BYTES, b.len);
    return b;
}

bool decode_teredo(struct decode *s, struct bytes payload)
{
    if (!tunnel_between(&s->d->options.teredo, s->packet))
        return false;
    struct bytes b = skip_indications(payload);
    if (b.len < IPV6_BYTES || b.p[0] >> 4 != 6 || get_u16(b.p + 4) + (size_t)IPV6_BYTES != b.len)
        return false;
    if (b.p[HOP_LIMIT_AT] == 0) /* as in the bubbles that only open a way: nobody gets it */
        return false;
    s->d->counters.teredo++;
    decode_inside(s, SOURCE_TEREDO, LINK_IPV6, b);
    return true;
}
