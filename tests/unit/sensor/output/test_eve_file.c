/* eve.json: whole lines, whatever the disk does. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sys/resource.h>
#include "common/file.h"
#include "sensor/output/output.h"
#include "tests/unit/redis_server.h"

struct room {
    char dir[64], path[96];
};

static int set_up(void **state)
{
    struct room *r = calloc(1, sizeof *r);
    snprintf(r->dir, sizeof r->dir, "/tmp/sekisho-eve-XXXXXX");
    *state = r;
    if (!mkdtemp(r->dir))
        return -1;
    snprintf(r->path, sizeof r->path, "%s/eve.json", r->dir);
    return 0;
}

static int tear_down(void **state)
{
    struct room *r = *state;
    test_remove_tree(r->dir);
    free(r);
    return 0;
}

static void assert_content(const char *path, const char *expected)
{
    char *text = file_read(path, 1 << 20, NULL, NULL);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void eve_file__appends_lines(void **state)
{
    struct room *r = *state;
    for (int run = 0; run < 2; run++) {
        struct eve_file *e = eve_file_open(r->dir, NULL);
        eve_file_write(e, BYTES_LIT("{\"n\":1}"));
        eve_file_write(e, BYTES_LIT("{\"n\":2}"));
        assert_int_equal(eve_file_lost(e), 0);
        assert_int_equal(eve_file_close(e), 0);
    }
    assert_content(r->path, "{\"n\":1}\n{\"n\":2}\n{\"n\":1}\n{\"n\":2}\n");
}

static void eve_file__half_a_line_of_a_crash_is_ended(void **state)
{
    struct room *r = *state;
    assert_int_equal(file_replace(r->path, BYTES_LIT("{\"n\":1}\n{\"n\":"), NULL), 0);
    struct eve_file *e = eve_file_open(r->dir, NULL);
    eve_file_write(e, BYTES_LIT("{\"n\":3}"));
    eve_file_close(e);
    assert_content(r->path, "{\"n\":1}\n{\"n\":\n{\"n\":3}\n");
}

static void eve_file_reopen__goes_on_in_a_new_file(void **state)
{
    struct room *r = *state;
    char rotated[128];
    struct eve_file *e = eve_file_open(r->dir, NULL);
    eve_file_write(e, BYTES_LIT("{\"n\":1}"));
    eve_file_flush(e);
    snprintf(rotated, sizeof rotated, "%s.1", r->path);
    assert_int_equal(rename(r->path, rotated), 0);
    eve_file_write(e, BYTES_LIT("{\"n\":2}"));
    eve_file_reopen(e);
    eve_file_write(e, BYTES_LIT("{\"n\":3}"));
    eve_file_close(e);
    assert_content(rotated, "{\"n\":1}\n{\"n\":2}\n");
    assert_content(r->path, "{\"n\":3}\n");
}

static void limit_file_size(rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void eve_file__full_disk_costs_whole_lines_and_is_counted(void **state)
{
    struct room *r = *state;
    struct eve_file *e = eve_file_open(r->dir, NULL);
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(20);
    for (int i = 0; i < 5; i++)
        eve_file_write(e, BYTES_LIT("{\"n\":1}")); /* 8 bytes each */
    eve_file_flush(e);
    assert_int_equal(eve_file_lost(e), 3);
    eve_file_write(e, BYTES_LIT("{\"n\":2}"));
    assert_int_equal(eve_file_lost(e), 4);
    limit_file_size(RLIM_INFINITY);
    eve_file_write(e, BYTES_LIT("{\"n\":3}"));
    assert_int_equal(eve_file_lost(e), 4);
    assert_int_equal(eve_file_close(e), -1);
    assert_content(r->path, "{\"n\":1}\n{\"n\":1}\n{\"n\":3}\n");
}

static void eve_file__lines_larger_than_the_buffer_are_written(void **state)
{
    struct room *r = *state;
    size_t len = 600000;
    char *line = malloc(len);
    memset(line, 'x', len);
    struct eve_file *e = eve_file_open(r->dir, NULL);
    eve_file_write(e, BYTES_LIT("{}"));
    eve_file_write(e, bytes_of(line, len));
    assert_int_equal(eve_file_close(e), 0);
    size_t size;
    char *text = file_read(r->path, 1 << 20, &size, NULL);
    assert_int_equal(size, len + 4);
    free(text);
    free(line);
}

static void eve_file_open__says_what_is_wrong(void **state)
{
    struct room *r = *state;
    struct err err = {""};
    char file[128];
    snprintf(file, sizeof file, "%s/file", r->dir);
    assert_int_equal(file_replace(file, BYTES_LIT("x"), NULL), 0);
    assert_null(eve_file_open(file, &err));
    assert_non_null(strstr(err.text, file));
}

#define ROOM_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(eve_file__appends_lines),
        ROOM_TEST(eve_file__half_a_line_of_a_crash_is_ended),
        ROOM_TEST(eve_file_reopen__goes_on_in_a_new_file),
        ROOM_TEST(eve_file__full_disk_costs_whole_lines_and_is_counted),
        ROOM_TEST(eve_file__lines_larger_than_the_buffer_are_written),
        ROOM_TEST(eve_file_open__says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
