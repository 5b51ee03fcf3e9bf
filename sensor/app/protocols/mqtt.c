/* mqtt.c - MQTT: a request and what settles it are one tx; everything else is a tx of its own.
 *
 * Source: OASIS MQTT 3.1.1 and 5.0; what belongs together, and when it is odd, as in Suricata 7. */
#include "sensor/app/protocols/framed.h"
#include "sensor/app/protocols/mqtt_state.h"

#define PORT        1883
#define WAITING_MAX 256 /* requests not settled; then the oldest counts as done */
#define VARINT_MAX  4

enum mqtt_event {
    MISSING_CONNECT,
    MISSING_PUBLISH,
    MISSING_SUBSCRIBE,
    MISSING_UNSUBSCRIBE,
    DOUBLE_CONNECT,
    UNINTRODUCED_MESSAGE,
    INVALID_QOS_LEVEL,
    MISSING_MSG_ID,
    UNASSIGNED_MSG_TYPE,
    TOO_MANY_TRANSACTIONS,
    MALFORMED_TRAFFIC,
    EVENT_COUNT
};
static const char *const events[EVENT_COUNT] = {
    "missing_connect",     "missing_publish",       "missing_subscribe", "missing_unsubscribe",
    "double_connect",      "unintroduced_message",  "invalid_qos_level", "missing_msg_id",
    "unassigned_msg_type", "too_many_transactions", "malformed_traffic"};

/* Suricata's: a message, its first two bytes, and what follows them. */
enum mqtt_frame { PDU, HEADER, DATA };
static const char *const frames[] = {"pdu", "header", "data", NULL};

struct mqtt_state {
    struct app *app;
    struct app_flow *flow;
    struct framed side[2];
    uint8_t version;
    bool connected;
};

/* ---- transactions ---- */

static void settle(struct mqtt_state *s, struct mqtt_tx *t)
{
    t->packet_id = -1;
    app_tx_advance(s->flow, &t->tx, TO_SERVER, MQTT_DONE);
    app_tx_advance(s->flow, &t->tx, TO_CLIENT, MQTT_DONE);
}

/* The oldest request that waits for packet_id (-1: for anything); counts those that wait. */
static struct mqtt_tx *find_waiting(const struct mqtt_state *s, int64_t packet_id,
                                    unsigned *waiting)
{
    struct mqtt_tx *found = NULL;
    *waiting = 0;
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct mqtt_tx *t = (struct mqtt_tx *)tx;
        if (tx->proto != APP_MQTT || app_tx_is_done(tx))
            continue;
        ++*waiting;
        if (!found && (packet_id < 0 || t->packet_id == packet_id))
            found = t;
    }
    return found;
}

static struct mqtt_tx *new_tx(struct mqtt_state *s, const struct app_input *in)
{
    unsigned waiting;
    struct mqtt_tx *oldest = find_waiting(s, -1, &waiting);
    if (waiting >= WAITING_MAX) {
        app_tx_event(&oldest->tx, TOO_MANY_TRANSACTIONS);
        settle(s, oldest);
    }
    struct mqtt_tx *t = app_alloc(s->app, sizeof *t);
    t->packet_id = -1;
    t->dir = in->dir;
    t->hide_passwords = app_options(s->app)->hide_passwords;
    app_tx_add(s->app, s->flow, APP_MQTT, &t->tx, in->ts_us);
    t->tx.inspected[OTHER(in->dir)] = true;
    app_tx_advance(s->flow, &t->tx, OTHER(in->dir), MQTT_DONE);
    return t;
}

static void mqtt_tx_free(struct app *a, struct app_tx *tx)
{
    struct mqtt_tx *t = (struct mqtt_tx *)tx;
    for (unsigned i = 0; i < t->count; i++)
        app_text_free(a, &t->messages[i].body);
    app_dealloc(a, t, sizeof *t);
}

/* t takes over what m holds. Rules look at it in the direction of its first message only, as in
 * Suricata. */
static void add_message(struct mqtt_state *s, struct mqtt_tx *t, struct mqtt_message *m,
                        enum direction dir)
{
    if (t->count == MQTT_TX_MESSAGES) {
        app_text_free(s->app, &m->body);
        return;
    }
    t->messages[t->count++] = *m;
    app_flow_touch(s->flow, dir);
}

/* ---- what a message means ---- */

static void take_request(struct mqtt_state *s, const struct app_input *in, struct mqtt_message *m,
                         const struct mqtt_reader *r)
{
    struct mqtt_tx *t = new_tx(s, in);
    unsigned qos = m->flags >> 1 & 3;
    bool has_id = m->type != MQTT_PUBLISH || qos > 0;
    add_message(s, t, m, in->dir);
    if (!s->connected)
        app_tx_event(&t->tx, UNINTRODUCED_MESSAGE);
    if (qos > 2)
        app_tx_event(&t->tx, INVALID_QOS_LEVEL);
    else if (qos > 0 && !has_id)
        app_tx_event(&t->tx, MISSING_MSG_ID);
    if (qos == 0)
        settle(s, t);
    else if (qos <= 2)
        t->packet_id = r->packet_id;
}

static void take_connect(struct mqtt_state *s, const struct app_input *in, struct mqtt_message *m,
                         const struct mqtt_reader *r)
{
    struct mqtt_tx *t = new_tx(s, in);
    add_message(s, t, m, in->dir);
    s->version = r->version;
    t->packet_id = MQTT_CONNECT_ID;
    if (s->connected)
        app_tx_event(&t->tx, DOUBLE_CONNECT);
}

/* An answer to what has packet_id; without it, the event `missing`. */
static void take_answer(struct mqtt_state *s, const struct app_input *in, struct mqtt_message *m,
                        int64_t packet_id, bool settles, enum mqtt_event missing)
{
    unsigned waiting;
    struct mqtt_tx *t = find_waiting(s, packet_id, &waiting);
    if (!t) {
        t = new_tx(s, in);
        add_message(s, t, m, in->dir);
        app_tx_event(&t->tx, (uint16_t)missing);
        if (!s->connected && missing != MISSING_CONNECT)
            app_tx_event(&t->tx, UNINTRODUCED_MESSAGE);
        settle(s, t);
        return;
    }
    add_message(s, t, m, in->dir);
    s->connected |= m->type == MQTT_CONNACK;
    if (settles)
        settle(s, t);
}

/* Messages that stand alone, one of no known type, and one too long to be read. */
static void take_single(struct mqtt_state *s, const struct app_input *in, struct mqtt_message *m)
{
    struct mqtt_tx *t = new_tx(s, in);
    add_message(s, t, m, in->dir);
    if (m->type == 0)
        app_tx_event(&t->tx, UNASSIGNED_MSG_TYPE);
    else if (!s->connected && !m->cut_bytes)
        app_tx_event(&t->tx, UNINTRODUCED_MESSAGE);
    settle(s, t);
}

static void take_message(struct mqtt_state *s, const struct app_input *in, struct mqtt_message *m,
                         const struct mqtt_reader *r)
{
    if (m->cut_bytes) {
        take_single(s, in, m);
        return;
    }
    switch (m->type) {
    case MQTT_CONNECT:
        take_connect(s, in, m, r);
        break;
    case MQTT_CONNACK:
        take_answer(s, in, m, MQTT_CONNECT_ID, true, MISSING_CONNECT);
        break;
    case MQTT_PUBLISH:
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE:
        take_request(s, in, m, r);
        break;
    case MQTT_PUBREC:
    case MQTT_PUBREL:
        take_answer(s, in, m, r->packet_id, false, MISSING_PUBLISH);
        break;
    case MQTT_PUBACK:
    case MQTT_PUBCOMP:
        take_answer(s, in, m, r->packet_id, true, MISSING_PUBLISH);
        break;
    case MQTT_SUBACK:
        take_answer(s, in, m, r->packet_id, true, MISSING_SUBSCRIBE);
        break;
    case MQTT_UNSUBACK:
        take_answer(s, in, m, r->packet_id, true, MISSING_UNSUBSCRIBE);
        break;
    default:
        take_single(s, in, m);
        break;
    }
}

/* ---- framing ---- */

/* Bytes of the fixed header; 0: more are needed; -1: no length is written so. */
static int header_bytes(struct bytes data, uint64_t *body_bytes)
{
    *body_bytes = 0;
    for (unsigned i = 1; i < data.len && i <= VARINT_MAX; i++) {
        *body_bytes |= (uint64_t)(data.p[i] & 0x7f) << (7 * (i - 1));
        if (!(data.p[i] & 0x80))
            return (int)i + 1;
    }
    return data.len > VARINT_MAX ? -1 : 0;
}

/* What cannot be a header goes to take() as it is, which says so. */
static int64_t message_length(void *state, enum direction dir, struct bytes data)
{
    uint64_t body;
    int header = header_bytes(data, &body);
    (void)state;
    (void)dir;
    return header < 0 ? VARINT_MAX + 1 : header == 0 ? 0 : header + (int64_t)body;
}

static void malformed(struct mqtt_state *s, const struct app_input *in)
{
    struct mqtt_tx *t = new_tx(s, in);
    app_tx_event(&t->tx, MALFORMED_TRAFFIC);
    settle(s, t);
}

static void point_out(const struct mqtt_state *s, const struct app_input *in, struct bytes head,
                      uint64_t length)
{
    uint64_t at = s->side[in->dir].offset;
    app_frame_add(in, APP_MQTT, PDU, at, (int64_t)length, head);
    app_frame_add(in, APP_MQTT, HEADER, at, 2, head);
    app_frame_add(in, APP_MQTT, DATA, at + 2, (int64_t)length - 2, bytes_slice(head, 2, SIZE_MAX));
}

/* A message that makes no sense ends where it says. Without an end nothing tells what follows, and
 * whoever reads it hangs up. */
static bool take(void *state, const struct app_input *in, struct bytes head, uint64_t length)
{
    struct mqtt_state *s = state;
    uint64_t body_bytes;
    int header = header_bytes(head, &body_bytes);
    if (header < 0) {
        malformed(s, in);
        return false;
    }
    point_out(s, in, head, length);
    struct mqtt_message m = {
        .type = head.p[0] >> 4, .flags = head.p[0] & 0xf, .version = s->version};
    struct mqtt_reader r = {0};
    if (length > MQTT_MESSAGE_MAX)
        m.cut_bytes = length;
    else
        app_text_add(s->app, &m.body, bytes_slice(head, (size_t)header, SIZE_MAX),
                     MQTT_MESSAGE_MAX);
    if (!m.cut_bytes && !mqtt_read(&r, &m)) {
        app_text_free(s->app, &m.body);
        malformed(s, in);
        return true;
    }
    take_message(s, in, &m, &r);
    return true;
}

/* A type that has a meaning with the flags that belong to it (3.1.1, 2.2.2). */
static bool is_plausible_header(struct bytes data)
{
    uint64_t body;
    uint8_t type = data.p[0] >> 4, flags = data.p[0] & 0xf;
    bool fixed = type == MQTT_PUBREL || type == MQTT_SUBSCRIBE || type == MQTT_UNSUBSCRIBE;
    if (header_bytes(data, &body) < 0 || type == 0)
        return false;
    return type == MQTT_PUBLISH ? (flags & 6) != 6 : flags == (fixed ? 2 : 0);
}

/* A name without controls and wildcards, as messages are sent to. */
static bool begins_with_topic(struct bytes body)
{
    struct cursor c = cursor_over(body);
    struct bytes topic = cursor_take(&c, cursor_u16(&c));
    for (size_t i = 0; i < topic.len; i++)
        if (topic.p[i] < ' ' || topic.p[i] == '#' || topic.p[i] == '+')
            return false;
    return topic.len > 0;
}

/* After a gap many a byte looks like a header, and a false one hides what comes for as long as it
 * says: a whole message has to be there and something that may follow it, or the start of one with
 * a topic. */
static bool is_start(void *state, const struct app_input *in, struct bytes data)
{
    uint64_t body;
    (void)state;
    (void)in;
    if (!is_plausible_header(data))
        return false;
    int header = header_bytes(data, &body);
    if (header == 0)
        return false;
    struct bytes rest = bytes_slice(data, (size_t)header, SIZE_MAX);
    if (data.p[0] >> 4 == MQTT_PUBLISH && body > rest.len)
        return begins_with_topic(rest);
    struct bytes next = bytes_slice(rest, body, SIZE_MAX);
    return body <= rest.len && (next.len == 0 || is_plausible_header(next));
}

static const struct framed_kind kind = {
    .keep_bytes = MQTT_MESSAGE_MAX, .length = message_length, .take = take, .is_start = is_start};

/* ---- the flow ---- */

static void *mqtt_open(struct app *a, struct app_flow *f)
{
    struct mqtt_state *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    return s;
}

static void mqtt_close(struct app *a, void *state)
{
    struct mqtt_state *s = state;
    framed_release_both(s->side, a);
    app_dealloc(a, s, sizeof *s);
}

static enum app_result mqtt_feed(void *state, const struct app_input *in)
{
    struct mqtt_state *s = state;
    return framed_feed(&s->side[in->dir], &kind, s, in) ? APP_OK : APP_BROKEN;
}

/* CONNECT names the protocol, on any port; on its own port any header that has a meaning will do.
 */
static enum app_result mqtt_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    static const struct bytes names[] = {BYTES_LIT("\x00\x04MQTT"), BYTES_LIT("\x00\x06MQIsdp")};
    uint64_t body;
    if (data.len == 0)
        return APP_MORE;
    int header = header_bytes(data, &body);
    if (e->port[0] == PORT || e->port[1] == PORT) { /* a flow picked up late may stand reversed */
        bool known = data.p[0] >> 4 != 0 && (data.p[0] & 6) != 6 && header >= 0;
        return !known ? APP_DECLINE : header == 0 ? APP_MORE : APP_OK;
    }
    if (dir != TO_SERVER || data.p[0] != 0x10 || header < 0)
        return APP_DECLINE;
    struct bytes name = bytes_slice(data, (size_t)header, SIZE_MAX);
    for (size_t i = 0; header > 0 && i < 2; i++) {
        size_t n = name.len < names[i].len ? name.len : names[i].len;
        if (memcmp(name.p, names[i].p, n) == 0)
            return n == names[i].len ? APP_OK : APP_MORE;
    }
    return header > 0 ? APP_DECLINE : APP_MORE;
}

/* Picked up midway: the end with the port is the server. */
static bool mqtt_is_reversed(const struct app_endpoints *e, struct bytes data)
{
    return e->transport == 6 && e->port[0] == PORT && e->port[1] != PORT &&
           is_plausible_header(data);
}

const struct app_parser app_parser_MQTT = {
    .transports = APP_OVER_TCP,
    .complete = {MQTT_DONE, MQTT_DONE},
    .events = events,
    .event_count = EVENT_COUNT,
    .frames = frames,
    .probe = mqtt_probe,
    .is_reversed = mqtt_is_reversed,
    .open = mqtt_open,
    .close = mqtt_close,
    .feed = mqtt_feed,
    .tx_free = mqtt_tx_free,
    .records = mqtt_records,
    .alert_json = mqtt_alert_json,
    .buffers = mqtt_buffers,
    .shapes = mqtt_shapes,
};
