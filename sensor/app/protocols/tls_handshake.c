/* tls_handshake.c - handshake messages out of records, and what each of them tells. */
#include "sensor/app/protocols/tls_state.h"

#define SNI_CAP   1024u
#define ALPNS_CAP 512u

void tls_event(struct tls_flow *s, enum tls_event e)
{
    app_tx_event(&s->t->tx, (uint16_t)e);
}

void tls_advance(struct tls_flow *s, enum direction dir, enum tls_progress progress)
{
    app_tx_advance(s->flow, &s->t->tx, dir, (uint8_t)progress);
}

/* Rules may ask for it in either direction. */
void tls_step(struct tls_flow *s, unsigned state)
{
    if (s->t->state == state)
        return;
    s->t->state = state;
    app_flow_touch(s->flow, TO_SERVER);
    app_flow_touch(s->flow, TO_CLIENT);
}

static void keep_hello(struct tls_flow *s, enum direction dir, const struct tls_hello *h)
{
    struct tls_tx *t = s->t;
    struct tls_peer *peer = &t->peer[dir];
    peer->hello = true;
    peer->version = h->best_version;
    if (h->random.len == sizeof peer->random)
        memcpy(peer->random, h->random.p, sizeof peer->random);
    if (h->session_id.len > 0 && h->session_id.len <= sizeof peer->session_id) {
        peer->session_id_len = (uint8_t)h->session_id.len;
        memcpy(peer->session_id, h->session_id.p, h->session_id.len);
    }
    app_text_add(s->app, &peer->alpns, h->alpns, ALPNS_CAP);
    tls_make_ja3(s->app, s->worker, dir, h, &peer->ja3, peer->ja3_hash);
    if (dir == TO_SERVER) {
        app_text_add(s->app, &t->sni, h->sni, SNI_CAP);
        t->ticket_offered = h->has_ticket;
        t->ech = h->has_ech;
        tls_make_ja4(s->worker, h, 't', t->ja4);
    }
    tls_advance(s, dir, TLS_HELLO);
}

static void note_faults(struct tls_flow *s, unsigned faults)
{
    if (faults & TLS_HELLO_SNI_TWICE)
        tls_event(s, TLS_MULTIPLE_SNI_EXTENSIONS);
    if (faults & TLS_HELLO_SNI_TYPE)
        tls_event(s, TLS_INVALID_SNI_TYPE);
    if (faults & TLS_HELLO_SNI_LENGTH)
        tls_event(s, TLS_INVALID_SNI_LENGTH);
    if (faults & TLS_HELLO_LENGTH)
        tls_event(s, TLS_HANDSHAKE_INVALID_LENGTH);
}

static void take_hello(struct tls_flow *s, enum direction dir, struct bytes body)
{
    struct tls_hello *h = &s->worker->hello;
    tls_step(s, dir == TO_SERVER ? TLS_SAW_CLIENT_HELLO : TLS_SAW_SERVER_HELLO);
    bool whole = tls_read_hello(dir, body, h);
    note_faults(s, whole ? h->faults : h->faults | TLS_HELLO_LENGTH);
    if (!whole || (h->faults & ~(unsigned)TLS_HELLO_SNI_TWICE))
        tls_event(s, TLS_INVALID_HANDSHAKE_MESSAGE);
    if (!whole && h->random.len == 0)
        return;
    if (h->is_retry) /* the real one follows */
        s->t->peer[dir].version = h->best_version;
    else if (!s->t->peer[dir].hello)
        keep_hello(s, dir, h);
}

/* Messages that are sent in the clear (TLS HandshakeType). */
static bool is_known(uint8_t type)
{
    static const uint8_t known[] = {
        0 /* hello_request */,
        4 /* new_session_ticket */,
        15 /* certificate_verify */,
        20 /* finished */,
        21 /* certificate_url */,
        22 /* certificate_status */,
        23 /* supplemental_data */,
        HS_CLIENT_HELLO,
        HS_SERVER_HELLO,
        HS_CERTIFICATE,
        HS_SERVER_KEYX,
        HS_CERTIFICATE_REQUEST,
        HS_SERVER_HELLO_DONE,
        HS_CLIENT_KEYX,
    };
    return memchr(known, type, sizeof known) != NULL;
}

static void take_message(struct tls_flow *s, enum direction dir, uint8_t type, struct bytes body)
{
    switch (type) {
    case HS_CLIENT_HELLO:
        if (dir == TO_SERVER)
            take_hello(s, dir, body);
        break;
    case HS_SERVER_HELLO:
        if (dir == TO_CLIENT)
            take_hello(s, dir, body);
        break;
    case HS_CERTIFICATE:
        tls_take_certs(s->app, s->worker, s->t, dir, body);
        tls_advance(s, dir, TLS_CERT);
        break;
    case HS_SERVER_KEYX:
        tls_step(s, TLS_SAW_SERVER_KEYX);
        break;
    case HS_CERTIFICATE_REQUEST:
        s->t->asks_client = true;
        tls_step(s, 0);
        break;
    case HS_SERVER_HELLO_DONE:
        s->t->hello_done = true;
        break;
    case HS_CLIENT_KEYX:
        tls_step(s, TLS_SAW_CLIENT_KEYX);
        break;
    default:
        break;
    }
}

/* Takes whole messages off the front of data; returns how many bytes they were. */
static size_t take_messages(struct tls_flow *s, enum direction dir, struct bytes data)
{
    size_t at = 0;
    while (data.len - at >= 4) {
        const uint8_t *p = data.p + at;
        if (!is_known(p[0])) { /* then its length is none, either */
            tls_event(s, TLS_INVALID_HANDSHAKE_MESSAGE);
            return data.len;
        }
        size_t len = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (len > TLS_MESSAGE_MAX) {
            tls_event(s, TLS_HANDSHAKE_INVALID_LENGTH);
            s->side[dir].deaf = true;
            return data.len;
        }
        if (data.len - at - 4 < len)
            break;
        take_message(s, dir, p[0], bytes_slice(data, at + 4, len));
        at += 4 + len;
    }
    return at;
}

void tls_take_handshake(struct tls_flow *s, enum direction dir, struct bytes data)
{
    struct tls_side *side = &s->side[dir];
    struct app_text *held = &side->messages;
    if (side->encrypted || side->deaf)
        return;
    if (held->len == 0) { /* the common case copies nothing */
        size_t taken = take_messages(s, dir, data);
        app_text_add(s->app, held, bytes_slice(data, taken, SIZE_MAX),
                     TLS_MESSAGE_MAX + TLS_RECORD_MAX);
        return;
    }
    app_text_add(s->app, held, data, TLS_MESSAGE_MAX + TLS_RECORD_MAX);
    size_t taken = take_messages(s, dir, app_text_bytes(held));
    if (taken == held->len) {
        app_text_free(s->app, held);
    } else if (taken > 0) {
        memmove(held->p, held->p + taken, held->len - taken);
        held->len -= (uint32_t)taken;
    }
}
