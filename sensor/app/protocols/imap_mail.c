/* imap_mail.c - mails that go by as literals: each is a tx, which its first byte begins.
 *
 * Clients fetch a large one in parts, BODY[]<0.65536> and so on; it is one mail all the same, up to
 * a part that is shorter than what was asked for. */
#include "common/text.h"
#include "sensor/app/protocols/imap_state.h"

/* The mailbox that the command names, behind its tag and name. */
static struct bytes appended_to(const struct imap_flow *s)
{
    struct bytes rest = app_text_bytes(&s->command);
    (void)imap_take_word(&rest);
    (void)imap_take_word(&rest);
    return imap_take_word(&rest);
}

static void finish(struct imap_flow *s, struct imap_tx *t, bool whole)
{
    if (!t)
        return;
    if (whole)
        mime_end(t->mime);
    else
        mime_cut(t->mime);
    imap_complete(s, t);
}

static void finish_parted(struct imap_flow *s, bool whole)
{
    struct imap_tx *t = s->parted;
    s->parted = NULL;
    finish(s, t, whole);
}

static void begin(struct imap_flow *s, const struct app_input *in)
{
    bool append = in->dir == TO_SERVER;
    struct imap_tx *t = imap_begin_tx(s, in->ts_us);
    t->is_mail = true;
    t->dir = (uint8_t)in->dir;
    t->mime = mime_new(s->app, &t->tx, in->dir, IMAP_MIME);
    t->command = imap_command_of(append ? BYTES_LIT("APPEND") : BYTES_LIT("FETCH"));
    t->number = append ? 0 : s->fetch;
    app_text_add(s->app, &t->shown, append ? appended_to(s) : app_text_bytes(&s->mailbox),
                 IMAP_SHOWN_MAX);
    s->side[in->dir].mail = t;
}

/* The first bytes of the literal, or of a gap in it. */
static void begin_literal(struct imap_flow *s, const struct app_input *in)
{
    struct imap_side *side = &s->side[in->dir];
    if (side->begun)
        return;
    if (side->is_part && side->offset > 0) {
        side->mail = s->parted;
    } else {
        if (in->dir == TO_CLIENT)
            finish_parted(s, false);
        begin(s, in);
    }
    if (side->mail)
        side->mail->size += side->literal_length;
}

void imap_mail_data(struct imap_flow *s, const struct app_input *in, struct bytes data)
{
    begin_literal(s, in);
    if (s->side[in->dir].mail)
        mime_data(s->side[in->dir].mail->mime, data);
    app_flow_touch(s->flow, in->dir);
}

void imap_mail_gap(struct imap_flow *s, const struct app_input *in)
{
    begin_literal(s, in);
    if (s->side[in->dir].mail)
        mime_gap(s->side[in->dir].mail->mime, in->gap_bytes);
}

/* ---- parts ---- */

/* How many bytes from offset on the oldest command asks for: "...[]<offset.count>"; 0: it does not.
 */
static uint64_t asked_for(const struct imap_flow *s, uint64_t offset)
{
    struct bytes text = s->open ? app_text_bytes(&s->open->shown) : (struct bytes){0};
    ptrdiff_t at = bytes_find(text, BYTES_LIT("[]<"));
    uint64_t from, count;
    if (at < 0)
        return 0;
    text = bytes_slice(text, (size_t)at + 3, SIZE_MAX);
    ptrdiff_t dot = bytes_find(text, BYTES_LIT(".")), end = bytes_find(text, BYTES_LIT(">"));
    bool given =
        dot > 0 && end > dot && text_u64(bytes_slice(text, 0, (size_t)dot), 0, offset, &from);
    struct bytes digits = bytes_slice(text, (size_t)dot + 1, (size_t)(end - dot - 1));
    return given && from == offset && text_u64(digits, 1, UINT32_MAX, &count) ? count : 0;
}

bool imap_mail_awaits(const struct imap_flow *s, uint64_t offset)
{
    return s->parted && s->parted->number == s->fetch && s->parted_bytes == offset;
}

void imap_mail_judge_command(struct imap_flow *s, struct bytes arguments)
{
    if (s->parted && bytes_find(arguments, BYTES_LIT("[]<")) < 0)
        finish_parted(s, false);
}

static void end_part(struct imap_flow *s, struct imap_side *side, struct imap_tx *t)
{
    uint64_t asked = asked_for(s, side->offset);
    s->parted = t;
    s->parted_bytes = side->offset + side->literal_length;
    if (side->literal_length < asked)
        finish_parted(s, true);
    else if (asked == 0)
        finish_parted(s, false);
}

/* ---- ends ---- */

void imap_mail_end(struct imap_flow *s, enum direction dir)
{
    struct imap_side *side = &s->side[dir];
    bool nothing = side->is_part && !side->begun && side->offset > 0;
    struct imap_tx *t = nothing ? s->parted : side->mail;
    side->mail = NULL;
    if (side->is_part && t)
        end_part(s, side, t);
    else
        finish(s, t, true);
}

void imap_mail_cut(struct imap_flow *s, enum direction dir)
{
    struct imap_tx *t = s->side[dir].mail;
    s->side[dir].mail = NULL;
    if (dir == TO_CLIENT && t != s->parted)
        finish_parted(s, false);
    if (t == s->parted)
        s->parted = NULL;
    finish(s, t, false);
}
