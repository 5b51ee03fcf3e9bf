/* analyzer/programs/children.h - programs that a command runs, and that end with it in every case.
 *
 * Each child is its own process group, so a Ctrl-C at the terminal reaches only us, and we end them
 * in order. Should we die without a chance to, the kernel ends them (PR_SET_PDEATHSIG). One thread.
 */
#ifndef PROGRAMS_CHILDREN_H
#define PROGRAMS_CHILDREN_H
#include "common/err.h"
#include <stdbool.h>
#include <sys/types.h>

#define CHILDREN_MAX  16
#define CHILD_ARG_MAX 64

struct child {
    char name[64]; /* for messages */
    char log[512]; /* file with what it said on standard error (and output) */
    pid_t pid;
    bool running;
    int status; /* exit status once it ended; 128 + signal when killed */
};
struct children {
    struct child all[CHILDREN_MAX];
    size_t count;
    bool interrupted; /* SIGINT, SIGTERM or SIGHUP came */
};

/* Blocks the signals that children_pause() waits for. Call once, before the first child. */
void children_init(struct children *c);

/* Starts argv (NULL-terminated, argv[0] a path or a name in PATH). Standard error goes to log_path,
 * standard output too unless out_fd is a descriptor for it; standard input is empty. Returns the
 * child, or NULL and err (no room, cannot fork). A program that cannot be started ends with 127. */
struct child *children_start(struct children *c, const char *name, const char *const argv[],
                             const char *log_path, int out_fd, struct err *err);

/* Waits up to ms, less when a child ended or a signal came. False once interrupted. */
bool children_pause(struct children *c, unsigned ms);

/* Waits until this child has ended. False when interrupted. */
bool child_wait(struct children *c, const struct child *ch);

/* "the analyzer ended with status 3: <last line of its log>" as an error; returns -1. */
int child_failure(const struct child *ch, struct err *err);

/* Runs a program from its start to its end, in children_start()'s words; it takes no room
 * afterwards. 0 when its status is 0, else -1 and err; interrupted, it is ended first. */
int child_run(struct children *c, const char *name, const char *const argv[], const char *log_path,
              int out_fd, struct err *err);

/* SIGTERM to those that run, newest first, one after the other, ten seconds each, then SIGKILL. */
void children_end(struct children *c);

#endif
