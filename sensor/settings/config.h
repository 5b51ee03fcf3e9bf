/* sensor/settings/config.h - settings by dotted name, from YAML files and --set.
 *
 * Suricata's files are understood as they are: what this sensor has no use for is passed over. Only
 * names under "sekisho" must be known, since a typing error there would go unseen. */
#ifndef SENSOR_CONFIG_H
#define SENSOR_CONFIG_H
#include "common/bytes.h"
#include "common/err.h"

struct config;
struct config *config_new(void);
void config_free(struct config *c);

/* Reads a YAML file ("%YAML 1.1" or not). "a: {b: [x, y]}" becomes a.b.0 = x, a.b.1 = y. Later
 * values win. -1 and "file:line:column: what" when it is not YAML, too deep or too large. */
int config_read(struct config *c, const char *path, struct err *err);
/* "key=value" of --set. */
int config_set(struct config *c, const char *assignment, struct err *err);

/* NULL when not set; borrowed, valid until config_free. */
const char *config_get(const struct config *c, const char *key);
/* The first key that fits a pattern in which '#' stands for any number, or NULL. Borrowed too. */
const char *config_key(const struct config *c, const char *pattern);
/* yes/true/on/1 and no/false/off/0; -1 and err for anything else. */
int config_bool(const struct config *c, const char *key, bool otherwise, bool *out,
                struct err *err);
/* A size in bytes: "64mb", "1.5 gb", "4096"; units are powers of 1024, as in Suricata. -1 and err
 * for anything else. */
int config_size(const struct config *c, const char *key, uint64_t otherwise, uint64_t *out,
                struct err *err);
/* Every key that begins with prefix, in order of first setting. */
typedef void config_fn(void *ctx, const char *key, const char *value);
void config_each(const struct config *c, const char *prefix, config_fn *each, void *ctx);
/* Keys under "sekisho." other than the ones known; -1 names the first and where it stands. */
int config_check_known(const struct config *c, const char *const *known, size_t count,
                       struct err *err);

#endif
