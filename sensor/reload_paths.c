/* sensor/reload_paths.c - see reload_paths.h. */
#include "sensor/reload_paths.h"
#include <unistd.h>

static void add(struct reload_paths *p, const char *path)
{
    if (p->count == RELOAD_PATHS_MAX || access(path, F_OK) != 0)
        return;
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->paths[i], path) == 0)
            return;
    p->paths[p->count++] = strdup(path);
    ASSERT(p->paths[p->count - 1]);
}

static void add_folder_of(struct reload_paths *p, const char *file)
{
    char dir[4096];
    const char *slash = strrchr(file, '/');
    if (!slash || (size_t)(slash - file) >= sizeof dir)
        snprintf(dir, sizeof dir, "%s", slash ? "/" : ".");
    else
        snprintf(dir, sizeof dir, "%.*s", slash == file ? 1 : (int)(slash - file), file);
    add(p, dir);
}

/* The folder that holds a file or what fits a glob, and the one a link leads to. */
static void add_file(struct reload_paths *p, const char *file)
{
    char plain[4096], *target;
    if (!file)
        return;
    size_t len = strcspn(file, "*?[");
    snprintf(plain, sizeof plain, "%.*s", (int)len, file);
    add_folder_of(p, plain);
    if (!file[len] && (target = realpath(file, NULL))) {
        add_folder_of(p, target);
        free(target);
    }
}

void reload_paths_find(struct reload_paths *p, const struct settings *s)
{
    *p = (struct reload_paths){.count = 0};
    if (s->wire.redis_password_file)
        add(p, s->wire.redis_password_file);
    for (size_t i = 0; i < s->rules.file_count; i++)
        add_file(p, s->rules.files[i]);
    for (size_t i = 0; i < s->config_files.count; i++)
        add_file(p, s->config_files.values[i]);
    add_file(p, s->rules.classification_file);
    add_file(p, s->rules.reference_file);
    add_file(p, s->rules.attack_file);
    add_file(p, s->rules.threshold_file);
    add_file(p, s->rules.attack_file);
    add_file(p, s->rules.geoip_file);
    add_file(p, s->rules.reputation.categories_file);
    if (s->rules.reputation.dir)
        add(p, s->rules.reputation.dir);
    for (size_t i = 0; i < s->rules.reputation.file_count; i++)
        add_file(p, s->rules.reputation.files[i]);
    if (s->rules.datasets.rule_dir)
        add(p, s->rules.datasets.rule_dir);
}

void reload_paths_release(struct reload_paths *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->paths[i]);
}
