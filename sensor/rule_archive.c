/* sensor/rule_archive.c - see rule_archive.h. */
#include "sensor/rule_archive.h"
#include "common/file.h"
#include "common/json.h"
#include <unistd.h>

struct vars_walk {
    struct json *json;
    enum rule_var_kind kind;
};

static void put_var(void *ctx, enum rule_var_kind kind, const char *name, const char *value)
{
    struct vars_walk *w = ctx;
    if (kind == w->kind)
        json_str_dynkey(w->json, bytes_str(name), bytes_str(value));
}

static void put_vars(struct json *j, const char *key, enum rule_var_kind kind,
                     const struct rule_vars *vars)
{
    struct vars_walk w = {j, kind};
    json_object(j, key);
    rule_vars_each(vars, put_var, &w);
    json_object_end(j);
}

/* JSON is YAML. */
static int write_vars(const char *path, const struct rule_vars *vars, struct err *err)
{
    struct json j = {0};
    json_object(&j, NULL);
    json_object(&j, "vars");
    put_vars(&j, "address-groups", RULE_VAR_ADDRESS, vars);
    put_vars(&j, "port-groups", RULE_VAR_PORT, vars);
    json_object_end(&j);
    json_object_end(&j);
    int rc = file_replace(path, json_bytes(&j), err);
    json_release(&j);
    return rc;
}

static int write_rules(const char *path, const struct ruleset *rs, struct err *err)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    ASSERT(out);
    ruleset_print(rs, out);
    fclose(out);
    int rc = file_replace(path, bytes_of(text, len), err);
    free(text);
    return rc;
}

/* The rules last: where they are, the variables are too. */
int rule_archive(const char *dir, const struct ruleset *rs, const struct rule_vars *vars,
                 struct err *err)
{
    char rules[4096], settings[4096];
    snprintf(rules, sizeof rules, "%s/%s.rules", dir, ruleset_version(rs));
    snprintf(settings, sizeof settings, "%s/%s.yaml", dir, ruleset_version(rs));
    if (access(rules, F_OK) == 0)
        return 0;
    if (file_mkdirs(dir, err) != 0 || write_vars(settings, vars, err) != 0)
        return -1;
    return write_rules(rules, rs, err);
}
