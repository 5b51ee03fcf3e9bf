/* analyzer/main.c - rooms opened and wired, threads, shutdown.
 *
 * One thread reads Redis and writes the archive (ingest/, through pipeline.c), one sends mail
 * (notice/), the console's server brings its own (http/). The main thread waits for the signal that
 * ends it all. */
#include "analyzer/api/api.h"
#include "analyzer/pipeline.h"
#include "analyzer/settings.h"
#include "common/log.h"
#include <pthread.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

#define REDIS_TIMEOUT_MS 10000

struct analyzer {
    struct settings o;
    struct directory *directory;
    const char **org_ids;
    struct enrich *enrich;
    struct store *store, *outbox; /* the ingest's and the sender's handle */
    struct correlate *correlate;
    struct push *push;
    struct sender *sender; /* NULL without --smtp */
    struct pipeline *pipeline;
    struct ingest *ingest;
    struct api *api;
    struct http *http;
};

static void org_ids_collect(struct analyzer *a)
{
    a->org_ids = calloc(a->directory->orgs_count + 1, sizeof *a->org_ids);
    ASSERT(a->org_ids);
    for (unsigned i = 0; i < a->directory->orgs_count; i++)
        a->org_ids[i] = a->directory->orgs[i].id;
}

static int directory_open(struct analyzer *a, struct err *err)
{
    a->directory = directory_load(a->o.orgs, err);
    if (!a->directory)
        return -1;
    if (a->directory->orgs_count == 0)
        return err_set(err, "%s: names no organisation, so there is nothing to read", a->o.orgs);
    org_ids_collect(a);
    return 0;
}

static int stores_open(struct analyzer *a, struct err *err)
{
    a->enrich = enrich_open(a->o.geoip, a->o.asn, err);
    a->store = a->enrich ? store_open(a->o.data, STORE_WRITER, err) : NULL;
    a->outbox = a->store ? store_open(a->o.data, STORE_WRITER, err) : NULL;
    if (!a->outbox)
        return -1;
    a->correlate = correlate_new(a->o.rules, a->store, err);
    return a->correlate ? 0 : -1;
}

/* A notice's state changed: the consoles of its reader and of the centre look again. */
static void on_notice(void *ctx, const struct notice_row *n)
{
    struct analyzer *a = ctx;
    struct json j = {0};
    bool centre = strcmp(n->role, "centre") == 0;
    notice_row_json(&j, n, false);
    push_publish(a->push, &(struct push_event){.name = "notice",
                                               .orgs = centre ? NULL : n->recipient,
                                               .json = json_bytes(&j)});
    json_release(&j);
}

static int sender_open(struct analyzer *a, struct err *err)
{
    if (!a->o.smtp) {
        log_warn("no --smtp: notices are queued and wait");
        return 0;
    }
    a->sender = sender_new(&(struct sender_options){.store = a->outbox,
                                                    .url = a->o.smtp,
                                                    .user = a->o.smtp_user,
                                                    .password_file = a->o.smtp_password_file,
                                                    .from = a->o.mail_from,
                                                    .changed = on_notice,
                                                    .ctx = a},
                           err);
    return a->sender ? 0 : -1;
}

static void ingest_open(struct analyzer *a)
{
    a->pipeline = pipeline_new(&(struct pipeline_options){.store = a->store,
                                                          .directory = a->directory,
                                                          .enrich = a->enrich,
                                                          .correlate = a->correlate,
                                                          .push = a->push,
                                                          .sender = a->sender});
    a->ingest = ingest_new(&(struct ingest_options){
        .redis = {a->o.redis, a->o.redis_user, a->o.redis_password_file, REDIS_TIMEOUT_MS},
        .consumer = a->o.name,
        .orgs = a->org_ids,
        .org_count = a->directory->orgs_count,
        .store = a->store,
        .hooks = pipeline_hooks(a->pipeline)});
}

static int console_open(struct analyzer *a, struct err *err)
{
    a->api = api_new(&(struct api_options){.data_dir = a->o.data,
                                           .directory = a->directory,
                                           .push = a->push,
                                           .secure_cookie = a->o.behind_tls},
                     err);
    if (!a->api)
        return -1;
    a->http = http_start(&(struct http_options){.listen = a->o.listen,
                                                .console_dir = a->o.console,
                                                .push = a->push,
                                                .handle = api_handle,
                                                .ctx = a->api},
                         err);
    return a->http ? 0 : -1;
}

static int rooms_open(struct analyzer *a, struct err *err)
{
    if (directory_open(a, err) != 0 || stores_open(a, err) != 0)
        return -1;
    a->push = push_new();
    if (sender_open(a, err) != 0)
        return -1;
    ingest_open(a);
    return console_open(a, err);
}

static void rooms_close(struct analyzer *a)
{
    http_stop(a->http);
    api_free(a->api);
    ingest_free(a->ingest);
    pipeline_free(a->pipeline);
    sender_free(a->sender);
    push_free(a->push);
    correlate_free(a->correlate);
    store_close(a->outbox);
    store_close(a->store);
    enrich_close(a->enrich);
    free(a->org_ids);
    directory_free(a->directory);
    settings_release(&a->o);
}

static void *ingest_thread(void *arg)
{
    ingest_run(arg);
    return NULL;
}

static void *sender_thread(void *arg)
{
    sender_run(arg);
    return NULL;
}

static void ready(const struct analyzer *a)
{
    printf("console: http://%s/\n", http_address(a->http));
    fflush(stdout);
    sd_notify(0, "READY=1");
}

static int thread_start(pthread_t *t, void *(*run)(void *), void *arg, struct err *err)
{
    int rc = pthread_create(t, NULL, run, arg);
    return rc == 0 ? 0 : err_set(err, "cannot start a thread: %s", strerror(rc));
}

static int serve(struct analyzer *a, const sigset_t *ends, struct err *err)
{
    pthread_t ingest, sender;
    int sig = 0;
    if (thread_start(&ingest, ingest_thread, a->ingest, err) != 0)
        return -1;
    int rc = a->sender ? thread_start(&sender, sender_thread, a->sender, err) : 0;
    if (rc == 0) {
        ready(a);
        sigwait(ends, &sig);
        sd_notify(0, "STOPPING=1");
        log_info("ending on %s", strsignal(sig));
    }
    ingest_stop(a->ingest);
    pthread_join(ingest, NULL);
    if (rc == 0 && a->sender) {
        sender_stop(a->sender);
        pthread_join(sender, NULL);
    }
    return rc;
}

/* Taken by sigwait in the main thread alone: every thread inherits the blocked mask. */
static void signals_block(sigset_t *ends)
{
    sigemptyset(ends);
    sigaddset(ends, SIGTERM);
    sigaddset(ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, ends, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    struct analyzer a = {.http = NULL};
    struct err err = {0};
    sigset_t ends;
    log_init("sekisho-analyzer", LOG_INFO);
    enum settings_result rc = settings_read(&a.o, argc, argv, &err);
    int status = rc == SETTINGS_BAD ? 2 : 0;
    if (rc == SETTINGS_RUN) {
        log_init("sekisho-analyzer", a.o.verbose ? LOG_DEBUG : LOG_INFO);
        signals_block(&ends);
        if (rooms_open(&a, &err) != 0 || serve(&a, &ends, &err) != 0)
            status = 1;
    }
    if (err.text[0])
        log_error("%s", err.text);
    rooms_close(&a);
    return status;
}
