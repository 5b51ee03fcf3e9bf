/* http2_body.c - bodies: decoded, and followed as a file. */
#include "sensor/app/protocols/http2_state.h"

struct target {
    struct http2_tx *t;
    enum direction dir;
};

/* An answer may bring a part of a file only. */
static void begin_range(struct http2_tx *t, struct app_file *f, struct bytes name)
{
    struct bytes raw;
    struct http_range range;
    struct http_range_key key = {.ends = app_flow_endpoints(t->flow->flow), .name = name};
    if (!http2_first(t, TO_CLIENT, "content-range", &raw))
        return;
    http2_first(t, TO_SERVER, ":authority", &key.host);
    enum http_range_kind kind = http_range_read(raw, &range);
    if (kind == HTTP_NO_RANGE)
        http2_event(t, HTTP2_INVALID_RANGE);
    else if (kind == HTTP_PART_OF_FILE)
        t->range = http_range_follow(t->flow->app, f, &key, &range, t->flow->ts_us);
}

/* The name is the path that was asked for, without the query. */
static struct app_file *open_file(struct http2_tx *t, enum direction dir)
{
    struct bytes path;
    http2_first(t, TO_SERVER, ":path", &path);
    ptrdiff_t query = bytes_find(path, BYTES_LIT("?"));
    if (query >= 0)
        path.len = (size_t)query;
    struct app_file *f = app_file_open(t->flow->app, &t->tx, dir, path, APP_FILE_KEEP);
    if (dir == TO_CLIENT)
        begin_range(t, f, path);
    return f;
}

static void add(void *ctx, struct bytes decoded)
{
    const struct target *at = ctx;
    struct http2_tx *t = at->t;
    struct app_file *f = t->tx.files[at->dir];
    if (!f)
        f = open_file(t, at->dir);
    app_file_data(t->flow->app, f, decoded);
    if (at->dir == TO_CLIENT)
        http_range_data(t->flow->app, t->range, decoded);
    http2_advance(t, at->dir, HTTP2_BODY);
    app_flow_touch(t->flow->flow, at->dir);
}

static void choose_decoder(struct http2_tx *t, enum direction dir)
{
    struct http2_part *part = &t->part[dir];
    struct bytes coding;
    part->encoded = true;
    if (http2_first(t, dir, "content-encoding", &coding))
        part->decoder = http_decoder_new(t->flow->app, coding, false);
}

static void note_result(struct http2_tx *t, enum direction dir, enum http_coding_result r)
{
    if (r != HTTP_CODING_OK)
        http2_event(t, HTTP2_FAILED_DECOMPRESSION);
    if (r == HTTP_CODING_BROKEN || r == HTTP_CODING_BOMB)
        app_file_close(t->flow->app, t->tx.files[dir], APP_FILE_ERROR);
}

void http2_take_data(struct http2_tx *t, enum direction dir, struct bytes data)
{
    struct http2_part *part = &t->part[dir];
    struct target at = {t, dir};
    if (!part->encoded)
        choose_decoder(t, dir);
    if (part->decoder)
        note_result(t, dir, http_decode(part->decoder, data, add, &at));
    else
        add(&at, data);
}

void http2_lose_data(struct http2_tx *t, enum direction dir, uint64_t n)
{
    app_file_gap(t->tx.files[dir], n);
    if (dir == TO_CLIENT)
        http_range_data(t->flow->app, t->range, bytes_of(NULL, (size_t)n));
}

void http2_end_body(struct http2_tx *t, enum direction dir, bool failed)
{
    struct http2_part *part = &t->part[dir];
    struct target at = {t, dir};
    if (part->decoder)
        note_result(t, dir, http_decode_end(part->decoder, add, &at));
    http_decoder_free(part->decoder);
    part->decoder = NULL;
    app_file_close(t->flow->app, t->tx.files[dir], failed ? APP_FILE_TRUNCATED : APP_FILE_CLOSED);
    if (dir == TO_CLIENT) {
        http_range_end(t->flow->app, t->range, &t->tx);
        t->range = NULL;
    }
}
