/* ntp.c - NTP: who asks for the time, and who asks a server about itself. RFC 5905, RFC 9327.
 *
 * As in Suricata a tx is what asks, shown with the fields its later versions show; answers are left
 * to the flow's record. Answers to questions that nobody asked, of the kinds that floods are made
 * of by asking in another's name, are an event. */
#include "sensor/app/protocols/oneway.h"

#define NTP_PORT          123
#define NTP_MESSAGE_BYTES 48u
#define NTP_CONTROL_BYTES 12u
#define NTP_PRIVATE_BYTES 8u /* ntpd's mode 7 */

enum ntp_mode { NTP_SYMMETRIC_ACTIVE = 1, NTP_CLIENT = 3, NTP_CONTROL = 6, NTP_PRIVATE = 7 };

enum ntp_event {
    NTP_EVENT_UNSOLICITED_RESPONSE,
    NTP_EVENT_MALFORMED_DATA,
    NTP_EVENT_NOT_REQUEST,
    NTP_EVENT_NOT_RESPONSE,
    NTP_EVENT_COUNT
};
static const char *const events[NTP_EVENT_COUNT] = {
    [NTP_EVENT_UNSOLICITED_RESPONSE] = "unsolicited_response",
    [NTP_EVENT_MALFORMED_DATA] = "malformed_data",
    [NTP_EVENT_NOT_REQUEST] = "not_request",
    [NTP_EVENT_NOT_RESPONSE] = "not_response",
};

struct ntp_tx {
    struct app_tx tx;
    uint8_t dir, version, mode;
    uint8_t stratum, code; /* code: what is asked of the server about itself */
    uint32_t reference_id;
    bool shown;
};

struct ntp_state {
    bool asked, told; /* about the server; told: without having been asked, and said so */
};

static unsigned mode_of(struct bytes data)
{
    return data.len ? data.p[0] & 7 : 0;
}

static bool is_whole(struct bytes data)
{
    unsigned version = data.len ? data.p[0] >> 3 & 7 : 0, mode = mode_of(data);
    size_t least = mode == NTP_CONTROL   ? NTP_CONTROL_BYTES
                   : mode == NTP_PRIVATE ? NTP_PRIVATE_BYTES
                                         : NTP_MESSAGE_BYTES;
    return version >= 1 && version <= 4 && data.len >= least;
}

static enum app_result ntp_probe(const struct app_endpoints *e, enum direction dir,
                                 struct bytes data)
{
    (void)dir;
    if (e->port[0] != NTP_PORT && e->port[1] != NTP_PORT)
        return APP_DECLINE;
    return is_whole(data) ? APP_OK : APP_DECLINE;
}

static struct ntp_tx *tx_new(const struct app_input *in)
{
    struct ntp_tx *t = app_alloc(in->app, sizeof *t);
    t->dir = (uint8_t)in->dir;
    oneway_add(in, APP_NTP, &t->tx);
    return t;
}

/* Control messages have an operation in their second byte, ntpd's own a request in their fourth. */
static void take_question(const struct app_input *in, unsigned mode)
{
    struct ntp_tx *t = tx_new(in);
    struct cursor c = cursor_over(in->data);
    t->shown = true;
    t->mode = (uint8_t)mode;
    t->version = cursor_u8(&c) >> 3 & 7;
    t->stratum = cursor_u8(&c);
    t->code = mode == NTP_CONTROL ? t->stratum & 0x1f : in->data.p[3];
    cursor_skip(&c, 10);
    t->reference_id = cursor_u32(&c);
}

static void take_about(struct ntp_state *s, const struct app_input *in, unsigned mode)
{
    bool answer = (mode == NTP_CONTROL ? in->data.p[1] : in->data.p[0]) & 0x80;
    if (!answer) {
        s->asked = true;
        take_question(in, mode);
    } else if (!s->asked && !s->told) {
        s->told = true;
        app_tx_event(&tx_new(in)->tx, NTP_EVENT_UNSOLICITED_RESPONSE);
    }
}

static enum app_result ntp_feed(void *state, const struct app_input *in)
{
    unsigned mode = mode_of(in->data);
    if (in->data.len == 0)
        return APP_OK;
    if (!is_whole(in->data))
        app_tx_event(&tx_new(in)->tx, NTP_EVENT_MALFORMED_DATA);
    else if (mode == NTP_CONTROL || mode == NTP_PRIVATE)
        take_about(state, in, mode);
    else if (mode == NTP_CLIENT || mode == NTP_SYMMETRIC_ACTIVE)
        take_question(in, mode);
    return APP_OK;
}

static void *ntp_open(struct app *a, struct app_flow *f)
{
    (void)f;
    return app_alloc(a, sizeof(struct ntp_state));
}

static void ntp_close(struct app *a, void *state)
{
    app_dealloc(a, state, sizeof(struct ntp_state));
}

static void ntp_tx_free(struct app *a, struct app_tx *tx)
{
    app_dealloc(a, tx, sizeof(struct ntp_tx));
}

/* ---- records ---- */

static void ntp_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct ntp_tx *t = (const struct ntp_tx *)tx;
    if (!t->shown)
        return;
    json_object(j, "ntp");
    json_u64(j, "version", t->version);
    json_u64(j, "mode", t->mode);
    if (t->mode == NTP_CONTROL) {
        json_u64(j, "opcode", t->code);
    } else if (t->mode == NTP_PRIVATE) {
        json_u64(j, "request_code", t->code);
    } else {
        json_u64(j, "stratum", t->stratum);
        json_u64(j, "reference_id", t->reference_id);
    }
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    ntp_alert_json(tx, j);
}

static void ntp_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct ntp_tx *t = (const struct ntp_tx *)tx;
    struct app_record r = {.event_type = "ntp", .dir = (enum direction)t->dir, .encode = encode};
    app_record_once(tx, last, t->shown, &r, emit, ctx);
}

#define NTP_SHAPE                                                                                  \
    "{version: uint, mode: uint, stratum?: uint, reference_id?: uint, opcode?: uint, "             \
    "request_code?: uint}"
static const struct app_shape ntp_shapes[] = {
    {"ntp", "ntp: " NTP_SHAPE},
    {"alert", "ntp?: " NTP_SHAPE},
    {0},
};

static bool begins(unsigned transport, uint8_t first)
{
    (void)transport;
    (void)first;
    return false;
}

const struct app_parser app_parser_NTP = {
    .transports = APP_OVER_UDP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .events = events,
    .event_count = NTP_EVENT_COUNT,
    .probe = ntp_probe,
    .begins = begins,
    .ports = {NTP_PORT},
    .open = ntp_open,
    .close = ntp_close,
    .feed = ntp_feed,
    .tx_free = ntp_tx_free,
    .records = ntp_records,
    .alert_json = ntp_alert_json,
    .shapes = ntp_shapes,
};
