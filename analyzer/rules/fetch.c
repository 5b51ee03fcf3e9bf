/* analyzer/rules/fetch.c - a rule archive from a web server. */
#include "analyzer/rules/sources.h"
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>

#define CONNECT_TIMEOUT_S 30L
#define STALLED_BELOW     1000L /* bytes a second ... */
#define STALLED_S         60L   /* ... for so long: given up */

struct sink {
    FILE *out;
    uint64_t left; /* bytes it still takes */
    bool full;
};

/* Counted here, since not every server says how much will come. */
static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    struct sink *s = ctx;
    s->full = size * count > s->left;
    if (s->full)
        return 0;
    s->left -= size * count;
    return fwrite(bytes, size, count, s->out);
}

static CURLcode get(CURL *c, const char *url, struct sink *sink, char why[CURL_ERROR_SIZE])
{
    bool safe = strncasecmp(url, "https:", 6) == 0;
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, safe ? "https" : "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "sekisho/" SEKISHO_VERSION);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, STALLED_BELOW);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, STALLED_S);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, sink);
    return curl_easy_perform(c);
}

int fetch_url(const char *url, const char *path, uint64_t cap_bytes, struct err *err)
{
    char why[CURL_ERROR_SIZE] = "";
    struct sink sink = {.out = fopen(path, "we"), .left = cap_bytes};
    if (!sink.out)
        return err_set(err, "%s: %s", path, strerror(errno));
    CURL *c = curl_easy_init();
    ASSERT(c);
    CURLcode code = get(c, url, &sink, why);
    curl_easy_cleanup(c);
    if (fclose(sink.out) != 0 && code == CURLE_OK)
        return err_set(err, "%s: %s", path, strerror(errno));
    if (sink.full)
        return err_set(err, "%s: more than %" PRIu64 " bytes", url, cap_bytes);
    return code == CURLE_OK ? 0
                            : err_set(err, "%s: %s", url, *why ? why : curl_easy_strerror(code));
}
