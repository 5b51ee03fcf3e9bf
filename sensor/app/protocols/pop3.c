/* pop3.c - POP3: a command and its answer are a transaction. RFC 1939, 2449, 2595, 5034.
 *
 * Shown are the command, the mailbox's user and whether the server agreed; never passwords or
 * mails. */
#include "sensor/app/protocols/lines.h"

#define POP3_PORT    110
#define LINE_MAX     1024u /* RFC 2449 allows 255 and 512 */
#define ARGUMENT_MAX 256u
#define STATUS_MAX   512u
#define POP3_DONE    1

enum pop3_event {
    POP3_TOO_LONG_COMMAND,
    POP3_TOO_LONG_RESPONSE,
    POP3_UNKNOWN_COMMAND,
    POP3_EVENT_COUNT
};
static const char *const events[POP3_EVENT_COUNT] = {
    [POP3_TOO_LONG_COMMAND] = "command_too_long",
    [POP3_TOO_LONG_RESPONSE] = "response_too_long",
    [POP3_UNKNOWN_COMMAND] = "unknown_command",
};

/* What of a command's argument may be shown, and whether its answer has several lines. */
enum argument { HIDDEN, SHOWN, FIRST_WORD };
struct command {
    const char *name;
    uint8_t argument; /* enum argument */
    bool lines;       /* the answer goes on up to a line with a dot */
};
static const struct command commands[] = {
    {"USER", SHOWN, false},      {"PASS", HIDDEN, false}, {"APOP", FIRST_WORD, false},
    {"AUTH", FIRST_WORD, false}, {"STLS", HIDDEN, false}, {"CAPA", HIDDEN, true},
    {"STAT", HIDDEN, false},     {"LIST", SHOWN, true},   {"RETR", SHOWN, true},
    {"TOP", SHOWN, true},        {"UIDL", SHOWN, true},   {"DELE", SHOWN, false},
    {"NOOP", HIDDEN, false},     {"RSET", HIDDEN, false}, {"QUIT", HIDDEN, false},
    {"LAST", HIDDEN, false},     {"UTF8", SHOWN, false},  {"LANG", SHOWN, true},
    {"XTND", SHOWN, false},
};

struct pop3_flow;
struct pop3_tx {
    struct app_tx tx;
    struct pop3_flow *state;
    const struct command *command; /* NULL: the greeting, or unknown */
    struct app_text argument, status;
    bool answered, ok, greeting, has_argument;
};

struct pop3_flow {
    struct app *app;
    struct app_flow *flow;
    struct lines lines[2];
    struct pop3_tx *open; /* oldest tx without an answer; later ones follow in the list */
    bool in_answer;       /* between its first line and the dot */
    bool in_auth;         /* lines of the client are an exchange of secrets */
    bool tls;
};

/* ---- detection ---- */

static bool starts_so(struct bytes data, const char *word)
{
    return bytes_ieq(bytes_slice(data, 0, strlen(word)), bytes_str(word));
}

static const struct command *command_of(struct bytes line)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        size_t n = strlen(commands[i].name);
        if (starts_so(line, commands[i].name) && (line.len == n || line.p[n] == ' '))
            return &commands[i];
    }
    return NULL;
}

static enum app_result pop3_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    const uint8_t *end = data.len ? memchr(data.p, '\n', data.len) : NULL;
    if (dir == TO_CLIENT) {
        if (data.len < 4)
            return bytes_starts(BYTES_LIT("+OK "), data) ? APP_MORE : APP_DECLINE;
        bool greeting =
            starts_so(data, "+OK ") || (e->port[1] == POP3_PORT && starts_so(data, "+OK"));
        return greeting ? APP_OK : APP_DECLINE;
    }
    if (e->port[1] != POP3_PORT)
        return APP_DECLINE;
    if (!end)
        return data.len < 16 ? APP_MORE : APP_DECLINE;
    struct bytes line = bytes_slice(data, 0, (size_t)(end - data.p));
    if (line.len > 0 && line.p[line.len - 1] == '\r')
        line.len--;
    return command_of(line) ? APP_OK : APP_DECLINE;
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

static void complete(struct pop3_flow *s)
{
    struct pop3_tx *t = s->open;
    s->in_answer = false;
    app_tx_advance(s->flow, &t->tx, TO_SERVER, POP3_DONE);
    app_tx_advance(s->flow, &t->tx, TO_CLIENT, POP3_DONE);
    pass_over(s, t);
}

static void pop3_tx_free(struct app *a, struct app_tx *tx)
{
    struct pop3_tx *t = (struct pop3_tx *)tx;
    pass_over(t->state, t);
    app_text_free(a, &t->argument);
    app_text_free(a, &t->status);
    app_dealloc(a, t, sizeof *t);
}

static void take_argument(struct pop3_flow *s, struct pop3_tx *t, struct bytes line)
{
    struct bytes argument = bytes_slice(line, strlen(t->command->name) + 1, SIZE_MAX);
    t->has_argument = argument.len > 0;
    if (t->command->argument == HIDDEN)
        return;
    const uint8_t *space = argument.len ? memchr(argument.p, ' ', argument.len) : NULL;
    if (t->command->argument == FIRST_WORD && space)
        argument.len = (size_t)(space - argument.p);
    app_text_add(s->app, &t->argument, argument, ARGUMENT_MAX);
}

static void take_command(struct pop3_flow *s, const struct line *l, uint64_t ts_us)
{
    if (s->in_auth)
        return;
    struct pop3_tx *t = begin_tx(s, ts_us);
    t->command = command_of(l->text);
    if (!l->end)
        app_tx_event(&t->tx, POP3_TOO_LONG_COMMAND);
    if (!t->command) {
        app_tx_event(&t->tx, POP3_UNKNOWN_COMMAND);
        return;
    }
    take_argument(s, t, l->text);
    s->in_auth = starts_so(l->text, "AUTH ");
}

/* LIST and UIDL answer one line when they ask for one mail. */
static bool has_lines(const struct pop3_tx *t)
{
    if (!t->ok || !t->command || !t->command->lines)
        return false;
    return !t->has_argument || t->command->name[0] == 'R' || t->command->name[0] == 'T';
}

static void take_answer(struct pop3_flow *s, const struct line *l, uint64_t ts_us)
{
    struct bytes line = l->text;
    if (s->in_answer) {
        if (s->open && bytes_eq(line, BYTES_LIT(".")))
            complete(s);
        s->in_answer = s->open && s->in_answer;
        return;
    }
    if (!s->open)
        begin_tx(s, ts_us)->greeting = true;
    struct pop3_tx *t = s->open;
    if (!l->end)
        app_tx_event(&t->tx, POP3_TOO_LONG_RESPONSE);
    if (starts_so(line, "+ ") || bytes_eq(line, BYTES_LIT("+"))) /* go on with AUTH */
        return;
    t->answered = true;
    t->ok = starts_so(line, "+OK");
    s->in_auth = false;
    app_text_add(s->app, &t->status, bytes_slice(line, t->ok ? 4 : 5, SIZE_MAX), STATUS_MAX);
    s->tls = t->ok && t->command && strcmp(t->command->name, "STLS") == 0;
    s->in_answer = has_lines(t);
    if (!s->in_answer)
        complete(s);
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

static enum app_result pop3_feed(void *state, const struct app_input *in)
{
    struct pop3_flow *s = state;
    struct bytes data = in->data;
    struct line line;
    if (in->flags & APP_FEED_GAP)
        lines_gap(&s->lines[in->dir]);
    while (!s->tls && lines_next(&s->lines[in->dir], s->app, &data, LINE_MAX, &line)) {
        if (line.start && in->dir == TO_SERVER)
            take_command(s, &line, in->ts_us);
        else if (line.start)
            take_answer(s, &line, in->ts_us);
    }
    if (s->tls && in->dir == TO_CLIENT) {
        app_flow_switch(s->app, s->flow, APP_TLS, (struct bytes){0});
        app_flow_unread(s->app, s->flow, TO_SERVER, lines_rest(&s->lines[TO_SERVER]));
        app_flow_unread(s->app, s->flow, TO_CLIENT, data);
    }
    return APP_OK;
}

/* ---- records ---- */

static void pop3_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct pop3_tx *t = (const struct pop3_tx *)tx;
    json_object(j, "pop3");
    if (!t->greeting) {
        json_object(j, "request");
        json_strz(j, "command", t->command ? t->command->name : "unknown");
        if (t->argument.len > 0)
            json_str(j, "argument", app_text_bytes(&t->argument));
        json_object_end(j);
    }
    if (t->answered) {
        json_object(j, "response");
        json_bool(j, "success", t->ok);
        json_strz(j, "status", t->ok ? "OK" : "ERR");
        json_str(j, "header", app_text_bytes(&t->status));
        json_object_end(j);
    }
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    pop3_alert_json(tx, j);
}

static void pop3_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {.event_type = "pop3", .dir = TO_SERVER, .encode = encode};
    if (tx->logged || (!last && !app_tx_is_done(tx)))
        return;
    tx->logged = 1;
    emit(ctx, tx, &r);
}

#define POP3_SHAPE                                                                                 \
    "{request?: {command: string, argument?: string}, response?: {success: bool, status: string, " \
    "header: string}}"
static const struct app_shape pop3_shapes[] = {
    {"pop3", "pop3: " POP3_SHAPE},
    {"alert", "pop3?: " POP3_SHAPE},
    {0},
};

const struct app_parser app_parser_POP3 = {
    .transports = APP_OVER_TCP,
    .complete = {POP3_DONE, POP3_DONE},
    .events = events,
    .event_count = POP3_EVENT_COUNT,
    .probe = pop3_probe,
    .open = pop3_open,
    .close = pop3_close,
    .feed = pop3_feed,
    .tx_free = pop3_tx_free,
    .records = pop3_records,
    .alert_json = pop3_alert_json,
    .shapes = pop3_shapes,
};
