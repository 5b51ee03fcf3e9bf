/* sensor/confine_files.c - which files may still be opened (Landlock); see privilege.h.
 *
 * The C library has no wrappers for Landlock and Debian's headers do not know its newer rights, so
 * the system calls are made by number and the rights named here. */
#include "common/log.h"
#include "sensor/confine.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RIGHT_TRUNCATE (1ull << 14) /* since the third version */
#define RIGHTS_FIRST   ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define RIGHTS_OF_A_FILE                                                                           \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |   \
     RIGHT_TRUNCATE)
#define RIGHTS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHTS_WRITE                                                                               \
    (RIGHTS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                 \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |  \
     LANDLOCK_ACCESS_FS_REFER | RIGHT_TRUNCATE)

/* What the C library, OpenSSL and libpcap read on their own while running: name lookup, time zones,
 * certificates, randomness, processors, this process's own figures and an interface's drop
 * counters. Any of it may be missing. */
static const char *const system_paths[] = {
    "/etc/hosts",       "/etc/host.conf",
    "/etc/resolv.conf", "/etc/nsswitch.conf",
    "/etc/gai.conf",    "/etc/services",
    "/etc/localtime",   "/etc/ssl",
    "/etc/ld.so.cache", "/run/systemd",
    "/run/resolvconf",  "/usr/share/zoneinfo",
    "/usr/lib",         "/lib",
    "/lib64",           "/usr/local/lib",
    "/dev/null",        "/dev/urandom",
    "/proc/self",       "/sys/class/net",
    "/sys/devices",     "/proc/sys/vm/overcommit_memory",
};

static uint64_t rights_of_version(long version)
{
    uint64_t rights = RIGHTS_FIRST;
    if (version >= 2)
        rights |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        rights |= RIGHT_TRUNCATE;
    return rights;
}

/* Rights at and below an open path, as far as they mean anything there and the kernel knows them.
 */
static int allow_fd(int ruleset, int fd, uint64_t rights)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return -1;
    if (!S_ISDIR(st.st_mode))
        rights &= RIGHTS_OF_A_FILE;
    struct landlock_path_beneath_attr a = {.allowed_access = rights, .parent_fd = fd};
    return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &a, 0);
}

static int allow(int ruleset, const char *path, uint64_t rights, struct err *err)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, "%s: cannot be opened, so the sandbox cannot allow it: %s", path,
                       strerror(errno));
    int rc = allow_fd(ruleset, fd, rights), saved = errno;
    close(fd);
    return rc == 0 ? 0 : err_set(err, "%s: the sandbox cannot allow it: %s", path, strerror(saved));
}

static int allow_all(int ruleset, const struct privilege_options *o, uint64_t known,
                     struct err *err)
{
    for (size_t i = 0; i < sizeof system_paths / sizeof system_paths[0]; i++)
        if (access(system_paths[i], F_OK) == 0 &&
            allow(ruleset, system_paths[i], RIGHTS_READ, err) != 0)
            return -1;
    if (access("/dev/null", F_OK) == 0 &&
        allow(ruleset, "/dev/null", RIGHTS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE, err) != 0)
        return -1;
    for (size_t i = 0; i < o->read_count; i++)
        if (allow(ruleset, o->read_paths[i], RIGHTS_READ, err) != 0)
            return -1;
    for (size_t i = 0; i < o->write_count; i++)
        if (allow(ruleset, o->write_paths[i], RIGHTS_WRITE & known, err) != 0)
            return -1;
    return 0;
}

int confine_files(const struct privilege_options *o, struct err *err)
{
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) {
        log_warn("files are not confined: this kernel has no Landlock (%s)", strerror(errno));
        return 0;
    }
    uint64_t known = rights_of_version(version);
    struct landlock_ruleset_attr a = {.handled_access_fs = known};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &a, sizeof a, 0);
    if (ruleset < 0)
        return err_set(err, "cannot start to confine files: %s", strerror(errno));
    int rc = allow_all(ruleset, o, known, err);
    if (rc == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        rc = err_set(err, "cannot confine files: %s", strerror(errno));
    close(ruleset);
    return rc == 0 ? 1 : -1;
}
