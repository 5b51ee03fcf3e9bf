/* http.c - HTTP/1: libhtp parses, this file keeps one http_tx for each of its transactions.
 *
 * libhtp's IDS personality with the limits Suricata sets, so that rules written for it see the same
 * buffers. Source: RFC 9110, RFC 9112; libhtp 0.5. */
#include "sensor/app/http_state.h"

#define FIELD_LIMIT_SOFT 9000
#define FIELD_LIMIT_HARD 18000
#define HEADERS_LIMIT    1024
#define RAW_HEADER_CAP   (64u << 10)
#define BOMB_LIMIT       (1u << 20)
#define DECODING_LAYERS  3
#define INFLATE_LIMIT_US 1000000
#define PENDING_CAP      (64u << 10)
#define GAP_CHUNK        (1u << 30)

/* ---- transactions ---- */

/* The tx that belongs to libhtp's, made at its first sign of life. */
static struct http_tx *tx_of(htp_tx_t *htp)
{
    struct http_tx *t = htp_tx_get_user_data(htp);
    if (t)
        return t;
    struct http_state *s = htp_connp_get_user_data(htp->connp);
    t = app_alloc(s->app, sizeof *t);
    t->app = s->app;
    t->state = s;
    t->htp = htp;
    htp_tx_set_user_data(htp, t);
    app_tx_add(s->app, s->flow, APP_HTTP, &t->tx, s->ts_us);
    if (s->orphan != HTTP_EVENT_COUNT)
        app_tx_event(&t->tx, (uint16_t)s->orphan);
    s->orphan = HTTP_EVENT_COUNT;
    return t;
}

static void made_free(struct app *a, struct http_made *m)
{
    app_text_free(a, &m->text);
}

/* libhtp still works on the transaction it reads into; that one it frees with the connection. */
static void htp_tx_release(struct http_tx *t)
{
    htp_connp_t *connp = t->state->connp;
    htp_tx_set_user_data(t->htp, NULL);
    if (t->htp == htp_connp_get_in_tx(connp) || t->htp == htp_connp_get_out_tx(connp))
        return;
    if (t->htp->request_progress == HTP_REQUEST_COMPLETE &&
        t->htp->response_progress == HTP_RESPONSE_COMPLETE)
        htp_tx_destroy(t->htp);
}

static void http_tx_free(struct app *a, struct app_tx *tx)
{
    struct http_tx *t = (struct http_tx *)tx;
    htp_tx_release(t);
    made_free(a, &t->uri);
    made_free(a, &t->host);
    for (unsigned dir = 0; dir < 2; dir++) {
        app_text_free(a, &t->raw[dir]);
        app_text_free(a, &t->body[dir]);
        made_free(a, &t->header[dir]);
        made_free(a, &t->names[dir]);
        made_free(a, &t->start[dir]);
    }
    app_dealloc(a, t->multipart, sizeof *t->multipart);
    app_dealloc(a, t, sizeof *t);
}

/* ---- what libhtp tells ---- */

static int advance(htp_tx_t *htp, enum direction dir, enum http_progress progress)
{
    struct http_tx *t = tx_of(htp);
    app_tx_advance(t->state->flow, &t->tx, dir, (uint8_t)progress);
    return HTP_OK;
}

static int on_request_start(htp_tx_t *htp)
{
    tx_of(htp);
    return HTP_OK;
}

static int on_request_line(htp_tx_t *htp)
{
    http_check_request(tx_of(htp));
    return advance(htp, TO_SERVER, HTTP_LINE);
}

static int on_request_headers(htp_tx_t *htp)
{
    http_check_request(tx_of(htp));
    return advance(htp, TO_SERVER, HTTP_HEADERS);
}

static int on_request_complete(htp_tx_t *htp)
{
    http_check_request(tx_of(htp));
    return advance(htp, TO_SERVER, HTTP_DONE);
}

/* A response without its request: libhtp made one up, and it is as complete as it will get. */
static int on_response_start(htp_tx_t *htp)
{
    struct http_tx *t = tx_of(htp);
    if (htp->request_progress == HTP_REQUEST_COMPLETE)
        app_tx_advance(t->state->flow, &t->tx, TO_SERVER, HTTP_DONE);
    return HTP_OK;
}

static int on_response_line(htp_tx_t *htp)
{
    return advance(htp, TO_CLIENT, HTTP_LINE);
}

static int on_response_headers(htp_tx_t *htp)
{
    return advance(htp, TO_CLIENT, HTTP_HEADERS);
}

static int on_response_complete(htp_tx_t *htp)
{
    struct http_state *s = tx_of(htp)->state;
    advance(htp, TO_CLIENT, HTTP_DONE);
    s->answered++;
    if (htp->request_method_number == HTP_M_CONNECT && htp->response_status_number >= 200 &&
        htp->response_status_number < 300 && s->answered == 1) {
        advance(htp, TO_SERVER, HTTP_DONE);
        s->tunnel = true;
    }
    return HTP_OK;
}

static void add_raw_header(htp_tx_data_t *d, enum direction dir)
{
    struct http_tx *t = tx_of(d->tx);
    if (d->data)
        app_text_add(t->app, &t->raw[dir], bytes_of(d->data, d->len), RAW_HEADER_CAP);
}

static int on_request_header_data(htp_tx_data_t *d)
{
    add_raw_header(d, TO_SERVER);
    return HTP_OK;
}

static int on_response_header_data(htp_tx_data_t *d)
{
    add_raw_header(d, TO_CLIENT);
    return HTP_OK;
}

/* data is NULL for a gap, which ends no body but cannot be shown either. */
static struct http_tx *add_body(htp_tx_data_t *d, enum direction dir)
{
    struct http_tx *t = tx_of(d->tx);
    t->body_bytes[dir] += d->len;
    if (!d->data || d->len == 0)
        return t;
    app_text_add(t->app, &t->body[dir], bytes_of(d->data, d->len),
                 app_options(t->app)->body_cap_bytes);
    app_tx_advance(t->state->flow, &t->tx, dir, HTTP_BODY);
    app_flow_touch(t->state->flow, dir);
    return t;
}

static int on_request_body(htp_tx_data_t *d)
{
    struct http_tx *t = add_body(d, TO_SERVER);
    if (t->body[TO_SERVER].len > 0)
        http_multipart_scan(t);
    return HTP_OK;
}

static int on_response_body(htp_tx_data_t *d)
{
    add_body(d, TO_CLIENT);
    return HTP_OK;
}

/* ---- one libhtp configuration per worker ---- */

static void register_hooks(htp_cfg_t *cfg)
{
    htp_config_register_log(cfg, http_on_log);
    htp_config_register_request_start(cfg, on_request_start);
    htp_config_register_request_line(cfg, on_request_line);
    htp_config_register_request_header_data(cfg, on_request_header_data);
    htp_config_register_request_trailer_data(cfg, on_request_header_data);
    htp_config_register_request_headers(cfg, on_request_headers);
    htp_config_register_request_body_data(cfg, on_request_body);
    htp_config_register_request_complete(cfg, on_request_complete);
    htp_config_register_response_start(cfg, on_response_start);
    htp_config_register_response_line(cfg, on_response_line);
    htp_config_register_response_header_data(cfg, on_response_header_data);
    htp_config_register_response_trailer_data(cfg, on_response_header_data);
    htp_config_register_response_headers(cfg, on_response_headers);
    htp_config_register_response_body_data(cfg, on_response_body);
    htp_config_register_response_complete(cfg, on_response_complete);
}

static void *http_worker_new(struct app *a)
{
    (void)a;
    htp_cfg_t *cfg = htp_config_create();
    ASSERT(cfg);
    htp_config_set_server_personality(cfg, HTP_SERVER_IDS);
    htp_config_set_convert_lowercase(cfg, HTP_DECODER_URL_PATH, 0); /* rules expect the case sent */
    htp_config_set_plusspace_decode(cfg, HTP_DECODER_URLENCODED, 0);
    htp_config_set_parse_request_cookies(cfg, 0);
    htp_config_set_parse_request_auth(cfg, 1);
    htp_config_set_allow_space_uri(cfg, 1);
    htp_config_set_request_decompression(cfg, 1);
    htp_config_set_response_decompression(cfg, 1);
    htp_config_set_response_decompression_layer_limit(cfg, DECODING_LAYERS);
    htp_config_set_lzma_layers(cfg, 0);
    htp_config_set_compression_bomb_limit(cfg, BOMB_LIMIT);
    htp_config_set_compression_time_limit(cfg, INFLATE_LIMIT_US);
    htp_config_set_field_limits(cfg, FIELD_LIMIT_SOFT, FIELD_LIMIT_HARD);
    htp_config_set_number_headers_limit(cfg, HEADERS_LIMIT);
    htp_config_set_tx_auto_destroy(cfg, 0); /* rules and records outlive the response */
    register_hooks(cfg);
    return cfg;
}

static void http_worker_free(struct app *a, void *worker)
{
    (void)a;
    htp_config_destroy(worker);
}

/* ---- one flow ---- */

static void *http_open(struct app *a, struct app_flow *f)
{
    struct http_state *s = app_alloc(a, sizeof *s);
    const struct app_endpoints *e = app_flow_endpoints(f);
    s->app = a;
    s->flow = f;
    s->orphan = HTTP_EVENT_COUNT;
    s->connp = htp_connp_create(app_worker(a, APP_HTTP));
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
    app_dealloc(a, s, sizeof *s);
}

static int push(struct http_state *s, enum direction dir, const void *data, size_t len)
{
    htp_time_t ts = {.tv_sec = (time_t)(s->ts_us / 1000000),
                     .tv_usec = (suseconds_t)(s->ts_us % 1000000)};
    s->dir = dir;
    return dir == TO_SERVER ? htp_connp_req_data(s->connp, &ts, data, len)
                            : htp_connp_res_data(s->connp, &ts, data, len);
}

static size_t consumed(const struct http_state *s, enum direction dir)
{
    return dir == TO_SERVER ? htp_connp_req_data_consumed(s->connp)
                            : htp_connp_res_data_consumed(s->connp);
}

/* Gives data to libhtp; what it will take only after the other direction is kept. */
static enum app_result give(struct http_state *s, enum direction dir, struct bytes data)
{
    int r = push(s, dir, data.p, data.len);
    size_t taken = consumed(s, dir);
    if (s->tunnel || r == HTP_STREAM_DATA_OTHER)
        app_text_add(s->app, &s->pending[dir], bytes_slice(data, taken, SIZE_MAX), PENDING_CAP);
    return r == HTP_STREAM_ERROR || http_complains_too_much(s) ? APP_BROKEN : APP_OK;
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

/* After a CONNECT both directions go back to protocol detection. */
static void leave_tunnel(struct http_state *s)
{
    s->tunnel = false;
    app_flow_switch(s->flow);
    for (unsigned dir = 0; dir < 2; dir++) {
        app_flow_unread(s->app, s->flow, (enum direction)dir, app_text_bytes(&s->pending[dir]));
        app_text_free(s->app, &s->pending[dir]);
    }
}

static enum app_result http_feed(void *state, const struct app_input *in)
{
    struct http_state *s = state;
    enum app_result r = APP_OK;
    s->ts_us = in->ts_us;
    if (in->flags & APP_FEED_GAP)
        r = give_gap(s, in->dir, in->gap_bytes);
    if (r == APP_OK)
        r = give_pending(s, in->dir);
    if (r == APP_OK && in->data.len > 0) {
        if (s->pending[in->dir].len > 0)
            app_text_add(s->app, &s->pending[in->dir], in->data, PENDING_CAP);
        else
            r = give(s, in->dir, in->data);
    }
    if (r == APP_OK && !s->tunnel)
        r = give_pending(s, OTHER(in->dir));
    if (r == APP_OK && s->tunnel)
        leave_tunnel(s);
    if (in->flags & APP_FEED_EOF)
        give_end(s, in->dir);
    return r;
}

/* ---- probing ---- */

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

/* Whether data starts with word and one of the bytes in after, or could. */
static enum app_result starts_with(struct bytes data, const char *word, const char *after)
{
    size_t len = strlen(word);
    size_t have = data.len < len ? data.len : len;
    if (memcmp(data.p, word, have) != 0)
        return APP_DECLINE;
    if (data.len <= len)
        return APP_MORE;
    return strchr(after, data.p[len]) && data.p[len] ? APP_OK : APP_DECLINE;
}

static enum app_result http_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
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
        if (r != APP_DECLINE)
            best = r;
    }
    return best;
}

const struct app_parser app_parser_HTTP = {
    .transports = APP_OVER_TCP,
    .complete = {HTTP_DONE, HTTP_DONE},
    .events = http_event_names,
    .event_count = HTTP_EVENT_COUNT,
    .probe = http_probe,
    .worker_new = http_worker_new,
    .worker_free = http_worker_free,
    .open = http_open,
    .close = http_close,
    .feed = http_feed,
    .tx_free = http_tx_free,
    .records = http_records,
    .alert_json = http_alert_json,
    .facts = http_facts,
};
