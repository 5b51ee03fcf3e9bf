/* Whole files, and the names and ids of alert.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/alert.h"
#include "common/file.h"
#include "tests/unit/redis_server.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/sekisho-file-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    test_remove_tree(folder);
    return 0;
}

static const char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void file_replace__what_is_written_is_read(void **state)
{
    (void)state;
    size_t len;
    char *content = malloc(100000), *text;
    memset(content, 'a', 100000);
    content[5] = 0;
    assert_int_equal(file_replace(in_folder("f"), BYTES_LIT("old"), NULL), 0);
    assert_int_equal(file_replace(in_folder("f"), bytes_of(content, 100000), NULL), 0);
    text = file_read(in_folder("f"), 100000, &len, NULL);
    assert_non_null(text);
    assert_int_equal(len, 100000);
    assert_memory_equal(text, content, len);
    assert_int_equal(text[len], 0);
    assert_int_equal(access(in_folder("f.new"), F_OK), -1);
    free(text);
    free(content);
}

static void file_read__says_what_is_wrong(void **state)
{
    (void)state;
    struct err err;
    assert_null(file_read(in_folder("missing"), 10, NULL, &err));
    assert_non_null(strstr(err.text, "missing: cannot open: No such file"));
    assert_int_equal(file_replace(in_folder("large"), BYTES_LIT("12345678901"), NULL), 0);
    assert_null(file_read(in_folder("large"), 10, NULL, &err));
    assert_non_null(strstr(err.text, "larger than allowed"));
    assert_null(file_read(folder, 10, NULL, &err));
    assert_non_null(strstr(err.text, "cannot read"));
}

static void file_replace__failure_leaves_the_old_content(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(file_replace(in_folder("no/such/folder"), BYTES_LIT("x"), &err), -1);
    assert_non_null(strstr(err.text, "cannot create"));
    assert_int_equal(mkdir(in_folder("directory"), 0700), 0);
    assert_int_equal(file_replace(in_folder("directory"), BYTES_LIT("x"), &err), -1);
    assert_non_null(strstr(err.text, "cannot write"));
    assert_int_equal(access(in_folder("directory.new"), F_OK), -1);
}

static void file_mkdirs__makes_the_whole_way_once(void **state)
{
    (void)state;
    struct err err;
    struct stat st;
    assert_int_equal(file_mkdirs(in_folder("a/b/c"), &err), 0);
    assert_int_equal(file_mkdirs(in_folder("a/b/c"), &err), 0);
    assert_int_equal(stat(in_folder("a/b/c"), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(file_mkdirs("", &err), -1);
    assert_int_equal(file_replace(in_folder("f"), BYTES_LIT("x"), NULL), 0);
    assert_int_equal(file_mkdirs(in_folder("f/below"), &err), -1);
    assert_non_null(strstr(err.text, "cannot create"));
}

static void org_id__is_what_a_redis_key_may_hold(void **state)
{
    (void)state;
    char longest[ORG_ID_MAX + 1];
    memset(longest, 'a', sizeof longest);
    assert_true(org_id_is_valid(BYTES_LIT("kaiyo-data-2")));
    assert_true(org_id_is_valid(bytes_of(longest, ORG_ID_MAX - 1)));
    assert_false(org_id_is_valid(bytes_of(longest, ORG_ID_MAX)));
    assert_false(org_id_is_valid(BYTES_LIT("")));
    assert_false(org_id_is_valid(BYTES_LIT("Mofa")));
    assert_false(org_id_is_valid(BYTES_LIT("a}b")));
    assert_false(org_id_is_valid(BYTES_LIT("a\0b")));
}

static void sensor_name__may_stand_in_an_id(void **state)
{
    (void)state;
    assert_true(sensor_name_is_valid(BYTES_LIT("gw-Tokyo_1.a")));
    assert_false(sensor_name_is_valid(BYTES_LIT("")));
    assert_false(sensor_name_is_valid(BYTES_LIT("a b")));
    assert_false(sensor_name_is_valid(BYTES_LIT("a\0")));
    assert_false(sensor_name_is_valid((struct bytes){0}));
}

static void alert_id__names_sensor_epoch_and_number(void **state)
{
    (void)state;
    char id[ALERT_ID_MAX], sensor[200];
    assert_int_equal(alert_id("gw-1", 36 * 36, 7, id), strlen("gw-1-100-7"));
    assert_string_equal(id, "gw-1-100-7");
    memset(sensor, 's', sizeof sensor);
    sensor[sizeof sensor - 1] = 0;
    alert_id(sensor, UINT64_MAX, UINT64_MAX, id);
    assert_string_equal(id + 63, "-3w5e11264sgsf-18446744073709551615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_replace__what_is_written_is_read),
        cmocka_unit_test(file_read__says_what_is_wrong),
        cmocka_unit_test(file_replace__failure_leaves_the_old_content),
        cmocka_unit_test(file_mkdirs__makes_the_whole_way_once),
        cmocka_unit_test(org_id__is_what_a_redis_key_may_hold),
        cmocka_unit_test(sensor_name__may_stand_in_an_id),
        cmocka_unit_test(alert_id__names_sensor_epoch_and_number),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
