/* common/log.c - see log.h. */
#include "common/log.h"
#include "common/text.h"
#include <stdarg.h>
#include <stdio.h>

static const char *log_program = "sekisho";
static enum log_level log_verbosity = LOG_WARN;

void log_init(const char *program, enum log_level verbosity)
{
    log_program = program;
    log_verbosity = verbosity;
}

void log_line(enum log_level level, const char *fmt, ...)
{
    static const char *const word[] = {"error: ", "warning: ", "", ""};
    if (level > log_verbosity)
        return;
    char line[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    text_scrub(line);
    fprintf(stderr, "%s: %s%s\n", log_program, word[level], line);
}
