/* sensor/decode/gtpu.c - GTP-U: the packets of mobile users over UDP (3GPP TS 29.281 section 5).
 *
 * The header does not say what a user's packet is; IPv4 and IPv6 are told by the first nibble. The
 * port alone proves nothing, so the lengths have to fit to the byte. */
#include "sensor/decode/layers.h"

#define GTPU_BYTES     8
#define OPTIONAL_BYTES 4 /* sequence number, N-PDU number, next extension's type */
#define TYPE_G_PDU     255
#define EXTENSIONS_MAX 8

enum gtpu_flag {                  /* of the first byte: three bits of version before them */
                 FLAG_GTP = 0x10, /* and not GTP' */
                 FLAG_EXTENSION = 0x04,
                 FLAG_SEQUENCE = 0x02,
                 FLAG_NPDU = 0x01,
                 FLAGS_OPTIONAL = FLAG_EXTENSION | FLAG_SEQUENCE | FLAG_NPDU,
};

/* Passes extension headers: a length in words of four bytes first, the next one's type last. */
static bool skip_extensions(struct bytes *b, uint8_t type)
{
    for (int i = 0; type != 0; i++) {
        size_t len = b->len ? b->p[0] * 4u : 0;
        if (i == EXTENSIONS_MAX || len == 0 || len > b->len)
            return false;
        type = b->p[len - 1];
        *b = bytes_slice(*b, len, b->len);
    }
    return true;
}

/* What a user's packet is, or empty. */
static struct bytes user_packet(struct bytes payload)
{
    const struct bytes none = {0};
    if (payload.len < GTPU_BYTES || payload.p[0] >> 5 != 1 || !(payload.p[0] & FLAG_GTP) ||
        payload.p[1] != TYPE_G_PDU || get_u16(payload.p + 2) != payload.len - GTPU_BYTES)
        return none;
    struct bytes b = bytes_slice(payload, GTPU_BYTES, payload.len);
    if (!(payload.p[0] & FLAGS_OPTIONAL))
        return b;
    if (b.len < OPTIONAL_BYTES)
        return none;
    uint8_t type = payload.p[0] & FLAG_EXTENSION ? b.p[3] : 0;
    b = bytes_slice(b, OPTIONAL_BYTES, b.len);
    return skip_extensions(&b, type) ? b : none;
}

bool decode_gtpu(struct decode *s, struct bytes payload)
{
    if (!tunnel_between(&s->d->options.gtpu, s->packet))
        return false;
    struct bytes b = user_packet(payload);
    unsigned version = b.len ? b.p[0] >> 4 : 0;
    if (version != 4 && version != 6)
        return false;
    s->d->counters.gtpu++;
    decode_inside(s, SOURCE_GTPU, version == 4 ? LINK_IPV4 : LINK_IPV6, b);
    return true;
}
