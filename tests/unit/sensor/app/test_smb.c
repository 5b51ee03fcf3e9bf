/* test_smb.c - SMB 2 and 1: commands and their answers, files in pieces, pipes, damaged input. */
#include "sensor/app/protocols/smb_state.h"
#include "talk.h"

#define FUID "\x4d\0\0\0\0\0\0\0\x09\0\0\0\xff\xff\xff\xff"

/* NetBIOS and SMB 2 headers around a body: length of all behind the first, command, status, flags,
 * message id. */
#define SMB2(len, command, status, flags, id, body)                                                \
    "\0\0\0" len "\xfeSMB\x40\0\0\0" status command "\0\1\0" flags "\0\0\0\0\0\0\0" id             \
    "\0\0\0\0\0\0\0\xff\xfe\0\0\1\0\0\0\5\0\0\0\0\4\0\0"                                           \
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" body
#define OK   "\0\0\0\0"
#define EOFS "\x11\0\0\xc0"

#define ZERO8  "\0\0\0\0\0\0\0\0"
#define ZERO16 ZERO8 ZERO8

#define NEGOTIATE                                                                                  \
    SMB2("\x66", "\0", OK, "\0", "\0", "\x24\0\1\0\1\0\0\0\0\0\0\0" ZERO16 ZERO8 "\x10\x02")
#define NEGOTIATED                                                                                 \
    SMB2("\x80", "\0", OK, "\1", "\0",                                                             \
         "\x41\0\1\0\x10\x02\0\0"                                                                  \
         "0123456789abcdef"                                                                        \
         "\7\0\0\0\0\0\x10\0\0\0\x10\0\0\0\x10\0" ZERO16 "\x80\0\0\0"                              \
         "\0\0\0\0")
#define TREE_CONNECT                                                                               \
    SMB2("\x56", "\3", OK, "\0", "\1", "\x09\0\0\0\x48\0\x0e\0\\\0\\\0s\0\\\0x\0y\0z\0")
#define TREE_CONNECTED(type)                                                                       \
    SMB2("\x50", "\3", OK, "\1", "\1", "\x10\0" type "\0\0\0\0\0\0\0\0\0\xff\x01\x1f\0")
#define CREATE                                                                                     \
    SMB2("\x82", "\5", OK, "\0", "\2",                                                             \
         "\x39\0\0\0\2\0\0\0" ZERO16 "\0\0\0\0" ZERO8 "\2\0\0\0\x40\0\0\0\x78\0\x0a\0" ZERO8       \
         "a\0.\0t\0x\0t\0")
#define CREATED                                                                                    \
    SMB2("\x98", "\5", OK, "\1", "\2",                                                             \
         "\x59\0\0\0\2\0\0\0" ZERO16 ZERO16 ZERO8 "\7\0\0\0\0\0\0\0" ZERO8 FUID ZERO8)
#define WRITE(id, offset, data)                                                                    \
    SMB2("\x73", "\x09", OK, "\0", id,                                                             \
         "\x31\0\x70\0\3\0\0\0" offset "\0\0\0\0\0\0\0" FUID ZERO16 data)
#define WRITTEN(id) SMB2("\x50", "\x09", OK, "\1", id, "\x11\0\0\0\3\0\0\0" ZERO8)
#define READ(id, offset)                                                                           \
    SMB2("\x71", "\x08", OK, "\0", id,                                                             \
         "\x31\0\0\0\3\0\0\0" offset "\0\0\0\0\0\0\0" FUID ZERO16 "\0")
#define HAS_READ(id, data)                                                                         \
    SMB2("\x53", "\x08", OK, "\1", id, "\x11\0\x50\0\3\0\0\0\0\0\0\0\0\0\0\0" data)
#define READ_ALL(id) SMB2("\x49", "\x08", EOFS, "\1", id, "\x09\0\0\0\0\0\0\0\0")
#define CLOSE(id)    SMB2("\x58", "\x06", OK, "\0", id, "\x18\0\0\0\0\0\0\0" FUID)
#define CLOSED(id)   SMB2("\x7c", "\x06", OK, "\1", id, "\x3c\0\0\0" ZERO16 ZERO16 ZERO16 ZERO8)

static const struct piece opened[] = {
    SAY(TO_SERVER, NEGOTIATE),    SAY(TO_CLIENT, NEGOTIATED),
    SAY(TO_SERVER, TREE_CONNECT), SAY(TO_CLIENT, TREE_CONNECTED("\1")),
    SAY(TO_SERVER, CREATE),       SAY(TO_CLIENT, CREATED),
};

static struct talk play(const struct piece *start, size_t count, const struct piece *rest,
                        size_t rest_count)
{
    struct talk t = talk_start(6, 40000, 445);
    for (size_t i = 0; i < count; i++)
        talk_say(&t, &start[i]);
    for (size_t i = 0; i < rest_count; i++)
        talk_say(&t, &rest[i]);
    talk_log(&t, false);
    return t;
}

static void assert_says(struct talk *t, const char *text)
{
    if (!strstr(talk_text(t), text))
        fail_msg("no %s in\n%s", text, talk_text(t));
}

static void smb__statuses_and_functions_have_the_names_of_their_documents(void **state)
{
    (void)state;
    assert_string_equal(smb_status_name(0), "STATUS_SUCCESS");
    assert_string_equal(smb_status_name(0x80000013), "STATUS_INVALID_EA_NAME");
    assert_string_equal(smb_status_name(0x80000014), "STATUS_EA_LIST_INCONSISTENT");
    assert_string_equal(smb_status_name(0xc0000016), "STATUS_MORE_PROCESSING_REQUIRED");
    assert_string_equal(smb_status_name(0xc00002ea), "STATUS_CANNOT_MAKE");
    assert_string_equal(smb_status_name(0xc0000464), "STATUS_DEVICE_UNREACHABLE");
    assert_string_equal(smb_status_name(0xc000a2a1), "STATUS_OFFLOAD_READ_FLT_NOT_SUPPORTED");
    assert_null(smb_status_name(0xc0ffffff));
    assert_string_equal(smb_fsctl_name(0x980a4), "FSCTL_SET_REPARSE_POINT");
    assert_string_equal(smb_fsctl_name(0x1480f2), "FSCTL_SRV_COPYCHUNK_WRITE");
}

static void smb2__commands_and_answers_are_one_record(void **state)
{
    (void)state;
    struct talk t = play(opened, PIECES(opened), NULL, 0);
    assert_int_equal(t.records, 3);
    assert_says(&t, "\"dialect\":\"2.10\",\"command\":\"SMB2_COMMAND_NEGOTIATE_PROTOCOL\","
                    "\"status\":\"STATUS_SUCCESS\",\"status_code\":\"0x0\"");
    assert_says(&t, "\"client_dialects\":[\"2.10\"]");
    assert_says(&t, "\"share\":\"\\\\\\\\s\\\\xyz\",\"share_type\":\"FILE\"");
    assert_says(&t, "\"filename\":\"a.txt\",\"disposition\":\"FILE_CREATE\",\"access\":\"normal\"");
    assert_says(&t, "\"size\":7,\"fuid\":\"0000004d-0000-0000-0009-0000ffffffff\"");
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
}

static void smb2__pieces_written_in_any_order_are_one_file(void **state)
{
    (void)state;
    static const struct piece rest[] = {
        SAY(TO_SERVER, WRITE("\3", "\3", "def")),
        SAY(TO_SERVER, WRITE("\4", "\0", "abc")),
        SAY(TO_CLIENT, WRITTEN("\3")),
        SAY(TO_CLIENT, WRITTEN("\4")),
        SAY(TO_SERVER, CLOSE("\5")),
        SAY(TO_CLIENT, CLOSED("\5")),
    };
    struct talk t = play(opened, PIECES(opened), rest, PIECES(rest));
    assert_says(&t, "\"filename\":\"a.txt\",\"gaps\":false,\"state\":\"CLOSED\",\"stored\":false,"
                    "\"size\":6");
    struct app_tx *file = app_flow_txs(t.flow)->next->next->next;
    assert_bytes(talk_buffer(&t, file, "file.data", TO_SERVER, 0), "abcdef");
    assert_bytes(talk_buffer(&t, file, "file.name", TO_SERVER, 0), "a.txt");
    talk_free(&t);
}

static void smb2__a_read_file_ends_with_its_close(void **state)
{
    (void)state;
    static const struct piece rest[] = {
        SAY(TO_SERVER, READ("\3", "\0")), SAY(TO_CLIENT, HAS_READ("\3", "abc")),
        SAY(TO_SERVER, READ("\4", "\3")), SAY(TO_CLIENT, READ_ALL("\4")),
        SAY(TO_SERVER, CLOSE("\5")),      SAY(TO_CLIENT, CLOSED("\5")),
    };
    struct talk t = play(opened, PIECES(opened), rest, PIECES(rest));
    assert_says(&t, "\"command\":\"SMB2_COMMAND_READ\",\"status\":\"STATUS_SUCCESS\"");
    assert_says(&t, "\"state\":\"CLOSED\",\"stored\":false,\"size\":3");
    talk_free(&t);
}

static void smb2__a_late_answer_is_of_the_share_that_was_asked(void **state)
{
    (void)state;
    static const struct piece rest[] = {
        SAY(TO_SERVER, READ("\3", "\0")),
        SAY(TO_CLIENT, SMB2("\x49", "\x08", "\3\1\0\0", "\3", "\3", "\x09\0\0\0\0\0\0\0\0")),
        SAY(TO_CLIENT, SMB2("\x53", "\x08", OK, "\3", "\3",
                            "\x11\0\x50\0\3\0\0\0\0\0\0\0\0\0\0\0"
                            "abc")),
        SAY(TO_SERVER, CLOSE("\5")),
    };
    struct talk t = play(opened, PIECES(opened), rest, PIECES(rest));
    assert_says(&t, "\"filename\":\"a.txt\",\"share\":\"\\\\\\\\s\\\\xyz\"");
    talk_free(&t);
}

static void smb2__bytes_written_twice_are_an_overlap(void **state)
{
    (void)state;
    static const struct piece rest[] = {SAY(TO_SERVER, WRITE("\3", "\0", "abc")),
                                        SAY(TO_SERVER, WRITE("\4", "\1", "xyz"))};
    struct talk t = play(opened, PIECES(opened), rest, PIECES(rest));
    talk_end(&t);
    assert_says(&t, "file_overlap");
    assert_says(&t, "\"size\":4");
    talk_free(&t);
}

#define WRITE_AT(id, offset, data)                                                                 \
    SMB2("\x73", "\x09", OK, "\0", id, "\x31\0\x70\0\3\0\0\0" offset FUID ZERO16 data)

static void smb2__what_is_appended_goes_to_the_end(void **state)
{
    (void)state;
    static const struct piece rest[] = {
        SAY(TO_SERVER, WRITE("\3", "\0", "abc")),
        SAY(TO_SERVER, WRITE_AT("\4", "\xff\xff\xff\xff\xff\xff\xff\xff", "def")),
        SAY(TO_SERVER, WRITE_AT("\5", "\xff\xff\xff\xff\xff\xff\xff\x7f", "ghi")),
        SAY(TO_SERVER, CLOSE("\6")),
    };
    struct talk t = play(opened, PIECES(opened), rest, PIECES(rest));
    struct app_tx *file = app_flow_txs(t.flow)->next->next->next;
    assert_bytes(talk_buffer(&t, file, "file.data", TO_SERVER, 0), "abcdef");
    assert_says(&t, "write_queue_size_exceeded"); /* there is no such place */
    assert_says(&t, "\"state\":\"CLOSED\",\"stored\":false,\"size\":6");
    talk_free(&t);
}

#define NEGOTIATED_LARGE                                                                           \
    SMB2("\x80", "\0", OK, "\1", "\0",                                                             \
         "\x41\0\1\0\x10\x02\0\0"                                                                  \
         "0123456789abcdef"                                                                        \
         "\7\0\0\0\0\0\x10\0\0\0\x10\1\0\0\x10\1" ZERO16 "\x80\0\0\0"                              \
         "\0\0\0\0")

static void smb2__too_much_at_once_is_an_event(void **state)
{
    (void)state;
    static const struct piece said[] = {
        SAY(TO_SERVER, NEGOTIATE),
        SAY(TO_CLIENT, NEGOTIATED_LARGE),
        SAY(TO_SERVER, CREATE),
        SAY(TO_SERVER,
            SMB2("\x71", "\x08", OK, "\0", "\3", "\x31\0\0\0\1\0\0\1" ZERO8 FUID ZERO16 "\0")),
    };
    struct talk t = play(said, PIECES(said), NULL, 0);
    talk_end(&t);
    assert_says(&t, "\"negotiate_max_read_size_too_large\",\"negotiate_max_write_size_too_large\"");
    assert_says(&t, "\"read_request_too_large\"");
    talk_free(&t);
}

static void smb2__a_gap_in_file_data_costs_only_these_bytes(void **state)
{
    (void)state;
    static uint8_t body[4 + 112 + 2000];
    static const uint8_t head[] =
        SMB2("\x73", "\x09", OK, "\0", "\3", "\x31\0\x70\0\xd0\x07\0\0" ZERO8 FUID ZERO16);
    memcpy(body, head, sizeof head - 1);
    body[2] = (sizeof body - 4) >> 8;
    body[3] = (sizeof body - 4) & 0xff;
    const struct piece rest[] = {
        {TO_SERVER, bytes_of(body, 1000), 0, 0},
        {TO_SERVER, {0}, APP_FEED_GAP, 100},
        {TO_SERVER, bytes_of(body + 1100, sizeof body - 1100), 0, 0},
        SAY(TO_SERVER, CLOSE("\5")),
    };
    struct talk t = play(opened, PIECES(opened), rest, PIECES(rest));
    assert_says(&t, "\"gaps\":true,\"state\":\"TRUNCATED\"");
    assert_says(&t, "\"size\":2000");
    talk_free(&t);
}

static void smb2__after_a_gap_the_next_message_is_found(void **state)
{
    (void)state;
    static const struct piece rest[] = {{TO_SERVER, {0}, APP_FEED_GAP, 77},
                                        SAY(TO_SERVER, "rest of something\xfeSM" CLOSE("\6")),
                                        SAY(TO_CLIENT, CLOSED("\6"))};
    struct talk t = play(opened, PIECES(opened), rest, PIECES(rest));
    assert_says(&t, "SMB2_COMMAND_CLOSE");
    talk_free(&t);
}

#define CLOSE_SAYS "SMB2_COMMAND_CLOSE\","

static void smb2__a_gap_loses_no_answer_that_came(void **state)
{
    (void)state;
    static const struct piece rest[] = {SAY(TO_SERVER, CLOSE("\6") CLOSE("\7") CLOSE("\x08")),
                                        {TO_CLIENT, {0}, APP_FEED_GAP, 77},
                                        SAY(TO_CLIENT, CLOSED("\7"))};
    struct talk t = play(opened, PIECES(opened), rest, PIECES(rest));
    const char *lost = strstr(talk_text(&t), "SMB2_COMMAND_CLOSE");
    assert_non_null(lost);
    assert_memory_equal(lost, CLOSE_SAYS "\"session_id\"", strlen(CLOSE_SAYS "\"session_id\""));
    const char *answered = strstr(lost + 1, "SMB2_COMMAND_CLOSE");
    assert_non_null(answered);
    assert_memory_equal(answered, CLOSE_SAYS "\"status\"", strlen(CLOSE_SAYS "\"status\""));
    assert_null(strstr(answered + 1, "SMB2_COMMAND_CLOSE")); /* may still come */
    talk_free(&t);
}

static void smb2__a_length_that_cannot_be_hides_nothing(void **state)
{
    (void)state;
    static const struct piece rest[] = {
        SAY(TO_SERVER, "\1\xff\xff\xffwhat is this" CLOSE("\6")),
        SAY(TO_SERVER, "\x85\0\x20\0" CLOSE("\7")),
        SAY(TO_SERVER, "\x85\0\0\0" CLOSE("\x08")),
    };
    struct talk t = play(opened, PIECES(opened), rest, PIECES(rest));
    talk_end(&t);
    assert_int_equal(t.records, 6);
    assert_says(&t, "malformed_data");
    talk_free(&t);
    talk_assert_any_cut(rest, PIECES(rest), 445);
}

static void smb__damage_alone_is_an_event_too(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_SERVER, "\0\0\0\x08\xfdSMBabcd\0\0\0\x08nonsense")};
    struct talk t = play(said, PIECES(said), NULL, 0);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_non_null(tx);
    assert_string_equal(app_event_name(APP_SMB, tx->events[0]), "malformed_data");
    assert_int_equal(t.records, 0);
    talk_free(&t);
}

static void smb1__a_message_too_short_for_its_header_is_an_event(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_SERVER, "\0\0\0\x04\xffSMB")};
    struct talk t = play(said, PIECES(said), NULL, 0);
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_non_null(tx);
    assert_string_equal(app_event_name(APP_SMB, tx->events[0]), "malformed_data");
    talk_free(&t);
}

static void smb2__what_is_chained_behind_long_data_is_read(void **state)
{
    (void)state;
    static uint8_t body[4 + 112 + 2000 + sizeof CLOSE("\4") - 5];
    static const uint8_t head[] =
        SMB2("\x73", "\x09", OK, "\0", "\3", "\x31\0\x70\0\xd0\x07\0\0" ZERO8 FUID ZERO16);
    memcpy(body, head, sizeof head - 1);
    memcpy(body + 4 + 112 + 2000, CLOSE("\4") + 4, sizeof CLOSE("\4") - 5);
    body[2] = (sizeof body - 4) >> 8;
    body[3] = (sizeof body - 4) & 0xff;
    body[4 + 20] = 0x40; /* where the next one begins */
    body[4 + 21] = 0x08;
    const struct piece rest[] = {{TO_SERVER, {body, sizeof body}, 0, 0}};
    struct talk t = play(opened, PIECES(opened), rest, PIECES(rest));
    assert_says(&t, "\"state\":\"CLOSED\",\"stored\":false,\"size\":2000");
    talk_free(&t);
}

/* Several requests or answers as one NetBIOS message; all but the first one are related, and name
 * neither session nor tree nor file. */
static struct bytes chain(uint8_t *out, bool asks, const struct bytes *said, size_t count)
{
    size_t at = 4, mark = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t *m = out + at;
        size_t len = said[i].len - 4, padded = i + 1 < count ? (len + 7) / 8 * 8 : len;
        memset(m, 0, padded);
        memcpy(m, said[i].p + 4, len);
        if (i + 1 < count)
            m[20] = (uint8_t)padded;
        if (i > 0)
            m[16] |= 4;
        if (i > 0 && asks) {
            uint8_t *fuid = memmem(m + 64, len - 64, FUID, 16);
            memset(m + 36, 0xff, 12);
            memset(fuid, 0xff, 16);
        }
        mark = at += padded;
    }
    memcpy(out, (const uint8_t[]){0, 0, (uint8_t)((mark - 4) >> 8), (uint8_t)(mark - 4)}, 4);
    return bytes_of(out, mark);
}

static void smb2__related_requests_are_about_the_file_before_them(void **state)
{
    (void)state;
    static uint8_t asked[1024], answered[1024];
    static const struct bytes ask[] = {BYTES_LIT(CREATE), BYTES_LIT(WRITE("\3", "\0", "abc")),
                                       BYTES_LIT(READ("\4", "\0"))};
    static const struct bytes answer[] = {BYTES_LIT(CREATED), BYTES_LIT(WRITTEN("\3")),
                                          BYTES_LIT(HAS_READ("\4", "abc"))};
    const struct piece rest[] = {
        {TO_SERVER, chain(asked, true, ask, 3), 0, 0},
        {TO_CLIENT, chain(answered, false, answer, 3), 0, 0},
        SAY(TO_SERVER, WRITE("\5", "\3", "def")),
        SAY(TO_SERVER, CLOSE("\6")),
        SAY(TO_CLIENT, CLOSED("\6")),
    };
    struct talk t = play(opened, 4, rest, PIECES(rest));
    assert_says(&t, "\"filename\":\"a.txt\",\"gaps\":false,\"state\":\"CLOSED\",\"stored\":false,"
                    "\"size\":6");
    assert_says(&t, "\"filename\":\"a.txt\",\"gaps\":false,\"state\":\"CLOSED\",\"stored\":false,"
                    "\"size\":3");
    assert_null(strstr(talk_text(&t), "18446744073709551615"));
    talk_free(&t);
    talk_assert_any_cut(rest, PIECES(rest), 445);
}

static void smb2__every_cut_gives_the_same(void **state)
{
    (void)state;
    static const struct piece all[] = {
        SAY(TO_SERVER, NEGOTIATE TREE_CONNECT CREATE),
        SAY(TO_CLIENT, NEGOTIATED TREE_CONNECTED("\1") CREATED),
        SAY(TO_SERVER, WRITE("\3", "\3", "def") WRITE("\4", "\0", "abc") READ("\5", "\0")),
        SAY(TO_CLIENT, WRITTEN("\3") WRITTEN("\4") HAS_READ("\5", "abc")),
        SAY(TO_SERVER, CLOSE("\6") "\0\0\0\x08nonsense" CLOSE("\7")),
        SAY(TO_CLIENT, CLOSED("\6")),
    };
    talk_assert_any_cut(all, PIECES(all), 445);
}

#define BIND                                                                                       \
    "\5\0\x0b\3\x10\0\0\0\x48\0\0\0\2\0\0\0\xb8\x10\xb8\x10\0\0\0\0\1\0\0\0\0\0\1\0"               \
    "\x82\6\xf7\x1f\x51\x0a\xe8\x30\7\x6d\x74\x0b\xe8\xce\xe9\x8b\1\0\0\0" ZERO16 "\2\0\0\0"
#define BIND_ACK                                                                                   \
    "\5\0\x0c\3\x10\0\0\0\x38\0\0\0\2\0\0\0\xb8\x10\xb8\x10\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0"         \
    "\0" ZERO16 "\2\0\0\0"

static void smb2__pipes_carry_calls(void **state)
{
    (void)state;
    static const struct piece rest[] = {
        SAY(TO_SERVER,
            SMB2("\xb8", "\x09", OK, "\0", "\3", "\x31\0\x70\0\x48\0\0\0" ZERO8 FUID ZERO16 BIND)),
        SAY(TO_SERVER, READ("\4", "\0")),
        SAY(TO_CLIENT, SMB2("\x88", "\x08", OK, "\1", "\4",
                            "\x11\0\x50\0\x38\0\0\0\0\0\0\0\0\0\0\0" BIND_ACK)),
    };
    /* nobody saw the tree and the pipe: what is written there tells */
    struct talk t = play(opened, 2, rest, PIECES(rest));
    assert_says(&t, "\"dcerpc\":{\"request\":\"BIND\",\"response\":\"BINDACK\",\"interfaces\":"
                    "[{\"uuid\":\"1ff70682-0a51-30e8-076d-740be8cee98b\",\"version\":\"1.0\","
                    "\"ack_result\":0,\"ack_reason\":0}],\"call_id\":2}");
    talk_free(&t);
}

#define FUID2 "\x4e\0\0\0\0\0\0\0\x09\0\0\0\xff\xff\xff\xff"
#define BIND2                                                                                      \
    "\5\0\x0b\3\x10\0\0\0\x48\0\0\0\2\0\0\0\xb8\x10\xb8\x10\0\0\0\0\1\0\0\0\0\0\1\0"               \
    "\x78\x56\x34\x12\x34\x12\xcd\xab\xef\0\1\x23\x45\x67\x89\xac\1\0\0\0" ZERO16 "\2\0\0\0"
#define PIPE_REQUEST(flags, opnum, stub)                                                           \
    "\5\0\0" flags "\x10\0\0\0\x1c\0\0\0\7\0\0\0\4\0\0\0\0\0" opnum "\0" stub
#define PIPE_RESPONSE                                                                              \
    "\5\0\2\3\x10\0\0\0\x1c\0\0\0\7\0\0\0\4\0\0\0\0\0\0\0"                                         \
    "wxyz"
/* all, then data: lengths */
#define PIPE_WRITE(all, len, id, fuid, data)                                                       \
    SMB2(all, "\x09", OK, "\0", id, "\x31\0\x70\0" len "\0\0\0" ZERO8 fuid ZERO16 data)
#define PIPE_READ(id, fuid)                                                                        \
    SMB2("\x71", "\x08", OK, "\0", id, "\x31\0\0\0\0\1\0\0" ZERO8 fuid ZERO16 "\0")
#define PIPE_HAS_READ(all, len, id, data)                                                          \
    SMB2(all, "\x08", OK, "\1", id, "\x11\0\x50\0" len "\0\0\0\0\0\0\0\0\0\0\0" data)

static const struct piece pipe_tree[] = {SAY(TO_SERVER, TREE_CONNECT),
                                         SAY(TO_CLIENT, TREE_CONNECTED("\2"))};

static void smb2__every_pipe_has_its_own_interfaces(void **state)
{
    (void)state;
    static const struct piece rest[] = {
        SAY(TO_SERVER, PIPE_WRITE("\xb8", "\x48", "\3", FUID, BIND)),
        SAY(TO_SERVER, PIPE_WRITE("\xb8", "\x48", "\4", FUID2, BIND2)),
        SAY(TO_SERVER, PIPE_WRITE("\x8c", "\x1c", "\5", FUID, PIPE_REQUEST("\3", "\5", "abcd"))),
        SAY(TO_SERVER, PIPE_WRITE("\x8c", "\x1c", "\6", FUID2, PIPE_REQUEST("\3", "\6", "efgh"))),
        SAY(TO_SERVER, PIPE_READ("\7", FUID2)),
        SAY(TO_CLIENT, PIPE_HAS_READ("\x6c", "\x1c", "\7", PIPE_RESPONSE)),
    };
    /* pipes of any name: what is written there tells */
    struct talk t = play(pipe_tree, PIECES(pipe_tree), rest, PIECES(rest));
    talk_end(&t);
    assert_says(&t, "\"response\":\"UNREPLIED\",\"opnum\":5,\"req\":{\"frag_cnt\":1,"
                    "\"stub_data_size\":4},\"interfaces\":[{\"uuid\":"
                    "\"1ff70682-0a51-30e8-076d-740be8cee98b\"");
    assert_says(&t, "\"response\":\"RESPONSE\",\"opnum\":6,\"req\":{\"frag_cnt\":1,"
                    "\"stub_data_size\":4},\"interfaces\":[{\"uuid\":"
                    "\"12345678-1234-abcd-ef00-0123456789ac\"");
    talk_free(&t);
}

static void smb2__pdus_and_writes_need_not_agree(void **state)
{
    (void)state;
    static const struct piece rest[] = {
        SAY(TO_SERVER, PIPE_WRITE("\xb8", "\x48", "\3", FUID, BIND)),
        SAY(TO_SERVER, PIPE_WRITE("\x7a", "\x0a", "\4", FUID, "\5\0\0\1\x10\0\0\0\x1c\0")),
        SAY(TO_SERVER, PIPE_WRITE("\x82", "\x12", "\5", FUID,
                                  "\0\0\7\0\0\0\4\0\0\0\0\0\x09\0"
                                  "abcd")),
        SAY(TO_SERVER,
            PIPE_WRITE("\xa8", "\x38", "\6", FUID,
                       PIPE_REQUEST("\0", "\x09", "efgh") PIPE_REQUEST("\2", "\x09", "ijkl"))),
        SAY(TO_SERVER, PIPE_READ("\7", FUID)),
        SAY(TO_CLIENT, PIPE_HAS_READ("\x5a", "\x0a", "\7", "\5\0\2\3\x10\0\0\0\x1c\0")),
        SAY(TO_SERVER, PIPE_READ("\x08", FUID)),
        SAY(TO_CLIENT, PIPE_HAS_READ("\x62", "\x12", "\x08",
                                     "\0\0\7\0\0\0\4\0\0\0\0\0\0\0"
                                     "wxyz")),
    };
    struct talk t = play(pipe_tree, PIECES(pipe_tree), rest, PIECES(rest));
    talk_end(&t);
    assert_says(&t, "\"response\":\"RESPONSE\",\"opnum\":9,\"req\":{\"frag_cnt\":3,"
                    "\"stub_data_size\":12}");
    assert_says(&t, "\"res\":{\"frag_cnt\":1,\"stub_data_size\":4},\"call_id\":7");
    assert_null(strstr(talk_text(&t), "malformed"));
    talk_free(&t);
}

static void smb2__a_share_that_is_a_pipe_is_named_so(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_SERVER, TREE_CONNECT),
                                        SAY(TO_CLIENT, TREE_CONNECTED("\2"))};
    struct talk t = play(said, 1, NULL, 0);
    assert_bytes(talk_buffer(&t, app_flow_txs(t.flow), "smb.share", TO_SERVER, 0), "\\\\s\\xyz");
    assert_bytes(talk_buffer(&t, app_flow_txs(t.flow), "smb.named_pipe", TO_SERVER, 0), "");
    talk_say(&t, &said[1]);
    assert_bytes(talk_buffer(&t, app_flow_txs(t.flow), "smb.named_pipe", TO_SERVER, 0),
                 "\\\\s\\xyz");
    talk_free(&t);
}

#define NTLM_AUTH                                                                                  \
    "NTLMSSP\0\3\0\0\0" ZERO16 "\4\0\4\0\x48\0\0\0\6\0\6\0\x4c\0\0\0\2\0\2\0\x52\0\0\0" ZERO8      \
    "\1\0\0\2\6\0\x71\x17\0\0\0\x0f"                                                               \
    "D\0O\0b\0o\0b\0P\0"

static void smb2__logins_name_their_user(void **state)
{
    (void)state;
    static const struct piece said[] = {
        SAY(TO_SERVER, NEGOTIATE), SAY(TO_CLIENT, NEGOTIATED),
        SAY(TO_SERVER, SMB2("\xac", "\1", OK, "\0", "\3",
                            "\x19\0\0\1\0\0\0\0\0\0\0\0\x58\0\x54\0" ZERO8 NTLM_AUTH)),
        SAY(TO_CLIENT, SMB2("\x48", "\1", OK, "\1", "\3", "\x09\0\0\0\x48\0\0\0"))};
    struct talk t = play(said, PIECES(said), NULL, 0);
    assert_says(&t, "\"ntlmssp\":{\"domain\":\"DO\",\"user\":\"bob\",\"host\":\"P\","
                    "\"version\":\"6.0 build 6001 rev 15\"}");
    assert_bytes(talk_buffer(&t, app_flow_txs(t.flow)->next, "smb.ntlmssp_user", TO_SERVER, 0),
                 "bob");
    talk_free(&t);
}

static void smb2__damaged_requests_raise_an_event(void **state)
{
    (void)state;
    static const struct piece said[] = {
        SAY(TO_SERVER, NEGOTIATE),
        SAY(TO_SERVER, SMB2("\x44", "\5", OK, "\0", "\2", "\x39\0\0\0"))};
    struct talk t = play(said, PIECES(said), NULL, 0);
    talk_end(&t);
    assert_says(&t, "malformed_data");
    talk_free(&t);
}

static void smb2__an_answer_from_the_client_is_odd(void **state)
{
    (void)state;
    static const struct piece said[] = {SAY(TO_SERVER, NEGOTIATE), SAY(TO_SERVER, CLOSED("\1"))};
    struct talk t = play(said, PIECES(said), NULL, 0);
    talk_end(&t);
    assert_says(&t, "response_to_server");
    talk_free(&t);
}

/* ---- SMB 1 ---- */

#define SMB1(len, command, flags, tree, id, body)                                                  \
    "\0\0\0" len "\xffSMB" command "\0\0\0\0" flags "\1\x40\0\0\0\0\0\0\0\0\0\0\0\0" tree          \
    "\0\1\0\7\0" id "\0" body

static const struct piece smb1[] = {
    SAY(TO_SERVER, SMB1("\x2f", "\x72", "\0", "\0", "\1", "\0\x0c\0\2NT LM 0.12\0")),
    SAY(TO_CLIENT, SMB1("\x25", "\x72", "\x80", "\0", "\1", "\1\0\0\0\0")),
    SAY(TO_SERVER,
        SMB1("\x37", "\x75", "\0", "\0", "\2", "\4\xff\0\0\0\0\0\1\0\x0c\0\0\\\\s\\x\0A:\0\0\0")),
    SAY(TO_CLIENT, SMB1("\x2e", "\x75", "\x80", "\5", "\2", "\3\xff\0\0\0\1\0\5\0A:\0N\0")),
    SAY(TO_SERVER, SMB1("\x3e", "\x2f", "\0", "\5", "\3",
                        "\x0c\xff\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3\0\x3b\0\3\0abc")),
    SAY(TO_CLIENT, SMB1("\x2f", "\x2f", "\x80", "\5", "\3", "\6\xff\0\0\0\3\0\0\0\0\0\0\0\0\0")),
    SAY(TO_SERVER, SMB1("\x29", "\x04", "\0", "\5", "\4", "\3\x09\0\0\0\0\0\0\0")),
    SAY(TO_CLIENT, SMB1("\x23", "\x04", "\x80", "\5", "\4", "\0\0\0")),
};

#define ZERO26 ZERO16 ZERO8 "\0\0"

static void smb1__what_pipes_carry_beside_dcerpc_is_shown(void **state)
{
    (void)state;
    static const struct piece said[] = {
        SAY(TO_SERVER, SMB1("\x3f", "\x25", "\0", "\5", "\6",
                            "\x0e" ZERO26 "\0\0"
                            "\0\0")),
        SAY(TO_CLIENT, SMB1("\x23", "\x25", "\x80", "\5", "\6", "\0\0\0"))};
    struct talk t = play(smb1, PIECES(smb1), said, PIECES(said));
    assert_says(&t, "\"command\":\"SMB1_COMMAND_TRANS\",\"status\":\"STATUS_SUCCESS\"");
    talk_free(&t);
}

static void smb1__the_last_text_needs_no_end(void **state)
{
    (void)state;
    static const struct piece said[] = {
        SAY(TO_SERVER, SMB1("\x41", "\x73", "\0", "\0", "\6",
                            "\x0d\xff\0\0\0" ZERO16 "\0\0\0\0\0\0"
                            "\4\0\0\0\0\0")),
        SAY(TO_CLIENT, SMB1("\x2d", "\x73", "\x80", "\0", "\6", "\3\xff\0\0\0\0\0\4\0W\0Lm"))};
    struct talk t = play(smb1, PIECES(smb1), said, PIECES(said));
    assert_says(&t, "\"response\":{\"native_os\":\"W\",\"native_lm\":\"Lm\"}");
    talk_free(&t);
}

static void smb1__files_and_shares_are_shown(void **state)
{
    (void)state;
    struct talk t = play(smb1, PIECES(smb1), NULL, 0);
    assert_says(&t, "\"dialect\":\"NT LM 0.12\",\"command\":\"SMB1_COMMAND_NEGOTIATE_PROTOCOL\"");
    assert_says(&t, "\"share\":\"\\\\s\\\\x\",\"service\":{\"request\":\"A:\","
                    "\"response\":\"A:\"}");
    assert_says(&t, "\"command\":\"SMB1_COMMAND_WRITE_ANDX\"");
    assert_says(&t, "\"state\":\"CLOSED\",\"stored\":false,\"size\":3");
    assert_null(strstr(talk_text(&t), "events"));
    talk_free(&t);
}

static void smb1__every_cut_gives_the_same(void **state)
{
    (void)state;
    talk_assert_any_cut(smb1, PIECES(smb1), 139);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smb__statuses_and_functions_have_the_names_of_their_documents),
        cmocka_unit_test(smb2__commands_and_answers_are_one_record),
        cmocka_unit_test(smb2__pieces_written_in_any_order_are_one_file),
        cmocka_unit_test(smb2__a_read_file_ends_with_its_close),
        cmocka_unit_test(smb2__a_late_answer_is_of_the_share_that_was_asked),
        cmocka_unit_test(smb2__bytes_written_twice_are_an_overlap),
        cmocka_unit_test(smb2__what_is_appended_goes_to_the_end),
        cmocka_unit_test(smb2__too_much_at_once_is_an_event),
        cmocka_unit_test(smb2__a_gap_in_file_data_costs_only_these_bytes),
        cmocka_unit_test(smb2__a_gap_loses_no_answer_that_came),
        cmocka_unit_test(smb2__after_a_gap_the_next_message_is_found),
        cmocka_unit_test(smb2__a_length_that_cannot_be_hides_nothing),
        cmocka_unit_test(smb__damage_alone_is_an_event_too),
        cmocka_unit_test(smb1__a_message_too_short_for_its_header_is_an_event),
        cmocka_unit_test(smb2__what_is_chained_behind_long_data_is_read),
        cmocka_unit_test(smb2__related_requests_are_about_the_file_before_them),
        cmocka_unit_test(smb2__every_cut_gives_the_same),
        cmocka_unit_test(smb2__pipes_carry_calls),
        cmocka_unit_test(smb2__every_pipe_has_its_own_interfaces),
        cmocka_unit_test(smb2__pdus_and_writes_need_not_agree),
        cmocka_unit_test(smb2__a_share_that_is_a_pipe_is_named_so),
        cmocka_unit_test(smb2__logins_name_their_user),
        cmocka_unit_test(smb2__damaged_requests_raise_an_event),
        cmocka_unit_test(smb2__an_answer_from_the_client_is_odd),
        cmocka_unit_test(smb1__what_pipes_carry_beside_dcerpc_is_shown),
        cmocka_unit_test(smb1__the_last_text_needs_no_end),
        cmocka_unit_test(smb1__files_and_shares_are_shown),
        cmocka_unit_test(smb1__every_cut_gives_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
