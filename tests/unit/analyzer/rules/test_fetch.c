/* tests/unit/analyzer/rules/test_fetch.c - what comes from a web server, and how much of it. */
#include "analyzer/programs/places.h"
#include "analyzer/rules/sources.h"
#include "common/file.h"
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <cmocka.h>

#define BODY_BYTES 100000u

/* A server for one request, which ends its answer by closing and says no length before. */
struct server {
    int listening;
    pthread_t thread;
    char url[64], folder[PLACE_MAX], path[PLACE_MAX + 16];
};

static void *serve(void *ctx)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    char request[4096], body[1000];
    struct server *s = ctx;
    int fd = accept(s->listening, NULL, NULL);
    memset(body, 'x', sizeof body);
    bool open = read(fd, request, sizeof request) > 0;
    open = open && send(fd, head, sizeof head - 1, MSG_NOSIGNAL) > 0;
    for (size_t n = 0; open && n < BODY_BYTES; n += sizeof body)
        open = send(fd, body, sizeof body, MSG_NOSIGNAL) > 0;
    close(fd);
    return NULL;
}

static int server_up(void **state)
{
    struct server *s = calloc(1, sizeof *s);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    s->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listening, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(s->listening, 1), 0);
    assert_int_equal(getsockname(s->listening, (struct sockaddr *)&at, &len), 0);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d/x", ntohs(at.sin_port));
    assert_int_equal(place_private(s->folder, NULL), 0);
    snprintf(s->path, sizeof s->path, "%s/got", s->folder);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    *state = s;
    return 0;
}

static int server_down(void **state)
{
    struct server *s = *state;
    pthread_join(s->thread, NULL);
    close(s->listening);
    place_remove(s->folder);
    free(s);
    return 0;
}

static void fetch_url__takes_as_much_as_is_allowed(void **state)
{
    struct server *s = *state;
    struct err err = {""};
    size_t len = 0;
    assert_int_equal(fetch_url(s->url, s->path, BODY_BYTES, &err), 0);
    char *got = file_read(s->path, BODY_BYTES, &len, &err);
    assert_non_null(got);
    assert_int_equal(len, BODY_BYTES);
    free(got);
}

static void fetch_url__stops_at_the_bound_when_the_server_says_no_length(void **state)
{
    struct server *s = *state;
    struct err err = {""};
    size_t len = 0;
    assert_int_equal(fetch_url(s->url, s->path, BODY_BYTES - 1, &err), -1);
    assert_non_null(strstr(err.text, "/x: more than 99999 bytes"));
    char *got = file_read(s->path, BODY_BYTES - 1, &len, &err);
    assert_non_null(got);
    free(got);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, server_up, server_down)
    const struct CMUnitTest tests[] = {
        TEST(fetch_url__takes_as_much_as_is_allowed),
        TEST(fetch_url__stops_at_the_bound_when_the_server_says_no_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
