/* imap_literal.c - literals: bytes whose number ends the line before them, RFC 9051 4.3.
 *
 * They may hold anything, line ends and commands too, so every one has to be passed over exactly.
 */
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

static void end_literal(struct imap_flow *s, enum direction dir)
{
    struct imap_side *side = &s->side[dir];
    side->in_literal = false;
    if (side->is_mail)
        imap_mail_end(s, dir);
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
            imap_mail_data(s, in, piece);
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
    if (side->is_mail)
        imap_mail_gap(s, in);
    side->begun = true;
    side->literal_left -= in->gap_bytes;
    if (side->literal_left == 0)
        end_literal(s, in->dir);
}
