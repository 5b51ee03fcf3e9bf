/* analyzer/api/access.h - who may see and do what: the one place that decides it. */
#ifndef API_ACCESS_H
#define API_ACCESS_H
#include "analyzer/api/api.h"
#include "analyzer/store/store.h"
#include "analyzer/store/users.h"

enum access_right {
    MAY_ENTER = 0,        /* any user */
    MAY_SEE = 1 << 0,     /* alerts, detections, incidents, notices, sensors, within its scope */
    MAY_PAYLOAD = 1 << 1, /* what was said on the wire, not only that it was */
    MAY_WORK = 1 << 2,    /* change an incident's state */
    MAY_ANSWER = 1 << 3,  /* acknowledge a notice */
    MAY_AUDIT = 1 << 4,   /* read the audit trail */
};

/* A user's rights and the organisations it is bound to; unbound users see all of them. */
struct access {
    unsigned rights;
    bool bound;
    const char *orgs[STORE_SCOPE_MAX];
    struct store_scope scope; /* over orgs; never empty when bound */
};

/* user and directory must outlive out, which points into them. */
void access_of(const struct user *user, const struct directory *d, struct access *out);
bool access_to_org(const struct access *a, const char *org);
/* The viewer of an event stream with the same bounds. False when it has more organisations than a
 * stream can be bound to. */
bool access_viewer(const struct access *a, struct push_viewer *out);

/* May this text be shown to the user? Not to a bound one when it names (by id or name) an
 * organisation out of its scope: a campaign's story may name all that were hit. */
bool access_to_text(const struct access *a, const struct directory *d, const char *text);

#endif
