/* sensor/detect/nearest.h - "did you mean": the known word closest to a mistyped one. */
#ifndef DETECT_NEAREST_H
#define DETECT_NEAREST_H
#include "common/bytes.h"

struct nearest {
    struct bytes word;
    const char *best; /* NULL: nothing is close */
    size_t distance;
};

struct nearest nearest_to(struct bytes word);
/* Borrowed. Of equally close ones the first stays. */
void nearest_offer(struct nearest *n, const char *candidate);
/* Keywords, buffers and legacy modifiers. */
const char *nearest_keyword(struct bytes word);

#endif
