/* test_http2.c - types and numbers of HTTP/2's frames. */
#include "said.h"

#define PREFACE                               "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define FRAME(len, type, flags, stream, body) "\0\0" len type flags "\0\0\0" stream body
/* No pushes, frames of 16384; a window that grows by 65535; the table shrinks to 0, GET / of
 * weight 255; the stream is cancelled. */
// clang-format off
#define CLIENT                                                                                     \
    PREFACE FRAME("\x0c", "\4", "\0", "\0", "\0\2\0\0\0\0\0\5\0\0\x40\0")                          \
    FRAME("\4", "\x08", "\0", "\0", "\0\0\xff\xff")                                                \
    FRAME("\x09", "\1", "\x24", "\1", "\0\0\0\0\xff\x20\x82\x84\x86")
#define SERVER                                                                                     \
    FRAME("\x06", "\4", "\0", "\0", "\0\3\0\0\0\x64")                                              \
    FRAME("\1", "\1", "\4", "\1", "\x88")                                                          \
    FRAME("\4", "\3", "\0", "\1", "\0\0\0\x08")                                                    \
    FRAME("\x08", "\7", "\0", "\0", "\0\0\0\1\0\0\0\x0b")
// clang-format on

static const struct line talk[] = {LINE(TO_SERVER, CLIENT), LINE(TO_CLIENT, SERVER)};
static const struct said said = {.port = 80, .lines = talk, .count = LINES(talk)};

static void http2_frametype__in_its_direction(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "http2.frametype:GOAWAY;"), 1);
    assert_int_equal(said_fires(&said, "http2.frametype:SETTINGS;"), 2);
    assert_int_equal(said_fires(&said, "http2.frametype:HEADERS; flow:to_server;"), 1);
    assert_fires(&said, "http2.frametype:HEADERS; http2.frametype:RSTSTREAM;");
    assert_quiet(&said, "http2.frametype:GOAWAY; flow:to_server;");
    assert_quiet(&said, "http2.frametype:PING;");
    assert_refused("http2.frametype:HELLO;", "none of DATA");
}

static void http2_numbers__errors_weights_windows_and_tables(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "http2.errorcode:CANCEL;"), 1);
    assert_fires(&said, "http2.errorcode:11;");
    assert_quiet(&said, "http2.errorcode:PROTOCOL_ERROR;");
    assert_fires(&said, "http2.priority:>250;");
    assert_quiet(&said, "http2.priority:<255;");
    assert_fires(&said, "http2.window:65535;");
    assert_quiet(&said, "http2.window:<1000;");
    assert_fires(&said, "http2.size_update:0;");
    assert_quiet(&said, "http2.size_update:>0;");
    assert_refused("http2.priority:256;", "no number or range up to 255");
}

static void http2_settings__by_name_and_value(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "http2.settings:SETTINGS_ENABLE_PUSH=0;"), 1);
    assert_fires(&said, "http2.settings:SETTINGS_MAX_FRAME_SIZE >16000;");
    assert_fires(&said, "http2.settings:SETTINGS_MAX_CONCURRENT_STREAMS; flow:to_client;");
    assert_quiet(&said, "http2.settings:SETTINGS_ENABLE_PUSH=1;");
    assert_quiet(&said, "http2.settings:SETTINGS_HEADER_TABLE_SIZE;");
    assert_refused("http2.settings:SETTINGS_COLOUR=1;", "no setting like");
    assert_refused("http2.settings:SETTINGS_ENABLE_PUSH=x;", "no number or range");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http2_frametype__in_its_direction),
        cmocka_unit_test(http2_numbers__errors_weights_windows_and_tables),
        cmocka_unit_test(http2_settings__by_name_and_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
