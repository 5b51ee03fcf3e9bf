/* analyzer/directory/directory.h - who is monitored, by whom, and who is told: orgs.yaml.
 *
 * Read once, checked as a whole, never changed afterwards: any thread may read it. The structs are
 * filled by libcyaml; strings are NULL where an optional key is absent. */
#ifndef DIRECTORY_DIRECTORY_H
#define DIRECTORY_DIRECTORY_H
#include "common/addr.h"
#include "common/err.h"

struct name_pair {
    char *ja, *en;
};

enum lane { LANE_WORKING, LANE_MANAGEMENT };
enum language { LANGUAGE_JA, LANGUAGE_EN };

/* Someone who gets notices: the working lane is technical, management gets one page. */
struct contact {
    enum lane lane;
    enum language language;
    char *name, *email;
};

struct centre {
    char *id; /* nisc, ipa */
    struct name_pair name;
    struct contact *contacts;
    unsigned contacts_count;
};

enum org_kind { ORG_MINISTRY, ORG_AGENCY, ORG_CORPORATION };
enum org_consent { CONSENT_NONE, CONSENT_ANONYMISED, CONSENT_NAMED };
enum org_state { ORG_PLANNED, ORG_PILOT, ORG_MONITORED, ORG_SUSPENDED, ORG_LEFT };

struct org {
    char *id;
    struct name_pair name;
    enum org_kind kind;
    char *centre;
    char *competent_ministry; /* of agencies and corporations; NULL for ministries */
    enum org_state state;
    char *since; /* date of that state, YYYY-MM-DD; may be NULL */
    enum org_consent consent;
    char **networks; /* public; no two organisations overlap */
    unsigned networks_count;
    char **internal_networks; /* private; equal ones at several organisations are normal */
    unsigned internal_networks_count;
    char **domains;
    unsigned domains_count;
    char **gateways; /* where it meets the internet: sensors stand there */
    unsigned gateways_count;
    struct contact *contacts;
    unsigned contacts_count;
    /* not in the file: */
    struct prefix_map *inside; /* both kinds of networks */
};

struct directory {
    struct centre *centres;
    unsigned centres_count;
    struct org *orgs;
    unsigned orgs_count;
    /* not in the file: */
    struct yaml_file *file;
    struct prefix_map *public_networks; /* to the index in orgs */
};

/* NULL and err: "orgs.yaml:12:5: what; remedy". */
struct directory *directory_load(const char *path, struct err *err);
void directory_free(struct directory *d);

/* NULL when there is none. */
const struct org *directory_org(const struct directory *d, const char *id);
const struct centre *directory_centre(const struct directory *d, const char *id);
/* The organisation whose public networks hold a; NULL: none. */
const struct org *directory_owner(const struct directory *d, const struct addr *a);
/* Is a one of the organisation's own addresses, public or internal? */
bool org_holds(const struct org *o, const struct addr *a);

/* The words of the file. */
const char *org_kind_name(enum org_kind k);
const char *org_state_name(enum org_state s);
const char *org_consent_name(enum org_consent c);
const char *lane_name(enum lane l);
const char *language_name(enum language l);

#endif
