/* ike.c - IKE, versions 1 and 2: one tx a message. */
#include "common/text.h"
#include "sensor/app/protocols/ike_state.h"

#define MESSAGE_MAX  65535u
#define MARKER_BYTES 4u

static const char *const events[IKE_EVENT_COUNT] = {
    [IKE_EVENT_MALFORMED_DATA] = "malformed_data",
    [IKE_EVENT_NO_ENCRYPTION] = "no_encryption",
    [IKE_EVENT_WEAK_CRYPTO_ENC] = "weak_crypto_enc",
    [IKE_EVENT_WEAK_CRYPTO_PRF] = "weak_crypto_prf",
    [IKE_EVENT_WEAK_CRYPTO_DH] = "weak_crypto_dh",
    [IKE_EVENT_WEAK_CRYPTO_AUTH] = "weak_crypto_auth",
    [IKE_EVENT_WEAK_CRYPTO_NO_DH] = "weak_crypto_no_dh",
    [IKE_EVENT_WEAK_CRYPTO_NO_AUTH] = "weak_crypto_no_auth",
    [IKE_EVENT_INVALID_PROPOSAL] = "invalid_proposal",
    [IKE_EVENT_UNKNOWN_PROPOSAL] = "unknown_proposal",
    [IKE_EVENT_PAYLOAD_EXTRA_DATA] = "payload_extra_data",
    [IKE_EVENT_MULTIPLE_SERVER_PROPOSAL] = "multiple_server_proposal",
};

/* Behind a NAT four zero bytes tell IKE from ESP, whose first four are never zero. */
static bool is_marked(struct bytes data)
{
    static const uint8_t marker[MARKER_BYTES] = {0};
    return bytes_starts(data, bytes_of(marker, sizeof marker));
}

static struct bytes without_marker(struct bytes data)
{
    return bytes_slice(data, is_marked(data) ? MARKER_BYTES : 0, SIZE_MAX);
}

static bool on_port(const struct app_endpoints *e, uint16_t port)
{
    return e->port[0] == port || e->port[1] == port;
}

static bool exchange_is_known(uint8_t major, uint8_t exchange)
{
    if (major == 2)
        return exchange >= 34 && exchange <= 37;
    return (exchange >= 1 && exchange <= 6) || exchange == 32 || exchange == 33;
}

static enum app_result ike_probe(const struct app_endpoints *e, enum direction dir,
                                 struct bytes data)
{
    struct bytes message = without_marker(data);
    struct cursor c = cursor_over(message);
    uint64_t initiator = cursor_u64(&c);
    cursor_skip(&c, 9);
    uint8_t version = cursor_u8(&c), exchange = cursor_u8(&c);
    cursor_skip(&c, 5);
    uint32_t length = cursor_u32(&c);
    (void)dir;
    if (!cursor_ok(&c) || (version >> 4 != 1 && version != 0x20))
        return APP_DECLINE;
    if (version >> 4 == 1 && on_port(e, 500))
        return APP_OK;
    return initiator && length == message.len && exchange_is_known(version >> 4, exchange) &&
                   (version & 15) == 0
               ? APP_OK
               : APP_DECLINE;
}

static void read_header(struct ike_tx *t)
{
    struct cursor c = cursor_over(app_text_bytes(&t->message));
    text_hex(cursor_take(&c, 8), t->initiator);
    text_hex(cursor_take(&c, 8), t->responder);
    t->first_payload = cursor_u8(&c);
    uint8_t version = cursor_u8(&c);
    t->major = version >> 4;
    t->minor = version & 15;
    t->exchange = cursor_u8(&c);
    t->flags = cursor_u8(&c);
    t->message_id = cursor_u32(&c);
}

static enum app_result ike_feed(void *state, const struct app_input *in)
{
    struct ike_state *s = state;
    struct bytes message = without_marker(in->data);
    if (!s->begun)
        s->marked = is_marked(in->data);
    s->begun = true;
    if (in->data.len <= 1 || s->marked != is_marked(in->data)) /* keeps a NAT's door open; ESP */
        return APP_OK;
    struct ike_tx *t = app_alloc(s->app, sizeof *t);
    t->state = s;
    t->dir = (uint8_t)in->dir;
    oneway_add(in, APP_IKE, &t->tx);
    app_text_add(s->app, &t->message, message, MESSAGE_MAX);
    if (message.len < IKE_HEADER_BYTES) {
        app_tx_event(&t->tx, IKE_EVENT_MALFORMED_DATA);
        return APP_OK;
    }
    read_header(t);
    if (t->major == 1)
        ike_v1_read(s, t);
    else if (t->major == 2)
        ike_v2_read(s, t);
    else
        app_tx_event(&t->tx, IKE_EVENT_MALFORMED_DATA);
    return APP_OK;
}

static void ike_tx_free(struct app *a, struct app_tx *tx)
{
    struct ike_tx *t = (struct ike_tx *)tx;
    app_text_free(a, &t->message);
    app_dealloc(a, t->transforms, IKE_TRANSFORMS_MAX * sizeof *t->transforms);
    app_dealloc(a, t, sizeof *t);
}

static void *ike_open(struct app *a, struct app_flow *f)
{
    struct ike_state *s = app_alloc(a, sizeof *s);
    (void)f;
    s->app = a;
    s->enc = 11; /* nothing chosen yet: no encryption */
    return s;
}

static void ike_close(struct app *a, void *state)
{
    struct ike_state *s = state;
    for (unsigned dir = 0; dir < 2; dir++) {
        app_text_free(a, &s->end[dir].key);
        app_text_free(a, &s->end[dir].nonce);
    }
    app_dealloc(a, s, sizeof *s);
}

const struct app_parser app_parser_IKE = {
    .transports = APP_OVER_UDP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .events = events,
    .event_count = IKE_EVENT_COUNT,
    .probe = ike_probe,
    .open = ike_open,
    .close = ike_close,
    .feed = ike_feed,
    .tx_free = ike_tx_free,
    .records = ike_records,
    .alert_json = ike_alert_json,
    .buffers = ike_buffers,
    .shapes = ike_shapes,
};
