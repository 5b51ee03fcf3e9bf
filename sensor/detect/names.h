/* sensor/detect/names.h - texts to small numbers: 0, 1, 2 ... in order of arrival. */
#ifndef DETECT_NAMES_H
#define DETECT_NAMES_H
#include "common/arena.h"

struct names {
    struct bytes *list; /* by number */
    uint32_t *slots;    /* number + 1, open addressing; 0: free */
    size_t count, cap, slot_count;
};

/* The text's number, or -1. */
int names_find(const struct names *n, struct bytes text);
/* Its number, given now when it is new (then the text is copied into the arena). */
int names_add(struct names *n, struct arena *arena, struct bytes text);
/* Makes n, still empty, hold what `from` holds, under the same numbers. */
void names_copy(struct names *n, struct arena *arena, const struct names *from);
void names_release(struct names *n);

#endif
