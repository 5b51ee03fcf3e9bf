/* WebSocket: frames as records, messages for rules, limits, and that cuts do not matter. */
#include <zlib.h>
#include "talk.h"

#define UPGRADE(extensions)                                                                        \
    SAY(TO_SERVER, "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"                      \
                   "Upgrade: websocket\r\n\r\n"),                                                  \
        SAY(TO_CLIENT, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n" extensions     \
                       "Connection: Upgrade\r\n\r\n\x89\x02hi")

/* "Hello" of RFC 6455 5.7, masked; a message in fragments with a ping between them; a close. */
static const struct piece chat[] = {
    UPGRADE(""),
    SAY(TO_SERVER, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
    SAY(TO_CLIENT, "\x02\x03one\x89\x00\x00\x03two\x80\x05three\x88\x02\x03\xe8"),
};

static void play(struct talk *t, const struct piece *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++)
        talk_say(t, &pieces[i]);
    talk_log(t, false);
}

static void assert_has(struct talk *t, const char *text)
{
    if (!strstr(talk_text(t), text))
        fail_msg("no %s in %s", text, talk_text(t));
}

static struct app_tx *nth(struct talk *t, unsigned n)
{
    struct app_tx *tx = app_flow_txs(t->flow);
    while (tx && n--)
        tx = tx->next;
    return tx;
}

static void websocket__follows_an_upgrade(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    play(&t, chat, PIECES(chat));
    assert_int_equal(app_flow_proto(t.flow), APP_WEBSOCKET);
    assert_int_equal(app_flow_proto_orig(t.flow), APP_HTTP);
    assert_has(&t, "\"status\":101");
    assert_has(&t, "{\"fin\":true,\"opcode\":\"ping\",\"length\":2}");
    assert_has(&t, "{\"fin\":true,\"mask\":939139389,\"opcode\":\"text\",\"length\":5}");
    assert_has(&t, "{\"fin\":false,\"opcode\":\"binary\",\"length\":3}");
    assert_has(&t, "{\"fin\":true,\"opcode\":\"connection_close\",\"length\":2}");
    assert_int_equal(t.records, 8);
    talk_free(&t);
    talk_assert_any_cut(chat, PIECES(chat), 80);
}

static void websocket__payload_is_unmasked_and_joined(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    play(&t, chat, PIECES(chat));
    assert_bytes(talk_buffer(&t, nth(&t, 2), "websocket.payload", TO_SERVER, 0), "Hello");
    assert_bytes(talk_buffer(&t, nth(&t, 3), "websocket.payload", TO_CLIENT, 0), "one");
    assert_bytes(talk_buffer(&t, nth(&t, 6), "websocket.payload", TO_CLIENT, 0), "onetwothree");
    talk_free(&t);
}

#define PACKED "Sec-WebSocket-Extensions: foo, permessage-deflate; server_max_window_bits=10\r\n"
#define FORGETFUL                                                                                  \
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover;"                    \
    "client_no_context_takeover\r\n"

static void websocket__compression_is_marked_when_agreed_on(void **state)
{
    (void)state;
    static const struct piece plain[] = {UPGRADE(""), SAY(TO_CLIENT, "\xc1\x01x")};
    static const struct piece packed[] = {UPGRADE(PACKED), SAY(TO_CLIENT, "\xc1\x01x")};
    struct talk t = talk_start(6, 40000, 80);
    play(&t, packed, PIECES(packed));
    assert_has(&t, "\"compressed\":true");
    assert_null(strstr(talk_text(&t), "malformed"));
    talk_free(&t);
    t = talk_start(6, 40000, 80);
    play(&t, plain, PIECES(plain));
    assert_null(strstr(talk_text(&t), "compressed"));
    assert_has(&t, "malformed_frame");
    talk_free(&t);
}

/* The examples of RFC 7692 7.2.3: one block, the same again by reference, as it is, a last block,
 * two blocks, and in fragments with a ping between them. */
static const struct piece examples[] = {
    UPGRADE(PACKED),
    SAY(TO_CLIENT, "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"),
    SAY(TO_CLIENT, "\xc1\x05\xf2\x00\x11\x00\x00"),
    SAY(TO_CLIENT, "\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"),
    SAY(TO_CLIENT, "\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00"),
    SAY(TO_CLIENT, "\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"),
    SAY(TO_CLIENT, "\x41\x03\xf2\x48\xcd\x89\x01p\x80\x04\xc9\xc9\x07\x00"),
    SAY(TO_CLIENT, "\x81\x03let"),
};

static void websocket__compressed_messages_are_shown_in_the_clear(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    play(&t, examples, PIECES(examples));
    for (unsigned i = 2; i < 7; i++)
        assert_bytes(talk_buffer(&t, nth(&t, i), "websocket.payload", TO_CLIENT, 0), "Hello");
    assert_bytes(talk_buffer(&t, nth(&t, 8), "websocket.payload", TO_CLIENT, 0), "p");
    assert_bytes(talk_buffer(&t, nth(&t, 9), "websocket.payload", TO_CLIENT, 0), "Hello");
    assert_bytes(talk_buffer(&t, nth(&t, 10), "websocket.payload", TO_CLIENT, 0), "let");
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
    talk_assert_any_cut(examples, PIECES(examples), 80);
}

static void websocket__damage_lasts_while_messages_refer_to_each_other(void **state)
{
    (void)state;
    static const struct piece damaged[] = {SAY(TO_CLIENT, "\xc1\x04\xff\xff\xff\xff"),
                                           SAY(TO_CLIENT, "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00")};
    static const struct piece packed[] = {UPGRADE(PACKED)}, forgetful[] = {UPGRADE(FORGETFUL)};
    struct talk t = talk_start(6, 40000, 80);
    play(&t, packed, 2);
    play(&t, damaged, 2);
    assert_has(&t, "failed_decompression");
    assert_int_equal(talk_buffer(&t, nth(&t, 3), "websocket.payload", TO_CLIENT, 0).len, 0);
    talk_free(&t);
    t = talk_start(6, 40000, 80);
    play(&t, forgetful, 2);
    play(&t, damaged, 2);
    assert_bytes(talk_buffer(&t, nth(&t, 3), "websocket.payload", TO_CLIENT, 0), "Hello");
    talk_free(&t);
}

static void websocket__gap_in_a_compressed_message_ends_what_is_shown(void **state)
{
    (void)state;
    static const struct piece pieces[] = {
        UPGRADE(PACKED),
        SAY(TO_CLIENT, "\xc1\x07\xf2\x48"),
        {.dir = TO_CLIENT, .flags = APP_FEED_GAP, .gap_bytes = 5},
        SAY(TO_CLIENT, "\xc1\x05\xf2\x00\x11\x00\x00\x81\x03let"),
    };
    struct talk t = talk_start(6, 40000, 80);
    play(&t, pieces, PIECES(pieces));
    assert_int_equal(talk_buffer(&t, nth(&t, 3), "websocket.payload", TO_CLIENT, 0).len, 0);
    assert_bytes(talk_buffer(&t, nth(&t, 4), "websocket.payload", TO_CLIENT, 0), "let");
    talk_free(&t);
}

/* 4 MiB of zeros. */
static void websocket__compression_bomb_is_an_event(void **state)
{
    (void)state;
    static const struct piece start[] = {UPGRADE(PACKED)};
    static uint8_t zeros[4 << 20], frame[8192] = {0xc2, 126};
    z_stream z = {.next_in = zeros, .avail_in = sizeof zeros};
    deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    z.next_out = frame + 4;
    z.avail_out = sizeof frame - 4;
    assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
    size_t len = z.total_out - 4;
    deflateEnd(&z);
    frame[2] = (uint8_t)(len >> 8);
    frame[3] = (uint8_t)len;
    struct piece p = {TO_CLIENT, bytes_of(frame, 4 + len), 0, 0};
    struct talk t = talk_start(6, 40000, 80);
    play(&t, start, 2);
    talk_say(&t, &p);
    talk_log(&t, false);
    assert_has(&t, "\"events\":[\"skip_end_of_payload\",\"compression_bomb\"]");
    assert_true(talk_buffer(&t, nth(&t, 2), "websocket.payload", TO_CLIENT, 0).len <= 65536);
    talk_free(&t);
}

static void websocket__odd_frames_are_events(void **state)
{
    (void)state;
    static const char *const odd[] = {"\x83\x01x", "\x09\x01x", "\x91\x01x", "\x8f\x01x"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct piece pieces[] = {UPGRADE(""), {TO_CLIENT, bytes_of(odd[i], 3), 0, 0}};
        struct talk t = talk_start(6, 40000, 80);
        play(&t, pieces, PIECES(pieces));
        assert_has(&t, "malformed_frame");
        talk_free(&t);
    }
}

static void websocket__end_of_a_long_payload_is_skipped(void **state)
{
    (void)state;
    static const struct piece start[] = {UPGRADE(""), SAY(TO_CLIENT, "\x82\x7f\0\0\0\0\0\1\x40\0")};
    static uint8_t block[0x4000];
    struct piece p = {TO_CLIENT, bytes_of(block, sizeof block), 0, 0};
    struct talk t = talk_start(6, 40000, 80);
    play(&t, start, PIECES(start));
    for (int i = 0; i < 5; i++)
        talk_say(&t, &p);
    static const struct piece after[] = {SAY(TO_CLIENT, "\x8a\x00")};
    play(&t, after, 1);
    assert_has(&t, "\"length\":81920},\"events\":[\"skip_end_of_payload\"]");
    assert_has(&t, "\"opcode\":\"pong\"");
    talk_free(&t);
}

static void websocket__gap_within_a_payload_is_survived(void **state)
{
    (void)state;
    static const struct piece pieces[] = {
        UPGRADE(""),
        SAY(TO_CLIENT, "\x82\x08xx"),
        {.dir = TO_CLIENT, .flags = APP_FEED_GAP, .gap_bytes = 6},
        SAY(TO_CLIENT, "\x8a\x00"),
        {.dir = TO_CLIENT, .flags = APP_FEED_GAP, .gap_bytes = 1},
        SAY(TO_CLIENT, "\x8a\x00"),
    };
    struct talk t = talk_start(6, 40000, 80);
    play(&t, pieces, PIECES(pieces));
    assert_int_equal(t.records, 4); /* the upgrade, its ping, the frame with the gap, one pong */
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(websocket__follows_an_upgrade),
        cmocka_unit_test(websocket__payload_is_unmasked_and_joined),
        cmocka_unit_test(websocket__compression_is_marked_when_agreed_on),
        cmocka_unit_test(websocket__compressed_messages_are_shown_in_the_clear),
        cmocka_unit_test(websocket__damage_lasts_while_messages_refer_to_each_other),
        cmocka_unit_test(websocket__gap_in_a_compressed_message_ends_what_is_shown),
        cmocka_unit_test(websocket__compression_bomb_is_an_event),
        cmocka_unit_test(websocket__odd_frames_are_events),
        cmocka_unit_test(websocket__end_of_a_long_payload_is_skipped),
        cmocka_unit_test(websocket__gap_within_a_payload_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
