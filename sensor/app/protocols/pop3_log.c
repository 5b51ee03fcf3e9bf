/* pop3_log.c - a command, its answer and the mail that came with it, as EVE shows them. */
#include "sensor/app/protocols/pop3_state.h"

static void put_request(const struct pop3_tx *t, struct json *j)
{
    json_object(j, "request");
    json_strz(j, "command", t->command ? t->command->name : "unknown");
    if (t->argument.len > 0)
        json_str(j, "argument", app_text_bytes(&t->argument));
    if (t->user.len > 0)
        json_str(j, "user", app_text_bytes(&t->user));
    json_object_end(j);
}

static void put_response(const struct pop3_tx *t, struct json *j)
{
    json_object(j, "response");
    json_bool(j, "success", t->ok);
    json_strz(j, "status", t->malformed ? "unknown" : t->ok ? "OK" : "ERR");
    json_str(j, "header", app_text_bytes(&t->status));
    json_object_end(j);
}

static void put(const struct app_tx *tx, bool extended, struct json *j)
{
    const struct pop3_tx *t = (const struct pop3_tx *)tx;
    json_object(j, "pop3");
    if (!t->greeting)
        put_request(t, j);
    if (t->answered)
        put_response(t, j);
    json_object_end(j);
    if (t->mime)
        mime_json(t->mime, extended, j);
}

void pop3_alert_json(const struct app_tx *tx, struct json *j)
{
    put(tx, false, j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    put(tx, true, j);
}

void pop3_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {.event_type = "pop3", .dir = TO_SERVER, .encode = encode};
    app_record_once(tx, last, true, &r, emit, ctx);
}

#define POP3_SHAPE                                                                                 \
    "{request?: {command: string, argument?: string, user?: string}, response?: {success: bool, "  \
    "status: string, header: string}}"
const struct app_shape pop3_shapes[] = {
    {"pop3", "pop3: " POP3_SHAPE ", email?: " MIME_SHAPE_EXTENDED},
    {"alert", "pop3?: " POP3_SHAPE ", email?: " MIME_SHAPE},
    {0},
};
