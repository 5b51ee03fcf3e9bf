/* test_ssh.c - SSH identification and proposals, HASSH, and what is not SSH after all. */
#include "talk.h"

/* A proposal: cookie, ten lists of names, two fields, four bytes of padding. */
#define NAMES(a) "\0\0\0\x03" a
#define KEXINIT                                                                                    \
    "\0\0\0\x5b\x04\x14"                                                                           \
    "0123456789abcdef" NAMES("kex") NAMES("key") NAMES("enc") NAMES("ENC") NAMES("mac")            \
        NAMES("MAC") NAMES("zip") NAMES("ZIP") "\0\0\0\0\0\0\0\0"                                  \
                                               "\0\0\0\0\0"                                        \
                                               "pad_"
#define NEWKEYS "\0\0\0\x0a\x08\x15padding."

static const struct piece session[] = {
    SAY(TO_CLIENT, "welcome\r\nSSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
    SAY(TO_SERVER, "SSH-2.0-libssh_0.10\r\n" KEXINIT),
    SAY(TO_CLIENT, KEXINIT NEWKEYS),
    SAY(TO_SERVER, NEWKEYS "encrypted from here on"),
};

static void ssh__both_sides_say_who_they_are_and_what_they_propose(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 2222);
    for (size_t i = 0; i < PIECES(session); i++)
        talk_say(&t, &session[i]);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_bytes(talk_buffer(&t, tx, "ssh.software", TO_CLIENT, 0), "OpenSSH_9.2p1");
    assert_bytes(talk_buffer(&t, tx, "ssh.hassh.string", TO_SERVER, 0), "kex;enc;mac;zip");
    assert_bytes(talk_buffer(&t, tx, "ssh.hassh.server.string", TO_CLIENT, 0), "kex;ENC;MAC;ZIP");
    assert_true(app_flow_is_bypassed(t.flow));
    talk_end(&t);
    /* printf 'kex;enc;mac;zip' | md5sum */
    assert_non_null(strstr(talk_text(&t), "\"hash\":\"2667d43d89c582699d181f6ac6ad2479\""));
    assert_non_null(strstr(talk_text(&t), "\"client\":{\"proto_version\":\"2.0\","));
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
}

static void ssh__every_cut_gives_the_same(void **state)
{
    (void)state;
    talk_assert_any_cut(session, PIECES(session), 22);
}

static void check(const struct piece *p, size_t count, const char *wanted)
{
    struct talk t = talk_start(6, 40000, 22);
    for (size_t i = 0; i < count; i++)
        talk_say(&t, &p[i]);
    talk_end(&t);
    if (!strstr(talk_text(&t), wanted))
        fail_msg("no %s in %s", wanted, talk_text(&t));
    talk_free(&t);
}

static void ssh__odd_starts_are_events(void **state)
{
    (void)state;
    static const struct piece nameless[] = {SAY(TO_CLIENT, "SSH-2.0-srv\r\n"),
                                            SAY(TO_SERVER, "SSH-2.0-\r\n")};
    check(nameless, PIECES(nameless), "invalid_banner");
    static const struct piece noise[] = {SAY(TO_CLIENT, "SSH-2.0-srv\r\n"),
                                         SAY(TO_SERVER, "SSH-2.0-cli\r\n\xff\xff\xff\xff\x04\x14")};
    check(noise, PIECES(noise), "invalid_record");
    static char banner[600] = "SSH-2.0-";
    memset(banner + 8, 'x', sizeof banner - 10);
    banner[sizeof banner - 1] = '\n';
    banner[sizeof banner - 2] = 'x';
    const struct piece lengthy[] = {{TO_CLIENT, bytes_of(banner, sizeof banner), 0, 0}};
    check(lengthy, 1, "long_banner");
    static const struct piece large[] = {SAY(TO_CLIENT, "SSH-2.0-srv\r\n\x00\x01\x00\x00\x04\x14")};
    static uint8_t filler[65536];
    const struct piece kex[] = {large[0], {TO_CLIENT, bytes_of(filler, sizeof filler), 0, 0}};
    check(kex, 2, "long_kex_record");
}

static void ssh__a_gap_ends_what_is_read_of_a_side(void **state)
{
    (void)state;
    static const struct piece gap[] = {SAY(TO_CLIENT, "SSH-2.0-srv\r\n"),
                                       {TO_CLIENT, {0}, APP_FEED_GAP, 100},
                                       SAY(TO_CLIENT, KEXINIT),
                                       SAY(TO_SERVER, "SSH-2.0-cli\r\n")};
    struct talk t = talk_start(6, 40000, 22);
    for (size_t i = 0; i < PIECES(gap); i++)
        talk_say(&t, &gap[i]);
    talk_end(&t);
    assert_null(strstr(talk_text(&t), "hassh"));
    assert_non_null(strstr(talk_text(&t), "\"client\":{\"proto_version\":\"2.0\""));
    talk_free(&t);
}

static void ssh__packets_of_ssh1_are_not_damaged_ones(void **state)
{
    (void)state;
    static const struct piece old[] = {
        SAY(TO_CLIENT, "SSH-1.99-OpenSSH_6.6\n"), SAY(TO_SERVER, "SSH-1.5-OpenSSH_6.2\n"),
        SAY(TO_CLIENT, "\0\0\0\x0a\xff\xff\xff\xff\xff\xff\2abcdefghi"),
        SAY(TO_SERVER, "\0\0\0\1\xff\xff\xff\xff")};
    struct talk t = talk_play_cut(old, PIECES(old), 6, 22, SIZE_MAX, 0);
    assert_non_null(strstr(talk_text(&t), "\"client\":{\"proto_version\":\"1.5\","));
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
    talk_assert_any_cut(old, PIECES(old), 22);
}

/* Rules about plain payload go on seeing it. */
static void ssh__what_cannot_be_read_is_not_taken_for_encrypted(void **state)
{
    (void)state;
    static const struct piece old[] = {
        SAY(TO_CLIENT, "SSH-1.99-OpenSSH_6.6\n"), SAY(TO_SERVER, "SSH-1.5-OpenSSH_6.2\n"),
        SAY(TO_CLIENT, "\0\0\0\x0a"), SAY(TO_SERVER, "\0\0\0\1\xff\xff\xff\xff")};
    struct talk t = talk_start(6, 40000, 22);
    for (size_t i = 0; i < PIECES(old); i++)
        talk_say(&t, &old[i]);
    assert_false(app_flow_is_bypassed(t.flow));
    talk_end(&t);
    assert_false(app_flow_is_bypassed(t.flow));
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ssh__both_sides_say_who_they_are_and_what_they_propose),
        cmocka_unit_test(ssh__every_cut_gives_the_same),
        cmocka_unit_test(ssh__odd_starts_are_events),
        cmocka_unit_test(ssh__a_gap_ends_what_is_read_of_a_side),
        cmocka_unit_test(ssh__packets_of_ssh1_are_not_damaged_ones),
        cmocka_unit_test(ssh__what_cannot_be_read_is_not_taken_for_encrypted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
