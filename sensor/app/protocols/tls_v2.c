/* tls_v2.c - SSL 2.0: its hello, which may lead to TLS, and how its server answers.
 *
 * Source: RFC 5246 appendix E.2; Hickman, The SSL Protocol (1995). A message has a two-byte length
 * with the top bit set. What follows on an SSL 2.0 server's answer is not read. */
#include "sensor/app/protocols/tls_state.h"

enum v2_type { V2_ERROR = 0, V2_SERVER_HELLO = 4 };

static void give_up(struct tls_flow *s, enum direction dir)
{
    s->side[dir].done = true;
    tls_go_dark(s, dir);
}

static enum app_result take_answer(struct tls_flow *s, uint8_t type)
{
    if (type != V2_ERROR && type != V2_SERVER_HELLO) {
        tls_event(s, TLS_INVALID_RECORD_TYPE);
        return APP_BROKEN;
    }
    if (type == V2_ERROR) {
        tls_event(s, TLS_ERROR_MESSAGE_ENCOUNTERED);
    } else {
        tls_step(s, TLS_SAW_SERVER_HELLO);
        s->t->peer[TO_CLIENT].version = TLS_SSL2;
    }
    give_up(s, TO_SERVER);
    give_up(s, TO_CLIENT);
    app_flow_bypass(s->flow);
    app_flow_hide_payload(s->flow);
    return APP_OK;
}

static enum app_result take_hello(struct tls_flow *s, struct bytes body)
{
    struct tls_hello *h = &s->worker->hello;
    struct tls_peer *client = &s->t->peer[TO_SERVER];
    if (!tls_read_hello_v2(body, h)) {
        tls_event(s, TLS_INVALID_SSLV2_HEADER);
        return APP_BROKEN;
    }
    tls_step(s, TLS_SAW_CLIENT_HELLO);
    client->hello = true;
    client->version = h->best_version;
    tls_advance(s, TO_SERVER, TLS_HELLO);
    s->side[TO_SERVER].v2 = false;
    if (client->version == TLS_SSL2)
        give_up(s, TO_SERVER);
    return APP_OK;
}

enum app_result tls_take_v2(struct tls_flow *s, enum direction dir, struct bytes data,
                            struct app_text *rest)
{
    struct app_text *held = &s->side[dir].messages;
    app_text_add(s->app, held, data, TLS_MESSAGE_MAX);
    if (held->len < 2)
        return APP_OK;
    size_t len = (size_t)((held->p[0] & 0x7f) << 8 | held->p[1]);
    if (len == 0) {
        tls_event(s, TLS_INVALID_SSLV2_HEADER);
        return APP_BROKEN;
    }
    if (held->len < 2 + len)
        return APP_OK;
    uint64_t at = app_fed(s->flow, dir) - held->len;
    app_frame_add(s->in, APP_TLS, TLS_FRAME_V2_HDR, at, 3, app_text_bytes(held));
    app_frame_add(s->in, APP_TLS, TLS_FRAME_V2_PDU, at, (int64_t)(2 + len), app_text_bytes(held));
    struct app_text all = *held;
    *held = (struct app_text){0};
    struct bytes body = bytes_slice(app_text_bytes(&all), 2, len);
    enum app_result r = dir == TO_SERVER ? take_hello(s, body) : take_answer(s, body.p[0]);
    if (!s->side[dir].done)
        app_text_add(s->app, rest, bytes_slice(app_text_bytes(&all), 2 + len, SIZE_MAX),
                     TLS_MESSAGE_MAX);
    app_text_free(s->app, &all);
    return r;
}
