/* Files in HTTP: names, limits, gaps, forms, and that cuts in the bytes do not matter. */
#include "talk.h"
#include "sensor/app/file.h"

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

static void assert_has_not(struct talk *t, const char *text)
{
    if (strstr(talk_text(t), text))
        fail_msg("%s in %s", text, talk_text(t));
}

static const struct piece download[] = {
    SAY(TO_SERVER, "GET /a/b%20c.bin?x=1 HTTP/1.1\r\nHost: h\r\n\r\n"),
    SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    SAY(TO_SERVER, "GET /get.php HTTP/1.1\r\nHost: h\r\n\r\n"),
    SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Disposition: attachment; x=\"a;b\"; "
                   "FileName=\"in;voice.exe\"\r\nContent-Length: 2\r\n\r\nMZ"),
};

static void http_file__answer_is_named_by_path_or_header(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    play(&t, download, PIECES(download));
    assert_has(&t, "\"filename\":\"/a/b c.bin\",\"gaps\":false,\"state\":\"CLOSED\","
                   "\"stored\":false,\"size\":5,\"tx_id\":0}");
    assert_has(&t, "\"filename\":\"in;voice.exe\"");
    talk_free(&t);
    talk_assert_any_cut(download, PIECES(download), 80);
}

static void http_file__empty_answer_is_no_file(void **state)
{
    (void)state;
    static const struct piece empty[] = {
        SAY(TO_SERVER, "POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
        SAY(TO_CLIENT, "HTTP/1.1 204 No Content\r\n\r\n"),
    };
    struct talk t = talk_start(6, 40000, 80);
    play(&t, empty, PIECES(empty));
    assert_int_equal(t.records, 1);
    talk_free(&t);
}

static void http_file__put_and_post_bodies_are_files_of_the_client(void **state)
{
    (void)state;
    static const struct piece put[] = {
        SAY(TO_SERVER, "PUT /up.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"),
        SAY(TO_CLIENT, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"),
    };
    struct talk t = talk_start(6, 40000, 80);
    play(&t, put, PIECES(put));
    assert_has(&t, "\"filename\":\"/up.txt\"");
    assert_bytes(talk_buffer(&t, app_flow_txs(t.flow), "file.name", TO_SERVER, 0), "/up.txt");
    talk_free(&t);
}

static const struct piece form[] = {
    SAY(TO_SERVER,
        "POST /up HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=\"XX\"\r\n"
        "Content-Length: 294\r\n\r\n"
        "preamble\r\n"
        "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nfirst\r\n"
        "--XX\r\nContent-Disposition: form-data; name=\"g\"\r\n\r\nno file\r\n"
        "--XX\r\nContent-Disposition: form-data; name=\"e\"; filename=\"empty\"\r\n\r\n"
        "--XX\r\nbad\r\nContent-Disposition: form-data; filename=b\r\n\r\n\r\n--XYsec\r\nond\n\r\n"
        "--XX--\r\n"),
    SAY(TO_CLIENT, "HTTP/1.1 204 No Content\r\n\r\n"),
};

static void http_file__form_parts_with_names_are_files(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    play(&t, form, PIECES(form));
    struct app_tx *tx = app_flow_txs(t.flow);
    assert_int_equal(t.records, 3);
    assert_bytes(talk_buffer(&t, tx, "file.name", TO_SERVER, 0), "a.txt");
    assert_bytes(talk_buffer(&t, tx, "file.data", TO_SERVER, 0), "first");
    assert_bytes(talk_buffer(&t, tx, "file.name", TO_SERVER, 1), "b");
    assert_bytes(talk_buffer(&t, tx, "file.data", TO_SERVER, 1), "\r\n--XYsec\r\nond\n");
    assert_has(&t, "MULTIPART_NO_FILEDATA");
    assert_has(&t, "MULTIPART_INVALID_HEADER");
    talk_free(&t);
    talk_assert_any_cut(form, PIECES(form), 80);
}

static void http_file__form_without_its_end_is_truncated(void **state)
{
    (void)state;
    static const struct piece cut[] = {
        SAY(TO_SERVER,
            "POST /up HTTP/1.1\r\nHost: a\r\n"
            "Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: 62\r\n\r\n"
            "--XX\r\nContent-Disposition: form-data; filename=a\r\n\r\ncontent\r\n-"),
        SAY(TO_CLIENT, "HTTP/1.1 204 No Content\r\n\r\n"),
    };
    struct talk t = talk_start(6, 40000, 80);
    play(&t, cut, PIECES(cut));
    assert_has(&t, "\"state\":\"TRUNCATED\",\"stored\":false,\"size\":10");
    talk_free(&t);
    talk_assert_any_cut(cut, PIECES(cut), 80);
}

static void http_file__ends_where_the_body_limit_does(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    static const struct piece head[] = {
        SAY(TO_SERVER, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n"),
        SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 409600\r\n\r\n"),
    };
    static uint8_t block[4096];
    play(&t, head, 2);
    struct piece p = {TO_CLIENT, bytes_of(block, sizeof block), 0, 0};
    for (int i = 0; i < 26; i++)
        talk_say(&t, &p);
    talk_log(&t, false);
    assert_has(&t, "\"state\":\"TRUNCATED\",\"stored\":false,\"size\":102400");
    talk_free(&t);
}

static void http_file__gap_is_told(void **state)
{
    (void)state;
    static const struct piece gap[] = {
        SAY(TO_SERVER, "GET /gap HTTP/1.1\r\nHost: a\r\n\r\n"),
        SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"),
        {.dir = TO_CLIENT, .flags = APP_FEED_GAP, .gap_bytes = 6},
        SAY(TO_CLIENT, "yz"),
    };
    struct talk t = talk_start(6, 40000, 80);
    play(&t, gap, PIECES(gap));
    assert_has(&t, "\"gaps\":true,\"state\":\"TRUNCATED\",\"stored\":false,\"size\":10");
    talk_free(&t);
}

static void http_file__unfinished_one_is_truncated_at_the_end(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    static const struct piece open[] = {
        SAY(TO_SERVER, "GET /half HTTP/1.1\r\nHost: a\r\n\r\n"),
        SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"),
    };
    play(&t, open, PIECES(open));
    assert_has_not(&t, "fileinfo");
    talk_log(&t, true);
    assert_has(&t, "\"state\":\"TRUNCATED\",\"stored\":false,\"size\":2");
    talk_free(&t);
}

/* ---- ranges ---- */

#define PART(range, len, text)                                                                     \
    SAY(TO_SERVER, "GET /whole HTTP/1.1\r\nHost: h\r\n\r\n"),                                      \
        SAY(TO_CLIENT, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " range               \
                       "\r\nContent-Length: " len "\r\n\r\n" text)

static const struct piece ranges[] = {
    PART("0-3/12", "4", "abcd"),
    PART("8-11/12", "4", "ijkl"),
    PART("2-7/12", "6", "cdefgh"),
};

static void http_file__ranges_become_one_file(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    play(&t, ranges, PIECES(ranges));
    assert_has(&t, "\"size\":6,\"tx_id\":2,\"start\":2,\"end\":7}");
    assert_has(&t, "\"filename\":\"/whole\",\"gaps\":false,\"state\":\"CLOSED\","
                   "\"stored\":false,\"size\":12,\"tx_id\":2}");
    struct app_tx *last = app_flow_txs(t.flow)->next->next;
    assert_bytes(talk_buffer(&t, last, "file.data", TO_CLIENT, 0), "cdefgh");
    assert_bytes(talk_buffer(&t, last, "file.data", TO_CLIENT, 1), "abcdefghijkl");
    talk_free(&t);
    talk_assert_any_cut(ranges, PIECES(ranges), 80);
}

static void http_file__ranges_of_several_flows_become_one_file(void **state)
{
    (void)state;
    struct talk t = talk_start(6, 40000, 80);
    struct app_endpoints ends = *app_flow_endpoints(t.flow);
    struct app_flow *one = t.flow, *two = app_flow_new(t.app, &ends);
    t.flow = two;
    play(&t, ranges + 2, 4);
    assert_has_not(&t, "\"size\":12,\"tx_id\"");
    t.flow = one;
    play(&t, ranges, 2);
    assert_has(&t, "\"size\":12,\"tx_id\":0}");
    app_flow_free(t.app, two);
    talk_free(&t);
}

static void http_file__range_beyond_the_size_is_an_event(void **state)
{
    (void)state;
    static const struct piece odd[] = {PART("8-12/12", "5", "ijklm"), PART("8-7/12", "1", "x"),
                                       PART("x", "1", "x")};
    for (size_t i = 0; i < 3; i++) {
        struct talk t = talk_start(6, 40000, 80);
        play(&t, odd + 2 * i, 2);
        assert_has(&t, "RANGE_INVALID");
        assert_has_not(&t, "\"start\":8,\"end\":12}}");
        talk_free(&t);
    }
}

static void http_file__flow_may_end_within_a_range(void **state)
{
    (void)state;
    static const struct piece half[] = {PART("6-9/12", "4", "gh")};
    struct talk t = talk_start(6, 40000, 80);
    play(&t, half, 2);
    talk_end(&t);
    assert_has(&t, "\"size\":2,\"tx_id\":0,\"start\":6,\"end\":9");
    talk_free(&t);
}

/* ---- storing ---- */

struct shelf {
    char text[64], sha256[65];
    unsigned begun, ended;
};

static void on_data(void *ctx, uint64_t id, bool first, struct bytes data)
{
    struct shelf *s = ctx;
    assert_int_equal(id, 1);
    s->begun += first;
    strncat(s->text, (const char *)data.p, data.len);
}

static void on_end(void *ctx, uint64_t id, struct bytes sha256)
{
    struct shelf *s = ctx;
    assert_int_equal(id, 1);
    s->ended++;
    memcpy(s->sha256, sha256.p, sha256.len);
}

static struct talk storing_talk(const struct app_options *options, struct shelf *shelf)
{
    struct app_hooks hooks = {.file_data = on_data, .file_end = on_end, .ctx = shelf};
    struct talk t = talk_start(6, 40000, 80);
    struct app_endpoints ends = *app_flow_endpoints(t.flow);
    app_flow_free(t.app, t.flow);
    app_free(t.app);
    t.app = app_new(options, &hooks);
    t.flow = app_flow_new(t.app, &ends);
    return t;
}

static void http_file__is_handed_over_to_be_stored(void **state)
{
    (void)state;
    struct shelf shelf = {0};
    struct app_options options = {
        .file_store = true, .file_store_all = true, .file_digests = APP_SHA256};
    struct talk t = storing_talk(&options, &shelf);
    struct piece head = download[1], tail = download[1];
    head.data.len -= 2;
    tail.data = bytes_slice(tail.data, head.data.len, 2);
    talk_say(&t, &download[0]);
    talk_say(&t, &head);
    play(&t, &tail, 1);
    assert_has(&t, "\"stored\":true");
    assert_int_equal(shelf.ended, 0);
    talk_free(&t);
    assert_int_equal(shelf.begun, 1);
    assert_int_equal(shelf.ended, 1);
    assert_string_equal(shelf.text, "hello");
    assert_string_equal(shelf.sha256,
                        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
}

/* What rules do with the file, its transaction or its flow, once it is there, or nothing. */
static void store_when(void (*ask)(struct talk *t), unsigned stored)
{
    struct shelf shelf = {0};
    struct app_options options = {.file_store = true, .file_digests = APP_SHA256};
    struct talk t = storing_talk(&options, &shelf);
    app_want_files(t.app, &(struct app_file_wants){.store = true});
    talk_say(&t, &download[0]);
    talk_say(&t, &download[1]);
    ask(&t);
    talk_log(&t, false);
    assert_has(&t, stored ? "\"stored\":true" : "\"stored\":false");
    talk_free(&t);
    assert_int_equal(shelf.begun, stored);
    assert_int_equal(shelf.ended, stored);
    assert_string_equal(shelf.text, stored ? "hello" : "");
}

static void ask_nothing(struct talk *t)
{
    (void)t;
}

static void ask_file(struct talk *t)
{
    app_file_store(t->flow, app_tx_file(app_flow_txs(t->flow), TO_CLIENT, NULL));
}

static void ask_tx(struct talk *t)
{
    app_tx_store_files(t->flow, app_flow_txs(t->flow), 1u << TO_CLIENT);
}

static void ask_other_way(struct talk *t)
{
    app_tx_store_files(t->flow, app_flow_txs(t->flow), 1u << TO_SERVER);
}

static void ask_flow(struct talk *t)
{
    app_flow_store_files(t->flow, 1u << TO_CLIENT | 1u << TO_SERVER);
}

static void http_file__is_stored_when_rules_ask_for_it(void **state)
{
    (void)state;
    store_when(ask_nothing, 0);
    store_when(ask_file, 1);
    store_when(ask_tx, 1);
    store_when(ask_other_way, 0);
    store_when(ask_flow, 1);
}

/* A long file cannot wait in memory: it goes to the store on trial. */
static void http_file__long_one_waits_in_the_store(void **state)
{
    (void)state;
    enum { PART = 1000, PARTS = 80 };
    static char part[PART + 1];
    struct shelf shelf = {0};
    struct app_options options = {
        .file_store = true, .file_digests = APP_SHA256, .body_cap_bytes = PART * PARTS};
    struct talk t = storing_talk(&options, &shelf);
    struct piece head = SAY(TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 80000\r\n\r\n");
    memset(part, 0, PART); /* the shelf shows text */
    app_want_files(t.app, &(struct app_file_wants){.store = true});
    talk_say(&t, &download[0]);
    talk_say(&t, &head);
    for (unsigned i = 0; i < PARTS; i++)
        talk_say(&t, &(struct piece){TO_CLIENT, bytes_of(part, PART), 0, 0});
    assert_int_equal(shelf.begun, 1);
    talk_log(&t, false);
    assert_has(&t, "\"stored\":false");
    talk_free(&t);
    assert_int_equal(shelf.ended, 1);
    assert_string_equal(shelf.sha256, "");
}

static void app_check_files__says_what_this_host_does_not_have(void **state)
{
    (void)state;
    struct err err = {""};
    struct app_file_wants all = {.digests = APP_MD5 | APP_SHA1 | APP_SHA256, .magic = true};
    assert_int_equal(app_check_files(&all, &err), 0);
    setenv("MAGIC", "/nowhere/magic", 1);
    assert_int_equal(app_check_files(&all, &err), -1);
    assert_non_null(strstr(err.text, "libmagic"));
    all.magic = false;
    assert_int_equal(app_check_files(&all, &err), 0);
    unsetenv("MAGIC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_file__answer_is_named_by_path_or_header),
        cmocka_unit_test(http_file__empty_answer_is_no_file),
        cmocka_unit_test(http_file__put_and_post_bodies_are_files_of_the_client),
        cmocka_unit_test(http_file__form_parts_with_names_are_files),
        cmocka_unit_test(http_file__form_without_its_end_is_truncated),
        cmocka_unit_test(http_file__ends_where_the_body_limit_does),
        cmocka_unit_test(http_file__gap_is_told),
        cmocka_unit_test(http_file__unfinished_one_is_truncated_at_the_end),
        cmocka_unit_test(http_file__ranges_become_one_file),
        cmocka_unit_test(http_file__ranges_of_several_flows_become_one_file),
        cmocka_unit_test(http_file__range_beyond_the_size_is_an_event),
        cmocka_unit_test(http_file__flow_may_end_within_a_range),
        cmocka_unit_test(http_file__is_handed_over_to_be_stored),
        cmocka_unit_test(http_file__is_stored_when_rules_ask_for_it),
        cmocka_unit_test(http_file__long_one_waits_in_the_store),
        cmocka_unit_test(app_check_files__says_what_this_host_does_not_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
