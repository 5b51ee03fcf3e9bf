/* mpm/database.c - see database.h. Literals go in as \xNN through hs_compile_multi, because the
 * literal compiler mishandles a leading NUL. */
#include "sensor/detect/mpm/database.h"

#include "sensor/detect/mpm/cache.h"

#define DECOYS_MAX   8
#define DECOY_LENGTH 5

/* Longer literals go to engines that look for a part of them and compare the rest. */
#define LITERAL_TRIED_MAX 32
#define TRIAL_BYTES       512
#define TRIAL_ALIGN       64
#define SMALL_SET         256 /* literals; larger ones go to other engines, and take time */

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

static hs_database_t *compile(const struct expressions *e, size_t count, struct err *err)
{
    hs_database_t *db = NULL;
    hs_compile_error_t *wrong = NULL;
    if (hs_compile_multi(e->texts, e->flags, e->ids, (unsigned)count, HS_MODE_BLOCK, NULL, &db,
                         &wrong)) {
        err_set(err, "prefilter: %s", wrong ? wrong->message : "cannot compile");
        hs_free_compile_error(wrong);
    }
    return db;
}

/* What lies in the cache was tried before it was put there. */
static hs_database_t *look_up(const struct expressions *e, size_t count, const char *cache_dir)
{
    hs_database_t *db = NULL;
    for (size_t decoys = 0; decoys <= DECOYS_MAX && !db; decoys++)
        db = cache_get(cache_dir, e->texts, e->flags, count + decoys);
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

/* Whether the literal is found behind so many other bytes and before so many, in a buffer that
 * begins so far behind a multiple of TRIAL_ALIGN. */
static bool finds_at(const hs_database_t *db, hs_scratch_t *scratch, struct sought s,
                     struct bytes literal, size_t shift, size_t before, size_t after)
{
    _Alignas(TRIAL_ALIGN) uint8_t room[TRIAL_BYTES];
    uint8_t *buffer = room + shift;
    memset(buffer, 'x', before + literal.len + after);
    memcpy(buffer + before, literal.p, literal.len);
    hs_scan(db, (const char *)buffer, (unsigned)(before + literal.len + after), 0, scratch,
            on_match, &s);
    return s.found;
}

/* Before and behind the place where engines change, near the buffer's end and far from it, at every
 * `step` bytes of a vector register. */
static bool finds(const hs_database_t *db, hs_scratch_t *scratch, unsigned id, struct bytes literal,
                  size_t step)
{
    static const uint16_t befores[] = {0, 70, 130}, afters[] = {0, 9, 180};
    const struct sought s = {id, false};
    if (literal.len > LITERAL_TRIED_MAX)
        return true;
    for (size_t shift = 0; shift < TRIAL_ALIGN; shift += step)
        for (size_t b = 0; b < sizeof befores / sizeof *befores; b++)
            for (size_t a = 0; a < sizeof afters / sizeof *afters; a++)
                if (!finds_at(db, scratch, s, literal, shift, befores[b], afters[a]))
                    return false;
    return true;
}

static bool finds_all(const hs_database_t *db, const struct literal *literals, size_t count)
{
    hs_scratch_t *scratch = NULL;
    bool all = true;
    size_t step = count > SMALL_SET ? TRIAL_ALIGN : 5;
    ASSERT(hs_alloc_scratch(db, &scratch) == HS_SUCCESS);
    for (size_t i = 0; i < count && all; i++)
        all = finds(db, scratch, (unsigned)i, literals[i].bytes, step);
    hs_free_scratch(scratch);
    return all;
}

/* Compiles until the database finds what it is given; how many decoys that took. */
static hs_database_t *compile_tried(const struct expressions *e, const struct literal *literals,
                                    size_t count, size_t *decoys, struct err *err)
{
    for (*decoys = 0; *decoys <= DECOYS_MAX; ++*decoys) {
        hs_database_t *db = compile(e, count + *decoys, err);
        if (!db || finds_all(db, literals, count))
            return db;
        hs_free_database(db);
    }
    err_set(err, "prefilter: this version of Vectorscan (%s) does not find what it is given",
            hs_version());
    return NULL;
}

hs_database_t *database_build(const struct literal *literals, size_t count, const char *cache_dir,
                              struct err *err)
{
    struct arena arena = {0};
    struct expressions e = express(&arena, literals, count);
    size_t decoys = 0;
    hs_database_t *db = look_up(&e, count, cache_dir);
    if (!db && (db = compile_tried(&e, literals, count, &decoys, err)))
        cache_put(cache_dir, e.texts, e.flags, count + decoys, db);
    arena_release(&arena);
    return db;
}
