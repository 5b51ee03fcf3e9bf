/* http_hooks.c - what is told of messages as they are read: one http_tx for a request with its
 * answer, its progress, frames and events. */
#include "sensor/app/protocols/http_state.h"

/* What Suricata shows for a request that was not seen. */
#define NOT_SEEN       "/libhtp::request_uri_not_seen"
#define UNANSWERED_MAX 1024u /* that went and are still known when their answers come */

/* ---- requests that wait for their answers ---- */

static void join_line(struct http_state *s, struct http_tx *t)
{
    t->previous_unanswered = s->last_unanswered;
    if (s->last_unanswered)
        s->last_unanswered->next_unanswered = t;
    else
        s->unanswered = t;
    s->last_unanswered = t;
    s->unanswered_count++;
}

static bool waits_in_line(const struct http_state *s, const struct http_tx *t)
{
    return t->next_unanswered || s->last_unanswered == t;
}

/* husk takes the place of t; NULL closes up. */
static void replace_in_line(struct http_state *s, const struct http_tx *t, struct http_tx *husk)
{
    struct http_tx *before = t->previous_unanswered, *behind = t->next_unanswered;
    if (!waits_in_line(s, t))
        return;
    *(before ? &before->next_unanswered : &s->unanswered) = husk ? husk : behind;
    *(behind ? &behind->previous_unanswered : &s->last_unanswered) = husk ? husk : before;
    s->unanswered_count -= !husk;
}

/* An answer to t will come in its turn, to a request that nothing is known of any more. */
static void forget(struct http_state *s, const struct http_tx *t)
{
    uint32_t *at =
        t->previous_unanswered ? &t->previous_unanswered->forgotten_behind : &s->forgotten;
    *at += 1 + t->forgotten_behind;
}

struct http_tx *http_next_unanswered(struct http_state *s)
{
    struct http_tx *t = s->unanswered;
    if (!t)
        return NULL;
    replace_in_line(s, t, NULL);
    t->next_unanswered = t->previous_unanswered = NULL;
    s->forgotten += t->forgotten_behind;
    t->forgotten_behind = 0;
    return t;
}

/* ---- transactions ---- */

void http_tx_show(struct http_tx *t)
{
    struct http_state *s = t->state;
    if (t->shown)
        return;
    t->shown = true;
    app_tx_add(s->app, s->flow, APP_HTTP, &t->tx, s->ts_us);
    if (s->orphan != HTTP_EVENT_COUNT)
        app_tx_event(&t->tx, (uint16_t)s->orphan);
    s->orphan = HTTP_EVENT_COUNT;
}

static struct http_tx *tx_make(struct http_state *s)
{
    struct http_tx *t = app_alloc(s->app, sizeof *t);
    t->app = s->app;
    t->state = s;
    t->m[TO_SERVER].version = t->m[TO_CLIENT].version = HTTP1_UNKNOWN;
    return t;
}

struct http_tx *http_tx_new(struct http_state *s)
{
    struct http_tx *t = tx_make(s);
    join_line(s, t);
    s->side[TO_SERVER].tx = t;
    return t;
}

void http_tx_lacks_request(struct http_tx *t)
{
    struct http1_message *m = &t->m[TO_SERVER];
    app_text_add(t->app, &m->text, BYTES_LIT(NOT_SEEN), HTTP1_HEAD_CAP);
    t->target = t->path = (struct http1_span){.len = sizeof NOT_SEEN - 1, .there = true};
    m->line_at = m->text.len;
}

struct http_tx *http_tx_forgotten(struct http_state *s)
{
    struct http_tx *t = tx_make(s);
    http_tx_lacks_request(t);
    t->stage[TO_SERVER] = HTTP_READ;
    return t;
}

static void made_free(struct app *a, struct http_made *m)
{
    app_text_free(a, &m->text);
}

/* All but what was read. */
static void release(struct app *a, struct http_tx *t)
{
    made_free(a, &t->uri);
    made_free(a, &t->host);
    for (unsigned dir = 0; dir < 2; dir++) {
        app_text_free(a, &t->body[dir]);
        for (unsigned i = 0; i < HTTP_CODINGS_MAX; i++)
            http_decoder_free(t->decoder[dir][i]);
        made_free(a, &t->header[dir]);
        made_free(a, &t->names[dir]);
        made_free(a, &t->start[dir]);
    }
    http_multipart_free(a, t->multipart);
    http_range_end(a, t->range, NULL);
}

static bool is_being_read(const struct http_state *s, const struct http_tx *t)
{
    return s->side[TO_SERVER].tx == t || s->side[TO_CLIENT].tx == t;
}

/* What reading still needs of t: it is shown again if more comes of it. */
static struct http_tx *husk_of(struct http_tx *t)
{
    struct http_tx *husk = app_take(t->app, sizeof *husk);
    *husk = (struct http_tx){.app = t->app,
                             .state = t->state,
                             .next_unanswered = t->next_unanswered,
                             .previous_unanswered = t->previous_unanswered,
                             .forgotten_behind = t->forgotten_behind,
                             .stage = {t->stage[0], t->stage[1]},
                             .framing = {t->framing[0], t->framing[1]},
                             .m = {t->m[0], t->m[1]},
                             .flags = t->flags,
                             .method_id = t->method_id,
                             .is_0_9 = t->is_0_9,
                             .method = t->method,
                             .target = t->target,
                             .path = t->path,
                             .query = t->query,
                             .fragment = t->fragment,
                             .target_host = t->target_host,
                             .hostname = t->hostname,
                             .target_port = t->target_port,
                             .port = t->port,
                             .length = t->length,
                             .status = t->status,
                             .reason = t->reason,
                             .status_code = t->status_code,
                             .seen_100 = t->seen_100,
                             .answer_len = t->answer_len};
    for (unsigned dir = 0; dir < 2; dir++) {
        memcpy(husk->layers[dir], t->layers[dir], sizeof husk->layers[dir]);
        memcpy(husk->decoder[dir], t->decoder[dir], sizeof husk->decoder[dir]);
        memset(t->decoder[dir], 0, sizeof t->decoder[dir]); /* they are the husk's now */
        husk->coded_bytes[dir] = t->coded_bytes[dir];
        husk->decoded_bytes[dir] = t->decoded_bytes[dir];
        husk->body_begun[dir] = t->body_begun[dir];
        husk->body_lost[dir] = t->body_lost[dir];
    }
    return husk;
}

void http_tx_free(struct app *a, struct app_tx *tx)
{
    struct http_tx *t = (struct http_tx *)tx;
    struct http_state *s = t->state;
    struct http_tx *husk = NULL;
    bool waits = waits_in_line(s, t);
    if (is_being_read(s, t) || (waits && s->unanswered_count <= UNANSWERED_MAX))
        husk = husk_of(t);
    else if (waits)
        forget(s, t);
    replace_in_line(s, t, husk);
    for (unsigned dir = 0; dir < 2; dir++) {
        if (s->side[dir].tx == t)
            s->side[dir].tx = husk;
        if (!husk)
            http1_message_free(a, &t->m[dir]);
    }
    release(a, t);
    app_dealloc(a, t, sizeof *t);
}

void http_tx_discard(struct http_tx *t)
{
    struct http_state *s = t->state;
    if (t->shown || is_being_read(s, t) || waits_in_line(s, t))
        return;
    for (unsigned dir = 0; dir < 2; dir++)
        http1_message_free(s->app, &t->m[dir]);
    release(s->app, t);
    app_dealloc(s->app, t, sizeof *t);
}

/* ---- frames: a message as a whole ---- */

/* Where in its stream reading is: within what came now, or in what waited. */
static uint64_t place(const struct http_state *s, enum direction dir)
{
    const struct http_side *side = &s->side[dir];
    struct bytes data = dir == s->in->dir ? s->in->data : (struct bytes){0}, piece = side->piece;
    bool inside = data.len && piece.p >= data.p && piece.p <= data.p + data.len;
    uint64_t start = inside ? s->in->offset + (uint64_t)(piece.p - data.p)
                            : app_fed(s->flow, dir) - data.len - piece.len;
    return start + side->at - side->carried.len;
}

static void begin_frame(struct http_tx *t, enum direction dir)
{
    const struct http_state *s = t->state;
    const struct http_side *side = &s->side[dir];
    if (!app_wants_frames(t->app, APP_HTTP))
        return;
    struct app_input of = *s->in;
    if (of.dir != dir)
        of.data = (struct bytes){0};
    of.dir = dir;
    struct app_frame *f = app_frame_add(&of, APP_HTTP, dir, place(s, dir), -1,
                                        bytes_slice(side->piece, side->at, SIZE_MAX));
    app_frame_tx(f, &t->tx);
    t->frame[dir] = f ? f->id : 0;
}

static void end_frame(struct http_tx *t, enum direction dir)
{
    if (t->frame[dir] && t->state->in)
        app_frame_end(t->state->flow, dir, t->frame[dir], place(t->state, dir));
    t->frame[dir] = 0;
}

/* ---- the request ---- */

static void advance(struct http_tx *t, enum direction dir, enum http_progress progress)
{
    app_tx_advance(t->state->flow, &t->tx, dir, (uint8_t)progress);
    if (progress == HTTP_DONE)
        app_flow_flush(t->state->flow, dir);
}

void http_request_started(struct http_tx *t)
{
    http_tx_show(t);
    begin_frame(t, TO_SERVER);
}

/* A request of version 0.9 is one line. Where more than space stands behind it the version was left
 * out, or something else than HTTP is spoken. */
static void check_version(struct http_state *s, struct http_tx *t)
{
    const struct http_side *side = &s->side[TO_SERVER];
    struct bytes rest = bytes_slice(side->piece, side->at, SIZE_MAX);
    if (!t->is_0_9)
        return;
    while (rest.len > 0 && http1_is_space(rest.p[0]))
        rest = bytes_slice(rest, 1, SIZE_MAX);
    if (rest.len == 0)
        return;
    app_tx_event(&t->tx, HTTP_REQUEST_LINE_MISSING_PROTOCOL);
    t->is_0_9 = false;
}

void http_request_line_read(struct http_tx *t)
{
    struct http_state *s = t->state;
    http_tx_show(t);
    http_check_request(t);
    check_version(s, t);
    if (t->method_id == HTTP_M_CONNECT && s->answered == 0)
        s->connecting = true;
    advance(t, TO_SERVER, HTTP_LINE);
}

void http_request_headers_read(struct http_tx *t)
{
    http_tx_show(t);
    http_check_request(t);
    advance(t, TO_SERVER, HTTP_HEADERS);
    http_find_codings(t, TO_SERVER);
}

void http_request_over(struct http_tx *t)
{
    http_tx_show(t);
    http_check_request(t);
    end_frame(t, TO_SERVER);
    http_body_end(t, TO_SERVER);
    advance(t, TO_SERVER, HTTP_DONE);
}

/* ---- the answer ---- */

/* Its request may have been over when it was shown last. */
void http_response_started(struct http_tx *t)
{
    http_tx_show(t);
    begin_frame(t, TO_CLIENT);
    if (t->stage[TO_SERVER] == HTTP_READ)
        app_tx_advance(t->state->flow, &t->tx, TO_SERVER, HTTP_DONE);
}

void http_response_line_read(struct http_tx *t)
{
    http_tx_show(t);
    if (t->status_code == 100 && t->seen_100)
        app_tx_event(&t->tx, HTTP_100_CONTINUE_ALREADY_SEEN);
    if (t->tx.progress[TO_CLIENT] >= HTTP_LINE) /* behind an interim one: RFC 9110 section 15.2 */
        app_tx_revise(t->state->flow, &t->tx, TO_CLIENT);
    advance(t, TO_CLIENT, HTTP_LINE);
}

void http_response_headers_read(struct http_tx *t)
{
    http_tx_show(t);
    advance(t, TO_CLIENT, HTTP_HEADERS);
    http_find_codings(t, TO_CLIENT);
}

void http_response_over(struct http_tx *t)
{
    struct http_state *s = t->state;
    http_tx_show(t);
    end_frame(t, TO_CLIENT);
    http_body_end(t, TO_CLIENT);
    advance(t, TO_CLIENT, HTTP_DONE);
    s->answered++;
    s->connecting = false;
    if (t->method_id == HTTP_M_CONNECT && t->status_code >= 200 && t->status_code < 300 &&
        s->answered == 1) {
        advance(t, TO_SERVER, HTTP_DONE);
        s->tunnel = true;
    }
}

/* ---- the worker ---- */

void *http_worker_new(struct app *a)
{
    struct http_worker *w = app_alloc(a, sizeof *w);
    w->ranges = http_ranges_new(a);
    return w;
}

void http_worker_free(struct app *a, void *worker)
{
    struct http_worker *w = worker;
    http_ranges_free(a, w->ranges);
    app_dealloc(a, w, sizeof *w);
}

struct http_ranges *http_worker_ranges(const struct app *a)
{
    const struct http_worker *w = app_worker(a, APP_HTTP);
    return w->ranges;
}
