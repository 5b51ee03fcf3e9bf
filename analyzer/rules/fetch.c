/* analyzer/rules/fetch.c - a rule archive from a web server. */
#include "analyzer/rules/sources.h"
#include <curl/curl.h>
#include <errno.h>

#define CONNECT_TIMEOUT_S 30L
#define STALLED_BELOW     1000L /* bytes a second ... */
#define STALLED_S         60L   /* ... for so long: given up */
#define DOWNLOAD_CAP      (512l << 20)

static CURLcode get(CURL *c, const char *url, FILE *out, char why[CURL_ERROR_SIZE])
{
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "sekisho/" SEKISHO_VERSION);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, STALLED_BELOW);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, STALLED_S);
    curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)DOWNLOAD_CAP);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, out);
    return curl_easy_perform(c);
}

int fetch_url(const char *url, const char *path, struct err *err)
{
    char why[CURL_ERROR_SIZE] = "";
    FILE *out = fopen(path, "we");
    if (!out)
        return err_set(err, "%s: %s", path, strerror(errno));
    CURL *c = curl_easy_init();
    ASSERT(c);
    CURLcode code = get(c, url, out, why);
    curl_easy_cleanup(c);
    if (fclose(out) != 0 && code == CURLE_OK)
        return err_set(err, "%s: %s", path, strerror(errno));
    return code == CURLE_OK ? 0
                            : err_set(err, "%s: %s", url, *why ? why : curl_easy_strerror(code));
}
