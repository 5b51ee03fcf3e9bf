/* analyzer/correlate/engine.h - what correlate.c, raise.c and memory.c share. */
#ifndef CORRELATE_ENGINE_H
#define CORRELATE_ENGINE_H
#include "analyzer/correlate/correlate.h"
#include "analyzer/correlate/group.h"
#include "analyzer/store/memory.h"

#define ENGINE_GROUPS_MAX 100000

struct correlate {
    struct rules rules;
    struct store *store;
    struct group_scratch *scratch;
    struct group **buckets;
    size_t bucket_count, group_count;
    char *orgs[GROUP_ORGS_MAX];
    uint16_t org_count;
    uint64_t matches, evicted;
    uint64_t expire_at_us;
    struct group **dirty; /* touched in this transaction */
    size_t dirty_count, dirty_cap;
    struct correlate_change *changes;
    size_t change_count, change_cap;
    int64_t *renew; /* incidents one of whose detections changed in this transaction */
    size_t renew_count, renew_cap;
};

/* The group of the key, made when new; NULL only with make false. */
struct group *engine_group(struct correlate *c, uint32_t rule, bool drill, const char *key,
                           bool make);
/* Number of an organisation; GROUP_ORGS_MAX when there are too many. */
uint16_t engine_org(struct correlate *c, const char *org);
void engine_change(struct correlate *c, int64_t incident, bool created, bool grown);
/* The incident's figures and texts are to be renewed before the commit. */
void engine_renew(struct correlate *c, int64_t incident);
/* Every group of one incident belongs to another from now on. */
void engine_groups_move(struct correlate *c, int64_t from, int64_t to);

/* ---- raise.c ---- */
/* Looks at a group as a whole, once a transaction: raises (or finds) its incident when the rule is
 * satisfied, and attaches what belongs to it. So the order of alerts is no part of the answer. */
int raise_review(struct correlate *c, struct group *g, uint64_t now_us, struct err *err);
/* Renews an open incident's time and texts from what the store counts now. */
int raise_renew(struct correlate *c, int64_t incident, uint64_t now_us, struct err *err);

/* ---- memory.c ---- */
int memory_load(struct correlate *c, struct err *err);
int memory_write(struct correlate *c, struct group *g, uint64_t now_us, struct err *err);
int memory_forget_cell(struct correlate *c, const struct group *g, const struct cell *cell,
                       struct err *err);
int memory_forget_group(struct correlate *c, const struct group *g, struct err *err);
/* How long a rule's groups are kept untouched: its timespan and a week for late alerts. */
uint64_t memory_keep_us(const struct rule *r);
/* Drops the rows that were kept that long. */
int memory_expire(struct correlate *c, uint64_t now_us, struct err *err);

#endif
