/* sensor/detect/value_set.h - a set of values of one width, or of texts, each with a small number.
 *
 * Made for a million hashes: values lie one after the other, an index of four bytes a slot finds
 * them. A reader needs no lock as long as nobody writes. */
#ifndef DETECT_VALUE_SET_H
#define DETECT_VALUE_SET_H
#include "common/bytes.h"

struct value_text {
    uint64_t at; /* in value_set.texts */
    uint32_t len;
};
struct value_set {
    uint64_t seed; /* nobody can tell which values meet in the index */
    size_t width;  /* bytes of each value; 0: texts of any length */
    size_t cap_bytes;
    size_t count, room;
    uint8_t *values;      /* width bytes each, or a struct value_text */
    uint16_t *reputation; /* NULL while all are 0 */
    uint32_t *slots;      /* number of a value plus one, open addressing; 0: free */
    size_t slot_count;
    uint8_t *texts;
    size_t texts_used, texts_room, texts_dead;
};

enum value_result { VALUE_ADDED, VALUE_KNOWN, VALUE_FULL };

/* cap_bytes: of all memory together. */
void value_set_init(struct value_set *s, size_t width, size_t cap_bytes);
void value_set_release(struct value_set *s);
/* Value i of count. */
struct bytes value_at(const struct value_set *s, size_t i);
/* Its number, or -1. A value of another width is not in it. */
ptrdiff_t value_find(const struct value_set *s, struct bytes value);
static inline uint16_t value_reputation(const struct value_set *s, size_t i)
{
    return s->reputation ? s->reputation[i] : 0;
}
/* VALUE_FULL: the memory is used up, or the width is another; nothing changed. */
enum value_result value_add(struct value_set *s, struct bytes value, uint16_t reputation);
/* False when it was not there. */
bool value_remove(struct value_set *s, struct bytes value);
size_t value_set_bytes(const struct value_set *s);

#endif
