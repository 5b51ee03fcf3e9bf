/* sensor/privilege.h - after start-up the sensor keeps no privilege it does not need.
 *
 * Packets are hostile and the parsers many; whoever breaks one should find a process that can read
 * its rules, write its logs, talk to Redis, and nothing else. */
#ifndef SENSOR_PRIVILEGE_H
#define SENSOR_PRIVILEGE_H
#include "common/err.h"
#include <stdbool.h>
#include <stddef.h>

struct privilege_options {
    const char *const *read_paths;  /* files, or folders with all below them */
    const char *const *write_paths; /* the same, also to make, change, rename and remove */
    size_t read_count, write_count;
    bool accepts; /* a socket that listens already may take connections */
};

/* Drops what is not needed, for good. Call once, after every file and interface that needs
 * privilege is open and before any thread starts: capabilities and file rights are the calling
 * thread's, and threads inherit them.
 *
 *   capabilities  all; root becomes a user that owns root's files
 *   no new ones   set-user-ID programs give nothing (PR_SET_NO_NEW_PRIVS)
 *   Landlock      files: the paths given, what name lookup and TLS read, /proc/self; nothing runs
 *   seccomp       system calls of a threaded program with files, sockets and clocks; no fork, exec,
 *                 ptrace, mount, bpf and the like (EPERM), whatever else is unknown (ENOSYS)
 *
 * What the kernel lacks is left out with a warning in the log. A path that is not there is an
 * error. 0 or -1. Source: capabilities(7), landlock(7), seccomp(2). */
int privilege_drop(const struct privilege_options *o, struct err *err);

#endif
