/* common/option.h - command-line options as a table: the parser, --help and the man page read it.
 */
#ifndef COMMON_OPTION_H
#define COMMON_OPTION_H
#include "common/bytes.h"
#include "common/err.h"

enum option_kind {
    OPTION_FLAG,   /* bool *: set to true */
    OPTION_COUNT,  /* unsigned *: counts repeats, "-vvv" */
    OPTION_STRING, /* const char **: points into argv */
    OPTION_U64,    /* uint64_t *: within [min, max] */
    OPTION_LIST,   /* struct option_list *: may be repeated */
};

#define OPTION_LIST_MAX 64
struct option_list {
    const char *values[OPTION_LIST_MAX];
    size_t count;
};

struct option_row {
    char letter;      /* 0: none */
    const char *name; /* "workers" for --workers */
    enum option_kind kind;
    void *value;
    const char *argument; /* "N", "FILE"; NULL for flags and counts */
    const char *help;     /* one line, with unit and default */
    uint64_t min, max;    /* OPTION_U64 */
};

/* Reads argv[1..]. What is no option goes to `rest` (NULL: an error). "--" ends options;
 * "--name=value", "--name value", "-n value", "-nvalue" and "-vvv" all work. 0, or -1 and one line
 * that names the option and what to do. */
int options_parse(const struct option_row *rows, size_t count, int argc, char **argv,
                  struct option_list *rest, struct err *err);
/* The table as aligned text, one or two lines an option. */
void options_print(FILE *out, const struct option_row *rows, size_t count);

#define OPTIONS_COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

#endif
