/* imap_literal.c - literals: bytes whose number ends the line before them, RFC 9051 4.3.
 *
 * They may hold anything, line ends and commands too, so every one has to be passed over exactly.
 * One that is a whole mail becomes a tx of its own, which its first byte begins. */
#include "sensor/app/protocols/imap_state.h"
#include <ctype.h>

enum step { TEXT, OPENED, DIGITS, PLUS, CLOSED };

static enum step step_after(struct imap_tail *t, uint8_t c)
{
    enum step now = (enum step)t->step;
    bool begun = now == OPENED || now == DIGITS;
    if (c == '{') {
        t->length = 0;
        t->plus = false;
        return OPENED;
    }
    if (begun && isdigit(c) && t->length < UINT64_MAX / 16) {
        t->length = t->length * 10 + c - '0';
        return DIGITS;
    }
    if (now == DIGITS && c == '+') {
        t->plus = true;
        return PLUS;
    }
    return c == '}' && (now == DIGITS || now == PLUS) ? CLOSED : TEXT;
}

void imap_tail_read(struct imap_tail *t, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        if (t->escaped)
            t->escaped = false;
        else if (t->quoted && c == '\\')
            t->escaped = true;
        else if (c == '"')
            t->quoted = !t->quoted;
        t->step = (uint8_t)(t->quoted ? TEXT : step_after(t, c));
    }
}

bool imap_tail_is_literal(const struct imap_tail *t)
{
    return t->step == CLOSED;
}

void imap_literal_begin(struct imap_side *side)
{
    side->in_literal = side->continued = true;
    side->begun = false;
    side->literal_length = side->literal_left = side->tail.length;
}

/* ---- mails ---- */

static void begin_mail(struct imap_flow *s, const struct app_input *in)
{
    struct imap_side *side = &s->side[in->dir];
    struct imap_tx *t = imap_begin_tx(s, in->ts_us);
    t->is_mail = true;
    t->dir = (uint8_t)in->dir;
    t->size = side->literal_length;
    t->mime = mime_new(s->app, &t->tx, in->dir, IMAP_MIME);
    t->command = imap_command_of(in->dir == TO_SERVER ? BYTES_LIT("APPEND") : BYTES_LIT("FETCH"));
    t->number = in->dir == TO_CLIENT ? s->fetch : 0;
    side->mail = t;
    if (in->dir == TO_CLIENT) {
        app_text_add(s->app, &t->shown, app_text_bytes(&s->mailbox), IMAP_SHOWN_MAX);
        return;
    }
    struct bytes rest = app_text_bytes(&s->command);
    (void)imap_take_word(&rest);
    (void)imap_take_word(&rest);
    app_text_add(s->app, &t->shown, imap_take_word(&rest), IMAP_SHOWN_MAX);
}

static void end_mail(struct imap_flow *s, struct imap_side *side, bool whole)
{
    struct imap_tx *t = side->mail;
    side->mail = NULL;
    if (!t)
        return;
    if (whole && !side->is_part)
        mime_end(t->mime);
    else
        mime_cut(t->mime);
    imap_complete(s, t);
}

static void take_mail(struct imap_flow *s, const struct app_input *in, struct bytes data)
{
    struct imap_side *side = &s->side[in->dir];
    if (!side->begun)
        begin_mail(s, in);
    if (side->mail)
        mime_data(side->mail->mime, data);
    app_flow_touch(s->flow, in->dir);
}

/* ---- any literal ---- */

static void end_literal(struct imap_flow *s, enum direction dir)
{
    struct imap_side *side = &s->side[dir];
    side->in_literal = false;
    if (side->is_mail)
        end_mail(s, side, true);
    else if (dir == TO_SERVER)
        imap_client_literal(s, (struct bytes){0}, true);
}

void imap_literal_take(struct imap_flow *s, const struct app_input *in, struct bytes *data)
{
    struct imap_side *side = &s->side[in->dir];
    struct bytes piece = bytes_slice(*data, 0, side->literal_left);
    *data = bytes_slice(*data, piece.len, SIZE_MAX);
    side->literal_left -= piece.len;
    if (piece.len > 0) {
        if (side->is_mail)
            take_mail(s, in, piece);
        else if (in->dir == TO_SERVER)
            imap_client_literal(s, piece, false);
        side->begun = true;
    }
    if (side->literal_left == 0)
        end_literal(s, in->dir);
}

void imap_literal_gap(struct imap_flow *s, const struct app_input *in)
{
    struct imap_side *side = &s->side[in->dir];
    if (side->is_mail && !side->begun)
        begin_mail(s, in);
    side->begun = true;
    side->literal_left -= in->gap_bytes;
    if (side->mail)
        mime_gap(side->mail->mime, in->gap_bytes);
    if (side->literal_left == 0)
        end_literal(s, in->dir);
}

void imap_literal_cut(struct imap_flow *s, enum direction dir)
{
    s->side[dir].in_literal = false;
    end_mail(s, &s->side[dir], false);
}
