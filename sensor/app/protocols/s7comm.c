/* s7comm.c - Siemens S7 over ISO-on-TCP: one tx a message, with what it does and not what it
 * writes. Source: RFC 1006, RFC 905; the rest is undocumented and was learnt from traffic. */
#include "sensor/app/protocols/framed.h"
#include "sensor/app/protocols/oneway.h"
#include <stdio.h>

#define PORT          102
#define TPKT_BYTES    4u
#define PACKET_LEAST  7u /* with the shortest transport header */
#define COTP_LEAST    2u /* what a transport header counts of itself */
#define COTP_DATA     0xf0
#define COTP_CONNECT  0xe0
#define COTP_CONFIRM  0xd0
#define S7_MAGIC      0x32
#define OPENING_LEAST 11u /* bytes of a packet that opens a connection */
#define OPENING_MOST  128u
#define KEPT_BYTES    64u /* enough for every header */

enum s7_rosctr { S7_JOB = 1, S7_ACK = 2, S7_ACK_DATA = 3, S7_USERDATA = 7 };
enum s7_event { S7_EVENT_MALFORMED_MESSAGE, S7_EVENT_COUNT };
static const char *const events[S7_EVENT_COUNT] = {
    [S7_EVENT_MALFORMED_MESSAGE] = "malformed_message",
};

struct s7_tx {
    struct app_tx tx;
    uint8_t dir, rosctr, function, items, error_class, error_code;
    uint8_t group, subfunction; /* of user data */
    bool has_function, has_items, has_error, has_group;
    uint16_t reference;
};

struct s7_state {
    struct framed framed[2];
    bool noisy[2]; /* between what is no packet and the next one */
};

/* The start of a packet of RFC 1006 that carries S7, by its magic. */
static enum app_result probe_packet(struct bytes data, uint8_t *type, uint16_t *length)
{
    static const uint8_t start[] = {3, 0};
    struct bytes first = bytes_slice(data, 0, sizeof start);
    struct cursor c = cursor_over(bytes_slice(data, sizeof start, SIZE_MAX));
    if (memcmp(first.p, start, first.len) != 0)
        return APP_DECLINE;
    *length = cursor_u16(&c);
    cursor_skip(&c, 1);
    *type = cursor_u8(&c);
    if (!cursor_ok(&c))
        return APP_MORE;
    if (*type != COTP_DATA)
        return APP_DECLINE;
    cursor_skip(&c, 1);
    uint8_t magic = cursor_u8(&c), rosctr = cursor_u8(&c);
    if (!cursor_ok(&c))
        return APP_MORE;
    return magic == S7_MAGIC && rosctr >= S7_JOB && rosctr <= S7_USERDATA ? APP_OK : APP_DECLINE;
}

/* Others use the transport as well: what follows its opening has to tell. */
static enum app_result s7_probe(const struct app_endpoints *e, enum direction dir,
                                struct bytes data)
{
    uint8_t type = 0;
    uint16_t length = 0;
    enum app_result r = probe_packet(data, &type, &length);
    bool opening = type == COTP_CONNECT || type == COTP_CONFIRM;
    (void)e;
    (void)dir;
    if (r != APP_DECLINE || !opening || length < OPENING_LEAST || length > OPENING_MOST)
        return r;
    if (data.len <= length)
        return APP_MORE;
    return probe_packet(bytes_slice(data, length, SIZE_MAX), &type, &length);
}

/* Picked up midway: the end with the port is the server. */
static bool s7_is_reversed(const struct app_endpoints *e, struct bytes data)
{
    return e->transport == 6 && e->port[0] == PORT && e->port[1] != PORT &&
           s7_probe(e, TO_CLIENT, data) == APP_OK;
}

/* A byte that begins no packet is a message of its own, the first time, and noise from then on. */
static int64_t s7_length(void *state, enum direction dir, struct bytes data)
{
    const struct s7_state *s = state;
    int64_t noise = s->noisy[dir] ? -1 : 1;
    if (data.p[0] != 3 || (data.len > 1 && data.p[1] != 0))
        return noise;
    if (data.len < PACKET_LEAST)
        return 0;
    uint16_t length = (uint16_t)(data.p[2] << 8 | data.p[3]);
    return length >= PACKET_LEAST && data.p[4] >= COTP_LEAST ? length : noise;
}

/* Head, method, kind and group, subfunction: what programmers and panels do. */
static void read_group(struct s7_tx *t, struct cursor *c)
{
    cursor_skip(c, 3 + 1 + 1);
    t->group = cursor_u8(c) & 0x0f;
    t->subfunction = cursor_u8(c);
    t->has_group = cursor_ok(c);
}

/* Header, function and, for reads and writes, how many items. */
static bool read_message(struct s7_tx *t, struct cursor *c)
{
    t->rosctr = cursor_u8(c);
    cursor_skip(c, 2);
    t->reference = cursor_u16(c);
    uint16_t parameters = cursor_u16(c);
    cursor_skip(c, 2);
    t->has_error = t->rosctr == S7_ACK || t->rosctr == S7_ACK_DATA;
    if (t->has_error) {
        t->error_class = cursor_u8(c);
        t->error_code = cursor_u8(c);
    }
    if (!cursor_ok(c) || parameters == 0)
        return cursor_ok(c);
    if (t->rosctr == S7_USERDATA) {
        read_group(t, c);
        return cursor_ok(c);
    }
    t->function = cursor_u8(c);
    t->has_function = true;
    t->has_items = parameters >= 2 && (t->function == 4 || t->function == 5);
    if (t->has_items)
        t->items = cursor_u8(c);
    return cursor_ok(c);
}

static struct s7_tx *tx_new(const struct app_input *in)
{
    struct s7_tx *t = app_alloc(in->app, sizeof *t);
    t->dir = (uint8_t)in->dir;
    oneway_add(in, APP_S7COMM, &t->tx);
    return t;
}

static bool s7_take(void *state, const struct app_input *in, struct bytes head, uint64_t length)
{
    struct s7_state *s = state;
    s->noisy[in->dir] = length < PACKET_LEAST;
    if (s->noisy[in->dir]) {
        app_tx_event(&tx_new(in)->tx, S7_EVENT_MALFORMED_MESSAGE);
        return true;
    }
    struct cursor c = cursor_over(bytes_slice(head, TPKT_BYTES, SIZE_MAX));
    size_t cotp = cursor_u8(&c);
    if (cursor_u8(&c) != COTP_DATA)
        return true;
    cursor_skip(&c, cotp >= 1 ? cotp - 1 : 0);
    if (cursor_left(&c) == 0 || cursor_u8(&c) != S7_MAGIC)
        return true; /* the newer protocol, or another user of the transport */
    struct s7_tx *t = tx_new(in);
    if (!read_message(t, &c)) {
        t->rosctr = 0;
        app_tx_event(&t->tx, S7_EVENT_MALFORMED_MESSAGE);
    }
    return true;
}

static bool is_start(void *state, const struct app_input *in, struct bytes data)
{
    (void)state;
    return s7_probe(app_flow_endpoints(in->flow), in->dir, data) == APP_OK;
}

static const struct framed_kind packets = {
    .keep_bytes = KEPT_BYTES, .length = s7_length, .take = s7_take, .is_start = is_start};

static enum app_result s7_feed(void *state, const struct app_input *in)
{
    struct s7_state *s = state;
    return framed_feed(&s->framed[in->dir], &packets, s, in) ? APP_OK : APP_BROKEN;
}

static void *s7_open(struct app *a, struct app_flow *f)
{
    (void)f;
    return app_alloc(a, sizeof(struct s7_state));
}

static void s7_close(struct app *a, void *state)
{
    struct s7_state *s = state;
    framed_release_both(s->framed, a);
    app_dealloc(a, s, sizeof *s);
}

static void s7_tx_free(struct app *a, struct app_tx *tx)
{
    app_dealloc(a, tx, sizeof(struct s7_tx));
}

/* ---- records ---- */

static const char *rosctr_name(uint8_t rosctr)
{
    switch (rosctr) {
    case S7_JOB:
        return "job";
    case S7_ACK:
        return "ack";
    case S7_ACK_DATA:
        return "ack_data";
    case S7_USERDATA:
        return "userdata";
    default:
        return "unknown";
    }
}

static const char *function_name(uint8_t function)
{
    switch (function) {
    case 0x00:
        return "cpu_services";
    case 0x04:
        return "read_var";
    case 0x05:
        return "write_var";
    case 0x1a:
        return "request_download";
    case 0x1b:
        return "download_block";
    case 0x1c:
        return "download_ended";
    case 0x1d:
        return "start_upload";
    case 0x1e:
        return "upload";
    case 0x1f:
        return "end_upload";
    case 0x28:
        return "plc_control";
    case 0x29:
        return "plc_stop";
    case 0xf0:
        return "setup_communication";
    default:
        return "unknown";
    }
}

static const char *group_name(uint8_t group)
{
    static const char *const names[] = {
        "mode_transition", "programmer", "cyclic", "block", "cpu", "security", "block_send", "time",
    };
    if (group == 0x0f)
        return "nc_programming";
    return group < sizeof names / sizeof *names ? names[group] : "unknown";
}

static void s7_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct s7_tx *t = (const struct s7_tx *)tx;
    if (t->rosctr == 0)
        return;
    json_object(j, "s7comm");
    json_strz(j, "rosctr", rosctr_name(t->rosctr));
    json_u64(j, "pdu_reference", t->reference);
    if (t->has_function) {
        json_u64(j, "function_code", t->function);
        json_strz(j, "function", function_name(t->function));
    }
    if (t->has_group) {
        json_strz(j, "function_group", group_name(t->group));
        json_u64(j, "subfunction", t->subfunction);
    }
    if (t->has_items)
        json_u64(j, "item_count", t->items);
    if (t->has_error) {
        json_u64(j, "error_class", t->error_class);
        json_u64(j, "error_code", t->error_code);
    }
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    s7_alert_json(tx, j);
}

static void s7_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct s7_tx *t = (const struct s7_tx *)tx;
    struct app_record r = {.event_type = "s7comm", .dir = (enum direction)t->dir, .encode = encode};
    app_record_once(tx, last, t->rosctr, &r, emit, ctx);
}

#define S7_SHAPE                                                                                   \
    "{rosctr: string, pdu_reference: uint, function_code?: uint, function?: string, "              \
    "item_count?: uint, error_class?: uint, error_code?: uint}"
static const struct app_shape s7_shapes[] = {
    {"s7comm", "s7comm: " S7_SHAPE},
    {"alert", "s7comm?: " S7_SHAPE},
    {0},
};

const struct app_parser app_parser_S7COMM = {
    .transports = APP_OVER_TCP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .events = events,
    .event_count = S7_EVENT_COUNT,
    .probe = s7_probe,
    .is_reversed = s7_is_reversed,
    .open = s7_open,
    .close = s7_close,
    .feed = s7_feed,
    .tx_free = s7_tx_free,
    .records = s7_records,
    .alert_json = s7_alert_json,
    .shapes = s7_shapes,
};
