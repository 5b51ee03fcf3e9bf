/* bittorrent_dht.c - BitTorrent's distributed hash table: one tx a datagram.
 *
 * Source: BEP 5 and BEP 32 (IPv6); told by how queries begin, and shown, as in Suricata 7;
 * answers tell it too, where they are what is seen first. */
#include "sensor/app/protocols/bencode.h"
#include "sensor/app/protocols/oneway.h"

#define MESSAGE_MAX 65535u
#define DEPTH_MAX   3u
#define PEERS_MAX   256u /* shown of one message, of each kind */

enum dht_event { DHT_MALFORMED_PACKET, DHT_EVENT_COUNT };
static const char *const events[DHT_EVENT_COUNT] = {[DHT_MALFORMED_PACKET] = "malformed_packet"};

struct dht_message { /* views into the datagram */
    struct bytes type, query, transaction, version;
    bool has_arguments, has_result, has_error, has_implied, has_port;
    struct bytes id, target, info_hash, token, nodes, nodes6, values;
    int64_t implied_port, port, error;
    struct bytes error_text;
};

struct dht_tx {
    struct app_tx tx;
    struct app_text text;
    struct dht_message message;
    bool whole;
    uint8_t dir;
};

static enum app_result dht_probe(const struct app_endpoints *e, enum direction dir,
                                 struct bytes data)
{
    (void)e;
    (void)dir;
    bool is_query = bytes_starts(data, BYTES_LIT("d1:ad2:id20:")),
         is_answer = bytes_starts(data, BYTES_LIT("d1:rd2:id20:"));
    return is_query || is_answer ? APP_OK : APP_DECLINE;
}

/* ---- a message ---- */

static bool take_text(const struct bencode *v, struct bytes *out)
{
    *out = v->body;
    return v->kind == BENCODE_TEXT;
}

static bool take_number(const struct bencode *v, int64_t max, int64_t *out)
{
    *out = v->number;
    return v->kind == BENCODE_NUMBER && v->number >= 0 && v->number <= max;
}

static bool is(struct bytes key, const char *name)
{
    return bytes_eq(key, bytes_str(name));
}

static bool take_argument(struct dht_message *m, struct bytes key, const struct bencode *v)
{
    if (is(key, "id"))
        return take_text(v, &m->id);
    if (is(key, "target"))
        return take_text(v, &m->target);
    if (is(key, "info_hash"))
        return take_text(v, &m->info_hash);
    if (is(key, "token"))
        return take_text(v, &m->token);
    if (is(key, "implied_port"))
        return m->has_implied = take_number(v, UINT8_MAX, &m->implied_port);
    if (is(key, "port"))
        return m->has_port = take_number(v, UINT16_MAX, &m->port);
    return true;
}

/* Each entry is an address and a port. */
static bool are_peers(struct bytes list)
{
    struct cursor c = cursor_over(list);
    struct bencode v;
    while (bencode_next(&c, 0, &v))
        if (v.kind != BENCODE_TEXT || v.body.len < 6)
            return false;
    return cursor_ok(&c);
}

static bool take_result(struct dht_message *m, struct bytes key, const struct bencode *v)
{
    if (is(key, "id"))
        return take_text(v, &m->id);
    if (is(key, "token"))
        return take_text(v, &m->token);
    if (is(key, "nodes"))
        return take_text(v, &m->nodes);
    if (is(key, "nodes6"))
        return take_text(v, &m->nodes6);
    if (is(key, "values") && v->kind == BENCODE_LIST) {
        m->values = v->body;
        return are_peers(v->body);
    }
    return true;
}

typedef bool take_fn(struct dht_message *m, struct bytes key, const struct bencode *v);

static bool take_entries(struct dht_message *m, const struct bencode *dictionary, unsigned depth,
                         take_fn *take)
{
    struct cursor c = cursor_over(dictionary->body);
    struct bytes key;
    struct bencode v;
    if (dictionary->kind != BENCODE_DICTIONARY)
        return false;
    while (bencode_pair(&c, depth, &key, &v))
        if (!take(m, key, &v))
            return false;
    return cursor_ok(&c);
}

static bool take_error(struct dht_message *m, const struct bencode *list)
{
    struct cursor c = cursor_over(list->body);
    struct bencode v;
    bool has_number = false;
    if (list->kind != BENCODE_LIST)
        return false;
    while (bencode_next(&c, 0, &v)) {
        if (v.kind == BENCODE_NUMBER)
            has_number = take_number(&v, UINT16_MAX, &m->error);
        else
            m->error_text = v.body;
    }
    return cursor_ok(&c) && has_number && m->error_text.p;
}

static bool take_field(struct dht_message *m, struct bytes key, const struct bencode *v)
{
    if (is(key, "y"))
        return take_text(v, &m->type);
    if (is(key, "q"))
        return take_text(v, &m->query);
    if (is(key, "t"))
        return take_text(v, &m->transaction);
    if (is(key, "v"))
        return take_text(v, &m->version);
    if (is(key, "a"))
        return m->has_arguments = take_entries(m, v, DEPTH_MAX - 2, take_argument) && m->id.p;
    if (is(key, "r"))
        return m->has_result = take_entries(m, v, DEPTH_MAX - 2, take_result) && m->id.p;
    if (is(key, "e"))
        return m->has_error = take_error(m, v);
    return true;
}

static bool read_message(struct bytes data, struct dht_message *m)
{
    struct cursor c = cursor_over(data);
    struct bencode v;
    if (!bencode_next(&c, DEPTH_MAX, &v) || !take_entries(m, &v, DEPTH_MAX - 1, take_field))
        return false;
    if (!m->transaction.p)
        return false;
    return (is(m->type, "q") && m->query.p && m->has_arguments) ||
           (is(m->type, "r") && m->has_result) || (is(m->type, "e") && m->has_error);
}

/* What begins otherwise is of another protocol on the same socket (uTP). */
static bool is_message(struct bytes data)
{
    static const char *const starts[] = {"d1:ad", "d1:rd", "d2:ip", "d1:el"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (bytes_starts(data, bytes_str(starts[i])))
            return true;
    return false;
}

static enum app_result dht_feed(void *state, const struct app_input *in)
{
    (void)state;
    if (!is_message(in->data))
        return APP_OK;
    struct dht_tx *t = app_alloc(in->app, sizeof *t);
    t->dir = (uint8_t)in->dir;
    app_text_add(in->app, &t->text, in->data, MESSAGE_MAX);
    t->whole = read_message(app_text_bytes(&t->text), &t->message);
    oneway_add(in, APP_BITTORRENT_DHT, &t->tx);
    if (!t->whole)
        app_tx_event(&t->tx, DHT_MALFORMED_PACKET);
    return APP_OK;
}

static void dht_tx_free(struct app *a, struct app_tx *tx)
{
    struct dht_tx *t = (struct dht_tx *)tx;
    app_text_free(a, &t->text);
    app_dealloc(a, t, sizeof *t);
}

/* ---- records ---- */

static void put_hex(struct json *j, const char *key, struct bytes value)
{
    if (value.p)
        json_hex(j, key, value);
}

static void put_peer(struct json *j, struct cursor *c, size_t address_bytes)
{
    struct bytes b = cursor_take(c, address_bytes);
    if (b.len == 0)
        return;
    struct addr a = b.len == 4 ? addr_v4(b.p) : addr_v6(b.p);
    json_addr(j, "ip", &a);
    json_u64(j, "port", cursor_u16(c));
}

static void put_nodes(struct json *j, const char *key, struct bytes nodes, size_t address_bytes)
{
    struct cursor c = cursor_over(nodes);
    size_t node_bytes = 20 + address_bytes + 2;
    if (nodes.len < node_bytes)
        return;
    json_array(j, key);
    for (unsigned i = 0; i < PEERS_MAX && cursor_left(&c) >= node_bytes; i++) {
        json_object(j, NULL);
        json_hex(j, "id", cursor_take(&c, 20));
        put_peer(j, &c, address_bytes);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_values(struct json *j, struct bytes values)
{
    struct cursor c = cursor_over(values);
    struct bencode v;
    if (values.len == 0)
        return;
    json_array(j, "values");
    for (unsigned i = 0; i < PEERS_MAX && bencode_next(&c, 0, &v); i++) {
        struct cursor peer = cursor_over(v.body);
        json_object(j, NULL);
        put_peer(j, &peer, v.body.len < 18 ? 4 : 16);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_request(struct json *j, const struct dht_message *m)
{
    json_object(j, "request");
    json_hex(j, "id", m->id);
    put_hex(j, "target", m->target);
    put_hex(j, "info_hash", m->info_hash);
    put_hex(j, "token", m->token);
    if (m->has_implied)
        json_u64(j, "implied_port", (uint64_t)m->implied_port);
    if (m->has_port)
        json_u64(j, "port", (uint64_t)m->port);
    json_object_end(j);
}

static void put_response(struct json *j, const struct dht_message *m)
{
    json_object(j, "response");
    json_hex(j, "id", m->id);
    put_nodes(j, "nodes", m->nodes, 4);
    put_nodes(j, "nodes6", m->nodes6, 16);
    put_values(j, m->values);
    put_hex(j, "token", m->token);
    json_object_end(j);
}

static void put_error(struct json *j, const struct dht_message *m)
{
    json_object(j, "error");
    json_u64(j, "num", (uint64_t)m->error);
    json_str(j, "msg", m->error_text);
    json_object_end(j);
}

static void dht_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct dht_message *m = &((const struct dht_tx *)tx)->message;
    if (!((const struct dht_tx *)tx)->whole)
        return;
    json_object(j, "bittorrent_dht");
    json_hex(j, "transaction_id", m->transaction);
    put_hex(j, "client_version", m->version);
    if (is(m->type, "q")) {
        json_str(j, "request_type", m->query);
        put_request(j, m);
    } else if (is(m->type, "r")) {
        put_response(j, m);
    } else {
        put_error(j, m);
    }
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    dht_alert_json(tx, j);
}

static void dht_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct dht_tx *t = (const struct dht_tx *)tx;
    struct app_record r = {
        .event_type = "bittorrent_dht", .dir = (enum direction)t->dir, .encode = encode};
    app_record_once(tx, last, t->whole, &r, emit, ctx);
}

#define NODES "[{id: string, ip: string, port: uint}]"
#define DHT_SHAPE                                                                                  \
    "{transaction_id: string, client_version?: string, request_type?: string, "                    \
    "error?: {num: uint, msg: string}, request?: {id: string, target?: string, "                   \
    "info_hash?: string, token?: string, implied_port?: uint, port?: uint}, "                      \
    "response?: {id: string, nodes?: " NODES ", nodes6?: " NODES ", "                              \
    "values?: [{ip: string, port: uint}], token?: string}}"
static const struct app_shape dht_shapes[] = {
    {"bittorrent_dht", "bittorrent_dht: " DHT_SHAPE},
    {"alert", "bittorrent_dht?: " DHT_SHAPE},
    {0},
};

static bool begins(unsigned transport, uint8_t first)
{
    (void)transport;
    return first == 'd';
}

const struct app_parser app_parser_BITTORRENT_DHT = {
    .transports = APP_OVER_UDP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .events = events,
    .event_count = DHT_EVENT_COUNT,
    .probe = dht_probe,
    .begins = begins,
    .open = oneway_open,
    .close = oneway_close,
    .feed = dht_feed,
    .tx_free = dht_tx_free,
    .records = dht_records,
    .alert_json = dht_alert_json,
    .shapes = dht_shapes,
};
