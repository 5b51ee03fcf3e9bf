/* tests/unit/analyzer/api/fixture.h - a small centre for tests: directory, archive, users, and the
 * real server on a free port. Everything goes into the database through the store's functions. */
#ifndef TEST_API_FIXTURE_H
#define TEST_API_FIXTURE_H
#include "analyzer/api/api.h"
#include "analyzer/store/alerts.h"
#include "analyzer/store/incidents.h"
#include "analyzer/store/notices.h"
#include "analyzer/store/sensors.h"
#include "analyzer/store/users.h"
#include "common/clock.h"
#include "common/file.h"
#include <sodium.h>

static const char fixture_orgs[] =
    "centres:\n"
    "  - {id: nisc, name: {ja: 第一監視センター, en: First Centre}, contacts: []}\n"
    "  - {id: ipa, name: {ja: 第二監視センター, en: Second Centre}, contacts: []}\n"
    "organisations:\n"
    "  - {id: ministry-a, name: {ja: 甲省, en: Ministry A}, kind: ministry, centre: nisc,\n"
    "     state: monitored, consent: none, networks: [192.0.2.0/24], contacts: []}\n"
    "  - {id: ministry-b, name: {ja: 乙省, en: Ministry B}, kind: ministry, centre: nisc,\n"
    "     state: monitored, consent: none, networks: [198.51.100.0/24], contacts: []}\n"
    "  - {id: agency-c, name: {ja: 丙機構, en: Agency C}, kind: agency, centre: ipa,\n"
    "     competent_ministry: ministry-a, state: monitored, consent: none,\n"
    "     networks: [203.0.113.0/25], contacts: []}\n";

#define FIXTURE_PASSWORD "correct horse battery"

struct fixture {
    char dir[64];
    struct directory *directory;
    struct push *push;
    struct api *api;
    struct http *http;
    struct store *store; /* the analyzer's writer */
    uint64_t seq;
};

static inline void fixture_need(bool ok, const struct err *err)
{
    if (!ok) {
        fprintf(stderr, "fixture: %s\n", err->text);
        abort();
    }
}

static inline void fixture_user(struct fixture *f, const char *name, enum user_role role,
                                const char *org)
{
    struct err err = {0};
    struct users *u = users_open(f->dir, &err);
    fixture_need(u, &err);
    struct user user = {.role = role, .created_us = 1};
    snprintf(user.name, sizeof user.name, "%s", name);
    snprintf(user.org, sizeof user.org, "%s", org);
    fixture_need(password_hash(bytes_str(FIXTURE_PASSWORD), user.hash, &err) == 0 &&
                     users_add(u, &user, &err) == 0,
                 &err);
    users_close(u);
}

/* Archives an alert with its detection; returns the alert's id. */
static inline int64_t fixture_alert(struct fixture *f, struct alert_row *a)
{
    struct err err = {0};
    bool created;
    a->epoch = 1;
    a->seq = ++f->seq;
    a->received_us = a->ts_us;
    a->detection = store_detection_add(f->store, a, &created, &err);
    fixture_need(a->detection > 0 && store_alert_put(f->store, a, &err) == 1, &err);
    return a->id;
}

/* A plain one, with a payload in its record. */
static inline struct alert_row fixture_row(const char *org, uint32_t severity,
                                           const char *signature)
{
    return (struct alert_row){
        .sensor = "gw-1",
        .org = org,
        .centre = "nisc",
        .ts_us = clock_wall_us(),
        .gid = 1,
        .sid = 2100001,
        .rev = 1,
        .severity = severity,
        .signature = signature,
        .category = "Misc activity",
        .src = "10.1.2.3",
        .dst = "203.0.113.200",
        .src_port = 50001,
        .dst_port = 443,
        .proto = "TCP",
        .app_proto = "tls",
        .flow_id = 77,
        .community_id = "1:abc=",
        .host = "www.example.net",
        .ja4 = "",
        .detector = "",
        .direction = "outbound",
        .country = "",
        .as_name = "",
        .eve = BYTES_LIT("{\"event_type\":\"alert\",\"src_ip\":\"10.1.2.3\",\"payload\":\"R0VU\","
                         "\"payload_printable\":\"GET\",\"http\":{\"hostname\":\"h.example\","
                         "\"http_request_body\":\"c2VjcmV0\"}}"),
    };
}

/* listen on a free port with the given console folder; call fixture_stop at the end. */
static inline void fixture_start(struct fixture *f, const char *console_dir, const char *listen)
{
    struct err err = {0};
    char path[128];
    *f = (struct fixture){.dir = "/tmp/sekisho-test-XXXXXX"};
    fixture_need(sodium_init() >= 0 && mkdtemp(f->dir), &err);
    snprintf(path, sizeof path, "%s/orgs.yaml", f->dir);
    fixture_need(file_replace(path, bytes_str(fixture_orgs), &err) == 0, &err);
    fixture_need((f->directory = directory_load(path, &err)) != NULL, &err);
    fixture_need((f->store = store_open(f->dir, STORE_WRITER, &err)) != NULL, &err);
    f->push = push_new();
    f->api = api_new(
        &(struct api_options){.data_dir = f->dir, .directory = f->directory, .push = f->push},
        &err);
    fixture_need(f->api, &err);
    f->http = http_start(&(struct http_options){.listen = listen,
                                                .console_dir = console_dir,
                                                .push = f->push,
                                                .handle = api_handle,
                                                .ctx = f->api},
                         &err);
    fixture_need(f->http, &err);
}

static inline void fixture_stop(struct fixture *f)
{
    http_stop(f->http);
    api_free(f->api);
    push_free(f->push);
    store_close(f->store);
    directory_free(f->directory);
    const char *const files[] = {"orgs.yaml", "sekisho.db",   "sekisho.db-wal", "sekisho.db-shm",
                                 "users.db",  "users.db-wal", "users.db-shm"};
    char path[128];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", f->dir, files[i]);
        remove(path);
    }
    remove(f->dir);
}

#endif
