/* tls_fingerprint.c - JA3, JA3S and JA4 of a hello. GREASE values (RFC 8701) never count.
 *
 * JA3: "version,ciphers,extensions,groups,formats" in decimal, as sent, and its MD5 (Salesforce,
 * 2017). JA4: a readable part, then truncated SHA-256 of the sorted ciphers and of the sorted
 * extensions with the signature algorithms as sent (FoxIO, technical_details/JA4.md). */
#include <inttypes.h>
#include "common/text.h"
#include "sensor/app/protocols/tls_state.h"

#define JA3_CAP  8192
#define HEX_PART 12 /* hex digits of a JA4 hash */

static size_t digest(struct tls_worker *w, const EVP_MD *md, struct bytes data,
                     uint8_t out[EVP_MAX_MD_SIZE])
{
    unsigned n = 0;
    bool ok = EVP_DigestInit_ex2(w->digest, md, NULL) &&
              EVP_DigestUpdate(w->digest, data.p, data.len) &&
              EVP_DigestFinal_ex(w->digest, out, &n);
    ASSERT(ok);
    return n;
}

/* ---- JA3 ---- */

static void add_number(struct app *a, struct app_text *t, unsigned v)
{
    char text[12];
    int n = snprintf(text, sizeof text, "%u", v);
    app_text_add(a, t, bytes_of(text, (size_t)n), JA3_CAP);
}

static void add_list(struct app *a, struct app_text *t, const struct tls_list *l)
{
    bool first = true;
    app_text_add(a, t, BYTES_LIT(","), JA3_CAP);
    for (unsigned i = 0; i < l->n; i++) {
        if (tls_is_grease(l->v[i]))
            continue;
        if (!first)
            app_text_add(a, t, BYTES_LIT("-"), JA3_CAP);
        first = false;
        add_number(a, t, l->v[i]);
    }
}

void tls_md5_hex(struct tls_worker *w, struct bytes data, char out[33])
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    size_t n = digest(w, w->md5, data, hash);
    text_hex(bytes_of(hash, n), out);
}

void tls_make_ja3(struct app *a, struct tls_worker *w, enum direction dir,
                  const struct tls_hello *h, struct app_text *string, char hash[33])
{
    add_number(a, string, h->version);
    add_list(a, string, &h->ciphers);
    add_list(a, string, &h->extensions);
    if (dir == TO_SERVER) {
        add_list(a, string, &h->groups);
        add_list(a, string, &h->formats);
    }
    tls_md5_hex(w, app_text_bytes(string), hash);
}

/* ---- JA4 ---- */

static const char *ja4_version(uint16_t version)
{
    switch (version) {
    case 0x0304:
        return "13";
    case 0x0303:
        return "12";
    case 0x0302:
        return "11";
    case 0x0301:
        return "10";
    case 0x0300:
        return "s3";
    case 0x0002:
        return "s2";
    default:
        return "00";
    }
}

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* First and last character of the first ALPN value; of its hex when either is not alphanumeric. */
static void ja4_alpn(struct bytes alpn, char out[2])
{
    static const char hex[] = "0123456789abcdef";
    memcpy(out, "00", 2);
    if (alpn.len == 0)
        return;
    uint8_t first = alpn.p[0], last = alpn.p[alpn.len - 1];
    if (is_alnum(first) && is_alnum(last)) {
        out[0] = (char)first;
        out[1] = (char)last;
    } else {
        out[0] = hex[first >> 4];
        out[1] = hex[last & 0xf];
    }
}

static unsigned count_real(const struct tls_list *l)
{
    unsigned n = 0;
    for (unsigned i = 0; i < l->n; i++)
        n += !tls_is_grease(l->v[i]);
    return n > 99 ? 99 : n;
}

static int by_number(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* "xxxx,xxxx" of l without GREASE, and without SNI and ALPN when they are told elsewhere. */
static size_t hex_list(const struct tls_list *l, bool sorted, bool is_extensions, char *out)
{
    static const char hex[] = "0123456789abcdef";
    uint16_t v[TLS_LIST_MAX];
    size_t n = 0, at = 0;
    for (unsigned i = 0; i < l->n; i++)
        if (!tls_is_grease(l->v[i]) && !(is_extensions && (l->v[i] == 0 || l->v[i] == 16)))
            v[n++] = l->v[i];
    if (sorted)
        qsort(v, n, sizeof *v, by_number);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            out[at++] = ',';
        for (int shift = 12; shift >= 0; shift -= 4)
            out[at++] = hex[(v[i] >> shift) & 0xf];
    }
    return at;
}

static void hash_part(struct tls_worker *w, struct bytes text, char *out)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    if (text.len == 0) {
        memset(out, '0', HEX_PART);
        return;
    }
    digest(w, w->sha256, text, hash);
    text_hex(bytes_of(hash, HEX_PART / 2), hex);
    memcpy(out, hex, HEX_PART);
}

void tls_make_ja4(struct tls_worker *w, const struct tls_hello *h, char transport,
                  char out[TLS_JA4_LEN + 1])
{
    char text[10 * TLS_LIST_MAX + 2], alpn[2];
    ja4_alpn(h->alpn, alpn);
    snprintf(out, TLS_JA4_LEN + 1, "%c%s%c%02u%02u%c%c_", transport, ja4_version(h->best_version),
             h->has_sni ? 'd' : 'i', count_real(&h->ciphers), count_real(&h->extensions), alpn[0],
             alpn[1]);
    hash_part(w, bytes_of(text, hex_list(&h->ciphers, true, false, text)), out + 11);
    out[11 + HEX_PART] = '_';
    size_t len = hex_list(&h->extensions, true, true, text);
    if (len > 0 && h->signatures.n > 0) {
        text[len++] = '_';
        len += hex_list(&h->signatures, false, false, text + len);
    }
    hash_part(w, bytes_of(text, len), out + 12 + HEX_PART);
    out[TLS_JA4_LEN] = 0;
}
