/* sensor/settings/rules.c - rule files, their variables and what comes with them; see parts.h. */
#include "common/log.h"
#include "common/shared.h"
#include "sensor/settings/parts.h"

/* Owned by the caller; NULL when it is nowhere. */
static char *shared_copy(const char *name)
{
    char path[SHARED_PATH_MAX];
    return shared_find(name, path, NULL) == 0 ? strdup(path) : NULL;
}

static const char *setting_or_shared(const struct settings *s, const char *key, char **shared,
                                     const char *name)
{
    const char *set = config_get(s->config, key);
    return set ? set : (*shared = shared_copy(name));
}

static void set_address_var(void *ctx, const char *key, const char *value)
{
    rule_vars_set(ctx, RULE_VAR_ADDRESS, strrchr(key, '.') + 1, value);
}

static void set_port_var(void *ctx, const char *key, const char *value)
{
    rule_vars_set(ctx, RULE_VAR_PORT, strrchr(key, '.') + 1, value);
}

/* "!$HOME_NET" is about the families HOME_NET names: easily overlooked, and then IPv6 is. */
static void tell_of_ipv6(const struct rule_vars *vars)
{
    struct err err;
    struct rule_address_set *outside = rule_vars_address(vars, "$EXTERNAL_NET", &err);
    if (outside && !rule_address_holds_ipv6(outside))
        log_info("EXTERNAL_NET holds no IPv6, so rules about it see IPv4 only; name your IPv6 "
                 "networks in HOME_NET");
    rule_address_free(outside);
}

int settings_read_vars(struct settings *s, const struct command_line *c, struct err *err)
{
    s->vars = rule_vars_new();
    config_each(s->config, "vars.address-groups.", set_address_var, s->vars);
    config_each(s->config, "vars.port-groups.", set_port_var, s->vars);
    if (c->home_net)
        rule_vars_set(s->vars, RULE_VAR_ADDRESS, "HOME_NET", c->home_net);
    s->inside = rule_vars_address(s->vars, "$HOME_NET", err);
    s->worker.inside = s->inside;
    if (!s->inside)
        return err_in(err, "HOME_NET");
    tell_of_ipv6(s->vars);
    return 0;
}

static void add_rule_file(void *ctx, const char *key, const char *value)
{
    struct settings *s = ctx;
    (void)key;
    if (s->rule_files.count < OPTION_LIST_MAX)
        s->rule_files.values[s->rule_files.count++] = value;
}

/* How many alerts one packet may raise, as in Suricata. */
static int read_alert_max(struct settings *s, struct err *err)
{
    uint64_t max;
    if (config_size(s->config, "packet-alert-max", PACKET_ALERT_MAX, &max, err) != 0)
        return -1;
    if (max < 1 || max > UINT8_MAX)
        return err_set(err, "packet-alert-max: from 1 to %d", UINT8_MAX);
    s->rules.packet_alert_max = (uint8_t)max;
    return 0;
}

int settings_read_rule_files(struct settings *s, const struct command_line *c, struct err *err)
{
    s->ruleset_dir = config_get(s->config, "sekisho.ruleset-dir");
    if (c->only_rules.count)
        s->rule_files = c->only_rules;
    else
        config_each(s->config, "rule-files.", add_rule_file, s);
    if (!s->rule_files.count && (s->share_files[3] = shared_copy("rules/signatures")) != NULL) {
        char glob[4096];
        snprintf(glob, sizeof glob, "%s/*.rules", s->share_files[3]);
        free(s->share_files[3]);
        s->share_files[3] = strdup(glob);
        s->rule_files.values[s->rule_files.count++] = s->share_files[3];
    }
    for (size_t i = 0; i < c->more_rules.count && s->rule_files.count < OPTION_LIST_MAX; i++)
        s->rule_files.values[s->rule_files.count++] = c->more_rules.values[i];
    s->rules = (struct ruleset_options){
        .files = s->rule_files.values,
        .file_count = s->rule_files.count,
        .classification_file = setting_or_shared(s, "classification-file", &s->share_files[0],
                                                 "rules/classification.config"),
        .reference_file = setting_or_shared(s, "reference-config-file", &s->share_files[1],
                                            "rules/reference.config"),
        .attack_file =
            setting_or_shared(s, "sekisho.attack-file", &s->share_files[4], "rules/attack.config"),
        .threshold_file =
            setting_or_shared(s, "threshold-file", &s->share_files[2], "rules/threshold.config"),
        .geoip_file = c->geoip ? c->geoip : config_get(s->config, "sekisho.geoip"),
        .vars = s->vars,
        .ips = c->ips,
    };
    if (config_bool(s->config, "eve-log.alert.reference", false, &s->rules.references, err) != 0 ||
        config_bool(s->config, "detect.guess-applayer-tx", false, &s->rules.guess_tx, err) != 0)
        return -1;
    return read_alert_max(s, err);
}
