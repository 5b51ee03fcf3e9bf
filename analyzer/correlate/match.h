/* analyzer/correlate/match.h - which stage of a rule an alert belongs to, and what it is grouped
 * by. */
#ifndef CORRELATE_MATCH_H
#define CORRELATE_MATCH_H
#include "analyzer/correlate/rule.h"
#include "analyzer/store/alerts.h"
#include <cjson/cJSON.h>

/* An alert as the engine sees it: archived row (enriched, detection set) and its rule's metadata.
 */
struct correlate_alert {
    const struct alert_row *row;
    const cJSON *metadata; /* alert.metadata: {"key": ["value", ...]}, or NULL */
};

bool stage_matches(const struct rule_stage *s, const struct correlate_alert *a);

/* The field's value; "" when the alert has none. scratch keeps numbers as text. */
#define FIELD_TEXT_MAX 24
const char *field_value(enum rule_field f, const struct alert_row *a, char scratch[FIELD_TEXT_MAX]);

/* The group's key: values of group_by and, when it is not FIELD_NONE, of `other`, separated by
 * spaces. False when one of them is missing: the alert is in no group. */
#define GROUP_KEY_MAX 640
bool group_key(const struct rule *r, enum rule_field other, const struct alert_row *a,
               char out[GROUP_KEY_MAX]);

#endif
