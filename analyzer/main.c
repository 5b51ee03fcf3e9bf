/* analyzer/main.c - options, rooms wired, threads, shutdown.
 *
 * One thread reads Redis and writes the archive (ingest/), one sends mail (notice/), the HTTP
 * server brings its own. The main thread waits for the signal that ends it all. */
#include "analyzer/pipeline.h"
#include "common/log.h"
#include "common/option.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

struct options {
    const char *redis, *redis_user, *redis_password_file, *orgs, *data, *geoip, *asn, *name;
    unsigned verbose;
    bool version;
};

struct analyzer {
    struct options o;
    char name[128];
    struct directory *directory;
    struct enrich *enrich;
    struct store *store;
    struct pipeline *pipeline;
    struct ingest *ingest;
    const char **org_ids;
};

static int options_read(struct options *o, int argc, char **argv, struct err *err)
{
    const struct option_row rows[] = {
        {0, "redis", OPTION_STRING, &o->redis, "ADDR", "Redis: HOST:PORT or unix:PATH", 0, 0},
        {0, "redis-user", OPTION_STRING, &o->redis_user, "U", "ACL user", 0, 0},
        {0, "redis-password-file", OPTION_STRING, &o->redis_password_file, "F",
         "first line is the password", 0, 0},
        {0, "orgs", OPTION_STRING, &o->orgs, "FILE", "organisation directory (orgs.yaml)", 0, 0},
        {0, "data", OPTION_STRING, &o->data, "DIR", "where the archive lives", 0, 0},
        {0, "geoip", OPTION_STRING, &o->geoip, "FILE", "country database (.mmdb)", 0, 0},
        {0, "asn", OPTION_STRING, &o->asn, "FILE", "autonomous systems database (.mmdb)", 0, 0},
        {0, "name", OPTION_STRING, &o->name, "CONSUMER",
         "name in the consumer group (host name); keep it over restarts", 0, 0},
        {'v', "verbose", OPTION_COUNT, &o->verbose, NULL, "say more; -vv still more", 0, 0},
        {'V', "version", OPTION_FLAG, &o->version, NULL, "print the version", 0, 0},
    };
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("sekisho-analyzer %s - Redis in; archive, correlation, notices, console out\n\n",
               SEKISHO_VERSION);
        options_print(stdout, rows, OPTIONS_COUNT(rows));
        exit(0);
    }
    return options_parse(rows, OPTIONS_COUNT(rows), argc, argv, NULL, err);
}

static void org_ids_collect(struct analyzer *a)
{
    a->org_ids = calloc(a->directory->orgs_count + 1, sizeof *a->org_ids);
    ASSERT(a->org_ids);
    for (unsigned i = 0; i < a->directory->orgs_count; i++)
        a->org_ids[i] = a->directory->orgs[i].id;
}

static int rooms_open(struct analyzer *a, struct err *err)
{
    a->directory = directory_load(a->o.orgs, err);
    if (!a->directory)
        return -1;
    org_ids_collect(a);
    a->enrich = enrich_open(a->o.geoip, a->o.asn, err);
    a->store = a->enrich ? store_open(a->o.data, STORE_WRITER, err) : NULL;
    if (!a->store)
        return -1;
    a->pipeline = pipeline_new(&(struct pipeline_options){.store = a->store,
                                                          .directory = a->directory,
                                                          .enrich = a->enrich},
                               err);
    if (!a->pipeline)
        return -1;
    a->ingest = ingest_new(&(struct ingest_options){
        .redis = {a->o.redis, a->o.redis_user, a->o.redis_password_file, 10000},
        .consumer = a->name,
        .orgs = a->org_ids,
        .org_count = a->directory->orgs_count,
        .store = a->store,
        .hooks = pipeline_hooks(a->pipeline)});
    return 0;
}

static void rooms_close(struct analyzer *a)
{
    ingest_free(a->ingest);
    pipeline_free(a->pipeline);
    store_close(a->store);
    enrich_close(a->enrich);
    free(a->org_ids);
    directory_free(a->directory);
}

static void *ingest_thread(void *arg)
{
    ingest_run(arg);
    return NULL;
}

/* Signals are taken by sigwait here alone; threads inherit the blocked mask. */
static int serve(struct analyzer *a, struct err *err)
{
    sigset_t set;
    int sig = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    pthread_t ingest;
    int rc = pthread_create(&ingest, NULL, ingest_thread, a->ingest);
    if (rc != 0)
        return err_set(err, "cannot start a thread: %s", strerror(rc));
    sd_notify(0, "READY=1");
    sigwait(&set, &sig);
    sd_notify(0, "STOPPING=1");
    ingest_stop(a->ingest);
    pthread_join(ingest, NULL);
    return 0;
}

static int options_check(struct analyzer *a, struct err *err)
{
    if (!a->o.redis || !a->o.orgs || !a->o.data)
        return err_set(err, "--redis, --orgs and --data are needed; --help lists all options");
    if (a->o.name)
        snprintf(a->name, sizeof a->name, "%s", a->o.name);
    else if (gethostname(a->name, sizeof a->name - 1) != 0)
        return err_set(err, "no host name to be called by: %s; give --name", strerror(errno));
    return 0;
}

int main(int argc, char **argv)
{
    struct analyzer a = {.o = {.redis = NULL}};
    struct err err = {0};
    log_init("sekisho-analyzer", LOG_INFO);
    if (options_read(&a.o, argc, argv, &err) != 0) {
        log_error("%s", err.text);
        return 2;
    }
    if (a.o.version) {
        printf("sekisho-analyzer %s\n", SEKISHO_VERSION);
        return 0;
    }
    log_init("sekisho-analyzer", a.o.verbose ? LOG_DEBUG : LOG_INFO);
    int status = options_check(&a, &err) != 0 ? 2 : 0;
    if (status == 0 && (rooms_open(&a, &err) != 0 || serve(&a, &err) != 0))
        status = 1;
    if (err.text[0])
        log_error("%s", err.text);
    rooms_close(&a);
    return status;
}
