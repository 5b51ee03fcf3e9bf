/* http.c - one HTTP/1 flow: bytes to the reader of their direction in the order it wants them,
 * tunnels, the parser's row.
 *
 * Source: RFC 9110, RFC 9112. */
#include "sensor/app/protocols/http_state.h"

#define PENDING_CAP (64u << 10)
#define GAP_CHUNK   (1u << 30)

static void *http_open(struct app *a, struct app_flow *f)
{
    struct http_state *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    s->orphan = HTTP_EVENT_COUNT;
    return s;
}

/* What no rule and no record knows: all others went before. */
static void free_husks(struct http_state *s)
{
    for (unsigned dir = 0; dir < 2; dir++) {
        struct http_tx *t = s->side[dir].tx;
        s->side[dir].tx = NULL;
        if (t)
            http_tx_discard(t);
    }
    for (struct http_tx *t; (t = http_next_unanswered(s));)
        http_tx_discard(t);
}

static void http_close(struct app *a, void *state)
{
    struct http_state *s = state;
    free_husks(s);
    for (unsigned dir = 0; dir < 2; dir++) {
        app_text_free(a, &s->pending[dir]);
        app_text_free(a, &s->side[dir].carried);
    }
    app_text_free(a, &s->context);
    app_dealloc(a, s, sizeof *s);
}

static enum http_flow_status push(struct http_state *s, enum direction dir, struct bytes piece)
{
    struct http_side *side = &s->side[dir];
    side->piece = piece;
    side->at = 0;
    return dir == TO_SERVER ? http_request_read(s) : http_response_read(s);
}

/* Reads data; what has to wait for the other direction is kept. */
static enum app_result give(struct http_state *s, enum direction dir, struct bytes data)
{
    struct http_side *side = &s->side[dir];
    enum http_flow_status r = push(s, dir, data);
    if (r == HTTP_TUNNEL && !s->upgraded)
        http_upgraded(s, s->side[TO_CLIENT].tx);
    if (s->tunnel || r == HTTP_WAITS)
        app_text_add(s->app, &s->pending[dir], bytes_slice(data, side->at, SIZE_MAX), PENDING_CAP);
    side->piece = (struct bytes){0};
    side->at = 0;
    return r == HTTP_ERROR || http_complains_too_much(s) ? APP_BROKEN : APP_OK;
}

/* The answer to a CONNECT line by line, so that reading stops where the tunnel begins: what follows
 * would be taken for a body. */
static enum app_result give_answer(struct http_state *s, struct bytes data)
{
    enum app_result r = APP_OK;
    while (data.len > 0 && s->connecting && r == APP_OK) {
        ptrdiff_t end = bytes_find(data, BYTES_LIT("\n"));
        struct bytes line = bytes_slice(data, 0, end < 0 ? data.len : (size_t)end + 1);
        r = give(s, TO_CLIENT, line);
        data = bytes_slice(data, line.len, SIZE_MAX);
    }
    if (s->tunnel)
        app_text_add(s->app, &s->pending[TO_CLIENT], data, PENDING_CAP);
    else if (data.len > 0 && r == APP_OK)
        r = give(s, TO_CLIENT, data);
    return r;
}

/* Offers what waited in dir again. */
static enum app_result give_pending(struct http_state *s, enum direction dir)
{
    struct app_text waiting = s->pending[dir];
    if (waiting.len == 0)
        return APP_OK;
    s->pending[dir] = (struct app_text){0};
    enum app_result r = give(s, dir, app_text_bytes(&waiting));
    app_text_free(s->app, &waiting);
    return r;
}

static enum app_result give_gap(struct http_state *s, enum direction dir, uint64_t gap_bytes)
{
    while (gap_bytes > 0) {
        size_t n = gap_bytes > GAP_CHUNK ? GAP_CHUNK : (size_t)gap_bytes;
        if (push(s, dir, (struct bytes){NULL, n}) != HTTP_FLOWS)
            break; /* only bodies bear gaps; the other direction goes on */
        gap_bytes -= n;
    }
    s->side[dir].piece = (struct bytes){0};
    s->side[dir].at = 0;
    return http_complains_too_much(s) ? APP_BROKEN : APP_OK;
}

static void close_side(struct http_state *s, enum direction dir)
{
    if (s->side[dir].status != HTTP_ERROR)
        s->side[dir].status = HTTP_CLOSED;
}

/* Once the server is done nothing that is asked will be answered. */
static void give_end(struct http_state *s, enum direction dir)
{
    if (s->side[dir].closed)
        return;
    s->side[dir].closed = true;
    close_side(s, TO_SERVER);
    if (dir == TO_CLIENT)
        close_side(s, TO_CLIENT);
    push(s, TO_SERVER, (struct bytes){0});
    if (dir == TO_CLIENT)
        push(s, TO_CLIENT, (struct bytes){0});
}

static enum app_result http_feed(void *state, const struct app_input *in)
{
    struct http_state *s = state;
    enum app_result r = APP_OK;
    s->ts_us = in->ts_us;
    s->in = in;
    if (in->flags & APP_FEED_GAP)
        r = give_gap(s, in->dir, in->gap_bytes);
    if (r == APP_OK)
        r = give_pending(s, in->dir);
    if (r == APP_OK && in->data.len > 0) {
        if (s->pending[in->dir].len > 0)
            app_text_add(s->app, &s->pending[in->dir], in->data, PENDING_CAP);
        else if (in->dir == TO_CLIENT && s->connecting)
            r = give_answer(s, in->data);
        else
            r = give(s, in->dir, in->data);
    }
    if (r == APP_OK && !s->tunnel)
        r = give_pending(s, OTHER(in->dir));
    if (r == APP_OK && s->tunnel)
        http_leave(s);
    if (in->flags & APP_FEED_EOF)
        give_end(s, in->dir);
    return r;
}

static const char *const frames[] = {"request", "response", NULL};

const struct app_parser app_parser_HTTP = {
    .frames = frames,
    .transports = APP_OVER_TCP,
    .complete = {HTTP_DONE, HTTP_DONE},
    .events = http_event_names,
    .event_count = HTTP_EVENT_COUNT,
    .probe = http_probe,
    .is_reversed = http_is_reversed,
    .worker_new = http_worker_new,
    .worker_free = http_worker_free,
    .open = http_open,
    .close = http_close,
    .feed = http_feed,
    .tx_free = http_tx_free,
    .records = http_records,
    .alert_json = http_alert_json,
    .facts = http_facts,
    .buffers = http_buffers,
    .shapes = http_shapes,
};
