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

#define REGEX_GROUPS_MAX 8 /* that can be asked for */

struct regex_span {
    size_t start, end;
};
enum regex_result {
    REGEX_FOUND,
    REGEX_ABSENT,
    REGEX_GAVE_UP, /* the limit of steps or depth is reached: neither a match nor its absence */
};
/* First match at or after `from` in `in`. */
enum regex_result regex_find(const struct regex *r, struct regex_scratch *s, struct bytes in,
                             size_t from, struct regex_span *out);
/* A group of the match before; 0 is all of it. False: it took no part. */
bool regex_group(const struct regex_scratch *s, unsigned group, struct regex_span *out);
unsigned regex_group_count(const struct regex *r);
/* Number of the i-th named group, 0 when there are no more. */
unsigned regex_named(const struct regex *r, unsigned i, struct bytes *name);

#endif
