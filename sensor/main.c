/* sensor/main.c - options, set-up, threads, shutdown.
 *
 * Everything that can fail for a reason the operator can mend fails here, before the first packet,
 * with one line on standard error and one of the statuses below. */
#include "common/file.h"
#include "common/log.h"
#include "sensor/privilege.h"
#include "sensor/settings.h"
#include "sensor/sources.h"
#include <inttypes.h>
#include <signal.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum { EXIT_OK = 0, EXIT_FOUND = 1, EXIT_USAGE = 2, EXIT_FAILED = 3 };

#define PROBLEMS_SHOWN 10 /* of the rules that cannot be used; -T shows all */
#define DRAIN_MS       10000
#define STATS_EVERY_US 10000000

static atomic_bool stop_asked;
static struct collector *running; /* for SIGHUP */

static void on_signal(int number)
{
    if (number == SIGHUP) {
        if (running)
            collector_reopen(running);
        return;
    }
    if (atomic_exchange(&stop_asked, true))
        _exit(128 + number); /* asked twice: at once */
}

static void catch_signals(void)
{
    struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGHUP, &act, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Rules, and what is wrong with them on standard error. -1: cannot go on. */
static int load_rules(const struct settings *s, struct ruleset **rules, uint64_t *failed,
                      struct err *err)
{
    struct ruleset_report report = {0};
    *rules = ruleset_load(&s->rules, &report, err);
    *failed = report.failed;
    size_t shown = s->test_only || report.problem_count <= PROBLEMS_SHOWN ? report.problem_count
                                                                          : PROBLEMS_SHOWN;
    for (size_t i = 0; i < shown; i++)
        log_warn("%s", report.problems[i].text);
    if (shown < report.problem_count)
        log_warn("... and %zu more; -T lists them all", report.problem_count - shown);
    if (*rules)
        log_info("%" PRIu64 " rules in %" PRIu64 " files: %" PRIu64 " loaded, %" PRIu64
                 " failed, %" PRIu64 " disabled; rule set %s",
                 report.rules, report.files, report.loaded, report.failed, report.skipped_disabled,
                 ruleset_version(*rules));
    ruleset_report_free(&report);
    return *rules ? 0 : -1;
}

/* Live, packets come from strangers: from here on only the named folders can be written. */
static int drop_privileges(const struct settings *s, struct err *err)
{
    const char *write_paths[4];
    size_t writes = 0;
    const char *dirs[] = {s->log_dir, s->wire.spool_dir, s->store.dir, s->data_dir};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        if (!dirs[i])
            continue;
        if (file_mkdirs(dirs[i], err) != 0)
            return -1;
        write_paths[writes++] = dirs[i];
    }
    struct privilege_options o = {.read_paths = &s->wire.redis_password_file,
                                  .read_count = s->wire.redis_password_file ? 1 : 0,
                                  .write_paths = write_paths,
                                  .write_count = writes,
                                  .keep_net_raw = true};
    return s->interface ? privilege_drop(&o, err) : 0;
}

struct outputs {
    struct eve_file *eve;
    struct wire *wire;
    struct file_store *files;
};

static int open_outputs(const struct settings *s, struct outputs *out, struct err *err)
{
    if (s->log_dir) {
        if (!(out->eve = eve_file_open(s->log_dir, err)))
            return -1;
    }
    if (s->wire.spool_dir) {
        if (!(out->wire = wire_open(&s->wire, err)))
            return -1;
    }
    if (s->store.dir && !(out->files = file_store_open(&s->store, err)))
        return -1;
    return 0;
}

static void *collector_main(void *c)
{
    collector_run(c);
    return NULL;
}

/* The run itself: returns the number of files that could not be read to their end. */
static int run(const struct settings *s, struct ruleset *rules, struct outputs *out,
               struct err *err)
{
    struct worker_options worker = s->worker;
    worker.rules = rules;
    worker.shared = shared_new(s->workers, !s->interface);
    shared_adopt(worker.shared, rules);
    struct batch_queue done, *free_batches = calloc(s->workers, sizeof *free_batches);
    ASSERT(free_batches);
    batch_queue_init(&done);
    for (unsigned i = 0; i < s->workers; i++)
        batch_queue_init(&free_batches[i]);
    struct collector_options co = {.workers = s->workers,
                                   .in_rounds = !s->interface,
                                   .types = worker.types,
                                   .context = {.in_iface = s->interface, .rules = rules},
                                   .eve = out->eve,
                                   .wire = out->wire,
                                   .files = out->files,
                                   .orgs = s->orgs,
                                   .default_org = worker.default_org,
                                   .organisations = worker.organisations,
                                   .detectors = s->detectors,
                                   .stats_every_us = STATS_EVERY_US};
    struct collector *c = collector_new(&co, &done, free_batches);
    struct source_options so = {.workers = s->workers,
                                .worker = &worker,
                                .decoder = s->decoder,
                                .done = &done,
                                .free_batches = free_batches,
                                .collector = c,
                                .stop = &stop_asked,
                                .show_progress = s->show_progress};
    struct capture *captures[256];
    int broken = 0;
    uint64_t frames = 0;
    if (s->interface && live_open(&so, s->interface, s->filter, captures, err) != 0) {
        broken = -1;
    } else {
        pthread_t thread;
        running = c;
        ASSERT(pthread_create(&thread, NULL, collector_main, c) == 0);
        sd_notify(0, "READY=1");
        if (s->interface)
            broken = live_run(&so, s->interface, captures);
        else
            broken = replay_run(&so, s->files, s->file_count, s->pace, &frames);
        batch_queue_close(&done);
        pthread_join(thread, NULL);
        running = NULL;
        settings_print_end(s, collector_totals(c));
    }
    collector_free(c);
    if (shared_save(worker.shared, err) != 0)
        broken = -1;
    shared_free(worker.shared);
    for (unsigned i = 0; i < s->workers; i++)
        batch_queue_release(&free_batches[i]);
    free(free_batches);
    batch_queue_release(&done);
    return broken;
}

/* What is left in the spool stays there and goes out with the next start. */
static int close_outputs(const struct settings *s, struct outputs *out)
{
    int rc = 0;
    if (out->wire) {
        if (s->wire.redis_address && !wire_drain(out->wire, DRAIN_MS)) {
            struct wire_counters w;
            wire_counters(out->wire, &w);
            log_warn("%" PRIu64 " records wait in %s for Redis; the next start sends them",
                     w.spooled + w.older_spooled, s->wire.spool_dir);
        }
        wire_close(out->wire);
    }
    file_store_close(out->files);
    if (out->eve && eve_file_close(out->eve) != 0)
        rc = -1;
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct settings s;
    log_init("sekisho-sensor", LOG_WARN);
    int ready = settings_read(&s, argc, argv, &err);
    if (ready != SETTINGS_RUN) {
        if (ready == SETTINGS_BAD)
            log_error("%s", err.text);
        settings_release(&s);
        return ready == SETTINGS_BAD ? EXIT_USAGE : EXIT_OK;
    }
    struct ruleset *rules = NULL;
    struct outputs out = {0};
    uint64_t failed = 0;
    int status = EXIT_OK;
    catch_signals();
    if (load_rules(&s, &rules, &failed, &err) != 0) {
        status = EXIT_FAILED;
    } else if (s.test_only) {
        status = failed ? EXIT_FOUND : EXIT_OK;
        printf("%zu rules loaded, %" PRIu64 " failed\n", ruleset_count(rules), failed);
    } else if (drop_privileges(&s, &err) != 0 || open_outputs(&s, &out, &err) != 0) {
        status = EXIT_FAILED;
    } else {
        int broken = run(&s, rules, &out, &err);
        status = broken ? EXIT_FAILED : EXIT_OK;
    }
    if (close_outputs(&s, &out) != 0)
        status = EXIT_FAILED;
    if (err.text[0])
        log_error("%s", err.text);
    ruleset_free(rules);
    settings_release(&s);
    return status;
}
