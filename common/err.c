/* common/err.c - error lines; see err.h. */
#include "common/err.h"
#include "common/text.h"
#include <stdarg.h>

int err_set(struct err *err, const char *fmt, ...)
{
    if (!err)
        return -1;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    text_scrub(err->text);
    return -1;
}

int err_in(struct err *err, const char *fmt, ...)
{
    if (!err)
        return -1;
    char where[256], old[sizeof err->text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(where, sizeof where, fmt, ap);
    va_end(ap);
    memcpy(old, err->text, sizeof old);
    return err_set(err, "%s: %.*s", where, (int)(sizeof old - sizeof where), old);
}
