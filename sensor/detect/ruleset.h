/* sensor/detect/ruleset.h - the compiled rule set as the rooms of detect/ share it.
 *
 * Filled by ruleset.c while rules load, then immutable and read by all workers. */
#ifndef DETECT_RULESET_H
#define DETECT_RULESET_H
#include "sensor/detect/group.h"
#include "sensor/detect/names.h"
#include "sensor/detect/signature.h"

#define RULE_NAMES_MAX 65535 /* of flowbits or flow integers */

struct class_row {
    const char *name, *text;
    uint8_t priority;
};
struct reference_row {
    const char *name, *prefix;
};

/* Some of its signatures, in rule order; owned by it. */
struct signature_list {
    const struct signature **rules;
    size_t count;
};

struct rule_groups; /* group_index.h */
struct rule_list;
struct prefilter; /* mpm/prefilter.h */
struct keyword;
struct dataset;    /* dataset.h */
struct reputation; /* reputation.h */
struct regex;      /* keywords/regex.h */

struct ruleset {
    struct arena arena;
    const struct rule_vars *vars; /* while loading */
    bool ips;
    uint8_t packet_alert_max;
    bool guess_tx;
    bool show_references; /* in alerts */
    char version[17];
    uint32_t serial; /* 1, 2 ... by reload: what was made for another set shows by it */

    struct signature **signatures; /* in rule order once loaded */
    size_t count, cap;

    struct buffer **buffers;
    size_t buffer_count, buffer_cap;
    struct names buffer_names; /* "http.uri", "http.uri|dotprefix:" -> index in buffers */

    struct names keyword_names; /* spelling -> index in keyword_rows */
    const struct keyword **keyword_rows;
    struct names ids; /* "gid:sid" -> index in by_id */
    struct signature **by_id;

    struct names address_texts, port_texts; /* group text -> index in the two below */
    uint16_t *address_of_text, *port_of_text;
    struct group *addresses, *ports; /* distinct sets */
    size_t address_count, port_count;

    struct names flowbits, flowints;
    struct names texts; /* of flow and packet variables that hold pieces of traffic */
    struct class_row *classes;
    size_t class_count;
    struct names class_names;
    struct names attack_texts;   /* lists as JSON, each once (attack.h) */
    struct names attack_classes; /* classtype -> index in attack_of_class */
    int *attack_of_class;        /* number of its text */
    struct reference_row *references;
    size_t reference_count;
    bool tags_hosts;                      /* a rule does */
    struct rule_address_set **suppressed; /* owned: addresses of suppressions */
    size_t suppression_count;

    const char *rule_file;                  /* while loading: the one that is read */
    struct dataset_options dataset_options; /* while loading */
    struct dataset *datasets;               /* owned */
    struct reputation *reputation;          /* owned; NULL: none */
    struct app_file_wants file_wants;       /* of all rules */
    uint32_t frame_wants[APP_PROTO_COUNT];

    void *geoip;              /* MMDB_s *, owned; NULL: none */
    struct names regex_texts; /* "flags/expression" -> index in regexes */
    struct regex **regexes;   /* owned */
    size_t regex_count, regex_cap;

    struct rule_groups *groups;
    struct rule_list *headers; /* of rules with the same header one each */
    uint32_t *header_of; /* signature.header by index: close together, for who asks about many */
    struct signature_list ip_only;  /* addresses alone */
    struct signature_list unpicked; /* packet and stream rules without a fast pattern */
    struct signature_list frame;    /* that also see packets without IP */
    struct prefilter *prefilter;
};

/* buffers.c: the buffer of that name ("http.uri", "http_header", "tcp.hdr") with these transforms,
 * made when it is new; NULL: no such name. */
const struct buffer *buffer_intern(struct ruleset *rs, struct bytes name,
                                   const struct transform *transforms, size_t count);
/* The app row whose legacy modifier is `name`, or NULL. */
const char *buffer_of_legacy(struct bytes name);
/* The first row, over all protocols, of the buffer called name. */
const struct app_buffer *buffer_first(const char *name);
/* Directions (DIR_BIT) in which the buffer exists for a protocol; APP_UNKNOWN: for any. */
uint8_t buffer_dirs(const struct buffer *b, enum app_proto proto);
/* The protocols it has rows of, a bit each. */
uint64_t buffer_protos(const struct buffer *b);
/* The one protocol all its rows are of, or APP_UNKNOWN. */
enum app_proto buffer_proto(const struct buffer *b);

/* Numbers of address and port groups in ruleset.addresses and .ports; -1 and err. */
int ruleset_address(struct ruleset *rs, struct bytes text, struct err *err);
int ruleset_port(struct ruleset *rs, struct bytes text, struct err *err);

/* A compiled expression that lives as long as the rule set; equal ones are compiled once. */
const struct regex *ruleset_regex(struct ruleset *rs, struct bytes pattern, struct bytes flags,
                                  struct err *err);

/* classes.c: classification.config and reference.config. 0, or -1 and err. */
typedef int config_row_fn(struct ruleset *rs, struct bytes value, struct err *err);
/* Calls row for what follows "config KIND:" on each line of such a file. */
int config_rows(struct ruleset *rs, const char *path, const char *kind, config_row_fn *row,
                struct err *err);
int classes_load(struct ruleset *rs, const char *path, struct err *err);
int references_load(struct ruleset *rs, const char *path, struct err *err);

/* The signature of that number, a "<>" rule's first; NULL: none. */
const struct signature *ruleset_find(const struct ruleset *rs, uint32_t gid, uint32_t sid);

struct rule;
/* One rule into the set, unless it does not hold here (requires). 0, or -1 and err. */
int ruleset_take(struct ruleset *rs, struct rule *rule, struct bytes text, struct arena *scratch,
                 struct ruleset_report *report, struct err *err);
/* ruleset_turn.c: settles which rules about payload are asked beside transactions. All are in. */
void ruleset_turn(struct ruleset *rs);
/* ruleset_files.c: all rules of all files. 0, or -1 and err. */
int ruleset_load_files(struct ruleset *rs, const struct ruleset_options *o,
                       struct ruleset_report *report, struct err *err);
/* A rule as analysis sees it; all of it borrowed. */
struct rule_seen {
    const char *file;
    const struct ruleset *ruleset; /* as far as it is */
    const struct rule *rule;
    struct bytes text;
    bool enabled;
    const struct err *error; /* NULL: it can be used */
};

/* ruleset_order.c: what follows once all rules are in. */
void ruleset_finish(struct ruleset *rs);

/* threshold_file.c: threshold.config, applied to the loaded signatures. 0, or -1 and err. */
int threshold_file_load(struct ruleset *rs, const char *path, struct err *err);

#endif
