/* imap_log.c - a command and its answer, a greeting, or a mail, as EVE shows them. */
#include "sensor/app/protocols/imap_state.h"

static void put_text(struct json *j, const char *key, const struct app_text *t)
{
    if (t->len > 0)
        json_str(j, key, app_text_bytes(t));
}

static void put_request(const struct imap_tx *t, struct json *j)
{
    static const char *const keys[] = {[IMAP_ARGUMENT] = "argument",
                                       [IMAP_USER] = "user",
                                       [IMAP_MAILBOX] = "mailbox",
                                       [IMAP_MECHANISM] = "mechanism"};
    json_object(j, "request");
    if (t->command)
        put_text(j, "tag", &t->tag);
    json_strz(j, "command", t->command ? t->command->name : "unknown");
    if (t->command)
        put_text(j, keys[t->command->argument], &t->shown);
    put_text(j, "user", &t->user);
    json_object_end(j);
}

static void put_response(const struct imap_tx *t, struct json *j)
{
    json_object(j, "response");
    json_bool(j, "success", t->status == IMAP_OK || t->status == IMAP_PREAUTH);
    json_strz(j, "status", imap_statuses[t->status]);
    put_text(j, "text", &t->text);
    if (t->has_exists)
        json_u64(j, "exists", t->exists);
    json_object_end(j);
}

static void put_mail(const struct imap_tx *t, struct json *j)
{
    json_object(j, "mail");
    json_strz(j, "command", t->command->name);
    put_text(j, "mailbox", &t->shown);
    if (t->number)
        json_u64(j, "number", t->number);
    json_u64(j, "size", t->size);
    json_object_end(j);
}

static void put(const struct app_tx *tx, bool extended, struct json *j)
{
    const struct imap_tx *t = (const struct imap_tx *)tx;
    json_object(j, "imap");
    if (t->is_request)
        put_request(t, j);
    if (t->answered)
        put_response(t, j);
    if (t->is_mail)
        put_mail(t, j);
    json_object_end(j);
    if (t->mime)
        mime_json(t->mime, extended, j);
}

void imap_alert_json(const struct app_tx *tx, struct json *j)
{
    put(tx, false, j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    put(tx, true, j);
}

void imap_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct imap_tx *t = (const struct imap_tx *)tx;
    struct app_record r = {.event_type = "imap", .dir = (enum direction)t->dir, .encode = encode};
    app_record_once(tx, last, true, &r, emit, ctx);
}

#define IMAP_SHAPE                                                                                 \
    "{request?: {tag?: string, command: string, argument?: string, user?: string, "                \
    "mailbox?: string, mechanism?: string}, response?: {success: bool, status: string, "           \
    "text?: string, exists?: uint}, mail?: {command: string, mailbox?: string, number?: uint, "    \
    "size: uint}}"
const struct app_shape imap_shapes[] = {
    {"imap", "imap: " IMAP_SHAPE ", email?: " MIME_SHAPE_EXTENDED},
    {"alert", "imap?: " IMAP_SHAPE ", email?: " MIME_SHAPE},
    {0},
};
