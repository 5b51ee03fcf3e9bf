/* analyzer/correlate/rule.c - reads and checks rule files. See rule.h. */
#include "analyzer/correlate/rule.h"
#include "analyzer/correlate/rule_schema.h"
#include "common/file.h"
#include "common/text.h"
#include <dirent.h>
#include <xxhash.h>

#define SLICES         64 /* a timespan is kept in so many slices */
#define STAGES_MAX     16
#define TIMESPAN_MAX_S (400ull * 86400)

static bool timespan_parse(const char *text, uint64_t *us)
{
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    size_t n = strlen(text);
    uint64_t count;
    for (size_t i = 0; n > 1 && i < 4; i++) {
        if (text[n - 1] != units[i].unit)
            continue;
        if (!text_u64(bytes_of(text, n - 1), 1, TIMESPAN_MAX_S / units[i].seconds, &count))
            return false;
        *us = count * units[i].seconds * 1000000;
        return true;
    }
    return false;
}

static int id_check(const struct rule *r, struct err *err)
{
    for (const char *p = r->id; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-'))
            return yaml_file_fail(r->file, err, "id", "use a-z, 0-9 and '-' in an id");
    if (strlen(r->id) > 63)
        return yaml_file_fail(r->file, err, "id", "an id has at most 63 characters");
    return 0;
}

static int metadata_check(const struct rule *r, const struct rule_filter *f, const char *where,
                          struct err *err)
{
    char at[128];
    for (unsigned i = 0; i < f->metadata_count; i++) {
        snprintf(at, sizeof at, "%s.metadata[%u]", where, i);
        if (!strchr(f->metadata[i], '='))
            return yaml_file_fail(r->file, err, at, "write key=value");
    }
    return 0;
}

static int stage_check(const struct rule *r, unsigned i, struct err *err)
{
    const struct rule_stage *s = &r->stages[i];
    char at[96];
    for (unsigned k = 0; k < s->where_count; k++) {
        snprintf(at, sizeof at, "stages[%u].where[%u]", i, k);
        if (metadata_check(r, &s->where[k], at, err) != 0)
            return -1;
    }
    for (unsigned k = 0; k < s->except_count; k++) {
        snprintf(at, sizeof at, "stages[%u].except[%u]", i, k);
        if (metadata_check(r, &s->except[k], at, err) != 0)
            return -1;
    }
    return 0;
}

static int condition_check(const struct rule *r, unsigned i, struct err *err)
{
    const struct rule_condition *c = &r->conditions[i];
    char at[96];
    snprintf(at, sizeof at, "conditions[%u]", i);
    if (c->gte == 0 && c->lt == 0)
        return yaml_file_fail(r->file, err, at, "give gte (at least) or lt (below)");
    if (c->count == COUNT_VALUES && r->value == FIELD_NONE)
        return yaml_file_fail(r->file, err, at, "counts values; say which with `value:`");
    if (c->each_org && c->count == COUNT_ORGS)
        return yaml_file_fail(r->file, err, at, "each_org does not go with count: orgs");
    return 0;
}

static bool groups_by(const struct rule *r, enum rule_field f)
{
    for (unsigned i = 0; i < r->group_by_count; i++)
        if (r->group_by[i] == f)
            return true;
    return false;
}

static int shape_check(struct rule *r, struct err *err)
{
    if (!timespan_parse(r->timespan, &r->timespan_us))
        return yaml_file_fail(r->file, err, "timespan",
                              "'%s' is no timespan; write 90s, 15m, 24h or 7d (at most 400d)",
                              r->timespan);
    if (r->severity < 1 || r->severity > 4)
        return yaml_file_fail(r->file, err, "severity", "a severity is 1 (gravest) to 4");
    if (r->stages_count > STAGES_MAX)
        return yaml_file_fail(r->file, err, "stages", "at most %d stages", STAGES_MAX);
    if (r->group_by_count + r->any_of_count == 0)
        return yaml_file_fail(r->file, err, "group_by", "group_by or any_of is needed");
    if (r->type >= RULE_TEMPORAL && r->stages_count < 2)
        return yaml_file_fail(r->file, err, "stages", "a temporal rule needs two stages or more");
    if (r->type < RULE_TEMPORAL && r->conditions_count == 0)
        return yaml_file_fail(r->file, err, "type", "a counting rule needs conditions");
    if (r->kind == RULE_INCIDENT && !groups_by(r, FIELD_ORG))
        return yaml_file_fail(r->file, err, "kind",
                              "an incident is of one organisation: put org into group_by");
    return 0;
}

/* Title and summary also go to management, which gets no address: nothing is filled in. */
static int plain_check(const struct rule *r, struct err *err)
{
    const char *texts[] = {r->title.ja, r->title.en, r->summary.ja, r->summary.en};
    const char *at[] = {"title.ja", "title.en", "summary.ja", "summary.en"};
    for (int i = 0; i < 4; i++)
        if (strchr(texts[i], '{'))
            return yaml_file_fail(r->file, err, at[i], "no placeholder may stand here");
    return 0;
}

static int check(struct rule *r, struct err *err)
{
    if (id_check(r, err) != 0 || shape_check(r, err) != 0 || plain_check(r, err) != 0)
        return -1;
    for (unsigned i = 0; i < r->stages_count; i++)
        if (stage_check(r, i, err) != 0)
            return -1;
    for (unsigned i = 0; i < r->conditions_count; i++)
        if (condition_check(r, i, err) != 0)
            return -1;
    return 0;
}

static int version_make(struct rule *r, const char *path, struct err *err)
{
    size_t len = 0;
    char *text = file_read(path, 1 << 20, &len, err);
    if (!text)
        return -1;
    snprintf(r->version, sizeof r->version, "%s@%016llx", r->id,
             (unsigned long long)XXH64(text, len, 0));
    free(text);
    return 0;
}

struct rule *rule_load(const char *path, struct err *err)
{
    void *data = NULL;
    struct yaml_file *file = yaml_file_load(path, &rule_schema, &data, err);
    if (!file)
        return NULL;
    struct rule *r = data;
    r->file = file;
    if (check(r, err) != 0 || version_make(r, path, err) != 0) {
        rule_free(r);
        return NULL;
    }
    r->slice_us = r->timespan_us / SLICES;
    return r;
}

void rule_free(struct rule *r)
{
    if (r)
        yaml_file_free(r->file); /* r goes with it */
}

static int is_yaml(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return e->d_name[0] != '.' && n > 5 && strcmp(e->d_name + n - 5, ".yaml") == 0;
}

static int rules_add(struct rules *rs, const char *path, struct err *err)
{
    if (rs->count == RULES_MAX)
        return err_set(err, "%s: more than %d rules", path, RULES_MAX);
    struct rule *r = rule_load(path, err);
    if (!r)
        return -1;
    rs->list[rs->count++] = r;
    for (unsigned i = 0; i + 1 < rs->count; i++)
        if (strcmp(rs->list[i]->id, r->id) == 0)
            return yaml_file_fail(r->file, err, "id", "rule '%s' is there twice; keep one", r->id);
    return 0;
}

int rules_load(struct rules *rs, const char *dir, struct err *err)
{
    struct dirent **names = NULL;
    *rs = (struct rules){.count = 0};
    int n = scandir(dir, &names, is_yaml, alphasort), rc = 0;
    if (n < 0)
        return err_set(err, "%s: cannot be listed; give the folder of correlation rules", dir);
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
        if (rc == 0)
            rc = rules_add(rs, path, err);
        free(names[i]);
    }
    free(names);
    if (rc != 0)
        rules_release(rs);
    return rc;
}

void rules_release(struct rules *rs)
{
    for (unsigned i = 0; i < rs->count; i++)
        rule_free(rs->list[i]);
    rs->count = 0;
}

const char *rule_field_name(enum rule_field f)
{
    return f == FIELD_NONE ? "" : rule_fields[f - 1].str;
}

const char *rule_confidence_name(enum rule_confidence c)
{
    return rule_confidences[c].str;
}
