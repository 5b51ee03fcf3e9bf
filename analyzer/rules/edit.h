/* analyzer/rules/edit.h - drop.conf and modify.conf: changes to a rule's text.
 *
 *   2019401 "seconds \d+" "seconds 3600"         matcher, expression, replacement
 *   modifysid * "^drop(.*)" | "alert${1}"        as Oinkmaster wrote it
 *   metadata-add re:"SURICATA STREAM" "key" "value"
 *
 * Source: the suricata-update documentation. */
#ifndef RULES_EDIT_H
#define RULES_EDIT_H
#include "analyzer/rules/matcher.h"

struct edits;
/* A file of them; a line that is not understood is told and passed over. NULL and err. */
struct edits *edits_read(const char *path, struct err *err);
void edits_free(struct edits *e);
/* All edits that fit, one after the other. The new text, the caller's to free; NULL: none fits. A
 * replacement that fails is told, once for its line, and leaves the rule as it was. */
char *edits_apply(struct edits *e, const struct rule_row *r, const char *name, const char *text);

/* The rule with "drop" as its action. */
char *edit_to_drop(const char *text);
/* The rule with one option more before its last ')'; NULL when it has none. */
char *edit_add_option(const char *text, const char *option);

/* Words of a line, as a shell cuts them: blanks, '...', "..." and '\'. Written over the line.
 * Returns how many, or -1 when a quote is not closed or there are more than max. */
int edit_words(char *line, char **words, int max);

#endif
