/* mysql.c - MySQL and MariaDB: one tx for the login and one for each command. Of a query only the
 * first word is kept, of a password nothing. A connection that is compressed is read up to there.
 * Source: "Client/Server Protocol" in MySQL's internals manual. */
#include "sensor/app/protocols/framed.h"
#include "sensor/app/protocols/mysql_state.h"
#include <ctype.h>

#define HEADER_BYTES 4u
#define KEPT_BYTES   1024u /* of one packet */
#define TEXT_MAX     64u   /* of a version, a user, a database */
#define GREETING_V10 0x0a
#define LOGIN_BYTES  32u /* flags, largest packet, character set and 23 zeros */

enum capability {
    CAP_WITH_DB = 1 << 3,
    CAP_COMPRESS = 1 << 5,
    CAP_PROTOCOL_41 = 1 << 9,
    CAP_TLS = 1 << 11,
    CAP_SECURE = 1 << 15,
    CAP_LENENC_AUTH = 1 << 21,
    CAP_COMPRESS_ZSTD = 1 << 26,
};
enum reply { REPLY_OK = 0x00, REPLY_MORE = 0x01, REPLY_SWITCH = 0xfe, REPLY_ERROR = 0xff };
enum command {
    COM_QUIT = 1,
    COM_QUERY = 3,
    COM_CHANGE_USER = 0x11,
    COM_PREPARE = 0x16,
    COM_LONG_DATA = 0x18,
    COM_CLOSE
};

enum mysql_event { MYSQL_EVENT_MALFORMED_PACKET, MYSQL_EVENT_COUNT };
static const char *const events[MYSQL_EVENT_COUNT] = {
    [MYSQL_EVENT_MALFORMED_PACKET] = "malformed_packet",
};

enum phase { GREETING, LOGIN, AUTHENTICATION, COMMANDS };

struct mysql_state {
    struct app *app;
    struct app_flow *flow;
    struct framed framed[2];
    struct mysql_tx *current; /* waits for its answer */
    uint8_t phase;
    bool switched;
    bool compresses, over; /* once the login went well; then nothing more can be read */
};

/* ---- is it? ---- */

static enum app_result probe_greeting(struct bytes data)
{
    struct cursor c = cursor_over(data);
    uint8_t low = cursor_u8(&c);
    uint16_t high = cursor_le16(&c);
    uint8_t sequence = cursor_u8(&c), version = cursor_u8(&c);
    if (data.len < HEADER_BYTES + 2)
        return (data.len > 1 && data.p[1] > 3) || (data.len > 2 && data.p[2]) ||
                       (data.len > 3 && sequence) || (data.len > 4 && version != GREETING_V10)
                   ? APP_DECLINE
                   : APP_MORE;
    unsigned length = low | (unsigned)high << 8;
    return length >= 30 && length <= 1023 && sequence == 0 && version == GREETING_V10 &&
                   isdigit(cursor_u8(&c))
               ? APP_OK
               : APP_DECLINE;
}

static enum app_result probe_login(struct bytes data)
{
    static const uint8_t zeros[19] = {0}; /* MariaDB uses the last four */
    if ((data.len > 2 && data.p[2] != 0) || (data.len > 3 && data.p[3] != 1))
        return APP_DECLINE;
    if (data.len < HEADER_BYTES + LOGIN_BYTES)
        return APP_MORE;
    struct bytes filler = bytes_slice(data, HEADER_BYTES + 9, sizeof zeros);
    return memcmp(filler.p, zeros, sizeof zeros) == 0 && (data.p[5] & CAP_PROTOCOL_41 >> 8)
               ? APP_OK
               : APP_DECLINE;
}

static enum app_result mysql_probe(const struct app_endpoints *e, enum direction dir,
                                   struct bytes data)
{
    (void)e;
    return dir == TO_CLIENT ? probe_greeting(data) : probe_login(data);
}

/* ---- packets ---- */

static struct mysql_tx *tx_new(struct mysql_state *s, const struct app_input *in)
{
    struct mysql_tx *t = app_alloc(s->app, sizeof *t);
    t->state = s;
    app_tx_add(s->app, in->flow, APP_MYSQL, &t->tx, in->ts_us);
    s->current = t;
    return t;
}

static void finish(struct mysql_state *s, struct mysql_tx *t)
{
    app_tx_advance(s->flow, &t->tx, TO_SERVER, MYSQL_DONE);
    app_tx_advance(s->flow, &t->tx, TO_CLIENT, MYSQL_DONE);
    s->current = NULL;
}

static bool malformed(struct mysql_state *s, const struct app_input *in)
{
    struct mysql_tx *t = s->current ? s->current : tx_new(s, in);
    app_tx_event(&t->tx, MYSQL_EVENT_MALFORMED_PACKET);
    finish(s, t);
    return false;
}

/* A text up to its NUL, which is passed over. */
static struct bytes take_text(struct cursor *c)
{
    const uint8_t *nul = cursor_left(c) ? memchr(c->at, 0, cursor_left(c)) : NULL;
    struct bytes text = cursor_take(c, nul ? (size_t)(nul - c->at) : cursor_left(c));
    if (nul)
        cursor_skip(c, 1);
    return text;
}

static struct mysql_tx *login_tx(struct mysql_state *s, const struct app_input *in)
{
    struct mysql_tx *t = s->current ? s->current : tx_new(s, in);
    t->is_login = true;
    return t;
}

static bool greeting(struct mysql_state *s, const struct app_input *in, struct bytes body)
{
    struct cursor c = cursor_over(body);
    struct mysql_tx *t = login_tx(s, in);
    uint8_t version = cursor_u8(&c);
    s->phase = LOGIN;
    if (version == REPLY_ERROR) { /* the host is not welcome */
        t->answered = t->failed = true;
        t->error = cursor_le16(&c);
        finish(s, t);
        return true;
    }
    app_text_add(s->app, &t->version, take_text(&c), TEXT_MAX);
    return true;
}

static bool login(struct mysql_state *s, const struct app_input *in, struct bytes body)
{
    struct cursor c = cursor_over(body);
    struct mysql_tx *t = login_tx(s, in);
    uint32_t caps = cursor_le16(&c);
    if (caps & CAP_PROTOCOL_41) {
        caps |= (uint32_t)cursor_le16(&c) << 16;
        cursor_skip(&c, LOGIN_BYTES - 4);
    } else { /* before MySQL 4.1 */
        cursor_skip(&c, 3);
    }
    if (!cursor_ok(&c))
        return malformed(s, in);
    s->compresses = caps & (CAP_COMPRESS | CAP_COMPRESS_ZSTD);
    if ((caps & CAP_TLS) && cursor_left(&c) == 0) {
        t->tls = s->switched = true;
        finish(s, t);
        app_flow_switch(s->app, in->flow, APP_TLS, (struct bytes){0});
        return false;
    }
    app_text_add(s->app, &t->user, take_text(&c), TEXT_MAX);
    if (caps & (CAP_SECURE | CAP_LENENC_AUTH))
        cursor_skip(&c, cursor_u8(&c));
    else
        (void)take_text(&c);
    if (caps & CAP_WITH_DB)
        app_text_add(s->app, &t->database, take_text(&c), TEXT_MAX);
    s->phase = AUTHENTICATION;
    app_tx_advance(s->flow, &t->tx, TO_SERVER, MYSQL_DONE);
    return true;
}

/* The first word of a statement; attributes before it are not letters. */
static void keep_verb(struct mysql_tx *t, struct bytes text)
{
    size_t at = 0, n = 0;
    while (at < text.len && text.p[at] <= ' ')
        at++;
    for (; at < text.len && isalpha(text.p[at]) && n < MYSQL_VERB_MAX; at++)
        t->verb[n++] = (char)toupper(text.p[at]);
}

static void command(struct mysql_state *s, const struct app_input *in, struct bytes body)
{
    struct mysql_tx *t = tx_new(s, in);
    t->command = body.p[0];
    if (t->command == COM_QUERY || t->command == COM_PREPARE)
        keep_verb(t, bytes_slice(body, 1, SIZE_MAX));
    if (t->command == COM_CHANGE_USER) { /* a login anew */
        struct cursor c = cursor_over(bytes_slice(body, 1, SIZE_MAX));
        app_text_add(s->app, &t->user, take_text(&c), TEXT_MAX);
        s->phase = AUTHENTICATION;
    }
    app_tx_advance(s->flow, &t->tx, TO_SERVER, MYSQL_DONE);
    if (t->command == COM_QUIT || t->command == COM_LONG_DATA || t->command == COM_CLOSE)
        finish(s, t); /* these have no answer */
}

static void reply(struct mysql_state *s, struct bytes body)
{
    struct mysql_tx *t = s->current;
    struct cursor c = cursor_over(body);
    uint8_t kind = cursor_u8(&c);
    if (!t || (s->phase == AUTHENTICATION && (kind == REPLY_MORE || kind == REPLY_SWITCH)))
        return;
    t->answered = true;
    t->failed = kind == REPLY_ERROR;
    if (t->failed)
        t->error = cursor_le16(&c);
    if (s->phase == AUTHENTICATION && !t->failed) {
        s->phase = COMMANDS;
        s->over = s->compresses;
    }
    finish(s, t);
    if (s->over)
        app_flow_bypass(s->flow);
}

static bool mysql_take(void *state, const struct app_input *in, struct bytes head, uint64_t length)
{
    struct mysql_state *s = state;
    struct bytes body = bytes_slice(head, HEADER_BYTES, SIZE_MAX);
    uint8_t sequence = head.p[3];
    (void)length;
    if (body.len == 0 || s->over)
        return !s->over;
    if (s->phase == GREETING)
        return in->dir == TO_CLIENT ? greeting(s, in, body) : login(s, in, body);
    if (s->phase == LOGIN)
        return in->dir == TO_SERVER ? login(s, in, body) : true;
    if (in->dir == TO_CLIENT)
        reply(s, body);
    else if (s->phase == COMMANDS && sequence == 0)
        command(s, in, body);
    return true;
}

static int64_t mysql_length(void *state, enum direction dir, struct bytes data)
{
    (void)state;
    (void)dir;
    if (data.len < HEADER_BYTES)
        return 0;
    return HEADER_BYTES + (data.p[0] | data.p[1] << 8 | (int64_t)data.p[2] << 16);
}

/* A command begins a conversation anew; nothing of a result set does. */
static bool is_start(void *state, const struct app_input *in, struct bytes data)
{
    struct mysql_state *s = state;
    bool fits = data.len > HEADER_BYTES && data.p[3] == 0 && data.p[2] == 0 && data.p[4] <= 0x1f &&
                mysql_length(s, in->dir, data) == (int64_t)data.len;
    if (in->dir == TO_SERVER && fits)
        s->phase = COMMANDS;
    return in->dir == TO_CLIENT || fits;
}

static const struct framed_kind packets = {
    .keep_bytes = KEPT_BYTES, .length = mysql_length, .take = mysql_take, .is_start = is_start};

static enum app_result mysql_feed(void *state, const struct app_input *in)
{
    struct mysql_state *s = state;
    struct framed *f = &s->framed[in->dir];
    if (s->over || framed_feed(f, &packets, s, in) || s->over)
        return APP_OK;
    if (!s->switched)
        return APP_BROKEN;
    app_flow_unread(s->app, in->flow, in->dir, f->rest);
    return APP_OK;
}

static void *mysql_open(struct app *a, struct app_flow *f)
{
    struct mysql_state *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    return s;
}

static void mysql_close(struct app *a, void *state)
{
    struct mysql_state *s = state;
    framed_release_both(s->framed, a);
    app_dealloc(a, s, sizeof *s);
}

static void mysql_tx_free(struct app *a, struct app_tx *tx)
{
    struct mysql_tx *t = (struct mysql_tx *)tx;
    if (t->state->current == t)
        t->state->current = NULL;
    app_text_free(a, &t->version);
    app_text_free(a, &t->user);
    app_text_free(a, &t->database);
    app_dealloc(a, t, sizeof *t);
}

const struct app_parser app_parser_MYSQL = {
    .transports = APP_OVER_TCP,
    .wants_all = true,
    .complete = {MYSQL_DONE, MYSQL_DONE},
    .plain_to_rules = true,
    .events = events,
    .event_count = MYSQL_EVENT_COUNT,
    .probe = mysql_probe,
    .open = mysql_open,
    .close = mysql_close,
    .feed = mysql_feed,
    .tx_free = mysql_tx_free,
    .records = mysql_records,
    .alert_json = mysql_alert_json,
    .shapes = mysql_shapes,
};
