/* The store of files: kept once under their digest, within the quota, nothing half left over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "sensor/output/file_store.h"
#include "tests/unit/redis_server.h"
#include <sys/stat.h>

#define HASH_A "aa00000000000000000000000000000000000000000000000000000000000000"
#define HASH_B "bb00000000000000000000000000000000000000000000000000000000000000"

struct room {
    char dir[64];
    struct file_store *store;
};

static struct room start(uint64_t quota_bytes)
{
    struct room r = {.dir = "/tmp/file-store-XXXXXX"};
    struct err err = {0};
    assert_non_null(mkdtemp(r.dir));
    struct file_store_options o = {.dir = r.dir, .quota_bytes = quota_bytes};
    r.store = file_store_open(&o, &err);
    assert_non_null(r.store);
    return r;
}

static void reopen(struct room *r, uint64_t quota_bytes)
{
    struct err err = {0};
    struct file_store_options o = {.dir = r->dir, .quota_bytes = quota_bytes};
    file_store_close(r->store);
    r->store = file_store_open(&o, &err);
    assert_non_null(r->store);
}

static void end(struct room *r)
{
    file_store_close(r->store);
    test_remove_tree(r->dir);
}

/* Size of a file in the store; -1: it is not there. */
static long size_of(const struct room *r, const char *name)
{
    char path[160];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", r->dir, name);
    return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

static void file_store__keeps_a_file_under_its_digest(void **state)
{
    (void)state;
    struct room r = start(1000);
    file_store_begin(r.store, 7, BYTES_LIT("hello "));
    file_store_data(r.store, 7, BYTES_LIT("there"));
    assert_int_equal(size_of(&r, "tmp/0000000000000007"), 11);
    file_store_end(r.store, 7, bytes_str(HASH_A));
    assert_int_equal(size_of(&r, "tmp/0000000000000007"), -1);
    assert_int_equal(size_of(&r, "aa/" HASH_A), 11);
    assert_int_equal(file_store_counters(r.store)->stored, 1);
    end(&r);
}

static void file_store__keeps_equal_files_once(void **state)
{
    (void)state;
    struct room r = start(1000);
    for (uint64_t id = 1; id <= 2; id++) {
        file_store_begin(r.store, id, BYTES_LIT("same"));
        file_store_end(r.store, id, bytes_str(HASH_A));
    }
    assert_int_equal(file_store_counters(r.store)->stored, 1);
    assert_int_equal(file_store_counters(r.store)->duplicates, 1);
    assert_int_equal(file_store_counters(r.store)->bytes, 4);
    end(&r);
}

static void file_store__takes_nothing_beyond_the_quota(void **state)
{
    (void)state;
    struct room r = start(10);
    file_store_begin(r.store, 1, BYTES_LIT("12345678"));
    file_store_data(r.store, 1, BYTES_LIT("901"));
    file_store_data(r.store, 1, BYTES_LIT("2")); /* given up: nothing to add to */
    file_store_end(r.store, 1, bytes_str(HASH_A));
    assert_int_equal(size_of(&r, "aa/" HASH_A), -1);
    assert_int_equal(file_store_counters(r.store)->over_quota, 1);
    assert_int_equal(file_store_counters(r.store)->bytes, 0);
    file_store_begin(r.store, 2, BYTES_LIT("1234567890"));
    file_store_end(r.store, 2, bytes_str(HASH_B));
    assert_int_equal(size_of(&r, "bb/" HASH_B), 10);
    reopen(&r, 10); /* what is there counts */
    assert_int_equal(file_store_counters(r.store)->bytes, 10);
    file_store_begin(r.store, 1, BYTES_LIT("1"));
    assert_int_equal(file_store_counters(r.store)->over_quota, 1);
    end(&r);
}

static void file_store__leaves_nothing_incomplete(void **state)
{
    (void)state;
    struct room r = start(1000);
    file_store_begin(r.store, 1, BYTES_LIT("a"));
    file_store_end(r.store, 1, (struct bytes){0});
    assert_int_equal(file_store_counters(r.store)->discarded, 1);
    file_store_begin(r.store, 2, BYTES_LIT("b"));
    reopen(&r, 1000);
    assert_int_equal(size_of(&r, "tmp/0000000000000001"), -1);
    assert_int_equal(size_of(&r, "tmp/0000000000000002"), -1);
    assert_int_equal(file_store_counters(r.store)->bytes, 0);
    end(&r);
}

static void file_store__says_when_its_folder_cannot_be(void **state)
{
    (void)state;
    struct err err = {0};
    struct file_store_options o = {.dir = "/dev/null/x", .quota_bytes = 1};
    assert_null(file_store_open(&o, &err));
    assert_true(err.text[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_store__keeps_a_file_under_its_digest),
        cmocka_unit_test(file_store__keeps_equal_files_once),
        cmocka_unit_test(file_store__takes_nothing_beyond_the_quota),
        cmocka_unit_test(file_store__leaves_nothing_incomplete),
        cmocka_unit_test(file_store__says_when_its_folder_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
