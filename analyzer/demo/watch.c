/* analyzer/demo/watch.c - waits until everything has arrived where it belongs. See demo.h.
 *
 * Four conditions, one after the other: the sensors have ended, the archive holds every record they
 * generated, the campaign stands, every notice lies in its recipient's mailbox. */
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

static void count_incident(void *ctx, const struct incident_row *in)
{
    (void)in;
    ++*(size_t *)ctx;
}

static int campaign_stands(struct demo *d, bool *stands, struct err *err)
{
    size_t found = 0;
    struct incident_filter campaigns = {.kind = "campaign"};
    int rc = store_incidents(d->store, &campaigns, count_incident, &found, err);
    *stands = found > 0;
    return rc;
}

/* One recipient's notices, and how many messages lie in the mailbox for it. */
struct mail_check {
    const struct demo *demo;
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
    struct mail_check c = {.demo = d};
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

int demo_watch(struct demo *d, struct err *err)
{
    for (;;) {
        bool campaign = false, delivered = false;
        if (refresh(d, err) != 0)
            return -1;
        demo_progress(d);
        bool archived = sensors_ended(d) && all_archived(d);
        if (archived && campaign_stands(d, &campaign, err) != 0)
            return -1;
        if (campaign && notices_delivered(d, &delivered, err) != 0)
            return -1;
        if (delivered)
            return 0;
        const char *waiting = !sensors_ended(d) ? "the sensors to end"
                              : !archived       ? "all records to reach the archive"
                              : !campaign       ? "the campaign to be found"
                                                : "the notices to reach their mailboxes";
        if (demo_wait(d, waiting, err) != 0)
            return -1;
    }
}
