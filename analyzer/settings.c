/* analyzer/settings.c - see settings.h. The options are rows; the file has the same names. */
#include "analyzer/settings.h"
#include "analyzer/yaml/yaml_file.h"
#include "common/option.h"
#include "common/shared.h"
#include <errno.h>
#include <libgen.h>
#include <unistd.h>

#define LISTEN_DEFAULT "127.0.0.1:8470"
#define FROM_DEFAULT   "sekisho@localhost"

#define TEXT(key, member)                                                                          \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct settings, member, \
                           1, 4096)
static const cyaml_schema_field_t fields[] = {
    TEXT("redis", redis),
    TEXT("redis-user", redis_user),
    TEXT("redis-password-file", redis_password_file),
    TEXT("orgs", orgs),
    TEXT("data", data),
    TEXT("rules", rules),
    TEXT("geoip", geoip),
    TEXT("asn", asn),
    TEXT("name", name),
    TEXT("listen", listen),
    TEXT("console", console),
    TEXT("smtp", smtp),
    TEXT("smtp-user", smtp_user),
    TEXT("smtp-password-file", smtp_password_file),
    TEXT("mail-from", mail_from),
    CYAML_FIELD_BOOL("behind-tls", CYAML_FLAG_OPTIONAL, struct settings, behind_tls),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct settings, fields)};

/* What the table fills: its texts point into argv. */
struct given {
    const char *texts[15], *file;
    bool behind_tls, version, help;
    unsigned verbose;
};

enum {
    REDIS,
    REDIS_USER,
    REDIS_PASSWORD,
    ORGS,
    DATA,
    RULES,
    GEOIP,
    ASN,
    NAME,
    LISTEN,
    CONSOLE,
    SMTP,
    SMTP_USER,
    SMTP_PASSWORD,
    FROM
};

/* The members in the order of that list. */
static char **member(struct settings *s, size_t i)
{
    char **const all[] = {&s->redis,
                          &s->redis_user,
                          &s->redis_password_file,
                          &s->orgs,
                          &s->data,
                          &s->rules,
                          &s->geoip,
                          &s->asn,
                          &s->name,
                          &s->listen,
                          &s->console,
                          &s->smtp,
                          &s->smtp_user,
                          &s->smtp_password_file,
                          &s->mail_from};
    return all[i];
}

static enum settings_result options_read(struct given *g, int argc, char **argv, struct err *err)
{
    const struct option_row rows[] = {
        {0, "redis", OPTION_STRING, &g->texts[REDIS], "ADDR", "Redis: HOST:PORT or unix:PATH", 0,
         0},
        {0, "redis-user", OPTION_STRING, &g->texts[REDIS_USER], "USER", "its ACL user", 0, 0},
        {0, "redis-password-file", OPTION_STRING, &g->texts[REDIS_PASSWORD], "FILE",
         "its password, on the first line", 0, 0},
        {0, "orgs", OPTION_STRING, &g->texts[ORGS], "FILE", "organisation directory", 0, 0},
        {0, "data", OPTION_STRING, &g->texts[DATA], "DIR", "where the archive lives", 0, 0},
        {0, "rules", OPTION_STRING, &g->texts[RULES], "DIR", "correlation rules (the shipped ones)",
         0, 0},
        {0, "geoip", OPTION_STRING, &g->texts[GEOIP], "FILE", "country database (.mmdb)", 0, 0},
        {0, "asn", OPTION_STRING, &g->texts[ASN], "FILE", "autonomous systems (.mmdb)", 0, 0},
        {0, "name", OPTION_STRING, &g->texts[NAME], "NAME",
         "name in the consumer group, kept over restarts (host name)", 0, 0},
        {0, "listen", OPTION_STRING, &g->texts[LISTEN], "ADDR:PORT",
         "console and API (" LISTEN_DEFAULT "); port 0 takes a free one", 0, 0},
        {0, "console", OPTION_STRING, &g->texts[CONSOLE], "DIR",
         "the console's files (the shipped ones)", 0, 0},
        {0, "behind-tls", OPTION_FLAG, &g->behind_tls, NULL,
         "a proxy speaks TLS before the console: cookies are marked so", 0, 0},
        {0, "smtp", OPTION_STRING, &g->texts[SMTP], "URL",
         "smtp://HOST:PORT; without it notices wait", 0, 0},
        {0, "smtp-user", OPTION_STRING, &g->texts[SMTP_USER], "USER", "its user", 0, 0},
        {0, "smtp-password-file", OPTION_STRING, &g->texts[SMTP_PASSWORD], "FILE",
         "its password, on the first line", 0, 0},
        {0, "mail-from", OPTION_STRING, &g->texts[FROM], "ADDRESS",
         "whom notices come from (" FROM_DEFAULT ")", 0, 0},
        {'c', "config", OPTION_STRING, &g->file, "FILE",
         "settings (YAML), one for each option above; options win", 0, 0},
        {'v', "verbose", OPTION_COUNT, &g->verbose, NULL, "say more", 0, 0},
        {'V', "version", OPTION_FLAG, &g->version, NULL, "print the version", 0, 0},
        {'h', "help", OPTION_FLAG, &g->help, NULL, "print this", 0, 0},
    };
    if (options_parse(rows, OPTIONS_COUNT(rows), argc, argv, NULL, err) != 0)
        return SETTINGS_BAD;
    if (g->version)
        printf("sekisho-analyzer %s\n", SEKISHO_VERSION);
    if (g->help) {
        printf("sekisho-analyzer - Redis in; archive, incidents, notices and console out\n\n"
               "  sekisho-analyzer --redis ADDR --orgs FILE --data DIR [option]...\n\n");
        options_print(stdout, rows, OPTIONS_COUNT(rows));
    }
    return g->version || g->help ? SETTINGS_DONE : SETTINGS_RUN;
}

/* Owned by the caller; NULL when it is nowhere. */
static char *shared_copy(const char *name)
{
    char path[SHARED_PATH_MAX];
    return shared_find(name, path, NULL) == 0 ? strdup(path) : NULL;
}

static int defaults_fill(struct settings *s, struct err *err)
{
    char host[256];
    size_t owned = 0;
    if (!s->rules)
        s->rules = s->owned[owned++] = shared_copy("rules/correlation");
    if (!s->console)
        s->console = s->owned[owned++] = shared_copy("dashboards");
    if (!s->name) {
        if (gethostname(host, sizeof host) != 0)
            return err_set(err, "no host name to be called by (%s); give --name", strerror(errno));
        host[sizeof host - 1] = 0;
        s->name = s->owned[owned++] = strdup(host);
    }
    static char listen[] = LISTEN_DEFAULT, from[] = FROM_DEFAULT;
    s->listen = s->listen ? s->listen : listen;
    s->mail_from = s->mail_from ? s->mail_from : from;
    return 0;
}

static int check(const struct settings *s, struct err *err)
{
    if (!s->redis || !s->orgs || !s->data)
        return err_set(err, "--redis, --orgs and --data are needed, as options or in the file of "
                            "-c; --help lists all");
    if (!s->rules)
        return err_set(err, "no correlation rules found; give --rules DIR");
    if (!s->console)
        return err_set(err, "the console's files are not found; give --console DIR");
    if (strpbrk(s->mail_from, "\r\n<> ") || !strchr(s->mail_from, '@'))
        return err_set(err, "--mail-from %s: write name@domain", s->mail_from);
    return 0;
}

enum settings_result settings_read(struct settings *s, int argc, char **argv, struct err *err)
{
    struct given g = {.file = NULL};
    *s = (struct settings){.redis = NULL};
    enum settings_result rc = options_read(&g, argc, argv, err);
    if (rc != SETTINGS_RUN)
        return rc;
    if (g.file) {
        void *data = NULL;
        struct yaml_file *file = yaml_file_load(g.file, &schema, &data, err);
        if (!file)
            return SETTINGS_BAD;
        *s = *(const struct settings *)data; /* its texts belong to the file */
        s->file = file;
    }
    for (size_t i = 0; i <= FROM; i++)
        if (g.texts[i])
            *member(s, i) = (char *)(uintptr_t)g.texts[i];
    s->behind_tls |= g.behind_tls;
    s->verbose = g.verbose;
    if (defaults_fill(s, err) != 0 || check(s, err) != 0)
        return SETTINGS_BAD;
    return SETTINGS_RUN;
}

void settings_release(struct settings *s)
{
    for (size_t i = 0; i < sizeof s->owned / sizeof s->owned[0]; i++)
        free(s->owned[i]);
    yaml_file_free(s->file);
    *s = (struct settings){.redis = NULL};
}
