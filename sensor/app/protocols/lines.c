/* lines.c - lines of text out of a stream: the common case is a view and copies nothing. */
#include "sensor/app/protocols/lines.h"

static void forget_given(struct lines *l, struct app *a)
{
    if (!l->given)
        return;
    l->given = false;
    l->held.len = 0;
    if (l->cr)
        app_text_add(a, &l->held, BYTES_LIT("\r"), 1);
    l->cr = false;
}

/* Up to the start of the next line. */
static void skip_line(struct lines *l, struct bytes *data)
{
    const uint8_t *lf = data->len ? memchr(data->p, '\n', data->len) : NULL;
    size_t n = lf ? (size_t)(lf - data->p) + 1 : data->len;
    *data = bytes_slice(*data, n, SIZE_MAX);
    l->lost = !lf;
}

static void give(struct lines *l, struct bytes piece, bool end, struct line *out)
{
    size_t n = piece.len;
    if (end) {
        n--;
        if (n > 0 && piece.p[n - 1] == '\r')
            n--;
    } else if (piece.p[n - 1] == '\r') {
        n--;
        l->cr = l->given = true;
    }
    *out = (struct line){.text = bytes_slice(piece, 0, n), .start = !l->inside, .end = end};
    if (end)
        out->ending = bytes_slice(piece, n, SIZE_MAX);
    l->inside = !end;
}

bool lines_next(struct lines *l, struct app *a, struct bytes *data, uint32_t cap_bytes,
                struct line *out)
{
    forget_given(l, a);
    if (l->lost)
        skip_line(l, data);
    if (data->len == 0)
        return false;
    struct bytes piece = bytes_slice(*data, 0, cap_bytes - l->held.len);
    const uint8_t *lf = memchr(piece.p, '\n', piece.len);
    if (lf)
        piece.len = (size_t)(lf - piece.p) + 1;
    *data = bytes_slice(*data, piece.len, SIZE_MAX);
    bool whole = lf || l->held.len + piece.len == cap_bytes;
    if (!whole || l->held.len > 0) {
        app_text_add(a, &l->held, piece, cap_bytes);
        piece = app_text_bytes(&l->held);
        l->given = whole;
    }
    if (whole)
        give(l, piece, lf, out);
    return whole;
}

void lines_gap(struct lines *l)
{
    l->held.len = 0;
    l->given = l->cr = l->inside = false;
    l->lost = true;
}

struct bytes lines_rest(const struct lines *l)
{
    if (l->given)
        return l->cr ? BYTES_LIT("\r") : (struct bytes){0};
    return app_text_bytes(&l->held);
}

bool lines_finish(struct lines *l, struct line *out)
{
    struct bytes rest = lines_rest(l);
    *out = (struct line){.text = rest, .start = !l->inside, .end = true};
    l->given = true;
    l->cr = l->inside = false;
    return rest.len > 0;
}

void lines_release(struct lines *l, struct app *a)
{
    app_text_free(a, &l->held);
}

void lines_go_tls(const struct lines lines[2], const struct app_input *in, struct bytes server_rest)
{
    app_flow_switch(in->app, in->flow, APP_TLS, (struct bytes){0});
    app_flow_unread(in->app, in->flow, TO_SERVER, lines_rest(&lines[TO_SERVER]));
    app_flow_unread(in->app, in->flow, TO_CLIENT, server_rest);
}

void lines_feed(struct lines lines[2], const struct app_input *in, uint32_t cap_bytes,
                lines_take *take, void *state)
{
    struct bytes data = in->data;
    struct line line;
    if (in->flags & APP_FEED_GAP)
        lines_gap(&lines[in->dir]);
    while (lines_next(&lines[in->dir], in->app, &data, cap_bytes, &line))
        if (take(state, in, &line)) {
            lines_go_tls(lines, in, data);
            return;
        }
}
