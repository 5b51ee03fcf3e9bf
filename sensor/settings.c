/* sensor/settings.c - see settings.h. */
#include "sensor/settings.h"
#include "common/file.h"
#include "common/log.h"
#include "common/shared.h"
#include "common/text.h"
#include "sensor/capture/capture.h"
#include "sensor/command_line.h"
#include "sensor/settings_parts.h"
#include <inttypes.h>
#include <unistd.h>

#define CONTROL_DIR  "/run/sekisho" /* where a socket's name without a '/' before it stands */
#define CONTROL_NAME "sensor.socket"

/* ---- files that come with the program -------------------------------------------------------- */

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

/* ---- parts ----------------------------------------------------------------------------------- */

static int read_files(struct settings *s, const struct command_line *c, struct err *err)
{
    s->config_files = c->includes;
    if (c->config_file && s->config_files.count < OPTION_LIST_MAX)
        s->config_files.values[s->config_files.count++] = c->config_file;
    if (c->config_file && config_read(s->config, c->config_file, err) != 0)
        return -1;
    for (size_t i = 0; i < c->includes.count; i++)
        if (config_read(s->config, c->includes.values[i], err) != 0)
            return -1;
    for (size_t i = 0; i < c->sets.count; i++)
        if (config_set(s->config, c->sets.values[i], err) != 0)
            return -1;
    static const char *const known[] = {"sekisho.sensor",
                                        "sekisho.org",
                                        "sekisho.centre",
                                        "sekisho.drill",
                                        "sekisho.redis.address",
                                        "sekisho.redis.user",
                                        "sekisho.redis.password-file",
                                        "sekisho.spool.dir",
                                        "sekisho.spool.cap-mib",
                                        "sekisho.geoip",
                                        "sekisho.detectors",
                                        "sekisho.cache-dir",
                                        "sekisho.attack-file",
                                        "sekisho.ruleset-dir",
                                        "sekisho.organisations.#.id",
                                        "sekisho.organisations.#.networks.#"};
    return config_check_known(s->config, known, sizeof known / sizeof *known, err);
}

static void set_address_var(void *ctx, const char *key, const char *value)
{
    rule_vars_set(ctx, RULE_VAR_ADDRESS, strrchr(key, '.') + 1, value);
}

static void set_port_var(void *ctx, const char *key, const char *value)
{
    rule_vars_set(ctx, RULE_VAR_PORT, strrchr(key, '.') + 1, value);
}

static int read_vars(struct settings *s, const struct command_line *c, struct err *err)
{
    s->vars = rule_vars_new();
    config_each(s->config, "vars.address-groups.", set_address_var, s->vars);
    config_each(s->config, "vars.port-groups.", set_port_var, s->vars);
    if (c->home_net)
        rule_vars_set(s->vars, RULE_VAR_ADDRESS, "HOME_NET", c->home_net);
    s->inside = rule_vars_address(s->vars, "$HOME_NET", err);
    s->worker.inside = s->inside;
    return s->inside ? 0 : err_in(err, "HOME_NET");
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

/* -S replaces what the configuration names; without either the shipped signatures are used. */
static int read_rules(struct settings *s, const struct command_line *c, struct err *err)
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
        .cache_dir = config_get(s->config, "sekisho.cache-dir"),
        .geoip_file = c->geoip ? c->geoip : config_get(s->config, "sekisho.geoip"),
        .vars = s->vars,
        .ips = c->ips,
    };
    if (config_bool(s->config, "eve-log.alert.reference", false, &s->rules.references, err) != 0 ||
        config_bool(s->config, "detect.guess-applayer-tx", false, &s->rules.guess_tx, err) != 0)
        return -1;
    return read_alert_max(s, err);
}

/* Which digests every file gets, as Suricata's eve-log.files.force-hash; all of them by default. */
static int read_files_options(struct settings *s, struct err *err)
{
    static const char *const names[] = {"md5", "sha1", "sha256"};
    static const char prefix[] = "eve-log.files.force-hash";
    struct app_options *o = &s->worker.app;
    const char *list = config_get(s->config, prefix);
    bool passwords;
    if (config_bool(s->config, "eve-log.files.force-magic", false, &o->file_magic, err) != 0 ||
        config_bool(s->config, "eve-log.mqtt.passwords", true, &passwords, err) != 0)
        return -1;
    o->hide_passwords = !passwords;
    struct bytes rest = bytes_str(list ? list : "md5,sha1,sha256");
    while (rest.len) {
        const uint8_t *comma = memchr(rest.p, ',', rest.len);
        struct bytes name = bytes_slice(rest, 0, comma ? (size_t)(comma - rest.p) : rest.len);
        rest = bytes_slice(rest, name.len + (comma ? 1 : 0), SIZE_MAX);
        size_t i = 0;
        while (i < 3 && !bytes_eq(name, bytes_str(names[i])))
            i++;
        if (i == 3 && !bytes_eq(name, BYTES_LIT("none")))
            return err_set(err, "%s: '%.*s' is none of md5, sha1, sha256, none", prefix,
                           (int)name.len, (const char *)name.p);
        o->file_digests |= i < 3 ? 1u << i : 0;
    }
    return 0;
}

/* Named as Suricata's; a folder without a leading '/' is below the log folder. */
static int read_file_store(struct settings *s, struct err *err)
{
    struct app_options *o = &s->worker.app;
    const char *dir = config_get(s->config, "file-store.dir");
    uint64_t mib = 1024;
    const char *quota = config_get(s->config, "file-store.quota-mib");
    if (config_bool(s->config, "file-store.enabled", false, &o->file_store, err) != 0 ||
        config_bool(s->config, "file-store.force-filestore", false, &o->file_store_all, err) != 0)
        return -1;
    if (quota && !text_u64(bytes_str(quota), 1, 1 << 30, &mib))
        return err_set(err, "file-store.quota-mib: '%s'; wants 1 to 1073741824", quota);
    if (!o->file_store)
        return 0;
    o->file_digests |= 1u << 2; /* SHA-256 is what they are called */
    size_t len = strlen(s->log_dir ? s->log_dir : ".") + strlen(dir ? dir : "filestore") + 2;
    s->store_dir = malloc(len);
    ASSERT(s->store_dir);
    if (dir && dir[0] == '/')
        snprintf(s->store_dir, len, "%s", dir);
    else
        snprintf(s->store_dir, len, "%s/%s", s->log_dir ? s->log_dir : ".",
                 dir ? dir : "filestore");
    s->store = (struct file_store_options){.dir = s->store_dir, .quota_bytes = mib << 20};
    return 0;
}

static int read_path(struct settings *s, const struct command_line *c, struct err *err)
{
    const char *mode = c->checksums ? c->checksums : "auto";
    if (strcmp(mode, "none") == 0)
        s->decoder.checksums = CHECKSUM_NONE;
    else if (strcmp(mode, "auto") == 0)
        s->decoder.checksums = CHECKSUM_AUTO;
    else if (strcmp(mode, "all") == 0)
        s->decoder.checksums = CHECKSUM_ALL;
    else
        return err_set(err, "-k %s: wants none, auto or all", mode);
    struct stream_options *st = &s->worker.stream;
    if (config_bool(s->config, "stream.midstream", false, &st->midstream, err) != 0 ||
        config_bool(s->config, "stream.async-oneside", false, &st->async_oneside, err) != 0)
        return -1;
    const char *inline_mode =
        config_get(s->config, "stream.inline"); /* Suricata also knows "auto" */
    if (inline_mode && strcmp(inline_mode, "auto") != 0 &&
        config_bool(s->config, "stream.inline", false, &st->inline_mode, err) != 0)
        return -1;
    if (config_bool(s->config, "sekisho.detectors", !c->only_rules.count, &s->detectors, err) != 0)
        return -1;
    if (!inline_mode || strcmp(inline_mode, "auto") == 0)
        st->inline_mode = c->ips; /* what would be dropped must be seen before it is acknowledged */
    if (settings_read_exceptions(s, c->ips, err) != 0)
        return -1;
    st->ignore_checksums = s->decoder.checksums == CHECKSUM_NONE;
    s->worker.app.dpi = true;
    if (read_files_options(s, err) != 0)
        return -1;
    const char *types = config_get(s->config, "eve-log.types");
    struct bytes unknown;
    if (!eve_types_parse(types ? bytes_str(types) : BYTES_LIT("all"), &s->worker.types, &unknown))
        return err_set(err, "eve-log.types: no record type '%.*s'", (int)unknown.len,
                       (const char *)unknown.p);
    return 0;
}

/* ---- the organisations and the wire ---------------------------------------------------------- */

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

static int read_wire(struct settings *s, const struct command_line *c, struct err *err)
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

/* ---- what to read ---------------------------------------------------------------------------- */

static const char *log_dir(const struct settings *s, const struct command_line *c)
{
    bool given = c->log_dir || c->analysis; /* an analysis goes there only if asked to */
    return given ? c->log_dir : config_get(s->config, "default-log-dir");
}

static int read_source(struct settings *s, const struct command_line *c, struct err *err)
{
    s->test_only = c->test;
    s->analysis_only = c->analysis;
    s->workers = (unsigned)c->workers;
    s->log_dir = log_dir(s, c);
    s->show_progress = c->verbosity > 0 && isatty(STDERR_FILENO);
    s->verbose = c->verbosity > 0;
    if (c->test || c->analysis)
        return 0;
    if (!c->path == !c->interface)
        return err_set(err, "wants either -r PATH or -i IFACE; --help shows how");
    if (!s->log_dir && !s->wire.spool_dir)
        s->log_dir = ".";
    if (c->pace) {
        char *end;
        s->pace = strtod(c->pace, &end);
        if (*end || !(s->pace > 0))
            return err_set(err, "--pace %s: wants a number above 0", c->pace);
    }
    s->interface = c->interface;
    if (c->filter_file &&
        !(s->filter = s->filter_text = file_read(c->filter_file, 1 << 16, NULL, err)))
        return -1;
    if (c->path && (s->file_count = capture_list(c->path, c->recursive, &s->files, err)) < 0)
        return -1;
    if (c->path && s->file_count == 0)
        return err_set(err, "%s: no files in this folder%s", c->path,
                       c->recursive ? "" : "; --pcap-file-recursive looks below it too");
    return 0;
}

/* As Suricata's unix-command: "auto" is for live runs and may fail; so is a name that stands there
 * without "enabled". Without either there is no socket. */
static int read_control(struct settings *s, const struct command_line *c, struct err *err)
{
    const char *enabled = config_get(s->config, "unix-command.enabled");
    const char *name = config_get(s->config, "unix-command.filename");
    bool automatic = enabled ? strcmp(enabled, "auto") == 0 : name != NULL;
    s->control_wanted = c->control_socket != NULL;
    if (!s->control_wanted && !automatic &&
        config_bool(s->config, "unix-command.enabled", false, &s->control_wanted, err) != 0)
        return -1;
    if (!s->control_wanted && !(automatic && s->interface))
        return 0;
    bool whole = c->control_socket || (name && name[0] == '/');
    name = either(c->control_socket, name ? name : CONTROL_NAME);
    size_t len = strlen(CONTROL_DIR) + strlen(name) + 2;
    s->control_path = malloc(len);
    ASSERT(s->control_path);
    snprintf(s->control_path, len, "%s%s%s", whole ? "" : CONTROL_DIR, whole ? "" : "/", name);
    s->control_socket = s->control_path;
    return 0;
}

int settings_read(struct settings *s, int argc, char **argv, struct err *err)
{
    *s = (struct settings){.config = config_new()};
    struct command_line c;
    if (command_line_read(&c, argc, argv, err) != 0)
        return SETTINGS_BAD;
    if (command_line_answer(&c))
        return SETTINGS_DONE;
    log_init("sekisho-sensor", c.verbosity > 1         ? LOG_DEBUG
                               : c.verbosity || c.test ? LOG_INFO
                                                       : LOG_WARN);
    if (read_files(s, &c, err) != 0 || read_vars(s, &c, err) != 0 || read_rules(s, &c, err) != 0 ||
        settings_read_decoder(s, err) != 0 || settings_read_stream(s, c.ips, err) != 0 ||
        read_path(s, &c, err) != 0 || read_wire(s, &c, err) != 0 || read_source(s, &c, err) != 0 ||
        read_file_store(s, err) != 0 || settings_read_lists(s, err) != 0 ||
        settings_read_alert(s, c.explain, err) != 0 || read_control(s, &c, err) != 0)
        return SETTINGS_BAD;
    return SETTINGS_RUN;
}

int settings_read_rules(struct settings *s, int argc, char **argv, struct err *err)
{
    struct command_line c;
    *s = (struct settings){.config = config_new()};
    if (command_line_read(&c, argc, argv, err) != 0 || read_files(s, &c, err) != 0 ||
        read_vars(s, &c, err) != 0)
        return -1;
    s->log_dir = log_dir(s, &c);
    return read_rules(s, &c, err) == 0 ? settings_read_lists(s, err) : -1;
}

void settings_release(struct settings *s)
{
    if (s->files)
        capture_list_free(s->files, s->file_count);
    rule_address_free(s->inside);
    rule_vars_free(s->vars);
    prefix_map_free(s->organisations);
    host_policies_free(s->host_policies);
    config_free(s->config);
    for (size_t i = 0; i < sizeof s->share_files / sizeof *s->share_files; i++)
        free(s->share_files[i]);
    free(s->filter_text);
    free(s->store_dir);
    settings_release_lists(s);
    free(s->control_path);
}

void settings_print_end(const struct settings *s, const struct collector_totals *t)
{
    char seen[32], alerts[32];
    if (!s->verbose)
        return;
    log_info("%s packets (%" PRIu64 " dropped by the kernel), %s alerts, %" PRIu64 " flows",
             text_thousands(t->workers.seen, seen), t->workers.kernel_dropped,
             text_thousands(t->alerts, alerts), t->workers.flow.created);
}
