/* tests/unit/redis_server.h - a real redis-server for one test program.
 *
 * It listens on a Unix socket in a private directory, keeps an append-only file written before each
 * answer, and dies with the test. Killed and started again it has what it confirmed. */
#ifndef TESTS_REDIS_SERVER_H
#define TESTS_REDIS_SERVER_H
#include "common/redis.h"
#include <ftw.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct redis_server {
    char dir[64], socket[96];
    pid_t pid; /* 0: not running */
};

/* Becomes redis-server, its log on standard output; up to three pairs of further settings. */
static inline void redis_server_exec(const struct redis_server *s, const char *const extra[6])
{
    const char *argv[24] = {
        "redis-server", "--port",    "0", "--unixsocket", s->socket, "--dir",
        s->dir,         "--save",    "",  "--appendonly", "yes",     "--appendfsync",
        "always",       "--logfile", ""};
    size_t n = 15;
    for (size_t i = 0; extra && i < 6 && extra[i]; i++)
        argv[n++] = extra[i];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

/* Starts it (again) and returns when it says that it is ready. extra may be NULL. */
static inline void redis_server_start(struct redis_server *s, const char *const extra[6])
{
    int log[2];
    char line[1024];
    bool ready = false;
    ASSERT(pipe(log) == 0);
    s->pid = fork();
    ASSERT(s->pid >= 0);
    if (s->pid == 0) {
        dup2(log[1], 1);
        close(log[0]);
        redis_server_exec(s, extra);
    }
    close(log[1]);
    FILE *in = fdopen(log[0], "r");
    ASSERT(in);
    while (!ready && fgets(line, sizeof line, in))
        ready = strstr(line, "eady to accept connections") != NULL;
    fclose(in);
    ASSERT(ready);
}

static inline void redis_server_new(struct redis_server *s, const char *const extra[6])
{
    *s = (struct redis_server){.dir = "/tmp/sekisho-redis-XXXXXX"};
    ASSERT(mkdtemp(s->dir));
    snprintf(s->socket, sizeof s->socket, "%s/redis.sock", s->dir);
    redis_server_start(s, extra);
}

/* kill -9, as a crash would. */
static inline void redis_server_kill(struct redis_server *s)
{
    if (s->pid <= 0)
        return;
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    s->pid = 0;
}

static inline int test_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

/* rm -r of a test's own directory. */
static inline void test_remove_tree(const char *dir)
{
    nftw(dir, test_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void redis_server_end(struct redis_server *s)
{
    redis_server_kill(s);
    test_remove_tree(s->dir);
}

#endif
