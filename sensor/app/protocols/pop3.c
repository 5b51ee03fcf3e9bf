/* pop3.c - POP3: a command and its answer are a transaction, with the mail that was asked for.
 *
 * Shown are the command, the mailbox's user and whether the server agreed, never a password; a mail
 * as its headers and attachments. Source: RFC 1939, 2449, 2595, 5034. */
#include "sensor/app/protocols/pop3_state.h"
#include "sensor/app/protocols/sasl.h"

#define POP3_PORT 110

static const char *const events[POP3_EVENT_COUNT] = {
    [POP3_TOO_LONG_COMMAND] = "command_too_long",
    [POP3_TOO_LONG_RESPONSE] = "response_too_long",
    [POP3_UNKNOWN_COMMAND] = "unknown_command",
    [POP3_MALFORMED_RESPONSE] = "malformed_response",
    MIME_EVENT_NAMES(POP3_MIME),
};

/* ---- detection ---- */

static enum app_result pop3_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    const uint8_t *end = data.len ? memchr(data.p, '\n', data.len) : NULL;
    if (dir == TO_CLIENT) {
        if (data.len < 4)
            return bytes_starts(BYTES_LIT("+OK "), data) ? APP_MORE : APP_DECLINE;
        bool greeting = bytes_istarts(data, BYTES_LIT("+OK ")) ||
                        (e->port[1] == POP3_PORT && bytes_istarts(data, BYTES_LIT("+OK")));
        return greeting ? APP_OK : APP_DECLINE;
    }
    if (e->port[1] != POP3_PORT)
        return APP_DECLINE;
    if (!end)
        return data.len < 16 ? APP_MORE : APP_DECLINE;
    struct bytes line = bytes_slice(data, 0, (size_t)(end - data.p));
    if (line.len > 0 && line.p[line.len - 1] == '\r')
        line.len--;
    return pop3_command_of(line) ? APP_OK : APP_DECLINE;
}

/* ---- transactions ---- */

static struct pop3_tx *begin_tx(struct pop3_flow *s, uint64_t ts_us)
{
    struct pop3_tx *t = app_alloc(s->app, sizeof *t);
    t->state = s;
    app_tx_add(s->app, s->flow, APP_POP3, &t->tx, ts_us);
    if (!s->open)
        s->open = t;
    return t;
}

/* Answers come in the order of the commands, so every tx behind the open one is open too. */
static void pass_over(struct pop3_flow *s, const struct pop3_tx *t)
{
    struct app_tx *next = t->tx.next;
    if (s->open == t)
        s->open = next && next->proto == APP_POP3 ? (struct pop3_tx *)next : NULL;
}

static void complete(struct pop3_flow *s, struct pop3_tx *t)
{
    app_tx_advance(s->flow, &t->tx, TO_SERVER, POP3_DONE);
    app_tx_advance(s->flow, &t->tx, TO_CLIENT, POP3_DONE);
}

static void pop3_tx_free(struct app *a, struct app_tx *tx)
{
    struct pop3_tx *t = (struct pop3_tx *)tx;
    struct pop3_flow *s = t->state;
    pass_over(s, t);
    if (s->answering == t)
        s->answering = NULL;
    if (s->auth == t)
        s->auth = NULL;
    mime_free(a, t->mime);
    app_text_free(a, &t->argument);
    app_text_free(a, &t->user);
    app_text_free(a, &t->status);
    app_dealloc(a, t, sizeof *t);
}

/* ---- commands ---- */

static struct bytes word_of(struct bytes b)
{
    const uint8_t *space = b.len ? memchr(b.p, ' ', b.len) : NULL;
    return bytes_slice(b, 0, space ? (size_t)(space - b.p) : b.len);
}

/* The first answer of the client tells who it is; it may come with the command, RFC 5034 4. */
static void take_user(struct pop3_flow *s, struct pop3_tx *t, struct bytes response)
{
    uint8_t room[SASL_USER_MAX];
    struct bytes user = sasl_user(app_text_bytes(&t->argument), response, room);
    app_text_add(s->app, &t->user, user, SASL_USER_MAX);
    s->auth = NULL;
}

static void begin_auth(struct pop3_flow *s, struct pop3_tx *t, struct bytes argument)
{
    s->in_auth = argument.len > 0;
    s->auth = s->in_auth ? t : NULL;
    struct bytes response = bytes_slice(argument, t->argument.len + 1, SIZE_MAX);
    if (response.len > 0)
        take_user(s, t, response);
}

static void take_argument(struct pop3_flow *s, struct pop3_tx *t, struct bytes line)
{
    struct bytes argument = bytes_slice(line, strlen(t->command->name) + 1, SIZE_MAX), shown;
    t->has_argument = argument.len > 0;
    shown = t->command->argument == POP3_FIRST_WORD ? word_of(argument) : argument;
    if (t->command->argument != POP3_HIDDEN)
        app_text_add(s->app, &t->argument, shown, POP3_ARGUMENT_MAX);
    if (bytes_eq(bytes_str(t->command->name), BYTES_LIT("AUTH")))
        begin_auth(s, t, argument);
}

static void take_command(struct pop3_flow *s, const struct line *l, uint64_t ts_us)
{
    if (s->in_auth) {
        if (s->auth)
            take_user(s, s->auth, l->text);
        return;
    }
    struct pop3_tx *t = begin_tx(s, ts_us);
    t->command = pop3_command_of(l->text);
    if (!l->end)
        app_tx_event(&t->tx, POP3_TOO_LONG_COMMAND);
    if (t->command)
        take_argument(s, t, l->text);
    else
        app_tx_event(&t->tx, POP3_UNKNOWN_COMMAND);
}

/* ---- answers ---- */

static bool has_lines(const struct pop3_tx *t)
{
    enum pop3_rest rest = t->ok && t->command ? t->command->rest : POP3_NOTHING;
    return rest == POP3_LINES_OF_ALL ? !t->has_argument : rest != POP3_NOTHING;
}

/* TOP brings a mail's beginning: its attachments have no end. */
static void end_lines(struct pop3_flow *s)
{
    struct pop3_tx *t = s->answering;
    s->in_answer = false;
    s->answering = NULL;
    if (!t)
        return;
    if (t->command->rest == POP3_MAIL_TOP)
        mime_cut(t->mime);
    else
        mime_end(t->mime);
    complete(s, t);
}

static void take_more(struct pop3_flow *s, const struct line *l)
{
    if (!mime_dotted_line(s->answering ? s->answering->mime : NULL, *l))
        end_lines(s);
    app_flow_touch(s->flow, TO_CLIENT);
}

static void begin_lines(struct pop3_flow *s, struct pop3_tx *t)
{
    s->in_answer = true;
    s->answering = t;
    if (t->command->rest >= POP3_MAIL)
        t->mime = mime_new(s->app, &t->tx, TO_CLIENT, POP3_MIME);
}

static void take_status(struct pop3_flow *s, struct pop3_tx *t, struct bytes line)
{
    t->answered = true;
    t->ok = bytes_istarts(line, BYTES_LIT("+OK"));
    t->malformed = !t->ok && !bytes_istarts(line, BYTES_LIT("-ERR"));
    if (t->malformed)
        app_tx_event(&t->tx, POP3_MALFORMED_RESPONSE);
    size_t status = t->malformed ? 0 : t->ok ? 4 : 5;
    app_text_add(s->app, &t->status, bytes_slice(line, status, SIZE_MAX), POP3_STATUS_MAX);
}

static void take_answer(struct pop3_flow *s, const struct line *l, uint64_t ts_us)
{
    struct bytes line = l->text;
    if (!s->open) {
        s->in_auth = false; /* its tx is gone */
        begin_tx(s, ts_us)->greeting = true;
    }
    struct pop3_tx *t = s->open;
    if (!l->end)
        app_tx_event(&t->tx, POP3_TOO_LONG_RESPONSE);
    if (bytes_starts(line, BYTES_LIT("+ ")) || bytes_eq(line, BYTES_LIT("+"))) /* go on, AUTH */
        return;
    take_status(s, t, line);
    bool is_auth = t->command && bytes_eq(bytes_str(t->command->name), BYTES_LIT("AUTH"));
    if (is_auth)
        s->in_auth = false;
    s->tls = t->ok && t->command && bytes_eq(bytes_str(t->command->name), BYTES_LIT("STLS"));
    pass_over(s, t);
    if (has_lines(t))
        begin_lines(s, t);
    else
        complete(s, t);
}

/* ---- one flow ---- */

static void *pop3_open(struct app *a, struct app_flow *f)
{
    struct pop3_flow *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    return s;
}

static void pop3_close(struct app *a, void *state)
{
    struct pop3_flow *s = state;
    lines_release(&s->lines[TO_SERVER], a);
    lines_release(&s->lines[TO_CLIENT], a);
    app_dealloc(a, s, sizeof *s);
}

static bool take_line(void *state, const struct app_input *in, const struct line *l)
{
    struct pop3_flow *s = state;
    if (in->dir == TO_CLIENT && s->in_answer)
        take_more(s, l);
    else if (l->start && in->dir == TO_SERVER)
        take_command(s, l, in->ts_us);
    else if (l->start)
        take_answer(s, l, in->ts_us);
    return s->tls;
}

static enum app_result pop3_feed(void *state, const struct app_input *in)
{
    struct pop3_flow *s = state;
    bool mail = in->dir == TO_CLIENT && s->answering;
    if (mail && in->flags & APP_FEED_GAP)
        mime_gap(s->answering->mime, in->gap_bytes);
    lines_feed(s->lines, in, POP3_LINE_MAX, take_line, s);
    if (in->dir == TO_CLIENT && s->answering && in->flags & APP_FEED_EOF)
        mime_cut(s->answering->mime);
    return APP_OK;
}

/* clang-format off */
static const struct app_buffer pop3_buffers[] = {
    APP_BUFFER(POP3, "file.data", "file_data", "", APP_BUFFER_TO_CLIENT | APP_BUFFER_MULTI | APP_BUFFER_GROWS | APP_BUFFER_APPENDS, 0, 0, app_file_get_good_part),
    APP_FILE_ROWS(POP3, APP_BUFFER_TO_CLIENT),
    {0},
};
/* clang-format on */

const struct app_parser app_parser_POP3 = {
    .transports = APP_OVER_TCP,
    .complete = {POP3_DONE, POP3_DONE},
    .plain_to_rules = true,
    .events = events,
    .event_count = POP3_EVENT_COUNT,
    .probe = pop3_probe,
    .open = pop3_open,
    .close = pop3_close,
    .feed = pop3_feed,
    .tx_free = pop3_tx_free,
    .records = pop3_records,
    .alert_json = pop3_alert_json,
    .buffers = pop3_buffers,
    .shapes = pop3_shapes,
};
