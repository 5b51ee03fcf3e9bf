/* Private folders, and what stands beside a program. */
#include "analyzer/programs/places.h"
#include "common/shared.h"
#include "common/file.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static void place_private__is_ours_alone(void **state)
{
    (void)state;
    char folder[PLACE_MAX];
    struct stat st;
    assert_int_equal(place_private(folder, NULL), 0);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    place_remove(folder);
    assert_int_equal(stat(folder, &st), -1);
}

static void place_private__says_where_it_cannot(void **state)
{
    (void)state;
    char folder[PLACE_MAX];
    struct err err = {0};
    setenv("TMPDIR", "/nowhere/at/all", 1);
    assert_int_equal(place_private(folder, &err), -1);
    unsetenv("TMPDIR");
    assert_non_null(strstr(err.text, "/nowhere/at/all/sekisho-"));
    assert_non_null(strstr(err.text, "No such file or directory"));
}

static void place_remove__leaves_alone_what_a_link_names(void **state)
{
    (void)state;
    char kept[PLACE_MAX], gone[PLACE_MAX], file[PLACE_MAX + 16], inside[PLACE_MAX + 16];
    assert_int_equal(place_private(kept, NULL), 0);
    assert_int_equal(place_private(gone, NULL), 0);
    snprintf(file, sizeof file, "%s/chart", kept);
    snprintf(inside, sizeof inside, "%s/link", gone);
    assert_int_equal(file_replace(file, BYTES_LIT("depth"), NULL), 0);
    assert_int_equal(symlink(kept, inside), 0);
    place_remove(gone);
    assert_int_equal(access(gone, F_OK), -1);
    assert_int_equal(access(file, F_OK), 0);
    place_remove(kept);
}

static void shared_find__says_where_it_looked(void **state)
{
    (void)state;
    char path[PLACE_MAX];
    struct err err = {0};
    assert_int_equal(shared_find("pcaps/no-such-file", path, &err), -1);
    assert_non_null(strstr(err.text, "pcaps/no-such-file is neither in the tree"));
}

static void place_program__names_what_is_missing(void **state)
{
    (void)state;
    char path[PLACE_MAX];
    struct err err = {0};
    assert_int_equal(place_program("test_places", path, &err), 0);
    assert_int_equal(access(path, X_OK), 0);
    assert_int_equal(place_program("sekisho-nothing", path, &err), -1);
    assert_non_null(strstr(err.text, "sekisho-nothing cannot be run"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(place_private__is_ours_alone),
        cmocka_unit_test(place_private__says_where_it_cannot),
        cmocka_unit_test(place_remove__leaves_alone_what_a_link_names),
        cmocka_unit_test(shared_find__says_where_it_looked),
        cmocka_unit_test(place_program__names_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
