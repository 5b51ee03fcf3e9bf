/* smtp.c - SMTP: mails as transactions. RFC 5321, RFC 1870, RFC 2920, RFC 3030, RFC 3207. */
#include "sensor/app/protocols/smtp_state.h"

static const char *const events[SMTP_EVENT_COUNT] = {
    [SMTP_INVALID_REPLY] = "INVALID_REPLY",
    [SMTP_UNABLE_TO_MATCH_REPLY_WITH_REQUEST] = "UNABLE_TO_MATCH_REPLY_WITH_REQUEST",
    [SMTP_MAX_COMMAND_LINE_LEN_EXCEEDED] = "MAX_COMMAND_LINE_LEN_EXCEEDED",
    [SMTP_MAX_REPLY_LINE_LEN_EXCEEDED] = "MAX_REPLY_LINE_LEN_EXCEEDED",
    [SMTP_INVALID_PIPELINED_SEQUENCE] = "INVALID_PIPELINED_SEQUENCE",
    [SMTP_BDAT_CHUNK_LEN_EXCEEDED] = "BDAT_CHUNK_LEN_EXCEEDED",
    [SMTP_NO_SERVER_WELCOME_MESSAGE] = "NO_SERVER_WELCOME_MESSAGE",
    [SMTP_TLS_REJECTED] = "TLS_REJECTED",
    [SMTP_DATA_COMMAND_REJECTED] = "DATA_COMMAND_REJECTED",
    [SMTP_DUPLICATE_FIELDS] = "DUPLICATE_FIELDS",
    [SMTP_UNPARSABLE_CONTENT] = "UNPARSABLE_CONTENT",
    [SMTP_TRUNCATED_LINE] = "TRUNCATED_LINE",
    [SMTP_AMBIGUOUS_END_OF_DATA] = "AMBIGUOUS_END_OF_DATA",
    [SMTP_FAILED_PROTOCOL_CHANGE] = "FAILED_PROTOCOL_CHANGE",
    MIME_EVENT_NAMES(SMTP_MIME),
};

/* ---- detection ---- */

static bool is_mail_port(uint16_t port)
{
    return port == 25 || port == 465 || port == 587 || port == 2525;
}

/* A start of "HELO " and the like, as far as data goes. */
static bool fits(struct bytes data, const char *word)
{
    return data.len < strlen(word) && bytes_ieq(data, bytes_of(word, data.len));
}

/* A greeting of 220 is FTP's too: the client has to tell. */
static enum app_result smtp_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    bool port = is_mail_port(e->port[1]);
    if (dir == TO_CLIENT) {
        bool greeting = bytes_istarts(data, BYTES_LIT("220")) || fits(data, "220") ||
                        bytes_istarts(data, BYTES_LIT("421")) ||
                        bytes_istarts(data, BYTES_LIT("554"));
        return port && greeting ? APP_MORE : APP_DECLINE;
    }
    if (bytes_istarts(data, BYTES_LIT("EHLO")) || bytes_istarts(data, BYTES_LIT("HELO")) ||
        (port && bytes_istarts(data, BYTES_LIT("QUIT"))))
        return APP_OK;
    return fits(data, "EHLO") || fits(data, "HELO") || fits(data, "QUIT") ? APP_MORE : APP_DECLINE;
}

/* ---- one flow ---- */

static void *smtp_open(struct app *a, struct app_flow *f)
{
    struct smtp_flow *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    return s;
}

static void smtp_close(struct app *a, void *state)
{
    struct smtp_flow *s = state;
    lines_release(&s->lines[TO_SERVER], a);
    lines_release(&s->lines[TO_CLIENT], a);
    app_text_free(a, &s->helo);
    app_text_free(a, &s->pending);
    app_dealloc(a, s, sizeof *s);
}

static void smtp_tx_free(struct app *a, struct app_tx *tx)
{
    struct smtp_tx *t = (struct smtp_tx *)tx;
    if (t->state->tx == t)
        t->state->tx = NULL;
    mime_free(a, t->mime);
    app_text_free(a, &t->from);
    app_text_free(a, &t->rcpts);
    app_dealloc(a, t, sizeof *t);
}

void smtp_complete(struct smtp_flow *s)
{
    if (!s->tx)
        return;
    s->tx->done = true;
    app_tx_advance(s->flow, &s->tx->tx, TO_SERVER, SMTP_DONE);
    app_tx_advance(s->flow, &s->tx->tx, TO_CLIENT, SMTP_DONE);
}

static void take_gap(struct smtp_flow *s, const struct app_input *in)
{
    lines_gap(&s->lines[in->dir]);
    if (in->dir == TO_CLIENT) {
        s->in_reply = false;
        return;
    }
    if (s->tx)
        mime_gap(s->tx->mime, in->gap_bytes);
    if (s->mode == SMTP_CHUNK && in->gap_bytes >= s->chunk_left) {
        s->chunk_left = 0;
        smtp_end_chunk(s);
    } else if (s->mode == SMTP_CHUNK) {
        s->chunk_left -= in->gap_bytes;
    }
}

static enum app_result smtp_feed(void *state, const struct app_input *in)
{
    struct smtp_flow *s = state;
    if (in->flags & APP_FEED_GAP)
        take_gap(s, in);
    if (in->data.len > 0 && !s->tls && in->dir == TO_SERVER)
        smtp_from_client(s, in);
    else if (in->data.len > 0 && !s->tls)
        smtp_from_server(s, in);
    bool over = in->dir == TO_SERVER && (in->flags & APP_FEED_EOF);
    if (over && s->tx && !s->tx->done)
        mime_cut(s->tx->mime);
    return APP_OK;
}

/* clang-format off */
static const struct app_buffer smtp_buffers[] = {
    APP_BUFFER(SMTP, "file.data", "file_data", "", APP_BUFFER_TO_SERVER | APP_BUFFER_MULTI | APP_BUFFER_GROWS | APP_BUFFER_APPENDS, 0, 0, app_file_get_good_part),
    APP_FILE_ROWS(SMTP, APP_BUFFER_TO_SERVER),
    {0},
};
/* clang-format on */

const struct app_parser app_parser_SMTP = {
    .transports = APP_OVER_TCP,
    .complete = {SMTP_DONE, SMTP_DONE},
    .events = events,
    .event_count = SMTP_EVENT_COUNT,
    .probe = smtp_probe,
    .open = smtp_open,
    .close = smtp_close,
    .feed = smtp_feed,
    .tx_free = smtp_tx_free,
    .records = smtp_records,
    .alert_json = smtp_alert_json,
    .buffers = smtp_buffers,
    .shapes = smtp_shapes,
};
