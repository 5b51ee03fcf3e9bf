/* Memory given back all at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "common/arena.h"

static void arena_alloc__is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena a = {.block_bytes = 256};
    uint8_t *before = NULL;
    for (size_t n = 1; n < 600; n += 7) {
        uint8_t *p = arena_alloc(&a, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xaa, n);
        assert_true(p != before);
        before = p;
    }
    arena_release(&a);
}

static void arena_reset__same_requests_take_no_new_memory(void **state)
{
    (void)state;
    struct arena a = {.block_bytes = 128};
    void *first[32];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 32; i++) {
            uint8_t *p = arena_alloc(&a, 24 + i * 11);
            if (round == 0)
                first[i] = p;
            assert_ptr_equal(p, first[i]);
            assert_int_equal(p[0], 0);
            memset(p, 0xff, 24 + i * 11);
        }
        arena_reset(&a);
    }
    arena_release(&a);
    assert_null(a.first);
}

static void arena_copy__is_ended_by_a_nul(void **state)
{
    (void)state;
    struct arena a = {0};
    struct bytes b = arena_copy(&a, BYTES_LIT("text"));
    assert_string_equal((const char *)b.p, "text");
    assert_int_equal(arena_copy(&a, (struct bytes){0}).len, 0);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_alloc__is_zeroed_aligned_and_apart),
        cmocka_unit_test(arena_reset__same_requests_take_no_new_memory),
        cmocka_unit_test(arena_copy__is_ended_by_a_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
