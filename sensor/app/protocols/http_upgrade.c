/* http_upgrade.c - where HTTP/1 ends within a connection: CONNECT, and 101 Switching Protocols.
 *
 * Source: RFC 9110 sections 7.8 and 9.3.6, RFC 6455 section 4, RFC 7540 section 3.2. */
#include "sensor/app/protocols/http_state.h"

#define CONTEXT_CAP 8192u

/* Line ends too many after a message still belong to HTTP (RFC 9112 2.2). */
static struct bytes without_line_ends(struct bytes b)
{
    while (b.len > 0 && (b.p[0] == '\r' || b.p[0] == '\n'))
        b = bytes_slice(b, 1, SIZE_MAX);
    return b;
}

/* A text behind two bytes of its length. */
static void add_text(struct http_tx *t, struct app_text *out, struct bytes text)
{
    text = bytes_slice(text, 0, UINT16_MAX);
    const uint8_t len[] = {(uint8_t)(text.len >> 8), (uint8_t)text.len};
    app_text_add(t->app, out, bytes_of(len, sizeof len), CONTEXT_CAP);
    app_text_add(t->app, out, text, CONTEXT_CAP);
}

/* To HTTP/2, whose first stream answers this request: method, target, headers. */
static void tell_request(struct http_tx *t, struct app_text *out)
{
    const struct http1_message *m = &t->m[TO_SERVER];
    add_text(t, out, http1_bytes(m, t->method));
    add_text(t, out, http1_bytes(m, t->target));
    for (uint16_t i = 0; i < m->count; i++) {
        add_text(t, out, http1_bytes(m, m->headers[i].name));
        add_text(t, out, http1_bytes(m, m->headers[i].value));
    }
}

/* To WebSocket: the extensions agreed on. */
static void tell_extensions(struct http_tx *t, struct app_text *out)
{
    struct bytes value;
    if (http_header(t, TO_CLIENT, HTTP1_SEC_WEBSOCKET_EXTENSIONS, &value))
        app_text_add(t->app, out, value, CONTEXT_CAP);
}

static const struct {
    const char *token, *proto;
    void (*tell)(struct http_tx *t, struct app_text *out);
} upgrades[] = {
    {"h2c", "http2", tell_request},
    {"websocket", "websocket", tell_extensions},
};

/* What the server agreed to; UNKNOWN when the token says nothing to us. */
static enum app_proto agreed_on(struct http_tx *t, struct app_text *context)
{
    struct bytes token;
    if (!http_header(t, TO_CLIENT, HTTP1_UPGRADE, &token))
        return APP_UNKNOWN;
    for (size_t i = 0; i < sizeof upgrades / sizeof *upgrades; i++) {
        int proto = app_proto_find(bytes_str(upgrades[i].proto));
        if (proto < 0 || !bytes_ieq(token, bytes_str(upgrades[i].token)))
            continue;
        upgrades[i].tell(t, context);
        return (enum app_proto)proto;
    }
    return APP_UNKNOWN;
}

/* A connection that has changed its protocol before and whose server changes it again, though it
 * has not been asked anything since: Suricata refuses to follow. */
static bool is_unasked_for(const struct http_state *s, const struct http_tx *t)
{
    return !t->m[TO_SERVER].line.there && app_flow_proto_orig(s->flow) != APP_UNKNOWN;
}

void http_upgraded(struct http_state *s, struct http_tx *t)
{
    s->upgraded = true;
    if (!t)
        return;
    if (is_unasked_for(s, t))
        app_tx_event(&t->tx, HTTP_FAILED_PROTOCOL_CHANGE);
    else
        s->wanted = agreed_on(t, &s->context);
    s->tunnel = s->wanted != APP_UNKNOWN;
    for (unsigned dir = 0; dir < 2; dir++) {
        http_body_end(t, (enum direction)dir);
        app_tx_advance(s->flow, &t->tx, (enum direction)dir, HTTP_DONE);
    }
}

void http_leave(struct http_state *s)
{
    s->tunnel = false;
    app_flow_switch(s->app, s->flow, s->wanted, app_text_bytes(&s->context));
    app_text_free(s->app, &s->context);
    for (unsigned dir = 0; dir < 2; dir++) {
        struct bytes rest = app_text_bytes(&s->pending[dir]);
        if (s->wanted == APP_UNKNOWN)
            rest = without_line_ends(rest);
        app_flow_unread(s->app, s->flow, (enum direction)dir, rest);
        app_text_free(s->app, &s->pending[dir]);
    }
}
