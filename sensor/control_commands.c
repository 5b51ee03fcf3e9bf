/* sensor/control_commands.c - what can be asked over the control socket, with Suricata's names and
 * answers. */
#include "common/clock.h"
#include "sensor/control_state.h"

#define FAILED_SHOWN 1000 /* of the rules that cannot be used */

struct command {
    const char *name;
    enum control_outcome (*run)(struct control *c, const cJSON *arguments, struct json *answer);
};

static enum control_outcome say(struct json *answer, enum control_outcome outcome, const char *text)
{
    json_strz(answer, "message", text);
    return outcome;
}

/* ---- the process ----------------------------------------------------------------------------- */

static enum control_outcome version(struct control *c, const cJSON *arguments, struct json *answer)
{
    (void)c;
    (void)arguments;
    return say(answer, CONTROL_OK, "sekisho-sensor " SEKISHO_VERSION);
}

static enum control_outcome uptime(struct control *c, const cJSON *arguments, struct json *answer)
{
    (void)arguments;
    json_u64(answer, "message", (clock_monotonic_us() - c->started_us) / 1000000);
    return CONTROL_OK;
}

static enum control_outcome running_mode(struct control *c, const cJSON *arguments,
                                         struct json *answer)
{
    (void)arguments;
    return say(answer, CONTROL_OK, c->options.workers > 1 ? "workers" : "single");
}

static enum control_outcome capture_mode(struct control *c, const cJSON *arguments,
                                         struct json *answer)
{
    (void)arguments;
    const char *live = c->options.xdp ? "AF_XDP_DEV" : "AF_PACKET_DEV";
    return say(answer, CONTROL_OK, c->options.interface ? live : "PCAP_FILE");
}

static enum control_outcome shutdown_all(struct control *c, const cJSON *arguments,
                                         struct json *answer)
{
    (void)arguments;
    atomic_store(c->options.stop, true);
    return say(answer, CONTROL_OK, "Closing Sekisho");
}

static enum control_outcome reopen_logs(struct control *c, const cJSON *arguments,
                                        struct json *answer)
{
    (void)arguments;
    collector_reopen(c->collector);
    return say(answer, CONTROL_OK, "done");
}

/* ---- packets --------------------------------------------------------------------------------- */

static enum control_outcome dump_counters(struct control *c, const cJSON *arguments,
                                          struct json *answer)
{
    (void)arguments;
    collector_stats(c->collector, answer, "message");
    return CONTROL_OK;
}

static enum control_outcome iface_list(struct control *c, const cJSON *arguments,
                                       struct json *answer)
{
    (void)arguments;
    json_object(answer, "message");
    json_u64(answer, "count", c->options.interface != NULL);
    json_array(answer, "ifaces");
    if (c->options.interface)
        json_strz(answer, NULL, c->options.interface);
    json_array_end(answer);
    json_object_end(answer);
    return CONTROL_OK;
}

static enum control_outcome iface_stat(struct control *c, const cJSON *arguments,
                                       struct json *answer)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(arguments, "iface"));
    if (!name)
        return say(answer, CONTROL_NOK, "Iface is not a string");
    if (!c->options.interface || strcmp(name, c->options.interface) != 0)
        return say(answer, CONTROL_NOK, "Iface does not exist");
    struct collector_totals now = collector_snapshot(c->collector);
    json_object(answer, "message");
    json_u64(answer, "pkts", now.workers.kernel.received);
    json_u64(answer, "invalid-checksums", now.workers.stream.bad_checksum);
    json_u64(answer, "drop", now.workers.kernel.kernel_dropped);
    json_u64(answer, "bypassed", now.workers.ignored_bypassed);
    json_object_end(answer);
    return CONTROL_OK;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static enum control_outcome reload_now(struct control *c, const cJSON *arguments,
                                       struct json *answer)
{
    (void)arguments;
    if (control_reload(c))
        return CONTROL_LATER;
    return say(answer, CONTROL_NOK, "Reload already in progress");
}

static enum control_outcome reload_in_background(struct control *c, const cJSON *arguments,
                                                 struct json *answer)
{
    (void)arguments;
    if (control_reload(c))
        return say(answer, CONTROL_OK, "Reloading rules");
    return say(answer, CONTROL_NOK, "Reload already in progress");
}

static void open_row(struct json *answer)
{
    json_array(answer, "message");
    json_object(answer, NULL);
    json_u64(answer, "id", 0);
}

static enum control_outcome close_row(struct json *answer)
{
    json_object_end(answer);
    json_array_end(answer);
    return CONTROL_OK;
}

static enum control_outcome reload_time(struct control *c, const cJSON *arguments,
                                        struct json *answer)
{
    (void)arguments;
    open_row(answer);
    json_time(answer, "last_reload", reload_in_force(c->reload)->done_us);
    return close_row(answer);
}

/* "ruleset" is ours: what the alerts' sekisho.ruleset says from now on. */
static enum control_outcome ruleset_stats(struct control *c, const cJSON *arguments,
                                          struct json *answer)
{
    (void)arguments;
    const struct rule_load *l = reload_in_force(c->reload);
    open_row(answer);
    json_u64(answer, "rules_loaded", l->report.loaded);
    json_u64(answer, "rules_failed", l->report.failed);
    json_u64(answer, "rules_skipped", l->report.skipped_disabled);
    json_strz(answer, "ruleset", ruleset_version(l->rules));
    return close_row(answer);
}

static enum control_outcome failed_rules(struct control *c, const cJSON *arguments,
                                         struct json *answer)
{
    (void)arguments;
    const struct ruleset_report *r = &reload_in_force(c->reload)->report;
    json_array(answer, "message");
    for (size_t i = 0; i < r->problem_count && i < FAILED_SHOWN; i++) {
        const struct ruleset_problem *p = &r->problems[i];
        json_object(answer, NULL);
        json_u64(answer, "tenant_id", 0);
        json_strz(answer, "rule", p->rule);
        json_strz(answer, "filename", p->file);
        json_u64(answer, "line", p->line);
        json_u64(answer, "column", p->column);
        json_strz(answer, "error", p->error);
        json_object_end(answer);
    }
    json_array_end(answer);
    return CONTROL_OK;
}

/* ---- the table ------------------------------------------------------------------------------- */

static enum control_outcome command_list(struct control *c, const cJSON *arguments,
                                         struct json *answer);

static const struct command commands[] = {
    {"shutdown", shutdown_all},
    {"command-list", command_list},
    {"help", command_list},
    {"version", version},
    {"uptime", uptime},
    {"running-mode", running_mode},
    {"capture-mode", capture_mode},
    {"dump-counters", dump_counters},
    {"reload-rules", reload_now},
    {"ruleset-reload-rules", reload_now},
    {"ruleset-reload-nonblocking", reload_in_background},
    {"ruleset-reload-time", reload_time},
    {"ruleset-stats", ruleset_stats},
    {"ruleset-failed-rules", failed_rules},
    {"reopen-log-files", reopen_logs},
    {"iface-stat", iface_stat},
    {"iface-list", iface_list},
};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static enum control_outcome command_list(struct control *c, const cJSON *arguments,
                                         struct json *answer)
{
    (void)c;
    (void)arguments;
    json_object(answer, "message");
    json_u64(answer, "count", COMMAND_COUNT);
    json_array(answer, "commands");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        json_strz(answer, NULL, commands[i].name);
    json_array_end(answer);
    json_object_end(answer);
    return CONTROL_OK;
}

enum control_outcome control_command(void *ctx, const char *command, const cJSON *arguments,
                                     struct json *answer)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(command, commands[i].name) == 0)
            return commands[i].run(ctx, arguments, answer);
    return say(answer, CONTROL_NOK, "Unknown command");
}
