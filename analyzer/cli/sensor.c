/* analyzer/cli/sensor.c - `sekisho sensor COMMAND`: asks a running sensor, or tells it to do
 * something. */
#include "analyzer/cli/cli.h"
#include "analyzer/programs/control.h"
#include "common/text.h"

/* "iface=eth0" by name; a word alone is the interface, the one argument there is. */
static void add_argument(cJSON *arguments, const char *word)
{
    char name[64];
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : 0;
    snprintf(name, sizeof name, "%.*s", (int)len, word);
    cJSON_AddStringToObject(arguments, equals ? name : "iface", equals ? equals + 1 : word);
}

/* What a person reads: texts and numbers as they are, all else as JSON in lines. */
static void print_message(const cJSON *message, bool as_json)
{
    const char *text = cJSON_GetStringValue(message);
    char *printed = as_json ? cJSON_PrintUnformatted(message) : cJSON_Print(message);
    ASSERT(printed);
    if (text && !as_json) {
        snprintf(printed, strlen(printed) + 1, "%s", text); /* shorter by its quotes at least */
        text_scrub(printed);
    }
    printf("%s\n", printed);
    free(printed);
}

static int sensor_run(int argc, char **argv, struct err *err)
{
    struct option_list words = {.count = 0};
    const char *path = CONTROL_SOCKET;
    bool as_json = false, done = false;
    const struct option_row rows[] = {
        {0, "socket", OPTION_STRING, &path, "PATH", "where the sensor listens", 0, 0},
        {0, "json", OPTION_FLAG, &as_json, NULL, "the answer as one line of JSON", 0, 0},
    };
    if (options_parse(rows, OPTIONS_COUNT(rows), argc, argv, &words, err) != 0)
        return CLI_USAGE;
    if (words.count == 0) {
        err_set(err, "sensor: expected a command; `sekisho sensor command-list` shows them");
        return CLI_USAGE;
    }
    cJSON *arguments = words.count > 1 ? cJSON_CreateObject() : NULL;
    for (size_t i = 1; i < words.count; i++)
        add_argument(arguments, words.values[i]);
    cJSON *message = control_ask(path, words.values[0], arguments, &done, err);
    cJSON_Delete(arguments);
    if (!message)
        return CLI_FAILED;
    print_message(message, as_json);
    cJSON_Delete(message);
    return done ? CLI_OK : CLI_FINDING;
}

const struct command command_sensor = {
    .name = "sensor",
    .summary = "ask a running sensor, or tell it to reload its rules",
    .usage =
        "sekisho sensor COMMAND [NAME=VALUE]... [--socket PATH] [--json]\n\n"
        "  reload-rules          read the rules again, without losing a packet\n"
        "  ruleset-stats, ruleset-failed-rules, ruleset-reload-time\n"
        "  dump-counters, iface-list, iface-stat IFACE, uptime, version\n"
        "  running-mode, capture-mode, reopen-log-files, shutdown, command-list\n\n"
        "Status 1 when the sensor could not do it, 3 when none answers. PATH is what the sensor's\n"
        "--control-socket or unix-command.filename says (default " CONTROL_SOCKET ").",
    .run = sensor_run,
};
