/* imap_command.c - what an IMAP client sends: commands, their literals, and exchanges of secrets.
 *
 * A command is put together first, with its literals as quoted strings, so that an argument reads
 * the same however the client chose to write it. Source: RFC 9051 6, RFC 7888 (literals). */
#include "sensor/app/protocols/imap_state.h"
#include "sensor/app/protocols/sasl.h"

static const struct imap_command commands[] = {
    {"APPEND", IMAP_MAILBOX, IMAP_APPEND},
    {"AUTHENTICATE", IMAP_MECHANISM, IMAP_AUTHENTICATE},
    {"CAPABILITY", IMAP_HIDDEN, IMAP_PLAIN},
    {"CHECK", IMAP_HIDDEN, IMAP_PLAIN},
    {"CLOSE", IMAP_HIDDEN, IMAP_PLAIN},
    {"COMPRESS", IMAP_ARGUMENT, IMAP_COMPRESS},
    {"COPY", IMAP_ARGUMENT, IMAP_PLAIN},
    {"CREATE", IMAP_MAILBOX, IMAP_PLAIN},
    {"DELETE", IMAP_MAILBOX, IMAP_PLAIN},
    {"DELETEACL", IMAP_ARGUMENT, IMAP_PLAIN},
    {"ENABLE", IMAP_ARGUMENT, IMAP_PLAIN},
    {"EXAMINE", IMAP_MAILBOX, IMAP_SELECT},
    {"EXPUNGE", IMAP_HIDDEN, IMAP_PLAIN},
    {"FETCH", IMAP_ARGUMENT, IMAP_PLAIN},
    {"GETACL", IMAP_MAILBOX, IMAP_PLAIN},
    {"GETANNOTATION", IMAP_ARGUMENT, IMAP_PLAIN},
    {"GETMETADATA", IMAP_ARGUMENT, IMAP_PLAIN},
    {"GETQUOTA", IMAP_ARGUMENT, IMAP_PLAIN},
    {"GETQUOTAROOT", IMAP_MAILBOX, IMAP_PLAIN},
    {"ID", IMAP_ARGUMENT, IMAP_PLAIN},
    {"IDLE", IMAP_HIDDEN, IMAP_PLAIN},
    {"LIST", IMAP_ARGUMENT, IMAP_PLAIN},
    {"LISTRIGHTS", IMAP_ARGUMENT, IMAP_PLAIN},
    {"LOGIN", IMAP_USER, IMAP_PLAIN},
    {"LOGOUT", IMAP_HIDDEN, IMAP_PLAIN},
    {"LSUB", IMAP_ARGUMENT, IMAP_PLAIN},
    {"MOVE", IMAP_ARGUMENT, IMAP_PLAIN},
    {"MYRIGHTS", IMAP_MAILBOX, IMAP_PLAIN},
    {"NAMESPACE", IMAP_HIDDEN, IMAP_PLAIN},
    {"NOOP", IMAP_HIDDEN, IMAP_PLAIN},
    {"NOTIFY", IMAP_ARGUMENT, IMAP_PLAIN},
    {"RENAME", IMAP_ARGUMENT, IMAP_PLAIN},
    {"SEARCH", IMAP_ARGUMENT, IMAP_PLAIN},
    {"SELECT", IMAP_MAILBOX, IMAP_SELECT},
    {"SETACL", IMAP_ARGUMENT, IMAP_PLAIN},
    {"SETANNOTATION", IMAP_ARGUMENT, IMAP_PLAIN},
    {"SETMETADATA", IMAP_ARGUMENT, IMAP_PLAIN},
    {"SETQUOTA", IMAP_ARGUMENT, IMAP_PLAIN},
    {"SORT", IMAP_ARGUMENT, IMAP_PLAIN},
    {"STARTTLS", IMAP_HIDDEN, IMAP_STARTTLS},
    {"STATUS", IMAP_MAILBOX, IMAP_PLAIN},
    {"STORE", IMAP_ARGUMENT, IMAP_PLAIN},
    {"SUBSCRIBE", IMAP_MAILBOX, IMAP_PLAIN},
    {"THREAD", IMAP_ARGUMENT, IMAP_PLAIN},
    {"UID COPY", IMAP_ARGUMENT, IMAP_PLAIN},
    {"UID EXPUNGE", IMAP_ARGUMENT, IMAP_PLAIN},
    {"UID FETCH", IMAP_ARGUMENT, IMAP_PLAIN},
    {"UID MOVE", IMAP_ARGUMENT, IMAP_PLAIN},
    {"UID SEARCH", IMAP_ARGUMENT, IMAP_PLAIN},
    {"UID SORT", IMAP_ARGUMENT, IMAP_PLAIN},
    {"UID STORE", IMAP_ARGUMENT, IMAP_PLAIN},
    {"UID THREAD", IMAP_ARGUMENT, IMAP_PLAIN},
    {"UNAUTHENTICATE", IMAP_HIDDEN, IMAP_PLAIN},
    {"UNSELECT", IMAP_HIDDEN, IMAP_PLAIN},
    {"UNSUBSCRIBE", IMAP_MAILBOX, IMAP_PLAIN},
    {"XLIST", IMAP_ARGUMENT, IMAP_PLAIN},
};

const struct imap_command *imap_command_of(struct bytes text)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        size_t n = strlen(commands[i].name);
        if (bytes_istarts(text, bytes_str(commands[i].name)) && (text.len == n || text.p[n] == ' '))
            return &commands[i];
    }
    return NULL;
}

/* ---- arguments ---- */

/* Up to a space outside of quotes, which is passed over; quotes around it go. What is escaped in it
 * stays so. */
struct bytes imap_take_word(struct bytes *rest)
{
    bool quoted = false;
    size_t n = 0;
    for (; n < rest->len && (quoted || rest->p[n] != ' '); n++) {
        if (quoted && rest->p[n] == '\\' && n + 1 < rest->len)
            n++;
        else if (rest->p[n] == '"')
            quoted = !quoted;
    }
    struct bytes word = bytes_slice(*rest, 0, n);
    *rest = bytes_slice(*rest, n + 1, SIZE_MAX);
    if (word.len > 1 && word.p[0] == '"' && word.p[word.len - 1] == '"')
        word = bytes_slice(word, 1, word.len - 2);
    return word;
}

/* The client's first answer tells who it is; it may come with the command, RFC 4959. */
static void take_user(struct imap_flow *s, struct imap_tx *t, struct bytes response)
{
    uint8_t room[SASL_USER_MAX];
    struct bytes user = sasl_user(app_text_bytes(&t->shown), response, room);
    app_text_add(s->app, &t->user, user, SASL_USER_MAX);
    s->auth = NULL;
}

static void begin_auth(struct imap_flow *s, struct imap_tx *t, struct bytes tag,
                       struct bytes response)
{
    memcpy(s->auth_tag, tag.p, tag.len);
    s->auth_tag_len = (uint8_t)tag.len;
    s->in_auth = true;
    s->auth = t;
    if (response.len > 0)
        take_user(s, t, response);
}

static void take_arguments(struct imap_flow *s, struct imap_tx *t, struct bytes tag,
                           struct bytes rest)
{
    struct bytes shown = rest;
    rest = bytes_slice(rest, strlen(t->command->name) + 1, SIZE_MAX);
    shown = t->command->argument == IMAP_ARGUMENT ? rest : imap_take_word(&rest);
    if (t->command->argument != IMAP_HIDDEN)
        app_text_add(s->app, &t->shown, shown, IMAP_SHOWN_MAX);
    if (t->command->kind == IMAP_AUTHENTICATE)
        begin_auth(s, t, tag, rest);
}

/* ---- commands ---- */

/* Of a line that is no command not even the tag is shown: it may be a secret gone astray. */
static void take_command(struct imap_flow *s, const struct app_input *in, struct bytes text)
{
    struct bytes rest = text, tag = imap_take_word(&rest);
    struct imap_tx *t = imap_begin_tx(s, in->ts_us);
    t->is_request = true;
    if (!s->open)
        s->open = t;
    if (s->command.cut)
        app_tx_event(&t->tx, IMAP_TOO_LONG_COMMAND);
    if (tag.len == 0 || tag.len > IMAP_TAG_MAX || rest.len == 0) {
        app_tx_event(&t->tx, IMAP_MALFORMED_COMMAND);
        imap_complete(s, t);
        return;
    }
    app_text_add(s->app, &t->tag, tag, IMAP_TAG_MAX);
    t->command = imap_command_of(rest);
    imap_mail_judge_command(s, rest);
    if (t->command)
        take_arguments(s, t, tag, rest);
    else
        app_tx_event(&t->tx, IMAP_UNKNOWN_COMMAND);
}

void imap_command_finish(struct imap_flow *s, const struct app_input *in)
{
    struct bytes text = app_text_bytes(&s->command);
    if (s->in_auth) {
        if (s->auth)
            take_user(s, s->auth, text);
    } else if (text.len > 0 && !bytes_ieq(text, BYTES_LIT("DONE"))) { /* ends IDLE, RFC 2177 */
        take_command(s, in, text);
    }
    s->command.len = 0;
    s->command.cut = false;
}

/* ---- lines and literals ---- */

/* In APPEND whatever follows the mailbox in a literal is a mail, RFC 3502. */
static bool is_mail(struct bytes command)
{
    struct bytes rest = command;
    (void)imap_take_word(&rest);
    const struct imap_command *c = imap_command_of(rest);
    if (!c || c->kind != IMAP_APPEND)
        return false;
    (void)imap_take_word(&rest);
    return imap_take_word(&rest).len > 0;
}

static void begin_literal(struct imap_flow *s, struct imap_side *side)
{
    const uint8_t *length = memrchr(s->command.p, '{', s->command.len);
    if (!s->command.cut && length)
        s->command.len = (uint32_t)(length - s->command.p);
    side->is_mail = is_mail(app_text_bytes(&s->command));
    side->is_part = false;
    imap_literal_begin(side);
    if (!side->is_mail)
        app_text_add(s->app, &s->command, BYTES_LIT("\""), IMAP_LINE_MAX);
}

void imap_client_line(struct imap_flow *s, const struct app_input *in, const struct line *l)
{
    struct imap_side *side = &s->side[TO_SERVER];
    imap_tail_read(&side->tail, l->text);
    app_text_add(s->app, &s->command, l->text, IMAP_LINE_MAX);
    if (!l->end)
        return;
    bool literal = imap_tail_is_literal(&side->tail) && !s->in_auth;
    side->continued = false;
    if (literal)
        begin_literal(s, side);
    else
        imap_command_finish(s, in);
    bool plus = side->tail.plus;
    side->tail = (struct imap_tail){.plus = plus};
}

void imap_client_literal(struct imap_flow *s, struct bytes data, bool last)
{
    for (size_t i = 0; i < data.len && !s->command.cut; i++) {
        if (data.p[i] == '"' || data.p[i] == '\\')
            app_text_add(s->app, &s->command, BYTES_LIT("\\"), IMAP_LINE_MAX);
        app_text_add(s->app, &s->command, bytes_slice(data, i, 1), IMAP_LINE_MAX);
    }
    if (last)
        app_text_add(s->app, &s->command, BYTES_LIT("\""), IMAP_LINE_MAX);
}
