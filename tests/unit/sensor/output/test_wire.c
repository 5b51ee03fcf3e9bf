/* Records through spool and sender into a real Redis, and what is refused at open. */
#include "tests/unit/sensor/output/wire_room.h"
#include "common/segment.h"
#include <dirent.h>
#include <fcntl.h>

static void wire_put__stamps_the_line_as_its_last_member(void **state)
{
    struct wire_options o = room_options(*state);
    o.drill = true;
    struct wire *w = room_open(&o);
    struct bytes line;
    struct wire_counters c;
    assert_true(wire_put(w, WIRE_STATS, "mofa", 0, BYTES_LIT("{\"a\":1}"),
                         BYTES_LIT("\"ruleset\":\"00\""), &line));
    wire_counters(w, &c);
    char expected[512], id[ALERT_ID_MAX];
    alert_id("gw-1", c.epoch, 1, id);
    snprintf(expected, sizeof expected,
             "{\"a\":1,\"sekisho\":{\"id\":\"%s\",\"org\":\"mofa\",\"sensor\":\"gw-1\",\"centre\":"
             "\"nisc\",\"epoch\":%llu,\"seq\":1,\"drill\":true,\"ruleset\":\"00\"}}",
             id, (unsigned long long)c.epoch);
    assert_int_equal(line.len, strlen(expected));
    assert_memory_equal(line.p, expected, line.len);
    wire_close(w);
}

static void wire_drain__everything_put_is_in_the_stream(void **state)
{
    struct wire_options o = room_options(*state);
    struct wire *w = room_open(&o);
    struct wire_counters c;
    assert_int_equal(room_put(w, 10000, 2), 10000);
    assert_true(wire_drain(w, 10000));
    wire_counters(w, &c);
    assert_int_equal(c.generated, 10000);
    assert_int_equal(c.sent, 10000);
    assert_true(c.connected);
    wire_close(w);
    room_lost_nothing(*state);
}

static unsigned segments_in(const char *dir)
{
    uint64_t *numbers;
    ptrdiff_t count = segment_list(dir, &numbers, NULL);
    free(numbers);
    assert_true(count >= 0);
    return (unsigned)count;
}

static void wire_close__confirmed_segments_are_gone(void **state)
{
    struct room *r = *state;
    struct wire_options o = room_options(r);
    struct wire *w = room_open(&o);
    room_put(w, 100, 2);
    assert_true(wire_drain(w, 10000));
    wire_close(w);
    assert_int_equal(segments_in(r->spool), 0);
}

static void wire_open__sends_what_an_earlier_run_left(void **state)
{
    struct room *r = *state;
    struct wire_options away = room_options(r), o = away;
    struct wire_counters c;
    away.redis_address = NULL;
    for (unsigned run = 0; run < 3; run++) {
        struct wire *w = room_open(&away);
        room_put(w, 500, 3);
        wire_flush(w);
        wire_counters(w, &c);
        assert_int_equal(c.older_spooled, 500 * run);
        wire_close(w);
    }
    struct wire *w = room_open(&o);
    room_put(w, 10, 3);
    assert_true(wire_drain(w, 10000));
    wire_counters(w, &c);
    assert_int_equal(c.older_spooled, 0);
    assert_int_equal(c.sent, 10);
    wire_close(w);
    room_lost_nothing(r);
}

static void wire_open__second_sensor_on_a_spool_is_refused(void **state)
{
    struct wire_options o = room_options(*state);
    struct wire *w = room_open(&o);
    struct err err = {""};
    assert_null(wire_open(&o, &err));
    assert_non_null(strstr(err.text, "in use by another sensor"));
    wire_close(w);
    o.sensor = "gw-2";
    assert_null(wire_open(&o, &err));
    assert_non_null(strstr(err.text, "belongs to sensor gw-1"));
}

static void wire_open__says_what_is_wrong_with_the_directory(void **state)
{
    struct room *r = *state;
    struct wire_options o = room_options(r);
    struct err err = {""};
    char file[128];
    snprintf(file, sizeof file, "%s/file", r->spool);
    int fd = open(file, O_CREAT | O_WRONLY, 0600);
    close(fd);
    o.spool_dir = file;
    assert_null(wire_open(&o, &err));
    assert_non_null(strstr(err.text, file));
    o.spool_dir = r->spool;
    o.sensor = "a b";
    assert_null(wire_open(&o, &err));
    assert_non_null(strstr(err.text, "sensor id"));
}

/* Appends bytes to the last segment, or flips one in it. */
static void harm(const char *dir, off_t flip_at)
{
    uint64_t *numbers;
    char path[128], name[SEGMENT_NAME_MAX];
    ptrdiff_t count = segment_list(dir, &numbers, NULL);
    assert_true(count > 0);
    segment_name(numbers[count - 1], name);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    free(numbers);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    char byte = 'x';
    if (flip_at < 0) {
        assert_int_equal(pwrite(fd, "torn record", 11, lseek(fd, 0, SEEK_END)), 11);
    } else {
        assert_int_equal(pread(fd, &byte, 1, flip_at), 1);
        byte = (char)(byte ^ 1);
        assert_int_equal(pwrite(fd, &byte, 1, flip_at), 1);
    }
    close(fd);
}

static void wire_open__torn_tail_is_cut_and_the_rest_sent(void **state)
{
    struct room *r = *state;
    struct wire_options o = room_options(r);
    o.redis_address = NULL;
    struct wire *w = room_open(&o);
    room_put(w, 100, 2);
    wire_close(w);
    harm(r->spool, -1);
    o = room_options(r);
    w = room_open(&o);
    assert_true(wire_drain(w, 10000));
    wire_close(w);
    room_lost_nothing(r);
    struct ledger l;
    room_balances(r, &l);
    assert_int_equal(l.epochs[0].sent, 100);
}

static void wire_open__damaged_records_are_counted_as_shed(void **state)
{
    struct room *r = *state;
    struct wire_options o = room_options(r);
    o.redis_address = NULL;
    struct wire *w = room_open(&o);
    room_put(w, 100, 2);
    wire_close(w);
    harm(r->spool, 10000);
    o = room_options(r);
    w = room_open(&o);
    assert_true(wire_drain(w, 10000));
    wire_close(w);
    room_lost_nothing(r);
    struct ledger l;
    room_balances(r, &l);
    assert_int_equal(l.epochs[0].generated, 100);
    assert_true(l.epochs[0].shed_spool_error > 0 && l.epochs[0].shed_spool_error < 100);
}

static void spool__damage_while_running_is_skipped_and_counted(void **state)
{
    struct room *r = *state;
    struct wire_options o = room_options(r);
    redis_server_kill(&r->server);
    struct wire *w = room_open(&o);
    room_put(w, 100, 2);
    wire_flush(w);
    harm(r->spool, 10000);
    redis_server_start(&r->server, NULL);
    assert_true(wire_drain(w, 20000));
    room_put(w, 100, 2);
    assert_true(wire_drain(w, 20000));
    wire_close(w);
    room_lost_nothing(r);
}

static void wire_put__full_spool_sheds_low_severity_first(void **state)
{
    struct room *r = *state;
    struct wire_options o = room_options(r);
    struct wire_counters c;
    o.redis_address = NULL;
    o.spool_cap_bytes = 1 << 20;
    struct wire *w = room_open(&o);
    unsigned low = room_put(w, 10000, 4), high = room_put(w, 10000, 1);
    unsigned low_again = room_put(w, 10, 4);
    unsigned statistics =
        wire_put(w, WIRE_STATS, "mofa", 0, BYTES_LIT("{}"), (struct bytes){0}, NULL);
    assert_true(low > 2000 && low < 5000);
    assert_true(high > 500 && high < 10000);
    assert_int_equal(low_again, 0);
    assert_int_equal(statistics, 1);
    wire_flush(w);
    wire_counters(w, &c);
    assert_int_equal(c.generated, 20011);
    assert_int_equal(c.shed[SHED_SPOOL_FULL], 20010 - low - high);
    assert_true(c.spool_bytes <= 1 << 20);
    wire_close(w);
    struct ledger l;
    room_balances(r, &l);
    assert_int_equal(l.epochs[0].spooled, low + high + 1);
}

static void wire_open__more_crashes_than_the_ledger_has_lines_lose_nothing(void **state)
{
    struct room *r = *state;
    struct wire_options o = room_options(r);
    o.redis_address = NULL;
    for (unsigned run = 0; run < LEDGER_EPOCHS_MAX + 6; run++) {
        struct wire *w = room_open(&o);
        room_put(w, 3, 2);
        wire_close(w);
    }
    o = room_options(r);
    struct wire *w = room_open(&o);
    assert_true(wire_drain(w, 10000));
    wire_close(w);
    struct ledger l;
    uint64_t sent = 0;
    room_lost_nothing(r);
    room_balances(r, &l);
    for (unsigned i = 0; i < l.count; i++)
        sent += l.epochs[i].sent;
    assert_int_equal(sent, 3 * (LEDGER_EPOCHS_MAX + 6));
}

#define ROOM_TEST(f) cmocka_unit_test_setup_teardown(f, room_set_up, room_tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(wire_put__stamps_the_line_as_its_last_member),
        ROOM_TEST(wire_drain__everything_put_is_in_the_stream),
        ROOM_TEST(wire_close__confirmed_segments_are_gone),
        ROOM_TEST(wire_open__sends_what_an_earlier_run_left),
        ROOM_TEST(wire_open__second_sensor_on_a_spool_is_refused),
        ROOM_TEST(wire_open__says_what_is_wrong_with_the_directory),
        ROOM_TEST(wire_open__torn_tail_is_cut_and_the_rest_sent),
        ROOM_TEST(wire_open__damaged_records_are_counted_as_shed),
        ROOM_TEST(spool__damage_while_running_is_skipped_and_counted),
        ROOM_TEST(wire_put__full_spool_sheds_low_severity_first),
        ROOM_TEST(wire_open__more_crashes_than_the_ledger_has_lines_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
