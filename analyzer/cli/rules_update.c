/* analyzer/cli/rules_update.c - `sekisho rules update`: one rule file out of many sources. */
#include "analyzer/cli/rules.h"
#include "analyzer/programs/control.h"
#include "analyzer/programs/places.h"
#include "analyzer/rules/matcher.h"
#include "analyzer/rules/update.h"
#include "common/file.h"
#include "common/text.h"
#include <inttypes.h>
#include <glob.h>
#include <unistd.h>

#define OUTPUT   "/var/lib/sekisho/rules/sekisho.rules"
#define CONF_DIR "/etc/sekisho"
#define CONF_CAP (1u << 20)

struct update_words {
    struct option_list sources;
    const char *output, *conf_dir, *socket;
    const char *disable, *enable, *drop, *modify, *threshold_in, *threshold_out, *ignore, *config;
    bool no_test, no_reload, force;
    char *found[6]; /* files of the folder, owned */
    size_t found_count;
    char *sources_text; /* of sources.conf; the sources are views of it */
};

/* A file of the folder of configuration, if it is there and none was named. */
static void look_for(struct update_words *w, const char **named, const char *name)
{
    char path[PLACE_MAX];
    snprintf(path, sizeof path, "%s/%s", w->conf_dir, name);
    if (*named || access(path, R_OK) != 0)
        return;
    w->found[w->found_count] = strdup(path);
    ASSERT(w->found[w->found_count]);
    *named = w->found[w->found_count++];
}

static int read_sources(struct update_words *w, struct err *err)
{
    const char *path = NULL;
    unsigned number = 0;
    char *line;
    look_for(w, &path, "sources.conf");
    if (!path)
        return err_set(err, "rules update: no SOURCE given and no %s/sources.conf", w->conf_dir);
    char *rest = w->sources_text = file_read(path, CONF_CAP, NULL, err);
    if (!rest)
        return -1;
    while ((line = conf_line(&rest, &number)) && w->sources.count < OPTION_LIST_MAX)
        w->sources.values[w->sources.count++] = line;
    return w->sources.count ? 0 : err_set(err, "%s: names no source", path);
}

static int read_words(struct update_words *w, int argc, char **argv, struct err *err)
{
    const struct option_row rows[] = {
        {'o', "output", OPTION_STRING, &w->output, "FILE", "", 0, 0},
        {0, "conf-dir", OPTION_STRING, &w->conf_dir, "DIR", "", 0, 0},
        {0, "disable-conf", OPTION_STRING, &w->disable, "FILE", "", 0, 0},
        {0, "enable-conf", OPTION_STRING, &w->enable, "FILE", "", 0, 0},
        {0, "modify-conf", OPTION_STRING, &w->modify, "FILE", "", 0, 0},
        {0, "drop-conf", OPTION_STRING, &w->drop, "FILE", "", 0, 0},
        {0, "threshold-in", OPTION_STRING, &w->threshold_in, "FILE", "", 0, 0},
        {0, "threshold-out", OPTION_STRING, &w->threshold_out, "FILE", "", 0, 0},
        {0, "ignore", OPTION_STRING, &w->ignore, "GLOB", "", 0, 0},
        {'c', "config", OPTION_STRING, &w->config, "FILE", "", 0, 0},
        {0, "socket", OPTION_STRING, &w->socket, "PATH", "", 0, 0},
        {0, "no-test", OPTION_FLAG, &w->no_test, NULL, "", 0, 0},
        {0, "no-reload", OPTION_FLAG, &w->no_reload, NULL, "", 0, 0},
        {0, "force", OPTION_FLAG, &w->force, NULL, "", 0, 0},
    };
    if (options_parse(rows, OPTIONS_COUNT(rows), argc, argv, &w->sources, err) != 0)
        return -1;
    look_for(w, &w->disable, "disable.conf");
    look_for(w, &w->enable, "enable.conf");
    look_for(w, &w->modify, "modify.conf");
    look_for(w, &w->drop, "drop.conf");
    if (w->threshold_out)
        look_for(w, &w->threshold_in, "threshold.conf");
    if (!w->threshold_in != !w->threshold_out)
        return err_set(err, "--threshold-in and --threshold-out go together");
    return w->sources.count ? 0 : read_sources(w, err);
}

static void print_report(const struct update_report *r, const char *output)
{
    printf("%" PRIu64 " rules in %" PRIu64 " files, %" PRIu64 " of them on\n", r->rules, r->files,
           r->enabled);
    printf("by configuration: %" PRIu64 " disabled, %" PRIu64 " enabled, %" PRIu64
           " modified, %" PRIu64 " dropping; for flowbits: %" PRIu64 " enabled\n",
           r->disabled_by_conf, r->enabled_by_conf, r->modified, r->dropped, r->for_flowbits);
    if (r->unusable || r->nameless)
        printf("switched off, since the sensor cannot use them: %" PRIu64
               "; left out, without a sid: %" PRIu64 "\n",
               r->unusable, r->nameless);
    if (r->same)
        printf("%s: no change\n", output);
    else
        printf("%s: %" PRIu64 " added, %" PRIu64 " removed, %" PRIu64 " modified, %" PRIu64
               " enabled, %" PRIu64 " disabled\n",
               output, r->added, r->removed, r->changed, r->switched_on, r->switched_off);
}

static int tell(const char *path, struct err *err)
{
    bool done = false;
    cJSON *message = control_ask(path, "reload-rules", NULL, &done, err);
    if (!message)
        return CLI_FAILED;
    const char *text = cJSON_GetStringValue(message);
    if (done)
        printf("the sensor at %s has them\n", path);
    else
        err_set(err, "%s: the sensor keeps its old rules: %s", path,
                text ? text : "it does not say why");
    cJSON_Delete(message);
    return done ? CLI_OK : CLI_FINDING;
}

/* All sensors at the usual places. *told: how many there are. */
static int tell_all(size_t *told, struct err *err)
{
    glob_t found = {0};
    int status = CLI_OK;
    if (glob(CONTROL_SOCKETS, 0, NULL, &found) != 0)
        printf("no sensor was told: there is none at %s\n", CONTROL_SOCKETS);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        int one = tell(found.gl_pathv[i], err);
        status = one == CLI_OK ? status : one;
    }
    *told = found.gl_pathc;
    globfree(&found);
    return status;
}

/* Until every sensor there is has them, and there is one, the next update tries again. */
static int reload(const struct update_words *w, struct err *err)
{
    size_t told = 1;
    int status = w->socket ? tell(w->socket, err) : tell_all(&told, err);
    if (status != CLI_OK || told == 0)
        return status;
    return rules_update_confirmed(w->output, err) == 0 ? CLI_OK : CLI_FAILED;
}

static int update(const struct update_words *w, struct err *err)
{
    struct update_report r;
    struct update_options o = {.sources = &w->sources,
                               .output = w->output,
                               .disable = w->disable,
                               .enable = w->enable,
                               .drop = w->drop,
                               .modify = w->modify,
                               .threshold_in = w->threshold_in,
                               .threshold_out = w->threshold_out,
                               .ignore = w->ignore,
                               .config = w->config,
                               .test = !w->no_test};
    if (rules_update(&o, &r, err) != 0)
        return CLI_FAILED;
    print_report(&r, w->output);
    bool due = !w->no_reload && (r.pending || w->force || w->threshold_out);
    return due ? reload(w, err) : CLI_OK;
}

int rules_update_run(int argc, char **argv, struct err *err)
{
    struct update_words w = {.output = OUTPUT, .conf_dir = CONF_DIR, .ignore = "*deleted.rules"};
    int status = read_words(&w, argc, argv, err) == 0 ? update(&w, err) : CLI_USAGE;
    for (size_t i = 0; i < w.found_count; i++)
        free(w.found[i]);
    free(w.sources_text);
    return status;
}
