/* analyzer/programs/children.c - see children.h. */
#include "analyzer/programs/children.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/text.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_PATIENCE_MS 10000
#define LOG_CAP_BYTES   (64u << 20)

static sigset_t waited_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    return set;
}

void children_init(struct children *c)
{
    *c = (struct children){0};
    sigset_t set = waited_signals();
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* In the child, between fork and exec: only what is safe there. Never returns. */
static void become(const char *const argv[], int log_fd, int out_fd, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDONLY);
    bool ready = getppid() == parent && null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
                 dup2(out_fd >= 0 ? out_fd : log_fd, STDOUT_FILENO) >= 0 &&
                 dup2(log_fd, STDERR_FILENO) >= 0;
    if (ready)
        execvp(argv[0], (char *const *)(uintptr_t)argv);
    dprintf(STDERR_FILENO, "cannot start %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

struct child *children_start(struct children *c, const char *name, const char *const argv[],
                             const char *log_path, int out_fd, struct err *err)
{
    if (c->count == CHILDREN_MAX) {
        err_set(err, "cannot start %s: already %d programs", name, CHILDREN_MAX);
        return NULL;
    }
    int log_fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) {
        err_set(err, "cannot write %s: %s", log_path, strerror(errno));
        return NULL;
    }
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(argv, log_fd, out_fd, parent);
    close(log_fd);
    if (pid < 0) {
        err_set(err, "cannot start %s: %s", name, strerror(errno));
        return NULL;
    }
    struct child *ch = &c->all[c->count++];
    *ch = (struct child){.pid = pid, .running = true};
    snprintf(ch->name, sizeof ch->name, "%s", name);
    snprintf(ch->log, sizeof ch->log, "%s", log_path);
    return ch;
}

static void reap(struct children *c)
{
    int status;
    for (size_t i = 0; i < c->count; i++) {
        struct child *ch = &c->all[i];
        if (!ch->running || waitpid(ch->pid, &status, WNOHANG) != ch->pid)
            continue;
        ch->running = false;
        ch->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

bool children_pause(struct children *c, unsigned ms)
{
    sigset_t set = waited_signals();
    struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    int sig = sigtimedwait(&set, NULL, &wait);
    if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
        c->interrupted = true;
    reap(c);
    return !c->interrupted;
}

bool child_wait(struct children *c, const struct child *ch)
{
    while (ch->running && children_pause(c, 1000)) {
    }
    return !c->interrupted;
}

/* The last line that is not empty. */
static const char *last_line(char *text)
{
    size_t n = strlen(text);
    while (n && (text[n - 1] == '\n' || text[n - 1] == ' '))
        text[--n] = 0;
    char *line = strrchr(text, '\n');
    return line ? line + 1 : text;
}

int child_failure(const struct child *ch, struct err *err)
{
    char *text = file_read(ch->log, LOG_CAP_BYTES, NULL, NULL);
    const char *said = text ? last_line(text) : "";
    err_set(err, "%s ended with status %d%s%.300s", ch->name, ch->status, *said ? ": " : "", said);
    free(text);
    return -1;
}

static void end_one(struct children *c, struct child *ch)
{
    uint64_t deadline_us = clock_monotonic_us() + END_PATIENCE_MS * 1000;
    kill(-ch->pid, SIGTERM);
    kill(ch->pid, SIGTERM); /* it may not have made its group yet */
    while (ch->running && clock_monotonic_us() < deadline_us)
        children_pause(c, 200);
    if (!ch->running)
        return;
    kill(-ch->pid, SIGKILL);
    kill(ch->pid, SIGKILL);
    int status;
    waitpid(ch->pid, &status, 0);
    ch->running = false;
    ch->status = 128 + SIGKILL;
}

int child_run(struct children *c, const char *name, const char *const argv[], const char *log_path,
              int out_fd, struct err *err)
{
    struct child *ch = children_start(c, name, argv, log_path, out_fd, err);
    if (!ch)
        return -1;
    int rc = 0;
    if (!child_wait(c, ch)) {
        end_one(c, ch);
        rc = err_set(err, "interrupted");
    } else if (ch->status != 0) {
        rc = child_failure(ch, err);
    }
    c->count--; /* it was the last to start */
    return rc;
}

void children_end(struct children *c)
{
    reap(c);
    for (size_t i = c->count; i-- > 0;)
        if (c->all[i].running)
            end_one(c, &c->all[i]);
}
