/* tftp.c - TFTP: one tx for each read or write request. RFC 1350.
 *
 * What is transferred goes between other ports and belongs to another flow. */
#include "sensor/app/protocols/oneway.h"

#define TFTP_PORT       69
#define TFTP_READ       1
#define TFTP_WRITE      2
#define TFTP_OPCODE_MAX 6 /* option acknowledgement, RFC 2347 */
/* Longest kept of a file's name; a request is at most 512 bytes long. */
#define NAME_MAX_BYTES 512u
#define MODE_MAX_BYTES 8u /* "netascii" */

enum tftp_event { TFTP_EVENT_MALFORMED_REQUEST, TFTP_EVENT_COUNT };
static const char *const events[TFTP_EVENT_COUNT] = {
    [TFTP_EVENT_MALFORMED_REQUEST] = "malformed_request",
};

struct tftp_tx {
    struct app_tx tx;
    struct app_text file;
    char mode[MODE_MAX_BYTES + 1]; /* in lower case */
    uint8_t opcode, dir;
};

static uint16_t opcode_of(struct bytes data)
{
    struct cursor c = cursor_over(data);
    return cursor_u16(&c);
}

static enum app_result tftp_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    uint16_t opcode = opcode_of(data);
    (void)dir;
    if (e->port[0] != TFTP_PORT && e->port[1] != TFTP_PORT)
        return APP_DECLINE;
    return data.len >= 4 && opcode >= TFTP_READ && opcode <= TFTP_OPCODE_MAX ? APP_OK : APP_DECLINE;
}

/* Bytes up to a NUL, which is passed over; false when there is none. */
static bool take_text(struct cursor *c, struct bytes *out)
{
    const uint8_t *nul = cursor_left(c) ? memchr(c->at, 0, cursor_left(c)) : NULL;
    if (!nul)
        return false;
    *out = cursor_take(c, (size_t)(nul - c->at));
    cursor_skip(c, 1);
    return true;
}

static bool take_mode(struct tftp_tx *t, struct bytes mode)
{
    static const char *const modes[] = {"netascii", "octet", "mail"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (!bytes_ieq(mode, bytes_str(modes[i])))
            continue;
        memcpy(t->mode, modes[i], mode.len);
        return true;
    }
    return false;
}

static enum app_result tftp_feed(void *state, const struct app_input *in)
{
    struct cursor c = cursor_over(in->data);
    struct bytes file, mode;
    uint16_t opcode = cursor_u16(&c);
    (void)state;
    if (opcode != TFTP_READ && opcode != TFTP_WRITE)
        return APP_OK;
    struct tftp_tx *t = app_alloc(in->app, sizeof *t);
    t->opcode = (uint8_t)opcode;
    t->dir = (uint8_t)in->dir;
    oneway_add(in, APP_TFTP, &t->tx);
    if (take_text(&c, &file) && take_text(&c, &mode) && take_mode(t, mode))
        app_text_add(in->app, &t->file, file, NAME_MAX_BYTES);
    else
        app_tx_event(&t->tx, TFTP_EVENT_MALFORMED_REQUEST);
    return APP_OK;
}

static void tftp_tx_free(struct app *a, struct app_tx *tx)
{
    struct tftp_tx *t = (struct tftp_tx *)tx;
    app_text_free(a, &t->file);
    app_dealloc(a, t, sizeof *t);
}

/* ---- records ---- */

static void tftp_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct tftp_tx *t = (const struct tftp_tx *)tx;
    if (!t->mode[0])
        return;
    json_object(j, "tftp");
    json_strz(j, "packet", t->opcode == TFTP_READ ? "read" : "write");
    json_str(j, "file", app_text_bytes(&t->file));
    json_strz(j, "mode", t->mode);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    tftp_alert_json(tx, j);
}

static void tftp_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct tftp_tx *t = (const struct tftp_tx *)tx;
    struct app_record r = {.event_type = "tftp", .dir = (enum direction)t->dir, .encode = encode};
    (void)last;
    if (t->mode[0])
        oneway_record(tx, &r, emit, ctx);
    tx->logged = 1;
}

#define TFTP_SHAPE "{packet: string, file: string, mode: string}"
static const struct app_shape tftp_shapes[] = {
    {"tftp", "tftp: " TFTP_SHAPE},
    {"alert", "tftp?: " TFTP_SHAPE},
    {0},
};

const struct app_parser app_parser_TFTP = {
    .transports = APP_OVER_UDP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .events = events,
    .event_count = TFTP_EVENT_COUNT,
    .probe = tftp_probe,
    .open = oneway_open,
    .close = oneway_close,
    .feed = tftp_feed,
    .tx_free = tftp_tx_free,
    .records = tftp_records,
    .alert_json = tftp_alert_json,
    .shapes = tftp_shapes,
};
