/* analyzer/api/access.c - see access.h. */
#include "analyzer/api/access.h"

static const unsigned rights_of[ROLE_COUNT] = {
    [ROLE_ANALYST] = MAY_SEE | MAY_PAYLOAD | MAY_WORK,
    [ROLE_DUTY] = MAY_SEE | MAY_PAYLOAD | MAY_WORK | MAY_ANSWER,
    [ROLE_ADMIN] = MAY_SEE | MAY_PAYLOAD | MAY_WORK | MAY_ANSWER | MAY_AUDIT,
    [ROLE_AUDITOR] = MAY_SEE | MAY_AUDIT,
    [ROLE_AGENCY] = MAY_SEE | MAY_PAYLOAD | MAY_ANSWER,
};

void access_of(const struct user *user, const struct directory *d, struct access *out)
{
    *out = (struct access){.rights = rights_of[user->role], .bound = user->role == ROLE_AGENCY};
    if (!out->bound)
        return;
    size_t n = 0;
    out->orgs[n++] = user->org;
    for (unsigned i = 0; i < d->orgs_count && n < STORE_SCOPE_MAX; i++) {
        const char *ministry = d->orgs[i].competent_ministry;
        if (ministry && strcmp(ministry, user->org) == 0)
            out->orgs[n++] = d->orgs[i].id;
    }
    out->scope = (struct store_scope){.orgs = out->orgs, .count = n};
}

bool access_to_org(const struct access *a, const char *org)
{
    if (!a->bound)
        return true;
    for (size_t i = 0; i < a->scope.count; i++)
        if (strcmp(a->scope.orgs[i], org) == 0)
            return true;
    return false;
}

bool access_viewer(const struct access *a, struct push_viewer *out)
{
    size_t n = 0;
    out->bound = a->bound;
    for (size_t i = 0; i < a->scope.count; i++) {
        int wrote =
            snprintf(out->orgs + n, sizeof out->orgs - n, "%s%s", i ? " " : "", a->scope.orgs[i]);
        n += (size_t)wrote;
        if (n >= sizeof out->orgs)
            return false;
    }
    return true;
}

/* An id is a word ("mof" is not in "mofette"); a name may stand anywhere. */
static bool names_id(const char *text, const char *id)
{
    size_t n = strlen(id);
    for (const char *at = text; (at = strcasestr(at, id)); at++) {
        bool opens = at == text || !strchr("abcdefghijklmnopqrstuvwxyz0123456789-", at[-1] | 0x20);
        bool ends = !at[n] || !strchr("abcdefghijklmnopqrstuvwxyz0123456789-", at[n] | 0x20);
        if (opens && ends)
            return true;
    }
    return false;
}

static bool names_org(const char *text, const struct org *o)
{
    return names_id(text, o->id) || (o->name.ja && *o->name.ja && strstr(text, o->name.ja)) ||
           (o->name.en && *o->name.en && strcasestr(text, o->name.en));
}

bool access_to_text(const struct access *a, const struct directory *d, const char *text)
{
    for (unsigned i = 0; a->bound && i < d->orgs_count; i++)
        if (!access_to_org(a, d->orgs[i].id) && names_org(text, &d->orgs[i]))
            return false;
    return true;
}
