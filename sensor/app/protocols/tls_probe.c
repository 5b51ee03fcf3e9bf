/* tls_probe.c - whether a direction begins with TLS, or with SSL 2.0's hello. */
#include "sensor/app/protocols/tls_state.h"

/* A handshake record of SSL 3.0 to TLS 1.3. Three bytes decide, as for rules written elsewhere;
 * what only pretends becomes an event of the parser. */
static enum app_result probe_handshake(struct bytes data)
{
    static const uint8_t start[] = {REC_HANDSHAKE, 3};
    size_t have = data.len < sizeof start ? data.len : sizeof start;
    if (memcmp(data.p, start, have) != 0)
        return APP_DECLINE;
    if (data.len < 3)
        return APP_MORE;
    return data.p[2] <= 4 ? APP_OK : APP_DECLINE;
}

/* A server that refuses at once: an alert of two bytes, level 1 or 2. */
static enum app_result probe_refusal(struct bytes data)
{
    const uint8_t *p = data.p;
    if (p[0] != REC_ALERT || (data.len > 1 && p[1] != 3))
        return APP_DECLINE;
    if (data.len < 6)
        return APP_MORE;
    return p[2] <= 4 && p[3] == 0 && p[4] == 2 && (p[5] == 1 || p[5] == 2) ? APP_OK : APP_DECLINE;
}

static enum app_result probe_v2(struct bytes data)
{
    const uint8_t *p = data.p;
    if (!(p[0] & 0x80) || (data.len > 2 && p[2] != HS_CLIENT_HELLO))
        return APP_DECLINE;
    if (data.len < 11)
        return APP_MORE;
    unsigned specs = (unsigned)(p[5] << 8 | p[6]), id = (unsigned)(p[7] << 8 | p[8]);
    bool known = (p[3] == 0 && p[4] == 2) || (p[3] == 3 && p[4] <= 4);
    return known && specs > 0 && specs % 3 == 0 && (id == 0 || id == 16) ? APP_OK : APP_DECLINE;
}

enum app_result tls_probe(const struct app_endpoints *e, enum direction dir, struct bytes data)
{
    (void)e;
    if (data.len == 0)
        return APP_MORE;
    enum app_result r = probe_handshake(data);
    if (r == APP_DECLINE)
        r = dir == TO_CLIENT ? probe_refusal(data) : probe_v2(data);
    return r;
}
