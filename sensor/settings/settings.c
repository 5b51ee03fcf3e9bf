/* sensor/settings/settings.c - see settings.h. */
#include "sensor/settings/settings.h"
#include "common/file.h"
#include "common/log.h"
#include "common/shared.h"
#include "common/text.h"
#include "sensor/capture/capture.h"
#include "sensor/settings/command_line.h"
#include "sensor/settings/parts.h"
#include <inttypes.h>
#include <unistd.h>

#define CONTROL_DIR  "/run/sekisho" /* where a socket's name without a '/' before it stands */
#define CONTROL_NAME "sensor.socket"

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
                                        "sekisho.attack-file",
                                        "sekisho.ruleset-dir",
                                        "sekisho.organisations.#.id",
                                        "sekisho.organisations.#.networks.#"};
    return config_check_known(s->config, known, sizeof known / sizeof *known, err);
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
    if (config_bool(s->config, "sekisho.detectors", !c->only_rules.count, &s->worker.detectors,
                    err) != 0)
        return -1;
    if (!inline_mode || strcmp(inline_mode, "auto") == 0)
        st->inline_mode = c->ips; /* what would be dropped must be seen before it is acknowledged */
    if (settings_read_exceptions(s, c->ips, err) != 0)
        return -1;
    st->ignore_checksums = s->decoder.checksums == CHECKSUM_NONE;
    if (settings_read_digests(s, err) != 0)
        return -1;
    const char *types = config_get(s->config, "eve-log.types");
    struct bytes unknown;
    if (!eve_types_parse(types ? bytes_str(types) : BYTES_LIT("all"), &s->worker.types, &unknown))
        return err_set(err, "eve-log.types: no record type '%.*s'", (int)unknown.len,
                       (const char *)unknown.p);
    s->worker.app.dpi = eve_types_has(&s->worker.types, "flow"); /* who shows what nDPI says */
    return 0;
}

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
    if (!!c->path + !!c->interface + !!c->xdp_interface != 1)
        return err_set(err, "wants one of -r PATH, -i IFACE and --af-xdp IFACE; --help shows how");
    if (!s->log_dir && !s->wire.spool_dir)
        s->log_dir = ".";
    if (c->pace) {
        char *end;
        s->pace = strtod(c->pace, &end);
        if (*end || !(s->pace > 0))
            return err_set(err, "--pace %s: wants a number above 0", c->pace);
    }
    s->interface = c->interface ? c->interface : c->xdp_interface;
    s->xdp = c->xdp_interface != NULL;
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
    name = c->control_socket ? c->control_socket : name ? name : CONTROL_NAME;
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
    if (read_files(s, &c, err) != 0 || settings_read_vars(s, &c, err) != 0 ||
        settings_read_rule_files(s, &c, err) != 0 || settings_read_decoder(s, err) != 0 ||
        settings_read_flow(s, err) != 0 || settings_read_stream(s, c.ips, err) != 0 ||
        read_path(s, &c, err) != 0 || settings_read_wire(s, &c, err) != 0 ||
        read_source(s, &c, err) != 0 || settings_read_capture(s, err) != 0 ||
        settings_read_file_store(s, err) != 0 || settings_read_lists(s, err) != 0 ||
        settings_read_alert(s, c.explain, err) != 0 || read_control(s, &c, err) != 0)
        return SETTINGS_BAD;
    return SETTINGS_RUN;
}

int settings_read_rules(struct settings *s, int argc, char **argv, struct err *err)
{
    struct command_line c;
    *s = (struct settings){.config = config_new()};
    if (command_line_read(&c, argc, argv, err) != 0 || read_files(s, &c, err) != 0 ||
        settings_read_vars(s, &c, err) != 0)
        return -1;
    s->log_dir = log_dir(s, &c);
    return settings_read_rule_files(s, &c, err) == 0 ? settings_read_lists(s, err) : -1;
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
             text_thousands(t->workers.seen, seen), t->workers.kernel.kernel_dropped,
             text_thousands(t->alerts, alerts), t->workers.flow.created);
}
