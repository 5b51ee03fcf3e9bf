/* ftp_data.c - FTP's data connections, announced by a control connection: one file each, or the
 * list of a directory, of which nothing is kept. */
#include "common/cursor.h"
#include "sensor/app/protocols/ftp_data.h"
#include "sensor/app/file.h"

#define DATA_DONE 1

struct data_flow;
struct data_tx {
    struct app_tx tx;
    struct data_flow *state;
    struct app_file *file;
    struct app_text name;
    const char *command;
    enum direction dir; /* of the bytes */
    uint64_t offset;    /* in the file, where they begin */
};

struct data_flow {
    struct app *app;
    struct app_flow *flow;
    struct app_text announced;
    struct data_tx *tx; /* NULL before the first bytes and when the core dropped it */
    bool begun;
};

/* Nothing in the bytes tells them; they have to be announced. */
static enum app_result data_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    (void)e;
    (void)dir;
    (void)data;
    return APP_DECLINE;
}

static void *data_open(struct app *a, struct app_flow *f)
{
    struct data_flow *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    app_text_add(a, &s->announced, app_flow_context(f), APP_CONTEXT_MAX);
    return s;
}

static void data_close(struct app *a, void *state)
{
    struct data_flow *s = state;
    app_text_free(a, &s->announced);
    app_dealloc(a, s, sizeof *s);
}

static void data_tx_free(struct app *a, struct app_tx *tx)
{
    struct data_tx *t = (struct data_tx *)tx;
    t->state->tx = NULL;
    app_text_free(a, &t->name);
    app_dealloc(a, t, sizeof *t);
}

static const char *command_of(uint8_t letter)
{
    return letter == 'R' ? "RETR" : letter == 'A' ? "APPE" : "STOR";
}

static void begin(struct data_flow *s, uint64_t ts_us)
{
    struct cursor c = cursor_over(app_text_bytes(&s->announced));
    struct data_tx *t = s->tx = app_alloc(s->app, sizeof *t);
    s->begun = true;
    t->state = s;
    t->dir = cursor_u8(&c) ? TO_CLIENT : TO_SERVER;
    t->command = command_of(cursor_u8(&c));
    t->offset = cursor_u64(&c);
    struct bytes name = cursor_rest(&c);
    app_text_add(s->app, &t->name, name, APP_CONTEXT_MAX);
    app_tx_add(s->app, s->flow, APP_FTP_DATA, &t->tx, ts_us);
    t->file = app_file_open(s->app, &t->tx, t->dir, name, APP_FILE_KEEP);
}

static void end(struct data_flow *s, struct data_tx *t)
{
    app_file_close(s->app, t->file, APP_FILE_CLOSED);
    app_tx_advance(s->flow, &t->tx, TO_SERVER, DATA_DONE);
    app_tx_advance(s->flow, &t->tx, TO_CLIENT, DATA_DONE);
}

static void take_data(struct data_flow *s, struct data_tx *t, const struct app_input *in)
{
    if (in->flags & APP_FEED_GAP)
        app_file_gap(t->file, in->gap_bytes);
    app_file_data(s->app, t->file, in->data);
    if (t->offset && t->file && t->file->size) {
        t->file->ranged = true;
        t->file->range_start = t->offset;
        t->file->range_end = t->offset + t->file->size - 1;
    }
    app_flow_touch(s->flow, in->dir);
}

static enum app_result data_feed(void *state, const struct app_input *in)
{
    struct data_flow *s = state;
    if (s->announced.len < FTP_DATA_HEAD)
        return APP_BROKEN;
    if (s->announced.p[1] == 'L')
        return APP_OK;
    if (!s->begun)
        begin(s, in->ts_us);
    struct data_tx *t = s->tx;
    if (!t || in->dir != t->dir)
        return APP_OK;
    take_data(s, t, in);
    if (in->flags & APP_FEED_EOF)
        end(s, t);
    return APP_OK;
}

/* ---- records ---- */

static void data_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct data_tx *t = (const struct data_tx *)tx;
    json_object(j, "ftp_data");
    json_str(j, "filename", app_text_bytes(&t->name));
    json_strz(j, "command", t->command);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    data_alert_json(tx, j);
}

static void data_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {.event_type = "ftp_data", .dir = TO_SERVER, .encode = encode};
    app_record_once(tx, last, true, &r, emit, ctx);
}

#define DATA_SHAPE "{filename: string, command: string}"
static const struct app_shape data_shapes[] = {
    {"ftp_data", "ftp_data: " DATA_SHAPE},
    {"alert", "ftp_data?: " DATA_SHAPE},
    {0},
};

/* What rules ask for stands in one direction, whoever opened the connection: as with Suricata. */
enum { COMMAND_STOR = 1, COMMAND_RETR };
static bool get_command(struct app_tx *tx, enum direction dir, unsigned index,
                        struct arena *scratch, struct bytes *out)
{
    const struct data_tx *t = (const struct data_tx *)tx;
    const char *wanted = dir == TO_SERVER ? "STOR" : "RETR";
    return index == 0 && strcmp(t->command, wanted) == 0 &&
           app_number_bytes(dir == TO_SERVER ? COMMAND_STOR : COMMAND_RETR, scratch, out);
}

static const struct app_word command_words[] = {
    {"stor", COMMAND_STOR}, {"retr", COMMAND_RETR}, {0}};
static const struct app_number command_number = {.max = COMMAND_RETR, .words = command_words};

#define WAYS (APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT)
/* clang-format off */
static const struct app_buffer data_buffers[] = {
    APP_BUFFER(FTP_DATA, "file.data", "file_data", "", WAYS | APP_BUFFER_MULTI | APP_BUFFER_GROWS | APP_BUFFER_APPENDS, 0, 0, app_file_get_good_part),
    APP_FILE_ROWS(FTP_DATA, WAYS),
    APP_NUMBER(FTP_DATA, "ftpdata_command", "", WAYS, 0, 0, get_command, &command_number),
    {0},
};
/* clang-format on */

static bool begins(unsigned transport, uint8_t first)
{
    (void)transport;
    (void)first;
    return false;
}

const struct app_parser app_parser_FTP_DATA = {
    .transports = APP_OVER_TCP,
    .complete = {DATA_DONE, DATA_DONE},
    .probe = data_probe,
    .begins = begins,
    .open = data_open,
    .close = data_close,
    .feed = data_feed,
    .tx_free = data_tx_free,
    .records = data_records,
    .alert_json = data_alert_json,
    .buffers = data_buffers,
    .shapes = data_shapes,
};
