/* smtp_log.c - an SMTP tx as EVE shows it. */
#include "sensor/app/protocols/smtp_state.h"

static void put_smtp(const struct smtp_tx *t, struct json *j)
{
    struct bytes rest = app_text_bytes(&t->rcpts);
    json_object(j, "smtp");
    if (t->state->has_helo)
        json_str(j, "helo", app_text_bytes(&t->state->helo));
    if (t->has_from)
        json_str(j, "mail_from", app_text_bytes(&t->from));
    if (rest.len > 0) {
        json_array(j, "rcpt_to");
        while (rest.len > 0) {
            ptrdiff_t end = bytes_find(rest, BYTES_LIT("\n"));
            struct bytes one = bytes_slice(rest, 0, end < 0 ? rest.len : (size_t)end);
            json_str(j, NULL, one);
            rest = bytes_slice(rest, one.len + 1, SIZE_MAX);
        }
        json_array_end(j);
    }
    json_object_end(j);
}

static void put(const struct app_tx *tx, bool extended, struct json *j)
{
    const struct smtp_tx *t = (const struct smtp_tx *)tx;
    put_smtp(t, j);
    if (t->mime)
        mime_json(t->mime, extended, j);
}

void smtp_alert_json(const struct app_tx *tx, struct json *j)
{
    put(tx, false, j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    put(tx, true, j);
}

void smtp_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {.event_type = "smtp", .dir = TO_SERVER, .encode = encode};
    app_record_once(tx, last, true, &r, emit, ctx);
}

#define SMTP_SHAPE "{helo?: string, mail_from?: string, rcpt_to?: [string]}"
const struct app_shape smtp_shapes[] = {
    {"smtp", "smtp: " SMTP_SHAPE ", email?: " MIME_SHAPE_EXTENDED},
    {"alert", "smtp?: " SMTP_SHAPE ", email?: " MIME_SHAPE},
    {0},
};
