/* http_hooks.c - libhtp's configuration and what it tells: one http_tx for each of its
 * transactions.
 *
 * The IDS personality with the limits Suricata sets, so that rules written for it see the same
 * buffers. */
#include "sensor/app/protocols/http_state.h"

#define FIELD_LIMIT_SOFT 9000
#define FIELD_LIMIT_HARD 18000
#define HEADERS_LIMIT    1024
#define RAW_HEADER_CAP   (64u << 10)
#define BOMB_LIMIT       (1u << 20)
#define DECODING_LAYERS  3
#define INFLATE_LIMIT_US 1000000

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

void http_tx_free(struct app *a, struct app_tx *tx)
{
    struct http_tx *t = (struct http_tx *)tx;
    htp_tx_release(t);
    made_free(a, &t->uri);
    made_free(a, &t->host);
    for (unsigned dir = 0; dir < 2; dir++) {
        app_text_free(a, &t->raw[dir]);
        app_text_free(a, &t->body[dir]);
        http_decoder_free(t->decoder[dir]);
        made_free(a, &t->header[dir]);
        made_free(a, &t->names[dir]);
        made_free(a, &t->start[dir]);
    }
    http_multipart_free(a, t->multipart);
    http_range_end(a, t->range, NULL);
    app_dealloc(a, t, sizeof *t);
}

/* ---- what libhtp tells ---- */

static int advance(htp_tx_t *htp, enum direction dir, enum http_progress progress)
{
    struct http_tx *t = tx_of(htp);
    app_tx_advance(t->state->flow, &t->tx, dir, (uint8_t)progress);
    if (progress == HTTP_DONE)
        app_flow_flush(t->state->flow, dir);
    return HTP_OK;
}

/* ---- frames: a message as a whole ---- */

static size_t consumed(const struct http_state *s, enum direction dir)
{
    return dir == TO_SERVER ? htp_connp_req_data_consumed(s->connp)
                            : htp_connp_res_data_consumed(s->connp);
}

/* Where in its stream libhtp is: within what came now, or in what waited. */
static uint64_t place(const struct http_state *s, enum direction dir)
{
    struct bytes data = dir == s->in->dir ? s->in->data : (struct bytes){0};
    bool inside = data.len && s->piece.p >= data.p && s->piece.p <= data.p + data.len;
    uint64_t start = inside ? s->in->offset + (uint64_t)(s->piece.p - data.p)
                            : app_fed(s->flow, dir) - data.len - s->piece.len;
    return start + consumed(s, dir);
}

static void begin_frame(struct http_tx *t, enum direction dir)
{
    const struct http_state *s = t->state;
    struct app_input of = *s->in;
    if (of.dir != dir)
        of.data = (struct bytes){0};
    of.dir = dir;
    struct app_frame *f = app_frame_add(&of, APP_HTTP, dir, place(s, dir), -1,
                                        bytes_slice(s->piece, consumed(s, dir), SIZE_MAX));
    app_frame_tx(f, &t->tx);
    t->frame[dir] = f ? f->id : 0;
}

static void end_frame(struct http_tx *t, enum direction dir)
{
    if (t->frame[dir] && t->state->in)
        app_frame_end(t->state->flow, dir, t->frame[dir], place(t->state, dir));
    t->frame[dir] = 0;
}

static int on_request_start(htp_tx_t *htp)
{
    begin_frame(tx_of(htp), TO_SERVER);
    return HTP_OK;
}

/* A request of version 0.9 is one line. Where more than space stands behind it the version was left
 * out, or something else than HTTP is spoken; libhtp 0.5.42 would only believe a header. */
static void check_version(struct http_state *s, htp_tx_t *htp)
{
    struct bytes rest = bytes_slice(s->piece, htp_connp_req_data_consumed(s->connp), SIZE_MAX);
    if (!htp->is_protocol_0_9)
        return;
    while (rest.len > 0 && (rest.p[0] == ' ' || (rest.p[0] >= '\t' && rest.p[0] <= '\r')))
        rest = bytes_slice(rest, 1, SIZE_MAX);
    if (rest.len == 0)
        return;
    app_tx_event(&tx_of(htp)->tx, HTTP_REQUEST_LINE_MISSING_PROTOCOL);
    htp->is_protocol_0_9 = 0;
}

static int on_request_line(htp_tx_t *htp)
{
    struct http_state *s = tx_of(htp)->state;
    http_check_request(tx_of(htp));
    check_version(s, htp);
    if (htp->request_method_number == HTP_M_CONNECT && s->answered == 0)
        s->connecting = true;
    return advance(htp, TO_SERVER, HTTP_LINE);
}

static int on_request_headers(htp_tx_t *htp)
{
    struct http_state *s = tx_of(htp)->state;
    http_check_request(tx_of(htp));
    if (htp->request_transfer_coding == HTP_CODING_CHUNKED)
        http_chunks_begin(s, TO_SERVER, htp_connp_req_data_consumed(s->connp));
    return advance(htp, TO_SERVER, HTTP_HEADERS);
}

static int on_request_complete(htp_tx_t *htp)
{
    struct http_tx *t = tx_of(htp);
    http_check_request(t);
    end_frame(t, TO_SERVER);
    http_chunks_read(t->state, TO_SERVER, htp_connp_req_data_consumed(t->state->connp), t);
    http_body_end(t, TO_SERVER);
    return advance(htp, TO_SERVER, HTTP_DONE);
}

/* A response without its request: libhtp made one up, and it is as complete as it will get. */
static int on_response_start(htp_tx_t *htp)
{
    struct http_tx *t = tx_of(htp);
    begin_frame(t, TO_CLIENT);
    if (htp->request_progress == HTP_REQUEST_COMPLETE)
        app_tx_advance(t->state->flow, &t->tx, TO_SERVER, HTTP_DONE);
    return HTP_OK;
}

/* libhtp 0.5.42 gives up at a second 100; servers send them. */
static int on_response_line(htp_tx_t *htp)
{
    if (htp->response_status_number == 100 && htp->seen_100continue) {
        app_tx_event(&tx_of(htp)->tx, HTTP_100_CONTINUE_ALREADY_SEEN);
        htp->seen_100continue = 0;
    }
    struct http_tx *t = tx_of(htp);
    if (t->tx.progress[TO_CLIENT] >= HTTP_LINE) /* behind an interim one: RFC 9110 section 15.2 */
        app_tx_revise(t->state->flow, &t->tx, TO_CLIENT);
    return advance(htp, TO_CLIENT, HTTP_LINE);
}

/* A single coding is http_body.c's to undo: libhtp is slow at it, and what it makes of a damaged
 * one depends on how the bytes were cut. */
static void leave_coding(struct http_tx *t, htp_tx_t *htp)
{
    static const char *const names[] = {
        [HTP_COMPRESSION_GZIP] = "gzip", [HTP_COMPRESSION_DEFLATE] = "deflate"};
    unsigned coding = (unsigned)htp->response_content_encoding_processing;
    t->answer_coding = coding < sizeof names / sizeof *names ? names[coding] : NULL;
    if (t->answer_coding)
        htp->response_content_encoding_processing = HTP_COMPRESSION_NONE;
}

static int on_response_headers(htp_tx_t *htp)
{
    struct http_tx *t = tx_of(htp);
    struct http_state *s = t->state;
    leave_coding(t, htp);
    if (htp->response_transfer_coding == HTP_CODING_CHUNKED)
        http_chunks_begin(s, TO_CLIENT, htp_connp_res_data_consumed(s->connp));
    return advance(htp, TO_CLIENT, HTTP_HEADERS);
}

static int on_response_complete(htp_tx_t *htp)
{
    struct http_tx *t = tx_of(htp);
    struct http_state *s = t->state;
    end_frame(t, TO_CLIENT);
    http_chunks_read(s, TO_CLIENT, htp_connp_res_data_consumed(s->connp), t);
    http_body_end(t, TO_CLIENT);
    advance(htp, TO_CLIENT, HTTP_DONE);
    s->answered++;
    s->connecting = false;
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

static int on_request_body(htp_tx_data_t *d)
{
    return http_body_data(tx_of(d->tx), TO_SERVER, bytes_of(d->data, d->len));
}

static int on_response_body(htp_tx_data_t *d)
{
    return http_body_data(tx_of(d->tx), TO_CLIENT, bytes_of(d->data, d->len));
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

void *http_worker_new(struct app *a)
{
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
    struct http_worker *w = app_alloc(a, sizeof *w);
    w->cfg = cfg;
    w->ranges = http_ranges_new(a);
    return w;
}

void http_worker_free(struct app *a, void *worker)
{
    struct http_worker *w = worker;
    htp_config_destroy(w->cfg);
    http_ranges_free(a, w->ranges);
    app_dealloc(a, w, sizeof *w);
}

struct http_ranges *http_worker_ranges(const struct app *a)
{
    const struct http_worker *w = app_worker(a, APP_HTTP);
    return w->ranges;
}
