/* tls_cert.c - the certificates of a Certificate message: all kept, the leaf read (RFC 5280). */
#include <openssl/x509.h>
#include "sensor/app/protocols/tls_state.h"

#define CHAIN_CAP (64u << 10)
#define NAME_CAP  2048u

static void add(struct app *a, struct app_text *t, struct bytes b)
{
    app_text_add(a, t, b, NAME_CAP);
}

/* As Suricata's certificate reader spells them: short for the common ones, X.500's name for others,
 * which OpenSSL knows as the long name. */
static const char *attribute_name(int nid)
{
    switch (nid) {
    case NID_commonName:
    case NID_countryName:
    case NID_localityName:
    case NID_stateOrProvinceName:
    case NID_organizationName:
    case NID_organizationalUnitName:
    case NID_domainComponent:
        return OBJ_nid2sn(nid);
    case NID_pkcs9_emailAddress:
        return "Email";
    case NID_userId:
        return "uid";
    case NID_jurisdictionLocalityName:
        return "msJurisdictionLocality";
    case NID_jurisdictionStateOrProvinceName:
        return "msJurisdictionStateOrProvince";
    case NID_jurisdictionCountryName:
        return "msJurisdictionCountry";
    default:
        return OBJ_nid2ln(nid);
    }
}

/* "C=JP, O=Example, CN=www.example.jp": in the order of the certificate, values as they are. */
static void write_name(struct app *a, const X509_NAME *name, struct app_text *out)
{
    int last_set = -1;
    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
        const ASN1_OBJECT *type = X509_NAME_ENTRY_get_object(e);
        int nid = OBJ_obj2nid(type), set = X509_NAME_ENTRY_set(e);
        char oid[80];
        unsigned char *value = NULL;
        if (nid == NID_undef)
            OBJ_obj2txt(oid, sizeof oid, type, 1);
        if (i > 0)
            add(a, out, set == last_set ? BYTES_LIT(" + ") : BYTES_LIT(", "));
        last_set = set;
        add(a, out, bytes_str(nid == NID_undef ? oid : attribute_name(nid)));
        add(a, out, BYTES_LIT("="));
        int n = ASN1_STRING_to_UTF8(&value, X509_NAME_ENTRY_get_data(e));
        if (n > 0)
            add(a, out, bytes_of(value, (size_t)n));
        OPENSSL_free(value);
    }
}

static void add_hex(struct app *a, struct app_text *out, struct bytes b, const char *digits)
{
    for (size_t i = 0; i < b.len; i++) {
        char pair[3] = {digits[b.p[i] >> 4], digits[b.p[i] & 0xf], ':'};
        add(a, out, bytes_of(pair, i + 1 < b.len ? 3 : 2));
    }
}

static bool read_name(struct app *a, struct bytes der, struct app_text *out)
{
    const unsigned char *p = der.p;
    X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)der.len);
    if (name)
        write_name(a, name, out);
    X509_NAME_free(name);
    return name != NULL;
}

static bool read_time(struct bytes der, int64_t *seconds)
{
    struct tm tm;
    const unsigned char *p = der.p;
    ASN1_TIME *t = d2i_ASN1_TIME(NULL, &p, (long)der.len);
    bool read = t && ASN1_TIME_to_tm(t, &tm);
    ASN1_TIME_free(t);
    if (read)
        *seconds = (int64_t)timegm(&tm);
    return read;
}

/* A name that goes on behind a NUL is read differently by different programs. */
static bool hides_something(const struct app_text *name)
{
    return memchr(name->len ? (const char *)name->p : "", 0, name->len) != NULL;
}

static void note_oddities(struct tls_tx *t, const struct tls_peer *peer, unsigned version)
{
    if (hides_something(&peer->subject))
        app_tx_event(&t->tx, TLS_CERTIFICATE_INVALID_SUBJECT);
    if (hides_something(&peer->issuer))
        app_tx_event(&t->tx, TLS_CERTIFICATE_INVALID_ISSUER);
    if (version > X509_VERSION_3)
        app_tx_event(&t->tx, TLS_CERTIFICATE_INVALID_VERSION);
}

static void read_leaf(struct app *a, struct tls_worker *w, struct tls_tx *t, struct tls_peer *peer,
                      struct bytes der)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    struct tls_cert_parts parts;
    enum tls_event fault = tls_read_cert(der, &parts);
    if (fault != TLS_EVENT_COUNT) {
        app_tx_event(&t->tx, (uint16_t)fault);
        return;
    }
    if (!read_name(a, parts.subject, &peer->subject) || !read_name(a, parts.issuer, &peer->issuer))
        app_tx_event(&t->tx, TLS_CERTIFICATE_INVALID_X509NAME);
    add_hex(a, &peer->serial, parts.serial, "0123456789ABCDEF");
    if (EVP_DigestInit_ex2(w->digest, w->sha1, NULL) &&
        EVP_DigestUpdate(w->digest, der.p, der.len) && EVP_DigestFinal_ex(w->digest, hash, &n))
        add_hex(a, &peer->fingerprint, bytes_of(hash, n), "0123456789abcdef");
    peer->leaf_read = true;
    note_oddities(t, peer, parts.version);
    if (!read_time(parts.limits[0], &peer->not_before) ||
        !read_time(parts.limits[1], &peer->not_after))
        app_tx_event(&t->tx, TLS_CERTIFICATE_INVALID_DATE);
}

void tls_take_certs(struct app *a, struct tls_worker *w, struct tls_tx *t, enum direction dir,
                    struct bytes body)
{
    struct tls_peer *peer = &t->peer[dir];
    struct cursor c = cursor_over(body);
    if (peer->cert_count > 0)
        return; /* a second chain would be a renegotiation in the clear: the first one stands */
    struct cursor list = cursor_over(cursor_take(&c, cursor_u24(&c)));
    if (!cursor_ok(&c))
        app_tx_event(&t->tx, TLS_INVALID_CERTIFICATE);
    while (cursor_left(&list) > 0 && peer->cert_count < TLS_CERTS_MAX) {
        struct bytes der = cursor_take(&list, cursor_u24(&list));
        bool fits = cursor_ok(&list);
        if (!fits || der.len == 0 || peer->chain.len + der.len > CHAIN_CAP) {
            app_tx_event(&t->tx, fits ? TLS_CERTIFICATE_INVALID_LENGTH : TLS_INVALID_CERTIFICATE);
            break;
        }
        peer->certs[peer->cert_count++] =
            (struct tls_cert_place){.at = peer->chain.len, .len = (uint32_t)der.len};
        app_text_add(a, &peer->chain, der, CHAIN_CAP);
        if (peer->cert_count == 1)
            read_leaf(a, w, t, peer, der);
    }
}
