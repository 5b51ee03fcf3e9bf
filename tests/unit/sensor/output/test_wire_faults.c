/* Crashes, refusals and full disks: afterwards every number is in the stream or accounted for. */
#include "tests/unit/sensor/output/wire_room.h"
#include "common/clock.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

/* Numbers for the moments of the crashes; the same in every run. */
static uint32_t random_below(uint32_t *state, uint32_t limit)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % limit;
}

static void redis__killed_while_sending_loses_nothing(void **state)
{
    struct room *r = *state;
    struct wire_options o = room_options(r);
    uint32_t seed = 20181112;
    o.batch = 16;
    struct wire *w = room_open(&o);
    for (int crash = 0; crash < 8; crash++) {
        for (int i = 0; i < 40; i++) {
            room_put(w, 50, 2);
            wire_flush(w);
        }
        usleep(random_below(&seed, 20000));
        redis_server_kill(&r->server);
        room_put(w, 50, 2);
        wire_flush(w);
        redis_server_start(&r->server, NULL);
    }
    assert_true(wire_drain(w, 20000));
    wire_close(w);
    room_lost_nothing(r);
}

/* A sensor that puts and flushes until it is killed. */
static pid_t start_sensor(const struct wire_options *o)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid)
        return pid;
    struct err err;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct wire *w = wire_open(o, &err);
    for (unsigned i = 0; w; i++) {
        room_put(w, 1 + i % 7, 1 + i % 4);
        if (i % 3 == 0)
            wire_flush(w);
    }
    _exit(1);
}

static void sensor__killed_at_any_moment_loses_nothing(void **state)
{
    struct room *r = *state;
    struct wire_options o = room_options(r);
    struct ledger l;
    uint32_t seed = 19990720;
    int status;
    o.spool_cap_bytes = 4 << 20;
    for (int crash = 0; crash < 25; crash++) {
        pid_t pid = start_sensor(&o);
        usleep(1000 + random_below(&seed, 30000));
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        if (ledger_read(r->spool, &l, NULL) == 0) /* not there when killed before it was made */
            room_balances(r, &l);
    }
    struct wire *w = room_open(&o);
    assert_true(wire_drain(w, 20000));
    wire_close(w);
    room_lost_nothing(r);
}

static void wait_for_error(struct wire *w, const char *text)
{
    struct wire_counters c;
    uint64_t deadline_us = clock_monotonic_us() + 10000000;
    do {
        wire_counters(w, &c);
        if (strstr(c.last_error, text))
            return;
        usleep(1000);
    } while (clock_monotonic_us() < deadline_us);
    fail_msg("the error never said \"%s\" but \"%s\"", text, c.last_error);
}

static void command(const struct room *r, const char *a, const char *b, const char *c,
                    const char *d)
{
    struct redis *redis = room_redis(r);
    struct err err = {""};
    redisReply *reply = redis_call(redis, &err, a, b, c, d, NULL);
    if (!reply || reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s: %s", a, reply ? reply->str : err.text);
    freeReplyObject(reply);
    redis_free(redis);
}

static void redis__full_memory_pushes_back_into_the_spool(void **state)
{
    struct room *r = *state;
    struct wire_options o = room_options(r);
    command(r, "CONFIG", "SET", "maxmemory", "2mb");
    struct wire *w = room_open(&o);
    struct wire_counters c;
    room_put(w, 40000, 2);
    wire_flush(w);
    wait_for_error(w, "OOM");
    wire_counters(w, &c);
    assert_true(c.spooled > 0);
    assert_int_equal(c.generated, c.sent + c.spooled);
    command(r, "CONFIG", "SET", "maxmemory", "0");
    assert_true(wire_drain(w, 20000));
    wire_close(w);
    room_lost_nothing(r);
}

static void redis__eviction_is_refused_until_it_is_mended(void **state)
{
    struct room *r = *state;
    struct wire_options o = room_options(r);
    command(r, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    struct wire *w = room_open(&o);
    room_put(w, 10, 2);
    wire_flush(w);
    wait_for_error(w, "maxmemory-policy is allkeys-lru");
    command(r, "CONFIG", "SET", "maxmemory-policy", "noeviction");
    assert_true(wire_drain(w, 20000));
    wire_close(w);
    room_lost_nothing(r);
}

static void write_password(const struct room *r, char path[128], const char *password)
{
    snprintf(path, 128, "%s/password", r->server.dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(password, f);
    fclose(f);
}

static void redis__wrong_password_then_missing_right_then_mended(void **state)
{
    struct room *r = *state;
    struct wire_options o = room_options(r);
    char path[128];
    struct redis *redis = room_redis(r);
    freeReplyObject(redis_call(redis, NULL, "ACL", "SETUSER", "gw-1", "on", ">right",
                               "~sk:{mofa}:*", "+info", "+ping", NULL));
    redis_free(redis);
    write_password(r, path, "wrong\n");
    o.redis_user = "gw-1";
    o.redis_password_file = path;
    struct wire *w = room_open(&o);
    room_put(w, 10, 2);
    wire_flush(w);
    wait_for_error(w, "WRONGPASS");
    write_password(r, path, "right\n");
    wait_for_error(w, "NOPERM");
    command(r, "ACL", "SETUSER", "gw-1", "+xadd");
    assert_true(wire_drain(w, 20000));
    wire_close(w);
    room_lost_nothing(r);
}

static void redis__key_of_another_type_is_named(void **state)
{
    struct room *r = *state;
    struct wire_options o = room_options(r);
    command(r, "SET", ROOM_ALERTS, "x", NULL);
    struct wire *w = room_open(&o);
    room_put(w, 10, 2);
    wire_flush(w);
    wait_for_error(w, "XADD " ROOM_ALERTS ": WRONGTYPE");
    command(r, "DEL", ROOM_ALERTS, NULL, NULL);
    assert_true(wire_drain(w, 20000));
    wire_close(w);
    room_lost_nothing(r);
}

static void wire_close__does_not_wait_for_an_absent_redis(void **state)
{
    struct room *r = *state;
    struct wire_options o = room_options(r);
    redis_server_kill(&r->server);
    struct wire *w = room_open(&o);
    room_put(w, 10, 2);
    wire_flush(w);
    wait_for_error(w, "cannot connect");
    uint64_t before_us = clock_monotonic_us();
    assert_false(wire_drain(w, 50));
    wire_close(w);
    assert_true(clock_monotonic_us() - before_us < 1000000);
}

/* ---- full disks, in a process of their own -----------------------------------------------------
 */

/* What severity 4 lost and severity 1 kept while nothing more could be written, then went on. */
static void run_out_of_disk(struct room *r, void (*end_shortage)(const struct room *))
{
    struct wire_options o = room_options(r);
    struct wire_counters c;
    o.spool_cap_bytes = 16 << 20;
    o.redis_address = NULL;
    struct wire *w = room_open(&o);
    for (int i = 0; i < 200; i++) {
        room_put(w, 100, 4);
        wire_flush(w);
    }
    wire_counters(w, &c);
    assert_true(c.shed[SHED_SPOOL_ERROR] > 0);
    assert_int_equal(room_put(w, 500, 1), 500);
    wire_flush(w);
    uint64_t shed = c.shed[SHED_SPOOL_ERROR];
    wire_counters(w, &c);
    assert_int_equal(c.shed[SHED_SPOOL_ERROR], shed);
    assert_int_equal(c.generated, c.spooled + shed);
    end_shortage(r);
    uint64_t deadline_us = clock_monotonic_us() + 10000000;
    while (room_put(w, 1, 4) == 0 && clock_monotonic_us() < deadline_us)
        usleep(10000);
    assert_true(clock_monotonic_us() < deadline_us);
    wire_close(w);
    o = room_options(r);
    w = room_open(&o);
    assert_true(wire_drain(w, 20000));
    wire_close(w);
    room_lost_nothing(r);
}

static void lift_size_limit(const struct room *r)
{
    (void)r;
    const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &none);
}

static void child_with_size_limit(struct room *r)
{
    const struct rlimit small = {300 << 10, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &small);
    run_out_of_disk(r, lift_size_limit);
}

static void grow_disk(const struct room *r)
{
    assert_int_equal(mount("none", r->spool, "tmpfs", MS_REMOUNT, "size=32m"), 0);
}

#define NO_MOUNT 77
static void child_on_small_disk(struct room *r)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", r->spool, "tmpfs", 0, "size=3m") != 0)
        _exit(NO_MOUNT);
    run_out_of_disk(r, grow_disk);
}

static void child_without_room_for_the_ledger(struct room *r)
{
    const struct rlimit tiny = {4096, RLIM_INFINITY}; /* the first write of it falls short */
    struct wire_options o = room_options(r);
    struct err err = {""};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &tiny);
    assert_null(wire_open(&o, &err));
    assert_non_null(strstr(err.text, "No space left on device; free space there"));
}

/* Runs f in a child; its failed assertions are its abort. Returns its exit status. */
static int in_child(struct room *r, void (*f)(struct room *))
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setenv("CMOCKA_TEST_ABORT", "1", 1);
        f(r);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void disk__file_size_limit_is_survived(void **state)
{
    assert_int_equal(in_child(*state, child_with_size_limit), 0);
}

static void disk__too_full_to_begin_says_so(void **state)
{
    assert_int_equal(in_child(*state, child_without_room_for_the_ledger), 0);
}

static void disk__full_disk_keeps_severity_one(void **state)
{
    int status = in_child(*state, child_on_small_disk);
    if (status == NO_MOUNT)
        skip();
    assert_int_equal(status, 0);
}

#define ROOM_TEST(f) cmocka_unit_test_setup_teardown(f, room_set_up, room_tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(redis__killed_while_sending_loses_nothing),
        ROOM_TEST(sensor__killed_at_any_moment_loses_nothing),
        ROOM_TEST(redis__full_memory_pushes_back_into_the_spool),
        ROOM_TEST(redis__eviction_is_refused_until_it_is_mended),
        ROOM_TEST(redis__wrong_password_then_missing_right_then_mended),
        ROOM_TEST(redis__key_of_another_type_is_named),
        ROOM_TEST(wire_close__does_not_wait_for_an_absent_redis),
        ROOM_TEST(disk__file_size_limit_is_survived),
        ROOM_TEST(disk__too_full_to_begin_says_so),
        ROOM_TEST(disk__full_disk_keeps_severity_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
