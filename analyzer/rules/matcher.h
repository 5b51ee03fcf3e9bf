/* analyzer/rules/matcher.h - which rules a line of disable.conf and its like means.
 *
 *   2019401            1:2019401          2019401, 1:2019402    by number
 *   re:heartbleed      group:emerging-dos.rules     group:emerging*     emerging-dos.rules
 *   filename:rules/x*  metadata:deployment perimeter                    *
 *
 * Source: the suricata-update documentation, "Rule Matching". */
#ifndef RULES_MATCHER_H
#define RULES_MATCHER_H
#include "analyzer/rules/book.h"

struct matcher;
/* One matcher's text. NULL and err. */
struct matcher *matcher_new(const char *text, struct err *err);
void matcher_free(struct matcher *m);
/* name: the file the rule came from, with its folders in the source. text: the rule as it stands.
 */
bool matcher_holds(const struct matcher *m, const struct rule_row *r, const char *name,
                   const char *text);

/* A file of them, a line each; '#' begins a remark. A line that is not understood is told and
 * passed over, as suricata-update does. -1 and err only when the file cannot be read. */
struct matchers {
    struct matcher **all;
    size_t count;
};
int matchers_read(struct matchers *m, const char *path, struct err *err);
void matchers_release(struct matchers *m);
bool matchers_hold(const struct matchers *m, const struct rule_row *r, const char *name,
                   const char *text);

/* The next line of such a file without its remark, NUL-terminated in place; NULL: no more. *number
 * counts from 1. */
char *conf_line(char **rest, unsigned *number);

#endif
