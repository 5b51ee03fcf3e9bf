/* quic.c - one QUIC flow: the packets that anyone can read, up to each side's hello; the parser's
 * row.
 *
 * Source: RFC 9000, RFC 9001. Each such packet is a tx. Keys are those under which the last Initial
 * opened: a Retry or a negotiated version brings new ones, a forged packet does not. */
#include "sensor/app/protocols/quic_state.h"

/* Packets and faults looked at in one flow; a handshake needs a handful. */
#define PACKETS_MAX 64
#define FAULTS_MAX  8

static const char *const events[QUIC_EVENT_COUNT] = {
    [QUIC_FAILED_DECRYPT] = "failed_decrypt",
    [QUIC_ERROR_ON_DATA] = "error_on_data",
    [QUIC_ERROR_ON_HEADER] = "error_on_header",
    [QUIC_CRYPTO_FRAG_TOO_LONG] = "crypto_frag_too_long",
};

static struct quic_tx *new_tx(struct quic_flow *s, const struct app_input *in,
                              const struct quic_header *h)
{
    struct quic_tx *t = app_alloc(s->app, sizeof *t);
    app_tx_add(s->app, s->flow, APP_QUIC, &t->tx, in->ts_us);
    t->dir = in->dir;
    t->type = h->type;
    t->is_long = h->is_long;
    t->version = h->version;
    if (h->version_bytes.len == sizeof t->version_bytes)
        memcpy(t->version_bytes, h->version_bytes.p, sizeof t->version_bytes);
    t->tx.inspected[OTHER(in->dir)] = true; /* a packet has one direction */
    return t;
}

static void finish_tx(struct quic_flow *s, struct quic_tx *t)
{
    s->packets++;
    s->faults += t->tx.event_count > 0;
    app_tx_advance(s->flow, &t->tx, OTHER(t->dir), QUIC_DONE);
    app_tx_advance(s->flow, &t->tx, t->dir, QUIC_DONE);
}

/* The server asks to begin again: the client's hello comes once more, under other keys. */
static void begin_again(struct quic_flow *s)
{
    s->hello[TO_SERVER] = false;
    s->has_keys = false;
    quic_crypto_free(s->app, &s->crypto[TO_SERVER]);
}

/* With the keys at hand, or those that follow from the packet itself: the client's first one after
 * a Retry, or the first one at all. */
static bool open_initial(struct quic_flow *s, const struct app_input *in, struct bytes packet,
                         const struct quic_header *h, struct bytes *frames)
{
    struct quic_keys fresh;
    if (s->has_keys && s->keys.version == h->version &&
        quic_open_packet(s->worker, &s->keys, in->dir, packet, h, frames))
        return true;
    if (!quic_derive_keys(h->version, h->dcid, &fresh) ||
        !quic_open_packet(s->worker, &fresh, TO_SERVER, packet, h, frames))
        return false;
    s->keys = fresh;
    s->has_keys = true;
    return true;
}

/* Google's older versions are in the clear; those without a salt stay closed. */
static void take_initial(struct quic_flow *s, const struct app_input *in, struct bytes packet,
                         const struct quic_header *h, struct quic_tx *t)
{
    struct bytes frames = bytes_slice(packet, h->head_len, SIZE_MAX);
    if (open_initial(s, in, packet, h, &frames) || quic_is_google(h->version) || !h->is_long)
        quic_take_frames(s, t, frames);
    else if (quic_is_sealed(h->version) && (s->has_keys || in->dir == TO_SERVER))
        app_tx_event(&t->tx, QUIC_FAILED_DECRYPT);
}

static void take_packet(struct quic_flow *s, const struct app_input *in, struct bytes packet,
                        const struct quic_header *h)
{
    struct quic_tx *t = new_tx(s, in, h);
    if (in->dir == TO_CLIENT && (h->type == QUIC_RETRY || h->type == QUIC_VERSION_NEGOTIATION))
        begin_again(s);
    if (h->type == QUIC_INITIAL)
        take_initial(s, in, packet, h, t);
    finish_tx(s, t);
}

/* A long header that does not fit. What follows a whole packet may be anything, even padding. */
static void take_misfit(struct quic_flow *s, const struct app_input *in,
                        const struct quic_header *h)
{
    struct quic_tx *t = new_tx(s, in, h);
    app_tx_event(&t->tx, QUIC_ERROR_ON_HEADER);
    finish_tx(s, t);
}

static enum app_result quic_feed(void *state, const struct app_input *in)
{
    struct quic_flow *s = state;
    struct bytes rest = in->data;
    while (rest.len > 0 && !s->hello[in->dir] && s->packets < PACKETS_MAX &&
           s->faults < FAULTS_MAX) {
        struct quic_header h;
        bool fits = quic_read_header(rest, &h);
        bool known = h.version == 0 || quic_version_is_known(h.version);
        if (!fits && h.is_long && h.version && known && rest.len == in->data.len)
            take_misfit(s, in, &h);
        if (!fits || !known || h.type == QUIC_SHORT) /* calls share their port with RTP */
            break;
        size_t len = h.head_len + h.payload_len;
        take_packet(s, in, bytes_slice(rest, 0, len), &h);
        rest = bytes_slice(rest, len, SIZE_MAX);
    }
    if ((s->hello[TO_SERVER] && s->hello[TO_CLIENT]) || s->packets == PACKETS_MAX)
        app_flow_bypass(s->flow);
    return s->faults < FAULTS_MAX ? APP_OK : APP_BROKEN;
}

static void *quic_open(struct app *a, struct app_flow *f)
{
    struct quic_flow *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    s->worker = app_worker(a, APP_QUIC);
    s->tls = app_worker(a, APP_TLS);
    return s;
}

static void quic_close(struct app *a, void *state)
{
    struct quic_flow *s = state;
    quic_crypto_free(a, &s->crypto[TO_SERVER]);
    quic_crypto_free(a, &s->crypto[TO_CLIENT]);
    app_dealloc(a, s, sizeof *s);
}

static void quic_tx_free(struct app *a, struct app_tx *tx)
{
    struct quic_tx *t = (struct quic_tx *)tx;
    app_text_free(a, &t->sni);
    app_text_free(a, &t->ua);
    app_text_free(a, &t->ja3);
    app_text_free(a, &t->extensions);
    for (unsigned i = 0; i < QUIC_CYU_MAX; i++)
        app_text_free(a, &t->cyu[i].string);
    app_dealloc(a, t, sizeof *t);
}

static void *worker_new(struct app *a)
{
    return quic_worker_new(a);
}

static void worker_free(struct app *a, void *worker)
{
    quic_worker_free(a, worker);
}

const struct app_parser app_parser_QUIC = {
    .transports = APP_OVER_UDP,
    .complete = {QUIC_DONE, QUIC_DONE},
    .events = events,
    .event_count = QUIC_EVENT_COUNT,
    .probe = quic_probe,
    .begins = quic_begins,
    .worker_new = worker_new,
    .worker_free = worker_free,
    .open = quic_open,
    .close = quic_close,
    .feed = quic_feed,
    .tx_free = quic_tx_free,
    .records = quic_records,
    .alert_json = quic_alert_json,
    .facts = quic_facts,
    .buffers = quic_buffers,
    .shapes = quic_shapes,
};
