/* buffers.c - the rows of buffer_table.h as an array. */
#include "sensor/app/buffer_table.h"
#include "sensor/app/parser.h"

#define DECLARE(name, aliases, legacy, proto, dirs, more, ts, tc, getter) app_buffer_get getter;
BUFFER_TABLE(DECLARE)

#define OR_NULL(s) (sizeof(s) > 1 ? (s) : NULL)
#define ROW(n, a, l, p, dirs, more, ts, tc, getter)                                                \
    {.name = (n),                                                                                  \
     .aliases = OR_NULL(a),                                                                        \
     .legacy = OR_NULL(l),                                                                         \
     .proto = APP_##p,                                                                             \
     .flags = (dirs) | (more),                                                                     \
     .progress = {(ts), (tc)},                                                                     \
     .get = (getter)},
static const struct app_buffer buffers[] = {BUFFER_TABLE(ROW)};

const struct app_buffer *app_buffers(size_t *count)
{
    *count = sizeof buffers / sizeof *buffers;
    return buffers;
}
