/* sensor/settings_alert.c - what alerts show; see settings_parts.h. Names are Suricata's, below
 * eve-log or where its own configuration has them, in the list of outputs. */
#include "sensor/settings_parts.h"

#define NAME_MAX_BYTES 128

/* The key under which the setting "alert.NAME" stands, given or not. */
static const char *alert_key(const struct settings *s, const char *name, char out[NAME_MAX_BYTES])
{
    snprintf(out, NAME_MAX_BYTES, "outputs.#.eve-log.types.#.alert.%s", name);
    const char *listed = config_key(s->config, out);
    snprintf(out, NAME_MAX_BYTES, "eve-log.alert.%s", name);
    return config_get(s->config, out) || !listed ? out : listed;
}

static int read_flag(const struct settings *s, const char *name, bool *out, struct err *err)
{
    char key[NAME_MAX_BYTES];
    return config_bool(s->config, alert_key(s, name, key), *out, out, err);
}

int settings_read_alert(struct settings *s, bool explain, struct err *err)
{
    if (read_flag(s, "explain", &s->worker.explain, err) != 0)
        return -1;
    s->worker.explain |= explain;
    return 0;
}
