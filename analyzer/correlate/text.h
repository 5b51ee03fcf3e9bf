/* analyzer/correlate/text.h - placeholders in the texts of rules. */
#ifndef CORRELATE_TEXT_H
#define CORRELATE_TEXT_H
#include <stdint.h>

/* {key} {orgs} {alerts} {values} {first} {last}; times in UTC to the minute. */
struct text_values {
    const char *key;
    uint64_t orgs, alerts, values, first_us, last_us;
};

#define RULE_TEXT_MAX 6144
/* A word in braces that is none of these stays as it is; cut between characters at the end. */
void text_expand(const char *text, const struct text_values *v, char out[RULE_TEXT_MAX]);

#endif
