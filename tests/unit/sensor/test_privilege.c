/* tests/unit/sensor/test_privilege.c - a child gives up its rights and tries what it must not. */
#include "sensor/privilege.h"
#include "common/file.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CALLS_CONFINED false
#else
#define CALLS_CONFINED true
#endif

static char folder[] = "/tmp/sekisho-privilege-XXXXXX";
static char readable[64], writable[64], outside[64], secret[80], rule[80], old_log[80], new_log[80];

static bool has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION) >=
           1;
}

/* In the child: the first line that does not hold is the exit status' witness on standard error. */
#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            dprintf(2, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #cond, errno);                \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static int try_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd;
}

static int listening = -1; /* opened before privileges are dropped */

/* Runs `body` in a child that has dropped its privileges; fails when it did not come through. */
static void in_child(void (*body)(void))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const char *reads[] = {readable}, *writes[] = {writable};
        struct privilege_options o = {.read_paths = reads,
                                      .read_count = 1,
                                      .write_paths = writes,
                                      .write_count = 1,
                                      .accepts = listening >= 0};
        struct err err = {{0}};
        if (privilege_drop(&o, &err) != 0) {
            dprintf(2, "%s\n", err.text);
            _exit(1);
        }
        body();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void touch_files(void)
{
    CHECK(try_open(rule, O_RDONLY) >= 0);
    CHECK(try_open(rule, O_WRONLY) < 0 && errno == EACCES);
    CHECK(try_open(secret, O_RDONLY) < 0 && errno == EACCES);
    CHECK(try_open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
    CHECK(try_open("/dev/null", O_RDWR) >= 0);
}

static void rotate_logs(void)
{
    CHECK(try_open(old_log, O_RDWR | O_CREAT | O_APPEND) >= 0);
    CHECK(rename(old_log, new_log) == 0);
    CHECK(try_open(old_log, O_WRONLY | O_CREAT | O_TRUNC) >= 0);
    CHECK(unlink(new_log) == 0);
    CHECK(unlink(old_log) == 0);
}

static void privilege_drop__only_named_files_can_be_opened(void **state)
{
    (void)state;
    if (!has_landlock())
        skip();
    in_child(touch_files);
}

static void privilege_drop__logs_can_still_be_rotated(void **state)
{
    (void)state;
    in_child(rotate_logs);
}

static void make_forbidden_calls(void)
{
    char *const arguments[] = {(char[]){"true"}, NULL};
    CHECK(execve("/bin/true", arguments, NULL) == -1);
    CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 && errno == EPERM);
    CHECK(fork() == -1);
    CHECK(kill(getppid(), 0) == -1 && errno == EPERM);
    CHECK(unshare(0) == -1 && errno == EPERM);
    CHECK(socket(AF_BLUETOOTH, SOCK_RAW, 0) == -1);
    CHECK(ioctl(0, 0x5412 /* TIOCSTI */, "x") == -1 && errno == ENOSYS);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0 && listen(fd, 1) == -1 && errno == EPERM);
}

static void privilege_drop__calls_of_an_intruder_fail(void **state)
{
    (void)state;
    if (!CALLS_CONFINED)
        skip();
    in_child(make_forbidden_calls);
}

static void accept_one(void)
{
    CHECK(accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) == -1 && errno == EAGAIN);
    CHECK(accept(listening, NULL, NULL) == -1 && errno == EPERM);
    CHECK(listen(listening, 1) == -1 && errno == EPERM);
}

static void refuse_one(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(accept4(fd, NULL, NULL, 0) == -1 && errno == EPERM);
}

static void privilege_drop__only_a_control_socket_takes_connections(void **state)
{
    (void)state;
    if (!CALLS_CONFINED)
        skip();
    in_child(refuse_one);
    listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(listening >= 0);
    assert_int_equal(listen(listening, 1), 0);
    in_child(accept_one);
    close(listening);
    listening = -1;
}

static void *add_one(void *number)
{
    ++*(int *)number;
    return NULL;
}

static int server_port;
static int localhost_before; /* a machine may have no such name; dropping must not change it */

static void work_as_usual(void)
{
    pthread_t thread;
    int number = 1;
    CHECK(pthread_create(&thread, NULL, add_one, &number) == 0);
    CHECK(pthread_join(thread, NULL) == 0 && number == 2);
    struct addrinfo *found = NULL;
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    CHECK(getaddrinfo("localhost", NULL, &hints, &found) == localhost_before);
    if (found)
        freeaddrinfo(found);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)server_port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    CHECK(write(fd, "x", 1) == 1);
    struct timespec ts;
    CHECK(clock_gettime(CLOCK_REALTIME, &ts) == 0);
    void *memory = malloc(8 << 20);
    CHECK(memory);
    memset(memory, 1, 8 << 20);
    free(memory);
}

static void privilege_drop__threads_names_sockets_and_memory_still_work(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    server_port = ntohs(at.sin_port);
    struct addrinfo *found = NULL;
    localhost_before =
        getaddrinfo("localhost", NULL,
                    &(struct addrinfo){.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, &found);
    if (found)
        freeaddrinfo(found);
    in_child(work_as_usual);
    close(fd);
}

static void have_no_privilege(void)
{
    CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    CHECK(socket(AF_PACKET, SOCK_RAW, 0) == -1);
    CHECK(sethostname("sekisho", 7) == -1);
    CHECK(prctl(PR_CAPBSET_READ, 21 /* CAP_SYS_ADMIN */, 0, 0, 0) == 0 || getuid() != 0);
}

static void privilege_drop__no_capability_is_left(void **state)
{
    (void)state;
    in_child(have_no_privilege);
}

static void privilege_drop__a_path_that_is_not_there_is_told(void **state)
{
    (void)state;
    if (!has_landlock())
        skip();
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const char *reads[] = {"/nonexistent/rules"};
        struct privilege_options o = {.read_paths = reads, .read_count = 1};
        struct err err = {{0}};
        CHECK(privilege_drop(&o, &err) == -1);
        CHECK(strstr(err.text, "/nonexistent/rules: cannot be opened"));
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int make_folders(void **state)
{
    (void)state;
    struct err err;
    if (!mkdtemp(folder))
        return -1;
    snprintf(readable, sizeof readable, "%s/read", folder);
    snprintf(writable, sizeof writable, "%s/write", folder);
    snprintf(outside, sizeof outside, "%s/outside", folder);
    snprintf(secret, sizeof secret, "%s/secret", outside);
    snprintf(rule, sizeof rule, "%s/a.rules", readable);
    snprintf(old_log, sizeof old_log, "%s/eve.json", writable);
    snprintf(new_log, sizeof new_log, "%s/eve.json.1", writable);
    return mkdir(readable, 0700) == 0 && mkdir(writable, 0700) == 0 && mkdir(outside, 0700) == 0 &&
                   file_replace(secret, bytes_str("s"), &err) == 0 &&
                   file_replace(rule, bytes_str("r"), &err) == 0
               ? 0
               : -1;
}

static int remove_folders(void **state)
{
    (void)state;
    unlink(secret);
    unlink(rule);
    rmdir(readable);
    rmdir(writable);
    rmdir(outside);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(privilege_drop__only_named_files_can_be_opened),
        cmocka_unit_test(privilege_drop__logs_can_still_be_rotated),
        cmocka_unit_test(privilege_drop__only_a_control_socket_takes_connections),
        cmocka_unit_test(privilege_drop__calls_of_an_intruder_fail),
        cmocka_unit_test(privilege_drop__threads_names_sockets_and_memory_still_work),
        cmocka_unit_test(privilege_drop__no_capability_is_left),
        cmocka_unit_test(privilege_drop__a_path_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
