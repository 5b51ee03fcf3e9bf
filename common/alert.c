/* common/alert.c - see alert.h. */
#include "common/alert.h"

bool org_id_is_valid(struct bytes id)
{
    if (id.len == 0 || id.len >= ORG_ID_MAX)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        uint8_t c = id.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

bool sensor_name_is_valid(struct bytes id)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    for (size_t i = 0; i < id.len; i++)
        if (!memchr(allowed, id.p[i], sizeof allowed - 1))
            return false;
    return id.len > 0 && id.len < SENSOR_ID_MAX;
}

static void base36(uint64_t n, char out[16])
{
    char digits[16];
    size_t len = 0;
    do {
        digits[len++] = "0123456789abcdefghijklmnopqrstuvwxyz"[n % 36];
        n /= 36;
    } while (n);
    for (size_t i = 0; i < len; i++)
        out[i] = digits[len - 1 - i];
    out[len] = 0;
}

size_t alert_id(const char *sensor, uint64_t epoch, uint64_t seq, char out[ALERT_ID_MAX])
{
    char e[16];
    base36(epoch, e);
    return (size_t)snprintf(out, ALERT_ID_MAX, "%.63s-%s-%llu", sensor, e, (unsigned long long)seq);
}
