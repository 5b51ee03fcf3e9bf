/* analyzer/http/throttle.c - see throttle.h. */
#include "analyzer/http/throttle.h"
#include <sodium.h>
#include <string.h>
#include <xxhash.h>

void throttle_init(struct throttle *t)
{
    memset(t, 0, sizeof *t);
    randombytes_buf(&t->salt, sizeof t->salt);
}

static struct throttle_slot *slot_of(struct throttle *t, const char *kind, const char *who,
                                     uint64_t *key)
{
    uint64_t salt = XXH3_64bits_withSeed(kind, strlen(kind), t->salt);
    *key = XXH3_64bits_withSeed(who, strlen(who), salt);
    return &t->slots[*key % THROTTLE_SLOTS];
}

uint64_t throttle_try(struct throttle *t, const char *kind, const char *who, unsigned limit,
                      uint64_t forget_us, uint64_t now_us)
{
    uint64_t key;
    struct throttle_slot *s = slot_of(t, kind, who, &key);
    double forgotten = now_us > s->at_us ? (double)(now_us - s->at_us) / (double)forget_us : 0;
    double level = s->level > forgotten ? s->level - forgotten : 0;
    if (level + 1 > limit)
        return (uint64_t)((level + 1 - limit) * (double)forget_us) + 1;
    *s = (struct throttle_slot){key, level + 1, now_us};
    return 0;
}

void throttle_forgive(struct throttle *t, const char *kind, const char *who)
{
    uint64_t key;
    struct throttle_slot *s = slot_of(t, kind, who, &key);
    if (s->key == key)
        s->level = s->level > 1 ? s->level - 1 : 0;
}
