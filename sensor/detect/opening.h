/* sensor/detect/opening.h - with which bytes the payload has to begin for a rule that no pattern
 * selects.
 *
 * Most of these rules want one or two bytes at a fixed place near the beginning, and most packets
 * have others there, or no bytes at all. */
#ifndef DETECT_OPENING_H
#define DETECT_OPENING_H
#include "sensor/detect/signature.h"

struct opening {
    uint32_t mask, bytes; /* in the order of memory: of the first four, what is fixed */
    bool some;            /* there have to be bytes */
};
/* For s->payload, which may be NULL: then nothing is asked. */
struct opening opening_of(const struct signature *s);

/* First bytes of all that is looked at with a packet. */
#define BEGINNINGS_MAX 4
struct beginnings {
    uint32_t first[BEGINNINGS_MAX];
    unsigned count; /* beyond BEGINNINGS_MAX: more than are kept */
};
void beginnings_add(struct beginnings *b, struct bytes bytes);
/* False: the rule cannot match in any of it. */
static inline bool opening_may_match(const struct opening *o, const struct beginnings *b)
{
    bool fits = !o->some || b->count > BEGINNINGS_MAX;
    for (unsigned i = 0; i < b->count && !fits; i++)
        fits = (b->first[i] & o->mask) == o->bytes;
    return fits;
}

#endif
