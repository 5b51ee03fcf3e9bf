/* tests/unit/sensor/capture/test_list_live.c - which files to replay; frames from an interface. */
#include "common/clock.h"
#include "common/file.h"
#include "sensor/capture/capture.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/sekisho-list-XXXXXX";

static void make_file(const char *name, time_t mtime)
{
    char full[256];
    struct err err;
    struct timespec times[2] = {{mtime, 0}, {mtime, 0}};
    snprintf(full, sizeof full, "%s/%s", folder, name);
    ASSERT(file_replace(full, bytes_str("x"), &err) == 0);
    ASSERT(utimensat(AT_FDCWD, full, times, 0) == 0);
}

static void assert_listed(char **files, int i, const char *name)
{
    char full[256];
    snprintf(full, sizeof full, "%s/%s", folder, name);
    assert_string_equal(files[i], full);
}

static void capture_list__a_directory_gives_its_files_oldest_first(void **state)
{
    (void)state;
    char **files;
    struct err err;
    int n = capture_list(folder, false, &files, &err);
    assert_int_equal(n, 3);
    assert_listed(files, 0, "c");
    assert_listed(files, 1, "a");
    assert_listed(files, 2, "b");
    capture_list_free(files, n);
}

static void capture_list__recursive_mixes_folders_by_time(void **state)
{
    (void)state;
    char **files;
    struct err err;
    int n = capture_list(folder, true, &files, &err);
    assert_int_equal(n, 4);
    assert_listed(files, 1, "sub/d");
    capture_list_free(files, n);
}

static void capture_list__a_file_gives_itself_and_a_missing_one_an_error(void **state)
{
    (void)state;
    char **files, full[256];
    struct err err;
    snprintf(full, sizeof full, "%s/a", folder);
    int n = capture_list(full, false, &files, &err);
    assert_int_equal(n, 1);
    assert_listed(files, 0, "a");
    capture_list_free(files, n);
    assert_int_equal(capture_list("/nonexistent", false, &files, &err), -1);
    assert_non_null(strstr(err.text, "/nonexistent: cannot open"));
}

static void capture_list__an_empty_directory_is_an_error(void **state)
{
    (void)state;
    char **files, full[256];
    struct err err;
    snprintf(full, sizeof full, "%s/empty", folder);
    assert_int_equal(capture_list(full, false, &files, &err), -1);
    assert_non_null(strstr(err.text, "no files in this directory"));
}

static void live__unknown_interface_is_one_line_with_a_remedy(void **state)
{
    (void)state;
    struct live_options o = {.interface = "nosuchif0"};
    struct err err = {{0}};
    struct capture *c;
    assert_int_equal(capture_open_live(&o, 1, &c, &err), -1);
    assert_non_null(strstr(err.text, "nosuchif0: "));
    assert_true(strstr(err.text, "no such interface") || strstr(err.text, "no permission"));
}

/* One datagram to ourselves over the loopback interface, with a payload nobody else sends. */
static void send_to_self(const char *text)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    ASSERT(fd >= 0);
    ssize_t sent = sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to);
    ASSERT(sent == (ssize_t)strlen(text));
    close(fd);
}

static void live__frames_of_the_loopback_interface_arrive(void **state)
{
    (void)state;
    struct live_options o = {.interface = "lo", .filter = "udp port 9", .ring_bytes = 4 << 20};
    struct err err = {{0}};
    struct capture *c;
    if (capture_open_live(&o, 1, &c, &err) !=
        0) { /* without privilege only the refusal can be tested */
        assert_non_null(strstr(err.text, "permission"));
        skip();
    }
    char text[64];
    snprintf(text, sizeof text, "sekisho %d", (int)getpid());
    struct frame f = {0};
    enum capture_result rc = CAPTURE_IDLE;
    bool found = false;
    send_to_self(text);
    for (int tries = 0; tries < 50 && !found; tries++) {
        rc = capture_next(c, &f, &err);
        assert_int_not_equal(rc, CAPTURE_ERROR);
        found = rc == CAPTURE_FRAME && bytes_find(f.data, bytes_str(text)) >= 0;
    }
    assert_true(found);
    assert_int_equal(f.linktype, 1);
    uint64_t age =
        clock_wall_us() > f.ts_us ? clock_wall_us() - f.ts_us : f.ts_us - clock_wall_us();
    assert_true(age < 60 * 1000000ull);
    struct capture_counters counters;
    capture_counters(c, &counters);
    assert_true(counters.received >= 1);
    assert_int_equal(counters.kernel_dropped, 0);
    capture_close(c);
}

static void live__a_quiet_interface_is_idle_and_a_bad_filter_is_told(void **state)
{
    (void)state;
    struct live_options o = {
        .interface = "lo", .filter = "udp port 9 and udp port 7", .ring_bytes = 1 << 20};
    struct err err = {{0}};
    struct capture *c;
    if (capture_open_live(&o, 1, &c, &err) != 0)
        skip();
    struct frame f = {0};
    assert_int_equal(capture_next(c, &f, &err), CAPTURE_IDLE);
    capture_close(c);
    o.filter = "udp prot 9";
    assert_int_equal(capture_open_live(&o, 1, &c, &err), -1);
    assert_non_null(strstr(err.text, "capture filter \"udp prot 9\""));
}

static int make_folder(void **state)
{
    (void)state;
    char full[256];
    ASSERT(mkdtemp(folder));
    snprintf(full, sizeof full, "%s/sub", folder);
    ASSERT(mkdir(full, 0700) == 0);
    snprintf(full, sizeof full, "%s/empty", folder);
    ASSERT(mkdir(full, 0700) == 0);
    make_file("b", 3000);
    make_file("a", 3000);
    make_file("c", 1000);
    make_file("sub/d", 2000);
    make_file(".hidden", 500);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c", ".hidden", "sub/d", "sub", "empty", "."};
    char full[256];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(full, sizeof full, "%s/%s", folder, names[i]);
        remove(full);
    }
    return rmdir(folder) == 0 || errno == ENOENT ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capture_list__a_directory_gives_its_files_oldest_first),
        cmocka_unit_test(capture_list__recursive_mixes_folders_by_time),
        cmocka_unit_test(capture_list__a_file_gives_itself_and_a_missing_one_an_error),
        cmocka_unit_test(capture_list__an_empty_directory_is_an_error),
        cmocka_unit_test(live__unknown_interface_is_one_line_with_a_remedy),
        cmocka_unit_test(live__frames_of_the_loopback_interface_arrive),
        cmocka_unit_test(live__a_quiet_interface_is_idle_and_a_bad_filter_is_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
