/* analyzer/store/tally.c - counts of one transaction, summed here and written once, before anybody
 * reads them and before the commit. */
#include "analyzer/store/tally.h"
#include "analyzer/store/internal.h"

#define HOUR_US (UINT64_C(3600) * 1000000)

static int hour_write(struct store *s, const struct tally_hour *h, struct err *err)
{
    sqlite3_stmt *st = store_stmt(s,
                                  "INSERT INTO hours VALUES(?1,?2,?3,?4,?5)"
                                  " ON CONFLICT DO UPDATE SET n = n + ?5",
                                  err);
    if (!st)
        return -1;
    bind_u64(st, 1, h->hour_us);
    bind_text(st, 2, h->org);
    bind_u64(st, 3, h->severity);
    bind_u64(st, 4, h->drill);
    bind_u64(st, 5, h->count);
    return store_run(s, st, err) < 0 ? -1 : 0;
}

static int epoch_write(struct store *s, const struct tally_epoch *e, struct err *err)
{
    sqlite3_stmt *st =
        store_stmt(s,
                   "INSERT INTO epochs(sensor, epoch, max_seq, alerts) VALUES(?1,?2,?3,?4)"
                   " ON CONFLICT DO UPDATE SET max_seq = max(max_seq, ?3), alerts = alerts + ?4",
                   err);
    if (!st)
        return -1;
    bind_text(st, 1, e->sensor);
    bind_u64(st, 2, e->epoch);
    bind_u64(st, 3, e->max_seq);
    bind_u64(st, 4, e->alerts);
    return store_run(s, st, err) < 0 ? -1 : 0;
}

int tally_write(struct store *s, struct err *err)
{
    struct tally *t = &s->tally;
    for (; t->hour_count > 0; t->hour_count--)
        if (hour_write(s, &t->hours[t->hour_count - 1], err) != 0)
            return -1;
    for (; t->epoch_count > 0; t->epoch_count--)
        if (epoch_write(s, &t->epochs[t->epoch_count - 1], err) != 0)
            return -1;
    return 0;
}

void tally_clear(struct store *s)
{
    s->tally.hour_count = s->tally.epoch_count = 0;
}

static struct tally_hour *hour_of(struct tally *t, const struct alert_row *a)
{
    uint64_t hour_us = a->ts_us - a->ts_us % HOUR_US;
    for (size_t i = t->hour_count; i-- > 0;) {
        struct tally_hour *h = &t->hours[i];
        if (h->hour_us == hour_us && h->severity == a->severity && h->drill == a->drill &&
            strcmp(h->org, a->org) == 0)
            return h;
    }
    struct tally_hour *h = &t->hours[t->hour_count++];
    *h = (struct tally_hour){.hour_us = hour_us, .severity = a->severity, .drill = a->drill};
    snprintf(h->org, sizeof h->org, "%s", a->org);
    return h;
}

static struct tally_epoch *epoch_of(struct tally *t, const struct alert_row *a)
{
    for (size_t i = t->epoch_count; i-- > 0;) {
        struct tally_epoch *e = &t->epochs[i];
        if (e->epoch == a->epoch && strcmp(e->sensor, a->sensor) == 0)
            return e;
    }
    struct tally_epoch *e = &t->epochs[t->epoch_count++];
    *e = (struct tally_epoch){.epoch = a->epoch};
    snprintf(e->sensor, sizeof e->sensor, "%s", a->sensor);
    return e;
}

int tally_alert(struct store *s, const struct alert_row *a, struct err *err)
{
    struct tally *t = &s->tally;
    if ((t->hour_count == TALLY_MAX || t->epoch_count == TALLY_MAX) && tally_write(s, err) != 0)
        return -1;
    hour_of(t, a)->count++;
    struct tally_epoch *e = epoch_of(t, a);
    e->alerts++;
    e->max_seq = a->seq > e->max_seq ? a->seq : e->max_seq;
    return sqlite3_get_autocommit(s->db) ? tally_write(s, err) : 0;
}
