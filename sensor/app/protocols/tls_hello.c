/* tls_hello.c - the fields of ClientHello and ServerHello (RFC 8446 4.1, 4.2; RFC 6066 3; RFC
 * 7301). */
#include "sensor/app/protocols/tls_state.h"

enum tls_extension {
    EXT_SERVER_NAME = 0,
    EXT_SUPPORTED_GROUPS = 10,
    EXT_POINT_FORMATS = 11,
    EXT_SIGNATURES = 13,
    EXT_ALPN = 16,
    EXT_SESSION_TICKET = 35,
    EXT_SUPPORTED_VERSIONS = 43,
    EXT_ECH = 0xfe0d,
};

#define DRAFT_BEFORE_16 0x7f0f
#define ECH_GREASE_MAX  240
#define SNI_MAX         255 /* a domain's name is not longer */

static void list_add(struct tls_list *l, uint16_t v)
{
    if (l->n < TLS_LIST_MAX)
        l->v[l->n++] = v;
}

static void list_of_u16(struct tls_list *l, struct bytes b)
{
    struct cursor c = cursor_over(b);
    while (cursor_left(&c) >= 2)
        list_add(l, cursor_u16(&c));
}

/* The name of a server_name extension; the list holds one of type host_name (0) in practice. */
static void read_sni(struct bytes body, struct tls_hello *out)
{
    struct cursor c = cursor_over(body);
    if (out->has_sni) {
        out->faults |= TLS_HELLO_SNI_TWICE;
        return;
    }
    out->has_sni = true;
    cursor_u16(&c);
    uint8_t type = cursor_u8(&c);
    struct bytes name = cursor_take(&c, cursor_u16(&c));
    bool fits = cursor_ok(&c) && name.len > 0 && name.len <= SNI_MAX;
    if (!fits)
        out->faults |= TLS_HELLO_SNI_LENGTH;
    if (!cursor_ok(&c))
        return;
    if (type != 0)
        out->faults |= TLS_HELLO_SNI_TYPE;
    else
        out->sni = name;
}

static void read_versions(enum direction dir, struct bytes body, struct tls_hello *out)
{
    struct cursor c = cursor_over(body);
    if (dir == TO_SERVER)
        c = cursor_over(cursor_take(&c, cursor_u8(&c)));
    uint16_t best = 0;
    while (cursor_left(&c) >= 2) {
        uint16_t v = cursor_u16(&c);
        if (!tls_is_grease(v) && v > best)
            best = v;
    }
    if (best)
        out->best_version = best;
}

/* An encrypted ClientHello, outer form (RFC 9849): KDF, AEAD, config, key, sealed hello. Browsers
 * without a configuration send one of random bytes, to keep middleboxes supple. It looks the same
 * but for its size, of which they choose at most ECH_GREASE_MAX; a smaller one is not told from it.
 */
static bool is_real_ech(struct bytes body)
{
    struct cursor c = cursor_over(body);
    bool outer = cursor_u8(&c) == 0;
    cursor_skip(&c, 2 + 2 + 1);
    size_t key_len = cursor_take(&c, cursor_u16(&c)).len;
    size_t sealed_len = cursor_take(&c, cursor_u16(&c)).len;
    return outer && cursor_ok(&c) && key_len > 0 && sealed_len > ECH_GREASE_MAX;
}

static void read_extension(enum direction dir, uint16_t type, struct bytes body,
                           struct tls_hello *out)
{
    struct cursor c = cursor_over(body);
    struct bytes list;
    switch (type) {
    case EXT_SERVER_NAME:
        if (dir == TO_SERVER)
            read_sni(body, out);
        break;
    case EXT_SUPPORTED_GROUPS:
        list_of_u16(&out->groups, cursor_take(&c, cursor_u16(&c)));
        break;
    case EXT_POINT_FORMATS:
        list = cursor_take(&c, cursor_u8(&c));
        for (size_t i = 0; i < list.len; i++)
            list_add(&out->formats, list.p[i]);
        break;
    case EXT_SIGNATURES:
        list_of_u16(&out->signatures, cursor_take(&c, cursor_u16(&c)));
        break;
    case EXT_ALPN:
        out->alpns = cursor_take(&c, cursor_u16(&c));
        c = cursor_over(out->alpns);
        out->alpn = cursor_take(&c, cursor_u8(&c));
        break;
    case EXT_ECH:
        out->has_ech = dir == TO_SERVER && is_real_ech(body);
        break;
    case EXT_SESSION_TICKET:
        out->has_ticket = true;
        break;
    case EXT_SUPPORTED_VERSIONS:
        read_versions(dir, body, out);
        break;
    default:
        break;
    }
}

static bool read_extensions(enum direction dir, struct cursor *c, struct tls_hello *out)
{
    if (cursor_left(c) == 0)
        return true; /* before extensions were invented */
    out->extension_bytes = cursor_take(c, cursor_u16(c));
    struct cursor list = cursor_over(out->extension_bytes);
    while (cursor_left(&list) > 0) {
        uint16_t type = cursor_u16(&list);
        struct bytes body = cursor_take(&list, cursor_u16(&list));
        if (!cursor_ok(&list))
            return false;
        list_add(&out->extensions, type);
        read_extension(dir, type, body, out);
    }
    return cursor_ok(c);
}

/* RFC 8446 4.1.3: a ServerHello with this random asks for another ClientHello. */
static const uint8_t retry_random[32] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static void hello_reset(struct tls_hello *h)
{
    h->version = h->best_version = 0;
    h->random = h->session_id = h->sni = h->alpn = h->alpns = h->extension_bytes =
        (struct bytes){0};
    h->faults = 0;
    h->has_sni = h->has_ticket = h->has_ech = h->is_retry = false;
    h->ciphers.n = h->extensions.n = h->groups.n = h->formats.n = h->signatures.n = 0;
}

bool tls_read_hello(enum direction dir, struct bytes body, struct tls_hello *out)
{
    struct cursor c = cursor_over(body);
    hello_reset(out);
    out->version = out->best_version = cursor_u16(&c);
    if (dir == TO_CLIENT && out->version == 0x0304)
        out->best_version = DRAFT_BEFORE_16; /* later drafts and the RFC say it in an extension */
    out->random = cursor_take(&c, 32);
    bool draft = dir == TO_CLIENT && out->version >> 8 == 0x7f; /* TLS 1.3 before draft 22 */
    if (!draft)
        out->session_id = cursor_take(&c, cursor_u8(&c));
    if (dir == TO_SERVER) {
        struct bytes list = cursor_take(&c, cursor_u16(&c));
        list_of_u16(&out->ciphers, list);
        if (list.len % 2)
            out->faults |= TLS_HELLO_LENGTH;
        cursor_skip(&c, cursor_u8(&c)); /* compression methods */
    } else {
        list_add(&out->ciphers, cursor_u16(&c));
        cursor_skip(&c, !draft); /* the compression method */
    }
    if (!cursor_ok(&c))
        return false;
    out->is_retry =
        dir == TO_CLIENT && memcmp(out->random.p, retry_random, sizeof retry_random) == 0;
    return read_extensions(dir, &c, out);
}

bool tls_read_hello_v2(struct bytes body, struct tls_hello *out)
{
    struct cursor c = cursor_over(body);
    hello_reset(out);
    cursor_skip(&c, 1);
    out->version = out->best_version = cursor_u16(&c);
    struct bytes specs, challenge;
    uint16_t specs_len = cursor_u16(&c), id_len = cursor_u16(&c), challenge_len = cursor_u16(&c);
    specs = cursor_take(&c, specs_len);
    out->session_id = cursor_take(&c, id_len);
    challenge = cursor_take(&c, challenge_len);
    for (size_t i = 0; i + 3 <= specs.len; i += 3)
        if (specs.p[i] == 0) /* a TLS cipher suite in SSL 2.0's clothes */
            list_add(&out->ciphers, (uint16_t)(specs.p[i + 1] << 8 | specs.p[i + 2]));
    out->random = challenge;
    return cursor_ok(&c) && specs_len % 3 == 0;
}
