/* tests/unit/analyzer/api/test_stream.c - event streams over HTTP: live, bounded to what the reader
 * may see, resumed, ended by logout, many at once. */
#include "tests/unit/analyzer/api/client.h"
#include "tests/unit/analyzer/api/fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct fixture f;

/* An open stream: what has come so far, at least the last of it. */
struct watcher {
    struct client *client;
    CURLM *multi;
    struct curl_slist *headers;
    char text[1 << 16];
    size_t len;
};

static size_t watcher_take(char *p, size_t size, size_t n, void *ctx)
{
    struct watcher *w = ctx;
    if (w->len + size * n >= sizeof w->text) { /* keep what came last */
        memmove(w->text, w->text + w->len - 1000, 1000);
        w->len = 1000;
    }
    return client_take(w->text, &w->len, sizeof w->text, p, size * n);
}

static struct watcher *watch(const char *user, const char *last_id)
{
    struct watcher *w = calloc(1, sizeof *w);
    char url[256], header[128];
    assert_non_null(w);
    w->client = client_new(http_address(f.http));
    assert_int_equal(client_login(w->client, user, FIXTURE_PASSWORD), 200);
    CURL *curl = w->client->curl;
    snprintf(url, sizeof url, "%s/api/v1/stream", w->client->base);
    snprintf(header, sizeof header, "Last-Event-ID: %s", last_id ? last_id : "");
    if (last_id)
        w->headers = curl_slist_append(NULL, header);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "GET");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, w->headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, watcher_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, w);
    w->multi = curl_multi_init();
    curl_multi_add_handle(w->multi, curl);
    return w;
}

static void watcher_free(struct watcher *w)
{
    curl_multi_remove_handle(w->multi, w->client->curl);
    curl_multi_cleanup(w->multi);
    curl_slist_free_all(w->headers);
    client_free(w->client);
    free(w);
}

/* Reads until `what` has come (true), or the stream ended or 10 s passed (false). */
static bool wait_for(struct watcher *w, const char *what)
{
    uint64_t until_us = clock_monotonic_us() + 10 * 1000000;
    int running = 1;
    while (running && clock_monotonic_us() < until_us) {
        curl_multi_perform(w->multi, &running);
        if (what && strstr(w->text, what))
            return true;
        curl_multi_poll(w->multi, NULL, 0, 100, NULL);
    }
    return false;
}

static void publish(const char *name, const char *orgs, unsigned severity, const char *json)
{
    push_publish(f.push, &(struct push_event){name, orgs, severity, bytes_str(json)});
}

static int setup(void **state)
{
    (void)state;
    static char console[] = "/tmp/test_stream_XXXXXX";
    char index[64];
    struct err err = {0};
    if (!mkdtemp(console))
        return -1;
    snprintf(index, sizeof index, "%s/index.html", console);
    fixture_need(file_replace(index, bytes_str("<!doctype html>"), &err) == 0, &err);
    fixture_start(&f, console, "127.0.0.1:0");
    remove(index);
    remove(console);
    fixture_user(&f, "aki", ROLE_ANALYST, "");
    fixture_user(&f, "min-b", ROLE_AGENCY, "ministry-b");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_stop(&f);
    return 0;
}

static void stream__brings_events_as_they_happen(void **state)
{
    (void)state;
    struct watcher *w = watch("aki", NULL);
    assert_true(wait_for(w, ": sekisho"));
    assert_true(push_is_watched(f.push));
    uint64_t start_us = clock_monotonic_us();
    publish("alert", "ministry-a", 1, "{\"n\":\"first\"}");
    assert_true(wait_for(w, "{\"n\":\"first\"}"));
    assert_true(clock_monotonic_us() - start_us < 5 * 1000000);
    publish("sensor", NULL, 0, "{\"n\":\"second\"}");
    assert_true(wait_for(w, "event: sensor"));
    watcher_free(w);
}

static void stream__is_bounded_to_the_readers_organisations(void **state)
{
    (void)state;
    struct watcher *w = watch("min-b", NULL);
    assert_true(wait_for(w, ": sekisho"));
    publish("alert", "ministry-a", 1, "{\"n\":\"foreign\"}");
    publish("sensor", NULL, 0, "{\"n\":\"centre\"}");
    publish("alert", "ministry-b", 1, "{\"n\":\"own\"}");
    assert_true(wait_for(w, "own"));
    assert_null(strstr(w->text, "foreign"));
    assert_null(strstr(w->text, "centre"));
    watcher_free(w);
}

static void stream__resumes_where_it_broke(void **state)
{
    (void)state;
    struct watcher *w = watch("aki", NULL);
    assert_true(wait_for(w, ": sekisho"));
    publish("alert", "ministry-a", 1, "{\"n\":\"before\"}");
    assert_true(wait_for(w, "before"));
    char id[64] = "";
    const char *at = strstr(w->text, "id: ");
    assert_non_null(at);
    snprintf(id, sizeof id, "%.*s", (int)strcspn(at + 4, "\n"), at + 4);
    watcher_free(w);
    publish("alert", "ministry-a", 1, "{\"n\":\"meanwhile\"}");
    w = watch("aki", id);
    assert_true(wait_for(w, "meanwhile"));
    assert_null(strstr(w->text, "before"));
    assert_null(strstr(w->text, "event: lost"));
    watcher_free(w);
}

static void stream__ends_with_the_session(void **state)
{
    (void)state;
    struct watcher *w = watch("aki", NULL);
    assert_true(wait_for(w, ": sekisho"));
    char cookie[256] = "";
    const char *at = strstr(w->client->headers, "sekisho_session=");
    assert_non_null(at);
    snprintf(cookie, sizeof cookie, "%.80s", at);
    struct client *other = client_new(http_address(f.http));
    curl_easy_setopt(other->curl, CURLOPT_COOKIE, cookie);
    assert_int_equal(client_send(other, "POST", "/api/v1/logout", "{}"), 200);
    assert_false(wait_for(w, "no such text"));
    int left;
    CURLMsg *message = curl_multi_info_read(w->multi, &left);
    assert_non_null(message);
    assert_int_equal(message->data.result, CURLE_OK); /* ended, not timed out */
    client_free(other);
    watcher_free(w);
}

static void stream__needs_a_session(void **state)
{
    (void)state;
    struct client *c = client_new(http_address(f.http));
    assert_int_equal(client_get(c, "/api/v1/stream"), 401);
    client_free(c);
}

static void stream__reader_that_does_not_read_holds_nobody_up(void **state)
{
    (void)state;
    struct watcher *slow = watch("aki", NULL), *quick = watch("aki", NULL);
    assert_true(wait_for(slow, ": sekisho"));
    assert_true(wait_for(quick, ": sekisho"));
    char json[2048];
    memset(json, 'x', sizeof json);
    json[0] = json[sizeof json - 2] = '"';
    json[sizeof json - 1] = '\0';
    uint64_t start_us = clock_monotonic_us();
    for (int i = 0; i < 20000; i++)
        publish("notice", NULL, 0, json);
    assert_true(clock_monotonic_us() - start_us < 10 * 1000000);
    publish("notice", NULL, 0, "\"the end\"");
    assert_true(wait_for(quick, "the end"));
    struct push_counters count;
    push_count(f.push, &count);
    assert_true(count.viewers >= 2);
    watcher_free(slow);
    watcher_free(quick);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream__brings_events_as_they_happen),
        cmocka_unit_test(stream__is_bounded_to_the_readers_organisations),
        cmocka_unit_test(stream__resumes_where_it_broke),
        cmocka_unit_test(stream__ends_with_the_session),
        cmocka_unit_test(stream__needs_a_session),
        cmocka_unit_test(stream__reader_that_does_not_read_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
