/* sensor/settings/wire.c - whose addresses these are, and where alerts go; see parts.h. */
#include "common/text.h"
#include "sensor/settings/parts.h"
#include <unistd.h>

struct org_walk {
    struct settings *s;
    struct err *err;
    int32_t current;
    int rc;
};

static int32_t org_index(struct settings *s, const char *id, struct err *err)
{
    int32_t i = 0;
    if (!org_id_is_valid(bytes_str(id)))
        return err_set(err, "organisation '%s': wants 1 to 63 of a-z, 0-9 and -", id);
    for (; s->orgs[i]; i++)
        if (strcmp(s->orgs[i], id) == 0)
            return i;
    if (i == SETTINGS_ORGS_MAX)
        return err_set(err, "more than %d organisations at one sensor", SETTINGS_ORGS_MAX);
    s->orgs[i] = id;
    return i;
}

static void take_org_setting(void *ctx, const char *key, const char *value)
{
    struct org_walk *w = ctx;
    struct prefix prefix;
    char id_key[256];
    if (w->rc != 0 || !strstr(key, ".networks."))
        return;
    int number_len = (int)strcspn(key + strlen("sekisho.organisations."), ".");
    snprintf(id_key, sizeof id_key, "sekisho.organisations.%.*s.id", number_len,
             key + strlen("sekisho.organisations."));
    const char *id = config_get(w->s->config, id_key);
    if (!id || (w->current = org_index(w->s, id, w->err)) < 0)
        w->rc = id ? -1 : err_set(w->err, "%s: networks without an id", key);
    else if (!prefix_parse(bytes_str(value), &prefix))
        w->rc = err_set(w->err, "%s: '%s' is no network; wants 192.0.2.0/24 or 2001:db8::/32", key,
                        value);
    else if (prefix_map_add(w->s->organisations, &prefix, w->current) != 0)
        w->rc = err_set(w->err, "%s: %s stands twice", key, value);
}

static const char *either(const char *given, const char *configured)
{
    return given ? given : configured;
}

int settings_read_wire(struct settings *s, const struct command_line *c, struct err *err)
{
    static char host[64];
    const char *org = either(c->org, config_get(s->config, "sekisho.org"));
    s->organisations = prefix_map_new();
    struct org_walk walk = {.s = s, .err = err};
    config_each(s->config, "sekisho.organisations.", take_org_setting, &walk);
    if (walk.rc != 0)
        return -1;
    s->worker.organisations = s->orgs[0] ? s->organisations : NULL;
    s->worker.default_org = org_index(s, org ? org : s->orgs[0] ? s->orgs[0] : "unassigned", err);
    if (s->worker.default_org < 0)
        return -1;
    gethostname(host, sizeof host - 1);
    struct wire_options *w = &s->wire;
    w->sensor = either(c->sensor, config_get(s->config, "sekisho.sensor"));
    w->sensor = w->sensor ? w->sensor : host;
    w->centre = either(c->centre, config_get(s->config, "sekisho.centre"));
    w->redis_address = either(c->redis, config_get(s->config, "sekisho.redis.address"));
    w->redis_user = either(c->redis_user, config_get(s->config, "sekisho.redis.user"));
    w->redis_password_file =
        either(c->redis_password_file, config_get(s->config, "sekisho.redis.password-file"));
    w->spool_dir = either(c->spool, config_get(s->config, "sekisho.spool.dir"));
    uint64_t cap_mib = 1024;
    const char *cap = config_get(s->config, "sekisho.spool.cap-mib");
    if (cap && !text_u64(bytes_str(cap), 1, 1 << 20, &cap_mib))
        return err_set(err, "sekisho.spool.cap-mib: '%s'; wants 1 to 1048576", cap);
    w->spool_cap_bytes = cap_mib << 20;
    if (config_bool(s->config, "sekisho.drill", c->drill, &w->drill, err) != 0)
        return -1;
    w->drill = w->drill || c->drill;
    if (w->redis_address && !w->spool_dir)
        return err_set(err, "--redis wants --spool DIR too: alerts wait there while Redis is away");
    if (w->spool_dir && !org && !s->worker.organisations)
        return err_set(err, "--spool wants --org ID: whose alerts these are");
    if (w->centre && strcmp(w->centre, "nisc") != 0 && strcmp(w->centre, "ipa") != 0)
        return err_set(err, "--centre %s: wants nisc or ipa", w->centre);
    if (w->spool_dir && !w->centre)
        return err_set(err, "--spool wants --centre nisc or --centre ipa");
    return 0;
}
