/* analyzer/rules/flowbits.h - which flowbits rules set and test. */
#ifndef RULES_FLOWBITS_H
#define RULES_FLOWBITS_H
#include "analyzer/rules/book.h"
#include "common/bytes.h"

struct flowbit {
    struct bytes names; /* "a", or "a|b" */
    bool sets, tests;   /* set, unset, toggle; isset, isnotset */
};
/* The rule's k-th flowbits option; false: no more. */
bool flowbit_at(const struct rule_row *r, int k, struct flowbit *out);

/* Names; sorted once all are in, then asked. Views of the rows. */
struct bit_set {
    struct bytes *names;
    size_t count, cap;
};
void bit_set_add(struct bit_set *s, struct bytes names);
void bit_set_sort(struct bit_set *s);
/* Whether it holds one of "a|b". */
bool bit_set_holds(const struct bit_set *s, struct bytes names);
void bit_set_release(struct bit_set *s);

#endif
