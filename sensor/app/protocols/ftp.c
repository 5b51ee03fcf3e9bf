/* ftp.c - FTP's control connection: a command and its replies are a transaction. RFC 959. */
#include "sensor/app/file.h"
#include "sensor/app/protocols/ftp_state.h"
#include <ctype.h>

static const char *const events[FTP_EVENT_COUNT] = {
    [FTP_REQUEST_COMMAND_TOO_LONG] = "request_command_too_long",
    [FTP_RESPONSE_COMMAND_TOO_LONG] = "response_command_too_long",
};

/* ---- detection ---- */

static enum app_result fits(struct bytes data, const char *start)
{
    size_t n = strlen(start);
    if (data.len >= n)
        return bytes_ieq(bytes_slice(data, 0, n), bytes_str(start)) ? APP_OK : APP_DECLINE;
    return bytes_ieq(data, bytes_of(start, data.len)) ? APP_MORE : APP_DECLINE;
}

/* A greeting of 220 may be a mail server's: unless it is in brackets the client has to tell. */
static enum app_result ftp_probe(const struct app_endpoints *e, enum direction dir,
                                 struct bytes data)
{
    static const char *const starts[] = {"USER ", "PASS ", "PORT ", "FEAT", "AUTH TLS", "AUTH SSL"};
    enum app_result best = APP_DECLINE;
    if (e->port[1] == 110 || e->port[1] == 995) /* USER and PASS are POP3's too */
        return APP_DECLINE;
    if (dir == TO_CLIENT) {
        if (fits(data, "220 (") == APP_OK)
            return APP_OK;
        return e->port[1] == 21 && fits(data, "220") != APP_DECLINE ? APP_MORE
                                                                    : fits(data, "220 (");
    }
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        enum app_result r = fits(data, starts[i]);
        if (r == APP_OK)
            return APP_OK;
        if (r == APP_MORE)
            best = APP_MORE;
    }
    return best;
}

/* ---- transactions ---- */

static struct ftp_tx *begin_tx(struct ftp_flow *s, uint64_t ts_us)
{
    struct ftp_tx *t = app_alloc(s->app, sizeof *t);
    t->state = s;
    app_tx_add(s->app, s->flow, APP_FTP, &t->tx, ts_us);
    if (!s->open)
        s->open = t;
    return t;
}

static bool is_open(const struct ftp_tx *t)
{
    return t->tx.progress[TO_CLIENT] < FTP_DONE;
}

/* The tx goes, or is done: the next one without its last reply is the oldest. */
static void pass_over(struct ftp_flow *s, const struct ftp_tx *t)
{
    struct app_tx *next = t->tx.next;
    if (s->open != t)
        return;
    while (next && !(next->proto == APP_FTP && is_open((struct ftp_tx *)next)))
        next = next->next;
    s->open = (struct ftp_tx *)next;
}

static void complete(struct ftp_flow *s, struct ftp_tx *t)
{
    app_tx_advance(s->flow, &t->tx, TO_SERVER, FTP_DONE);
    app_tx_advance(s->flow, &t->tx, TO_CLIENT, FTP_DONE);
    pass_over(s, t);
}

static void ftp_tx_free(struct app *a, struct app_tx *tx)
{
    struct ftp_tx *t = (struct ftp_tx *)tx;
    pass_over(t->state, t);
    app_text_free(a, &t->request);
    app_text_free(a, &t->replies);
    app_dealloc(a, t, sizeof *t);
}

/* ---- commands ---- */

static struct bytes without_spaces_at_end(struct bytes b)
{
    while (b.len > 0 && isspace(b.p[b.len - 1]))
        b.len--;
    return b;
}

static void take_command(struct ftp_flow *s, const struct line *l, uint64_t ts_us)
{
    struct bytes line = without_spaces_at_end(l->text);
    if (line.len == 0)
        return;
    struct ftp_tx *t = begin_tx(s, ts_us);
    t->command = ftp_command_of(line);
    t->request_truncated = !l->end;
    app_text_add(s->app, &t->request, line, FTP_LINE_MAX);
    if (!l->end)
        app_tx_event(&t->tx, FTP_REQUEST_COMMAND_TOO_LONG);
    ftp_act_on_command(s, t, ts_us);
}

/* ---- replies ---- */

static bool has_code(struct bytes line)
{
    return line.len >= 3 && isdigit(line.p[0]) && isdigit(line.p[1]) && isdigit(line.p[2]);
}

static void keep_reply(struct ftp_flow *s, struct ftp_tx *t, const struct line *l)
{
    struct bytes line = without_spaces_at_end(l->text);
    if (!l->end) {
        t->reply_truncated = true;
        app_tx_event(&t->tx, FTP_RESPONSE_COMMAND_TOO_LONG);
    }
    if (line.len == 0)
        return;
    if (t->replies.len + line.len + 1 > FTP_REPLIES_MAX) {
        t->reply_truncated = true;
        return;
    }
    app_text_add(s->app, &t->replies, line, FTP_REPLIES_MAX);
    app_text_add(s->app, &t->replies, BYTES_LIT("\n"), FTP_REPLIES_MAX);
}

/* A reply of several lines ends with its code and no dash, RFC 959 4.2. */
static bool goes_on(struct ftp_tx *t, struct bytes line)
{
    bool dashed = line.len > 3 && line.p[3] == '-';
    if (t->in_reply)
        return dashed || !has_code(line) || memcmp(line.p, t->code, sizeof t->code) != 0;
    if (!has_code(line) || !dashed)
        return false;
    memcpy(t->code, line.p, sizeof t->code);
    return true;
}

/* A reply that begins with 1 is a first one. */
static void take_reply(struct ftp_flow *s, const struct line *l, uint64_t ts_us)
{
    struct bytes line = l->text;
    if (line.len == 0 && !s->open)
        return;
    struct ftp_tx *t = s->open ? s->open : begin_tx(s, ts_us);
    ftp_act_on_reply(s, t, line, ts_us);
    keep_reply(s, t, l);
    t->in_reply = goes_on(t, line);
    if (!t->in_reply && (!has_code(line) || line.p[0] != '1'))
        complete(s, t);
}

/* ---- one flow ---- */

static void *ftp_open(struct app *a, struct app_flow *f)
{
    struct ftp_flow *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    return s;
}

static void ftp_close(struct app *a, void *state)
{
    struct ftp_flow *s = state;
    lines_release(&s->lines[TO_SERVER], a);
    lines_release(&s->lines[TO_CLIENT], a);
    app_dealloc(a, s, sizeof *s);
}

static bool take_line(void *state, const struct app_input *in, const struct line *l)
{
    struct ftp_flow *s = state;
    if (l->start && in->dir == TO_SERVER)
        take_command(s, l, in->ts_us);
    else if (l->start)
        take_reply(s, l, in->ts_us);
    return s->tls;
}

static enum app_result ftp_feed(void *state, const struct app_input *in)
{
    struct ftp_flow *s = state;
    lines_feed(s->lines, in, FTP_LINE_MAX, take_line, s);
    return APP_OK;
}

/* ---- what rules look at ---- */

static bool get_port_address(struct app_tx *tx, enum direction dir, unsigned index,
                             struct arena *scratch, struct bytes *out)
{
    const struct ftp_tx *t = (const struct ftp_tx *)tx;
    uint8_t address[4];
    (void)dir;
    if (index > 0 || !t->command || t->command->kind != FTP_PORT ||
        !ftp_port_address(app_text_bytes(&t->request), address))
        return false;
    *out = arena_copy(scratch, bytes_of(address, sizeof address));
    return true;
}

#define WAYS (APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT)
/* clang-format off */
static const struct app_buffer buffers[] = {
    APP_BUFFER(FTP, "ftp.port_address", "", "", APP_BUFFER_TO_SERVER | APP_BUFFER_UNNAMED, 0, 0, get_port_address),
    APP_FILE_ROWS(FTP, WAYS), /* never any: they go over connections of their own */
    {0},
};
/* clang-format on */

const struct app_parser app_parser_FTP = {
    .transports = APP_OVER_TCP,
    .complete = {FTP_DONE, FTP_DONE},
    .events = events,
    .event_count = FTP_EVENT_COUNT,
    .probe = ftp_probe,
    .open = ftp_open,
    .close = ftp_close,
    .feed = ftp_feed,
    .tx_free = ftp_tx_free,
    .records = ftp_records,
    .alert_json = ftp_alert_json,
    .buffers = buffers,
    .shapes = ftp_shapes,
};
