/* keywords/number.h - numbers of a transaction: what rows of app_buffer with a `number` mean to
 * rules. */
#ifndef DETECT_KEYWORDS_NUMBER_H
#define DETECT_KEYWORDS_NUMBER_H
#include "sensor/detect/keyword.h"

/* The rule asks of the number called `name` what `value` says: a comparison or range as for
 * number_range_parse, one of its words ("CONNECT", "!CONNECT"), or its bits. 0, or -1 and err. */
int build_number(struct build *b, const char *name, const struct app_number *kind,
                 struct bytes value, struct err *err);
/* What a number buffer holds, for match functions of items with a grammar of their own. */
static inline uint64_t walk_number(const struct walk *w)
{
    uint64_t n = 0;
    if (w->buffer.len == sizeof n)
        memcpy(&n, w->buffer.p, sizeof n);
    return n;
}

#endif
