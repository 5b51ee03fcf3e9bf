/* FTP: commands with their replies, data connections, over-long lines. */
#include "talk.h"
#include "sensor/app/file.h"

static const struct piece session[] = {
    SAY(TO_CLIENT, "220-welcome\r\n220 ready\r\n"),
    SAY(TO_SERVER, "USER ada\r\n"),
    SAY(TO_CLIENT, "331 password, please\r\n"),
    SAY(TO_SERVER, "PASV\r\n"),
    SAY(TO_CLIENT, "227 Entering Passive Mode (198,51,100,7,4,1).\r\n"),
    SAY(TO_SERVER, "RETR notes.txt\r\n"),
    SAY(TO_CLIENT, "150 here it comes\r\n226 done\r\n"),
    SAY(TO_SERVER, "QUIT\r\n"),
};

static struct talk play(const struct piece *pieces, size_t count)
{
    struct talk t = talk_start(6, 40000, 21);
    for (size_t i = 0; i < count; i++)
        talk_say(&t, &pieces[i]);
    return t;
}

static void ftp__command_and_replies_are_one_record(void **state)
{
    (void)state;
    struct talk t = play(session, PIECES(session));
    talk_log(&t, true);
    assert_int_equal(t.records, 5);
    assert_non_null(strstr(talk_text(&t),
                           "\"ftp\":{\"completion_code\":[\"220\",\"220\"],\"reply\":"
                           "[\"welcome\",\"ready\"],\"reply_received\":\"yes\","
                           "\"reply_truncated\":false}"));
    assert_non_null(strstr(talk_text(&t), "{\"command\":\"RETR\",\"command_data\":\"notes.txt\","
                                          "\"command_truncated\":false,\"completion_code\":["
                                          "\"150\",\"226\"]"));
    assert_non_null(strstr(talk_text(&t), "\"dynamic_port\":1025"));
    assert_non_null(strstr(talk_text(&t), "{\"command\":\"QUIT\",\"reply_received\":\"no\""));
    talk_free(&t);
}

static void ftp__may_be_cut_anywhere(void **state)
{
    (void)state;
    talk_assert_any_cut(session, PIECES(session), 21);
}

/* Plays data on a connection from side `from` to port of the other end. */
static void play_data(struct talk *t, uint16_t port, bool from_server, enum direction dir)
{
    struct app_endpoints ends = {.port = {40001, port}, .transport = 6};
    ends.addr[from_server] = addr_v4((const uint8_t[]){192, 0, 2, 1});
    ends.addr[!from_server] = addr_v4((const uint8_t[]){198, 51, 100, 7});
    app_flow_free(t->app, t->flow);
    t->flow = app_flow_new(t->app, &ends);
    app_feed(t->app, t->flow, dir, BYTES_LIT("some "), 0, 0, 2000000);
    app_feed(t->app, t->flow, dir, BYTES_LIT("notes"), APP_FEED_EOF, 0, 2000000);
}

static void ftp__passive_data_connection_is_known_by_its_file(void **state)
{
    (void)state;
    struct talk t = play(session, 6);
    play_data(&t, 1025, false, TO_CLIENT);
    assert_int_equal(app_flow_proto(t.flow), APP_FTP_DATA);
    talk_log(&t, false);
    assert_non_null(strstr(talk_text(&t), "{\"event_type\":\"ftp_data\",\"ftp_data\":{\"filename\":"
                                          "\"notes.txt\",\"command\":\"RETR\"}}"));
    assert_non_null(strstr(talk_text(&t), "\"state\":\"CLOSED\",\"stored\":false,\"size\":10"));
    talk_free(&t);
}

static void ftp__active_data_connection_comes_from_the_server(void **state)
{
    (void)state;
    static const struct piece active[] = {
        SAY(TO_CLIENT, "220 (ready)\r\n"),
        SAY(TO_SERVER, "PORT 192,0,2,1,4,2\r\n"),
        SAY(TO_CLIENT, "200 ok\r\n"),
        SAY(TO_SERVER, "STOR up.bin\r\n"),
    };
    struct talk t = play(active, PIECES(active));
    play_data(&t, 1026, true, TO_CLIENT);
    talk_log(&t, false);
    assert_non_null(
        strstr(talk_text(&t), "\"ftp_data\":{\"filename\":\"up.bin\",\"command\":\"STOR\"}"));
    assert_non_null(strstr(talk_text(&t), "\"size\":10"));
    talk_free(&t);
}

/* A control connection, then its data connection; what comes of both. */
static void assert_data(const struct piece *control, size_t count, bool from_server, uint16_t port,
                        const char *want)
{
    struct talk t = play(control, count);
    play_data(&t, port, from_server, TO_CLIENT);
    assert_int_equal(app_flow_proto(t.flow), APP_FTP_DATA);
    talk_log(&t, false);
    if (!want)
        assert_int_equal(t.records, 0);
    else if (!strstr(talk_text(&t), want))
        fail_msg("no %s in:\n%s", want, talk_text(&t));
    talk_free(&t);
}

#define FTP_GREETING SAY(TO_CLIENT, "220 (ready)\r\n")

static void ftp__address_may_be_given_in_any_form(void **state)
{
    (void)state;
    static const char file[] = "\"ftp_data\":{\"filename\":\"f\",\"command\":\"RETR\"}";
    static const struct piece pasv[] = {
        FTP_GREETING, SAY(TO_SERVER, "PASV\r\n"),
        SAY(TO_CLIENT, "227 Entering Passive Mode 198,51,100,7,4,1\r\n"),
        SAY(TO_SERVER, "RETR f\r\n")};
    static const struct piece epsv[] = {FTP_GREETING, SAY(TO_SERVER, "EPSV\r\n"),
                                        SAY(TO_CLIENT, "229 Extended (|||1025|)\r\n"),
                                        SAY(TO_SERVER, "RETR f\r\n")};
    static const struct piece port[] = {FTP_GREETING, SAY(TO_SERVER, "PORT 192,0,2,1,4,1\r\n"),
                                        SAY(TO_CLIENT, "200 ok\r\n"), SAY(TO_SERVER, "RETR f\r\n")};
    static const struct piece eprt[] = {FTP_GREETING, SAY(TO_SERVER, "EPRT |1|192.0.2.1|1025|\r\n"),
                                        SAY(TO_CLIENT, "200 ok\r\n"), SAY(TO_SERVER, "RETR f\r\n")};
    assert_data(pasv, 4, false, 1025, file);
    assert_data(epsv, 4, false, 1025, file);
    struct talk t = play(port, 4);
    play_data(&t, 1025, true, TO_SERVER);
    talk_log(&t, false);
    assert_non_null(strstr(talk_text(&t), file));
    talk_free(&t);
    t = play(eprt, 4);
    play_data(&t, 1025, true, TO_SERVER);
    talk_log(&t, false);
    assert_non_null(strstr(talk_text(&t), file));
    talk_free(&t);
}

static void ftp__transfer_may_be_asked_for_before_its_port_is_known(void **state)
{
    (void)state;
    static const struct piece passive[] = {
        FTP_GREETING,
        SAY(TO_SERVER, "PASV\r\nRETR f\r\nPASV\r\nRETR g\r\n"),
        SAY(TO_CLIENT, "227 here (198,51,100,7,4,1)\r\n"),
    };
    static const struct piece active[] = {
        FTP_GREETING,
        SAY(TO_SERVER, "PORT 192,0,2,1,4,1\r\nSTOR f\r\n"),
    };
    assert_data(passive, 3, false, 1025, "\"ftp_data\":{\"filename\":\"f\",\"command\":\"RETR\"}");
    assert_data(active, 2, true, 1025, "\"ftp_data\":{\"filename\":\"f\",\"command\":\"STOR\"}");
}

static void ftp__data_connection_has_a_label_where_data_goes(void **state)
{
    (void)state;
    struct talk t = play(session, PIECES(session));
    play_data(&t, 1025, false, TO_CLIENT);
    assert_int_equal(app_flow_proto(t.flow), APP_FTP_DATA);
    assert_int_equal(app_flow_proto_dir(t.flow, TO_CLIENT), APP_FTP_DATA);
    assert_int_equal(app_flow_proto_dir(t.flow, TO_SERVER), APP_UNKNOWN);
    talk_free(&t);
}

static void ftp__rules_see_a_file_from_its_start(void **state)
{
    (void)state;
    struct bytes seen;
    struct talk t = play(session, PIECES(session));
    struct app_endpoints ends = {.port = {40001, 1025}, .transport = 6};
    ends.addr[0] = addr_v4((const uint8_t[]){192, 0, 2, 1});
    ends.addr[1] = addr_v4((const uint8_t[]){198, 51, 100, 7});
    app_flow_free(t.app, t.flow);
    t.flow = app_flow_new(t.app, &ends);
    app_feed(t.app, t.flow, TO_CLIENT, BYTES_LIT("some "), 0, 0, 2000000);
    assert_false(app_file_get_good_part(app_flow_txs(t.flow), TO_CLIENT, 0, NULL, &seen));
    app_feed(t.app, t.flow, TO_CLIENT, BYTES_LIT("notes"), APP_FEED_EOF, 0, 2000000);
    assert_true(app_file_get_good_part(app_flow_txs(t.flow), TO_CLIENT, 0, NULL, &seen));
    assert_int_equal(seen.len, 10);
    talk_free(&t);
}

static void ftp__list_of_a_directory_is_data_without_a_file(void **state)
{
    (void)state;
    static const struct piece list[] = {
        FTP_GREETING,
        SAY(TO_SERVER, "EPSV\r\n"),
        SAY(TO_CLIENT, "229 Extended (|||1025|)\r\n"),
        SAY(TO_SERVER, "MLSD\r\n"),
    };
    assert_data(list, 4, false, 1025, NULL);
}

static void ftp__transfer_that_was_resumed_says_which_part_it_is(void **state)
{
    (void)state;
    static const struct piece resumed[] = {
        FTP_GREETING,
        SAY(TO_SERVER, "PASV\r\n"),
        SAY(TO_CLIENT, "227 here (198,51,100,7,4,1)\r\n"),
        SAY(TO_SERVER, "REST 100\r\n"),
        SAY(TO_CLIENT, "350 from there\r\n"),
        SAY(TO_SERVER, "RETR f\r\n"),
    };
    assert_data(resumed, 6, false, 1025, "\"size\":10,\"tx_id\":0,\"start\":100,\"end\":109}");
}

static void ftp__reply_of_several_lines_ends_with_its_own_code(void **state)
{
    (void)state;
    static const struct piece lines[] = {
        SAY(TO_CLIENT, "220 (ready)\r\n"),
        SAY(TO_SERVER, "STAT\r\nNOOP\r\n"),
        SAY(TO_CLIENT, "211-status\r\n150 files\r\n213-more\r\n\r\n211 end\r\n200 ok\r\n"),
    };
    struct talk t = talk_play_cut(lines, PIECES(lines), 6, 21, SIZE_MAX, 0);
    assert_int_equal(t.records, 3);
    assert_non_null(strstr(talk_text(&t), "{\"command\":\"NOOP\",\"completion_code\":[\"200\"],"
                                          "\"reply\":[\"ok\"],\"reply_received\":\"yes\""));
    talk_free(&t);
    talk_assert_any_cut(lines, PIECES(lines), 21);
}

static void ftp__record_of_a_file_waits_for_a_packet_of_its_sender(void **state)
{
    (void)state;
    struct talk t = play(session, 6);
    play_data(&t, 1025, false, TO_CLIENT);
    struct app_tx *tx = app_flow_txs(t.flow);
    app_tx_file_records(tx, TO_SERVER, false, talk_record, &t);
    assert_int_equal(t.records, 0);
    app_tx_file_records(tx, TO_CLIENT, false, talk_record, &t);
    assert_int_equal(t.records, 1);
    app_tx_file_records(tx, TO_SERVER, true, talk_record, &t);
    assert_int_equal(t.records, 1);
    talk_free(&t);
}

static void ftp__long_command_is_cut_and_the_next_one_read(void **state)
{
    (void)state;
    char line[6000];
    memset(line, 'a', sizeof line);
    memcpy(line, "CWD ", 4);
    static const struct piece next = SAY(TO_SERVER, "\r\nPWD\r\n");
    struct piece p = {.dir = TO_SERVER, .data = bytes_of(line, sizeof line)};
    struct talk t = play(session, 2);
    talk_say(&t, &p);
    talk_say(&t, &next);
    struct app_tx *tx = app_flow_txs(t.flow)->next->next;
    assert_int_equal(tx->event_count, 1);
    assert_string_equal(app_event_name(APP_FTP, tx->events[0]), "request_command_too_long");
    talk_log(&t, true);
    assert_non_null(strstr(talk_text(&t), "\"command_truncated\":true"));
    assert_non_null(strstr(talk_text(&t), "{\"command\":\"PWD\""));
    talk_free(&t);
}

static void ftp__auth_tls_hands_over_to_tls(void **state)
{
    (void)state;
    static const struct piece auth[] = {
        SAY(TO_CLIENT, "220 (ready)\r\n"),
        SAY(TO_SERVER, "AUTH TLS\r\n"),
        SAY(TO_CLIENT, "234 go\r\n"),
        SAY(TO_SERVER, "\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03"
                       "0123456789abcdef0123456789abcdef"
                       "\x00\x00\x02\x13\x01\x01\x00"),
    };
    struct talk t = play(auth, PIECES(auth));
    assert_int_equal(app_flow_proto(t.flow), APP_TLS);
    assert_int_equal(app_flow_proto_orig(t.flow), APP_FTP);
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ftp__command_and_replies_are_one_record),
        cmocka_unit_test(ftp__may_be_cut_anywhere),
        cmocka_unit_test(ftp__passive_data_connection_is_known_by_its_file),
        cmocka_unit_test(ftp__active_data_connection_comes_from_the_server),
        cmocka_unit_test(ftp__address_may_be_given_in_any_form),
        cmocka_unit_test(ftp__transfer_may_be_asked_for_before_its_port_is_known),
        cmocka_unit_test(ftp__data_connection_has_a_label_where_data_goes),
        cmocka_unit_test(ftp__rules_see_a_file_from_its_start),
        cmocka_unit_test(ftp__list_of_a_directory_is_data_without_a_file),
        cmocka_unit_test(ftp__transfer_that_was_resumed_says_which_part_it_is),
        cmocka_unit_test(ftp__reply_of_several_lines_ends_with_its_own_code),
        cmocka_unit_test(ftp__record_of_a_file_waits_for_a_packet_of_its_sender),
        cmocka_unit_test(ftp__long_command_is_cut_and_the_next_one_read),
        cmocka_unit_test(ftp__auth_tls_hands_over_to_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
