/* TLS: real handshakes made by OpenSSL in memory, fingerprints of a hello with known values,
 * damage. */
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include "talk.h"
#include "sensor/app/protocols/tls_state.h"

/* ---- handshakes ---- */

#define PIECES_MAX 24
struct recording {
    struct piece pieces[PIECES_MAX];
    size_t count;
    struct arena memory;
};

#define NAME                                                                                       \
    "C=JP, O=Example, Inc., CN=www.example.jp, Email=a@example.jp, streetAddress=1-2-3 Kanda"

static EVP_PKEY *key;
static X509 *cert;

static void make_certificate(void)
{
    key = EVP_EC_gen("P-256");
    cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 0xabcdef);
    ASN1_TIME_set(X509_getm_notBefore(cert), 1700000000);
    ASN1_TIME_set(X509_getm_notAfter(cert), 1800000000);
    X509_NAME *name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const unsigned char *)"JP", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"Example, Inc.", -1,
                               -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"www.example.jp",
                               -1, -1, 0);
    X509_NAME_add_entry_by_NID(name, NID_pkcs9_emailAddress, MBSTRING_ASC,
                               (const unsigned char *)"a@example.jp", -1, -1, 0);
    X509_NAME_add_entry_by_NID(name, NID_streetAddress, MBSTRING_ASC,
                               (const unsigned char *)"1-2-3 Kanda", -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509_set_pubkey(cert, key);
    X509_sign(cert, key, EVP_sha256());
}

/* Moves what one side wrote to the other, and notes it. */
static void carry(struct recording *r, SSL *from, SSL *to, enum direction dir)
{
    uint8_t buffer[16384];
    int n = BIO_read(SSL_get_wbio(from), buffer, sizeof buffer);
    if (n <= 0)
        return;
    assert_true(r->count < PIECES_MAX);
    struct bytes copy = arena_copy(&r->memory, bytes_of(buffer, (size_t)n));
    r->pieces[r->count++] = (struct piece){dir, copy, 0, 0};
    BIO_write(SSL_get_rbio(to), buffer, n);
}

static SSL *side(SSL_CTX *ctx)
{
    SSL *s = SSL_new(ctx);
    SSL_set_bio(s, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    return s;
}

struct contexts {
    SSL_CTX *client, *server;
};

static struct contexts contexts(int version)
{
    struct contexts c = {SSL_CTX_new(TLS_client_method()), SSL_CTX_new(TLS_server_method())};
    SSL_CTX_set_min_proto_version(c.client, version);
    SSL_CTX_set_max_proto_version(c.client, version);
    assert_int_equal(SSL_CTX_use_certificate(c.server, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(c.server, key), 1);
    return c;
}

static void contexts_free(struct contexts *c)
{
    SSL_CTX_free(c->client);
    SSL_CTX_free(c->server);
}

/* *session, where given: what the client resumes, and afterwards its new one. */
static struct recording shake_hands(const struct contexts *c, SSL_SESSION **session)
{
    struct recording r = {.count = 0};
    SSL *client = side(c->client), *server = side(c->server);
    SSL_set_tlsext_host_name(client, "www.example.jp");
    if (session && *session)
        assert_int_equal(SSL_set_session(client, *session), 1);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    for (int i = 0; i < 5; i++) {
        SSL_do_handshake(client);
        carry(&r, client, server, TO_SERVER);
        SSL_do_handshake(server);
        carry(&r, server, client, TO_CLIENT);
    }
    SSL_write(client, "hello", 5);
    carry(&r, client, server, TO_SERVER);
    SSL_write(server, "you", 3);
    carry(&r, server, client, TO_CLIENT);
    if (session) {
        SSL_SESSION_free(*session);
        *session = SSL_get1_session(client);
    }
    SSL_shutdown(client); /* or the session is not good for another time */
    SSL_free(client);
    SSL_free(server);
    return r;
}

static struct recording handshake(int version)
{
    struct contexts c = contexts(version);
    struct recording r = shake_hands(&c, NULL);
    contexts_free(&c);
    return r;
}

static struct talk play(const struct recording *r, size_t count)
{
    struct talk t = talk_start(6, 40000, 8443);
    for (size_t i = 0; i < count && i < r->count; i++)
        talk_say(&t, &r->pieces[i]);
    return t;
}

static void tls__certificate_is_read_before_encryption(void **state)
{
    (void)state;
    struct recording r = handshake(TLS1_2_VERSION);
    struct talk t = play(&r, 2);
    struct app_tx *tx = app_flow_txs(t.flow);
    int64_t from, to;
    assert_non_null(tx);
    assert_int_equal(app_flow_proto(t.flow), APP_TLS);
    assert_bytes(talk_buffer(&t, tx, "tls.sni", TO_SERVER, 0), "www.example.jp");
    assert_bytes(talk_buffer(&t, tx, "tls.cert_subject", TO_CLIENT, 0), NAME);
    assert_bytes(talk_buffer(&t, tx, "tls.cert_issuer", TO_CLIENT, 0), NAME);
    assert_bytes(talk_buffer(&t, tx, "tls.cert_serial", TO_CLIENT, 0), "00:AB:CD:EF");
    assert_int_equal(talk_buffer(&t, tx, "tls.cert_fingerprint", TO_CLIENT, 0).len, 59);
    assert_int_equal(talk_buffer(&t, tx, "tls.random", TO_CLIENT, 0).len, 32);
    assert_true(tls_cert_dates(tx, TO_CLIENT, &from, &to));
    assert_int_equal(from, 1700000000);
    assert_int_equal(to, 1800000000);
    assert_int_equal(tls_version(tx, TO_CLIENT), 0x0303);
    assert_int_equal(tls_cert_count(tx, TO_CLIENT), 1);
    struct bytes der = talk_buffer(&t, tx, "tls.certs", TO_CLIENT, 0);
    assert_int_equal(der.len, i2d_X509(cert, NULL));
    talk_log(&t, false);
    assert_int_equal(t.records, 1);
    assert_non_null(strstr(talk_text(&t), "\"notbefore\":\"2023-11-14T22:13:20\""));
    assert_false(app_flow_is_bypassed(t.flow));
    talk_free(&t);
    arena_release(&r.memory);
}

static void tls__resumed_session_is_recorded_without_certificate(void **state)
{
    (void)state;
    struct contexts c = contexts(TLS1_2_VERSION);
    SSL_SESSION *session = NULL;
    for (int resumed = 0; resumed < 2; resumed++) {
        struct recording r = shake_hands(&c, &session);
        struct talk t = play(&r, r.count);
        talk_log(&t, false);
        assert_int_equal(t.records, 1);
        assert_int_equal(strstr(talk_text(&t), "\"session_resumed\":true") != NULL, resumed);
        assert_int_equal(strstr(talk_text(&t), "\"subject\"") != NULL, !resumed);
        assert_non_null(strstr(talk_text(&t), "\"sni\":\"www.example.jp\""));
        talk_free(&t);
        arena_release(&r.memory);
    }
    SSL_SESSION_free(session);
    contexts_free(&c);
}

static int accept_any(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    (void)store;
    return 1;
}

static void tls__certificate_of_the_client_is_recorded(void **state)
{
    (void)state;
    struct contexts c = contexts(TLS1_2_VERSION);
    SSL_CTX_use_certificate(c.client, cert);
    SSL_CTX_use_PrivateKey(c.client, key);
    SSL_CTX_set_verify(c.server, SSL_VERIFY_PEER, accept_any);
    struct recording r = shake_hands(&c, NULL);
    struct talk t = play(&r, 2);
    talk_log(&t, false);
    assert_int_equal(t.records, 0); /* the client is asked, and has not answered */
    talk_free(&t);
    t = play(&r, 3);
    talk_log(&t, false);
    const char *client = strstr(talk_text(&t), "\"client\":{");
    assert_non_null(client);
    assert_non_null(strstr(client, "\"subject\":\"" NAME "\""));
    assert_non_null(strstr(client, "\"notafter\":\"2027-01-15T08:00:00\""));
    talk_free(&t);
    arena_release(&r.memory);
    contexts_free(&c);
}

static void tls__flow_is_bypassed_with_its_first_application_data(void **state)
{
    (void)state;
    const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (int i = 0; i < 2; i++) {
        struct recording r = handshake(versions[i]);
        struct talk t = play(&r, r.count);
        assert_true(app_tx_is_done(app_flow_txs(t.flow)));
        assert_int_equal(tls_version(app_flow_txs(t.flow), TO_CLIENT), versions[i]);
        assert_true(app_flow_is_bypassed(t.flow));
        app_flow_reap(t.app, t.flow, false);
        assert_non_null(app_flow_txs(t.flow)); /* later alerts still show the handshake */
        talk_free(&t);
        arena_release(&r.memory);
    }
}

static void tls__records_are_frames_after_the_flow_is_bypassed(void **state)
{
    (void)state;
    static const struct piece data[] = {SAY(TO_SERVER, "\x17\3\3\0\2ab\x17\3"),
                                        SAY(TO_SERVER, "\3\0\1c\x15\3\3\0\1d")};
    uint32_t wanted[APP_PROTO_COUNT] = {
        [APP_TLS] = 1u << app_frame_find(APP_TLS, BYTES_LIT("hdr"), true, false)};
    struct recording r = handshake(TLS1_2_VERSION);
    struct talk t = play(&r, r.count);
    assert_true(app_flow_is_bypassed(t.flow));
    app_want_frames(t.app, wanted);
    talk_say(&t, &data[0]);
    talk_say(&t, &data[1]);
    unsigned count = 0;
    for (struct app_frame *f = app_flow_frames(t.flow, TO_SERVER); f; f = f->next)
        count += f->complete;
    assert_int_equal(count, 3);
    talk_free(&t);
    arena_release(&r.memory);
}

/* Heartbeats are still told by their type and length. */
static void tls__flow_is_not_bypassed_by_its_handshake(void **state)
{
    (void)state;
    struct recording r = handshake(TLS1_2_VERSION);
    struct talk t = play(&r, 4);
    assert_true(app_tx_is_done(app_flow_txs(t.flow)));
    assert_false(app_flow_is_bypassed(t.flow));
    talk_free(&t);
    arena_release(&r.memory);
}

static void tls__any_cut_gives_the_same_report(void **state)
{
    (void)state;
    const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (int i = 0; i < 2; i++) {
        struct recording r = handshake(versions[i]);
        talk_assert_any_cut(r.pieces, r.count, 443);
        arena_release(&r.memory);
    }
}

/* The server knows none of the keys that the client sent, and asks again. */
static void tls__hello_retry_does_not_hide_the_handshake(void **state)
{
    (void)state;
    struct recording plain = handshake(TLS1_3_VERSION);
    struct contexts c = contexts(TLS1_3_VERSION);
    SSL_CTX_set1_groups_list(c.server, "P-384");
    struct recording r = shake_hands(&c, NULL);
    struct talk t = play(&plain, plain.count), u = play(&r, r.count);
    struct app_tx *one = app_flow_txs(t.flow), *two = app_flow_txs(u.flow);
    struct bytes ja4 = talk_buffer(&t, one, "ja4.hash", TO_SERVER, 0);
    assert_int_equal(tls_version(two, TO_CLIENT), 0x0304);
    assert_int_equal(ja4.len, 36);
    assert_true(bytes_eq(talk_buffer(&u, two, "ja4.hash", TO_SERVER, 0), ja4));
    assert_int_equal(talk_buffer(&u, two, "ja3s.hash", TO_CLIENT, 0).len, 32);
    assert_int_equal(two->event_count, 0);
    assert_true(app_flow_is_bypassed(u.flow));
    talk_free(&t);
    talk_free(&u);
    talk_assert_any_cut(r.pieces, r.count, 443);
    contexts_free(&c);
    arena_release(&plain.memory);
    arena_release(&r.memory);
}

static int choose_last(SSL *s, const unsigned char **out, unsigned char *len,
                       const unsigned char *in, unsigned in_len, void *arg)
{
    (void)s;
    (void)arg;
    *len = 8;
    *out = in + in_len - 8;
    return SSL_TLSEXT_ERR_OK;
}

static void tls__alpn_is_shown_as_offered_and_chosen(void **state)
{
    (void)state;
    struct contexts c = contexts(TLS1_2_VERSION);
    SSL_CTX_set_alpn_protos(c.client, (const uint8_t *)"\x02h2\x08http/1.1", 12);
    SSL_CTX_set_alpn_select_cb(c.server, choose_last, NULL);
    struct recording r = shake_hands(&c, NULL);
    struct talk t = play(&r, r.count);
    talk_log(&t, true);
    assert_non_null(strstr(talk_text(&t), "\"client_alpns\":[\"h2\",\"http/1.1\"],"
                                          "\"server_alpns\":[\"http/1.1\"]"));
    talk_free(&t);
    contexts_free(&c);
    arena_release(&r.memory);
}

/* ---- a hello with known fingerprints: the example of FoxIO's JA4.md ---- */

static const uint16_t ciphers[] = {0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030,
                                   0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035};
static const uint16_t extensions[] = {0x3a3a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469,
                                      0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012,
                                      0x002b, 0xff01, 0x000b, 0x000a, 0x0015};

struct writer {
    uint8_t p[1024];
    size_t len;
};

static void put(struct writer *w, const void *p, size_t n)
{
    assert_true(w->len + n <= sizeof w->p);
    memcpy(w->p + w->len, p, n);
    w->len += n;
}

static void put16(struct writer *w, unsigned v)
{
    put(w, (const uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

static void put_extension(struct writer *w, uint16_t type, struct bytes alpn, struct bytes sni)
{
    struct writer body = {.len = 0};
    switch (type) {
    case 0x0000:
        put16(&body, (unsigned)sni.len + 3);
        put(&body, "", 1);
        put16(&body, (unsigned)sni.len);
        put(&body, sni.p, sni.len);
        break;
    case 0x0010:
        put16(&body, (unsigned)alpn.len + 1);
        put(&body, (const uint8_t[]){(uint8_t)alpn.len}, 1);
        put(&body, alpn.p, alpn.len);
        break;
    case 0x000d:
        put(&body, "\x00\x10\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x08\x06\x06\x01", 18);
        break;
    case 0x002b:
        put(&body, "\x06\x7a\x7a\x03\x04\x03\x03", 7);
        break;
    case 0x000a:
        put(&body, "\x00\x06\x4a\x4a\x00\x1d\x00\x17", 8);
        break;
    case 0x000b:
        put(&body, "\x01\x00", 2);
        break;
    default:
        break;
    }
    put16(w, type);
    put16(w, (unsigned)body.len);
    put(w, body.p, body.len);
}

static struct writer client_hello(struct bytes alpn, struct bytes sni)
{
    struct writer ext = {.len = 0}, hello = {.len = 0}, record = {.len = 0};
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if ((extensions[i] != 0x0010 || alpn.len) && (extensions[i] != 0 || sni.len))
            put_extension(&ext, extensions[i], alpn, sni);
    put(&hello, "\x03\x03", 2);
    put(&hello, "0123456789abcdef0123456789abcdef", 32);
    put(&hello, "", 1);
    put16(&hello, sizeof ciphers);
    for (size_t i = 0; i < sizeof ciphers / sizeof *ciphers; i++)
        put16(&hello, ciphers[i]);
    put(&hello, "\x01\x00", 2);
    put16(&hello, (unsigned)ext.len);
    put(&hello, ext.p, ext.len);
    put(&record, "\x16\x03\x01", 3);
    put16(&record, (unsigned)hello.len + 4);
    put(&record, "\x01\x00", 2);
    put16(&record, (unsigned)hello.len);
    put(&record, hello.p, hello.len);
    return record;
}

static struct talk say_hello(struct bytes alpn, struct bytes sni)
{
    struct writer w = client_hello(alpn, sni);
    struct talk t = talk_start(6, 40000, 443);
    struct piece p = {TO_SERVER, bytes_of(w.p, w.len), 0, 0};
    talk_say(&t, &p);
    assert_non_null(app_flow_txs(t.flow));
    return t;
}

static void tls__ja4_and_ja3_leave_grease_out(void **state)
{
    (void)state;
    struct talk t = say_hello(BYTES_LIT("h2"), BYTES_LIT("x.example"));
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_bytes(talk_buffer(&t, tx, "ja4.hash", TO_SERVER, 0),
                 "t13d1516h2_8daaf6152771_e5627efa2ab1");
    assert_bytes(talk_buffer(&t, tx, "ja3.string", TO_SERVER, 0),
                 "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53,"
                 "27-0-51-16-17513-23-45-13-5-35-18-43-65281-11-10-21,29-23,0");
    assert_int_equal(talk_buffer(&t, tx, "ja3.hash", TO_SERVER, 0).len, 32);
    assert_int_equal(tls_version(tx, TO_SERVER), 0x0304);
    assert_int_equal(((struct tls_tx *)tx)->state, TLS_SAW_CLIENT_HELLO);
    talk_free(&t);
}

static void tls__ja4_tells_alpn_by_its_ends(void **state)
{
    (void)state;
    static const struct {
        const char *alpn, *start;
    } cases[] = {{"http/1.1", "t13d1516h1"},   {"x", "t13d1516xx"},
                 {"\xab\xcd", "t13d1516ad"},   {"0\xab", "t13d15163b"},
                 {"01\xab\xcd", "t13d15163d"}, {"", "t13d151500"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct talk t = say_hello(bytes_str(cases[i].alpn), BYTES_LIT("x.example"));
        struct bytes ja4 = talk_buffer(&t, app_flow_txs(t.flow), "ja4.hash", TO_SERVER, 0);
        assert_bytes(bytes_slice(ja4, 0, 10), cases[i].start);
        talk_free(&t);
    }
    struct talk t = say_hello(BYTES_LIT("h2"), (struct bytes){0});
    assert_bytes(
        bytes_slice(talk_buffer(&t, app_flow_txs(t.flow), "ja4.hash", TO_SERVER, 0), 0, 10),
        "t13i1515h2");
    talk_free(&t);
}

/* ---- damage ---- */

static bool has_event(const struct app_tx *tx, const char *name)
{
    for (unsigned i = 0; i < tx->event_count; i++)
        if (strcmp(app_event_name(tx->proto, tx->events[i]), name) == 0)
            return true;
    return false;
}

static void tls__nonsense_after_hello_is_an_event(void **state)
{
    (void)state;
    static const struct piece nonsense = SAY(TO_SERVER, "\x99\x03\x03\x00\x05hello");
    struct talk t = say_hello(BYTES_LIT("h2"), BYTES_LIT("x.example"));
    talk_say(&t, &nonsense);
    assert_true(has_event(app_flow_txs(t.flow), "INVALID_RECORD_TYPE"));
    assert_int_equal(app_counters(t.app)->broken[APP_TLS], 1);
    talk_free(&t);
}

static void tls__heartbleed_is_an_event(void **state)
{
    (void)state;
    static const struct piece beat = SAY(TO_SERVER, "\x18\x03\x02\x00\x03\x01\x40\x00");
    struct talk t = say_hello(BYTES_LIT("h2"), BYTES_LIT("x.example"));
    talk_say(&t, &beat);
    assert_true(has_event(app_flow_txs(t.flow), "OVERFLOW_HEARTBEAT_MESSAGE"));
    talk_free(&t);
}

static void tls__answer_longer_than_the_heartbeat_is_an_event(void **state)
{
    (void)state;
    static const struct piece beats[] = {SAY(TO_SERVER, "\x18\x03\x02\x00\x03\x01\x00\x00"),
                                         SAY(TO_CLIENT, "\x18\x03\x02\x00\x06\x02\x00\x03"
                                                        "abc")};
    struct talk t = say_hello(BYTES_LIT("h2"), BYTES_LIT("x.example"));
    talk_say(&t, &beats[0]);
    assert_false(has_event(app_flow_txs(t.flow), "DATALEAK_HEARTBEAT_MISMATCH"));
    talk_say(&t, &beats[1]);
    assert_true(has_event(app_flow_txs(t.flow), "DATALEAK_HEARTBEAT_MISMATCH"));
    talk_free(&t);
}

static void tls__heartbeats_without_padding_or_pause_are_events(void **state)
{
    (void)state;
    static const struct piece beat = SAY(TO_SERVER, "\x18\x03\x02\x00\x13\x01\x00\x00"
                                                    "0123456789abcdef");
    static const struct piece bare = SAY(TO_SERVER, "\x18\x03\x02\x00\x04\x01\x00\x00x");
    struct talk t = say_hello(BYTES_LIT("h2"), BYTES_LIT("x.example"));
    talk_say(&t, &beat);
    assert_false(has_event(app_flow_txs(t.flow), "INVALID_HEARTBEAT_MESSAGE"));
    talk_say(&t, &beat);
    assert_true(has_event(app_flow_txs(t.flow), "INVALID_HEARTBEAT_MESSAGE"));
    talk_free(&t);
    t = say_hello(BYTES_LIT("h2"), BYTES_LIT("x.example"));
    talk_say(&t, &bare);
    assert_true(has_event(app_flow_txs(t.flow), "INVALID_HEARTBEAT_MESSAGE"));
    talk_free(&t);
}

static void tls__unknown_message_is_an_event(void **state)
{
    (void)state;
    static const struct piece odd = SAY(TO_CLIENT, "\x16\x03\x03\x00\x04\x63\x00\x00\x00");
    static const struct piece done = SAY(TO_CLIENT, "\x16\x03\x03\x00\x04\x0e\x00\x00\x00");
    struct talk t = say_hello(BYTES_LIT("h2"), BYTES_LIT("x.example"));
    talk_say(&t, &done);
    assert_int_equal(app_flow_txs(t.flow)->event_count, 0);
    talk_say(&t, &odd);
    assert_true(has_event(app_flow_txs(t.flow), "INVALID_HANDSHAKE_MESSAGE"));
    talk_free(&t);
}

static void tls__lengths_that_do_not_fit_are_events(void **state)
{
    (void)state;
    static const struct piece odd[] = {
        SAY(TO_CLIENT, "\x16\x03\x03\x00\x06\x02\x00\x00\x02\x03\x03"),
        SAY(TO_CLIENT, "\x16\x03\x03\x00\x04\x02\xff\xff\xff"),
    };
    for (size_t i = 0; i < 2; i++) {
        struct talk t = say_hello(BYTES_LIT("h2"), BYTES_LIT("x.example"));
        talk_say(&t, &odd[i]);
        assert_true(has_event(app_flow_txs(t.flow), "HANDSHAKE_INVALID_LENGTH"));
        talk_free(&t);
    }
}

static void tls__name_longer_than_a_domain_is_an_event(void **state)
{
    (void)state;
    static char name[301];
    memset(name, 'a', 300);
    struct talk t = say_hello(BYTES_LIT("h2"), bytes_str(name));
    assert_true(has_event(app_flow_txs(t.flow), "INVALID_SNI_LENGTH"));
    talk_free(&t);
}

/* A hello spread over records of a few bytes is read, and remarked. */
static void tls__hello_in_tiny_records_is_read_and_an_event(void **state)
{
    (void)state;
    struct writer w = client_hello(BYTES_LIT("h2"), BYTES_LIT("x.example"));
    struct talk t = talk_start(6, 40000, 443);
    for (size_t at = 5; at < w.len; at += 3) {
        uint8_t record[8] = {0x16, 3, 1, 0, (uint8_t)(w.len - at < 3 ? w.len - at : 3)};
        memcpy(record + 5, w.p + at, record[4]);
        struct piece p = {TO_SERVER, bytes_of(record, 5u + record[4]), 0, 0};
        talk_say(&t, &p);
    }
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_bytes(talk_buffer(&t, tx, "tls.sni", TO_SERVER, 0), "x.example");
    assert_true(has_event(tx, "INVALID_SSL_RECORD"));
    talk_free(&t);
}

static void tls__many_empty_records_are_an_event(void **state)
{
    (void)state;
    static const struct piece empty = SAY(TO_SERVER, "\x17\x03\x03\x00\x00");
    struct talk t = say_hello(BYTES_LIT("h2"), BYTES_LIT("x.example"));
    for (int i = 0; i < 8; i++)
        talk_say(&t, &empty);
    assert_true(has_event(app_flow_txs(t.flow), "TOO_MANY_RECORDS_IN_PACKET"));
    talk_free(&t);
}

/* ---- certificates ---- */

static struct talk show_certificate(struct bytes der)
{
    struct writer w = {.len = 0};
    put(&w, "\x16\x03\x03", 3);
    put16(&w, (unsigned)der.len + 10);
    put(&w, "\x0b\x00", 2);
    put16(&w, (unsigned)der.len + 6);
    put(&w, "", 1);
    put16(&w, (unsigned)der.len + 3);
    put(&w, "", 1);
    put16(&w, (unsigned)der.len);
    put(&w, der.p, der.len);
    struct piece p = {TO_CLIENT, bytes_of(w.p, w.len), 0, 0};
    struct talk t = say_hello(BYTES_LIT("h2"), BYTES_LIT("x.example"));
    talk_say(&t, &p);
    return t;
}

/* What becomes of the certificate when the first `from` in it is `to`. */
static void assert_fault(struct bytes from, const char *to, const char *event)
{
    uint8_t der[1024], *end = der;
    size_t len = (size_t)i2d_X509(cert, &end);
    ptrdiff_t at = bytes_find(bytes_of(der, len), from);
    assert_true(at >= 0);
    memcpy(der + at, to, from.len);
    struct talk t = show_certificate(bytes_of(der, len));
    if (!has_event(app_flow_txs(t.flow), event))
        fail_msg("no event %s", event);
    assert_int_equal(app_flow_txs(t.flow)->event_count, 1);
    talk_free(&t);
}

static void tls__certificate_tells_which_part_is_wrong(void **state)
{
    (void)state;
    uint8_t der[1024], *end = der;
    size_t len = (size_t)i2d_X509(cert, &end);
    assert_fault(BYTES_LIT("\xa0\x03\x02\x01\x02"), "\xa0\x03\x02\x01\x07",
                 "CERTIFICATE_INVALID_VERSION");
    assert_fault(BYTES_LIT("\x02\x04\x00\xab"), "\x04\x04\x00\xab", "CERTIFICATE_INVALID_SERIAL");
    assert_fault(BYTES_LIT("\x06\x08\x2a\x86"), "\x09\x08\x2a\x86",
                 "CERTIFICATE_INVALID_ALGORITHMIDENTIFIER");
    assert_fault(BYTES_LIT("\x31\x0b\x30\x09"), "\x30\x0b\x30\x09", "CERTIFICATE_INVALID_X509NAME");
    assert_fault(BYTES_LIT("\x17\x0d"), "\x19\x0d", "CERTIFICATE_INVALID_DATE");
    assert_fault(BYTES_LIT("\x30"), "\x31", "CERTIFICATE_INVALID_DER");
    assert_fault(BYTES_LIT("www.example"), "www\0example", "CERTIFICATE_INVALID_ISSUER");
    struct talk t = show_certificate(bytes_of(der, len - 1));
    assert_true(has_event(app_flow_txs(t.flow), "INVALID_CERTIFICATE"));
    talk_free(&t);
}

static void tls__odd_alert_is_an_event(void **state)
{
    (void)state;
    static const struct piece fatal = SAY(TO_CLIENT, "\x15\x03\x01\x00\x02\x02\x28");
    static const struct piece odd = SAY(TO_CLIENT, "\x15\x03\x01\x00\x02\x07\x28");
    struct talk t = say_hello(BYTES_LIT("h2"), BYTES_LIT("x.example"));
    talk_say(&t, &fatal);
    assert_int_equal(app_flow_txs(t.flow)->event_count, 0);
    talk_say(&t, &odd);
    assert_true(has_event(app_flow_txs(t.flow), "INVALID_ALERT_MESSAGE"));
    talk_free(&t);
}

/* A ClientHello whose only extension is an encrypted one of n sealed bytes. */
static bool ech_in_hello(unsigned n)
{
    static struct tls_hello hello;
    uint8_t body[1024] = {3, 3};
    struct bytes fixed = BYTES_LIT("\x00\x00\x02\x13\x01\x01\x00");
    size_t at = 34;
    memcpy(body + at, fixed.p, fixed.len);
    at += fixed.len;
    unsigned ext = 10 + 1 + n;
    const uint8_t head[] = {(uint8_t)((ext + 4) >> 8),
                            (uint8_t)(ext + 4),
                            0xfe,
                            0x0d,
                            (uint8_t)(ext >> 8),
                            (uint8_t)ext,
                            0,
                            0,
                            1,
                            0,
                            1,
                            7,
                            0,
                            1,
                            'k',
                            (uint8_t)(n >> 8),
                            (uint8_t)n};
    memcpy(body + at, head, sizeof head);
    at += sizeof head + n;
    assert_true(tls_read_hello(TO_SERVER, bytes_of(body, at), &hello));
    return hello.has_ech;
}

static void tls_read_hello__tells_ech_from_its_imitation(void **state)
{
    (void)state;
    assert_false(ech_in_hello(208)); /* sizes that browsers choose for show */
    assert_false(ech_in_hello(240));
    assert_true(ech_in_hello(303));
}

static void tls__ssl2_server_ends_what_is_read(void **state)
{
    (void)state;
    static const struct piece talked[] = {
        SAY(TO_SERVER, "\x80\x1c\x01\x00\x02\x00\x03\x00\x00\x00\x10"
                       "\x01\x00\x80"
                       "0123456789abcdef"),
        SAY(TO_CLIENT, "\x80\x0b\x04\x00\x01\x00\x02\x00\x00\x00\x00\x00\x00"),
        SAY(TO_SERVER, "\x80\x02\x02\x01more"),
    };
    static const struct piece refusal = SAY(TO_CLIENT, "\x80\x03\x00\x00\x01");
    struct talk t = talk_start(6, 40000, 443);
    for (size_t i = 0; i < PIECES(talked); i++)
        talk_say(&t, &talked[i]);
    assert_int_equal(tls_version(app_flow_txs(t.flow), TO_CLIENT), 0x0002);
    assert_int_equal(app_flow_txs(t.flow)->event_count, 0);
    talk_free(&t);
    talk_assert_any_cut(talked, PIECES(talked), 443);
    t = talk_start(6, 40000, 443);
    talk_say(&t, &talked[0]);
    talk_say(&t, &refusal);
    assert_true(has_event(app_flow_txs(t.flow), "ERROR_MESSAGE_ENCOUNTERED"));
    talk_free(&t);
}

static void tls__ssl2_hello_is_tolerated(void **state)
{
    (void)state;
    static const struct piece hello = SAY(TO_SERVER, "\x80\x1f\x01\x03\x01\x00\x06\x00\x00\x00\x10"
                                                     "\x00\x00\x2f\x00\x00\x35"
                                                     "0123456789abcdef");
    struct talk t = talk_start(6, 40000, 443);
    talk_say(&t, &hello);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_non_null(tx);
    assert_int_equal(tls_version(tx, TO_SERVER), 0x0301);
    assert_int_equal(tx->event_count, 0);
    talk_free(&t);
}

int main(void)
{
    make_certificate();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls__certificate_is_read_before_encryption),
        cmocka_unit_test(tls__resumed_session_is_recorded_without_certificate),
        cmocka_unit_test(tls__certificate_of_the_client_is_recorded),
        cmocka_unit_test(tls__flow_is_bypassed_with_its_first_application_data),
        cmocka_unit_test(tls__records_are_frames_after_the_flow_is_bypassed),
        cmocka_unit_test(tls__flow_is_not_bypassed_by_its_handshake),
        cmocka_unit_test(tls__any_cut_gives_the_same_report),
        cmocka_unit_test(tls__ja4_and_ja3_leave_grease_out),
        cmocka_unit_test(tls__ja4_tells_alpn_by_its_ends),
        cmocka_unit_test(tls__nonsense_after_hello_is_an_event),
        cmocka_unit_test(tls__heartbleed_is_an_event),
        cmocka_unit_test(tls__answer_longer_than_the_heartbeat_is_an_event),
        cmocka_unit_test(tls__hello_retry_does_not_hide_the_handshake),
        cmocka_unit_test(tls__alpn_is_shown_as_offered_and_chosen),
        cmocka_unit_test(tls__heartbeats_without_padding_or_pause_are_events),
        cmocka_unit_test(tls__unknown_message_is_an_event),
        cmocka_unit_test(tls__lengths_that_do_not_fit_are_events),
        cmocka_unit_test(tls__name_longer_than_a_domain_is_an_event),
        cmocka_unit_test(tls__hello_in_tiny_records_is_read_and_an_event),
        cmocka_unit_test(tls__many_empty_records_are_an_event),
        cmocka_unit_test(tls__certificate_tells_which_part_is_wrong),
        cmocka_unit_test(tls__ssl2_server_ends_what_is_read),
        cmocka_unit_test(tls__odd_alert_is_an_event),
        cmocka_unit_test(tls_read_hello__tells_ech_from_its_imitation),
        cmocka_unit_test(tls__ssl2_hello_is_tolerated),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    X509_free(cert);
    EVP_PKEY_free(key);
    return failed;
}
