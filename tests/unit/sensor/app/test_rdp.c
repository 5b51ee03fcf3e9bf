/* RDP: negotiation, who the client is, TLS inside, damage. */
#include <stdlib.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include "talk.h"

#define ASK                                                                                        \
    "\x03\x00\x00\x2b\x26\xe0\x00\x00\x12\x34\x00"                                                 \
    "Cookie: mstshash=user1\r\n\x01\x01\x08\x00\x03\x00\x00\x00"
#define AGREE(flags, protocol)                                                                     \
    "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02" flags "\x08\x00" protocol "\x00\x00\x00"
#define REFUSE    "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x03\x00\x08\x00\x02\x00\x00\x00"
#define CONNECTED "\x03\x00\x00\x0b\x02\xf0\x80\x7f\x66\x00\x00"

struct connect {
    uint8_t bytes[1024];
    size_t len;
};

static void put(struct connect *c, const void *p, size_t n)
{
    assert_true(c->len + n <= sizeof c->bytes);
    memcpy(c->bytes + c->len, p, n);
    c->len += n;
}
#define PUT(c, text) put(c, text, sizeof(text) - 1)

static void put_le(struct connect *c, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++, value >>= 8)
        put(c, &(uint8_t){(uint8_t)value}, 1);
}

/* text in UTF-16LE in a field of so many bytes */
static void put_wide(struct connect *c, const char *text, size_t field)
{
    for (size_t i = 0; i < field / 2; i++) {
        put_le(c, (uint8_t)*text, 2);
        text += *text != 0;
    }
}

static void put_core(struct connect *c)
{
    size_t start = c->len;
    put_le(c, 0xc001, 2);
    put_le(c, 0, 2); /* length, below */
    put_le(c, 0x80005, 4);
    put_le(c, 1920, 2);
    put_le(c, 1080, 2);
    put_le(c, 0xca01, 2);
    put_le(c, 0xaa03, 2);
    put_le(c, 0xe0010411, 4); /* Japanese, by an input method */
    put_le(c, 17763, 4);
    put_wide(c, "KIOSK", 32);
    put_le(c, 7, 4);
    put_le(c, 2, 4);
    put_le(c, 12, 4);
    put_wide(c, "", 64);
    put_le(c, 0xca03, 2);
    put_le(c, 1, 2);
    put_le(c, 0, 4);
    put_le(c, 24, 2);
    put_le(c, 7, 2);
    put_le(c, 0x821, 2);
    put_wide(c, "id-1", 64);
    put_le(c, 6, 1);
    put_le(c, 0, 1);
    put_le(c, 1, 4);
    put_le(c, 520, 4);
    put_le(c, 290, 4);
    put_le(c, 90, 2);
    put_le(c, 125, 4);
    put_le(c, 7, 4); /* no device has such a scale */
    c->bytes[start + 2] = (uint8_t)(c->len - start);
}

static void put_channels(struct connect *c)
{
    put_le(c, 0xc003, 2);
    put_le(c, 8 + 2 * 12, 2);
    put_le(c, 2, 4);
    PUT(c, "rdpdr\0\0\0\0\0\0\0");
    PUT(c, "cliprdrx\0\0\0\0");
}

static struct bytes connect_request(struct connect *c)
{
    PUT(c, "\x03\x00\x00\x00\x02\xf0\x80\x7f\x65\x82\x01\x00\x04\x01\x01 Duca\x81\x00");
    size_t start = c->len;
    put_core(c);
    put_channels(c);
    c->bytes[start - 2] = (uint8_t)(0x80 | (c->len - start) >> 8);
    c->bytes[start - 1] = (uint8_t)(c->len - start);
    c->bytes[2] = (uint8_t)(c->len >> 8);
    c->bytes[3] = (uint8_t)c->len;
    return bytes_of(c->bytes, c->len);
}

static const char *record(const char *rest)
{
    static char text[2048];
    int n = snprintf(text, sizeof text, "{\"event_type\":\"rdp\",\"rdp\":{\"tx_id\":%s}}", rest);
    assert_in_range(n, 1, sizeof text - 1);
    return text;
}

#define assert_record(t, rest) assert_non_null(strstr(talk_text(t), record(rest)))

static void rdp__clear_session_shows_who_the_client_is(void **state)
{
    (void)state;
    struct connect c = {0};
    const struct piece pieces[] = {
        SAY(TO_SERVER, ASK),
        SAY(TO_CLIENT, AGREE("\x09", "\x00")),
        {TO_SERVER, connect_request(&c), 0, 0},
        SAY(TO_CLIENT, CONNECTED),
        SAY(TO_SERVER, "\x04\x01 keys and pixels"),
    };
    struct talk t = talk_play_cut(pieces, PIECES(pieces), 6, 3389, SIZE_MAX, 0);
    assert_int_equal(app_flow_proto(t.flow), APP_RDP);
    assert_int_equal(t.records, 4);
    assert_record(&t, "1,\"event_type\":\"initial_request\",\"cookie\":\"user1\","
                      "\"flags\":[\"restricted_admin_mode_required\"]");
    assert_record(&t, "2,\"event_type\":\"initial_response\",\"server_supports\":"
                      "[\"extended_client_data\",\"restricted_admin\"],\"protocol\":\"rdp\"");
    assert_record(
        &t, "3,\"event_type\":\"connect_request\",\"client\":{\"version\":\"v10.0\","
            "\"desktop_width\":1920,\"desktop_height\":1080,\"color_depth\":24,"
            "\"keyboard_layout\":\"ja-JP\",\"build\":\"Windows 10 RS5\",\"client_name\":\"KIOSK\","
            "\"keyboard_type\":\"jp\",\"keyboard_subtype\":2,\"function_keys\":12,"
            "\"product_id\":1,\"capabilities\":[\"support_errinfo_pdf\","
            "\"valid_connection_type\"],\"id\":\"id-1\",\"connection_hint\":\"lan\","
            "\"physical_width\":520,\"physical_height\":290,\"desktop_orientation\":90,"
            "\"scale_factor\":125},\"channels\":[\"rdpdr\",\"cliprdrx\"]");
    assert_record(&t, "4,\"event_type\":\"connect_response\"");
    talk_free(&t);
    talk_assert_any_cut(pieces, PIECES(pieces), 3389);
}

static void rdp__refusal_has_its_reason(void **state)
{
    (void)state;
    static const struct piece pieces[] = {SAY(TO_SERVER, ASK), SAY(TO_CLIENT, REFUSE)};
    struct talk t = talk_play_cut(pieces, PIECES(pieces), 6, 50000, SIZE_MAX, 0);
    assert_int_equal(app_flow_proto(t.flow), APP_RDP); /* on any port */
    assert_record(&t, "2,\"event_type\":\"initial_response\",\"error_code\":2,"
                      "\"reason\":\"ssl not allowed by server\"");
    talk_free(&t);
}

/* A certificate with serial number 0x0abc; the caller frees it. */
static struct bytes make_certificate(unsigned char **der)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509 *x = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(x), 0x0abc);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    X509_sign(x, key, NULL);
    int n = i2d_X509(x, der);
    assert_true(n > 0);
    X509_free(x);
    EVP_PKEY_free(key);
    return bytes_of(*der, (size_t)n);
}

static void put_u24(struct connect *c, size_t value)
{
    put(c, (const uint8_t[]){(uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value}, 3);
}

/* ServerHello (empty) and Certificate, the latter over two records. */
static void put_server_tls(struct connect *c, struct bytes der)
{
    struct connect body = {0};
    PUT(&body, "\x02\x00\x00\x00\x0b");
    put_u24(&body, der.len + 6);
    put_u24(&body, der.len + 3);
    put_u24(&body, der.len);
    put(&body, der.p, der.len);
    for (size_t at = 0; at < body.len; at += 100) {
        size_t n = body.len - at < 100 ? body.len - at : 100;
        PUT(c, "\x16\x03\x03\x00");
        put(c, &(uint8_t){(uint8_t)n}, 1);
        put(c, body.bytes + at, n);
    }
}

static void rdp__tls_shows_serial_numbers_of_certificates(void **state)
{
    (void)state;
    struct connect c = {0};
    unsigned char *der = NULL;
    put_server_tls(&c, make_certificate(&der));
    const struct piece pieces[] = {
        SAY(TO_SERVER, ASK),
        SAY(TO_CLIENT, AGREE("\x00", "\x01")),
        SAY(TO_SERVER, "\x16\x03\x01\x00\x04\x01\x00\x00\x00"),
        {TO_CLIENT, bytes_of(c.bytes, c.len), 0, 0},
    };
    struct talk t = talk_play_cut(pieces, PIECES(pieces), 6, 3389, SIZE_MAX, 0);
    assert_record(&t, "3,\"event_type\":\"tls_handshake\",\"x509_serials\":[\"abc\"]");
    assert_true(app_flow_is_bypassed(t.flow));
    assert_false(app_flow_is_broken(t.flow));
    talk_free(&t);
    talk_assert_any_cut(pieces, PIECES(pieces), 3389);
    OPENSSL_free(der);
}

static void rdp__resumed_tls_ends_quietly(void **state)
{
    (void)state;
    static const struct piece pieces[] = {
        SAY(TO_SERVER, ASK),
        SAY(TO_CLIENT, AGREE("\x00", "\x01")),
        SAY(TO_SERVER, "\x16\x03\x01\x00\x04\x01\x00\x00\x00"),
        SAY(TO_CLIENT, "\x16\x03\x03\x00\x04\x02\x00\x00\x00\x14\x03\x03\x00\x01\x01"),
    };
    struct talk t = talk_play_cut(pieces, PIECES(pieces), 6, 3389, SIZE_MAX, 0);
    assert_int_equal(t.records, 2);
    assert_null(strstr(talk_text(&t), "malformed"));
    assert_true(app_flow_is_bypassed(t.flow));
    talk_free(&t);
}

static void assert_malformed(const struct piece *pieces, size_t count)
{
    struct talk t = talk_play_cut(pieces, count, 6, 3389, SIZE_MAX, 0);
    struct app_tx *last = app_flow_txs(t.flow);
    while (last && last->next)
        last = last->next;
    assert_non_null(last);
    assert_int_equal(last->event_count, 1);
    assert_string_equal(app_event_name(APP_RDP, last->events[0]), "malformed_data");
    assert_true(app_flow_is_broken(t.flow));
    talk_free(&t);
}

static void rdp__damage_is_an_event(void **state)
{
    (void)state;
    static const struct piece short_packet[] = {SAY(TO_SERVER, ASK),
                                                SAY(TO_SERVER, "\x03\x00\x00\x03")};
    static const struct piece other[] = {SAY(TO_SERVER, ASK), SAY(TO_CLIENT, "HTTP/1.1 200 OK")};
    static const struct piece long_message[] = {
        SAY(TO_SERVER, ASK), SAY(TO_CLIENT, "\x16\x03\x03\x00\x04\x0b\xff\xff\xff")};
    assert_malformed(short_packet, PIECES(short_packet));
    assert_malformed(other, PIECES(other));
    assert_malformed(long_message, PIECES(long_message));
}

static void rdp__one_sided_session_is_no_damage(void **state)
{
    (void)state;
    struct connect c = {0};
    const struct piece pieces[] = {
        SAY(TO_SERVER, ASK),
        {TO_SERVER, connect_request(&c), 0, 0},
        SAY(TO_SERVER, "\x44\x04\x01\x00"),
    };
    struct talk t = talk_play_cut(pieces, PIECES(pieces), 6, 3389, SIZE_MAX, 0);
    assert_int_equal(t.records, 2);
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
}

static void rdp__gap_before_the_connect_request_is_passed(void **state)
{
    (void)state;
    struct connect c = {0};
    const struct piece pieces[] = {
        SAY(TO_SERVER, ASK),
        {TO_SERVER, {0}, APP_FEED_GAP, 20},
        SAY(TO_SERVER, "in the middle of something"),
        {TO_SERVER, connect_request(&c), 0, 0},
    };
    struct talk t = talk_play_cut(pieces, PIECES(pieces), 6, 3389, SIZE_MAX, 0);
    assert_int_equal(t.records, 2);
    talk_free(&t);
}

static void rdp__leaves_other_users_of_tpkt_alone(void **state)
{
    (void)state;
    static const struct piece s7[] = {
        SAY(TO_SERVER, "\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc0\x01\x0a\xc1\x02\x01\x00"
                       "\xc2\x02\x01\x02")};
    static const struct piece h323[] = {
        SAY(TO_SERVER, "\x03\x00\x00\x14\x08\x02\x00\x01\x05\x04\x03\x88\x93\xa5\x28\x02\x41\x00"
                       "\x7e\x00")};
    struct talk t = talk_play_cut(s7, 1, 6, 102, SIZE_MAX, 0);
    assert_int_not_equal(app_flow_proto(t.flow), APP_RDP);
    talk_free(&t);
    t = talk_play_cut(h323, 1, 6, 1720, SIZE_MAX, 0);
    assert_int_not_equal(app_flow_proto(t.flow), APP_RDP);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rdp__clear_session_shows_who_the_client_is),
        cmocka_unit_test(rdp__refusal_has_its_reason),
        cmocka_unit_test(rdp__tls_shows_serial_numbers_of_certificates),
        cmocka_unit_test(rdp__resumed_tls_ends_quietly),
        cmocka_unit_test(rdp__damage_is_an_event),
        cmocka_unit_test(rdp__one_sided_session_is_no_damage),
        cmocka_unit_test(rdp__gap_before_the_connect_request_is_passed),
        cmocka_unit_test(rdp__leaves_other_users_of_tpkt_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
