/* http2_probe.c - whether a direction begins with HTTP/2: the client's fixed first bytes, or the
 * server's SETTINGS. */
#include "sensor/app/protocols/http2_state.h"

#define SETTINGS_MAX 512 /* bytes; a server has a handful of settings */

static enum app_result probe_client(struct bytes data)
{
    struct bytes preface = BYTES_LIT(HTTP2_PREFACE);
    size_t have = data.len < preface.len ? data.len : preface.len;
    if (memcmp(data.p, preface.p, have) != 0)
        return APP_DECLINE;
    return data.len < preface.len ? APP_MORE : APP_OK;
}

static enum app_result probe_server(struct bytes data)
{
    static const uint8_t rest[] = {FRAME_SETTINGS, 0, 0, 0, 0, 0};
    size_t have = data.len < HTTP2_HEADER_LEN ? data.len : HTTP2_HEADER_LEN;
    if (have > 0 && data.p[0] != 0)
        return APP_DECLINE;
    if (have > 3 && memcmp(data.p + 3, rest, have - 3) != 0)
        return APP_DECLINE;
    if (have < HTTP2_HEADER_LEN)
        return APP_MORE;
    unsigned len = (unsigned)(data.p[1] << 8 | data.p[2]);
    return len % 6 == 0 && len <= SETTINGS_MAX ? APP_OK : APP_DECLINE;
}

enum app_result http2_probe(const struct app_endpoints *e, enum direction dir, struct bytes data)
{
    (void)e;
    return dir == TO_SERVER ? probe_client(data) : probe_server(data);
}
