/* analyzer/directory/directory.c - loads, checks and answers. See directory.h. */
#include "analyzer/directory/directory.h"
#include "analyzer/directory/schema.h"
#include "common/alert.h"
#include <ctype.h>

#define WHERE_MAX            96
#define where_text(buf, ...) (snprintf(buf, sizeof(buf), __VA_ARGS__), buf)

/* RFC 5321's common part: atoms around one '@', a dotted domain; nothing a header could break on.
 */
static bool email_is_sane(const char *email)
{
    const char *at = strchr(email, '@');
    if (!at || at == email || strlen(email) > 254 || at - email > 64)
        return false;
    for (const char *p = email; p < at; p++)
        if (!isalnum((unsigned char)*p) && !strchr(".!#$%&'*+-/=?^_`{|}~", *p))
            return false;
    const char *domain = at + 1;
    size_t len = strlen(domain);
    if (len == 0 || domain[0] == '.' || domain[0] == '-' || domain[len - 1] == '.')
        return false;
    for (const char *p = domain; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '-' && (*p != '.' || p[1] == '.'))
            return false;
    return true;
}

static bool date_is_sane(const char *date)
{
    unsigned y, m, d;
    int used = 0;
    return strlen(date) == 10 && sscanf(date, "%4u-%2u-%2u%n", &y, &m, &d, &used) == 3 &&
           used == 10 && m >= 1 && m <= 12 && d >= 1 && d <= 31;
}

static int contacts_check(const struct directory *d, const struct contact *list, unsigned count,
                          const char *owner, struct err *err)
{
    char at[WHERE_MAX];
    for (unsigned i = 0; i < count; i++)
        if (!email_is_sane(list[i].email))
            return yaml_file_fail(d->file, err, where_text(at, "%s.contacts[%u].email", owner, i),
                                  "'%s' is no mail address; write name@domain", list[i].email);
    return 0;
}

static int centres_check(const struct directory *d, struct err *err)
{
    char at[WHERE_MAX];
    for (unsigned i = 0; i < d->centres_count; i++) {
        const struct centre *c = &d->centres[i];
        where_text(at, "centres[%u].id", i);
        if (strcmp(c->id, "nisc") != 0 && strcmp(c->id, "ipa") != 0)
            return yaml_file_fail(d->file, err, at, "centre '%s' is not known; use nisc or ipa",
                                  c->id);
        for (unsigned k = 0; k < i; k++)
            if (strcmp(d->centres[k].id, c->id) == 0)
                return yaml_file_fail(d->file, err, at, "centre '%s' is there twice; keep one",
                                      c->id);
        if (contacts_check(d, c->contacts, c->contacts_count, where_text(at, "centres[%u]", i),
                           err) != 0)
            return -1;
    }
    return 0;
}

static int ministry_check(const struct directory *d, unsigned i, struct err *err)
{
    const struct org *o = &d->orgs[i];
    char at[WHERE_MAX];
    where_text(at, "organisations[%u].competent_ministry", i);
    if (o->kind == ORG_MINISTRY) {
        if (o->competent_ministry)
            return yaml_file_fail(d->file, err, at,
                                  "a ministry has no competent ministry; remove the key");
        return 0;
    }
    if (!o->competent_ministry)
        return yaml_file_fail(d->file, err, at,
                              "%s '%s' needs its competent_ministry; add the ministry's id",
                              org_kind_name(o->kind), o->id);
    const struct org *m = directory_org(d, o->competent_ministry);
    if (!m)
        return yaml_file_fail(d->file, err, at,
                              "no organisation '%s' in this file; correct the id or add it",
                              o->competent_ministry);
    if (m->kind != ORG_MINISTRY)
        return yaml_file_fail(d->file, err, at, "'%s' is no ministry but %s; name a ministry",
                              m->id, org_kind_name(m->kind));
    return 0;
}

static int identity_check(const struct directory *d, unsigned i, struct err *err)
{
    const struct org *o = &d->orgs[i];
    char at[WHERE_MAX];
    where_text(at, "organisations[%u].id", i);
    if (!org_id_is_valid(bytes_str(o->id)))
        return yaml_file_fail(d->file, err, at,
                              "'%s' cannot be an id; use a-z, 0-9 and '-', at most 63", o->id);
    for (unsigned k = 0; k < i; k++)
        if (strcmp(d->orgs[k].id, o->id) == 0)
            return yaml_file_fail(d->file, err, at, "organisation '%s' is there twice; keep one",
                                  o->id);
    if (!directory_centre(d, o->centre))
        return yaml_file_fail(d->file, err, where_text(at, "organisations[%u].centre", i),
                              "centre '%s' is not among the centres of this file", o->centre);
    if (o->since && !date_is_sane(o->since))
        return yaml_file_fail(d->file, err, where_text(at, "organisations[%u].since", i),
                              "'%s' is no date; write YYYY-MM-DD", o->since);
    return 0;
}

static bool overlaps(const struct prefix *a, const struct prefix *b)
{
    return a->bits <= b->bits ? prefix_holds(a, &b->addr) : prefix_holds(b, &a->addr);
}

/* Every public network read so far, for the overlap check. */
struct claims {
    struct claim {
        struct prefix prefix;
        unsigned org;
    } * list;
    size_t count;
};

static int claim_check(const struct directory *d, const struct claims *claims, unsigned org,
                       const struct prefix *p, const char *at, struct err *err)
{
    char mine[ADDR_TEXT_MAX + 4], theirs[ADDR_TEXT_MAX + 4];
    for (size_t k = 0; k < claims->count; k++) {
        const struct claim *c = &claims->list[k];
        if (c->org == org || !overlaps(&c->prefix, p))
            continue;
        prefix_text(p, mine);
        prefix_text(&c->prefix, theirs);
        return yaml_file_fail(d->file, err, at,
                              "%s of '%s' overlaps %s of '%s'; public networks belong to one body",
                              mine, d->orgs[org].id, theirs, d->orgs[c->org].id);
    }
    return 0;
}

static int network_read(const struct directory *d, const char *text, const char *at,
                        struct prefix *out, struct err *err)
{
    if (prefix_parse(bytes_str(text), out))
        return 0;
    return yaml_file_fail(d->file, err, at,
                          "'%s' is no network; write 192.0.2.0/24 or 2001:db8::/32", text);
}

static int networks_check(struct directory *d, unsigned i, struct claims *claims, struct err *err)
{
    struct org *o = &d->orgs[i];
    char at[WHERE_MAX];
    struct prefix p;
    o->inside = prefix_map_new();
    for (unsigned k = 0; k < o->networks_count; k++) {
        where_text(at, "organisations[%u].networks[%u]", i, k);
        if (network_read(d, o->networks[k], at, &p, err) != 0 ||
            claim_check(d, claims, i, &p, at, err) != 0)
            return -1;
        claims->list[claims->count++] = (struct claim){p, i};
        prefix_map_add(o->inside, &p, 1);
        prefix_map_add(d->public_networks, &p, (int)i);
    }
    for (unsigned k = 0; k < o->internal_networks_count; k++) {
        where_text(at, "organisations[%u].internal_networks[%u]", i, k);
        if (network_read(d, o->internal_networks[k], at, &p, err) != 0)
            return -1;
        prefix_map_add(o->inside, &p, 1);
    }
    return 0;
}

static int check(struct directory *d, struct claims *claims, struct err *err)
{
    char at[WHERE_MAX];
    if (centres_check(d, err) != 0)
        return -1;
    for (unsigned i = 0; i < d->orgs_count; i++) {
        const struct org *o = &d->orgs[i];
        where_text(at, "organisations[%u]", i);
        if (identity_check(d, i, err) != 0 || ministry_check(d, i, err) != 0 ||
            contacts_check(d, o->contacts, o->contacts_count, at, err) != 0 ||
            networks_check(d, i, claims, err) != 0)
            return -1;
    }
    return 0;
}

struct directory *directory_load(const char *path, struct err *err)
{
    void *data = NULL;
    struct yaml_file *file = yaml_file_load(path, &directory_schema, &data, err);
    if (!file)
        return NULL;
    struct directory *d = data;
    d->file = file;
    d->public_networks = prefix_map_new();
    size_t networks = 0;
    for (unsigned i = 0; i < d->orgs_count; i++)
        networks += d->orgs[i].networks_count;
    struct claims claims = {.list = calloc(networks + 1, sizeof *claims.list)};
    ASSERT(claims.list);
    int rc = check(d, &claims, err);
    free(claims.list);
    if (rc == 0)
        return d;
    directory_free(d);
    return NULL;
}

void directory_free(struct directory *d)
{
    if (!d)
        return;
    for (unsigned i = 0; i < d->orgs_count; i++)
        prefix_map_free(d->orgs[i].inside);
    prefix_map_free(d->public_networks);
    yaml_file_free(d->file); /* d itself goes with it */
}

const struct org *directory_org(const struct directory *d, const char *id)
{
    for (unsigned i = 0; i < d->orgs_count; i++)
        if (strcmp(d->orgs[i].id, id) == 0)
            return &d->orgs[i];
    return NULL;
}

const struct centre *directory_centre(const struct directory *d, const char *id)
{
    for (unsigned i = 0; i < d->centres_count; i++)
        if (strcmp(d->centres[i].id, id) == 0)
            return &d->centres[i];
    return NULL;
}

const struct org *directory_owner(const struct directory *d, const struct addr *a)
{
    int i = prefix_map_find(d->public_networks, a);
    return i < 0 ? NULL : &d->orgs[i];
}

bool org_holds(const struct org *o, const struct addr *a)
{
    return prefix_map_find(o->inside, a) >= 0;
}

const char *org_kind_name(enum org_kind k)
{
    return directory_kinds[k].str;
}

const char *org_state_name(enum org_state s)
{
    return directory_states[s].str;
}

const char *org_consent_name(enum org_consent c)
{
    return directory_consents[c].str;
}

const char *lane_name(enum lane l)
{
    return directory_lanes[l].str;
}

const char *language_name(enum language l)
{
    return directory_languages[l].str;
}
