/* pgsql.c - PostgreSQL, protocol 3: one tx for each request and what answers it. */
#include "sensor/app/protocols/pgsql_state.h"

static const char *const events[PGSQL_EVENT_COUNT] = {
    [PGSQL_EVENT_MALFORMED_MESSAGE] = "malformed_message",
};

struct pgsql_tx *pgsql_tx_new(struct pgsql_state *s, const struct app_input *in)
{
    struct pgsql_tx *t = app_alloc(s->app, sizeof *t);
    t->state = s;
    app_tx_add(s->app, in->flow, APP_PGSQL, &t->tx, in->ts_us);
    return t;
}

static void pgsql_tx_free(struct app *a, struct app_tx *tx)
{
    struct pgsql_tx *t = (struct pgsql_tx *)tx;
    if (t->state->current == t)
        t->state->current = NULL;
    app_text_free(a, &t->text);
    app_text_free(a, &t->auth);
    app_text_free(a, &t->parameters);
    app_text_free(a, &t->error);
    app_text_free(a, &t->command);
    app_text_free(a, &t->channel);
    app_text_free(a, &t->payload);
    app_dealloc(a, t, sizeof *t);
}

static void *pgsql_open(struct app *a, struct app_flow *f)
{
    struct pgsql_state *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    return s;
}

static void pgsql_close(struct app *a, void *state)
{
    struct pgsql_state *s = state;
    framed_release_both(s->framed, a);
    app_dealloc(a, s, sizeof *s);
}

static uint32_t length_at(struct bytes data, size_t at)
{
    struct cursor c = cursor_over(bytes_slice(data, at, SIZE_MAX));
    return cursor_u32(&c);
}

/* A start packet has no type, and is too short to need its first byte. A length that no message can
 * have is left to the reader of the message to judge. */
static int64_t pgsql_length(void *state, enum direction dir, struct bytes data)
{
    const struct pgsql_state *s = state;
    if (dir == TO_CLIENT && s->encryption_asked && memchr("SNG", data.p[0], 3))
        return 1;
    if (dir == TO_SERVER && data.p[0] == 0) {
        if (data.len < 4)
            return 0;
        uint32_t length = length_at(data, 0);
        return length < 8 ? 4 : length;
    }
    if (data.len < 5)
        return 0;
    uint32_t length = length_at(data, 1);
    return length < 4 ? 2 : 1 + (int64_t)length;
}

static bool pgsql_take(void *state, const struct app_input *in, struct bytes head, uint64_t length)
{
    if (in->dir == TO_SERVER)
        return pgsql_request(state, in, head, length);
    return pgsql_response(state, in, head, length);
}

static bool is_start(void *state, const struct app_input *in, struct bytes data)
{
    (void)state;
    return pgsql_is_start(in->dir, data);
}

static const struct framed_kind messages = {.keep_bytes = PGSQL_KEPT_BYTES,
                                            .length = pgsql_length,
                                            .take = pgsql_take,
                                            .is_start = is_start};

static enum app_result pgsql_feed(void *state, const struct app_input *in)
{
    struct pgsql_state *s = state;
    struct framed *f = &s->framed[in->dir];
    if (s->over || framed_feed(f, &messages, s, in) || s->over)
        return APP_OK;
    if (s->switched) {
        app_flow_unread(s->app, in->flow, in->dir, f->rest);
        return APP_OK;
    }
    return APP_BROKEN;
}

const struct app_parser app_parser_PGSQL = {
    .transports = APP_OVER_TCP,
    .wants_all = true,
    .complete = {PGSQL_DONE, PGSQL_DONE},
    .events = events,
    .event_count = PGSQL_EVENT_COUNT,
    .probe = pgsql_probe,
    .open = pgsql_open,
    .close = pgsql_close,
    .feed = pgsql_feed,
    .tx_free = pgsql_tx_free,
    .records = pgsql_records,
    .alert_json = pgsql_alert_json,
    .shapes = pgsql_shapes,
};
