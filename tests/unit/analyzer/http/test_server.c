/* tests/unit/analyzer/http/test_server.c - the real server on a free port: files, refusals, limits,
 * the slow worker. */
#include "analyzer/http/http.h"
#include "common/file.h"
#include "tests/unit/analyzer/api/client.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/test_server_XXXXXX";
static struct push *push;
static struct http *http;
static struct client *client;

/* Echoes the body's length; /api/slow does so on the slow worker. */
static enum http_result handle(void *ctx, const struct http_request *r, struct http_response *out)
{
    (void)ctx;
    if (strcmp(r->path, "/api/slow") == 0 && !r->on_slow_worker)
        return HTTP_SLOW;
    json_object(&out->body, NULL);
    json_u64(&out->body, "length", r->body.len);
    json_bool(&out->body, "slow", r->on_slow_worker);
    json_strz(&out->body, "q", http_query(r, "q"));
    json_object_end(&out->body);
    return HTTP_DONE;
}

static void put(const char *name, const char *content)
{
    char path[128];
    struct err err = {0};
    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (file_replace(path, bytes_str(content), &err) != 0)
        fail_msg("%s", err.text);
}

static int setup(void **state)
{
    (void)state;
    struct err err = {0};
    char path[128];
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/js", dir);
    mkdir(path, 0700);
    put("index.html", "<!doctype html><title>console</title>");
    put("js/app.js", "export {};");
    put("README.md", "not for browsers");
    put(".secret.html", "hidden");
    push = push_new();
    http = http_start(&(struct http_options){.listen = "127.0.0.1:0",
                                             .console_dir = dir,
                                             .push = push,
                                             .handle = handle,
                                             .body_cap_bytes = 1000},
                      &err);
    if (!http) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    client = client_new(http_address(http));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const names[] = {"index.html",   "js/app.js", "README.md",
                                        ".secret.html", "js",        ""};
    char path[128];
    client_free(client);
    http_stop(http);
    push_free(push);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        remove(path);
    }
    return 0;
}

static void http__serves_the_console_with_its_types(void **state)
{
    (void)state;
    assert_int_equal(client_get(client, "/"), 200);
    assert_non_null(strstr(client->body, "<title>console</title>"));
    assert_non_null(strstr(client->headers, "text/html; charset=utf-8"));
    assert_int_equal(client_get(client, "/js/app.js?v=2"), 200);
    assert_non_null(strstr(client->headers, "text/javascript; charset=utf-8"));
    assert_int_equal(client_send(client, "HEAD", "/index.html", NULL), 200);
    assert_int_equal(client->body_len, 0);
}

static void http__keeps_the_browser_strict(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "script-src 'self'", "frame-ancestors 'none'", "X-Content-Type-Options: nosniff",
        "Referrer-Policy: no-referrer", "require-trusted-types-for 'script'"};
    static const char *const paths[] = {"/", "/none", "/api/x", "/%2e%2e/x"};
    for (size_t p = 0; p < 4; p++) {
        client_get(client, paths[p]);
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
            if (!strstr(client->headers, wanted[i]))
                fail_msg("%s: no %s", paths[p], wanted[i]);
        assert_null(strstr(client->headers, "unsafe"));
    }
}

static void http__knows_what_the_browser_has(void **state)
{
    (void)state;
    client_get(client, "/js/app.js");
    char *etag = strstr(client->headers, "ETag: ");
    assert_non_null(etag);
    char header[64] = "If-None-Match: ";
    snprintf(header + strlen(header), sizeof header - strlen(header), "%.34s", etag + 6);
    struct curl_slist *list = curl_slist_append(NULL, header);
    long status = 0;
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, list);
    client->body_len = 0;
    assert_int_equal(curl_easy_perform(client->curl), CURLE_OK);
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(list);
    assert_int_equal(status, 304);
    assert_int_equal(client->body_len, 0);
}

static void http__refuses_paths_out_of_the_folder(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "/../etc/passwd", "/%2e%2e/etc/passwd", "//etc/passwd", "/js/..%2f..%2fetc/passwd",
        "/js//app.js",    "/js/../index.html",  "/a%00b",       "/js\\app.js"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (client_get(client, bad[i]) != 400)
            fail_msg("%s", bad[i]);
    static const char *const absent[] = {"/README.md", "/.secret.html", "/js",
                                         "/js/",       "/none.html",    "/INDEX.HTML"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        if (client_get(client, absent[i]) != 404)
            fail_msg("%s", absent[i]);
}

static void http__refuses_other_methods_on_files(void **state)
{
    (void)state;
    assert_int_equal(client_send(client, "POST", "/index.html", "{}"), 405);
    assert_non_null(strstr(client->headers, "Allow: GET, HEAD"));
    assert_int_equal(client_send(client, "DELETE", "/", NULL), 405);
}

static void http__bounds_the_body(void **state)
{
    (void)state;
    char body[1200];
    memset(body, 'x', sizeof body);
    body[1000] = '\0';
    assert_int_equal(client_send(client, "POST", "/api/x", body), 200);
    assert_non_null(strstr(client->body, "\"length\":1000"));
    body[1000] = 'x';
    body[1001] = '\0';
    assert_int_equal(client_send(client, "POST", "/api/x", body), 413);
}

static size_t endless(char *to, size_t size, size_t n, void *ctx)
{
    size_t *left = ctx, give = size * n < *left ? size * n : *left;
    memset(to, 'x', give);
    *left -= give;
    return give;
}

static void http__bounds_a_body_of_unsaid_length(void **state)
{
    (void)state;
    struct client *c = client_new(http_address(http));
    size_t left = 200000;
    long status = 0;
    char url[256];
    struct curl_slist *list = curl_slist_append(NULL, "Transfer-Encoding: chunked");
    snprintf(url, sizeof url, "%s/api/x", c->base);
    curl_easy_setopt(c->curl, CURLOPT_URL, url);
    curl_easy_setopt(c->curl, CURLOPT_POST, 1L);
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(c->curl, CURLOPT_READFUNCTION, endless);
    curl_easy_setopt(c->curl, CURLOPT_READDATA, &left);
    assert_int_equal(curl_easy_perform(c->curl), CURLE_OK);
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
    assert_int_equal(status, 413);
    curl_slist_free_all(list);
    client_free(c);
}

static void http__escapes_what_it_echoes(void **state)
{
    (void)state;
    assert_int_equal(client_get(client, "/api/x?q=%22%3Cimg%20src%3Dx%3E"), 200);
    assert_non_null(strstr(client->body, "\"q\":\"\\\"<img src=x>\""));
    assert_non_null(strstr(client->headers, "application/json"));
    assert_non_null(strstr(client->headers, "no-store"));
}

static void *ask_slowly(void *arg)
{
    long *status = arg;
    struct client *c = client_new(http_address(http));
    *status = client_send(c, "POST", "/api/slow", "{}");
    if (*status == 200 && !strstr(c->body, "\"slow\":true"))
        *status = -1;
    client_free(c);
    return NULL;
}

static void http__answers_all_slow_requests_in_turn(void **state)
{
    (void)state;
    enum { MANY = 12 };
    pthread_t threads[MANY];
    long status[MANY] = {0};
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_slowly, &status[i]), 0);
    for (size_t i = 0; i < MANY; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(status[i], 200);
    }
}

static void http_start__says_what_to_mend(void **state)
{
    (void)state;
    struct err err = {0};
    struct http_options o = {
        .listen = http_address(http), .console_dir = dir, .push = push, .handle = handle};
    assert_null(http_start(&o, &err));
    assert_non_null(strstr(err.text, "port 0 takes a free one"));
    o.listen = "localhost";
    assert_null(http_start(&o, &err));
    assert_non_null(strstr(err.text, "ADDRESS:PORT"));
    o.listen = "127.0.0.1:99999";
    assert_null(http_start(&o, &err));
    o.listen = "127.0.0.1:0";
    o.console_dir = "/nonexistent";
    assert_null(http_start(&o, &err));
    assert_non_null(strstr(err.text, "--console"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http__serves_the_console_with_its_types),
        cmocka_unit_test(http__keeps_the_browser_strict),
        cmocka_unit_test(http__knows_what_the_browser_has),
        cmocka_unit_test(http__refuses_paths_out_of_the_folder),
        cmocka_unit_test(http__refuses_other_methods_on_files),
        cmocka_unit_test(http__bounds_the_body),
        cmocka_unit_test(http__bounds_a_body_of_unsaid_length),
        cmocka_unit_test(http__escapes_what_it_echoes),
        cmocka_unit_test(http__answers_all_slow_requests_in_turn),
        cmocka_unit_test(http_start__says_what_to_mend),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
