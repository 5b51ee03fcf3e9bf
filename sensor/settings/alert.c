/* sensor/settings/alert.c - what alerts show; see parts.h. Names are Suricata's, below
 * eve-log or where its own configuration has them, in the list of outputs. */
#include "sensor/settings/parts.h"

#define KEY_LEN_MAX 128

/* The key under which eve-log.NAME is set; that one when it is not. */
static const char *key_of(const struct settings *s, const char *name, char out[KEY_LEN_MAX])
{
    snprintf(out, KEY_LEN_MAX, "outputs.#.eve-log.types.#.%s", name);
    const char *listed = config_key(s->config, out);
    snprintf(out, KEY_LEN_MAX, "outputs.#.eve-log.%s", name);
    if (!listed)
        listed = config_key(s->config, out);
    snprintf(out, KEY_LEN_MAX, "eve-log.%s", name);
    return config_get(s->config, out) || !listed ? out : listed;
}

static const char *value_of(const struct settings *s, const char *name)
{
    char key[KEY_LEN_MAX];
    return config_get(s->config, key_of(s, name, key));
}

static int read_flag(const struct settings *s, const char *name, bool *out, struct err *err)
{
    char key[KEY_LEN_MAX];
    return config_bool(s->config, key_of(s, name, key), *out, out, err);
}

/* "alert.metadata: no" stands for all below it. */
static int read_metadata(const struct settings *s, struct eve_alert_options *o, struct err *err)
{
    bool metadata = true;
    if (read_flag(s, "alert.metadata", &metadata, err) != 0)
        return -1;
    if (!metadata)
        o->app_layer = o->flow = o->rule_metadata = false;
    if (read_flag(s, "alert.metadata.app-layer", &o->app_layer, err) != 0 ||
        read_flag(s, "alert.metadata.flow", &o->flow, err) != 0 ||
        read_flag(s, "alert.metadata.rule.metadata", &o->rule_metadata, err) != 0)
        return -1;
    return read_flag(s, "alert.metadata.rule.raw", &o->rule_raw, err);
}

static int read_bytes(const struct settings *s, struct eve_alert_options *o, struct err *err)
{
    enum { CAP_MIN = 1, CAP_MAX = 1 << 20 };
    char key[KEY_LEN_MAX];
    if (read_flag(s, "alert.payload", &o->payload, err) != 0 ||
        read_flag(s, "alert.payload-printable", &o->payload_printable, err) != 0 ||
        read_flag(s, "alert.packet", &o->packet, err) != 0 ||
        read_flag(s, "alert.http-body", &o->http_body, err) != 0 ||
        read_flag(s, "alert.http-body-printable", &o->http_body_printable, err) != 0 ||
        read_flag(s, "alert.verdict", &o->verdict, err) != 0 ||
        config_size(s->config, key_of(s, "alert.payload-buffer-size", key), o->payload_cap_bytes,
                    &o->payload_cap_bytes, err) != 0)
        return -1;
    if (o->payload_cap_bytes < CAP_MIN || o->payload_cap_bytes > CAP_MAX)
        return err_set(err, "eve-log.alert.payload-buffer-size: wants 1 byte to 1mb");
    return 0;
}

/* One of two words; out: whether it is the second. */
static int read_choice(const char *name, const char *value, const char *first, const char *second,
                       bool *out, struct err *err)
{
    *out = value && strcasecmp(value, second) == 0;
    if (value && !*out && strcasecmp(value, first) != 0)
        return err_set(err, "eve-log.%s: '%s'; wants %s or %s", name, value, first, second);
    return 0;
}

/* where: "xff", or "alert.xff", which wins. */
static int read_xff(const struct settings *s, const char *where, struct eve_xff *x, struct err *err)
{
    char enabled[32], mode[32], deployment[32], header[32];
    snprintf(enabled, sizeof enabled, "%s.enabled", where);
    snprintf(mode, sizeof mode, "%s.mode", where);
    snprintf(deployment, sizeof deployment, "%s.deployment", where);
    snprintf(header, sizeof header, "%s.header", where);
    if (!value_of(s, enabled))
        return 0;
    if (value_of(s, header))
        x->header = value_of(s, header);
    if (!*x->header)
        return err_set(err, "eve-log.%s: empty; wants a header such as X-Forwarded-For", header);
    if (read_flag(s, enabled, &x->enabled, err) != 0 ||
        read_choice(mode, value_of(s, mode), "extra-data", "overwrite", &x->overwrite, err) != 0)
        return -1;
    return read_choice(deployment, value_of(s, deployment), "reverse", "forward", &x->forward, err);
}

int settings_read_alert(struct settings *s, bool explain, struct err *err)
{
    struct eve_alert_options *o = &s->worker.alerts;
    *o = eve_alert_defaults;
    if (read_metadata(s, o, err) != 0 || read_bytes(s, o, err) != 0 ||
        read_xff(s, "xff", &o->xff, err) != 0 || read_xff(s, "alert.xff", &o->xff, err) != 0 ||
        read_flag(s, "alert.explain", &s->worker.explain, err) != 0)
        return -1;
    s->worker.explain |= explain;
    return 0;
}
