/* analyzer/correlate/correlate.h - the correlation engine: alerts in, incidents and campaigns out.
 *
 * One thread, inside the transaction that archives the alerts: what it remembers is written to the
 * store with them, so a restart forgets nothing and a batch that is rolled back leaves no trace.
 * Time is the alerts' own. Drills are correlated apart from real alerts. */
#ifndef CORRELATE_CORRELATE_H
#define CORRELATE_CORRELATE_H
#include "analyzer/correlate/match.h"
#include "analyzer/store/store.h"

struct correlate;
/* Reads the rules and takes up what was remembered. store is used by this thread alone. NULL and
 * err ("file:line:column: what"). */
struct correlate *correlate_new(const char *rules_dir, struct store *store, struct err *err);
void correlate_free(struct correlate *c);
unsigned correlate_rule_count(const struct correlate *c);

/* One alert that was archived just now, for the first time. 0, or -1 and err. */
int correlate_alert(struct correlate *c, const struct correlate_alert *a, uint64_t now_us,
                    struct err *err);
/* Before the transaction is committed: writes what is remembered, raises and renews incidents. */
int correlate_flush(struct correlate *c, uint64_t now_us, struct err *err);
/* After a rollback: back to what the store holds. 0, or -1 and err (the engine is empty then). */
int correlate_reload(struct correlate *c, struct err *err);

/* Incidents raised, grown or merged away since the last correlate_changes_clear. grown: an
 * organisation more. */
struct correlate_change {
    int64_t incident;
    bool created, grown;
};
const struct correlate_change *correlate_changes(const struct correlate *c, size_t *count);
void correlate_changes_clear(struct correlate *c);

/* Groups forgotten because too many were remembered at once. */
uint64_t correlate_evicted(const struct correlate *c);

#endif
