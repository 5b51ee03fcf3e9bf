/* sensor/control.c - see control.h. */
#include "sensor/control.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "sensor/control_state.h"
#include <sys/eventfd.h>
#include <unistd.h>

#define SWEEP_MS 50 /* how often to look whether an older rule set has become free */

static int make_folder(const char *path, struct err *err)
{
    char dir[4096];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path || (size_t)(slash - path) >= sizeof dir)
        return 0;
    snprintf(dir, sizeof dir, "%.*s", (int)(slash - path), path);
    return file_mkdirs(dir, err);
}

static int open_socket(struct control *c, struct err *err)
{
    const struct control_options *o = &c->options;
    if (!o->socket_path)
        return 0;
    if (make_folder(o->socket_path, err) == 0)
        c->server = control_server_new(o->socket_path, control_command, c, err);
    if (c->server)
        return 0;
    if (o->socket_wanted)
        return -1;
    log_warn("no control socket: %s", err->text);
    err->text[0] = 0;
    return 0;
}

struct control *control_new(const struct control_options *o, struct rule_load *first,
                            struct err *err)
{
    struct control *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->options = *o;
    c->started_us = clock_monotonic_us();
    c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ASSERT(c->wake_fd >= 0);
    struct reload_options ro = {.argc = o->argc,
                                .argv = o->argv,
                                .rules = o->rules,
                                .shared = o->shared,
                                .done_fd = c->wake_fd};
    c->reload = reload_new(&ro, first);
    if (open_socket(c, err) == 0)
        return c;
    control_free(c);
    return NULL;
}

static void wake(struct control *c)
{
    uint64_t one = 1;
    ssize_t n = write(c->wake_fd, &one, sizeof one);
    (void)n; /* full is awake */
}

void control_ask_reload(struct control *c)
{
    atomic_store(&c->reload_asked, true);
    wake(c);
}

static void tell(struct control *c, enum control_outcome outcome, const char *text)
{
    if (c->server)
        control_server_settle(c->server, outcome, text);
}

static void follow_load(struct control *c)
{
    struct err err = {""};
    switch (reload_settle(c->reload, &err)) {
    case RELOAD_NONE:
        break;
    case RELOAD_DONE:
        c->switching = true;
        break;
    case RELOAD_REFUSED:
        log_error("rules not reloaded, those in force stay: %s", err.text);
        tell(c, CONTROL_NOK, err.text);
        break;
    }
}

static void settle_sets(struct control *c)
{
    struct err err;
    const struct ruleset *rules = rule_switch_enter(c->options.rules);
    if (shared_settle(c->options.shared, rules, &err) != 0)
        log_warn("%s", err.text);
    rule_switch_leave(c->options.rules, rules);
}

/* Done is done: no alert of the older set comes after the answer. */
static void follow_workers(struct control *c)
{
    c->older = rule_switch_sweep(c->options.rules);
    if (!c->switching || c->older)
        return;
    settle_sets(c);
    c->switching = false;
    tell(c, CONTROL_OK, "done");
}

static bool is_busy(const struct control *c)
{
    return c->switching || reload_is_running(c->reload);
}

bool control_reload(struct control *c)
{
    return !is_busy(c) && reload_start(c->reload);
}

static void follow_reload(struct control *c)
{
    follow_load(c);
    follow_workers(c);
    if (is_busy(c) || !atomic_exchange(&c->reload_asked, false))
        return;
    if (!control_reload(c))
        log_error("rules not reloaded: no thread to do it");
}

static void *control_main(void *arg)
{
    struct control *c = arg;
    uint64_t count;
    while (!atomic_load(&c->ending)) {
        struct pollfd fds[1 + CONTROL_FDS_MAX] = {{.fd = c->wake_fd, .events = POLLIN}};
        size_t n = c->server ? control_server_poll(c->server, fds + 1) : 0;
        if (poll(fds, n + 1, c->older ? SWEEP_MS : -1) < 0)
            continue;
        if ((fds[0].revents & POLLIN) && read(c->wake_fd, &count, sizeof count) < 0)
            continue;
        if (c->server)
            control_server_run(c->server, fds + 1, n);
        follow_reload(c);
    }
    return NULL;
}

void control_start(struct control *c, struct collector *collector)
{
    c->collector = collector;
    c->running = pthread_create(&c->thread, NULL, control_main, c) == 0;
    ASSERT(c->running);
}

void control_free(struct control *c)
{
    if (!c)
        return;
    atomic_store(&c->ending, true);
    wake(c);
    if (c->running)
        pthread_join(c->thread, NULL);
    control_server_free(c->server);
    reload_free(c->reload);
    close(c->wake_fd);
    free(c);
}
