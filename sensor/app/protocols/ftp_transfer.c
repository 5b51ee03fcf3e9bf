/* ftp_transfer.c - what a control connection says of the data connections to come: where they go,
 * which file they bring, and from where in it. RFC 959, 2428, 3659. */
#include "common/text.h"
#include "sensor/app/protocols/ftp_data.h"
#include "sensor/app/protocols/ftp_state.h"

static struct bytes argument_of(const struct ftp_tx *t)
{
    struct bytes line = app_text_bytes(&t->request);
    return t->command ? bytes_slice(line, strlen(t->command->name) + 1, SIZE_MAX)
                      : (struct bytes){0};
}

static bool is_transfer(const struct ftp_tx *t)
{
    enum ftp_kind kind = t->command ? t->command->kind : FTP_PLAIN;
    return kind == FTP_LISTING ||
           ((kind == FTP_UPLOAD || kind == FTP_DOWNLOAD) && argument_of(t).len > 0);
}

/* The client says where it listens. */
static bool names_port(const struct ftp_tx *t)
{
    return t->command && (t->command->kind == FTP_PORT || t->command->kind == FTP_EPRT);
}

/* The client asks where the server listens. */
static bool asks_port(const struct ftp_tx *t)
{
    return t->command && (t->command->kind == FTP_PASV || t->command->kind == FTP_EPSV);
}

/* Bytes are about to be transferred over the connection that was agreed on. */
static void expect_data(struct ftp_flow *s, const struct ftp_tx *t, uint64_t ts_us)
{
    bool upload = t->command->kind == FTP_UPLOAD;
    uint8_t context[APP_CONTEXT_MAX];
    struct bytes name = bytes_slice(argument_of(t), 0, sizeof context - FTP_DATA_HEAD);
    context[0] = (uint8_t)(upload != s->active ? TO_SERVER : TO_CLIENT);
    context[1] = (uint8_t)(t->command->kind == FTP_LISTING ? 'L' : t->command->name[0]);
    for (unsigned i = 0; i < 8; i++)
        context[2 + i] = (uint8_t)(s->offset >> (56 - 8 * i));
    if (name.len > 0)
        memcpy(context + FTP_DATA_HEAD, name.p, name.len);
    app_expect(s->app, s->flow, s->active ? TO_CLIENT : TO_SERVER, s->port, APP_FTP_DATA,
               bytes_of(context, FTP_DATA_HEAD + name.len), ts_us);
    s->port = 0;
    s->active = false;
    s->offset = 0;
}

void ftp_act_on_command(struct ftp_flow *s, const struct ftp_tx *t, uint64_t ts_us)
{
    if (is_transfer(t) && s->port) {
        expect_data(s, t, ts_us);
    } else if (names_port(t)) {
        s->port = ftp_port_of(t->command->kind, argument_of(t));
        s->active = true;
    }
}

/* Clients that do not wait for replies ask for the transfer before they know its port. */
static const struct ftp_tx *transfer_behind(const struct ftp_tx *t)
{
    for (const struct app_tx *tx = t->tx.next; tx && tx->proto == APP_FTP; tx = tx->next) {
        const struct ftp_tx *next = (const struct ftp_tx *)tx;
        if (is_transfer(next))
            return next;
        if (names_port(next) || asks_port(next))
            return NULL;
    }
    return NULL;
}

static bool is_code(struct bytes line, const char *code)
{
    return bytes_starts(line, bytes_str(code));
}

static void take_port(struct ftp_flow *s, struct ftp_tx *t, struct bytes text, uint64_t ts_us)
{
    const struct ftp_tx *transfer = transfer_behind(t);
    t->port = ftp_port_of(t->command->kind, text);
    if (t->port == 0)
        return;
    s->port = t->port;
    s->active = false;
    if (transfer)
        expect_data(s, transfer, ts_us);
}

/* RFC 3659 section 5: the transfer that follows begins there. */
static void take_offset(struct ftp_flow *s, const struct ftp_tx *t)
{
    if (!text_u64(argument_of(t), 0, INT64_MAX, &s->offset))
        s->offset = 0;
}

void ftp_act_on_reply(struct ftp_flow *s, struct ftp_tx *t, struct bytes line, uint64_t ts_us)
{
    switch (t->command ? t->command->kind : FTP_PLAIN) {
    case FTP_PORT:
    case FTP_EPRT:
        t->port = ftp_port_of(t->command->kind, argument_of(t));
        break;
    case FTP_PASV:
        if (is_code(line, "227 "))
            take_port(s, t, bytes_slice(line, 4, SIZE_MAX), ts_us);
        break;
    case FTP_EPSV:
        if (is_code(line, "229 "))
            take_port(s, t, bytes_slice(line, 4, SIZE_MAX), ts_us);
        break;
    case FTP_RESTART:
        if (is_code(line, "350 "))
            take_offset(s, t);
        break;
    case FTP_AUTH:
        s->tls = is_code(line, "234 ");
        break;
    default:
        break;
    }
}
