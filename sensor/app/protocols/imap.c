/* imap.c - IMAP: a command and its answer are a transaction, and so is every mail that goes by.
 *
 * Shown are commands, users and mailboxes by name, never a password; a mail as its headers and
 * attachments, when it goes by whole (BODY[], RFC822, APPEND). Source: RFC 9051, RFC 3501. */
#include "sensor/app/protocols/imap_state.h"

static const char *const events[IMAP_EVENT_COUNT] = {
    [IMAP_TOO_LONG_COMMAND] = "command_too_long",
    [IMAP_UNKNOWN_COMMAND] = "unknown_command",
    [IMAP_MALFORMED_COMMAND] = "malformed_command",
    [IMAP_MALFORMED_RESPONSE] = "malformed_response",
    [IMAP_RESPONSE_WITHOUT_COMMAND] = "response_without_command",
    MIME_EVENT_NAMES(IMAP_MIME),
};

/* ---- detection ---- */

/* First commands of clients; others come after a login. */
static bool is_first_command(struct bytes line)
{
    static const char *const first[] = {"CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "ID"};
    struct bytes tag = imap_take_word(&line), command = imap_take_word(&line);
    bool known = false;
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        known = known || bytes_ieq(command, bytes_str(first[i]));
    return known && tag.len > 0 && tag.len <= IMAP_TAG_MAX;
}

/* RFC 9051 7.1: the three ways in which a server may begin. */
static enum app_result probe_greeting(struct bytes data)
{
    static const char *const greetings[] = {"* OK ", "* PREAUTH ", "* BYE "};
    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
        struct bytes greeting = bytes_str(greetings[i]);
        if (bytes_istarts(data, greeting))
            return APP_OK;
        if (bytes_istarts(greeting, data))
            return APP_MORE;
    }
    return APP_DECLINE;
}

static enum app_result imap_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    const uint8_t *end = data.len ? memchr(data.p, '\n', data.len) : NULL;
    if (dir == TO_CLIENT)
        return probe_greeting(data);
    if (!end)
        return data.len < 64 && e->port[1] == 143 ? APP_MORE : APP_DECLINE;
    struct bytes line = bytes_slice(data, 0, (size_t)(end - data.p));
    if (line.len > 0 && line.p[line.len - 1] == '\r')
        line.len--;
    return is_first_command(line) ? APP_OK : APP_DECLINE;
}

/* ---- transactions ---- */

struct imap_tx *imap_begin_tx(struct imap_flow *s, uint64_t ts_us)
{
    struct imap_tx *t = app_alloc(s->app, sizeof *t);
    t->state = s;
    app_tx_add(s->app, s->flow, APP_IMAP, &t->tx, ts_us);
    return t;
}

static bool is_open(const struct app_tx *tx)
{
    return ((const struct imap_tx *)tx)->is_request && tx->progress[TO_CLIENT] < IMAP_DONE;
}

/* The tx goes, or is done: the next command without an answer is the oldest. */
static void pass_over(struct imap_flow *s, const struct imap_tx *t)
{
    struct app_tx *next = t->tx.next;
    if (s->open != t)
        return;
    while (next && !(next->proto == APP_IMAP && is_open(next)))
        next = next->next;
    s->open = (struct imap_tx *)next;
}

void imap_complete(struct imap_flow *s, struct imap_tx *t)
{
    app_tx_advance(s->flow, &t->tx, TO_SERVER, IMAP_DONE);
    app_tx_advance(s->flow, &t->tx, TO_CLIENT, IMAP_DONE);
    pass_over(s, t);
}

static void imap_tx_free(struct app *a, struct app_tx *tx)
{
    struct imap_tx *t = (struct imap_tx *)tx;
    struct imap_flow *s = t->state;
    pass_over(s, t);
    if (s->auth == t)
        s->auth = NULL;
    if (s->parted == t)
        s->parted = NULL;
    for (unsigned dir = 0; dir < 2; dir++)
        if (s->side[dir].mail == t)
            s->side[dir].mail = NULL;
    mime_free(a, t->mime);
    app_text_free(a, &t->tag);
    app_text_free(a, &t->shown);
    app_text_free(a, &t->user);
    app_text_free(a, &t->text);
    app_dealloc(a, t, sizeof *t);
}

/* ---- one flow ---- */

static void *imap_open(struct app *a, struct app_flow *f)
{
    struct imap_flow *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    return s;
}

static void imap_close(struct app *a, void *state)
{
    struct imap_flow *s = state;
    lines_release(&s->lines[TO_SERVER], a);
    lines_release(&s->lines[TO_CLIENT], a);
    app_text_free(a, &s->command);
    app_text_free(a, &s->mailbox);
    app_dealloc(a, s, sizeof *s);
}

static void take_gap(struct imap_flow *s, const struct app_input *in)
{
    struct imap_side *side = &s->side[in->dir];
    if (side->in_literal && in->gap_bytes <= side->literal_left) {
        imap_literal_gap(s, in);
        return;
    }
    imap_mail_cut(s, in->dir);
    *side = (struct imap_side){0};
    lines_gap(&s->lines[in->dir]);
    if (in->dir == TO_SERVER) {
        s->command.len = 0;
        s->command.cut = false;
    }
}

static void take_bytes(struct imap_flow *s, const struct app_input *in, struct bytes *data)
{
    struct imap_side *side = &s->side[in->dir];
    struct line line;
    while (!s->tls && !s->compressed) {
        if (side->in_literal) {
            imap_literal_take(s, in, data);
            if (side->in_literal)
                return;
        }
        if (!lines_next(&s->lines[in->dir], s->app, data, IMAP_LINE_MAX, &line))
            return;
        if (in->dir == TO_SERVER)
            imap_client_line(s, in, &line);
        else
            imap_server_line(s, in, &line);
    }
}

static enum app_result imap_feed(void *state, const struct app_input *in)
{
    struct imap_flow *s = state;
    struct bytes data = in->data;
    if (in->flags & APP_FEED_GAP)
        take_gap(s, in);
    take_bytes(s, in, &data);
    if (s->tls)
        lines_go_tls(s->lines, in, data);
    else if (s->compressed)
        app_flow_bypass(s->flow);
    if (in->flags & APP_FEED_EOF)
        imap_mail_cut(s, in->dir);
    return APP_OK;
}

#define BOTH (APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT | APP_BUFFER_MULTI)
/* clang-format off */
static const struct app_buffer imap_buffers[] = {
    APP_BUFFER(IMAP, "file.data", "file_data", "", BOTH | APP_BUFFER_GROWS | APP_BUFFER_APPENDS, 0, 0, app_file_get_good_part),
    APP_FILE_ROWS(IMAP, APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT),
    {0},
};
/* clang-format on */

const struct app_parser app_parser_IMAP = {
    .transports = APP_OVER_TCP,
    .complete = {IMAP_DONE, IMAP_DONE},
    .plain_to_rules = true,
    .events = events,
    .event_count = IMAP_EVENT_COUNT,
    .probe = imap_probe,
    .open = imap_open,
    .close = imap_close,
    .feed = imap_feed,
    .tx_free = imap_tx_free,
    .records = imap_records,
    .alert_json = imap_alert_json,
    .buffers = imap_buffers,
    .shapes = imap_shapes,
};
