/* analyzer/rules/book.h - rules as the sensor understands them.
 *
 * `sekisho-sensor --engine-analysis` reads the files and says what each rule is; nothing here knows
 * the rule language. */
#ifndef RULES_BOOK_H
#define RULES_BOOK_H
#include "common/err.h"
#include "common/option.h"
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

struct rule_row {
    cJSON *json; /* the sensor's words; the texts below are views of it */
    const char *file, *msg;
    const char *raw;        /* its very bytes, UTF-8 or not */
    char *bytes;            /* those of a rule that is no UTF-8, owned */
    const char *error;      /* NULL: it can be used */
    uint32_t gid, sid, rev; /* sid 0: none */
    bool enabled;
    bool noalert; /* it matches without an alert; known of rules that can be used */
};
struct rule_book {
    struct rule_row *rows; /* as they stand in the files */
    size_t count, cap;
};

struct book_options {
    const struct option_list *files; /* each may be a glob */
    const char *config;              /* the sensor's -c; NULL: none */
    bool whole;                      /* keep what the engine does with each rule, too */
};
/* 0, or -1 and err: the sensor cannot be run or a file not be read. */
int book_read(struct rule_book *b, const struct book_options *o, struct err *err);
void book_release(struct rule_book *b);
/* The rule of that number with the highest revision; NULL: none. Cost: O(n). */
struct rule_row *book_find(const struct rule_book *b, uint32_t gid, uint32_t sid);

/* "emerging-dns.rules": the name without its folders. */
const char *row_group(const struct rule_row *r);
/* The text of a member, "" when it has none. */
const char *row_text(const struct rule_row *r, const char *member);
/* "command,bit" of its k-th flowbits option; NULL: no more. */
const char *row_flowbit(const struct rule_row *r, int k);

#endif
