/* http.c - one HTTP/1 flow: bytes to libhtp in the order it wants them, tunnels, the parser's row.
 *
 * What libhtp makes of them arrives in http_hooks.c. Source: RFC 9110, RFC 9112; libhtp 0.5. */
#include "sensor/app/protocols/http_state.h"

#define PENDING_CAP (64u << 10)
#define GAP_CHUNK   (1u << 30)

static void *http_open(struct app *a, struct app_flow *f)
{
    struct http_state *s = app_alloc(a, sizeof *s);
    const struct app_endpoints *e = app_flow_endpoints(f);
    s->app = a;
    s->flow = f;
    s->orphan = HTTP_EVENT_COUNT;
    struct http_worker *w = app_worker(a, APP_HTTP);
    s->connp = htp_connp_create(w->cfg);
    ASSERT(s->connp);
    htp_connp_set_user_data(s->connp, s);
    htp_time_t start = {0};
    htp_connp_open(s->connp, NULL, e->port[TO_SERVER], NULL, e->port[TO_CLIENT], &start);
    return s;
}

static void http_close(struct app *a, void *state)
{
    struct http_state *s = state;
    htp_connp_destroy_all(s->connp);
    app_text_free(a, &s->pending[TO_SERVER]);
    app_text_free(a, &s->pending[TO_CLIENT]);
    app_text_free(a, &s->context);
    app_dealloc(a, s, sizeof *s);
}

static size_t consumed(const struct http_state *s, enum direction dir)
{
    return dir == TO_SERVER ? htp_connp_req_data_consumed(s->connp)
                            : htp_connp_res_data_consumed(s->connp);
}

static int push(struct http_state *s, enum direction dir, const void *data, size_t len)
{
    htp_time_t ts = {.tv_sec = (time_t)(s->ts_us / 1000000),
                     .tv_usec = (suseconds_t)(s->ts_us % 1000000)};
    s->dir = dir;
    s->piece = bytes_of(data, data ? len : 0);
    s->chunks[dir].active = s->chunks[dir].active && data; /* chunks are not found again */
    int r = dir == TO_SERVER ? htp_connp_req_data(s->connp, &ts, data, len)
                             : htp_connp_res_data(s->connp, &ts, data, len);
    htp_tx_t *htp =
        dir == TO_SERVER ? htp_connp_get_in_tx(s->connp) : htp_connp_get_out_tx(s->connp);
    http_chunks_read(s, dir, consumed(s, dir), htp ? htp_tx_get_user_data(htp) : NULL);
    s->chunks[dir].from = 0;
    s->piece = (struct bytes){0};
    return r;
}

/* Gives data to libhtp; what it will take only after the other direction is kept. */
static enum app_result give(struct http_state *s, enum direction dir, struct bytes data)
{
    int r = push(s, dir, data.p, data.len);
    size_t taken = consumed(s, dir);
    if (r == HTP_STREAM_TUNNEL && !s->upgraded) {
        htp_tx_t *answered = htp_connp_get_out_tx(s->connp);
        http_upgraded(s, answered ? htp_tx_get_user_data(answered) : NULL);
    }
    if (s->tunnel || r == HTP_STREAM_DATA_OTHER)
        app_text_add(s->app, &s->pending[dir], bytes_slice(data, taken, SIZE_MAX), PENDING_CAP);
    return r == HTP_STREAM_ERROR || http_complains_too_much(s) ? APP_BROKEN : APP_OK;
}

/* The answer to a CONNECT line by line, so that libhtp stops where the tunnel begins: it would take
 * what follows for a body. */
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
        if (push(s, dir, NULL, n) != HTP_STREAM_DATA)
            break; /* libhtp bears gaps in bodies only; the other direction goes on */
        gap_bytes -= n;
    }
    return http_complains_too_much(s) ? APP_BROKEN : APP_OK;
}

static void give_end(struct http_state *s, enum direction dir)
{
    htp_time_t ts = {.tv_sec = (time_t)(s->ts_us / 1000000),
                     .tv_usec = (suseconds_t)(s->ts_us % 1000000)};
    if (s->closed[dir])
        return;
    s->closed[dir] = true;
    s->dir = dir;
    if (dir == TO_SERVER)
        htp_connp_req_close(s->connp, &ts);
    else
        htp_connp_close(s->connp, &ts);
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
