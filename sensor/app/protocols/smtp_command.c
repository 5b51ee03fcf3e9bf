/* smtp_command.c - what an SMTP client sends: commands, and mails by DATA or BDAT. */
#include "sensor/app/protocols/smtp_state.h"
#include "common/text.h"

static bool is_command(struct bytes line, const char *word)
{
    return bytes_istarts(line, bytes_str(word));
}

static void begin_tx(struct smtp_flow *s, uint64_t ts_us)
{
    s->tx = app_alloc(s->app, sizeof *s->tx);
    s->tx->state = s;
    app_tx_add(s->app, s->flow, APP_SMTP, &s->tx->tx, ts_us);
}

static void expect_reply(struct smtp_flow *s, enum smtp_command c)
{
    uint8_t byte = (uint8_t)c;
    if (s->pending.len > s->answered) {
        uint8_t before = s->pending.p[s->pending.len - 1];
        if (before == SMTP_STARTTLS || before == SMTP_DATA ||
            (before == SMTP_DATA_AT_ONCE && s->greeted))
            smtp_event(s, SMTP_INVALID_PIPELINED_SEQUENCE);
    }
    app_text_add(s->app, &s->pending, bytes_of(&byte, 1), SMTP_PENDING_MAX);
}

/* The word behind a command of n bytes and the character after it; options may follow it. */
static struct bytes parameter(struct bytes line, size_t n)
{
    line = bytes_slice(line, n + 1, SIZE_MAX);
    while (line.len > 0 && line.p[0] == ' ')
        line = bytes_slice(line, 1, SIZE_MAX);
    size_t len = 0;
    while (len < line.len && line.p[len] != ' ')
        len++;
    return bytes_slice(line, 0, len);
}

static void keep_once(struct smtp_flow *s, struct app_text *t, bool *has, struct bytes value)
{
    if (*has) {
        smtp_event(s, SMTP_DUPLICATE_FIELDS);
        return;
    }
    *has = true;
    app_text_add(s->app, t, value, SMTP_LINE_MAX);
}

static void take_rcpt(struct smtp_flow *s, struct bytes line)
{
    struct app_text *rcpts = &s->tx->rcpts;
    struct bytes value = parameter(line, 7);
    if (rcpts->len + value.len >= SMTP_RCPT_MAX)
        return;
    app_text_add(s->app, rcpts, value, SMTP_RCPT_MAX);
    app_text_add(s->app, rcpts, BYTES_LIT("\n"), SMTP_RCPT_MAX);
}

/* ---- mails ---- */

static void begin_mail(struct smtp_flow *s, uint64_t ts_us)
{
    if (s->tx->mime) { /* the one before has no end */
        smtp_event(s, SMTP_UNPARSABLE_CONTENT);
        mime_abort(s->tx->mime);
        smtp_complete(s);
        begin_tx(s, ts_us);
    }
    s->tx->mime = mime_new(s->app, &s->tx->tx, TO_SERVER, SMTP_MIME);
    s->text_begun = s->bare_lf = false;
}

static void take_data(struct smtp_flow *s, uint64_t ts_us)
{
    bool at_once = s->pipelining || !s->greeted; /* not greeted: the server is not seen at all */
    begin_mail(s, ts_us);
    expect_reply(s, at_once ? SMTP_DATA_AT_ONCE : SMTP_DATA);
    if (at_once)
        s->mode = SMTP_TEXT;
}

static void end_mail(struct smtp_flow *s)
{
    if (s->tx)
        mime_end(s->tx->mime);
    smtp_complete(s);
}

/* Some servers take a dot between bare CRs or LFs for the end, others do not: what follows may be a
 * mail that nobody but the last of them sees (SMTP smuggling). */
static void judge_dot(struct smtp_flow *s, const struct line *l)
{
    bool dot = l->start && bytes_eq(l->text, BYTES_LIT("."));
    bool behind_cr =
        l->text.len > 1 && bytes_eq(bytes_slice(l->text, l->text.len - 2, 2), BYTES_LIT("\r."));
    bool crlf = l->ending.len == 2;
    if (l->end && (behind_cr || (dot && (s->bare_lf || !crlf))))
        smtp_event(s, SMTP_AMBIGUOUS_END_OF_DATA);
    s->bare_lf = l->end && !crlf;
}

/* A line of a mail sent by DATA. */
static void take_text(struct smtp_flow *s, const struct line *l)
{
    s->text_begun = true;
    judge_dot(s, l);
    app_flow_touch(s->flow, TO_SERVER);
    if (mime_dotted_line(s->tx ? s->tx->mime : NULL, *l))
        return;
    s->mode = SMTP_COMMANDS;
    expect_reply(s, SMTP_MESSAGE);
    end_mail(s);
}

static void take_bdat(struct smtp_flow *s, struct bytes line, uint64_t ts_us)
{
    struct bytes size = parameter(line, 4);
    uint64_t n;
    expect_reply(s, SMTP_OTHER);
    if (!text_u64(size, 0, UINT32_MAX, &n)) {
        smtp_event(s, SMTP_BDAT_CHUNK_LEN_EXCEEDED);
        return;
    }
    if (!s->tx->mime)
        begin_mail(s, ts_us);
    s->chunk_left = n;
    s->chunk_last = is_command(parameter(line, (size_t)(size.p - line.p) + size.len), "LAST");
    s->mode = SMTP_CHUNK;
}

void smtp_end_chunk(struct smtp_flow *s)
{
    s->mode = SMTP_COMMANDS;
    if (s->chunk_last)
        end_mail(s);
}

/* Bytes of a chunk, whose lines may go on in the next one. */
static void take_chunk(struct smtp_flow *s, struct bytes *data)
{
    struct bytes piece = bytes_slice(*data, 0, (size_t)s->chunk_left);
    *data = bytes_slice(*data, piece.len, SIZE_MAX);
    s->chunk_left -= piece.len;
    if (s->tx)
        mime_data(s->tx->mime, piece);
    app_flow_touch(s->flow, TO_SERVER);
    if (s->chunk_left == 0)
        smtp_end_chunk(s);
}

/* ---- commands ---- */

static void take_command(struct smtp_flow *s, const struct line *l, uint64_t ts_us)
{
    struct bytes line = l->text;
    if (!s->tx || s->tx->done)
        begin_tx(s, ts_us);
    if (!s->greeted)
        smtp_event(s, SMTP_NO_SERVER_WELCOME_MESSAGE);
    if (!l->end)
        smtp_event(s, SMTP_TRUNCATED_LINE);
    if (is_command(line, "STARTTLS")) {
        expect_reply(s, SMTP_STARTTLS);
    } else if (is_command(line, "DATA")) {
        take_data(s, ts_us);
    } else if (is_command(line, "BDAT")) {
        take_bdat(s, line, ts_us);
    } else if (is_command(line, "RSET")) {
        expect_reply(s, SMTP_RSET);
    } else {
        if (is_command(line, "HELO") || is_command(line, "EHLO"))
            keep_once(s, &s->helo, &s->has_helo, parameter(line, 4));
        else if (is_command(line, "MAIL FROM"))
            keep_once(s, &s->tx->from, &s->tx->has_from, parameter(line, 9));
        else if (is_command(line, "RCPT TO"))
            take_rcpt(s, line);
        expect_reply(s, SMTP_OTHER);
    }
}

void smtp_from_client(struct smtp_flow *s, const struct app_input *in)
{
    struct bytes data = in->data;
    struct line line;
    for (;;) {
        if (s->mode == SMTP_CHUNK) {
            take_chunk(s, &data);
            if (s->mode == SMTP_CHUNK)
                return;
        }
        if (!lines_next(&s->lines[TO_SERVER], s->app, &data, SMTP_LINE_MAX, &line))
            return;
        if (s->mode == SMTP_TEXT)
            take_text(s, &line);
        else if (line.start)
            take_command(s, &line, in->ts_us);
    }
}
