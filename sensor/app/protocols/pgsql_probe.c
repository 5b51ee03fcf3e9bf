/* pgsql_probe.c - whether bytes are PostgreSQL: start packets on any port, what comes later on its
 * own only. */
#include "sensor/app/protocols/pgsql_state.h"

#define PGSQL_PORT 5432
/* A message longer than this does not help to find the way again. */
#define PLAUSIBLE_MAX (1u << 24)

static enum app_result startup(struct bytes data)
{
    struct cursor c = cursor_over(data);
    uint32_t length = cursor_u32(&c), code = cursor_u32(&c);
    if (!cursor_ok(&c)) { /* the length is small: its first bytes tell */
        static const uint8_t zeros[2] = {0};
        struct bytes high = bytes_slice(data, 0, 2);
        return memcmp(zeros, high.p, high.len) == 0 ? APP_MORE : APP_DECLINE;
    }
    if (code == PGSQL_CODE_SSL || code == PGSQL_CODE_GSSAPI)
        return length == 8 ? APP_OK : APP_DECLINE;
    if (code == PGSQL_CODE_CANCEL)
        return length == 16 ? APP_OK : APP_DECLINE;
    if (code >> 16 != PGSQL_VERSION_MAJOR || (code & 0xffff) > 9 || length > PGSQL_STARTUP_MAX ||
        length < 8 + sizeof "user")
        return APP_DECLINE;
    if (cursor_left(&c) == 0)
        return APP_MORE;
    uint8_t letter = cursor_u8(&c); /* the first parameter's name */
    return letter > ' ' && letter < 0x7f ? APP_OK : APP_DECLINE;
}

/* Type, length and, where it tells, the first of the content. */
static enum app_result typed(struct bytes data, const char *types, uint32_t longest)
{
    struct cursor c = cursor_over(data);
    uint8_t type = cursor_u8(&c);
    if (type == 0 || !strchr(types, type))
        return APP_DECLINE;
    uint32_t length = cursor_u32(&c);
    if (!cursor_ok(&c))
        return data.len == 1 || data.p[1] == 0 ? APP_MORE : APP_DECLINE;
    return length >= 4 && length <= longest ? APP_OK : APP_DECLINE;
}

/* What a server says first is about authentication, or an error. */
static enum app_result greeting(struct bytes data)
{
    if (data.len > 0 && (data.p[0] == 'N' || data.p[0] == 'S')) {
        if (data.len == 1)
            return APP_MORE;
        data = bytes_slice(data, 1, SIZE_MAX); /* the answer to a request for encryption */
    }
    enum app_result r = typed(data, "RE", PGSQL_STARTUP_MAX);
    if (r != APP_OK)
        return r;
    struct cursor c = cursor_over(bytes_slice(data, 5, SIZE_MAX));
    if (data.p[0] == 'E')
        return cursor_left(&c) == 0 ? APP_MORE : cursor_u8(&c) == 'S' ? APP_OK : APP_DECLINE;
    if (cursor_left(&c) < 4)
        return APP_MORE;
    return cursor_u32(&c) <= PGSQL_AUTH_SASL_FINAL ? APP_OK : APP_DECLINE;
}

bool pgsql_is_start(enum direction dir, struct bytes data)
{
    return typed(data, dir == TO_SERVER ? "QPBEXSp" : "TDCZERSK12", PLAUSIBLE_MAX) == APP_OK;
}

enum app_result pgsql_probe(const struct app_endpoints *e, enum direction dir, struct bytes data)
{
    bool on_port = e->port[0] == PGSQL_PORT || e->port[1] == PGSQL_PORT;
    enum app_result r = dir == TO_SERVER ? startup(data) : greeting(data);
    if (r != APP_DECLINE || !on_port)
        return r;
    return dir == TO_SERVER ? typed(data, "QX", PLAUSIBLE_MAX) : typed(data, "TCZ", PLAUSIBLE_MAX);
}
