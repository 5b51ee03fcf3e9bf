/* http_probe.c - whether a direction begins with an HTTP/1 request or response. */
#include "sensor/app/protocols/http_state.h"

#include <strings.h>

static const char *const methods[] = {
    "GET",
    "POST",
    "PUT",
    "HEAD",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "SEARCH",
    "REPORT",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "NOTIFY",
    "M-SEARCH",
    "VERSION-CONTROL",
    "CHECKOUT",
    "CHECKIN",
    "UNCHECKOUT",
    "UPDATE",
    "LABEL",
    "MKWORKSPACE",
    "MKACTIVITY",
    "BASELINE-CONTROL",
    "MERGE",
    "RPC_IN_DATA",
    "RPC_OUT_DATA",
    "BITS_POST",
    "CCM_POST",
};

/* Whether data starts with word, in any case, and one of the bytes in after, or could. Some servers
 * take "get", most clients "http/1.1" (RFC 9112 2.3 wants capitals). */
static enum app_result starts_with(struct bytes data, const char *word, const char *after)
{
    size_t len = strlen(word);
    size_t have = data.len < len ? data.len : len;
    if (have && ((data.p[0] ^ (uint8_t)word[0]) & 0xdf)) /* no call for most of forty methods */
        return APP_DECLINE;
    if (strncasecmp((const char *)data.p, word, have) != 0)
        return APP_DECLINE;
    if (data.len <= len)
        return APP_MORE;
    return strchr(after, data.p[len]) && data.p[len] ? APP_OK : APP_DECLINE;
}

/* Most bytes of a request line that are waited for. */
#define LINE_TOLD 512u

/* SIP has these methods too (RFC 3261, 3265, 3311); the version at the end of the line tells. A
 * line that is longer is HTTP's, unless its target is a telephone's. */
static bool is_shared(const char *method)
{
    static const char *const shared[] = {"OPTIONS", "NOTIFY", "SUBSCRIBE", "UPDATE"};
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (strcmp(method, shared[i]) == 0)
            return true;
    return false;
}

static bool is_telephone(struct bytes target)
{
    return bytes_istarts(target, BYTES_LIT("sip:")) || bytes_istarts(target, BYTES_LIT("sips:")) ||
           bytes_istarts(target, BYTES_LIT("tel:"));
}

/* data begins with method and a blank. */
static enum app_result unless_sip(struct bytes data, const char *method)
{
    struct bytes line = bytes_slice(data, strlen(method) + 1, LINE_TOLD);
    const uint8_t *end = line.len ? memchr(line.p, '\n', line.len) : NULL;
    if (!end && line.len < LINE_TOLD)
        return APP_MORE;
    if (!end)
        return is_telephone(line) ? APP_DECLINE : APP_OK;
    line.len = (size_t)(end - line.p);
    if (line.len > 0 && line.p[line.len - 1] == '\r')
        line.len--;
    struct bytes version = bytes_slice(line, line.len < 8 ? 0 : line.len - 8, SIZE_MAX);
    return bytes_starts(version, BYTES_LIT(" SIP/")) ? APP_DECLINE : APP_OK;
}

bool http_is_reversed(const struct app_endpoints *e, struct bytes data)
{
    return e->transport == 6 && http_probe(e, TO_CLIENT, data) == APP_OK;
}

enum app_result http_probe(const struct app_endpoints *e, enum direction dir, struct bytes data)
{
    (void)e;
    if (dir == TO_CLIENT)
        return starts_with(data, "HTTP/", "01");
    while (data.len > 0 &&
           (data.p[0] == '\r' || data.p[0] == '\n')) /* RFC 9112 2.2 lets them pass */
        data = bytes_slice(data, 1, SIZE_MAX);
    enum app_result best = data.len == 0 ? APP_MORE : APP_DECLINE;
    for (size_t i = 0; i < sizeof methods / sizeof *methods && best != APP_OK; i++) {
        enum app_result r = starts_with(data, methods[i], " \t");
        if (r == APP_OK && is_shared(methods[i]))
            return unless_sip(data, methods[i]);
        if (r != APP_DECLINE)
            best = r;
    }
    return best;
}
