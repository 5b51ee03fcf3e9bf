/* analyzer/notice/notice.h - who is told what: notices for an incident, queued in the store.
 *
 * For every organisation concerned that is in state `monitored`: both lanes at once to its own
 * contacts, to those of its competent ministry, and, when centre ipa watches it, to centre nisc. A
 * notice holds what was seen at that organisation alone; of others it says how many agreed to be
 * counted, and names those that agreed to be named. Queueing is idempotent. */
#ifndef NOTICE_NOTICE_H
#define NOTICE_NOTICE_H
#include "analyzer/directory/directory.h"
#include "analyzer/store/incidents.h"
#include "analyzer/store/notices.h"

typedef void notice_queued_fn(void *ctx, const struct notice_row *n);

/* Queues what is missing for the incident, within the caller's transaction; calls back for each
 * notice that is new. How many, or -1 and err. */
int notice_issue(struct store *s, const struct directory *d, int64_t incident, uint64_t now_us,
                 notice_queued_fn *fn, void *ctx, struct err *err);

#endif
