/* sensor/reload.c - see reload.h. */
#include "sensor/reload.h"
#include "common/log.h"
#include "sensor/rule_archive.h"
#include "sensor/settings/settings.h"
#include <inttypes.h>
#include <sys/resource.h>
#include <unistd.h>

#define PROBLEMS_SHOWN 10
#define NICENESS       10 /* compiling must not take the processor from the workers */

struct reload {
    struct reload_options options;
    struct rule_load in_force;
    pthread_t thread;
    bool running;
    /* the thread's, until it is joined */
    struct rule_load next;
    struct err err;
    int rc;
    atomic_bool over;
};

struct reload *reload_new(const struct reload_options *o, struct rule_load *first)
{
    struct reload *r = calloc(1, sizeof *r);
    ASSERT(r);
    r->options = *o;
    r->in_force = *first;
    *first = (struct rule_load){.rules = NULL};
    return r;
}

/* A file that was cut off or is no rule file at all reads as rules that all fail. */
static int check(const struct rule_load *l, struct err *err)
{
    if (l->report.loaded || !l->report.failed)
        return 0;
    return err_set(err, "none of %" PRIu64 " rules can be used; the first: %s", l->report.rules,
                   l->report.problems[0].text);
}

static int load(struct reload *r)
{
    struct settings s;
    int rc = settings_read_rules(&s, r->options.argc, r->options.argv, &r->err);
    if (rc == 0) {
        const struct ruleset *before = rule_switch_enter(r->options.rules);
        s.rules.before = before;
        rc = rule_load(&r->next, &s.rules, &r->err);
        rule_switch_leave(r->options.rules, before);
    }
    if (rc == 0)
        rc = check(&r->next, &r->err);
    if (rc == 0 && s.ruleset_dir) {
        struct err err;
        if (rule_archive(s.ruleset_dir, r->next.rules, s.vars, &err) != 0)
            log_warn("the rule set is not kept: %s", err.text);
    }
    settings_release(&s);
    return rc;
}

static void *reload_main(void *arg)
{
    struct reload *r = arg;
    uint64_t one = 1;
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS); /* Linux: of this thread */
    r->rc = load(r);
    atomic_store(&r->over, true);
    if (write(r->options.done_fd, &one, sizeof one) < 0)
        log_warn("cannot tell that the rules are loaded");
    return NULL;
}

bool reload_start(struct reload *r)
{
    if (r->running)
        return false;
    r->next = (struct rule_load){.rules = NULL};
    r->err.text[0] = 0;
    atomic_store(&r->over, false);
    r->running = pthread_create(&r->thread, NULL, reload_main, r) == 0;
    return r->running;
}

bool reload_is_running(const struct reload *r)
{
    return r->running;
}

static enum reload_result refuse(struct reload *r, struct err *err)
{
    *err = r->err;
    ruleset_free(r->next.rules);
    rule_load_release(&r->next);
    return RELOAD_REFUSED;
}

enum reload_result reload_settle(struct reload *r, struct err *err)
{
    if (!r->running || !atomic_load(&r->over))
        return RELOAD_NONE;
    pthread_join(r->thread, NULL);
    r->running = false;
    if (r->rc != 0)
        return refuse(r, err);
    rule_load_tell(&r->next, PROBLEMS_SHOWN);
    shared_adopt(r->options.shared, r->next.rules);
    rule_switch_publish(r->options.rules, r->next.rules);
    rule_load_release(&r->in_force);
    r->in_force = r->next;
    return RELOAD_DONE;
}

void reload_free(struct reload *r)
{
    if (!r)
        return;
    if (r->running) {
        struct err err;
        pthread_join(r->thread, NULL);
        refuse(r, &err);
    }
    rule_load_release(&r->in_force);
    free(r);
}

const struct rule_load *reload_in_force(const struct reload *r)
{
    return &r->in_force;
}
