/* http_body.c - bodies as libhtp hands them over: decoded, kept for rules and followed as files. */
#include "sensor/app/protocols/http_state.h"
#include "sensor/app/protocols/http_text.h"

struct target {
    struct http_tx *t;
    enum direction dir;
};

/* data.p is NULL for a gap, which ends no body but cannot be shown either. */
static void add(void *ctx, struct bytes data)
{
    const struct target *at = ctx;
    struct http_tx *t = at->t;
    http_file_data(t, at->dir, data);
    t->body_bytes[at->dir] += data.len;
    if (!data.p || data.len == 0)
        return;
    app_text_add(t->app, &t->body[at->dir], data, app_options(t->app)->body_cap_bytes);
    app_tx_advance(t->state->flow, &t->tx, at->dir, HTTP_BODY);
    app_flow_touch(t->state->flow, at->dir);
}

/* Of requests, and where several are listed, libhtp takes the codings it knows away and leaves the
 * others on, in whatever order they are. So one of ours is found alone or inside of theirs. */
static void choose_decoder(struct http_tx *t, enum direction dir)
{
    struct bytes list, one;
    t->body_begun[dir] = true;
    if (dir == TO_CLIENT && t->answer_coding)
        t->decoder[dir] = http_decoder_new(t->app, bytes_str(t->answer_coding), true);
    if (!http_header(t, dir, "content-encoding", &list))
        return;
    while (!t->decoder[dir] && http_next(&list, ',', &one))
        if (bytes_ieq(one, BYTES_LIT("br")))
            t->decoder[dir] = http_decoder_new(t->app, one, true);
}

static void note_result(struct http_tx *t, enum direction dir, enum http_coding_result r)
{
    if (r == HTTP_CODING_OK)
        return;
    app_tx_event(&t->tx,
                 r == HTTP_CODING_BOMB ? HTTP_COMPRESSION_BOMB : HTTP_GZIP_DECOMPRESSION_FAILED);
    t->body_lost[dir] = r == HTTP_CODING_BROKEN || r == HTTP_CODING_BOMB;
}

int http_body_data(struct http_tx *t, enum direction dir, struct bytes data)
{
    struct target at = {t, dir};
    if (!t->body_begun[dir])
        choose_decoder(t, dir);
    if (t->decoder[dir] && !data.p && data.len > 0)
        t->body_lost[dir] = true; /* what follows a gap cannot be decoded */
    if (!t->decoder[dir] || !data.p)
        add(&at, data);
    else if (!t->body_lost[dir])
        note_result(t, dir, http_decode(t->decoder[dir], data, add, &at));
    return HTP_OK;
}

void http_body_end(struct http_tx *t, enum direction dir)
{
    struct target at = {t, dir};
    if (t->decoder[dir] && !t->body_lost[dir])
        note_result(t, dir, http_decode_end(t->decoder[dir], add, &at));
    http_decoder_free(t->decoder[dir]);
    t->decoder[dir] = NULL;
    http_file_end(t, dir);
}
