/* sensor/confine_calls.c - which system calls are left (seccomp); see privilege.h.
 *
 * An allow-list. Calls that only an intruder makes fail with EPERM; what is merely not listed fails
 * with ENOSYS, as on an older kernel, and libraries fall back on something listed. Names are looked
 * up at run time, so one list serves every machine. */
#include "common/log.h"
#include "sensor/confine.h"
#include <errno.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static const char *const allowed[] = {
    /* memory; mprotect also for the code that PCRE2 compiles when rules are reloaded */
    "brk",
    "mmap",
    "mmap2",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "mlock",
    "mlock2",
    "munlock",
    "msync",
    "membarrier",
    /* threads and signals */
    "futex",
    "futex_time64",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "set_tid_address",
    "sched_yield",
    "sched_getaffinity",
    "sched_setaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "setpriority", /* without CAP_SYS_NICE only to step back */
    "getcpu",
    "gettid",
    "getpid",
    "getppid",
    "tgkill",
    "exit",
    "exit_group",
    "restart_syscall",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigtimedwait",
    "rt_sigpending",
    "rt_sigsuspend",
    "sigaltstack",
    "pause",
    "prctl",
    "arch_prctl",
    /* files */
    "read",
    "readv",
    "pread64",
    "preadv",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "open",
    "openat",
    "close",
    "close_range",
    "lseek",
    "_llseek",
    "stat",
    "lstat",
    "fstat",
    "newfstatat",
    "fstatat64",
    "statx",
    "statfs",
    "fstatfs",
    "access",
    "faccessat",
    "faccessat2",
    "getdents64",
    "fcntl",
    "fcntl64",
    "flock",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "fadvise64",
    "fallocate",
    "truncate",
    "ftruncate",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "readlink",
    "readlinkat",
    "getcwd",
    "umask",
    "fchmod",
    "utimensat",
    "dup",
    "dup2",
    "dup3",
    "pipe",
    "pipe2",
    "sendfile",
    "copy_file_range",
    /* sockets that connect or capture; there is no listen(), and accept4() only for the control
     * socket */
    "socketpair",
    "bind",
    "connect",
    "shutdown",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "send",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recv",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    /* waiting and time */
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "eventfd2",
    "signalfd4",
    "timerfd_create",
    "timerfd_settime",
    "timerfd_gettime",
    "nanosleep",
    "clock_nanosleep",
    "clock_gettime",
    "clock_gettime64",
    "clock_getres",
    "gettimeofday",
    "time",
    "times",
    /* about ourselves */
    "getrandom",
    "uname",
    "sysinfo",
    "getrlimit",
    "prlimit64",
    "getrusage",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "capget",
};

static const char *const forbidden[] = {
    "execve",
    "execveat",
    "fork",
    "vfork",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_getfd",
    "kill",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "setns",
    "unshare",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "keyctl",
    "add_key",
    "request_key",
    "io_uring_setup",
    "listen",
    "accept",
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setgroups",
    "capset",
    "reboot",
    "swapon",
    "swapoff",
    "chmod",
    "chown",
    "mknod",
    "mknodat",
    "symlink",
    "symlinkat",
    "link",
    "linkat",
};

static const int socket_domains[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
static const unsigned long ioctls[] = {
    TCGETS,     TIOCGWINSZ,   FIONREAD,      FIONBIO,     SIOCGIFINDEX, SIOCGIFNAME,
    SIOCGIFMTU, SIOCGIFFLAGS, SIOCGIFHWADDR, SIOCETHTOOL, SIOCGIFADDR,
};

/* A name this machine does not have is no fault. */
static int add(scmp_filter_ctx ctx, uint32_t action, const char *name)
{
    int number = seccomp_syscall_resolve_name(name);
    return number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(ctx, action, number, 0);
}

/* Calls allowed with certain arguments only. */
static int add_by_argument(scmp_filter_ctx ctx)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof socket_domains / sizeof socket_domains[0]; i++)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                              SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)socket_domains[i]));
    for (size_t i = 0; rc == 0 && i < sizeof ioctls / sizeof ioctls[0]; i++)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                              SCMP_A1(SCMP_CMP_EQ, ioctls[i]));
    /* threads but no processes; clone3 hides its flags in memory and is "not there" */
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                              SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    return rc;
}

static int fill(scmp_filter_ctx ctx, bool accepts)
{
    int rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
    for (size_t i = 0; rc == 0 && i < sizeof allowed / sizeof allowed[0]; i++)
        rc = add(ctx, SCMP_ACT_ALLOW, allowed[i]);
    for (size_t i = 0; rc == 0 && i < sizeof forbidden / sizeof forbidden[0]; i++)
        rc = add(ctx, SCMP_ACT_ERRNO(EPERM), forbidden[i]);
    if (rc == 0)
        rc = add(ctx, accepts ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM), "accept4");
    return rc == 0 ? add_by_argument(ctx) : rc;
}

int confine_calls(const struct privilege_options *o, struct err *err)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)o;
    (void)err;
    (void)fill;
    log_warn("system calls are not confined: built with a sanitizer");
    return 0;
#else
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (!ctx)
        return err_set(err, "cannot start to confine system calls");
    int rc = fill(ctx, o->accepts);
    if (rc != 0) {
        seccomp_release(ctx);
        return err_set(err, "cannot build the system call filter: %s", strerror(-rc));
    }
    rc = seccomp_load(ctx);
    seccomp_release(ctx);
    if (rc == 0)
        return 1;
    log_warn("system calls are not confined: this kernel refuses the filter (%s)", strerror(-rc));
    return 0;
#endif
}
