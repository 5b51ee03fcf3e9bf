/* sensor/app/app_table.h - the parsers: X(ID, "eve-name"), one row and one file each.
 *
 * sensor/app/<name>.c defines `const struct app_parser app_parser_<ID>` (see parser.h). */
#ifndef APP_APP_TABLE_H
#define APP_APP_TABLE_H
#define APP_TABLE(X)                                                                               \
    X(HTTP, "http")                                                                                \
    X(TLS, "tls")                                                                                  \
    X(DNS, "dns")
#endif
