/* QUIC: keys of RFC 9001 and RFC 9369, hellos in whole, split and disordered, Google's CHLO, Retry,
 * damage. */
#include "talk.h"
#include "quic_seal.h"

/* A ClientHello for www.example.jp, 3 ciphers, ALPN h3. */
#define EXTENSIONS                                                                                 \
    "\x00\x00\x00\x13\x00\x11\x00\x00\x0ewww.example.jp"                                           \
    "\x00\x10\x00\x05\x00\x03\x02h3"                                                               \
    "\x00\x2b\x00\x03\x02\x03\x04"
#define HELLO                                                                                      \
    "\x01\x00\x00\x56\x03\x03"                                                                     \
    "0123456789abcdef0123456789abcdef"                                                             \
    "\x00\x00\x06\x13\x01\x13\x02\x13\x03\x01\x00\x00\x27" EXTENSIONS
#define SERVER_HELLO                                                                               \
    "\x02\x00\x00\x2e\x03\x03"                                                                     \
    "0123456789abcdef0123456789abcdef"                                                             \
    "\x00\x13\x01\x00\x00\x06\x00\x2b\x00\x02\x03\x04"

static struct talk t;
static uint8_t packet[SEAL_MAX];

static void say(enum direction dir, size_t len)
{
    struct piece p = {dir, bytes_of(packet, len), 0, 0};
    talk_say(&t, &p);
}

/* One CRYPTO frame with part of message. */
static struct bytes crypto(struct bytes message, size_t from, size_t len)
{
    static uint8_t frame[SEAL_MAX];
    struct bytes part = bytes_slice(message, from, len);
    frame[0] = 6;
    frame[1] = (uint8_t)(0x40 | from >> 8);
    frame[2] = (uint8_t)from;
    frame[3] = (uint8_t)(0x40 | part.len >> 8);
    frame[4] = (uint8_t)part.len;
    memcpy(frame + 5, part.p, part.len);
    return bytes_of(frame, 5 + part.len);
}

static void say_initial(uint32_t version, enum direction dir, uint8_t number, struct bytes frames)
{
    say(dir, seal_initial(version, dir, SEAL_ID, number, frames, packet));
}

static int start(void **state)
{
    (void)state;
    t = talk_start(17, 40000, 443);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    talk_free(&t);
    return 0;
}

static void assert_key(const uint8_t *got, size_t len, const char *want)
{
    char hex[65];
    assert_true(len <= 32);
    for (size_t i = 0; i < len; i++)
        snprintf(hex + 2 * i, 3, "%02x", got[i]);
    assert_string_equal(hex, want);
}

static void quic_derive_keys__gives_the_rfcs_examples(void **state)
{
    struct quic_keys k;
    (void)state;
    assert_true(quic_derive_keys(QUIC_V1, BYTES_LIT(SEAL_ID), &k));
    assert_key(k.side[TO_SERVER].key, 16, "1f369613dd76d5467730efcbe3b1a22d");
    assert_key(k.side[TO_SERVER].iv, 12, "fa044b2f42a3fd3b46fb255c");
    assert_key(k.side[TO_SERVER].header, 16, "9f50449e04a0e810283a1e9933adedd2");
    assert_key(k.side[TO_CLIENT].key, 16, "cf3a5331653c364c88f0f379b6067e37");
    assert_true(quic_derive_keys(QUIC_V2, BYTES_LIT(SEAL_ID), &k));
    assert_key(k.side[TO_SERVER].key, 16, "8b1a0bc121284290a29e0971b5cd045d");
    assert_false(quic_derive_keys(0x0a0a0a0a, BYTES_LIT(SEAL_ID), &k));
}

static void quic__hellos_are_recorded_as_suricata_does(void **state)
{
    (void)state;
    say_initial(QUIC_V1, TO_SERVER, 0, crypto(BYTES_LIT(HELLO), 0, SIZE_MAX));
    say_initial(QUIC_V1, TO_CLIENT, 0, crypto(BYTES_LIT(SERVER_HELLO), 0, SIZE_MAX));
    assert_int_equal(app_flow_proto(t.flow), APP_QUIC);
    talk_log(&t, false);
    assert_string_equal(
        talk_text(&t),
        "{\"event_type\":\"quic\",\"quic\":{\"version\":\"1\",\"sni\":\"www.example.jp\","
        "\"ja3\":{\"hash\":\"710e18ae4a07c8f07322c12f09b8bf17\",\"string\":"
        "\"771,4865-4866-4867,0-16-43,,\"},\"extensions\":[{\"name\":\"server_name\",\"type\":0,"
        "\"values\":[\"www.example.jp\"]},{\"name\":\"alpn\",\"type\":16,\"values\":[\"h3\"]},"
        "{\"name\":\"supported_versions\",\"type\":43,\"values\":[\"Tls13\"]}]}},"
        "{\"event_type\":\"quic\",\"quic\":{\"version\":\"1\",\"ja3s\":{\"hash\":"
        "\"cce84e7a8b742462e40afb585a3e3ccc\",\"string\":\"771,4865,43\"},\"extensions\":"
        "[{\"name\":\"supported_versions\",\"type\":43,\"values\":[\"Tls13\"]}]}}");
    assert_true(app_flow_is_bypassed(t.flow));
}

static void quic__ja4_is_for_alerts_and_rules(void **state)
{
    (void)state;
    say_initial(QUIC_V2, TO_SERVER, 0, crypto(BYTES_LIT(HELLO), 0, SIZE_MAX));
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_non_null(tx);
    struct bytes ja4 = talk_buffer(&t, tx, "ja4.hash", TO_SERVER, 0);
    assert_bytes(bytes_slice(ja4, 0, 24), "q13d0303h3_55b375c5d22e_");
    assert_bytes(talk_buffer(&t, tx, "quic.version", TO_SERVER, 0), "\x6b\x33\x43\xcf");
    assert_bytes(talk_buffer(&t, tx, "quic.sni", TO_SERVER, 0), "www.example.jp");
    json_object(&t.out, NULL);
    app_tx_alert_json(tx, &t.out);
    json_object_end(&t.out);
    assert_non_null(strstr(talk_text(&t), "\"ja4\":\"q13d0303h3_"));
}

static void quic__hello_is_read_in_any_order_of_its_pieces(void **state)
{
    struct bytes hello = BYTES_LIT(HELLO);
    (void)state;
    for (size_t cut = 1; cut < hello.len; cut += 7) {
        talk_free(&t);
        start(NULL);
        say_initial(QUIC_V1, TO_SERVER, 0, crypto(hello, cut, SIZE_MAX));
        say_initial(QUIC_V1, TO_SERVER, 1, crypto(hello, cut / 2, 10)); /* overlaps or fills */
        say_initial(QUIC_V1, TO_SERVER, 2, crypto(hello, 0, cut));
        struct app_tx *last = app_flow_txs(t.flow);
        while (last->next)
            last = last->next;
        assert_bytes(talk_buffer(&t, last, "quic.sni", TO_SERVER, 0), "www.example.jp");
        assert_int_equal(last->event_count, 0);
    }
}

static void quic__google_chlo_gives_sni_agent_and_cyu(void **state)
{
    static const struct piece chlo[] = {
        SAY(TO_SERVER, "\xc3Q046\x50\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x01"
                       "0123456789ab"
                       "\xa0\x01\x00\x27"
                       "CHLO\x03\x00\x00\x00"
                       "PAD\x00\x02\x00\x00\x00"
                       "SNI\x00\x04\x00\x00\x00"
                       "UAID\x07\x00\x00\x00"
                       "--jpbot\x00\x00\x00")};
    (void)state;
    talk_say(&t, chlo);
    talk_log(&t, false);
    assert_string_equal(talk_text(&t),
                        "{\"event_type\":\"quic\",\"quic\":{\"version\":\"Q046\",\"sni\":\"jp\","
                        "\"ua\":\"bot\",\"cyu\":[{\"hash\":\"bc252431df58411cd2ea00eba190964f\","
                        "\"string\":\"46,PAD-SNI-UAID\"}]}}");
}

static void quic__retry_brings_a_second_hello_under_new_keys(void **state)
{
    static const char other[] = "\x11\x22\x33\x44\x55\x66\x77\x88";
    static const struct piece retry = SAY(TO_CLIENT, "\xf0\x00\x00\x00\x01\x00\x08\x11\x22\x33\x44"
                                                     "\x55\x66\x77\x88token and its tag......");
    (void)state;
    say_initial(QUIC_V1, TO_SERVER, 0, crypto(BYTES_LIT(HELLO), 0, SIZE_MAX));
    talk_say(&t, &retry);
    struct bytes frames = crypto(BYTES_LIT(HELLO), 0, SIZE_MAX);
    say(TO_SERVER, seal_initial(QUIC_V1, TO_SERVER, other, 1, frames, packet));
    struct app_tx *last = app_flow_txs(t.flow)->next->next;
    assert_non_null(last);
    assert_bytes(talk_buffer(&t, last, "quic.sni", TO_SERVER, 0), "www.example.jp");
}

static void quic__forged_packet_is_an_event_and_hides_nothing(void **state)
{
    (void)state;
    size_t len = seal_initial(QUIC_V1, TO_SERVER, "forgery!", 0, BYTES_LIT("\x01"), packet);
    packet[len - 1] ^= 1;
    say(TO_SERVER, len);
    struct app_tx *first = app_flow_txs(t.flow);
    assert_string_equal(app_event_name(APP_QUIC, first->events[0]), "failed_decrypt");
    say_initial(QUIC_V1, TO_SERVER, 1, crypto(BYTES_LIT(HELLO), 0, SIZE_MAX));
    assert_bytes(talk_buffer(&t, first->next, "quic.sni", TO_SERVER, 0), "www.example.jp");
}

static void assert_event(struct bytes frames, const char *name)
{
    start(NULL);
    say_initial(QUIC_V1, TO_SERVER, 0, frames);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_non_null(tx);
    assert_int_equal(tx->event_count, 1);
    assert_string_equal(app_event_name(APP_QUIC, tx->events[0]), name);
    talk_free(&t);
}

static void quic__damaged_frames_are_events(void **state)
{
    (void)state;
    talk_free(&t);
    assert_event(BYTES_LIT("\x06\x00\x7f\xff and then nothing like that many bytes"),
                 "error_on_data");
    assert_event(BYTES_LIT("\x06\x00\x04\x0b\x00\x00\x00"), "error_on_data"); /* no hello */
    assert_event(BYTES_LIT("\x06\xbf\xff\xff\xff\x04"
                           "abcd"),
                 "crypto_frag_too_long");
    start(NULL);
}

static void quic__flood_of_packets_is_given_up(void **state)
{
    unsigned txs = 0;
    (void)state;
    for (unsigned i = 0; i < 200; i++)
        say_initial(QUIC_V1, TO_SERVER, (uint8_t)i, BYTES_LIT("\x01"));
    for (struct app_tx *tx = app_flow_txs(t.flow); tx; tx = tx->next)
        txs++;
    assert_int_equal(txs, 64);
}

static void quic__is_told_by_its_version_on_any_port(void **state)
{
    static const struct piece noise = SAY(TO_SERVER, "\xc0\x12\x34\x56\x78\x00\x00\x00\x00");
    (void)state;
    talk_free(&t);
    t = talk_start(17, 40000, 4433);
    say_initial(QUIC_V1, TO_SERVER, 0, BYTES_LIT("\x01"));
    assert_int_equal(app_flow_proto(t.flow), APP_QUIC);
    talk_free(&t);
    t = talk_start(17, 40000, 443);
    talk_say(&t, &noise);
    assert_int_equal(app_flow_proto(t.flow), APP_FAILED);
}

#define WITH_TALK(f) cmocka_unit_test_setup_teardown(f, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quic_derive_keys__gives_the_rfcs_examples),
        WITH_TALK(quic__hellos_are_recorded_as_suricata_does),
        WITH_TALK(quic__ja4_is_for_alerts_and_rules),
        WITH_TALK(quic__hello_is_read_in_any_order_of_its_pieces),
        WITH_TALK(quic__google_chlo_gives_sni_agent_and_cyu),
        WITH_TALK(quic__retry_brings_a_second_hello_under_new_keys),
        WITH_TALK(quic__forged_packet_is_an_event_and_hides_nothing),
        WITH_TALK(quic__damaged_frames_are_events),
        WITH_TALK(quic__flood_of_packets_is_given_up),
        WITH_TALK(quic__is_told_by_its_version_on_any_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
