/* sensor/settings/settings.h - command line and configuration files, turned into each room's
 * options. */
#ifndef SENSOR_SETTINGS_H
#define SENSOR_SETTINGS_H
#include "common/option.h"
#include "sensor/affinity.h"
#include "sensor/collector.h"
#include "sensor/settings/config.h"
#include "sensor/detect/dataset.h"
#include "sensor/worker.h"

#define SETTINGS_ORGS_MAX 64
#define SETTINGS_SETS_MAX 64

struct settings {
    /* what main asks for */
    char **files; /* replay, in order */
    int file_count;
    const char *interface, *filter; /* live */
    const char *log_dir;            /* NULL: no eve.json */
    const char *control_socket;     /* NULL: none */
    const char *ruleset_dir;        /* where rule sets are kept; NULL: nowhere */
    bool control_wanted;            /* no sensor without it: it was asked for */
    unsigned workers;
    struct affinity affinity;
    bool xdp;          /* live: through AF_XDP */
    size_t ring_bytes; /* live, of each worker; 0: capture's own choice */
    uint64_t stats_every_us;
    double pace;
    const char *data_dir; /* where sets that rules change are kept; NULL: with the logs */
    bool test_only, analysis_only, show_progress, verbose;
    const char
        *orgs[SETTINGS_ORGS_MAX + 1]; /* NULL-terminated; the last one given takes the rest */
    struct ruleset_options rules;
    struct worker_options worker; /* but for .rules */
    struct decoder_options decoder;
    struct wire_options wire;        /* spool_dir NULL: no wire */
    struct file_store_options store; /* dir NULL: none are stored */

    /* what the above points into */
    struct config *config;
    struct rule_vars *vars;
    struct rule_address_set *inside;
    struct prefix_map *organisations;
    struct host_policies *host_policies;
    struct flow_timeouts flow_timeouts;
    struct option_list rule_files, config_files, reputation_files; /* config_files: -c, --include */
    struct dataset_wish sets[SETTINGS_SETS_MAX];
    size_t set_count;
    char *control_path, *store_dir, *share_files[5], *filter_text, *spool_default;
};

enum {
    SETTINGS_RUN = 0,
    SETTINGS_DONE = 1,
    SETTINGS_BAD = -1
}; /* DONE: --help, -V, a list was printed */
/* Fills s, which settings_release() must be called on whatever the answer. */
int settings_read(struct settings *s, int argc, char **argv, struct err *err);
/* Of the same command line only what rules depend on, read again for a reload: .rules. */
int settings_read_rules(struct settings *s, int argc, char **argv, struct err *err);
void settings_release(struct settings *s);
/* One line on what the run saw, on standard error, when -v was given. */
void settings_print_end(const struct settings *s, const struct collector_totals *t);

#endif
