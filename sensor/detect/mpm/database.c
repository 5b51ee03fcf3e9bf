/* mpm/database.c - see database.h. Literals go in as \xNN through hs_compile_multi, because the
 * literal compiler mishandles a leading NUL. */
#include "sensor/detect/mpm/database.h"

#include "sensor/detect/mpm/cache.h"

#define DECOYS_MAX   8
#define DECOY_LENGTH 5

/* Longer literals go to engines that look for a part of them and compare the rest. */
#define LITERAL_TRIED_MAX 32
#define TRIAL_BYTES       512

struct expressions {
    const char **texts;
    unsigned *flags, *ids;
};

static char *expression(struct arena *arena, struct bytes literal)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, literal.len * 4 + 1);
    for (size_t i = 0; i < literal.len; i++) {
        text[4 * i] = '\\';
        text[4 * i + 1] = 'x';
        text[4 * i + 2] = digits[literal.p[i] >> 4];
        text[4 * i + 3] = digits[literal.p[i] & 15];
    }
    return text;
}

static struct expressions express(struct arena *arena, const struct literal *literals, size_t count)
{
    struct expressions e = {
        .texts = arena_alloc(arena, (count + DECOYS_MAX) * sizeof *e.texts),
        .flags = arena_alloc(arena, (count + DECOYS_MAX) * sizeof *e.flags),
        .ids = arena_alloc(arena, (count + DECOYS_MAX) * sizeof *e.ids),
    };
    for (size_t i = 0; i < count + DECOYS_MAX; i++) {
        uint8_t decoy[DECOY_LENGTH];
        for (size_t k = 0; k < DECOY_LENGTH; k++) /* unlike each other and unlike text */
            decoy[k] = (uint8_t)(0x9b + 0x46 * k + 0x1d * i);
        const struct literal nothing = {bytes_of(decoy, sizeof decoy), false};
        const struct literal *l = i < count ? &literals[i] : &nothing;
        e.texts[i] = expression(arena, l->bytes);
        e.flags[i] = HS_FLAG_DOTALL | (l->bytes.len > 1 ? HS_FLAG_SINGLEMATCH : 0) |
                     (l->nocase ? HS_FLAG_CASELESS : 0);
        e.ids[i] = (unsigned)i;
    }
    return e;
}

static hs_database_t *compile(const struct expressions *e, size_t count, const char *cache_dir,
                              struct err *err)
{
    hs_database_t *db = cache_get(cache_dir, e->texts, e->flags, count);
    hs_compile_error_t *wrong = NULL;
    if (db)
        return db;
    if (hs_compile_multi(e->texts, e->flags, e->ids, (unsigned)count, HS_MODE_BLOCK, NULL, &db,
                         &wrong)) {
        err_set(err, "prefilter: %s", wrong ? wrong->message : "cannot compile");
        hs_free_compile_error(wrong);
        return NULL;
    }
    cache_put(cache_dir, e->texts, e->flags, count, db);
    return db;
}

/* ---- does it find them? ---- */

struct sought {
    unsigned id;
    bool found;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *ctx)
{
    struct sought *s = ctx;
    (void)from;
    (void)to;
    (void)flags;
    s->found |= id == s->id;
    return 0;
}

/* Before and behind the place where engines change, near the buffer's end and far from it. */
static bool finds(const hs_database_t *db, hs_scratch_t *scratch, unsigned id, struct bytes literal)
{
    static const uint16_t befores[] = {0, 70, 130}, afters[] = {0, 9, 180};
    uint8_t buffer[TRIAL_BYTES];
    if (literal.len > LITERAL_TRIED_MAX)
        return true;
    for (size_t b = 0; b < sizeof befores / sizeof *befores; b++)
        for (size_t a = 0; a < sizeof afters / sizeof *afters; a++) {
            struct sought s = {id, false};
            memset(buffer, 'x', sizeof buffer);
            memcpy(buffer + befores[b], literal.p, literal.len);
            hs_scan(db, (const char *)buffer, (unsigned)(befores[b] + literal.len + afters[a]), 0,
                    scratch, on_match, &s);
            if (!s.found)
                return false;
        }
    return true;
}

static bool finds_all(const hs_database_t *db, const struct literal *literals, size_t count)
{
    hs_scratch_t *scratch = NULL;
    bool all = true;
    ASSERT(hs_alloc_scratch(db, &scratch) == HS_SUCCESS);
    for (size_t i = 0; i < count && all; i++)
        all = finds(db, scratch, (unsigned)i, literals[i].bytes);
    hs_free_scratch(scratch);
    return all;
}

hs_database_t *database_build(const struct literal *literals, size_t count, const char *cache_dir,
                              struct err *err)
{
    struct arena arena = {0};
    struct expressions e = express(&arena, literals, count);
    hs_database_t *db = NULL;
    bool good = false;
    for (size_t decoys = 0; decoys <= DECOYS_MAX && !good; decoys++) {
        hs_free_database(db);
        db = compile(&e, count + decoys, cache_dir, err);
        if (!db)
            break;
        good = finds_all(db, literals, count);
    }
    arena_release(&arena);
    if (good || !db)
        return db;
    hs_free_database(db);
    err_set(err, "prefilter: this version of Vectorscan (%s) does not find what it is given",
            hs_version());
    return NULL;
}
