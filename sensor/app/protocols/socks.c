/* socks.c - SOCKS 4, 4a and 5: who asked a proxy for which host, and what came of it. What follows
 * a granted request is another protocol, looked for afresh.
 *
 * Source: RFC 1928, RFC 1929; Ying-Da Lee's SOCKS 4 and 4A memos. Both sides take turns, so one
 * step at a time is read, each from its own direction; what comes early waits. */
#include "sensor/app/parser.h"

enum socks_progress { SOCKS_DONE = 1 };
enum socks_event { SOCKS_MALFORMED_DATA, SOCKS_EVENT_COUNT };

/* What comes next. */
enum step { V4_REQUEST, V4_REPLY, GREETING, METHOD, LOGIN, LOGIN_REPLY, REQUEST, REPLY, OVER };

#define LOGGED_SOCKS 1
#define HELD_MAX     16384u
#define TEXT_CAP     255u
#define METHOD_LOGIN 2
#define METHOD_NONE  0xff

struct socks_tx {
    struct app_tx tx;
    uint8_t version, command, status;
    bool asked, answered, by_name, login;
    struct app_text user, name;
    struct addr addr;
    uint16_t port;
};

struct socks_flow {
    struct app *app;
    struct app_flow *flow;
    struct socks_tx *t;
    struct app_text held[2];
    enum step step;
};

static const char *const events[SOCKS_EVENT_COUNT] = {[SOCKS_MALFORMED_DATA] = "malformed_data"};

/* ---- steps: each reads from c; false with c failed: more bytes are needed; false else: not SOCKS.
 */

/* Up to a NUL. */
static struct bytes take_text(struct cursor *c)
{
    struct bytes rest = bytes_of(c->at, cursor_left(c));
    const uint8_t *end = rest.len ? memchr(rest.p, 0, rest.len) : NULL;
    struct bytes text = cursor_take(c, end ? (size_t)(end - rest.p) : SIZE_MAX);
    cursor_skip(c, 1);
    return text;
}

static bool read_v4_request(struct socks_flow *s, struct cursor *c)
{
    struct socks_tx *t = s->t;
    t->version = cursor_u8(c);
    t->command = cursor_u8(c);
    t->port = cursor_u16(c);
    struct bytes ip = cursor_take(c, 4), user = take_text(c), name = {0};
    t->by_name = ip.len && memcmp(ip.p, "\0\0\0", 3) == 0 && ip.p[3] != 0;
    if (t->by_name)
        name = take_text(c);
    if (!cursor_ok(c))
        return false;
    t->addr = addr_v4(ip.p);
    app_text_add(s->app, &t->user, user, TEXT_CAP);
    app_text_add(s->app, &t->name, name, TEXT_CAP);
    t->asked = true;
    s->step = V4_REPLY;
    return true;
}

static bool read_v4_reply(struct socks_flow *s, struct cursor *c)
{
    bool ok = cursor_u8(c) == 0;
    s->t->status = cursor_u8(c);
    cursor_skip(c, 6);
    s->t->answered = cursor_ok(c);
    s->step = OVER;
    return ok && s->t->status >= 90 && s->t->status <= 93;
}

static bool read_greeting(struct socks_flow *s, struct cursor *c)
{
    s->t->version = cursor_u8(c);
    cursor_skip(c, cursor_u8(c));
    s->step = METHOD;
    return s->t->version == 5;
}

static bool read_method(struct socks_flow *s, struct cursor *c)
{
    bool ok = cursor_u8(c) == 5;
    uint8_t method = cursor_u8(c);
    s->t->login = method == METHOD_LOGIN;
    s->step = s->t->login ? LOGIN : method == METHOD_NONE ? OVER : REQUEST;
    return ok;
}

/* The password is passed over. */
static bool read_login(struct socks_flow *s, struct cursor *c)
{
    bool ok = cursor_u8(c) == 1;
    struct bytes user = cursor_take(c, cursor_u8(c));
    cursor_skip(c, cursor_u8(c));
    if (cursor_ok(c))
        app_text_add(s->app, &s->t->user, user, TEXT_CAP);
    s->step = LOGIN_REPLY;
    return ok;
}

static bool read_login_reply(struct socks_flow *s, struct cursor *c)
{
    cursor_skip(c, 1);
    s->step = cursor_u8(c) == 0 ? REQUEST : OVER;
    return true;
}

/* Address by type: 1 IPv4, 3 a name, 4 IPv6; false for any other. */
static bool read_address(struct cursor *c, bool *by_name, struct bytes *out)
{
    uint8_t type = cursor_u8(c);
    *by_name = type == 3;
    *out = cursor_take(c, type == 1 ? 4 : type == 4 ? 16 : *by_name ? cursor_u8(c) : 0);
    return type == 1 || type == 3 || type == 4;
}

static bool read_request(struct socks_flow *s, struct cursor *c)
{
    struct socks_tx *t = s->t;
    struct bytes address;
    bool ok = cursor_u8(c) == 5;
    t->command = cursor_u8(c);
    cursor_skip(c, 1);
    ok &= read_address(c, &t->by_name, &address);
    t->port = cursor_u16(c);
    if (!cursor_ok(c) || !ok)
        return ok;
    if (t->by_name)
        app_text_add(s->app, &t->name, address, TEXT_CAP);
    else
        t->addr = address.len == 4 ? addr_v4(address.p) : addr_v6(address.p);
    t->asked = true;
    s->step = REPLY;
    return true;
}

static bool read_reply(struct socks_flow *s, struct cursor *c)
{
    struct bytes address;
    bool by_name, ok = cursor_u8(c) == 5;
    s->t->status = cursor_u8(c);
    cursor_skip(c, 1);
    ok &= read_address(c, &by_name, &address);
    cursor_skip(c, 2);
    s->t->answered = cursor_ok(c);
    s->step = OVER;
    return ok;
}

static const struct {
    enum direction from;
    bool (*read)(struct socks_flow *s, struct cursor *c);
} steps[] = {
    [V4_REQUEST] = {TO_SERVER, read_v4_request}, [V4_REPLY] = {TO_CLIENT, read_v4_reply},
    [GREETING] = {TO_SERVER, read_greeting},     [METHOD] = {TO_CLIENT, read_method},
    [LOGIN] = {TO_SERVER, read_login},           [LOGIN_REPLY] = {TO_CLIENT, read_login_reply},
    [REQUEST] = {TO_SERVER, read_request},       [REPLY] = {TO_CLIENT, read_reply},
};

/* ---- one flow ---- */

static void drop_front(struct app_text *held, size_t n)
{
    held->len -= (uint32_t)n;
    if (held->len > 0)
        memmove(held->p, held->p + n, held->len);
}

/* Reads as far as the bytes at hand go. False when they are no SOCKS. */
static bool take_steps(struct socks_flow *s)
{
    while (s->step != OVER) {
        enum step before = s->step;
        struct app_text *held = &s->held[steps[before].from];
        struct cursor c = cursor_over(app_text_bytes(held));
        if (held->len == 0)
            return true;
        bool fits = steps[before].read(s, &c);
        if (!cursor_ok(&c)) { /* again, with more */
            s->step = before;
            return true;
        }
        if (!fits)
            return false;
        drop_front(held, held->len - cursor_left(&c));
    }
    return true;
}

static void finish(struct socks_flow *s)
{
    app_tx_advance(s->flow, &s->t->tx, TO_SERVER, SOCKS_DONE);
    app_tx_advance(s->flow, &s->t->tx, TO_CLIENT, SOCKS_DONE);
}

static bool is_granted(const struct socks_tx *t)
{
    return t->answered && t->command == 1 && t->status == (t->version == 4 ? 90 : 0);
}

/* The tunnel begins. */
static void leave(struct socks_flow *s)
{
    app_flow_switch(s->app, s->flow, APP_UNKNOWN, (struct bytes){0});
    for (unsigned dir = 0; dir < 2; dir++) {
        app_flow_unread(s->app, s->flow, (enum direction)dir, app_text_bytes(&s->held[dir]));
        app_text_free(s->app, &s->held[dir]);
    }
}

static enum app_result fail(struct socks_flow *s)
{
    app_tx_event(&s->t->tx, SOCKS_MALFORMED_DATA);
    s->step = OVER;
    finish(s);
    return APP_BROKEN;
}

static enum app_result socks_feed(void *state, const struct app_input *in)
{
    struct socks_flow *s = state;
    if (s->step == OVER)
        return APP_OK;
    if (!s->t) {
        s->t = app_alloc(s->app, sizeof *s->t);
        app_tx_add(s->app, s->flow, APP_SOCKS, &s->t->tx, in->ts_us);
        s->step =
            in->dir == TO_SERVER && in->data.len && in->data.p[0] == 4 ? V4_REQUEST : GREETING;
    }
    if ((in->flags & APP_FEED_GAP) || s->held[in->dir].len + in->data.len > HELD_MAX)
        return fail(s);
    app_text_add(s->app, &s->held[in->dir], in->data, HELD_MAX);
    if (!take_steps(s))
        return fail(s);
    if (s->step == OVER) {
        finish(s);
        if (is_granted(s->t))
            leave(s);
    }
    return APP_OK;
}

static void *socks_open(struct app *a, struct app_flow *f)
{
    struct socks_flow *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    return s;
}

static void socks_close(struct app *a, void *state)
{
    struct socks_flow *s = state;
    app_text_free(a, &s->held[TO_SERVER]);
    app_text_free(a, &s->held[TO_CLIENT]);
    app_dealloc(a, s, sizeof *s);
}

static void socks_tx_free(struct app *a, struct app_tx *tx)
{
    struct socks_tx *t = (struct socks_tx *)tx;
    app_text_free(a, &t->user);
    app_text_free(a, &t->name);
    app_dealloc(a, t, sizeof *t);
}

/* ---- probing ---- */

/* A request that ends where the bytes end: with the user's NUL, or the name's. */
static enum app_result probe_v4(struct bytes data)
{
    if (data.len > 1 && data.p[1] != 1 && data.p[1] != 2)
        return APP_DECLINE;
    for (size_t i = 8; i < data.len; i++)
        if (data.p[i] != 0 && (data.p[i] < ' ' || data.p[i] > '~'))
            return APP_DECLINE;
    if (data.len < 9 || data.p[data.len - 1] != 0)
        return data.len < 8 + 2 * TEXT_CAP ? APP_MORE : APP_DECLINE;
    return APP_OK;
}

/* A greeting with a handful of methods that are in use, alone or with a request behind it. */
static enum app_result probe_v5(struct bytes data)
{
    if (data.len < 2)
        return APP_MORE;
    size_t len = 2 + (size_t)data.p[1];
    if (data.p[1] == 0 || data.p[1] > 8)
        return APP_DECLINE;
    for (size_t i = 2; i < data.len && i < len; i++)
        if (data.p[i] > 9 && data.p[i] < 0x80)
            return APP_DECLINE;
    if (data.len < len)
        return APP_MORE;
    return data.len == len || data.p[len] == 5 || data.p[len] == 1 ? APP_OK : APP_DECLINE;
}

static enum app_result probe_server(struct bytes data)
{
    bool v5 = data.p[0] == 5 && (data.len < 2 || data.p[1] <= 9 || data.p[1] == METHOD_NONE);
    bool v4 = data.p[0] == 0 && (data.len < 2 || (data.p[1] >= 90 && data.p[1] <= 93));
    if (!v5 && !v4)
        return APP_DECLINE;
    size_t len = v5 ? 2 : 8;
    return data.len < len ? APP_MORE : data.len == len ? APP_OK : APP_DECLINE;
}

static enum app_result socks_probe(const struct app_endpoints *e, enum direction dir,
                                   struct bytes data)
{
    (void)e;
    if (dir == TO_CLIENT)
        return probe_server(data);
    if (data.p[0] == 4)
        return probe_v4(data);
    return data.p[0] == 5 ? probe_v5(data) : APP_DECLINE;
}

/* ---- EVE ---- */

static void put_command(struct json *j, uint8_t command)
{
    static const char *const names[] = {"unknown", "connect", "bind", "udp_associate"};
    json_strz(j, "command", names[command < 4 ? command : 0]);
}

static void socks_json(const struct app_tx *tx, struct json *j)
{
    const struct socks_tx *t = (const struct socks_tx *)tx;
    json_object(j, "socks");
    json_u64(j, "version", t->version);
    if (t->version == 5)
        json_bool(j, "login", t->login);
    if (t->user.len > 0)
        json_str(j, "user", app_text_bytes(&t->user));
    if (t->asked) {
        put_command(j, t->command);
        if (t->by_name)
            json_str(j, "hostname", app_text_bytes(&t->name));
        else
            json_addr(j, "address", &t->addr);
        json_u64(j, "port", t->port);
    }
    if (t->answered) {
        json_u64(j, "status", t->status);
        json_bool(j, "granted", t->status == (t->version == 4 ? 90 : 0));
    }
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    socks_json(tx, j);
}

static void socks_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {.event_type = "socks", .dir = TO_SERVER, .encode = encode};
    if ((tx->logged & LOGGED_SOCKS) || (!last && !app_tx_is_done(tx)))
        return;
    tx->logged |= LOGGED_SOCKS;
    emit(ctx, tx, &r);
}

static void socks_facts(const struct app_tx *tx, struct app_facts *out)
{
    out->host = app_text_bytes(&((const struct socks_tx *)tx)->name);
}

static const struct app_shape shapes[] = {
    {"socks", "socks: {version: uint, login?: bool, user?: string, command?: string, hostname?: "
              "string, address?: string, port?: uint, status?: uint, granted?: bool}"},
    {0},
};

const struct app_parser app_parser_SOCKS = {
    .transports = APP_OVER_TCP,
    .complete = {SOCKS_DONE, SOCKS_DONE},
    .plain_to_rules = true,
    .events = events,
    .event_count = SOCKS_EVENT_COUNT,
    .probe = socks_probe,
    .open = socks_open,
    .close = socks_close,
    .feed = socks_feed,
    .tx_free = socks_tx_free,
    .records = socks_records,
    .alert_json = socks_json,
    .facts = socks_facts,
    .shapes = shapes,
};
