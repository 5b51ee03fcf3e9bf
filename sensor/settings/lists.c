/* sensor/settings/lists.c - what rules look things up in: data sets, reputation; see
 * parts.h. Names are Suricata's. */
#include "sensor/settings/parts.h"
#include <unistd.h>

/* ---- reputation ---- */
static void add_reputation_file(void *ctx, const char *key, const char *value)
{
    struct settings *s = ctx;
    (void)key;
    if (s->reputation_files.count < OPTION_LIST_MAX)
        s->reputation_files.values[s->reputation_files.count++] = value;
}

static void read_reputation(struct settings *s)
{
    config_each(s->config, "reputation-files.", add_reputation_file, s);
    s->rules.reputation = (struct reputation_options){
        .categories_file = config_get(s->config, "reputation-categories-file"),
        .dir = config_get(s->config, "default-reputation-path"),
        .files = s->reputation_files.values,
        .file_count = s->reputation_files.count,
    };
}

/* ---- sets ---- */
struct walk {
    struct settings *s;
    struct err *err;
    int rc;
};

/* "datasets.NAME.type" says that there is a set NAME; its other settings are beside it. */
static const char *part_of(const struct settings *s, const char *name, int len, const char *part)
{
    char key[256];
    snprintf(key, sizeof key, "datasets.%.*s.%s", len, name, part);
    return config_get(s->config, key);
}

/* A set that is loaded may lie in the data folder or be named from here; state is in the former. */
static char *path_of(const struct settings *s, const char *name, bool must_be_in_data)
{
    char path[4096];
    if (!name)
        return NULL;
    snprintf(path, sizeof path, "%s/%s", s->rules.datasets.data_dir, name);
    bool here = name[0] == '/' || (!must_be_in_data && access(path, R_OK) != 0);
    char *copy = strdup(here ? name : path);
    ASSERT(copy);
    return copy;
}

static void take_set(void *ctx, const char *key, const char *value)
{
    struct walk *w = ctx;
    struct settings *s = w->s;
    const char *name = key + strlen("datasets."), *dot = strchr(name, '.');
    if (w->rc != 0 || !dot || strcmp(dot, ".type") != 0)
        return;
    int len = (int)(dot - name);
    const char *state = part_of(s, name, len, "state");
    char size_key[256];
    snprintf(size_key, sizeof size_key, "datasets.%.*s.memcap", len, name);
    if (s->set_count == SETTINGS_SETS_MAX || len > DATASET_NAME_MAX ||
        dataset_type_find(bytes_str(value)) == DATASET_NONE) {
        w->rc = err_set(w->err,
                        "%s: '%s'; wants md5, sha256, string, ipv4, ipv6 or ip, a name of "
                        "up to %d characters, and no more than %d sets",
                        key, value, DATASET_NAME_MAX, SETTINGS_SETS_MAX);
        return;
    }
    struct dataset_wish *wish = &s->sets[s->set_count++];
    char *text = strndup(name, (size_t)len);
    ASSERT(text);
    *wish = (struct dataset_wish){.name = text, .type = dataset_type_find(bytes_str(value))};
    wish->load = path_of(s, state ? state : part_of(s, name, len, "load"), state != NULL);
    wish->save = path_of(s, state, true);
    w->rc = config_size(s->config, size_key, 0, &wish->cap_bytes, w->err);
}

int settings_read_lists(struct settings *s, struct err *err)
{
    struct dataset_options *o = &s->rules.datasets;
    const char *data_dir = config_get(s->config, "default-data-dir");
    bool may_write;
    s->data_dir = data_dir;
    o->data_dir = data_dir ? data_dir : s->log_dir ? s->log_dir : ".";
    o->rule_dir = config_get(s->config, "default-rule-path");
    if (config_size(s->config, "datasets.defaults.memcap", 0, &o->cap_bytes, err) != 0 ||
        config_bool(s->config, "datasets.rules.allow-write", true, &may_write, err) != 0 ||
        config_bool(s->config, "datasets.rules.allow-absolute-filenames", false, &o->allow_absolute,
                    err) != 0)
        return -1;
    o->forbid_write = !may_write;
    struct walk w = {.s = s, .err = err};
    config_each(s->config, "datasets.", take_set, &w);
    o->sets = s->sets;
    o->set_count = s->set_count;
    read_reputation(s);
    return w.rc;
}

void settings_release_lists(struct settings *s)
{
    for (size_t i = 0; i < s->set_count; i++) {
        free((void *)(uintptr_t)s->sets[i].name);
        free((void *)(uintptr_t)s->sets[i].load);
        free((void *)(uintptr_t)s->sets[i].save);
    }
}
