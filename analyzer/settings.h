/* analyzer/settings.h - command line and settings file of the analyzer. */
#ifndef ANALYZER_SETTINGS_H
#define ANALYZER_SETTINGS_H
#include "common/err.h"
#include <stdbool.h>

/* Every text may come from the command line or, where that is silent, from the file; NULL: not
 * given. */
struct settings {
    char *redis, *redis_user, *redis_password_file;
    char *orgs, *data, *rules, *geoip, *asn, *name;
    char *listen, *console;
    char *smtp, *smtp_user, *smtp_password_file, *mail_from;
    bool behind_tls;
    /* not in the file: */
    unsigned verbose;
    struct yaml_file *file;
    char *owned[4]; /* defaults that were found */
};

enum settings_result { SETTINGS_RUN = 0, SETTINGS_DONE = 1, SETTINGS_BAD = -1 };
/* DONE: --help or -V was answered. BAD: err says what to mend. Release in every case. */
enum settings_result settings_read(struct settings *s, int argc, char **argv, struct err *err);
void settings_release(struct settings *s);

#endif
