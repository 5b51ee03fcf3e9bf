/* rfb.c - VNC's Remote Framebuffer: the handshake of a session, one tx a flow.
 *
 * Versions, security type, VNC challenge and response, framebuffer. What follows (pixels, keys) is
 * not looked at. Source: RFC 6143 section 7; names of fields and events as in Suricata 7. */
#include "sensor/app/protocols/rfb_state.h"

#define HELD_CAP 4096 /* of a direction that is ahead of the other */
#define TEXT_CAP 256  /* of a reason or a desktop's name */

enum rfb_event {
    UNIMPLEMENTED_SECURITY_TYPE,
    UNKNOWN_SECURITY_RESULT,
    MALFORMED_MESSAGE,
    CONFUSED_STATE,
    EVENT_COUNT
};
static const char *const events[EVENT_COUNT] = {"unimplemented_security_type",
                                                "unknown_security_result", "malformed_message",
                                                "confused_state"};

enum rfb_step {
    SERVER_VERSION,
    CLIENT_VERSION,
    SECURITY_TYPES,
    SERVER_CHOICE, /* 3.3: the server decides */
    CLIENT_CHOICE,
    CHALLENGE,
    RESPONSE,
    RESULT,
    FAILURE,
    CLIENT_INIT,
    SERVER_INIT,
    OVER
};

struct rfb_state {
    struct app *app;
    struct app_flow *flow;
    struct rfb_tx *tx; /* NULL once it is gone */
    struct app_text held[2];
    uint8_t step; /* enum rfb_step */
    bool damaged;
};

/* ---- the handshake, step by step ---- */

static const uint8_t sender[] = {
    [SERVER_VERSION] = TO_CLIENT, [CLIENT_VERSION] = TO_SERVER, [SECURITY_TYPES] = TO_CLIENT,
    [SERVER_CHOICE] = TO_CLIENT,  [CLIENT_CHOICE] = TO_SERVER,  [CHALLENGE] = TO_CLIENT,
    [RESPONSE] = TO_SERVER,       [RESULT] = TO_CLIENT,         [FAILURE] = TO_CLIENT,
    [CLIENT_INIT] = TO_SERVER,    [SERVER_INIT] = TO_CLIENT,
};

static size_t with_text(struct bytes data, size_t length_at)
{
    struct cursor c = cursor_over(data);
    cursor_skip(&c, length_at);
    uint32_t len = cursor_u32(&c);
    return length_at + 4 + (len < TEXT_CAP ? len : TEXT_CAP);
}

static const char *const frames[] = {"pdu", NULL};

/* Bytes of the step's message, as far as data tells. */
static size_t needed(uint8_t step, struct bytes data)
{
    static const uint8_t fixed[] = {
        [SERVER_VERSION] = 12, [CLIENT_VERSION] = 12, [SECURITY_TYPES] = 1, [SERVER_CHOICE] = 4,
        [CLIENT_CHOICE] = 1,   [CHALLENGE] = 16,      [RESPONSE] = 16,      [RESULT] = 4,
        [FAILURE] = 4,         [CLIENT_INIT] = 1,     [SERVER_INIT] = 24};
    if (data.len < fixed[step])
        return fixed[step];
    switch (step) {
    case SECURITY_TYPES:
        return 1u + data.p[0];
    case FAILURE:
        return with_text(data, 0);
    case SERVER_INIT:
        return with_text(data, 20);
    default:
        return fixed[step];
    }
}

static bool is_version(struct bytes b)
{
    for (size_t i = 4; i < 11; i++)
        if (i != 7 && (b.p[i] < '0' || b.p[i] > '9'))
            return false;
    return bytes_starts(b, BYTES_LIT("RFB ")) && b.p[7] == '.' && b.p[11] == '\n';
}

static uint8_t malformed(struct rfb_tx *t)
{
    app_tx_event(&t->tx, MALFORMED_MESSAGE);
    t->state->damaged = true;
    return OVER;
}

static uint8_t take_version(struct rfb_tx *t, enum direction dir, struct bytes b)
{
    if (!is_version(b))
        return malformed(t);
    memcpy(t->version[dir], b.p + 4, 7);
    if (dir == TO_CLIENT)
        return CLIENT_VERSION;
    return strcmp(t->version[dir], "003.003") == 0 ? SERVER_CHOICE : SECURITY_TYPES;
}

/* Without authentication only 3.8 and later say how it went. */
static uint8_t take_choice(struct rfb_tx *t, uint32_t type)
{
    t->security_type = type;
    switch (type) {
    case RFB_INVALID:
        return FAILURE;
    case RFB_NONE:
        return strcmp(t->version[TO_SERVER], "003.008") >= 0 ? RESULT : CLIENT_INIT;
    case RFB_VNC:
        return CHALLENGE;
    default:
        app_tx_event(&t->tx, UNIMPLEMENTED_SECURITY_TYPE);
        return OVER;
    }
}

static uint8_t take_result(struct rfb_tx *t, uint32_t result)
{
    t->result = result;
    if (result == 0)
        return CLIENT_INIT;
    if (result > 2)
        app_tx_event(&t->tx, UNKNOWN_SECURITY_RESULT);
    return strcmp(t->version[TO_SERVER], "003.008") >= 0 ? FAILURE : OVER;
}

static void read_server_init(struct rfb_tx *t, struct bytes b)
{
    struct cursor c = cursor_over(b);
    struct rfb_pixels *p = &t->pixels;
    t->has_server_init = true;
    t->width = cursor_u16(&c);
    t->height = cursor_u16(&c);
    p->bits = cursor_u8(&c);
    p->depth = cursor_u8(&c);
    p->big_endian = cursor_u8(&c);
    p->true_color = cursor_u8(&c);
    for (int i = 0; i < 3; i++)
        p->max[i] = cursor_u16(&c);
    for (int i = 0; i < 3; i++)
        p->shift[i] = cursor_u8(&c);
    cursor_skip(&c, 7); /* padding, and the name's length */
    app_text_add(t->state->app, &t->name, cursor_rest(&c), TEXT_CAP);
}

/* One message of the step; returns the next step. */
static uint8_t take(struct rfb_tx *t, uint8_t step, struct bytes b)
{
    struct cursor c = cursor_over(b);
    switch ((enum rfb_step)step) {
    case SERVER_VERSION:
    case CLIENT_VERSION:
        return take_version(t, (enum direction)sender[step], b);
    case SECURITY_TYPES:
        return b.p[0] == 0 ? FAILURE : CLIENT_CHOICE;
    case SERVER_CHOICE:
        return take_choice(t, cursor_u32(&c));
    case CLIENT_CHOICE:
        return take_choice(t, b.p[0]);
    case CHALLENGE:
        t->challenged = true;
        memcpy(t->challenge, b.p, sizeof t->challenge);
        return RESPONSE;
    case RESPONSE:
        t->responded = true;
        memcpy(t->response, b.p, sizeof t->response);
        return RESULT;
    case RESULT:
        return take_result(t, cursor_u32(&c));
    case FAILURE:
        app_text_add(t->state->app, &t->reason, bytes_slice(b, 4, SIZE_MAX), TEXT_CAP);
        return OVER;
    case CLIENT_INIT:
        t->has_client_init = true;
        t->shared = b.p[0] != 0;
        return SERVER_INIT;
    case SERVER_INIT:
        read_server_init(t, b);
        return OVER;
    case OVER:
        break;
    }
    return OVER;
}

/* ---- the flow ---- */

static void *rfb_open(struct app *a, struct app_flow *f)
{
    struct rfb_state *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    return s;
}

static void drop_held(struct rfb_state *s, struct app *a)
{
    app_text_free(a, &s->held[TO_SERVER]);
    app_text_free(a, &s->held[TO_CLIENT]);
}

static void rfb_close(struct app *a, void *state)
{
    struct rfb_state *s = state;
    drop_held(s, a);
    app_dealloc(a, s, sizeof *s);
}

static void rfb_tx_free(struct app *a, struct app_tx *tx)
{
    struct rfb_tx *t = (struct rfb_tx *)tx;
    t->state->tx = NULL;
    app_text_free(a, &t->reason);
    app_text_free(a, &t->name);
    app_dealloc(a, t, sizeof *t);
}

static void begin(struct rfb_state *s, uint64_t ts_us)
{
    s->tx = app_alloc(s->app, sizeof *s->tx);
    s->tx->state = s;
    s->tx->security_type = s->tx->result = -1;
    app_tx_add(s->app, s->flow, APP_RFB, &s->tx->tx, ts_us);
}

static enum app_result end(struct rfb_state *s)
{
    s->step = OVER;
    drop_held(s, s->app);
    app_tx_advance(s->flow, &s->tx->tx, TO_SERVER, RFB_DONE);
    app_tx_advance(s->flow, &s->tx->tx, TO_CLIENT, RFB_DONE);
    app_flow_bypass(s->flow);
    return s->damaged ? APP_BROKEN : APP_OK;
}

/* A frame of the side that spoke, whichever side is speaking now. */
static void point_out(struct rfb_state *s, const struct app_input *in, struct bytes message,
                      size_t unread)
{
    struct app_input of = *in;
    of.dir = (enum direction)sender[s->step];
    if (of.dir != in->dir)
        of.data = (struct bytes){0};
    app_frame_add(&of, APP_RFB, 0, app_fed(s->flow, of.dir) - unread, (int64_t)message.len,
                  message);
}

/* As many steps as the bytes of either direction allow. */
static void walk(struct rfb_state *s, const struct app_input *in)
{
    while (s->step != OVER) {
        struct app_text *held = &s->held[sender[s->step]];
        struct bytes data = app_text_bytes(held);
        size_t n = needed(s->step, data);
        if (data.len < n)
            return;
        point_out(s, in, bytes_slice(data, 0, n), data.len);
        s->step = take(s->tx, s->step, bytes_slice(data, 0, n));
        memmove(held->p, held->p + n, held->len - n);
        held->len -= (uint32_t)n;
        app_flow_touch(s->flow, TO_SERVER);
        app_flow_touch(s->flow, TO_CLIENT);
    }
}

static enum app_result rfb_feed(void *state, const struct app_input *in)
{
    struct rfb_state *s = state;
    struct app_text *held = &s->held[in->dir];
    if (!s->tx && s->step == SERVER_VERSION)
        begin(s, in->ts_us);
    if (!s->tx || s->step == OVER) /* nothing that follows is of interest */
        return APP_OK;
    if (in->flags & APP_FEED_GAP) { /* what is missing was part of the handshake */
        app_tx_event(&s->tx->tx, CONFUSED_STATE);
        return end(s);
    }
    app_text_add(s->app, held, in->data, HELD_CAP);
    walk(s, in);
    if (s->step == OVER)
        return end(s);
    if (held->cut) { /* this side talks on although the other one has not answered */
        app_tx_event(&s->tx->tx, CONFUSED_STATE);
        s->damaged = true;
        return end(s);
    }
    return APP_OK;
}

static enum app_result rfb_probe(const struct app_endpoints *e, enum direction dir,
                                 struct bytes data)
{
    (void)e;
    (void)dir;
    size_t n = data.len < 4 ? data.len : 4;
    if (memcmp(data.p ? data.p : (const uint8_t *)"", "RFB ", n) != 0)
        return APP_DECLINE;
    if (data.len < 12)
        return APP_MORE;
    return is_version(data) ? APP_OK : APP_DECLINE;
}

static bool begins(unsigned transport, uint8_t first)
{
    (void)transport;
    return first == 'R';
}

const struct app_parser app_parser_RFB = {
    .transports = APP_OVER_TCP,
    .complete = {RFB_DONE, RFB_DONE},
    .events = events,
    .event_count = EVENT_COUNT,
    .frames = frames,
    .probe = rfb_probe,
    .begins = begins,
    .open = rfb_open,
    .close = rfb_close,
    .feed = rfb_feed,
    .tx_free = rfb_tx_free,
    .records = rfb_records,
    .alert_json = rfb_alert_json,
    .buffers = rfb_buffers,
    .shapes = rfb_shapes,
};
