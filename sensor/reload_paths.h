/* sensor/reload_paths.h - which folders and files a reload will read, for the sandbox.
 *
 * Folders rather than files: a rule file that is replaced by renaming is another file. */
#ifndef SENSOR_RELOAD_PATHS_H
#define SENSOR_RELOAD_PATHS_H
#include "sensor/settings/settings.h"

#define RELOAD_PATHS_MAX (6 * OPTION_LIST_MAX + 8)
struct reload_paths {
    char *paths[RELOAD_PATHS_MAX];
    size_t count;
};

/* What is not there is left out: it cannot be allowed, and a reload will say what it misses. */
void reload_paths_find(struct reload_paths *p, const struct settings *s);
void reload_paths_release(struct reload_paths *p);

#endif
