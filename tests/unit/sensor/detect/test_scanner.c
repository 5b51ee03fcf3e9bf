/* Each way of looking at many places at once, against a search for one literal after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "common/err.h"
#include "sensor/detect/mpm/literals.h"

#define LITERALS_MAX 700
#define LEN_MAX      24

static uint32_t next_number(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* So few letters that texts are full of what nearly is a literal. */
static void write_text(uint8_t *p, size_t len, uint32_t *seed)
{
    static const char letters[] = "abAB/\x01\xc1 ";
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)letters[next_number(seed) % (sizeof letters - 1)];
}

struct set {
    uint8_t text[LITERALS_MAX][LEN_MAX];
    struct literal list[LITERALS_MAX];
    size_t count;
    uint64_t wanted[LITERALS_MAX / 64 + 1];
};

static bool is_wanted(const struct set *s, size_t literal)
{
    return s->wanted[literal / 64] >> literal % 64 & 1;
}

/* Of shortest bytes and more; every seventh is not wanted, every ninth counts at the beginning. */
static void make_set(struct set *s, size_t count, size_t shortest, uint32_t *seed)
{
    memset(s, 0, sizeof *s);
    s->count = count;
    for (size_t i = 0; i < count; i++) {
        size_t len = shortest + next_number(seed) % (LEN_MAX - shortest);
        bool nocase = next_number(seed) % 2;
        write_text(s->text[i], len, seed);
        for (size_t k = 0; nocase && k < len; k++)
            s->text[i][k] = byte_lower(s->text[i][k]);
        s->list[i] = (struct literal){bytes_of(s->text[i], len), nocase,
                                      i % 9 == 8 ? len + i % 40 : LITERAL_ANYWHERE};
        s->wanted[i / 64] |= (uint64_t)(i % 7 != 6) << i % 64;
    }
}

static bool is_in(const struct literal *l, struct bytes in)
{
    size_t end = l->ends_by < in.len ? l->ends_by : in.len;
    for (size_t at = 0; at + l->bytes.len <= end; at++) {
        struct bytes here = bytes_of(in.p + at, l->bytes.len);
        if (l->nocase ? bytes_ieq(here, l->bytes) : bytes_eq(here, l->bytes))
            return true;
    }
    return false;
}

static void count_literal(void *ctx, unsigned literal)
{
    ((unsigned *)ctx)[literal]++;
}

/* in: in memory of its own, so that a sanitizer sees who reads beyond it. */
static void check(const struct set *s, const struct literal_scanner *scanner,
                  struct literals_seen *seen, struct bytes in)
{
    unsigned times[LITERALS_MAX] = {0};
    literals_scan(scanner, seen, (struct literals_view){.bytes = in}, count_literal, times);
    for (size_t i = 0; i < s->count; i++) {
        bool there = is_wanted(s, i) && is_in(&s->list[i], in);
        if (s->list[i].ends_by == LITERAL_ANYWHERE || there)
            assert_int_equal(times[i], there);
        else
            assert_true(times[i] <= is_wanted(s, i));
    }
}

/* Buffers of every length up to some blocks, with a literal somewhere in every second one. */
static void check_set(const struct set *s, enum simd simd, uint32_t *seed)
{
    struct literals *l = literals_new(s->list, s->count);
    struct literal_scanner *scanner = literal_scanner_new(l, s->wanted, simd);
    struct literals_seen seen = {0};
    literals_seen_grow(&seen, l);
    for (size_t len = 1; len < 420; len += len < 150 ? 1 : 13) {
        uint8_t *p = malloc(len);
        assert_non_null(p);
        write_text(p, len, seed);
        struct bytes chosen = s->list[next_number(seed) % s->count].bytes;
        if (len % 2 && chosen.len <= len)
            memcpy(p + next_number(seed) % (len - chosen.len + 1), chosen.p, chosen.len);
        check(s, scanner, &seen, bytes_of(p, len));
        free(p);
    }
    literals_seen_release(&seen);
    literal_scanner_free(scanner);
    literals_free(l);
}

static void check_sets(enum simd simd)
{
    static struct set set;
    static const size_t counts[] = {1, 3, 30, 60, 200, LITERALS_MAX};
    uint32_t seed = 20261129;
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (size_t shortest = 1; shortest <= 11; shortest += 2) {
            make_set(&set, counts[c], shortest, &seed);
            check_set(&set, simd, &seed);
        }
}

static void scanner__finds_place_by_place(void **state)
{
    (void)state;
    check_sets(SIMD_NONE);
}

static void scanner__finds_with_what_the_processor_has(void **state)
{
    (void)state;
    if (simd_here() == SIMD_NONE)
        skip();
    for (enum simd simd = SIMD_AVX2; simd <= simd_here(); simd++)
        check_sets(simd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scanner__finds_place_by_place),
        cmocka_unit_test(scanner__finds_with_what_the_processor_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
