/* ftp_log.c - a command and its replies as EVE shows them. */
#include "sensor/app/protocols/ftp_state.h"
#include <ctype.h>

static bool next_line(struct bytes *rest, struct bytes *line)
{
    const uint8_t *end = rest->len ? memchr(rest->p, '\n', rest->len) : NULL;
    if (!end)
        return false;
    *line = bytes_slice(*rest, 0, (size_t)(end - rest->p));
    *rest = bytes_slice(*rest, line->len + 1, SIZE_MAX);
    return true;
}

static bool has_code(struct bytes line)
{
    return line.len >= 3 && isdigit(line.p[0]) && isdigit(line.p[1]) && isdigit(line.p[2]);
}

static void put_codes(const struct ftp_tx *t, struct json *j)
{
    struct bytes rest = app_text_bytes(&t->replies), line;
    bool any = false;
    while (next_line(&rest, &line)) {
        if (!has_code(line))
            continue;
        if (!any)
            json_array(j, "completion_code");
        any = true;
        json_str(j, NULL, bytes_slice(line, 0, 3));
    }
    if (any)
        json_array_end(j);
}

static void put_replies(const struct ftp_tx *t, struct json *j)
{
    struct bytes rest = app_text_bytes(&t->replies), line;
    bool any = false;
    while (next_line(&rest, &line)) {
        if (has_code(line) && line.len == 3)
            continue;
        if (!any)
            json_array(j, "reply");
        any = true;
        json_str(j, NULL, bytes_slice(line, has_code(line) ? 4 : 0, SIZE_MAX));
    }
    if (any)
        json_array_end(j);
}

static void put_command(const struct ftp_tx *t, struct json *j)
{
    size_t n = strlen(t->command->name);
    bool hidden = t->command->kind == FTP_PASS && app_options(t->state->app)->hide_passwords;
    json_strz(j, "command", t->command->name);
    if (t->request.len <= n || hidden)
        return;
    json_str(j, "command_data", bytes_slice(app_text_bytes(&t->request), n + 1, SIZE_MAX));
    json_bool(j, "command_truncated", t->request_truncated);
}

void ftp_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct ftp_tx *t = (const struct ftp_tx *)tx;
    enum ftp_kind kind = t->command ? t->command->kind : FTP_PLAIN;
    json_object(j, "ftp");
    if (t->command)
        put_command(t, j);
    put_codes(t, j);
    put_replies(t, j);
    if (t->port)
        json_u64(j, "dynamic_port", t->port);
    if (kind == FTP_PORT || kind == FTP_EPRT)
        json_strz(j, "mode", "active");
    json_strz(j, "reply_received", tx->progress[TO_CLIENT] >= FTP_DONE ? "yes" : "no");
    json_bool(j, "reply_truncated", t->reply_truncated);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    ftp_alert_json(tx, j);
}

void ftp_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {.event_type = "ftp", .dir = TO_SERVER, .encode = encode};
    app_record_once(tx, last, true, &r, emit, ctx);
}

#define FTP_SHAPE                                                                                  \
    "{command?: string, command_data?: string, command_truncated?: bool, "                         \
    "completion_code?: [string], reply?: [string], dynamic_port?: uint, mode?: string, "           \
    "reply_received: string, reply_truncated: bool}"
const struct app_shape ftp_shapes[] = {
    {"ftp", "ftp: " FTP_SHAPE},
    {"alert", "ftp?: " FTP_SHAPE},
    {0},
};
