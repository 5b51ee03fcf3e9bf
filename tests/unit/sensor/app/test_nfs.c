/* test_nfs.c - NFS 2, 3 and 4: calls and replies, files in pieces, damaged input. */
#include "talk.h"
#include "sensor/app/state.h"

#define U32(n)  "\0\0\0" n
#define NO_AUTH U32("\0") U32("\0")
#define UNIX    U32("\1") U32("\x18") U32("\0") U32("\2") "me\0\0" U32("\7") U32("\x08") U32("\0")
#define CALL(len, xid, version, procedure, body)                                                   \
    "\x80\0\0" len U32(xid) U32("\0") U32("\2") "\0\1\x86\xa3" U32(version) U32(procedure)         \
        UNIX NO_AUTH body
#define REPLY(len, xid, body) "\x80\0\0" len U32(xid) U32("\1") U32("\0") NO_AUTH U32("\0") body
#define HANDLE                U32("\4") "dir0"
#define FILE0                 U32("\4") "fil0"
#define ATTRIBUTES            U32("\0")

/* LOOKUP of "a.txt" in a directory. */
#define LOOKUP            CALL("\x54", "\1", "\3", "\3", HANDLE U32("\5") "a.txt\0\0\0")
#define FOUND             REPLY("\x2c", "\1", U32("\0") FILE0 ATTRIBUTES ATTRIBUTES)
#define READ(xid, offset) CALL("\x54", xid, "\3", "\6", FILE0 U32("\0") U32(offset) U32("\4"))
#define HAS_READ(xid, eof, data)                                                                   \
    REPLY("\x30", xid, U32("\0") ATTRIBUTES U32("\4") U32(eof) U32("\4") data)
#define WRITE(xid, offset, data)                                                                   \
    CALL("\x60", xid, "\3", "\7", FILE0 U32("\0") U32(offset) U32("\4") U32("\0") U32("\4") data)
#define WRITTEN(xid) REPLY("\x24", xid, U32("\0") U32("\0") U32("\0"))
#define COMMIT(xid)  CALL("\x54", xid, "\3", "\x15", FILE0 U32("\0") U32("\0") U32("\0"))

static const struct piece session[] = {
    SAY(TO_SERVER, LOOKUP),
    SAY(TO_CLIENT, FOUND),
    SAY(TO_SERVER, READ("\2", "\0") READ("\3", "\4")),
    SAY(TO_CLIENT, HAS_READ("\3", "\1", "efgh") HAS_READ("\2", "\0", "abcd")),
    SAY(TO_SERVER, WRITE("\4", "\4", "5678") WRITE("\5", "\0", "1234") COMMIT("\6")),
    SAY(TO_CLIENT, WRITTEN("\4") WRITTEN("\5")),
};

static struct talk play(uint8_t transport, const struct piece *p, size_t count)
{
    struct talk t = talk_start(transport, 700, 2049);
    for (size_t i = 0; i < count; i++)
        talk_say(&t, &p[i]);
    talk_end(&t);
    return t;
}

static void assert_says(struct talk *t, const char *text)
{
    if (!strstr(talk_text(t), text))
        fail_msg("no %s in\n%s", text, talk_text(t));
}

static void nfs3__calls_show_who_asked_for_what(void **state)
{
    (void)state;
    struct talk t = play(6, session, PIECES(session));
    assert_says(&t, "\"rpc\":{\"xid\":1,\"status\":\"ACCEPTED\",\"auth_type\":\"UNIX\",\"creds\":"
                    "{\"machine_name\":\"me\",\"uid\":7,\"gid\":8}}");
    assert_says(&t, "\"nfs\":{\"version\":3,\"procedure\":\"LOOKUP\",\"filename\":\"a.txt\"");
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
}

static void nfs3__written_pieces_are_one_file_until_the_commit(void **state)
{
    (void)state;
    struct talk t = play(6, session, PIECES(session));
    assert_says(&t, "\"write\":{\"first\":true,\"last\":true,\"last_xid\":6,\"chunks\":3}");
    assert_says(&t, "\"filename\":\"a.txt\",\"gaps\":false,\"state\":\"CLOSED\",\"stored\":false,"
                    "\"size\":8");
    struct app_tx *written = app_flow_txs(t.flow)->next->next;
    assert_bytes(talk_buffer(&t, written, "file.data", TO_SERVER, 0), "12345678");
    talk_free(&t);
}

static void nfs3__a_file_is_read_to_its_end(void **state)
{
    (void)state;
    static const struct piece said[] = {
        SAY(TO_SERVER, LOOKUP), SAY(TO_CLIENT, FOUND),
        SAY(TO_SERVER, READ("\2", "\0") READ("\3", "\4")),
        SAY(TO_CLIENT, HAS_READ("\2", "\0", "abcd") HAS_READ("\3", "\1", "efgh"))};
    struct talk t = play(6, said, PIECES(said));
    struct app_tx *read = app_flow_txs(t.flow)->next;
    assert_says(&t, "\"read\":{\"first\":true,\"last\":true,\"last_xid\":3,\"chunks\":2}");
    assert_bytes(talk_buffer(&t, read, "file.data", TO_CLIENT, 0), "abcdefgh");
    assert_bytes(talk_buffer(&t, read, "file.name", TO_CLIENT, 0), "a.txt");
    talk_free(&t);
}

static void nfs__every_cut_gives_the_same(void **state)
{
    (void)state;
    talk_assert_any_cut(session, PIECES(session), 2049);
}

static void nfs__datagrams_are_messages(void **state)
{
    (void)state;
    struct piece said[] = {SAY(TO_SERVER, LOOKUP), SAY(TO_CLIENT, FOUND)};
    for (unsigned i = 0; i < 2; i++)
        said[i].data = bytes_slice(said[i].data, 4, SIZE_MAX);
    struct talk t = play(17, said, PIECES(said));
    assert_says(&t, "\"procedure\":\"LOOKUP\",\"filename\":\"a.txt\"");
    talk_free(&t);
}

static void nfs__after_a_gap_calls_go_on(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_SERVER, WRITE("\4", "\4", "5678")),
                                        {TO_SERVER, {0}, APP_FEED_GAP, 50},
                                        SAY(TO_SERVER, LOOKUP),
                                        SAY(TO_CLIENT, FOUND)};
    struct talk t = play(6, said, PIECES(said));
    assert_says(&t, "\"procedure\":\"LOOKUP\"");
    talk_free(&t);
}

static void nfs__messages_may_come_in_fragments(void **state)
{
    (void)state;
    static const uint8_t marks[3][4] = {{0, 0, 0, 30}, {0, 0, 0, 1}, {0x80, 0, 0, 0x54 - 31}};
    static uint8_t parts[3 * 4 + 0x54];
    const struct bytes lookup = BYTES_LIT(LOOKUP);
    for (size_t i = 0, from = 4, to = 0; i < 3; i++) {
        memcpy(parts + to, marks[i], 4);
        memcpy(parts + to + 4, lookup.p + from, marks[i][3]);
        to += 4u + marks[i][3];
        from += marks[i][3];
    }
    const struct piece said[] = {{TO_SERVER, {parts, sizeof parts}, 0, 0}, SAY(TO_CLIENT, FOUND)};
    struct talk t = play(6, said, PIECES(said));
    assert_says(&t, "\"procedure\":\"LOOKUP\",\"filename\":\"a.txt\"");
    talk_free(&t);
    talk_assert_any_cut(said, PIECES(said), 2049);
}

/* NFS_ACL, a program of its own on the same connection. */
#define ACL                                                                                        \
    "\x80\0\0\x28" U32("\x08") U32("\0") U32("\2") "\0\1\x87\x83" U32("\3") U32("\1")              \
        NO_AUTH NO_AUTH

static void nfs__other_programs_and_noise_hide_no_calls(void **state)
{
    (void)state;
    static const struct piece said[] = {
        SAY(TO_SERVER, LOOKUP),
        SAY(TO_SERVER, ACL READ("\2", "\0")),
        SAY(TO_SERVER, "\xff\xff\xff\xff\x80 noise" CALL("\x54", "\x09", "\3", "\x0c",
                                                         HANDLE U32("\5") "b.txt\0\0\0")),
    };
    struct talk t = play(6, said, PIECES(said));
    assert_says(&t, "\"procedure\":\"READ\"");
    assert_says(&t, "\"procedure\":\"REMOVE\",\"filename\":\"b.txt\"");
    assert_says(&t, "malformed_data");
    talk_free(&t);
    talk_assert_any_cut(said, PIECES(said), 2049);
}

/* A hundred calls, then their replies; the xid counts in one of its bytes. */
static void assert_all_are_answered(size_t counting)
{
    static const uint8_t call[] = READ("\0", "\0"), reply[] = HAS_READ("\0", "\0", "abcd");
    struct talk t = talk_start(6, 700, 2049);
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < 100; i++) {
            uint8_t said[sizeof call];
            memcpy(said, pass ? reply : call, pass ? sizeof reply : sizeof call);
            said[4 + counting] = (uint8_t)i;
            struct piece p = {pass ? TO_CLIENT : TO_SERVER,
                              bytes_of(said, (pass ? sizeof reply : sizeof call) - 1), 0, 0};
            talk_say(&t, &p);
        }
    talk_end(&t);
    assert_says(&t, "\"chunks\":100}");
    talk_free(&t);
}

static void nfs__calls_that_wait_do_not_push_each_other_out(void **state)
{
    (void)state;
    assert_all_are_answered(3);
    assert_all_are_answered(0); /* a client that counts in its own byte order */
}

static bool says_crowded(const struct app_tx *tx)
{
    const struct app_parser *parser = app_parser_of(APP_NFS);
    return tx->event_count == 1 && tx->events[0] == parser->crowded - 1 &&
           strcmp(parser->events[tx->events[0]], "too_many_transactions") == 0;
}

#define LOOKUP_AS(xid) CALL("\x54", xid, "\3", "\3", HANDLE U32("\5") "a.txt\0\0\0")

static void nfs__call_that_pushes_another_one_out_says_so(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 700, 2049);
    t.app->options.tx_cap = 2;
    talk_say(&t, &(struct piece)SAY(TO_SERVER, LOOKUP_AS("\1") LOOKUP_AS("\2")));
    assert_false(says_crowded(app_flow_txs(t.flow)->next));
    talk_say(&t, &(struct piece)SAY(TO_SERVER, LOOKUP_AS("\3")));
    assert_false(says_crowded(app_flow_txs(t.flow)));
    assert_true(says_crowded(app_flow_txs(t.flow)->next));
    talk_free(&t);
}

static void nfs__damaged_calls_raise_an_event(void **state)
{
    (void)state;
    static const struct piece said[] = {
        SAY(TO_SERVER, LOOKUP), SAY(TO_SERVER, CALL("\x48", "\2", "\3", "\6", U32("\x40") "dir0"))};
    struct talk t = play(6, said, PIECES(said));
    assert_says(&t, "malformed_data");
    talk_free(&t);
}

/* A compound: PUTFH, OPEN "b" to read, GETFH; then PUTFH, READ. */
#define OPEN_B                                                                                     \
    CALL("\x8c", "\1", "\4", "\1",                                                                 \
         U32("\0") U32("\0") U32("\3") U32("\x16") HANDLE U32("\x12") U32("\0") U32("\1")          \
             U32("\0") "clientid" U32("\4") "ownr" U32("\0") U32("\0")                             \
                 U32("\1") "b\0\0\0" U32("\x0a"))
#define OPENED                                                                                     \
    REPLY("\x74", "\1",                                                                            \
          U32("\0") U32("\0") U32("\3") U32("\x16") U32("\0") U32("\x12")                          \
              U32("\0") "0123456789abcdef"                                                         \
                        "0123456789abcdef0123" U32("\0") U32("\0") U32("\0") U32("\x0a") U32("\0") \
                            FILE0)
#define READ_B                                                                                     \
    CALL("\x78", "\2", "\4", "\1",                                                                 \
         U32("\0") U32("\0") U32("\2") U32("\x16") FILE0 U32("\x19") "0123456789abcdef" U32("\0")  \
             U32("\0") U32("\4"))
#define B_READ                                                                                     \
    REPLY("\x40", "\2",                                                                            \
          U32("\0") U32("\0") U32("\2") U32("\x16") U32("\0") U32("\x19") U32("\0") U32("\1")      \
              U32("\4") "abcd")

static void nfs4__compounds_read_files_by_name(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_SERVER, OPEN_B), SAY(TO_CLIENT, OPENED),
                                        SAY(TO_SERVER, READ_B), SAY(TO_CLIENT, B_READ)};
    struct talk t = play(6, said, PIECES(said));
    assert_says(&t, "\"version\":4,\"procedure\":\"READ\",\"filename\":\"b\"");
    assert_says(&t, "\"state\":\"CLOSED\",\"stored\":false,\"size\":4");
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
}

/* PUTFH, NVERIFY, REMOVE "x"; PUTFH, OPEN "b", WRITE. */
#define CHECKED_REMOVE                                                                             \
    CALL("\x78", "\1", "\4", "\1",                                                                 \
         U32("\0") U32("\0") U32("\3") U32("\x16") HANDLE U32("\x11") U32("\1") U32("\4")          \
             U32("\4") "1234" U32("\x1c") U32("\1") "x\0\0\0")
#define OPEN_AND_WRITE                                                                             \
    CALL("\xb0", "\2", "\4", "\1",                                                                 \
         U32("\0") U32("\0") U32("\3") U32("\x16") HANDLE U32("\x12") U32("\0") U32("\1")          \
             U32("\0") "clientid" U32("\4") "ownr" U32("\0") U32("\0")                             \
                 U32("\1") "b\0\0\0" U32("\x26") "0123456789abcdef" U32("\0") U32("\0") U32("\2")  \
                     U32("\4") "data")

static void nfs4__what_comes_before_hides_no_operation(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_SERVER, CHECKED_REMOVE OPEN_AND_WRITE)};
    struct talk t = play(6, said, PIECES(said));
    assert_says(&t, "\"procedure\":\"REMOVE\",\"filename\":\"x\"");
    assert_says(&t, "\"procedure\":\"WRITE\",\"filename\":\"b\"");
    assert_says(&t, "\"filename\":\"b\",\"gaps\":false,\"state\":\"CLOSED\",\"stored\":false,"
                    "\"size\":4");
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
}

#define DELEGATED                                                                                  \
    REPLY("\x98", "\1",                                                                            \
          U32("\0") U32("\0") U32("\3") U32("\x16") U32("\0") U32("\x12")                          \
              U32("\0") "0123456789abcdef"                                                         \
                        "0123456789abcdef0123" U32("\0") U32("\0")                                 \
                            U32("\1") "0123456789abcdef" U32("\0") U32("\0") U32("\0") U32("\0")   \
                                U32("\0") U32("\x0a") U32("\0") FILE0)

static void nfs4__a_delegation_does_not_hide_the_handle(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_SERVER, OPEN_B), SAY(TO_CLIENT, DELEGATED),
                                        SAY(TO_SERVER, READ_B), SAY(TO_CLIENT, B_READ)};
    struct talk t = play(6, said, PIECES(said));
    assert_says(&t, "\"version\":4,\"procedure\":\"READ\",\"filename\":\"b\"");
    talk_free(&t);
}

/* LOOKUP of "a.txt" by a client that authenticates with Kerberos, and signs what it says or not. */
#define GSS_CALL(len, xid, service, body)                                                          \
    "\x80\0\0" len U32(xid) U32("\0") U32("\2") "\0\1\x86\xa3" U32("\3") U32("\3") U32("\6")       \
        U32("\x18") U32("\1") U32("\0") U32("\7") U32(service) U32("\4") "ctxt" U32("\6")          \
            U32("\4") "chck" body
#define WHAT U32("\4") "dir0" U32("\5") "a.txt\0\0\0"

static void nfs__what_kerberos_signs_is_read(void **state)
{
    (void)state;
    static const struct piece said[] = {
        SAY(TO_SERVER, GSS_CALL("\x58", "\1", "\1", WHAT)),
        SAY(TO_CLIENT, FOUND),
        SAY(TO_SERVER, GSS_CALL("\x68", "\2", "\2", U32("\x18") U32("\7") WHAT U32("\4") "sign")),
        SAY(TO_CLIENT, REPLY("\x2c", "\2", U32("\x08") U32("\7") U32("\2") U32("\4") "sign")),
        SAY(TO_SERVER,
            GSS_CALL("\x50", "\3", "\3", U32("\x08") "\xaa\xbb\xcc\xdd\xaa\xbb\xcc\xdd")),
    };
    struct talk t = play(6, said, PIECES(said));
    assert_says(&t, "\"auth_type\":\"GSS\"},\"nfs\":{\"version\":3,\"procedure\":\"LOOKUP\","
                    "\"filename\":\"a.txt\",\"hhash\":\"e9d6643f\",\"id\":1,\"file_tx\":false,"
                    "\"type\":\"response\",\"status\":\"OK\"");
    assert_says(&t, "\"filename\":\"a.txt\",\"hhash\":\"e9d6643f\",\"id\":2,\"file_tx\":false,"
                    "\"type\":\"response\",\"status\":\"ERR_NOENT\"");
    assert_says(&t, "\"procedure\":\"LOOKUP\",\"filename\":\"\",\"id\":3");
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nfs3__calls_show_who_asked_for_what),
        cmocka_unit_test(nfs3__written_pieces_are_one_file_until_the_commit),
        cmocka_unit_test(nfs3__a_file_is_read_to_its_end),
        cmocka_unit_test(nfs__every_cut_gives_the_same),
        cmocka_unit_test(nfs__datagrams_are_messages),
        cmocka_unit_test(nfs__after_a_gap_calls_go_on),
        cmocka_unit_test(nfs__messages_may_come_in_fragments),
        cmocka_unit_test(nfs__other_programs_and_noise_hide_no_calls),
        cmocka_unit_test(nfs__calls_that_wait_do_not_push_each_other_out),
        cmocka_unit_test(nfs__call_that_pushes_another_one_out_says_so),
        cmocka_unit_test(nfs__damaged_calls_raise_an_event),
        cmocka_unit_test(nfs__what_kerberos_signs_is_read),
        cmocka_unit_test(nfs4__compounds_read_files_by_name),
        cmocka_unit_test(nfs4__what_comes_before_hides_no_operation),
        cmocka_unit_test(nfs4__a_delegation_does_not_hide_the_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
