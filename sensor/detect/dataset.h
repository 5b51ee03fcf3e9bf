/* sensor/detect/dataset.h - named sets of values that rules look up, and change.
 *
 * A set that no rule changes is part of the rule set: immutable, looked up without a lock. One that
 * rules change moves into what workers share (shared.h) when the rule set comes into force, and
 * outlives it: a reload finds it by name. Its file is written at the end, or when no rule set in
 * use names it any more. */
#ifndef DETECT_DATASET_H
#define DETECT_DATASET_H
#include "common/err.h"
#include "sensor/detect/detect.h"
#include "sensor/detect/value_set.h"

enum dataset_type {
    DATASET_NONE,
    DATASET_MD5,
    DATASET_SHA256,
    DATASET_STRING,
    DATASET_IPV4,
    DATASET_IPV6
};
#define DATASET_NAME_MAX 63

struct dataset {
    struct dataset *next;
    char *name, *load, *save; /* load, save: paths; NULL: none */
    enum dataset_type type;
    bool changes;            /* a rule sets or unsets, or it is saved */
    struct value_set values; /* empty once adopted */
    struct dataset *live;    /* changes: the one that workers share */
    uint32_t serial;         /* of a shared one: of the latest rule set that names it */
};

/* How a rule or the configuration asks for a set. Texts are borrowed. */
struct dataset_wish {
    const char *name;
    enum dataset_type type; /* DATASET_NONE: whatever it was defined as */
    const char *load, *save;
    uint64_t cap_bytes; /* 0: the default */
};

enum dataset_type dataset_type_find(struct bytes name);
/* The set of that name in the list, made and read from its file when it is new. NULL and err. */
struct dataset *dataset_get(struct dataset **list, const struct dataset_wish *w, struct err *err);
/* A set of its own with the values of d, which has none then. */
struct dataset *dataset_move(struct dataset *d);
/* Goes on as a later rule set, which has it as d, says; d's values are not looked at. */
void dataset_follow(struct dataset *live, struct dataset *d);
void datasets_free(struct dataset *list);

/* Where a rule's "save" or "state" lies: in the data folder. -1 and err when that is not allowed.
 */
int dataset_save_path(const struct dataset_options *o, const char *name, char *out, size_t cap,
                      struct err *err);
/* Where "load" lies: beside the rule file, else in the rule folder. */
void dataset_load_path(const struct dataset_options *o, const char *rule_file, const char *name,
                       char *out, size_t cap);

/* Whether a value of this buffer is in it; *reputation receives its number. */
bool dataset_holds(const struct dataset *d, struct bytes value, uint16_t *reputation);
/* True when the set changed. */
bool dataset_set(struct dataset *d, struct bytes value);
bool dataset_unset(struct dataset *d, struct bytes value);
/* Whether both are written to one file. */
bool dataset_saves_as(const struct dataset *a, const struct dataset *b);
/* Writes it to its file, whole or not at all. 0 or -1. */
int dataset_save(const struct dataset *d, struct err *err);

#endif
