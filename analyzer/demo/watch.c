/* analyzer/demo/watch.c - waits until everything has arrived where it belongs. See demo.h.
 *
 * Four conditions, one after the other: the sensors have ended, the archive holds every record they
 * generated, a grave campaign stands, every incident has its notices and they lie in the mailbox.
 */
#include "analyzer/demo/demo.h"
#include "analyzer/store/incidents.h"
#include "analyzer/store/notices.h"
#include "analyzer/store/sensors.h"
#include <string.h>

/* ---- sensors and archive ---- */

static void note_epoch(void *ctx, const struct epoch_row *e)
{
    struct demo_sensor *s = ctx;
    s->arrived = e->alerts + e->stats + e->dead;
    s->alerts = e->alerts;
    s->packets = e->packets_seen;
}

static int refresh(struct demo *d, struct err *err)
{
    for (size_t i = 0; i < d->sensor_count; i++) {
        struct demo_sensor *s = &d->sensors[i];
        struct ledger ledger;
        if (store_epochs(d->store, s->name, note_epoch, s, err) != 0)
            return -1;
        if (s->child->running || s->book.generated)
            continue;
        if (ledger_read(s->spool, &ledger, err) != 0)
            return -1;
        if (ledger.count)
            s->book = ledger.epochs[ledger.count - 1];
    }
    return 0;
}

static bool sensors_ended(const struct demo *d)
{
    for (size_t i = 0; i < d->sensor_count; i++)
        if (d->sensors[i].child->running)
            return false;
    return true;
}

static bool all_archived(const struct demo *d)
{
    for (size_t i = 0; i < d->sensor_count; i++)
        if (!d->sensors[i].book.generated || d->sensors[i].arrived < d->sensors[i].book.generated)
            return false;
    return true;
}

/* ---- campaign and notices ---- */

/* What the archive says of incidents: is there a grave one over several organisations, and which
 * has no notice yet? */
struct incident_check {
    struct demo *demo;
    bool campaign, all_told;
};

static void count_notice(void *ctx, const struct notice_row *n)
{
    (void)n;
    ++*(size_t *)ctx;
}

static void check_incident(void *ctx, const struct incident_row *in)
{
    struct incident_check *c = ctx;
    size_t notices = 0;
    struct notice_filter of = {.incident = in->id, .limit = 1};
    if (strcmp(in->kind, "campaign") == 0 && in->severity == 1 && in->org_count > 1)
        c->campaign = true;
    if (store_notices(c->demo->store, &of, count_notice, &notices, NULL) != 0 || notices == 0)
        c->all_told = false;
}

/* One recipient's notices, and how many messages lie in the mailbox for it. */
struct mail_check {
    struct {
        char address[256];
        size_t sent;
    } to[64];
    size_t count;
    size_t notices, missing;
};

static void note_recipient(void *ctx, const struct notice_row *n)
{
    struct mail_check *c = ctx;
    size_t i = 0;
    while (i < c->count && strcmp(c->to[i].address, n->address) != 0)
        i++;
    c->notices++;
    if (i == sizeof c->to / sizeof *c->to) {
        c->missing++;
        return;
    }
    if (i == c->count)
        snprintf(c->to[c->count++].address, sizeof c->to[0].address, "%s", n->address);
    c->to[i].sent++;
}

static int notices_delivered(struct demo *d, bool *delivered, struct err *err)
{
    struct notice_counts counts;
    struct mail_check c = {.count = 0};
    struct notice_filter all = {.limit = 1000};
    if (store_notice_counts(d->store, &(struct store_scope){.count = 0}, STORE_REAL, &counts,
                            err) != 0 ||
        store_notices(d->store, &all, note_recipient, &c, err) != 0)
        return -1;
    if (counts.failed)
        return err_set(err, "%zu notices could not be sent", (size_t)counts.failed);
    for (size_t i = 0; i < c.count; i++)
        if (mailbox_count(d->mail, c.to[i].address) < c.to[i].sent)
            c.missing++;
    *delivered = c.notices > 0 && c.missing == 0 && counts.queued == 0;
    return 0;
}

/* What is still missing, in order; NULL when all is there. -1 and err when it cannot be told. */
static int missing(struct demo *d, const char **what, struct err *err)
{
    struct incident_check c = {.demo = d, .all_told = true};
    struct incident_filter all = {.state = "open", .limit = 1000};
    bool delivered = false;
    *what = "the sensors to end";
    if (!sensors_ended(d))
        return 0;
    *what = "all records to reach the archive";
    if (!all_archived(d))
        return 0;
    if (store_incidents(d->store, &all, check_incident, &c, err) != 0)
        return -1;
    *what = "a grave campaign to be found";
    if (!c.campaign)
        return 0;
    *what = "the notices to reach their mailboxes";
    if (c.all_told && notices_delivered(d, &delivered, err) != 0)
        return -1;
    if (delivered)
        *what = NULL;
    return 0;
}

int demo_watch(struct demo *d, struct err *err)
{
    const char *what;
    for (;;) {
        if (refresh(d, err) != 0)
            return -1;
        demo_progress(d);
        if (missing(d, &what, err) != 0)
            return -1;
        if (!what)
            return 0;
        if (demo_wait(d, what, err) != 0)
            return -1;
    }
}
