/* One connection to a real redis-server, and to things that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include "common/clock.h"
#include "common/file.h"
#include "tests/unit/redis_server.h"

static int set_up(void **state)
{
    struct redis_server *s = calloc(1, sizeof *s);
    redis_server_new(s, NULL);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    redis_server_end(*state);
    free(*state);
    return 0;
}

static struct redis *connect_to(const char *address)
{
    struct err err = {""};
    const struct redis_options o = {.address = address};
    struct redis *r = redis_new(&o);
    if (redis_connect(r, &err) != 0)
        fail_msg("%s", err.text);
    return r;
}

static void assert_fails(const struct redis_options *o, const char *expected)
{
    struct err err = {""};
    struct redis *r = redis_new(o);
    assert_int_equal(redis_connect(r, &err), -1);
    assert_false(redis_is_connected(r));
    if (!strstr(err.text, expected))
        fail_msg("\"%s\" does not say \"%s\"", err.text, expected);
    redis_free(r);
}

static void redis_call__answers_come_in_order(void **state)
{
    const struct redis_server *s = *state;
    struct redis *r = connect_to(s->socket);
    for (int i = 0; i < 5000; i++) {
        char text[16];
        struct bytes argv[] = {BYTES_LIT("ECHO"),
                               bytes_of(text, (size_t)snprintf(text, sizeof text, "%d", i))};
        redis_send(r, 2, argv);
    }
    for (int i = 0; i < 5000; i++) {
        redisReply *reply = redis_reply(r, NULL);
        assert_non_null(reply);
        assert_int_equal(strtol(reply->str, NULL, 10), i);
        freeReplyObject(reply);
    }
    redis_free(r);
}

static void redis_command__arguments_may_hold_any_bytes(void **state)
{
    const struct redis_server *s = *state;
    char address[128];
    snprintf(address, sizeof address, "unix:%s", s->socket);
    struct redis *r = connect_to(address);
    size_t len = 3 << 20;
    uint8_t *value = malloc(len);
    for (size_t i = 0; i < len; i++)
        value[i] = (uint8_t)(i * 31);
    const struct bytes argv[] = {BYTES_LIT("ECHO"), bytes_of(value, len)};
    redisReply *reply = redis_command(r, NULL, 2, argv);
    assert_non_null(reply);
    assert_int_equal(reply->len, len);
    assert_memory_equal(reply->str, value, len);
    freeReplyObject(reply);
    free(value);
    redis_free(r);
}

static void redis_reply__error_of_the_server_is_an_answer(void **state)
{
    const struct redis_server *s = *state;
    struct redis *r = connect_to(s->socket);
    redisReply *reply = redis_call(r, NULL, "NOSUCHCOMMAND", NULL);
    assert_non_null(reply);
    assert_int_equal(reply->type, REDIS_REPLY_ERROR);
    freeReplyObject(reply);
    assert_true(redis_is_connected(r));
    redis_free(r);
}

static void redis_reply__lost_connection_stays_lost_until_connect(void **state)
{
    struct redis_server *s = *state;
    struct redis *r = connect_to(s->socket);
    struct err err = {""};
    redis_server_kill(s);
    assert_null(redis_call(r, &err, "PING", NULL));
    assert_non_null(strstr(err.text, s->socket));
    assert_false(redis_is_connected(r));
    assert_int_equal(redis_fd(r), -1);
    assert_null(redis_call(r, &err, "PING", NULL));
    assert_int_equal(redis_connect(r, &err), -1);
    redis_server_start(s, NULL);
    assert_int_equal(redis_connect(r, &err), 0);
    freeReplyObject(redis_call(r, &err, "PING", NULL));
    redis_free(r);
}

static void redis_connect__bad_addresses_are_explained(void **state)
{
    (void)state;
    const struct redis_options o[] = {{.address = "localhost"},
                                      {.address = "[::1"},
                                      {.address = ":6379"},
                                      {.address = "127.0.0.1:99999"},
                                      {.address = "127.0.0.1:1"},
                                      {.address = "/tmp/sekisho-no-such-socket"},
                                      {.address = "no-such-host.invalid:6379"}};
    assert_fails(&o[0], "give HOST:PORT");
    assert_fails(&o[1], "give HOST:PORT");
    assert_fails(&o[2], "give HOST:PORT");
    assert_fails(&o[3], "give HOST:PORT");
    assert_fails(&o[4], "Connection refused");
    assert_fails(&o[5], "No such file");
    assert_fails(&o[6], "cannot resolve the name");
}

static void redis_connect__password_is_wanted_and_checked(void **state)
{
    struct redis_server *s = *state;
    char path[128];
    struct redis *r = connect_to(s->socket);
    freeReplyObject(redis_call(r, NULL, "CONFIG", "SET", "requirepass", "secret word", NULL));
    struct redis_options o = {.address = s->socket};
    assert_fails(&o, "login needed");
    snprintf(path, sizeof path, "%s/password", s->dir);
    o.password_file = path;
    assert_fails(&o, "cannot open");
    assert_int_equal(file_replace(path, BYTES_LIT("wrong\n"), NULL), 0);
    assert_fails(&o, "WRONGPASS");
    assert_int_equal(file_replace(path, BYTES_LIT("secret word\r\nsecond line\n"), NULL), 0);
    struct redis *in = redis_new(&o);
    assert_int_equal(redis_connect(in, NULL), 0);
    redis_free(in);
    redis_free(r);
}

static void redis_check_server__refuses_eviction(void **state)
{
    const struct redis_server *s = *state;
    struct err err = {""};
    struct redis *r = connect_to(s->socket);
    assert_int_equal(redis_check_server(r, &err), 0);
    freeReplyObject(redis_call(r, NULL, "CONFIG", "SET", "maxmemory-policy", "volatile-ttl", NULL));
    assert_int_equal(redis_check_server(r, &err), -1);
    assert_non_null(strstr(err.text, "CONFIG SET maxmemory-policy noeviction"));
    redis_free(r);
}

/* ---- servers that are none ------------------------------------------------------------------- */

/* A listener on a free port that sends `greeting` to whoever connects and then says nothing. */
static int listen_with(const char *greeting, char address[32], pid_t *child)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    snprintf(address, 32, "127.0.0.1:%u", ntohs(at.sin_port));
    *child = fork();
    if (*child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            int peer = accept(fd, NULL, NULL);
            if (*greeting && write(peer, greeting, strlen(greeting)) < 0)
                _exit(1);
        }
    }
    return fd;
}

static void end_listener(int fd, pid_t child)
{
    close(fd);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void redis_connect__another_kind_of_server_is_recognised(void **state)
{
    (void)state;
    char address[32];
    pid_t child;
    int fd = listen_with("HTTP/1.1 400 Bad Request\r\n\r\n", address, &child);
    const struct redis_options o = {.address = address};
    assert_fails(&o, "is this a Redis?");
    end_listener(fd, child);
}

static void redis_connect__silent_server_is_given_up_in_time(void **state)
{
    (void)state;
    char address[32];
    pid_t child;
    int fd = listen_with("", address, &child);
    const struct redis_options o = {.address = address, .timeout_ms = 50};
    uint64_t before_us = clock_monotonic_us();
    assert_fails(&o, "no answer in time");
    assert_true(clock_monotonic_us() - before_us < 2000000);
    end_listener(fd, child);
}

static void *cancel(void *arg)
{
    redis_cancel(arg);
    return NULL;
}

static void redis_cancel__ends_a_call_under_way(void **state)
{
    (void)state;
    char address[32];
    pid_t child;
    pthread_t thread;
    struct err err = {""};
    int fd = listen_with("", address, &child);
    const struct redis_options o = {.address = address, .timeout_ms = 60000};
    struct redis *r = redis_new(&o);
    uint64_t before_us = clock_monotonic_us();
    assert_int_equal(pthread_create(&thread, NULL, cancel, r), 0);
    assert_int_equal(redis_connect(r, &err), -1);
    assert_non_null(strstr(err.text, "stopped"));
    assert_true(clock_monotonic_us() - before_us < 10000000);
    pthread_join(thread, NULL);
    redis_free(r);
    end_listener(fd, child);
}

#define SERVER_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(redis_call__answers_come_in_order),
        SERVER_TEST(redis_command__arguments_may_hold_any_bytes),
        SERVER_TEST(redis_reply__error_of_the_server_is_an_answer),
        SERVER_TEST(redis_reply__lost_connection_stays_lost_until_connect),
        SERVER_TEST(redis_connect__password_is_wanted_and_checked),
        SERVER_TEST(redis_check_server__refuses_eviction),
        cmocka_unit_test(redis_connect__bad_addresses_are_explained),
        cmocka_unit_test(redis_connect__another_kind_of_server_is_recognised),
        cmocka_unit_test(redis_connect__silent_server_is_given_up_in_time),
        cmocka_unit_test(redis_cancel__ends_a_call_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
