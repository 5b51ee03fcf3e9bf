/* analyzer/correlate/rule.h - a correlation rule as its YAML file says, in the manner of Sigma
 * correlations (https://sigmahq.io, correlation rules specification 2.0): stages select alerts,
 * group-by puts them together, conditions count within a timespan of event time. */
#ifndef CORRELATE_RULE_H
#define CORRELATE_RULE_H
#include "common/err.h"
#include <stdbool.h>
#include <stdint.h>

struct rule_texts {
    char *ja, *en;
};

/* What an alert can be grouped by or counted by. The inside address is the organisation's own; the
 * outside one that of the other end (never a resolver's: alerts on DNS have none). */
enum rule_field {
    FIELD_NONE,
    FIELD_ORG,
    FIELD_SRC,
    FIELD_DST,
    FIELD_INSIDE,
    FIELD_OUTSIDE,
    FIELD_HOST,
    FIELD_JA4,
    FIELD_SID,
    FIELD_CATEGORY,
    FIELD_DST_PORT,
};

/* All that is given must hold; within a list, one of it. */
struct rule_filter {
    uint32_t *gid;
    unsigned gid_count;
    uint64_t *sid;
    unsigned sid_count;
    uint32_t severity_max; /* 0: any */
    char **category, **detector, **direction, **app_proto, **host, **metadata;
    unsigned category_count, detector_count, direction_count, app_proto_count, host_count,
        metadata_count;
};

struct rule_stage {
    char *name;
    struct rule_texts title;
    struct rule_filter *where; /* one of these */
    unsigned where_count;
    struct rule_filter *except; /* and none of these */
    unsigned except_count;
};

enum rule_count { COUNT_EVENTS, COUNT_ORGS, COUNT_VALUES };

struct rule_condition {
    enum rule_count count;
    bool each_org; /* holds for every organisation by itself, not for the whole */
    uint64_t gte;  /* 0: no lower bound */
    uint64_t lt;   /* 0: no upper bound */
};

enum rule_type { RULE_EVENT_COUNT, RULE_VALUE_COUNT, RULE_TEMPORAL, RULE_TEMPORAL_ORDERED };
enum rule_kind { RULE_INCIDENT, RULE_CAMPAIGN };
enum rule_confidence { CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH };

struct rule {
    char *id;
    struct rule_texts title;       /* shown to everyone: no placeholder */
    struct rule_texts explanation; /* for the centre: placeholders as in text.h */
    struct rule_texts judgement;   /* for notices: why this is judged bad; {key} only */
    struct rule_texts action;      /* for notices: what is asked for */
    struct rule_texts summary;     /* for management: no placeholder, one short paragraph */
    enum rule_kind kind;
    enum rule_type type;
    enum rule_confidence confidence;
    uint32_t severity;
    uint32_t due_hours; /* answer wanted within */
    char *timespan;     /* "90s", "15m", "24h", "7d" */
    enum rule_field *group_by;
    unsigned group_by_count;
    enum rule_field *any_of; /* each of these makes a group of its own */
    unsigned any_of_count;
    enum rule_field value; /* what COUNT_VALUES counts */
    struct rule_stage *stages;
    unsigned stages_count;
    struct rule_condition *conditions;
    unsigned conditions_count;
    /* not in the file: */
    uint64_t timespan_us, slice_us;
    char version[96]; /* id and a hash of the file: state of another version is not used */
    struct yaml_file *file;
};

#define RULES_MAX 256
struct rules {
    struct rule *list[RULES_MAX];
    unsigned count;
};

/* Reads every *.yaml of dir in the order of names. 0, or -1 and err "file:line:column: what". */
int rules_load(struct rules *rs, const char *dir, struct err *err);
/* One file. NULL and err. */
struct rule *rule_load(const char *path, struct err *err);
void rule_free(struct rule *r);
void rules_release(struct rules *rs);

const char *rule_field_name(enum rule_field f);
const char *rule_confidence_name(enum rule_confidence c);

#endif
