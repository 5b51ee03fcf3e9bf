/* tests/unit/analyzer/api/test_api.c - logins, roles and what each of them is shown, over HTTP. */
#include "tests/unit/analyzer/api/client.h"
#include "tests/unit/analyzer/api/fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sys/stat.h>

static struct fixture f;
static int64_t alert_a, alert_b, alert_c, campaign, notice;

static void seed_incident(int64_t detection_a, int64_t detection_b)
{
    struct err err = {0};
    bool made;
    struct incident_row in = {
        .kind = "campaign",
        .rule = "same-indicator",
        .key = "203.0.113.200",
        .title = {"甲省と乙省で同じ接続先", "Same target at Ministry A and B"},
        .why = {"甲省・乙省", "Seen at ministry-a and ministry-b."},
        .judgement = {"甲省", "bad"},
        .action = {"", "Ask MINISTRY A."},
        .summary = {"丙機構", "agency-c"},
        .confidence = "high",
        .severity = 1,
        .state = "open",
        .first_us = 1,
        .last_us = 2,
        .created_us = 3,
        .updated_us = 3};
    fixture_need(store_incident_put(f.store, &in, &made, &err) == 0, &err);
    campaign = in.id;
    store_incident_add_org(f.store, campaign, "ministry-a", 1, &made, &err);
    store_incident_add_org(f.store, campaign, "ministry-b", 1, &made, &err);
    store_incident_add_detection(f.store, campaign, detection_a, &made, &err);
    store_incident_add_detection(f.store, campaign, detection_b, &made, &err);
    struct timeline_row lines[] = {
        {.incident = campaign,
         .ts_us = 1,
         .org = "ministry-a",
         .kind = "joined",
         .text = {"あ", "own"}},
        {.incident = campaign,
         .ts_us = 2,
         .org = "ministry-b",
         .kind = "joined",
         .text = {"い", "other"}},
    };
    for (size_t i = 0; i < 2; i++)
        fixture_need(store_timeline_add(f.store, &lines[i], &err) == 0, &err);
}

static void seed_notice(void)
{
    struct err err = {0};
    struct notice_row n = {.incident = campaign,
                           .org = "ministry-b",
                           .recipient = "ministry-b",
                           .lane = "working",
                           .role = "organisation",
                           .language = "en",
                           .name = "CSIRT",
                           .address = "csirt@b.example",
                           .subject = "subject b",
                           .body = "body b",
                           .state = "queued",
                           .last_error = "",
                           .acknowledged_by = "",
                           .created_us = 5,
                           .next_try_us = 5};
    fixture_need(store_notice_put(f.store, &n, &err) == 1 &&
                     store_notice_sent(f.store, n.id, 6, &err) >= 0,
                 &err);
    notice = n.id;
}

static int setup(void **state)
{
    (void)state;
    static char console[] = "/tmp/test_api_XXXXXX";
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
    fixture_user(&f, "boss", ROLE_ADMIN, "");
    fixture_user(&f, "eye", ROLE_AUDITOR, "");
    fixture_user(&f, "min-a", ROLE_AGENCY, "ministry-a");
    fixture_user(&f, "min-b", ROLE_AGENCY, "ministry-b");
    fixture_user(&f, "age-c", ROLE_AGENCY, "agency-c");
    struct alert_row a = fixture_row("ministry-a", 1, "sig <img src=x onerror=alert(1)>");
    struct alert_row b = fixture_row("ministry-b", 2, "sig b");
    struct alert_row c = fixture_row("agency-c", 3, "sig c");
    alert_a = fixture_alert(&f, &a);
    alert_b = fixture_alert(&f, &b);
    alert_c = fixture_alert(&f, &c);
    seed_incident(a.detection, b.detection);
    seed_notice();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_stop(&f);
    return 0;
}

static struct client *logged_in(const char *user)
{
    struct client *c = client_new(http_address(f.http));
    assert_int_equal(client_login(c, user, FIXTURE_PASSWORD), 200);
    return c;
}

static long get_id(struct client *c, const char *what, int64_t id)
{
    char path[128];
    snprintf(path, sizeof path, "/api/v1/%s/%lld", what, (long long)id);
    return client_get(c, path);
}

static void login__gives_a_strict_cookie_and_rights(void **state)
{
    (void)state;
    struct client *c = logged_in("aki");
    assert_non_null(strstr(c->headers, "HttpOnly"));
    assert_non_null(strstr(c->headers, "SameSite=Strict"));
    assert_null(strstr(c->headers, "; Secure"));
    assert_non_null(strstr(c->body, "\"role\":\"analyst\""));
    assert_null(strstr(c->body, "argon2"));
    assert_int_equal(client_get(c, "/api/v1/me"), 200);
    assert_non_null(strstr(c->body, "\"user\":\"aki\""));
    client_free(c);
}

static void login__answers_unknown_user_and_wrong_password_alike(void **state)
{
    (void)state;
    struct client *c = client_new(http_address(f.http));
    char first[256];
    assert_int_equal(client_login(c, "age-c", "wrong password"), 401);
    snprintf(first, sizeof first, "%.255s", c->body);
    assert_null(strstr(c->headers, "Set-Cookie"));
    assert_int_equal(client_login(c, "nobody-at-all", "wrong password"), 401);
    assert_string_equal(c->body, first);
    assert_int_equal(client_login(c, "No Such \\u0000Name", "wrong password"), 401);
    assert_string_equal(c->body, first);
    client_free(c);
}

/* What this thread has worked, whatever else the machine does. */
static uint64_t worked_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void login__works_as_hard_for_an_unknown_user(void **state)
{
    (void)state;
    uint64_t start_us = worked_us();
    char hash[PASSWORD_HASH_MAX];
    struct err err;
    assert_int_equal(password_hash(bytes_str(FIXTURE_PASSWORD), hash, &err), 0);
    assert_true(password_is(hash, bytes_str(FIXTURE_PASSWORD)));
    uint64_t known_us = (worked_us() - start_us) / 2;
    start_us = worked_us();
    assert_false(password_is(NULL, bytes_str(FIXTURE_PASSWORD)));
    uint64_t unknown_us = worked_us() - start_us;
    assert_true(unknown_us > known_us / 4); /* it hashes, too */
}

static void login__slows_guessing_down(void **state)
{
    (void)state;
    struct client *c = client_new(http_address(f.http));
    long status = 401;
    for (int i = 0; i < 6 && status == 401; i++)
        status = client_login(c, "victim", "guess number x");
    assert_int_equal(status, 429);
    assert_non_null(strstr(c->headers, "Retry-After: "));
    client_free(c);
    client_free(logged_in("aki")); /* others are not kept out */
}

static void login__refuses_malformed_bodies(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "[]",
                                      "{",
                                      "{\"user\":1,\"password\":\"x\"}",
                                      "{\"user\":\"aki\"}",
                                      "\"aki\"",
                                      "{\"user\":null}"};
    struct client *c = client_new(http_address(f.http));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (client_send(c, "POST", "/api/v1/login", bad[i]) != 400)
            fail_msg("%s -> %s", bad[i], c->body);
    client_free(c);
}

static void logout__ends_the_session(void **state)
{
    (void)state;
    struct client *c = logged_in("aki");
    char cookie[128] = "";
    const char *at = strstr(c->headers, "sekisho_session=");
    snprintf(cookie, sizeof cookie, "%.80s", at);
    assert_int_equal(client_get(c, "/api/v1/alerts"), 200);
    assert_int_equal(client_send(c, "POST", "/api/v1/logout", "{}"), 200);
    assert_int_equal(client_get(c, "/api/v1/alerts"), 401);
    curl_easy_setopt(c->curl, CURLOPT_COOKIE, cookie); /* the stolen cookie is dead too */
    assert_int_equal(client_get(c, "/api/v1/alerts"), 401);
    client_free(c);
}

static void session__invented_cookies_open_nothing(void **state)
{
    (void)state;
    struct client *c = client_new(http_address(f.http));
    char cookie[128] = "sekisho_session=";
    assert_int_equal(client_get(c, "/api/v1/alerts"), 401);
    curl_easy_setopt(c->curl, CURLOPT_COOKIE, cookie);
    assert_int_equal(client_get(c, "/api/v1/alerts"), 401);
    memset(cookie + strlen(cookie), '0', 64);
    curl_easy_setopt(c->curl, CURLOPT_COOKIE, cookie);
    assert_int_equal(client_get(c, "/api/v1/alerts"), 401);
    assert_int_equal(client_get(c, "/api/v1/me"), 200);
    assert_string_equal(c->body, "{\"user\":null}");
    client_free(c);
}

static void post__needs_to_come_from_the_console(void **state)
{
    (void)state;
    struct client *c = logged_in("aki");
    c->stranger = true;
    assert_int_equal(client_send(c, "POST", "/api/v1/logout", "{}"), 403);
    c->stranger = false;
    c->origin = "https://evil.example";
    assert_int_equal(client_send(c, "POST", "/api/v1/logout", "{}"), 403);
    c->origin = "null";
    assert_int_equal(client_send(c, "POST", "/api/v1/logout", "{}"), 403);
    c->origin = c->base;
    assert_int_equal(client_send(c, "POST", "/api/v1/logout", "{}"), 200);
    client_free(c);
}

static void routes__unknown_ones_and_wrong_methods_answer_json(void **state)
{
    (void)state;
    struct client *c = logged_in("aki");
    static const char *const absent[] = {"/api/v1/",
                                         "/api/v1/none",
                                         "/api/v2/alerts",
                                         "/api/",
                                         "/api/v1/alerts/",
                                         "/api/v1/alerts/0",
                                         "/api/v1/alerts/-1",
                                         "/api/v1/alerts/1x",
                                         "/api/v1/alerts/99999999999999999999",
                                         "/api/v1/incidents/1/none"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        if (client_get(c, absent[i]) != 404 || !strstr(c->body, "\"error\""))
            fail_msg("%s -> %s", absent[i], c->body);
    assert_int_equal(client_send(c, "DELETE", "/api/v1/alerts", NULL), 405);
    assert_non_null(strstr(c->headers, "Allow: GET"));
    assert_int_equal(client_get(c, "/api/v1/login"), 405);
    client_free(c);
}

static void queries__refuse_malformed_values(void **state)
{
    (void)state;
    struct client *c = logged_in("aki");
    static const char *const bad[] = {
        "alerts?limit=0",     "alerts?limit=1001",     "alerts?limit=x",
        "alerts?severity=9",  "alerts?before=-1",      "alerts?from=yesterday",
        "alerts?drill=maybe", "detections?incident=a", "activity?from=2020-01-01T00:00:00Z"};
    char path[128];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(path, sizeof path, "/api/v1/%s", bad[i]);
        if (client_get(c, path) != 400)
            fail_msg("%s -> %s", path, c->body);
    }
    client_free(c);
}

static void alerts__filter_and_page(void **state)
{
    (void)state;
    struct client *c = logged_in("aki");
    assert_int_equal(client_get(c, "/api/v1/alerts?org=ministry-b"), 200);
    assert_non_null(strstr(c->body, "sig b"));
    assert_null(strstr(c->body, "sig c"));
    assert_int_equal(client_get(c, "/api/v1/alerts?severity=1"), 200);
    assert_null(strstr(c->body, "sig b"));
    assert_non_null(strstr(c->body, "sig <img src=x onerror=alert(1)>")); /* JSON, never markup */
    assert_int_equal(client_get(c, "/api/v1/alerts?text=SIG%20c"), 200);
    assert_non_null(strstr(c->body, "sig c"));
    assert_null(strstr(c->body, "sig b"));
    assert_int_equal(client_get(c, "/api/v1/alerts?limit=1"), 200);
    assert_non_null(strstr(c->body, "sig c"));
    char next[128];
    snprintf(next, sizeof next, "/api/v1/alerts?limit=1&before=%lld", (long long)alert_c);
    assert_int_equal(client_get(c, next), 200);
    assert_non_null(strstr(c->body, "sig b"));
    client_free(c);
}

static void alert__payload_is_for_some_and_audited(void **state)
{
    (void)state;
    struct client *aki = logged_in("aki"), *eye = logged_in("eye"), *boss = logged_in("boss");
    char object[64];
    snprintf(object, sizeof object, "alert %lld", (long long)alert_a);
    assert_int_equal(get_id(eye, "alerts", alert_a), 200);
    assert_non_null(strstr(eye->body, "\"payload\":\"withheld\""));
    assert_null(strstr(eye->body, "R0VU"));
    assert_null(strstr(eye->body, "c2VjcmV0"));
    assert_non_null(strstr(eye->body, "h.example"));
    assert_int_equal(client_get(eye, "/api/v1/audit"), 200);
    assert_null(strstr(eye->body, object));
    assert_int_equal(get_id(aki, "alerts", alert_a), 200);
    assert_non_null(strstr(aki->body, "R0VU"));
    assert_int_equal(client_get(boss, "/api/v1/audit"), 200);
    assert_non_null(strstr(boss->body, object));
    assert_non_null(strstr(boss->body, "\"login\""));
    assert_int_equal(client_get(aki, "/api/v1/audit"), 403);
    client_free(aki);
    client_free(eye);
    client_free(boss);
}

static void agency__sees_its_own_and_nothing_else(void **state)
{
    (void)state;
    struct client *c = logged_in("min-b");
    assert_int_equal(client_get(c, "/api/v1/alerts"), 200);
    assert_non_null(strstr(c->body, "sig b"));
    assert_null(strstr(c->body, "ministry-a"));
    assert_null(strstr(c->body, "agency-c"));
    assert_int_equal(client_get(c, "/api/v1/alerts?org=ministry-a"), 200);
    assert_null(strstr(c->body, "ministry-a"));
    assert_int_equal(get_id(c, "alerts", alert_a), 404);
    assert_int_equal(get_id(c, "alerts", alert_b), 200);
    assert_int_equal(client_get(c, "/api/v1/detections"), 200);
    assert_null(strstr(c->body, "ministry-a"));
    assert_int_equal(client_get(c, "/api/v1/organisations"), 200);
    assert_null(strstr(c->body, "ministry-a"));
    assert_int_equal(client_get(c, "/api/v1/sensors"), 200);
    assert_null(strstr(c->body, "ministry-a"));
    assert_int_equal(client_get(c, "/api/v1/activity"), 200);
    assert_null(strstr(c->body, "ministry-a"));
    client_free(c);
}

static void agency__reads_a_campaign_without_the_others(void **state)
{
    (void)state;
    struct client *c = logged_in("min-b");
    assert_int_equal(get_id(c, "incidents", campaign), 200);
    assert_null(strstr(c->body, "ministry-a"));
    assert_null(strstr(c->body, "Ministry A"));
    assert_null(strstr(c->body, "甲省"));
    assert_null(strstr(c->body, "MINISTRY A"));
    assert_null(strstr(c->body, "agency-c"));
    assert_null(strstr(c->body, "\"own\""));
    assert_non_null(strstr(c->body, "\"other\""));
    assert_non_null(strstr(c->body, "ask the monitoring centre"));
    assert_int_equal(client_get(c, "/api/v1/incidents"), 200);
    assert_null(strstr(c->body, "ministry-a"));
    client_free(c);
    c = logged_in("age-c"); /* not part of it */
    assert_int_equal(get_id(c, "incidents", campaign), 404);
    assert_int_equal(client_get(c, "/api/v1/incidents"), 200);
    assert_non_null(strstr(c->body, "\"incidents\":[]"));
    client_free(c);
}

static void agency__ministry_also_sees_those_below_it(void **state)
{
    (void)state;
    struct client *c = logged_in("min-a");
    assert_int_equal(client_get(c, "/api/v1/alerts"), 200);
    assert_non_null(strstr(c->body, "\"ministry-a\""));
    assert_non_null(strstr(c->body, "\"agency-c\""));
    assert_null(strstr(c->body, "ministry-b"));
    assert_int_equal(get_id(c, "alerts", alert_c), 200);
    assert_int_equal(get_id(c, "notices", notice), 404);
    client_free(c);
}

static void notices__only_the_recipient_answers(void **state)
{
    (void)state;
    struct client *a = logged_in("min-a"), *b = logged_in("min-b"), *aki = logged_in("aki");
    char path[128];
    snprintf(path, sizeof path, "/api/v1/notices/%lld/acknowledge", (long long)notice);
    assert_int_equal(client_send(aki, "POST", path, "{}"), 403);
    assert_int_equal(client_send(a, "POST", path, "{}"), 409);
    assert_int_equal(get_id(b, "notices", notice), 200);
    assert_non_null(strstr(b->body, "body b"));
    assert_int_equal(client_send(b, "POST", path, "{}"), 200);
    assert_non_null(strstr(b->body, "\"acknowledged_by\":\"min-b\""));
    assert_int_equal(client_send(b, "POST", path, "{}"), 409);
    client_free(a);
    client_free(b);
    client_free(aki);
}

static void incident__state_changes_by_those_who_work_it(void **state)
{
    (void)state;
    struct client *aki = logged_in("aki"), *eye = logged_in("eye"), *b = logged_in("min-b");
    char path[128];
    snprintf(path, sizeof path, "/api/v1/incidents/%lld/state", (long long)campaign);
    assert_int_equal(client_send(eye, "POST", path, "{\"state\":\"closed\"}"), 403);
    assert_int_equal(client_send(b, "POST", path, "{\"state\":\"closed\"}"), 403);
    assert_int_equal(client_send(aki, "POST", path, "{\"state\":\"done\"}"), 400);
    assert_int_equal(client_send(aki, "POST", path, "{\"state\":\"closed\"}"), 200);
    assert_int_equal(get_id(aki, "incidents", campaign), 200);
    assert_non_null(strstr(aki->body, "\"state\":\"closed\""));
    assert_non_null(strstr(aki->body, "closed by aki"));
    assert_int_equal(
        client_send(aki, "POST", "/api/v1/incidents/999999/state", "{\"state\":\"closed\"}"), 404);
    client_free(aki);
    client_free(eye);
    client_free(b);
}

static void health__tells_strangers_only_that_it_runs(void **state)
{
    (void)state;
    struct client *c = client_new(http_address(f.http));
    assert_int_equal(client_get(c, "/api/v1/health"), 200);
    assert_string_equal(c->body, "{\"status\":\"ok\"}");
    client_free(c);
    c = logged_in("aki");
    assert_int_equal(client_get(c, "/api/v1/health"), 200);
    assert_non_null(strstr(c->body, "\"viewers\":0"));
    client_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(login__gives_a_strict_cookie_and_rights),
        cmocka_unit_test(login__answers_unknown_user_and_wrong_password_alike),
        cmocka_unit_test(login__works_as_hard_for_an_unknown_user),
        cmocka_unit_test(login__slows_guessing_down),
        cmocka_unit_test(login__refuses_malformed_bodies),
        cmocka_unit_test(logout__ends_the_session),
        cmocka_unit_test(session__invented_cookies_open_nothing),
        cmocka_unit_test(post__needs_to_come_from_the_console),
        cmocka_unit_test(routes__unknown_ones_and_wrong_methods_answer_json),
        cmocka_unit_test(queries__refuse_malformed_values),
        cmocka_unit_test(alerts__filter_and_page),
        cmocka_unit_test(alert__payload_is_for_some_and_audited),
        cmocka_unit_test(agency__sees_its_own_and_nothing_else),
        cmocka_unit_test(agency__reads_a_campaign_without_the_others),
        cmocka_unit_test(agency__ministry_also_sees_those_below_it),
        cmocka_unit_test(notices__only_the_recipient_answers),
        cmocka_unit_test(incident__state_changes_by_those_who_work_it),
        cmocka_unit_test(health__tells_strangers_only_that_it_runs),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
