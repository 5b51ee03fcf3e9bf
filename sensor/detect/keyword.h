/* sensor/detect/keyword.h - what a rule keyword is: one struct, one row of keyword_table.h. */
#ifndef DETECT_KEYWORD_H
#define DETECT_KEYWORD_H
#include "sensor/detect/build.h"
#include "sensor/detect/inspect.h"

enum keyword_flag {
    KEYWORD_NO_VALUE = 1 << 0,       /* "nocase;" */
    KEYWORD_OPTIONAL_VALUE = 1 << 1, /* "requires no value but takes one" */
    KEYWORD_IP_ONLY = 1 << 2,        /* may stand in a rule about addresses alone */
    KEYWORD_PACKET = 1 << 3,         /* about one packet: so payload conditions are about its own */
    KEYWORD_EVENT = 1 << 4,          /* decoder events */
    KEYWORD_META = 1 << 5,           /* says something about the rule, tests nothing */
    KEYWORD_QUOTED = 1 << 6,         /* the value stands in quotes, a '!' before them */
};

struct keyword {
    const char *name;
    const char *aliases; /* other spellings, space-separated; NULL: none */
    const char *summary, *example;
    unsigned flags;
    /* Reads the value (trimmed, quotes still on) into the signature under construction. With match
     * set, *arg becomes its argument. 0, or -1 and what is wrong, without the keyword's name. */
    int (*parse)(struct build *b, struct bytes value, const void **arg, struct err *err);
    condition_fn *match; /* NULL: parse added what there is to test */
};

/* By any of its spellings; NULL: unknown. Buffers of app/ are not in here: see buffers.c. */
const struct keyword *keyword_find(struct bytes name);
/* All of them, 0, 1, 2 ...; NULL behind the last. */
const struct keyword *keyword_at(size_t i);

/* parse of keywords that take no value and only want their match run. */
int keyword_parse_nothing(struct build *b, struct bytes value, const void **arg, struct err *err);

/* ---- numbers with a comparison: "5", "<5", ">5", "<=5", ">=5", "!5", "5-10", "5<>10" ----
 * Ranges leave both ends out, as with Suricata 7. */
struct number_range {
    uint64_t low, high; /* inclusive */
    bool negated;
};
int number_range_parse(struct bytes text, uint64_t max, struct number_range *out, struct err *err);
static inline bool number_range_holds(const struct number_range *r, uint64_t n)
{
    return (n >= r->low && n <= r->high) != r->negated;
}
/* parse functions for *arg = struct number_range up to 8, 16, 32 bits. */
int keyword_parse_u8(struct build *b, struct bytes value, const void **arg, struct err *err);
int keyword_parse_u16(struct build *b, struct bytes value, const void **arg, struct err *err);
int keyword_parse_u32(struct build *b, struct bytes value, const void **arg, struct err *err);
/* Decimal or 0x hex, with sign when min < 0. */
bool number_parse(struct bytes text, int64_t min, int64_t max, int64_t *out);

#endif
