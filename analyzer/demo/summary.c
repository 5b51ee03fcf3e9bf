/* analyzer/demo/summary.c - what came of it, for a person to read. See demo.h. */
#include "analyzer/demo/demo.h"
#include "analyzer/store/alerts.h"
#include "analyzer/store/incidents.h"
#include "analyzer/store/notices.h"
#include "common/file.h"
#include "common/text.h"
#include <inttypes.h>
#include <string.h>

#define ACCOUNT_CAP_BYTES (1u << 20)
#define INCIDENTS_SHOWN   64

static const struct store_scope everything;

static void heading(const char *text)
{
    printf("\n%s\n", text);
}

static void say(const char *before, const char *text)
{
    char clean[1024];
    snprintf(clean, sizeof clean, "%s", text);
    text_scrub(clean);
    printf("%s%s\n", before, clean);
}

static void print_sensors(const struct demo *d)
{
    char packets[32], records[32];
    heading("Packets");
    for (size_t i = 0; i < d->sensor_count; i++) {
        const struct demo_sensor *s = &d->sensors[i];
        printf("  %-16s %-28s %9s packets  %6s records\n", s->name, s->org->name.en,
               text_thousands(s->packets, packets), text_thousands(s->book.generated, records));
    }
}

static void print_org(void *ctx, const struct org_counts *c)
{
    const struct org *o = directory_org(ctx, c->org);
    char digits[5][32];
    printf("  %-12s %-28s %6s", c->org, o ? o->name.en : "", text_thousands(c->alerts, digits[0]));
    for (int severity = 1; severity <= 4; severity++)
        printf("  %6s", text_thousands(c->by_severity[severity], digits[severity]));
    printf("  %6" PRIu64 "\n", c->detections);
}

static int print_orgs(struct demo *d, struct err *err)
{
    heading("Alerts");
    printf("  %-12s %-28s %6s  %6s  %6s  %6s  %6s  %s\n", "organisation", "", "all", "sev 1",
           "sev 2", "sev 3", "sev 4", "detections");
    return store_org_counts(d->store, &everything, STORE_REAL, print_org, d->directory, err);
}

static void print_part(void *ctx, const struct incident_org_row *o)
{
    (void)ctx;
    char first[TEXT_TIME_MAX], last[TEXT_TIME_MAX];
    text_time_eve(o->first_us, first);
    text_time_eve(o->last_us, last);
    printf("      %-12s %" PRIu64 " alerts in %" PRIu64 " detections, %.16s to %.16s UTC\n", o->org,
           o->alerts, o->detections, first, last);
}

static void print_incident(void *ctx, const struct incident_row *in)
{
    struct demo *d = ctx;
    printf("  #%" PRId64 " severity %u, rule %s\n", in->id, in->severity, in->rule);
    say("    ", in->title.en);
    say("    ", in->title.ja);
    say("    why: ", in->why.en);
    store_incident_orgs(d->store, &everything, in->id, print_part, NULL, NULL);
}

/* ---- incidents, gravest and oldest first ---- */

struct incident_entry {
    int64_t id;
    uint64_t first_us;
    uint32_t severity;
    bool campaign, open;
};
struct incident_list {
    struct incident_entry rows[INCIDENTS_SHOWN];
    size_t count, beyond;
};

static void note_incident(void *ctx, const struct incident_row *in)
{
    struct incident_list *l = ctx;
    if (l->count == INCIDENTS_SHOWN) {
        l->beyond++;
        return;
    }
    l->rows[l->count++] = (struct incident_entry){.id = in->id,
                                                  .first_us = in->first_us,
                                                  .severity = in->severity,
                                                  .campaign = strcmp(in->kind, "campaign") == 0,
                                                  .open = strcmp(in->state, "open") == 0};
}

static int graver_then_older(const void *a, const void *b)
{
    const struct incident_entry *x = a, *y = b;
    if (x->severity != y->severity)
        return x->severity < y->severity ? -1 : 1;
    if (x->first_us != y->first_us)
        return x->first_us < y->first_us ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static int print_incidents(struct demo *d, const struct incident_list *l, bool campaigns,
                           const char *title, struct err *err)
{
    heading(title);
    for (size_t i = 0; i < l->count; i++)
        if (l->rows[i].open && l->rows[i].campaign == campaigns &&
            store_incident(d->store, &everything, l->rows[i].id, print_incident, d, err) < 0)
            return -1;
    return 0;
}

/* ---- notices, by incident ---- */

static void print_notice(void *ctx, const struct notice_row *n)
{
    (void)ctx;
    char line[1024], about[96] = "";
    if (strcmp(n->role, "organisation") != 0)
        snprintf(about, sizeof about, " about %s", n->org);
    snprintf(line, sizeof line, "  #%-3" PRId64 " %-28s %-10s %s  %-6s as %s%s", n->incident,
             n->address, n->lane, n->language, n->state, n->role, about);
    say("", line);
    say("       ", n->subject);
}

static int print_notices(struct demo *d, const struct incident_list *l, struct err *err)
{
    heading("Notices, all of them delivered into the maildir");
    for (size_t i = 0; i < l->count; i++) {
        struct notice_filter f = {.incident = l->rows[i].id, .limit = 1000};
        if (store_notices(d->store, &f, print_notice, NULL, err) != 0)
            return -1;
    }
    return 0;
}

/* `sekisho account` says it itself; its status tells whether the equation balances. */
static int print_account(struct demo *d, struct err *err)
{
    char self[PLACE_MAX], log[DEMO_PATH_MAX];
    const char *argv[2 * DEMO_SENSORS_MAX + 8] = {self,     "account", "--redis",
                                                  d->redis, "--data",  d->data};
    size_t n = 6;
    for (size_t i = 0; i < d->sensor_count; i++) {
        argv[n++] = "--spool";
        argv[n++] = d->sensors[i].spool;
    }
    heading("Delivery: generated = archived + dead letters + in Redis + in spool + shed");
    fflush(stdout);
    demo_path(d, "account.log", log);
    if (place_program("sekisho", self, err) != 0)
        return -1;
    int rc = child_run(&d->children, "account", argv, log, -1, err);
    char *text = file_read(log, ACCOUNT_CAP_BYTES, NULL, NULL); /* also what it says when off */
    fputs(text ? text : "", stdout);
    free(text);
    return rc;
}

int demo_summary(struct demo *d, struct err *err)
{
    struct incident_list list = {.count = 0};
    struct incident_filter all = {.limit = 1000};
    print_sensors(d);
    if (print_orgs(d, err) != 0 || store_incidents(d->store, &all, note_incident, &list, err) != 0)
        return -1;
    qsort(list.rows, list.count, sizeof list.rows[0], graver_then_older);
    if (print_incidents(d, &list, true, "Campaigns, over several organisations", err) != 0 ||
        print_incidents(d, &list, false, "Incidents, at one organisation", err) != 0 ||
        print_notices(d, &list, err) != 0)
        return -1;
    if (list.beyond)
        printf("  and what belongs to %zu incidents more, see the console\n", list.beyond);
    return print_account(d, err);
}
