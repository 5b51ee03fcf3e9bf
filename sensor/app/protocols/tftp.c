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

enum tftp_event { TFTP_EVENT_MALFORMED_REQUEST, TFTP_EVENT_COUNT };
static const char *const events[TFTP_EVENT_COUNT] = {
    [TFTP_EVENT_MALFORMED_REQUEST] = "malformed_request",
};

struct tftp_tx {
    struct app_tx tx;
    struct app_text file;
    const char *mode; /* NULL: none that there is */
    uint8_t opcode, dir;
};

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

/* The name of a mode in lower case, or NULL. */
static const char *mode_of(struct bytes mode)
{
    static const char *const modes[] = {"netascii", "octet", "mail"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (bytes_ieq(mode, bytes_str(modes[i])))
            return modes[i];
    return NULL;
}

static bool is_printable(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] < ' ' || text.p[i] == 0x7f)
            return false;
    return text.len > 0;
}

/* A request from front to back: a name, a mode, and options in pairs (RFC 2347). */
static bool is_whole_request(struct bytes data)
{
    struct cursor c = cursor_over(data);
    uint16_t opcode = cursor_u16(&c);
    struct bytes text;
    unsigned options = 0;
    if ((opcode != TFTP_READ && opcode != TFTP_WRITE) || !take_text(&c, &text) ||
        !is_printable(text) || !take_text(&c, &text) || !mode_of(text))
        return false;
    for (; take_text(&c, &text); options++)
        if (!is_printable(text))
            return false;
    return cursor_left(&c) == 0 && options % 2 == 0;
}

static enum app_result tftp_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    struct cursor c = cursor_over(data);
    uint16_t opcode = cursor_u16(&c);
    (void)dir;
    if (e->port[0] != TFTP_PORT && e->port[1] != TFTP_PORT)
        return is_whole_request(data) ? APP_OK : APP_DECLINE;
    return data.len >= 4 && opcode >= TFTP_READ && opcode <= TFTP_OPCODE_MAX ? APP_OK : APP_DECLINE;
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
    if (take_text(&c, &file) && take_text(&c, &mode))
        t->mode = mode_of(mode);
    if (t->mode)
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
    if (!t->mode)
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
    app_record_once(tx, last, t->mode, &r, emit, ctx);
}

#define TFTP_SHAPE "{packet: string, file: string, mode: string}"
static const struct app_shape tftp_shapes[] = {
    {"tftp", "tftp: " TFTP_SHAPE},
    {"alert", "tftp?: " TFTP_SHAPE},
    {0},
};

static bool begins(unsigned transport, uint8_t first)
{
    (void)transport;
    return first == 0;
}

const struct app_parser app_parser_TFTP = {
    .transports = APP_OVER_UDP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .events = events,
    .event_count = TFTP_EVENT_COUNT,
    .probe = tftp_probe,
    .begins = begins,
    .ports = {TFTP_PORT},
    .open = oneway_open,
    .close = oneway_close,
    .feed = tftp_feed,
    .tx_free = tftp_tx_free,
    .records = tftp_records,
    .alert_json = tftp_alert_json,
    .shapes = tftp_shapes,
};
