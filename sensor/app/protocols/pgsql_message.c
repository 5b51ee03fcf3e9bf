/* pgsql_message.c - what each message of PostgreSQL's protocol adds to a tx. */
#include "sensor/app/protocols/pgsql_state.h"

#define AUTH_TEXT_MAX 1024u
#define NAME_TEXT_MAX 256u

static void keep(struct pgsql_state *s, struct app_text *t, struct bytes b, uint32_t cap)
{
    if (t->len == 0)
        app_text_add(s->app, t, b, cap);
}

/* A text up to its NUL, or all of it when there is none. */
static struct bytes text_of(struct bytes b)
{
    const uint8_t *nul = b.len ? memchr(b.p, 0, b.len) : NULL;
    return nul ? bytes_of(b.p, (size_t)(nul - b.p)) : b;
}

static bool malformed(struct pgsql_state *s, const struct app_input *in)
{
    struct pgsql_tx *t = pgsql_tx_new(s, in);
    app_tx_event(&t->tx, PGSQL_EVENT_MALFORMED_MESSAGE);
    app_tx_advance(in->flow, &t->tx, TO_SERVER, PGSQL_DONE);
    app_tx_advance(in->flow, &t->tx, TO_CLIENT, PGSQL_DONE);
    return false;
}

static void finish(struct pgsql_state *s, struct pgsql_tx *t)
{
    app_tx_advance(s->flow, &t->tx, TO_CLIENT, PGSQL_DONE);
    app_flow_flush(s->flow, TO_CLIENT);
    if (s->current == t)
        s->current = NULL;
}

/* ---- the client ---- */

static struct pgsql_tx *request_new(struct pgsql_state *s, const struct app_input *in,
                                    enum pgsql_request kind)
{
    struct pgsql_tx *t = pgsql_tx_new(s, in);
    t->request = (uint8_t)kind;
    app_tx_advance(in->flow, &t->tx, TO_SERVER, PGSQL_DONE);
    app_flow_flush(in->flow, TO_SERVER);
    return t;
}

static void startup_parameters(struct pgsql_state *s, struct pgsql_tx *t, struct bytes rest)
{
    keep(s, &t->text, rest, PGSQL_KEPT_BYTES);
    if (!bytes_starts(rest, BYTES_LIT("user")) &&
        bytes_find(rest, bytes_of("\0user", sizeof "\0user")) < 0)
        app_tx_event(&t->tx, PGSQL_EVENT_MALFORMED_MESSAGE); /* the only one that has to be there */
}

static bool startup(struct pgsql_state *s, const struct app_input *in, struct bytes head)
{
    struct cursor c = cursor_over(bytes_slice(head, 4, SIZE_MAX));
    uint32_t code = cursor_u32(&c);
    if (code == PGSQL_CODE_SSL || code == PGSQL_CODE_GSSAPI) {
        request_new(s, in, code == PGSQL_CODE_SSL ? PGSQL_SSL_REQUEST : PGSQL_GSSAPI_REQUEST);
        s->encryption_asked = true;
        return true;
    }
    if (code == PGSQL_CODE_CANCEL) {
        struct pgsql_tx *t = request_new(s, in, PGSQL_CANCEL);
        t->cancel_pid = cursor_u32(&c);
        t->cancel_key = cursor_u32(&c);
        finish(s, t); /* no answer comes, here */
        return true;
    }
    struct pgsql_tx *t = request_new(s, in, PGSQL_STARTUP);
    t->major = (uint16_t)(code >> 16);
    t->minor = (uint16_t)code;
    startup_parameters(s, t, cursor_rest(&c));
    return true;
}

/* 'p' answers what the server asked for: a password, or SASL's first or second word. */
static void password(struct pgsql_state *s, const struct app_input *in, struct bytes body)
{
    struct pgsql_tx *t = request_new(
        s, in, s->password_kind ? (enum pgsql_request)s->password_kind : PGSQL_PASSWORD);
    if (t->request == PGSQL_SASL_INITIAL || t->request == PGSQL_SASL_RESPONSE)
        keep(s, &t->text, body, AUTH_TEXT_MAX);
}

bool pgsql_request(struct pgsql_state *s, const struct app_input *in, struct bytes head,
                   uint64_t length)
{
    if (head.p[0] == 0)
        return length >= 8 && length <= PGSQL_STARTUP_MAX ? startup(s, in, head) : malformed(s, in);
    if (length < 5 || length > PGSQL_LENGTH_MAX || !strchr("BCDEFHPQSXcdfp", head.p[0]))
        return malformed(s, in);
    struct bytes body = bytes_slice(head, 5, SIZE_MAX);
    switch (head.p[0]) {
    case 'Q':
        keep(s, &request_new(s, in, PGSQL_QUERY)->text, text_of(body), PGSQL_KEPT_BYTES);
        break;
    case 'X':
        finish(s, request_new(s, in, PGSQL_TERMINATE));
        break;
    case 'p':
        password(s, in, body);
        break;
    default: /* prepared statements, functions, copied data: counted nowhere, as in Suricata */
        break;
    }
    return true;
}

/* ---- the server ---- */

/* The oldest tx that still waits for its answer; NULL when none does. */
static struct pgsql_tx *waiting(struct pgsql_state *s)
{
    if (s->current)
        return s->current;
    for (struct app_tx *tx = app_flow_txs(s->flow); tx && !s->current; tx = tx->next)
        if (tx->proto == APP_PGSQL && tx->progress[TO_CLIENT] < PGSQL_DONE)
            s->current = (struct pgsql_tx *)tx;
    return s->current;
}

static bool encryption_answer(struct pgsql_state *s, const struct app_input *in, uint8_t answer)
{
    struct pgsql_tx *t = waiting(s);
    bool tls = t && t->request == PGSQL_SSL_REQUEST;
    s->encryption_asked = false;
    if (!t)
        return answer == 'N';
    t->seen |= PGSQL_SEEN_ENCRYPTION;
    t->encryption_accepted = answer != 'N';
    finish(s, t);
    if (answer == 'N')
        return true;
    s->switched = tls;
    s->over = !tls;
    if (tls)
        app_flow_switch(s->app, in->flow, APP_TLS, (struct bytes){0});
    else
        app_flow_bypass(in->flow);
    return false;
}

static void authentication(struct pgsql_state *s, struct pgsql_tx *t, struct bytes body)
{
    struct cursor c = cursor_over(body);
    uint32_t kind = cursor_u32(&c);
    if (!cursor_ok(&c) || kind > PGSQL_AUTH_SASL_FINAL)
        return;
    t->seen |= (uint32_t)PGSQL_SEEN_AUTH << kind;
    s->password_kind = kind == PGSQL_AUTH_SASL            ? PGSQL_SASL_INITIAL
                       : kind == PGSQL_AUTH_SASL_CONTINUE ? PGSQL_SASL_RESPONSE
                                                          : PGSQL_PASSWORD;
    if (kind == PGSQL_AUTH_MD5 || kind == PGSQL_AUTH_SSPI || kind == PGSQL_AUTH_SASL_FINAL) {
        t->auth_kind = (uint8_t)kind;
        keep(s, &t->auth, cursor_rest(&c), AUTH_TEXT_MAX);
    }
    if (kind != PGSQL_AUTH_OK && kind != PGSQL_AUTH_SSPI && kind != PGSQL_AUTH_SASL_FINAL)
        finish(s, t); /* the client goes on */
}

/* The bytes of a row's values follow from its length: each takes four more, and two say how many.
 */
static void row(struct pgsql_tx *t, struct bytes body, uint64_t length)
{
    struct cursor c = cursor_over(body);
    uint64_t around = 5 + 2 + 4 * (uint64_t)cursor_u16(&c);
    t->rows++;
    if (length > around)
        t->row_bytes += length - around;
}

/* An error takes the place of a notice that came before it. */
static void trouble(struct pgsql_state *s, struct pgsql_tx *t, enum pgsql_seen what,
                    struct bytes body)
{
    if (t->seen & (uint32_t)(PGSQL_SEEN_ERROR | what))
        return;
    t->seen |= (uint32_t)what;
    app_text_free(s->app, &t->error);
    keep(s, &t->error, body, PGSQL_KEPT_BYTES);
}

static void notification(struct pgsql_state *s, struct pgsql_tx *t, struct bytes body)
{
    struct cursor c = cursor_over(body);
    t->notification_pid = cursor_u32(&c);
    struct bytes channel = text_of(bytes_slice(body, 4, SIZE_MAX));
    keep(s, &t->channel, channel, NAME_TEXT_MAX);
    keep(s, &t->payload, text_of(bytes_slice(body, 4 + channel.len + 1, SIZE_MAX)), NAME_TEXT_MAX);
    t->seen |= PGSQL_SEEN_NOTIFICATION;
}

static void answer(struct pgsql_state *s, struct pgsql_tx *t, uint8_t type, struct bytes body,
                   uint64_t length)
{
    struct cursor c = cursor_over(body);
    switch (type) {
    case 'R':
        authentication(s, t, body);
        break;
    case 'S':
        app_text_add(s->app, &t->parameters, body, PGSQL_PARAMETERS_MAX);
        break;
    case 'K':
        t->pid = cursor_u32(&c);
        t->key = cursor_u32(&c);
        t->seen |= PGSQL_SEEN_KEY;
        break;
    case 'T':
        t->field_count = cursor_u16(&c);
        t->seen |= PGSQL_SEEN_FIELDS;
        break;
    case 'D':
        row(t, body, length);
        break;
    case 'C':
        keep(s, &t->command, text_of(body), NAME_TEXT_MAX);
        t->seen |= PGSQL_SEEN_COMMAND;
        break;
    case 'E':
        trouble(s, t, PGSQL_SEEN_ERROR, body);
        break;
    case 'N':
        trouble(s, t, PGSQL_SEEN_NOTICE, body);
        break;
    case 'A':
        notification(s, t, body);
        break;
    case 'Z':
        finish(s, t);
        break;
    default:
        break;
    }
}

bool pgsql_response(struct pgsql_state *s, const struct app_input *in, struct bytes head,
                    uint64_t length)
{
    if (length == 1)
        return encryption_answer(s, in, head.p[0]);
    if (length < 5 || length > PGSQL_LENGTH_MAX || head.p[0] == 0 ||
        !strchr("123ACDEGHIKNRSTVWZcdnstv", head.p[0]))
        return malformed(s, in);
    s->encryption_asked = false; /* an error instead of the byte */
    struct pgsql_tx *t = waiting(s);
    if (t)
        answer(s, t, head.p[0], bytes_slice(head, 5, SIZE_MAX), length);
    return true;
}
