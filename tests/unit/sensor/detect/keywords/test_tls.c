/* test_tls.c - rules about a TLS 1.2 handshake that OpenSSL makes in memory. */
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include "said.h"

#define LINES_MAX 16
#define NAME      "C=JP, O=Example, Inc., CN=www.example.jp"
#define VALID_TO  1800000000 /* the rig's clock: 1700000000 */

static struct line lines[LINES_MAX];
static struct said said = {.port = 8443, .lines = lines};
static char fingerprint[61]; /* snprintf ends each pair, the last one too */

static void add_name(X509_NAME *name, const char *type, const char *value)
{
    X509_NAME_add_entry_by_txt(name, type, MBSTRING_ASC, (const unsigned char *)value, -1, -1, 0);
}

static X509 *make_certificate(EVP_PKEY *key, long from, long to)
{
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 0xabcdef);
    ASN1_TIME_set(X509_getm_notBefore(cert), from);
    ASN1_TIME_set(X509_getm_notAfter(cert), to);
    add_name(X509_get_subject_name(cert), "C", "JP");
    add_name(X509_get_subject_name(cert), "O", "Example, Inc.");
    add_name(X509_get_subject_name(cert), "CN", "www.example.jp");
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_set_pubkey(cert, key);
    X509_sign(cert, key, EVP_sha256());
    return cert;
}

static void carry(SSL *from, SSL *to, enum direction dir)
{
    static uint8_t memory[65536];
    static size_t used;
    int n = BIO_read(SSL_get_wbio(from), memory + used, 8192);
    if (n <= 0)
        return;
    assert_true(said.count < LINES_MAX && used + (size_t)n + 8192 < sizeof memory);
    lines[said.count++] = (struct line){dir, bytes_of(memory + used, (size_t)n)};
    BIO_write(SSL_get_rbio(to), memory + used, n);
    used += (size_t)n;
}

static SSL *side(SSL_CTX *ctx)
{
    SSL *s = SSL_new(ctx);
    SSL_set_bio(s, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    return s;
}

static void shake_hands(SSL_CTX *client_ctx, SSL_CTX *server_ctx)
{
    SSL *client = side(client_ctx), *server = side(server_ctx);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    for (int i = 0; i < 3; i++) {
        SSL_do_handshake(client);
        carry(client, server, TO_SERVER);
        SSL_do_handshake(server);
        carry(server, client, TO_CLIENT);
    }
    SSL_free(client);
    SSL_free(server);
}

static int record(void **state)
{
    (void)state;
    uint8_t hash[20];
    unsigned len = sizeof hash;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = make_certificate(key, 1600000000, VALID_TO);
    SSL_CTX *client = SSL_CTX_new(TLS_client_method()), *server = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
    SSL_CTX_use_certificate(server, cert);
    SSL_CTX_use_PrivateKey(server, key);
    shake_hands(client, server);
    X509_digest(cert, EVP_sha1(), hash, &len);
    for (size_t i = 0; i < sizeof hash; i++)
        snprintf(fingerprint + 3 * i, 4, "%02X:", hash[i]);
    fingerprint[59] = 0;
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    X509_free(cert);
    EVP_PKEY_free(key);
    return 0;
}

static void tls_version__is_that_of_the_direction(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "tls.version:1.2;"), 2);
    assert_int_equal(said_fires(&said, "tls.version:\"1.2\"; flow:to_client;"), 1);
    assert_fires(&said, "tls.version:0x0303;");
    assert_quiet(&said, "tls.version:1.3;");
    assert_refused("tls.version:2.5;", "none of 1.0");
    assert_refused("tls.version:tls1.2;", "none of 1.0");
}

static void ssl_version__lists_and_negations(void **state)
{
    (void)state;
    assert_fires(&said, "ssl_version:sslv3,TLS1.2;");
    assert_fires(&said, "ssl_version:!sslv2,!tls1.1;");
    assert_quiet(&said, "ssl_version:tls1.0, tls1.3;");
    assert_quiet(&said, "ssl_version:!tls1.2;");
    assert_refused("ssl_version:tls9;", "none of sslv2");
    assert_refused("ssl_version:tls1.0,!tls1.1;", "all versions are negated");
    assert_refused("ssl_version:tls1.0,tls1.0;", "stands twice");
}

static void ssl_state__is_the_latest_step(void **state)
{
    (void)state;
    assert_fires(&said, "ssl_state:client_hello;");
    assert_fires(&said, "ssl_state:client_keyx;");
    assert_fires(&said, "ssl_state:server_keyx|client_hello; flow:to_client;");
    assert_fires(&said, "ssl_state:!client_hello;");
    assert_quiet(&said, "ssl_state:unknown;");
    assert_refused("ssl_state:finished;", "none of client_hello");
}

static void tls_cert__names_of_the_server_are_found(void **state)
{
    (void)state;
    char rule[128];
    snprintf(rule, sizeof rule, "tls.fingerprint:\"%s\";", fingerprint);
    assert_fires(&said, rule);
    assert_int_equal(said_fires(&said, "tls.subject:\"" NAME "\";"), 1);
    assert_fires(&said, "tls.issuerdn:\"CN=www.example\";");
    assert_fires(&said, "tls.issuerdn:!\"CN=mail\";");
    assert_quiet(&said, "tls.issuerdn:\"CN=mail\";");
    assert_quiet(&said, "tls.subject:!\"C=JP\";");
    assert_fires(&said, "tls.cert_serial; content:\"ab:cd\";");
    assert_refused("tls.subject:\"\";", "no name");
    assert_refused("tls.fingerprint:\"aa:bb\";", "59 characters");
}

static void tls_cert__dates_and_chain_length(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "tls.cert_chain_len:1;"), 1);
    assert_quiet(&said, "tls.cert_chain_len:>1;");
    assert_fires(&said, "tls_cert_notafter:1800000000;");
    assert_fires(&said, "tls_cert_notafter:>2027-01-15;");
    assert_fires(&said, "tls_cert_notafter:2027-01<>2027-01-15T12:00:00;");
    assert_quiet(&said, "tls_cert_notafter:<2027-01-14 10:00;");
    assert_fires(&said, "tls_cert_notbefore:<2023-01;");
    assert_fires(&said, "tls_cert_valid;");
    assert_quiet(&said, "tls_cert_expired;");
    assert_refused("tls_cert_notafter:tomorrow;", "no date");
    assert_refused("tls_cert_notafter:2027-01<>2026-01;", "no date");
    assert_refused("tls_cert_notbefore:14:00;", "no date");
}

static void tls_store__is_accepted(void **state)
{
    (void)state;
    assert_fires(&said, "tls.store; tls.version:1.2;");
    assert_fires(&said, "tls_store; tls.cert_issuer; content:\"JP\";");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_version__is_that_of_the_direction),
        cmocka_unit_test(ssl_version__lists_and_negations),
        cmocka_unit_test(ssl_state__is_the_latest_step),
        cmocka_unit_test(tls_cert__names_of_the_server_are_found),
        cmocka_unit_test(tls_cert__dates_and_chain_length),
        cmocka_unit_test(tls_store__is_accepted),
    };
    return cmocka_run_group_tests(tests, record, NULL);
}
