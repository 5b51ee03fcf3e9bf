/* mpm/literals.c - the literals of a rule set and the bytes each is known by; see literals.h. */
#include "common/err.h"
#include "sensor/detect/mpm/grams.h"

enum {
    OFFSETS_TRIED = 64, /* of a literal */
    RARE = 14,
    CROWDED = 3, /* what a gram is worth less for each literal that is known by it already */
    CROWDS_LOG = 14,
};
#define HASH UINT32_C(0x9E3779B1)

/* Literals that are known by a gram, by its hash. */
struct crowds {
    uint16_t of[1 << CROWDS_LOG];
};

static uint16_t *crowd(struct crowds *c, uint32_t gram)
{
    return &c->of[gram * HASH >> (32 - CROWDS_LOG)];
}

/* How much a byte says where its case does not count. */
static int rarity_of_byte(uint8_t byte)
{
    static const char by_rarity[] = " etaonrisldchmpuf/.-:=\"0123456789gwybvk_;,&";
    uint8_t folded = (uint8_t)(byte | (FOLD & 0xff));
    const char *at = memchr(by_rarity, folded, sizeof by_rarity - 1);
    return byte == 0xff ? 0 : at ? (int)(at - by_rarity) / 4 : RARE;
}

/* Words that traffic is full of say nothing, nor does a byte again and again. */
static int rarity_of_gram(const uint8_t *p)
{
    static const char words[][GRAM + 1] = {"http", "ttp:", "ttp/", "tp:/", "tps:", "p://", "://w",
                                           "//ww", "/www", "www.", ".com", "user", "-age", "agen",
                                           "gent", "cont", "onte", "nten", "tent", "-typ", "type",
                                           "ion:", "host", "loca", "acce", "text", "imag", "html"};
    int sum = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (gram_at(p) == gram_at((const uint8_t *)words[i]))
            return 0;
    for (size_t i = 0; i < GRAM; i++)
        sum += i && p[i] == p[i - 1] ? 0 : rarity_of_byte(p[i]);
    return sum;
}

/* The offset of so many grams in a row of which the commonest is rarest, and that not many others
 * are known by; 0: there are not so many. */
static uint16_t rarest(struct bytes b, unsigned in_a_row, struct crowds *crowds)
{
    int worth[OFFSETS_TRIED] = {0}, best = INT32_MIN;
    size_t count = b.len < GRAM ? 0 : b.len - GRAM + 1, chosen = 0;
    count = count < OFFSETS_TRIED ? count : OFFSETS_TRIED;
    for (size_t at = 0; at < count; at++)
        worth[at] = rarity_of_gram(b.p + at) - CROWDED * *crowd(crowds, gram_at(b.p + at));
    for (size_t at = 0; at + in_a_row <= count; at++) {
        int least = worth[at];
        for (size_t i = 1; i < in_a_row; i++)
            least = worth[at + i] < least ? worth[at + i] : least;
        if (least <= best)
            continue;
        best = least;
        chosen = at;
    }
    for (size_t i = 0; i < in_a_row && chosen + i < count; i++)
        ++*crowd(crowds, gram_at(b.p + chosen + i));
    return (uint16_t)chosen;
}

struct literals *literals_new(const struct literal *list, size_t count)
{
    struct literals *l = calloc(1, sizeof *l);
    struct crowds *crowds = calloc(3, sizeof *crowds); /* of each way of looking */
    ASSERT(l && crowds);
    l->count = count;
    l->list = calloc(count + 1, sizeof *l->list);
    l->grams = calloc(count + 1, sizeof *l->grams);
    ASSERT(l->list && l->grams);
    for (size_t i = 0; i < count; i++) {
        struct bytes b = arena_copy(&l->arena, list[i].bytes);
        l->list[i] = (struct literal){b, list[i].nocase, list[i].ends_by};
        l->grams[i] = (struct literal_grams){.one = rarest(b, 1, &crowds[0]),
                                             .row = rarest(b, STRIDE, &crowds[1]),
                                             .wide = rarest(b, WIDE, &crowds[2])};
    }
    free(crowds);
    return l;
}

void literals_free(struct literals *l)
{
    if (!l)
        return;
    free(l->list);
    free(l->grams);
    arena_release(&l->arena);
    free(l);
}

/* ---- what was found ---- */

void literals_seen_grow(struct literals_seen *s, const struct literals *l)
{
    if (l->count <= s->count)
        return;
    free(s->stamps);
    s->stamps = calloc(l->count, sizeof *s->stamps);
    ASSERT(s->stamps);
    s->count = l->count;
    s->scan = 0;
}

void literals_seen_release(struct literals_seen *s)
{
    free(s->stamps);
    *s = (struct literals_seen){0};
}
