/* analyzer/cli/command_table.h - the subcommands of `sekisho`, in the order help shows them. */
#ifndef CLI_COMMAND_TABLE_H
#define CLI_COMMAND_TABLE_H
#define COMMAND_TABLE(X)                                                                           \
    X(demo)                                                                                        \
    X(users)                                                                                       \
    X(account) X(orgs) X(replay) X(rules) X(sensor) X(correlation) X(notice) X(geoip) X(version)
#endif
