/* analyzer/notice/routing.c - from an incident to its notices. See notice.h. */
#include "analyzer/notice/compose.h"
#include "analyzer/notice/notice.h"

#define CENTRE_COPIED  "nisc" /* gets copies of what centre ipa tells */
#define CENTRE_COPYING "ipa"

struct issuing {
    struct store *store;
    const struct directory *directory;
    struct incident_row incident; /* texts owned here */
    char *texts[16];
    const struct org *orgs[256];
    struct incident_org_row parts[256]; /* org not to be used: see orgs */
    size_t org_count;
    uint64_t now_us;
    notice_queued_fn *fn;
    void *ctx;
    int queued;
};

static const char *keep(struct issuing *is, size_t slot, const char *text)
{
    is->texts[slot] = strdup(text);
    ASSERT(is->texts[slot]);
    return is->texts[slot];
}

static struct text_pair keep_pair(struct issuing *is, size_t slot, const struct text_pair *t)
{
    return (struct text_pair){keep(is, slot, t->ja), keep(is, slot + 1, t->en)};
}

static void incident_take(void *ctx, const struct incident_row *in)
{
    struct issuing *is = ctx;
    is->incident = *in;
    is->incident.kind = keep(is, 0, in->kind);
    is->incident.key = keep(is, 1, in->key);
    is->incident.confidence = keep(is, 2, in->confidence);
    is->incident.title = keep_pair(is, 3, &in->title);
    is->incident.judgement = keep_pair(is, 5, &in->judgement);
    is->incident.action = keep_pair(is, 7, &in->action);
    is->incident.summary = keep_pair(is, 9, &in->summary);
}

static void org_take(void *ctx, const struct incident_org_row *o)
{
    struct issuing *is = ctx;
    const struct org *org = directory_org(is->directory, o->org);
    if (!org || is->org_count == sizeof is->orgs / sizeof is->orgs[0])
        return;
    is->parts[is->org_count] = *o;
    is->orgs[is->org_count++] = org;
}

static void detection_take(void *ctx, const struct detection_row *d)
{
    struct notice_facts *f = ctx;
    if (f->line_count == SIGHTINGS_MAX)
        return;
    struct sighting_line *s = &f->lines[f->line_count++];
    clean_text(d->signature, s->signature, sizeof s->signature);
    clean_text(d->src, s->src, sizeof s->src);
    clean_text(d->dst, s->dst, sizeof s->dst);
    clean_text(d->host, s->host, sizeof s->host);
    s->gid = d->gid;
    s->sid = d->sid;
    s->port = d->dst_port;
    s->count = d->count;
    s->first_us = d->first_us;
    s->last_us = d->last_us;
}

/* They come newest first; a story is read from its beginning. */
static void lines_turn(struct notice_facts *f)
{
    for (size_t i = 0; i < f->line_count / 2; i++) {
        struct sighting_line swap = f->lines[i];
        f->lines[i] = f->lines[f->line_count - 1 - i];
        f->lines[f->line_count - 1 - i] = swap;
    }
}

/* Of the others in the incident: who may be counted, who may be named. */
static void others_count(const struct issuing *is, const struct org *about, struct notice_facts *f)
{
    for (size_t i = 0; i < is->org_count; i++) {
        const struct org *o = is->orgs[i];
        if (o == about || o->consent == CONSENT_NONE)
            continue;
        f->others++;
        if (o->consent == CONSENT_NAMED && f->named_count < sizeof f->named / sizeof f->named[0])
            f->named[f->named_count++] = o;
    }
}

static int facts_gather(struct issuing *is, size_t i, struct notice_facts *f, struct err *err)
{
    const struct org *org = is->orgs[i];
    *f = (struct notice_facts){.incident = &is->incident,
                               .org = org,
                               .centre = directory_centre(is->directory, org->centre),
                               .detections = is->parts[i].detections,
                               .alerts = is->parts[i].alerts,
                               .first_us = is->parts[i].first_us,
                               .last_us = is->parts[i].last_us,
                               .now_us = is->now_us};
    others_count(is, org, f);
    struct detection_filter filter = {.incident = is->incident.id,
                                      .org = org->id,
                                      .drill = STORE_REAL_AND_DRILL,
                                      .limit = SIGHTINGS_MAX};
    int rc = store_detections(is->store, &filter, detection_take, f, err);
    lines_turn(f);
    return rc;
}

static int queue_one(struct issuing *is, const struct notice_facts *f,
                     const struct notice_reader *to, const char *recipient, struct err *err)
{
    static const char *const roles[] = {"organisation", "competent_ministry", "centre"};
    char *subject, *body;
    notice_compose(f, to, &subject, &body);
    struct notice_row n = {.incident = is->incident.id,
                           .org = f->org->id,
                           .recipient = recipient,
                           .lane = lane_name(to->contact->lane),
                           .role = roles[to->role],
                           .language = language_name(to->contact->language),
                           .name = to->contact->name,
                           .address = to->contact->email,
                           .subject = subject,
                           .body = body,
                           .state = "queued",
                           .last_error = "",
                           .acknowledged_by = "",
                           .drill = is->incident.drill,
                           .created_us = is->now_us,
                           .next_try_us = is->now_us};
    int rc = store_notice_put(is->store, &n, err);
    if (rc > 0) {
        is->queued++;
        if (is->fn)
            is->fn(is->ctx, &n);
    }
    free(subject);
    free(body);
    return rc < 0 ? -1 : 0;
}

static int queue_all(struct issuing *is, const struct notice_facts *f, enum notice_role role,
                     const char *recipient, const struct name_pair *name,
                     const struct contact *contacts, unsigned count, struct err *err)
{
    for (unsigned i = 0; i < count; i++) {
        struct notice_reader to = {&contacts[i], role, name};
        if (queue_one(is, f, &to, recipient, err) != 0)
            return -1;
    }
    return 0;
}

static int org_tell(struct issuing *is, size_t i, struct err *err)
{
    const struct org *o = is->orgs[i], *m;
    const struct centre *copied;
    struct notice_facts *f = malloc(sizeof *f);
    ASSERT(f);
    int rc = facts_gather(is, i, f, err);
    if (rc == 0)
        rc = queue_all(is, f, ROLE_ORGANISATION, o->id, &o->name, o->contacts, o->contacts_count,
                       err);
    m = o->competent_ministry ? directory_org(is->directory, o->competent_ministry) : NULL;
    if (rc == 0 && m)
        rc = queue_all(is, f, ROLE_MINISTRY, m->id, &m->name, m->contacts, m->contacts_count, err);
    copied = strcmp(o->centre, CENTRE_COPYING) == 0 ? directory_centre(is->directory, CENTRE_COPIED)
                                                    : NULL;
    if (rc == 0 && copied)
        rc = queue_all(is, f, ROLE_CENTRE, copied->id, &copied->name, copied->contacts,
                       copied->contacts_count, err);
    free(f);
    return rc;
}

int notice_issue(struct store *s, const struct directory *d, int64_t incident, uint64_t now_us,
                 notice_queued_fn *fn, void *ctx, struct err *err)
{
    struct issuing *is = calloc(1, sizeof *is);
    ASSERT(is);
    *is = (struct issuing){.store = s, .directory = d, .now_us = now_us, .fn = fn, .ctx = ctx};
    int found = store_incident(s, NULL, incident, incident_take, is, err), rc = found < 0 ? -1 : 0;
    if (found > 0)
        rc = store_incident_orgs(s, NULL, incident, org_take, is, err);
    for (size_t i = 0; i < is->org_count && rc == 0; i++)
        if (is->orgs[i]->state == ORG_MONITORED)
            rc = org_tell(is, i, err);
    int queued = is->queued;
    for (size_t i = 0; i < sizeof is->texts / sizeof is->texts[0]; i++)
        free(is->texts[i]);
    free(is);
    return rc != 0 ? -1 : queued;
}
