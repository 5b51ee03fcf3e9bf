/* sensor/app/protocols/http_range.h - files put together from ranges (RFC 9110 section 14).
 *
 * A download in pieces comes over several requests and flows. Per worker, a file is known by its
 * two hosts, the name of the server and its own name. Ranges that follow on what is there are taken
 * at once, others wait; whoever completes the file gets it. Kept within named limits, for a minute.
 */
#ifndef APP_HTTP_RANGE_H
#define APP_HTTP_RANGE_H
#include "sensor/app/file.h"

/* A Content-Range: first and last byte, and the size of the whole; -1 where it says '*'. */
struct http_range {
    int64_t start, end, size;
};
bool http_range_parse(struct bytes raw, struct http_range *out);

enum http_range_kind {
    HTTP_WHOLE_FILE,   /* all there is, or nobody knows */
    HTTP_PART_OF_FILE, /* of a larger file, within its size */
    HTTP_NO_RANGE,     /* not to be read, or beyond what it is part of */
};
enum http_range_kind http_range_read(struct bytes raw, struct http_range *out);

struct http_ranges;
struct http_range_block; /* one answer's part of a file */
struct http_ranges *http_ranges_new(struct app *a);
/* Those of this worker, which HTTP/1 and HTTP/2 share. */
struct http_ranges *http_worker_ranges(const struct app *a);
void http_ranges_free(struct app *a, struct http_ranges *s);

struct http_range_key {
    const struct app_endpoints *ends;
    struct bytes host, name;
};
/* f, the body of an answer, is a part of the file called key.name. NULL when it adds nothing or
 * there is no room to follow it; NULL is fine for the functions below. */
struct http_range_block *http_range_follow(struct app *a, struct app_file *f,
                                           const struct http_range_key *key,
                                           const struct http_range *r, uint64_t ts_us);
/* The next bytes; data.p is NULL for a gap. */
void http_range_data(struct app *a, struct http_range_block *b, struct bytes data);
/* The answer is over. If the file is complete now, tx gets it (may be NULL). */
void http_range_end(struct app *a, struct http_range_block *b, struct app_tx *tx);

#endif
