/* sensor/settings/command_line.c - see command_line.h. */
#include "sensor/settings/command_line.h"
#include "sensor/anomaly/anomaly.h"
#include "sensor/app/app.h"
#include "sensor/detect/detect.h"
#include "sensor/eve/schema.h"

#define ROWS_MAX 48

/* The options of one command line; returns how many. */
static size_t rows_of(struct command_line *c, struct option_row out[ROWS_MAX])
{
    // clang-format off
    const struct option_row rows[] = {
        {'r', NULL, OPTION_STRING, &c->path, "PATH",
         "replay a capture file, or a directory in order of time", 0, 0},
        {'i', NULL, OPTION_STRING, &c->interface, "IFACE",
         "watch an interface", 0, 0},
        {0, "af-xdp", OPTION_STRING, &c->xdp_interface, "IFACE",
         "watch an interface through AF_XDP, a worker for each of its queues", 0, 0},
        {'S', NULL, OPTION_LIST, &c->only_rules, "FILE",
         "only this rule file (or glob): no configured ones, no detectors", 0, 0},
        {'s', NULL, OPTION_LIST, &c->more_rules, "FILE",
         "rule file in addition to the configured ones", 0, 0},
        {'l', NULL, OPTION_STRING, &c->log_dir, "DIR",
         "write eve.json here", 0, 0},
        {'c', NULL, OPTION_STRING, &c->config_file, "FILE",
         "configuration (YAML; Suricata's is understood)", 0, 0},
        {0, "include", OPTION_LIST, &c->includes, "FILE",
         "further configuration; later ones win", 0, 0},
        {0, "set", OPTION_LIST, &c->sets, "KEY=VALUE",
         "one setting, as stream.midstream=true", 0, 0},
        {'T', NULL, OPTION_FLAG, &c->test, NULL,
         "test configuration and rules; status 1 when a rule failed", 0, 0},
        {0, "engine-analysis", OPTION_FLAG, &c->analysis, NULL,
         "what each rule is to the engine, one JSON object a line", 0, 0},
        {'k', NULL, OPTION_STRING, &c->checksums, "MODE",
         "checksums: none, auto (default) or all", 0, 0},
        {'F', NULL, OPTION_STRING, &c->filter_file, "FILE",
         "BPF filter of the interface, read from a file", 0, 0},
        {0, "workers", OPTION_U64, &c->workers, "N",
         "threads that inspect packets (default 1)", 1, 256},
        {0, "pcap-file-recursive", OPTION_FLAG, &c->recursive, NULL,
         "with -r DIR: the folders below it too", 0, 0},
        {0, "pace", OPTION_STRING, &c->pace, "X",
         "replay at X times the captured speed (default: full speed)", 0, 0},
        {0, "simulate-ips", OPTION_FLAG, &c->ips, NULL,
         "work out what drop and reject would have done", 0, 0},
        {0, "runmode", OPTION_STRING, &c->runmode, "MODE",
         "accepted for scripts; every mode gives the same alerts", 0, 0},
        {0, "home-net", OPTION_STRING, &c->home_net, "GROUP",
         "HOME_NET, as \"[10.0.0.0/8,192.0.2.0/24]\"", 0, 0},
        {0, "geoip", OPTION_STRING, &c->geoip, "FILE",
         "country database (.mmdb) for the geoip keyword", 0, 0},
        {0, "sensor", OPTION_STRING, &c->sensor, "ID",
         "name of this sensor (default: the host's)", 0, 0},
        {0, "org", OPTION_STRING, &c->org, "ID",
         "organisation it speaks for", 0, 0},
        {0, "centre", OPTION_STRING, &c->centre, "ID",
         "monitoring centre: nisc or ipa", 0, 0},
        {0, "redis", OPTION_STRING, &c->redis, "ADDRESS",
         "send alerts to HOST:PORT or a Unix socket's path", 0, 0},
        {0, "redis-user", OPTION_STRING, &c->redis_user, "NAME",
         "ACL user", 0, 0},
        {0, "redis-password-file", OPTION_STRING, &c->redis_password_file, "FILE",
         "its password, on the first line", 0, 0},
        {0, "spool", OPTION_STRING, &c->spool, "DIR",
         "where alerts wait until Redis has confirmed them", 0, 0},
        {0, "drill", OPTION_FLAG, &c->drill, NULL,
         "mark everything as an exercise", 0, 0},
        {0, "explain", OPTION_FLAG, &c->explain, NULL,
         "alerts say why: what of their rule matched what, and where", 0, 0},
        {0, "control-socket", OPTION_STRING, &c->control_socket, "PATH",
         "listen for commands here (`sekisho sensor`); also unix-command.filename", 0, 0},
        {0, "list-keywords", OPTION_FLAG, &c->list_keywords, NULL,
         "rule keywords, one a line", 0, 0},
        {0, "list-app-layer-protos", OPTION_FLAG, &c->list_protocols, NULL,
         "application protocols and what is known of each", 0, 0},
        {0, "dump-schema", OPTION_FLAG, &c->dump_schema, NULL,
         "JSON Schema of every record", 0, 0},
        {0, "list-detectors", OPTION_FLAG, &c->list_detectors, NULL,
         "anomaly detectors and their score terms", 0, 0},
        {'v', NULL, OPTION_COUNT, &c->verbosity, NULL,
         "say more; repeat for still more", 0, 0},
        {'V', NULL, OPTION_FLAG, &c->version, NULL,
         "version", 0, 0},
        {'h', "help", OPTION_FLAG, &c->help, NULL,
         "this page", 0, 0},
    };
    // clang-format on
    _Static_assert(OPTIONS_COUNT(rows) <= ROWS_MAX, "more options than rows");
    memcpy(out, rows, sizeof rows);
    return OPTIONS_COUNT(rows);
}

int command_line_read(struct command_line *c, int argc, char **argv, struct err *err)
{
    struct option_row rows[ROWS_MAX];
    *c = (struct command_line){.workers = 1};
    return options_parse(rows, rows_of(c, rows), argc, argv, NULL, err);
}

static void print_help(struct command_line *c)
{
    struct option_row rows[ROWS_MAX];
    printf(
        "sekisho-sensor %s - packets in, alerts out\n\n"
        "  sekisho-sensor -r capture.pcap -S my.rules -l out   replay a file, read out/eve.json\n"
        "  sekisho-sensor -i eth0 -c sensor.yaml               watch an interface\n"
        "  sekisho-sensor -T -S my.rules                       are these rules right?\n\n"
        "Options (letters mean what they mean to Suricata):\n",
        SEKISHO_VERSION);
    options_print(stdout, rows, rows_of(c, rows));
    printf("\nExit status: 0 done, 1 a rule failed (-T), 2 wrong use, 3 could not go on or lost a "
           "file.\n");
}

static void print_schema(void)
{
    struct json j = {0};
    eve_schema(&j);
    printf("%.*s\n", (int)j.len, j.text);
    json_release(&j);
}

bool command_line_answer(struct command_line *c)
{
    if (c->help)
        print_help(c);
    else if (c->version)
        printf("sekisho-sensor %s\n", SEKISHO_VERSION);
    else if (c->list_keywords)
        keywords_print(stdout, true);
    else if (c->list_protocols)
        app_list(stdout);
    else if (c->dump_schema)
        print_schema();
    else if (c->list_detectors)
        anomaly_list(stdout);
    else
        return false;
    return true;
}
