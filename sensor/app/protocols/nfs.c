/* nfs.c - NFS 2, 3 and 4 over TCP and UDP: messages, and what is remembered between them.
 *
 * A message is read once it is whole, up to MESSAGE_MAX bytes of it: more than the mebibyte that
 * common servers allow in one transfer. Over TCP it may come in fragments; where its length cannot
 * be, and after a gap, the next message is looked for. Source: RFC 5531 section 11, RFC 1094, RFC
 * 1813, RFC 7530.
 */
#include "sensor/app/protocols/nfs_state.h"
#include <xxhash.h>

#define PORT        2049
#define MARK_BYTES  4
#define CALL_BYTES  24 /* of a call, up to its procedure; and the shortest reply */
#define REPLY_BYTES 12
#define LAST        0x80 /* fragment of a message, in the first byte */
#define MESSAGE_MAX ((1u << 20) + 4096)
#define JOINED_MAX  (512u << 10) /* kept of a message in fragments */
#define LENGTH_MAX  (16u << 20)  /* a longer message is none */

static const char *const events[NFS_EVENT_COUNT] = {
    [NFS_MALFORMED_DATA] = "malformed_data",
    [NFS_NON_EXISTING_VERSION] = "non_existing_version",
    [NFS_UNSUPPORTED_VERSION] = "unsupported_version",
    [NFS_TOO_MANY_TRANSACTIONS] = "too_many_transactions",
};

/* ---- transactions ---- */

struct nfs_tx *nfs_tx_new(struct nfs_state *s, const struct rpc_call *call, uint32_t procedure)
{
    struct nfs_tx *t = app_alloc(s->app, sizeof *t);
    t->state = s;
    t->xid = call->xid;
    t->version = call->version;
    t->procedure = procedure;
    t->auth_type = call->auth_type;
    t->uid = call->uid;
    t->gid = call->gid;
    app_text_add(s->app, &t->machine, call->machine, NFS_NAME_MAX);
    app_tx_add(s->app, s->flow, APP_NFS, &t->tx, s->ts_us);
    return t;
}

void nfs_tx_done(struct nfs_tx *t, enum direction dir)
{
    app_tx_advance(t->state->flow, &t->tx, dir, NFS_DONE);
}

struct nfs_tx *nfs_tx_find(struct nfs_state *s, uint32_t xid)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct nfs_tx *t = (struct nfs_tx *)tx;
        if (tx->proto == APP_NFS && !t->is_file && t->xid == xid &&
            tx->progress[TO_CLIENT] < NFS_DONE)
            return t;
    }
    return NULL;
}

void nfs_event(struct nfs_state *s, enum nfs_event event)
{
    struct app_tx *latest = NULL;
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next)
        if (tx->proto == APP_NFS)
            latest = tx;
    if (!latest) {
        const struct rpc_call none = {0};
        struct nfs_tx *t = nfs_tx_new(s, &none, 0);
        t->damaged = true;
        nfs_tx_done(t, TO_SERVER);
        nfs_tx_done(t, TO_CLIENT);
        latest = &t->tx;
    }
    app_tx_event(latest, (uint16_t)event);
}

static void nfs_tx_free(struct app *a, struct app_tx *tx)
{
    struct nfs_tx *t = (struct nfs_tx *)tx;
    pieces_release(a, &t->pieces);
    app_text_free(a, &t->name);
    app_text_free(a, &t->new_name);
    app_text_free(a, &t->machine);
    app_dealloc(a, t, sizeof *t);
}

/* ---- memory between messages: calls are numbered in a row, and so find places of their own ----
 */

/* Calls follow each other in the first byte of the xid or in its last: clients count in their own
 * byte order. */
static unsigned place_of(uint32_t xid)
{
    return (xid ^ xid >> 8 ^ xid >> 16 ^ xid >> 24) % NFS_PENDING;
}

struct nfs_pending *nfs_expect(struct nfs_state *s, const struct rpc_call *call, uint32_t procedure)
{
    if (!s->pending)
        s->pending = app_alloc(s->app, NFS_PENDING * sizeof *s->pending);
    struct nfs_pending *p = &s->pending[place_of(call->xid)];
    app_text_free(s->app, &p->name);
    *p = (struct nfs_pending){.used = true,
                              .wrap = call->wrap,
                              .xid = call->xid,
                              .version = call->version,
                              .procedure = procedure};
    return p;
}

struct nfs_pending *nfs_expected(struct nfs_state *s, uint32_t xid)
{
    if (!s->pending)
        return NULL;
    struct nfs_pending *p = &s->pending[place_of(xid)];
    if (!p->used || p->xid != xid)
        return NULL;
    p->used = false;
    return p;
}

struct nfs_handle nfs_handle_of(struct bytes b)
{
    struct nfs_handle h = {.len = (uint8_t)(b.len < NFS_HANDLE_MAX ? b.len : NFS_HANDLE_MAX)};
    if (h.len)
        memcpy(h.b, b.p, h.len);
    return h;
}

void nfs_name_handle(struct nfs_state *s, const struct nfs_handle *h, struct bytes name)
{
    uint64_t hash = XXH3_64bits(h->b, h->len);
    if (h->len == 0 || name.len == 0)
        return;
    if (!s->names)
        s->names = app_alloc(s->app, NFS_NAMES * sizeof *s->names);
    struct nfs_name *n = &s->names[hash % NFS_NAMES];
    app_text_free(s->app, &n->name);
    n->handle = hash;
    app_text_add(s->app, &n->name, name, NFS_NAME_MAX);
}

struct bytes nfs_name_of(const struct nfs_state *s, const struct nfs_handle *h)
{
    uint64_t hash = XXH3_64bits(h->b, h->len);
    if (!s->names || s->names[hash % NFS_NAMES].handle != hash)
        return (struct bytes){0};
    return app_text_bytes(&s->names[hash % NFS_NAMES].name);
}

/* ---- messages ---- */

static void take_call(struct nfs_state *s, struct bytes message)
{
    struct rpc_call call;
    if (!rpc_read_call(message, &call)) {
        nfs_event(s, NFS_MALFORMED_DATA);
        return;
    }
    s->version = call.version;
    if (call.version == 4)
        nfs_compound_call(s, &call);
    else if (call.version == 2 || call.version == 3)
        nfs_call(s, &call);
    else
        nfs_event(s, call.version < 2 ? NFS_UNSUPPORTED_VERSION : NFS_NON_EXISTING_VERSION);
}

static void take_reply(struct nfs_state *s, struct bytes message)
{
    struct rpc_reply r;
    if (!rpc_read_reply(message, &r)) {
        nfs_event(s, NFS_MALFORMED_DATA);
        return;
    }
    struct nfs_pending *asked = nfs_expected(s, r.xid);
    if (!asked)
        return;
    if (asked->wrap == RPC_SIGNED && r.has_body)
        r.body = rpc_signed_body(r.body);
    if (asked->version == 4)
        nfs_compound_reply(s, &r, asked);
    else
        nfs_reply(s, &r, asked);
}

/* Suricata's names: a call or reply; its header, credentials and arguments; those of NFS. */
enum nfs_frame {
    RPC_PDU,
    RPC_HDR,
    RPC_DATA,
    RPC_CREDS,
    NFS_PDU,
    NFS_STATUS,
    NFS4_PDU,
    NFS4_HDR,
    NFS4_OPS,
    NFS4_STATUS
};
static const char *const frames[] = {"rpc.pdu",  "rpc.hdr",     "rpc.data", "rpc.creds",
                                     "nfs.pdu",  "nfs.status",  "nfs4.pdu", "nfs4.hdr",
                                     "nfs4.ops", "nfs4.status", NULL};

struct place {
    const struct app_input *in;
    struct bytes record; /* with its mark */
    uint64_t at;         /* of its first byte */
};

static void point_out(const struct place *p, enum nfs_frame type, size_t from, size_t len)
{
    app_frame_add(p->in, APP_NFS, type, p->at + from, (int64_t)len,
                  bytes_slice(p->record, from, SIZE_MAX));
}

static void point_out_body(const struct place *p, struct bytes body, unsigned version, bool reply)
{
    size_t from = (size_t)(body.p - p->record.p);
    if (body.len == 0)
        return;
    point_out(p, version == 4 ? NFS4_PDU : NFS_PDU, from, body.len);
    if (reply && body.len >= 4)
        point_out(p, version == 4 ? NFS4_STATUS : NFS_STATUS, from, 4);
    if (version == 4 && body.len > 8) {
        point_out(p, NFS4_HDR, from, 8);
        point_out(p, NFS4_OPS, from + 8, body.len - 8);
    }
}

/* mark: bytes before the message, which belong to its record. */
static void point_out_call(const struct place *p, size_t mark)
{
    enum { CREDENTIALS_AT = 24 };
    struct rpc_call call;
    struct bytes message = bytes_slice(p->record, mark, SIZE_MAX);
    struct cursor c = cursor_over(bytes_slice(message, CREDENTIALS_AT + 4, SIZE_MAX));
    size_t len = cursor_u32(&c);
    point_out(p, RPC_PDU, 0, p->record.len);
    if (!rpc_read_call(message, &call))
        return;
    point_out(p, RPC_CREDS, mark + CREDENTIALS_AT, 8 + len);
    if (call.wrap == RPC_PLAIN)
        point_out_body(p, call.body, call.version, false);
}

static void point_out_reply(struct nfs_state *s, const struct place *p, size_t mark)
{
    enum { HEADER = 8 };
    struct rpc_reply r;
    struct bytes message = bytes_slice(p->record, mark, SIZE_MAX);
    point_out(p, RPC_PDU, 0, p->record.len);
    if (!rpc_read_reply(message, &r))
        return;
    point_out(p, RPC_HDR, 0, mark + HEADER);
    point_out(p, RPC_DATA, mark + HEADER, message.len - HEADER);
    if (r.has_body)
        point_out_body(p, r.body, s->version, true);
}

static void point_out_message(struct nfs_state *s, const struct place *p, size_t mark)
{
    struct bytes message = bytes_slice(p->record, mark, SIZE_MAX);
    if (p->in->dir == TO_SERVER && rpc_is_call(message))
        point_out_call(p, mark);
    else if (p->in->dir == TO_CLIENT && rpc_is_reply(message))
        point_out_reply(s, p, mark);
}

/* Servers call back with RPC as well: what a message is counts, not which way it goes. */
static void take_message(struct nfs_state *s, enum direction dir, struct bytes message)
{
    struct cursor c = cursor_over(message);
    cursor_skip(&c, 4);
    uint32_t type = cursor_u32(&c);
    if (!cursor_ok(&c) || type > 1)
        nfs_event(s, NFS_MALFORMED_DATA);
    else if (type == 0 && dir == TO_SERVER && !rpc_is_foreign(message))
        take_call(s, message);
    else if (type == 1 && dir == TO_CLIENT)
        take_reply(s, message);
}

/* ---- records of a stream ---- */

static bool take_record(void *state, const struct app_input *in, struct bytes head, uint64_t length)
{
    struct nfs_state *s = state;
    struct nfs_side *side = &s->sides[in->dir];
    struct bytes piece = bytes_slice(head, MARK_BYTES, SIZE_MAX);
    bool last = head.p[0] & LAST, alone = last && !side->joining;
    (void)length;
    side->joining = !last;
    if (alone) {
        point_out_message(s, &(struct place){in, head, side->records.offset}, MARK_BYTES);
        take_message(s, in->dir, piece);
        return true;
    }
    app_text_add(s->app, &side->message, piece, JOINED_MAX);
    if (last) {
        take_message(s, in->dir, app_text_bytes(&side->message));
        app_text_free(s->app, &side->message);
    }
    return true;
}

static bool starts(enum direction dir, struct bytes data)
{
    struct bytes message = bytes_slice(data, MARK_BYTES, SIZE_MAX);
    return dir == TO_SERVER ? rpc_is_call(message) : data.p[0] & LAST && rpc_is_reply(message);
}

static int64_t record_length(void *state, enum direction dir, struct bytes data)
{
    struct nfs_state *s = state;
    struct nfs_side *side = &s->sides[dir];
    struct cursor c = cursor_over(data);
    uint32_t len = (cursor_u32(&c) & 0x7fffffff) + MARK_BYTES;
    if (data.len < MARK_BYTES + (side->astray ? CALL_BYTES : 0))
        return 0;
    if (len <= LENGTH_MAX && (!side->astray || starts(dir, data))) {
        side->astray = false;
        return len;
    }
    if (!side->astray)
        nfs_event(s, NFS_MALFORMED_DATA);
    side->astray = true;
    return -1;
}

static void lose(struct nfs_state *s, enum direction dir)
{
    struct nfs_side *side = &s->sides[dir];
    app_text_free(s->app, &side->message);
    side->joining = false;
    side->astray = true;
}

/* After a gap record_length looks for the next message. */
static bool is_record(void *state, const struct app_input *in, struct bytes data)
{
    (void)state;
    (void)in;
    (void)data;
    return true;
}

static const struct framed_kind records = {
    .keep_bytes = MESSAGE_MAX, .length = record_length, .take = take_record, .is_start = is_record};

/* ---- one flow ---- */

static enum app_result nfs_probe(const struct app_endpoints *e, enum direction dir,
                                 struct bytes data)
{
    bool stream = e->transport == 6, answers = dir == TO_CLIENT && e->port[1] == PORT;
    bool may_be_part = dir == TO_SERVER && e->port[1] == PORT;
    struct bytes message = stream ? bytes_slice(data, MARK_BYTES, SIZE_MAX) : data;
    if (stream && data.len > 0 && !(data.p[0] & LAST) && !(may_be_part && data.p[0] == 0))
        return APP_DECLINE;
    if (rpc_is_call(message) || (answers && rpc_is_reply(message)))
        return APP_OK;
    bool more = stream && message.len < (answers ? REPLY_BYTES : CALL_BYTES) &&
                (message.len < 8 || memcmp(message.p + 4, "\0\0\0", 3) == 0);
    return more ? APP_MORE : APP_DECLINE;
}

static bool nfs_is_reversed(const struct app_endpoints *e, struct bytes data)
{
    bool stream = e->transport == 6;
    if (stream && (data.len == 0 || !(data.p[0] & 0x80)))
        return false;
    return e->port[0] == PORT && e->port[1] != PORT &&
           rpc_is_reply(stream ? bytes_slice(data, MARK_BYTES, SIZE_MAX) : data);
}

static void *nfs_open(struct app *a, struct app_flow *f)
{
    struct nfs_state *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    s->sides[TO_SERVER].astray = s->sides[TO_CLIENT].astray = true; /* it may be picked up midway */
    return s;
}

static void nfs_close(struct app *a, void *state)
{
    struct nfs_state *s = state;
    for (unsigned dir = 0; dir < 2; dir++) {
        framed_release(&s->sides[dir].records, a);
        app_text_free(a, &s->sides[dir].message);
    }
    for (unsigned i = 0; s->pending && i < NFS_PENDING; i++)
        app_text_free(a, &s->pending[i].name);
    for (unsigned i = 0; s->names && i < NFS_NAMES; i++)
        app_text_free(a, &s->names[i].name);
    app_dealloc(a, s->pending, NFS_PENDING * sizeof *s->pending);
    app_dealloc(a, s->names, NFS_NAMES * sizeof *s->names);
    app_dealloc(a, s, sizeof *s);
}

static enum app_result nfs_feed(void *state, const struct app_input *in)
{
    struct nfs_state *s = state;
    s->ts_us = in->ts_us;
    if (app_is_udp(app_flow_endpoints(in->flow))) {
        point_out_message(s, &(struct place){in, in->data, 0}, 0);
        take_message(s, in->dir, in->data);
        return APP_OK;
    }
    if (in->flags & APP_FEED_GAP && in->gap_bytes > s->sides[in->dir].records.to_skip)
        lose(s, in->dir);
    framed_feed(&s->sides[in->dir].records, &records, s, in);
    return APP_OK;
}

static bool begins(unsigned transport, uint8_t first)
{
    return transport == APP_OVER_UDP || (first & LAST);
}

const struct app_parser app_parser_NFS = {
    .transports = APP_OVER_TCP | APP_OVER_UDP,
    .complete = {NFS_DONE, NFS_DONE},
    .wants_all = true,
    .events = events,
    .event_count = NFS_EVENT_COUNT,
    .crowded = NFS_TOO_MANY_TRANSACTIONS + 1,
    .frames = frames,
    .probe = nfs_probe,
    .begins = begins,
    .ports = {PORT},
    .is_reversed = nfs_is_reversed,
    .open = nfs_open,
    .close = nfs_close,
    .feed = nfs_feed,
    .tx_free = nfs_tx_free,
    .records = nfs_records,
    .alert_json = nfs_alert_json,
    .buffers = nfs_buffers,
    .shapes = nfs_shapes,
};
