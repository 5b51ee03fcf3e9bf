/* smtp_reply.c - what an SMTP server answers, matched with the commands in their order. */
#include "sensor/app/protocols/smtp_state.h"

/* Codes of RFC 5321 4.2.3, RFC 4954 and RFC 3207. */
static const uint16_t codes[] = {211, 214, 220, 221, 235, 250, 251, 252, 334, 354, 421,
                                 450, 451, 452, 454, 455, 500, 501, 502, 503, 504, 521,
                                 530, 534, 535, 538, 550, 551, 552, 553, 554, 555};

/* 0 when there is no such code. */
static unsigned code_of(struct bytes line)
{
    unsigned code = 0;
    for (unsigned i = 0; i < 3; i++) {
        if (line.p[i] < '0' || line.p[i] > '9')
            return 0;
        code = code * 10 + line.p[i] - '0';
    }
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i] == code)
            return code;
    return 0;
}

static void take_greeting(struct smtp_flow *s, unsigned code)
{
    if (!s->in_reply)
        s->greeted = true;
    if (code != 220)
        smtp_event(s, SMTP_INVALID_REPLY);
}

static void answer_data(struct smtp_flow *s, unsigned code, bool at_once)
{
    if (code == 354) {
        if (!at_once)
            s->mode = SMTP_TEXT;
        return;
    }
    smtp_event(s, SMTP_DATA_COMMAND_REJECTED);
    if (s->mode == SMTP_TEXT && !s->text_begun)
        s->mode = SMTP_COMMANDS;
}

static void answer_starttls(struct smtp_flow *s, unsigned code)
{
    if (code != 220) {
        smtp_event(s, SMTP_TLS_REJECTED);
        return;
    }
    smtp_complete(s);
    s->tls = !s->in_reply;
}

static void answer(struct smtp_flow *s, unsigned code, struct bytes line)
{
    static const char offer[] = "pipelining";
    switch (s->pending.p[s->answered]) {
    case SMTP_STARTTLS:
        answer_starttls(s, code);
        break;
    case SMTP_DATA:
    case SMTP_DATA_AT_ONCE:
        if (!s->in_reply)
            answer_data(s, code, s->pending.p[s->answered] == SMTP_DATA_AT_ONCE);
        break;
    case SMTP_RSET:
        if (code == 250 && !s->in_reply)
            smtp_complete(s);
        break;
    default:
        if (code == 250 && bytes_ieq(bytes_slice(line, 4, SIZE_MAX), bytes_str(offer)))
            s->pipelining = true;
        break;
    }
    if (s->in_reply)
        return;
    if (++s->answered == s->pending.len)
        s->answered = s->pending.len = 0;
}

static void take_reply(struct smtp_flow *s, const struct line *l)
{
    struct bytes line = l->text;
    if (!l->end)
        smtp_event(s, SMTP_TRUNCATED_LINE);
    if (line.len == 0 && l->ending.len == 1)
        return;
    unsigned code = line.len >= 3 ? code_of(line) : 0;
    if (code == 0) {
        smtp_event(s, SMTP_INVALID_REPLY);
        return;
    }
    s->in_reply = line.len >= 4 && line.p[3] == '-';
    if (s->answered < s->pending.len)
        answer(s, code, line);
    else if (!s->greeted)
        take_greeting(s, code);
}

void smtp_from_server(struct smtp_flow *s, const struct app_input *in)
{
    struct bytes data = in->data;
    struct line line;
    while (!s->tls && lines_next(&s->lines[TO_CLIENT], s->app, &data, SMTP_LINE_MAX, &line))
        if (line.start)
            take_reply(s, &line);
    if (s->tls)
        lines_go_tls(s->lines, in, data);
}
