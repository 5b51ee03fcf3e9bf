/* sensor/main.c - options, set-up, threads, shutdown.
 *
 * Everything that can fail for a reason the operator can mend fails here, before the first packet,
 * with one line on standard error and one of the statuses below. */
#include "common/file.h"
#include "common/log.h"
#include "sensor/control.h"
#include "sensor/privilege.h"
#include "sensor/profile.h"
#include "sensor/rule_archive.h"
#include "sensor/reload_paths.h"
#include "sensor/settings/settings.h"
#include "sensor/sources.h"
#include <inttypes.h>
#include <signal.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum { EXIT_OK = 0, EXIT_FOUND = 1, EXIT_USAGE = 2, EXIT_FAILED = 3 };

#define PROBLEMS_SHOWN 10 /* of the rules that cannot be used; -T shows all */
#define DRAIN_MS       10000

static atomic_bool stop_asked;
static struct collector *running; /* for SIGHUP */
static struct control *control;   /* for SIGUSR2 ... */
static atomic_bool reload_early;  /* ... that came while the rules were read the first time */

static void on_signal(int number)
{
    if (number == SIGHUP) {
        if (running)
            collector_reopen(running);
        return;
    }
    if (number == SIGUSR2) {
        if (control)
            control_ask_reload(control);
        else
            atomic_store(&reload_early, true);
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
    sigaction(SIGUSR2, &act, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Live, packets come from strangers: from here on only the named folders can be written, and what
 * a reload reads can be read. */
static int drop_privileges(const struct settings *s, struct err *err)
{
    const char *write_paths[6];
    size_t writes = 0;
    const char *dirs[] = {s->log_dir, s->wire.spool_dir, s->store.dir, s->data_dir, s->ruleset_dir};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        if (!dirs[i])
            continue;
        if (file_mkdirs(dirs[i], err) != 0)
            return -1;
        write_paths[writes++] = dirs[i];
    }
    struct reload_paths reads;
    reload_paths_find(&reads, s);
    struct privilege_options o = {.read_paths = (const char *const *)reads.paths,
                                  .read_count = reads.count,
                                  .write_paths = write_paths,
                                  .write_count = writes,
                                  .accepts = s->control_socket != NULL};
    int rc = privilege_drop(&o, err);
    reload_paths_release(&reads);
    return rc;
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

/* Before the collector, which it asks. */
static void close_control(void)
{
    struct control *ending = control;
    sigset_t reload;
    sigemptyset(&reload);
    sigaddset(&reload, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &reload, NULL); /* here; the other threads end before it goes */
    control = NULL;
    control_free(ending);
}

/* The run itself: returns the number of files that could not be read to their end. */
static int run(const struct settings *s, struct rule_switch *rules, struct shared *shared,
               struct outputs *out, struct capture *const *captures)
{
    struct worker_options worker = s->worker;
    worker.rules = rules;
    worker.shared = shared;
    struct batch_queue done, *free_batches = calloc(s->workers, sizeof *free_batches);
    ASSERT(free_batches);
    batch_queue_init(&done);
    for (unsigned i = 0; i < s->workers; i++)
        batch_queue_init(&free_batches[i]);
    struct collector_options co = {.workers = s->workers,
                                   .in_rounds = !s->interface,
                                   .types = worker.types,
                                   .context = {.in_iface = s->interface},
                                   .rules = rules,
                                   .eve = out->eve,
                                   .wire = out->wire,
                                   .files = out->files,
                                   .orgs = s->orgs,
                                   .default_org = worker.default_org,
                                   .organisations = worker.organisations,
                                   .stats_every_us = s->stats_every_us};
    struct collector *c = collector_new(&co, &done, free_batches);
    struct source_options so = {.workers = s->workers,
                                .worker = &worker,
                                .decoder = s->decoder,
                                .affinity = &s->affinity,
                                .done = &done,
                                .free_batches = free_batches,
                                .collector = c,
                                .stop = &stop_asked,
                                .show_progress = s->show_progress};
    pthread_t thread;
    uint64_t frames = 0;
    running = c;
    ASSERT(pthread_create(&thread, NULL, collector_main, c) == 0);
    control_start(control, c);
    if (atomic_exchange(&reload_early, false))
        control_ask_reload(control);
    sd_notify(0, "READY=1");
    int broken = s->interface ? live_run(&so, s->interface, captures)
                              : replay_run(&so, s->files, s->file_count, s->pace, &frames);
    batch_queue_close(&done);
    pthread_join(thread, NULL);
    profile_print(stderr, frames);
    running = NULL;
    close_control();
    settings_print_end(s, collector_totals(c));
    collector_free(c);
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

static int open_control(const struct settings *s, struct rule_switch *rules, struct shared *shared,
                        int argc, char **argv, struct rule_load *first, struct err *err)
{
    struct control_options o = {.argc = argc,
                                .argv = argv,
                                .socket_path = s->control_socket,
                                .socket_wanted = s->control_wanted,
                                .rules = rules,
                                .shared = shared,
                                .interface = s->interface,
                                .xdp = s->xdp,
                                .workers = s->workers,
                                .stop = &stop_asked};
    return (control = control_new(&o, first, err)) ? 0 : -1;
}

static int keep_rules(const struct settings *s, const struct ruleset *rules, struct err *err)
{
    return s->ruleset_dir ? rule_archive(s->ruleset_dir, rules, s->vars, err) : 0;
}

/* Before privileges are dropped: for more than reading its ring a capture needs them. */
static int open_interface(const struct settings *s, struct capture **captures, struct err *err)
{
    struct live_options o = {
        .interface = s->interface, .filter = s->filter, .ring_bytes = s->ring_bytes, .xdp = s->xdp};
    return s->interface ? capture_open_live(&o, s->workers, captures, err) : 0;
}

/* Everything after the rules are in. */
static int watch(const struct settings *s, int argc, char **argv, struct rule_load *first,
                 struct err *err)
{
    struct shared *shared = shared_new(s->workers, !s->interface);
    shared_adopt(shared, first->rules);
    struct rule_switch *rules = rule_switch_new(first->rules);
    struct outputs out = {0};
    struct capture **captures = calloc(s->workers, sizeof *captures);
    ASSERT(captures);
    int status = EXIT_FAILED;
    if (keep_rules(s, first->rules, err) == 0 &&
        open_control(s, rules, shared, argc, argv, first, err) == 0 &&
        open_interface(s, captures, err) == 0 && (!s->interface || drop_privileges(s, err) == 0) &&
        open_outputs(s, &out, err) == 0) {
        int broken = run(s, rules, shared, &out, captures);
        int saved = shared_save(shared, err);
        status = broken || saved ? EXIT_FAILED : EXIT_OK;
    }
    close_control();
    for (unsigned i = 0; i < s->workers; i++)
        capture_close(captures[i]);
    free(captures);
    shared_free(shared);
    if (close_outputs(s, &out) != 0)
        status = EXIT_FAILED;
    rule_switch_free(rules);
    return status;
}

/* Into rules.json of the log folder, as Suricata does, or to standard output. */
static int analyse(const struct settings *s, struct err *err)
{
    char path[4096] = "standard output";
    FILE *out = stdout;
    if (s->log_dir) {
        snprintf(path, sizeof path, "%s/rules.json", s->log_dir);
        if (file_mkdirs(s->log_dir, err) != 0)
            return EXIT_FAILED;
        out = fopen(path, "we");
    }
    int rc = out ? rules_analyse(&s->rules, out, err) : err_set(err, "%s: cannot write", path);
    if (out && out != stdout && fclose(out) != 0)
        rc = err_set(err, "%s: cannot write", path);
    return rc ? EXIT_FAILED : EXIT_OK;
}

static int load_rules(const struct settings *s, struct rule_load *first, struct err *err)
{
    const struct app_options *o = &s->worker.app;
    struct app_file_wants always = {.digests = o->file_digests, .magic = o->file_magic};
    return app_check_files(&always, err) == 0 ? rule_load(first, &s->rules, err) : -1;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct settings s;
    log_init("sekisho-sensor", LOG_WARN);
    catch_signals();
    int ready = settings_read(&s, argc, argv, &err);
    if (ready != SETTINGS_RUN) {
        if (ready == SETTINGS_BAD)
            log_error("%s", err.text);
        settings_release(&s);
        return ready == SETTINGS_BAD ? EXIT_USAGE : EXIT_OK;
    }
    affinity_of_management(&s.affinity);
    struct rule_load first = {.rules = NULL};
    int status = EXIT_FAILED;
    if (s.analysis_only) {
        status = analyse(&s, &err);
        if (err.text[0])
            log_error("%s", err.text);
        settings_release(&s);
        return status;
    }
    int rc = load_rules(&s, &first, &err);
    rule_load_tell(&first, s.test_only ? SIZE_MAX : PROBLEMS_SHOWN);
    if (rc == 0 && s.test_only) {
        status = first.report.failed ? EXIT_FOUND : EXIT_OK;
        printf("%zu rules loaded, %" PRIu64 " failed\n", ruleset_count(first.rules),
               first.report.failed);
        ruleset_free(first.rules);
    } else if (rc == 0) {
        status = watch(&s, argc, argv, &first, &err);
    }
    if (err.text[0])
        log_error("%s", err.text);
    rule_load_release(&first);
    settings_release(&s);
    return status;
}
