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
    return store_org_counts(d->store, &(struct store_scope){.count = 0}, STORE_REAL, print_org,
                            d->directory, err);
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
    store_incident_orgs(d->store, &(struct store_scope){.count = 0}, in->id, print_part, NULL,
                        NULL);
}

static int print_incidents(struct demo *d, const char *kind, const char *title, struct err *err)
{
    heading(title);
    return store_incidents(d->store, &(struct incident_filter){.kind = kind}, print_incident, d,
                           err);
}

static void print_notice(void *ctx, const struct notice_row *n)
{
    (void)ctx;
    char line[1024];
    snprintf(line, sizeof line, "  #%-4" PRId64 " %-11s %-18s %-10s %s  %-12s %s", n->incident,
             n->recipient, n->role, n->lane, n->language, n->state, n->address);
    say("", line);
    say("          ", n->subject);
}

static int print_notices(struct demo *d, struct err *err)
{
    heading("Notices, all of them delivered into the maildir");
    return store_notices(d->store, &(struct notice_filter){.limit = 1000}, print_notice, d, err);
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
    const struct child *ch = children_start(&d->children, "account", argv, log, -1, err);
    if (!ch || !child_wait(&d->children, ch))
        return ch ? err_set(err, "interrupted") : -1;
    char *text = file_read(log, ACCOUNT_CAP_BYTES, NULL, err);
    if (!text)
        return -1;
    fputs(text, stdout);
    free(text);
    return ch->status == 0 ? 0 : err_set(err, "the delivery equation is off, see above");
}

int demo_summary(struct demo *d, struct err *err)
{
    print_sensors(d);
    if (print_orgs(d, err) != 0 ||
        print_incidents(d, "campaign", "Campaigns, over several organisations", err) != 0 ||
        print_incidents(d, "incident", "Incidents, at one organisation", err) != 0 ||
        print_notices(d, err) != 0)
        return -1;
    return print_account(d, err);
}
