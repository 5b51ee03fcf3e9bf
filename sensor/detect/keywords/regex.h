/* keywords/regex.h - PCRE2 with JIT and limits, shared by pcre and pcrexform. */
#ifndef DETECT_KEYWORDS_REGEX_H
#define DETECT_KEYWORDS_REGEX_H
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "common/bytes.h"
#include "common/err.h"

struct regex; /* compiled, immutable; freed through regex_free_all of its owner */

/* pattern without slashes; flags as in rules: i m s x A E G. NULL and err. The caller frees. */
struct regex *regex_new(struct bytes pattern, struct bytes flags, struct err *err);
void regex_free(struct regex *r);

struct regex_scratch *regex_scratch_new(void); /* one per worker */
void regex_scratch_free(struct regex_scratch *s);

/* First match at or after `from` in `in`: its span, or the span of group 1 with group set. Limits
 * of steps and depth end a match as "no". */
struct regex_span {
    size_t start, end;
};
bool regex_find(const struct regex *r, struct regex_scratch *s, struct bytes in, size_t from,
                bool group, struct regex_span *out);

#endif
