/* quic_header.c - where a QUIC packet's header ends and what it says, in each version's form. */
#include "sensor/app/protocols/quic_state.h"

#define CID_MAX 20u /* RFC 9000 17.2 */

/* Google's public flags, before it took over the long header. */
enum public_flag {
    PUBLIC_VERSION = 0x01,
    PUBLIC_NONCE = 0x04,
    PUBLIC_CID = 0x08,
    PUBLIC_NUMBER_LEN = 0x30,
    PUBLIC_FIXED = 0x40 /* set in every IETF packet, never in Google's */
};
#define GOOGLE_NONCE 32
#define GOOGLE_HASH  12

#define Q(tens, ones) (0x51303000u | (uint32_t)(tens) << 8 | (uint32_t)(ones))
#define Q043          Q('4', '3')
#define Q045          Q('4', '5')
#define Q046          Q('4', '6')

bool quic_is_google(uint32_t version)
{
    return version >= Q043 && version <= Q046;
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

/* "Q039", "T051": Google's letters, a zero, two digits. */
static bool is_google_name(uint32_t version)
{
    uint32_t letter = version >> 24;
    return (letter == 'Q' || letter == 'T') && (version >> 16 & 0xff) == '0' &&
           is_digit(version >> 8 & 0xff) && is_digit(version & 0xff);
}

bool quic_version_is_known(uint32_t version)
{
    bool draft = version >> 8 == 0xff0000, facebook = version >> 4 == 0xfaceb00;
    bool reserved = (version & 0x0f0f0f0f) == 0x0a0a0a0a; /* RFC 9000 15: forces negotiation */
    return version == QUIC_V1 || version == QUIC_V2 || draft || facebook || reserved ||
           is_google_name(version);
}

uint64_t quic_varint(struct cursor *c)
{
    uint8_t first = cursor_u8(c);
    uint64_t v = first & 0x3f;
    for (unsigned left = (1u << (first >> 6)) - 1; left > 0; left--)
        v = v << 8 | cursor_u8(c);
    return v;
}

/* Of Q043 to Q045 the whole first byte tells; of later ones two bits, which version 2 moved. */
static bool read_type(uint8_t first, uint32_t version, enum quic_type *type)
{
    static const enum quic_type ietf[] = {QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE, QUIC_RETRY};
    static const enum quic_type google[] = {QUIC_ZERO_RTT, QUIC_HANDSHAKE, QUIC_RETRY,
                                            QUIC_INITIAL};
    unsigned bits = (first & 0x30u) >> 4;
    if (version == 0) {
        *type = QUIC_VERSION_NEGOTIATION;
    } else if (version >= Q043 && version <= Q045) {
        if ((first & 0x7f) < 0x7c)
            return false;
        *type = google[(first & 0x7f) - 0x7c];
    } else {
        *type = ietf[version == QUIC_V2 ? (bits + 3) & 3 : bits];
    }
    return true;
}

/* Q043 to Q046 have both lengths in one byte, 3 less than they are. */
static void read_google_ids(struct cursor *c, struct quic_header *out)
{
    uint8_t lengths = cursor_u8(c);
    size_t dcid = lengths >> 4, scid = lengths & 0xf;
    out->dcid = cursor_take(c, dcid ? dcid + 3 : 0);
    cursor_skip(c, scid ? scid + 3 : 0);
}

static bool read_ids(struct cursor *c, struct quic_header *out)
{
    uint8_t n = cursor_u8(c);
    out->dcid = cursor_take(c, n);
    uint8_t m = cursor_u8(c);
    cursor_skip(c, m);
    return (n <= CID_MAX && m <= CID_MAX) || out->type == QUIC_VERSION_NEGOTIATION;
}

/* What follows the connection IDs: the payload's length where the version says it. */
static bool read_tail(struct cursor *c, struct quic_header *out)
{
    bool google = quic_is_google(out->version);
    if (google && out->type == QUIC_INITIAL)
        cursor_skip(c, 4 + GOOGLE_HASH);
    if (google || out->type == QUIC_RETRY || out->type == QUIC_VERSION_NEGOTIATION) {
        out->payload_len = cursor_left(c);
        return cursor_ok(c);
    }
    if (out->type == QUIC_INITIAL)
        cursor_skip(c, (size_t)quic_varint(c)); /* the token */
    uint64_t len = quic_varint(c);
    out->payload_len = (size_t)len;
    return cursor_ok(c) && len <= cursor_left(c);
}

static bool read_long(struct cursor *c, uint8_t first, struct quic_header *out)
{
    out->is_long = true;
    out->version_bytes = cursor_take(c, 4);
    struct cursor number = cursor_over(out->version_bytes);
    out->version = cursor_u32(&number);
    if (!cursor_ok(c) || !read_type(first, out->version, &out->type))
        return false;
    if (quic_is_google(out->version))
        read_google_ids(c, out);
    else if (!read_ids(c, out))
        return false;
    return read_tail(c, out);
}

/* Google's public header; without a version there is nothing to read behind it. */
static bool read_public(struct cursor *c, uint8_t flags, struct quic_header *out)
{
    if (flags & PUBLIC_CID)
        out->dcid = cursor_take(c, 8);
    else if (flags & PUBLIC_NONCE)
        cursor_skip(c, GOOGLE_NONCE);
    out->type = flags & PUBLIC_VERSION ? QUIC_INITIAL : QUIC_SHORT;
    if (flags & PUBLIC_VERSION)
        out->version = cursor_u32(c);
    cursor_skip(c, 1u + (unsigned)(flags & PUBLIC_NUMBER_LEN) / 0x10);
    if (flags & PUBLIC_CID)
        cursor_skip(c, GOOGLE_HASH);
    out->payload_len = cursor_left(c);
    return cursor_ok(c);
}

bool quic_read_header(struct bytes datagram, struct quic_header *out)
{
    struct cursor c = cursor_over(datagram);
    bool ok = true;
    *out = (struct quic_header){.type = QUIC_SHORT};
    uint8_t first = cursor_u8(&c);
    if (first & 0x80)
        ok = read_long(&c, first, out);
    else if (!(first & PUBLIC_FIXED))
        ok = read_public(&c, first, out);
    else
        out->payload_len = cursor_left(&c);
    out->head_len = datagram.len - cursor_left(&c);
    return ok && cursor_ok(&c);
}

/* A version we know, in a header that fits: the version's 32 bits tell. Google's older form is
 * taken with a connection ID only, as its clients send it. */
enum app_result quic_probe(const struct app_endpoints *e, enum direction dir, struct bytes data)
{
    struct quic_header h;
    (void)e;
    (void)dir;
    if (!quic_read_header(data, &h) || h.type == QUIC_SHORT)
        return APP_DECLINE;
    if (h.is_long)
        return quic_version_is_known(h.version) ? APP_OK : APP_DECLINE;
    return (data.p[0] & PUBLIC_CID) && is_google_name(h.version) ? APP_OK : APP_DECLINE;
}

bool quic_begins(unsigned transport, uint8_t first)
{
    enum { LONG = 0x80, GOOGLE = PUBLIC_CID | PUBLIC_VERSION };
    (void)transport;
    return (first & LONG) || (first & (GOOGLE | PUBLIC_FIXED)) == GOOGLE;
}
