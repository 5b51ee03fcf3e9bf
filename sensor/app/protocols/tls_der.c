/* tls_der.c - the parts of a certificate, or which of them is wrong (RFC 5280 4.1, in DER of
 * X.690).
 *
 * It follows the outermost elements and looks no deeper than it has to. OpenSSL's own reader would
 * decode the public key of every certificate too, which costs more than all the rest. */
#include "sensor/app/protocols/tls_state.h"
#include <limits.h>

enum tag {
    BOOLEAN = 0x01,
    INTEGER = 0x02,
    BIT_STRING = 0x03,
    OCTET_STRING = 0x04,
    OBJECT = 0x06,
    UTC_TIME = 0x17,
    GENERALIZED_TIME = 0x18,
    SEQUENCE = 0x30,
    SET = 0x31,
    VERSION = 0xa0,
    EXTENSIONS = 0xa3,
};

/* Length behind a tag; false when it is none that DER allows. */
static bool take_length(struct cursor *c, size_t *out)
{
    uint8_t first = cursor_u8(c);
    size_t n = first & 0x7f;
    *out = n;
    if (!(first & 0x80))
        return true;
    *out = 0;
    if (n == 0 || n > 3)
        return false;
    while (n--)
        *out = *out << 8 | cursor_u8(c);
    return true;
}

/* The next element, which has to have this tag. */
static bool take(struct cursor *c, enum tag tag, struct bytes *content)
{
    size_t len;
    if (cursor_left(c) == 0 || *c->at != (uint8_t)tag)
        return false;
    cursor_skip(c, 1);
    if (!take_length(c, &len))
        return false;
    *content = cursor_take(c, len);
    return cursor_ok(c);
}

static bool is_next(const struct cursor *c, enum tag tag)
{
    return cursor_left(c) > 0 && *c->at == (uint8_t)tag;
}

static bool take_algorithm(struct cursor *c)
{
    struct bytes whole, id;
    if (!take(c, SEQUENCE, &whole))
        return false;
    struct cursor in = cursor_over(whole);
    return take(&in, OBJECT, &id);
}

/* From there to where c stands now. */
static struct bytes since(const struct cursor *c, const uint8_t *from)
{
    return bytes_of(from, (size_t)(c->at - from));
}

/* Sets of pairs of a type and a value. */
static bool take_name(struct cursor *c, struct bytes *out)
{
    struct bytes whole, set, pair, type;
    const uint8_t *from = c->at;
    if (!take(c, SEQUENCE, &whole))
        return false;
    *out = since(c, from);
    struct cursor sets = cursor_over(whole);
    while (cursor_left(&sets) > 0) {
        if (!take(&sets, SET, &set))
            return false;
        struct cursor pairs = cursor_over(set);
        while (cursor_left(&pairs) > 0) {
            if (!take(&pairs, SEQUENCE, &pair))
                return false;
            struct cursor in = cursor_over(pair);
            if (!take(&in, OBJECT, &type) || cursor_left(&in) == 0)
                return false;
        }
    }
    return true;
}

static bool take_validity(struct cursor *c, struct bytes limits[2])
{
    struct bytes whole, time;
    if (!take(c, SEQUENCE, &whole))
        return false;
    struct cursor in = cursor_over(whole);
    for (int i = 0; i < 2; i++) {
        const uint8_t *from = in.at;
        if (!take(&in, UTC_TIME, &time) && !take(&in, GENERALIZED_TIME, &time))
            return false;
        limits[i] = since(&in, from);
    }
    return true;
}

/* Counted from 0; the first one is not written. */
static bool take_version(struct cursor *c, unsigned *out)
{
    struct bytes outer, number;
    *out = 0;
    if (!is_next(c, VERSION))
        return true;
    if (!take(c, VERSION, &outer))
        return false;
    struct cursor in = cursor_over(outer);
    if (!take(&in, INTEGER, &number) || number.len == 0)
        return false;
    *out = number.len == 1 ? number.p[0] : UINT_MAX;
    return true;
}

static bool take_extensions(struct cursor *c)
{
    struct bytes outer, list, one, part;
    if (!take(c, EXTENSIONS, &outer))
        return false;
    struct cursor in = cursor_over(outer);
    if (!take(&in, SEQUENCE, &list))
        return false;
    struct cursor all = cursor_over(list);
    while (cursor_left(&all) > 0) {
        if (!take(&all, SEQUENCE, &one))
            return false;
        struct cursor parts = cursor_over(one);
        if (!take(&parts, OBJECT, &part))
            return false;
        if (is_next(&parts, BOOLEAN) && !take(&parts, BOOLEAN, &part))
            return false;
        if (!take(&parts, OCTET_STRING, &part))
            return false;
    }
    return true;
}

static enum tls_event read_body(struct bytes body, struct tls_cert_parts *out)
{
    struct cursor c = cursor_over(body);
    struct bytes part;
    if (!take_version(&c, &out->version))
        return TLS_CERTIFICATE_INVALID_VERSION;
    if (!take(&c, INTEGER, &out->serial) || out->serial.len == 0)
        return TLS_CERTIFICATE_INVALID_SERIAL;
    if (!take_algorithm(&c))
        return TLS_CERTIFICATE_INVALID_ALGORITHMIDENTIFIER;
    if (!take_name(&c, &out->issuer))
        return TLS_CERTIFICATE_INVALID_X509NAME;
    if (!take_validity(&c, out->limits))
        return TLS_CERTIFICATE_INVALID_DATE;
    if (!take_name(&c, &out->subject))
        return TLS_CERTIFICATE_INVALID_X509NAME;
    if (!take(&c, SEQUENCE, &part)) /* the key */
        return TLS_INVALID_CERTIFICATE;
    while (cursor_left(&c) > 0 && (*c.at == 0x81 || *c.at == 0x82)) /* unique identifiers */
        if (!take(&c, (enum tag) * c.at, &part))
            return TLS_INVALID_CERTIFICATE;
    if (cursor_left(&c) > 0 && !take_extensions(&c))
        return TLS_CERTIFICATE_INVALID_EXTENSIONS;
    return TLS_EVENT_COUNT;
}

/* One that is whole but something else, or of no stated length, is no DER; one that does not fit is
 * no certificate. */
static enum tls_event fault_of_element(struct bytes der)
{
    struct cursor c = cursor_over(der);
    size_t len;
    cursor_skip(&c, 1);
    bool endless = cursor_left(&c) > 0 && *c.at == 0x80;
    bool fits = take_length(&c, &len) && len <= cursor_left(&c);
    return endless || (fits && cursor_ok(&c)) ? TLS_CERTIFICATE_INVALID_DER
                                              : TLS_INVALID_CERTIFICATE;
}

enum tls_event tls_read_cert(struct bytes der, struct tls_cert_parts *out)
{
    struct cursor c = cursor_over(der);
    struct bytes whole, body, signature;
    if (!take(&c, SEQUENCE, &whole))
        return fault_of_element(der);
    c = cursor_over(whole);
    if (!take(&c, SEQUENCE, &body))
        return fault_of_element(whole);
    enum tls_event fault = read_body(body, out);
    if (fault != TLS_EVENT_COUNT)
        return fault;
    if (!take_algorithm(&c))
        return TLS_CERTIFICATE_INVALID_ALGORITHMIDENTIFIER;
    return take(&c, BIT_STRING, &signature) ? TLS_EVENT_COUNT : TLS_INVALID_CERTIFICATE;
}
