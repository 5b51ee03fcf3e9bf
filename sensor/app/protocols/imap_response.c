/* imap_response.c - what an IMAP server sends: data, the ends of commands, mails. RFC 9051 7. */
#include "common/text.h"
#include "sensor/app/protocols/imap_state.h"

const char *const imap_statuses[] = {
    [IMAP_NONE] = "unknown", [IMAP_OK] = "OK",   [IMAP_NO] = "NO",
    [IMAP_BAD] = "BAD",      [IMAP_BYE] = "BYE", [IMAP_PREAUTH] = "PREAUTH",
};

static enum imap_status status_of(struct bytes word)
{
    for (unsigned i = IMAP_OK; i <= IMAP_PREAUTH; i++)
        if (bytes_ieq(word, bytes_str(imap_statuses[i])))
            return (enum imap_status)i;
    return IMAP_NONE;
}

static void answer(struct imap_flow *s, struct imap_tx *t, struct bytes rest)
{
    struct bytes text = rest;
    t->answered = true;
    t->status = (uint8_t)status_of(imap_take_word(&rest));
    if (t->status == IMAP_NONE)
        app_tx_event(&t->tx, IMAP_MALFORMED_RESPONSE);
    app_text_add(s->app, &t->text, t->status == IMAP_NONE ? text : rest, IMAP_TEXT_MAX);
    imap_complete(s, t);
}

/* ---- the end of a command ---- */

/* The oldest one with this tag. */
static struct imap_tx *find_open(const struct imap_flow *s, struct bytes tag)
{
    struct app_tx *tx = s->open ? &s->open->tx : NULL;
    for (unsigned i = 0; tx && tx->proto == APP_IMAP && i < IMAP_OPEN_MAX; tx = tx->next, i++) {
        struct imap_tx *t = (struct imap_tx *)tx;
        bool is_open = t->is_request && tx->progress[TO_CLIENT] < IMAP_DONE;
        if (is_open && bytes_eq(app_text_bytes(&t->tag), tag))
            return t;
    }
    return NULL;
}

/* The client waits to be asked for the rest of its command, which the server does not want. */
static void refuse_literal(struct imap_flow *s, const struct app_input *in, struct bytes tag)
{
    struct imap_side *client = &s->side[TO_SERVER];
    struct bytes rest = app_text_bytes(&s->command);
    if (!client->in_literal || client->begun || client->tail.plus ||
        !bytes_eq(imap_take_word(&rest), tag))
        return;
    client->in_literal = client->continued = false;
    imap_command_finish(s, in);
}

static void act(struct imap_flow *s, const struct imap_tx *t)
{
    enum imap_kind kind = t->status == IMAP_OK && t->command ? t->command->kind : IMAP_PLAIN;
    if (kind == IMAP_STARTTLS)
        s->tls = true;
    else if (kind == IMAP_COMPRESS)
        s->compressed = true;
    else if (kind == IMAP_SELECT) {
        s->mailbox.len = 0;
        app_text_add(s->app, &s->mailbox, app_text_bytes(&t->shown), IMAP_SHOWN_MAX);
    }
}

static void take_tagged(struct imap_flow *s, const struct app_input *in, struct bytes line)
{
    struct bytes tag = imap_take_word(&line);
    refuse_literal(s, in, tag);
    if (bytes_eq(tag, bytes_of(s->auth_tag, s->auth_tag_len)))
        s->in_auth = false;
    struct imap_tx *t = find_open(s, tag);
    bool known = t;
    if (!known) {
        t = imap_begin_tx(s, in->ts_us);
        app_tx_event(&t->tx, IMAP_RESPONSE_WITHOUT_COMMAND);
    }
    answer(s, t, line);
    if (known)
        act(s, t);
}

/* ---- data ---- */

static void take_exists(struct imap_flow *s, uint64_t count)
{
    struct imap_tx *t = s->open;
    if (!t || !t->command || t->command->kind != IMAP_SELECT)
        return;
    t->has_exists = true;
    t->exists = (uint32_t)count;
}

/* "* OK ready", "* 12 EXISTS", "* 3 FETCH (...", "* LIST ...". */
static void take_untagged(struct imap_flow *s, const struct app_input *in, struct bytes line)
{
    struct bytes rest = line, first = imap_take_word(&rest);
    uint64_t number;
    if (status_of(first) != IMAP_NONE) {
        if (!s->greeted)
            answer(s, imap_begin_tx(s, in->ts_us), line);
        return;
    }
    s->side[TO_CLIENT].holds_literals = true;
    if (!text_u64(first, 1, UINT32_MAX, &number))
        return;
    struct bytes what = imap_take_word(&rest);
    if (bytes_ieq(what, BYTES_LIT("EXISTS")))
        take_exists(s, number);
    else if (bytes_ieq(what, BYTES_LIT("FETCH")))
        s->fetch = number;
}

/* ---- mails ---- */

/* "BODY[]<65536>": takes the origin off item. False when there is none. */
static bool take_origin(struct bytes *item, uint64_t *offset)
{
    ptrdiff_t at = bytes_find(*item, BYTES_LIT("<"));
    *offset = 0;
    if (at < 0 || item->p[item->len - 1] != '>')
        return false;
    struct bytes digits = bytes_slice(*item, (size_t)at + 1, item->len - (size_t)at - 2);
    item->len = (size_t)at;
    return text_u64(digits, 0, UINT32_MAX, offset);
}

/* What the literal at the end of text is: a mail, or a part of one whose beginning was seen. */
static void judge_literal(struct imap_flow *s, struct imap_side *side, struct bytes text)
{
    const uint8_t *brace = text.len ? memrchr(text.p, '{', text.len) : NULL;
    text.len = brace ? (size_t)(brace - text.p) : 0;
    while (text.len > 0 && (text.p[text.len - 1] == ' ' || text.p[text.len - 1] == '~'))
        text.len--;
    size_t from = text.len;
    while (from > 0 && text.p[from - 1] != ' ' && text.p[from - 1] != '(')
        from--;
    struct bytes item = bytes_slice(text, from, SIZE_MAX);
    side->is_part = take_origin(&item, &side->offset);
    bool is_whole = bytes_ieq(item, BYTES_LIT("BODY[]")) ||
                    bytes_ieq(item, BYTES_LIT("BINARY[]")) || bytes_ieq(item, BYTES_LIT("RFC822"));
    side->is_mail =
        s->fetch && is_whole && (side->offset == 0 || imap_mail_awaits(s, side->offset));
}

static void take_start(struct imap_flow *s, const struct app_input *in, struct bytes line)
{
    s->fetch = 0;
    s->side[TO_CLIENT].holds_literals = false;
    if (bytes_starts(line, BYTES_LIT("* ")))
        take_untagged(s, in, bytes_slice(line, 2, SIZE_MAX));
    else if (line.len > 0 && line.p[0] != '+') /* that one asks for more */
        take_tagged(s, in, line);
    s->greeted = true;
}

void imap_server_line(struct imap_flow *s, const struct app_input *in, const struct line *l)
{
    struct imap_side *side = &s->side[TO_CLIENT];
    if (l->start && !side->continued)
        take_start(s, in, l->text);
    imap_tail_read(&side->tail, l->text);
    if (!l->end)
        return;
    bool literal = imap_tail_is_literal(&side->tail) && side->holds_literals;
    side->continued = false;
    if (literal) {
        judge_literal(s, side, l->text);
        imap_literal_begin(side);
    }
    side->tail = (struct imap_tail){0};
}
