/* sensor/settings/command_line.h - what the operator typed, before files have their say. */
#ifndef SENSOR_COMMAND_LINE_H
#define SENSOR_COMMAND_LINE_H
#include "common/option.h"

struct command_line {
    const char *path, *interface, *xdp_interface, *log_dir, *config_file, *checksums, *filter_file,
        *runmode;
    const char *org, *sensor, *centre, *redis, *redis_user, *redis_password_file, *spool;
    const char *home_net, *pace, *geoip, *control_socket;
    struct option_list only_rules, more_rules, includes, sets;
    uint64_t workers;
    unsigned verbosity;
    bool test, analysis, version, recursive, ips, list_keywords, list_detectors, list_protocols,
        dump_schema, drill, explain, help;
};

/* Views into argv. 0, or -1 and err. */
int command_line_read(struct command_line *c, int argc, char **argv, struct err *err);
/* Prints what --help, -V and the lists ask for; false when none of them was given. */
bool command_line_answer(struct command_line *c);

#endif
