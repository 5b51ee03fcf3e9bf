/* sensor/app/parser.h - what an application parser is, and what the core offers it.
 *
 * Inside this folder only. A parser is one file that defines `const struct app_parser
 * app_parser_<ID>` and one row of app_table.h; its buffers are rows of its own table. Parsers
 * never allocate but through app_alloc, so that each worker's memory is counted and recycled. */
#ifndef APP_PARSER_H
#define APP_PARSER_H
#include "common/cursor.h"
#include "sensor/app/app.h"

enum app_transport { APP_OVER_TCP = 1 << 0, APP_OVER_UDP = 1 << 1 };
static inline bool app_is_udp(const struct app_endpoints *e)
{
    enum { UDP = 17 }; /* RFC 768 */
    return e->transport == UDP;
}

/* One call of feed. data is empty with APP_FEED_GAP (gap_bytes are missing) and may be with
 * APP_FEED_EOF (nothing more comes in this direction). */
struct app_input {
    struct app *app;
    struct app_flow *flow;
    enum direction dir;
    struct bytes data;
    unsigned flags;
    uint64_t gap_bytes;
    uint64_t offset; /* of data in its stream; 0 for a datagram */
    uint64_t ts_us;
};

struct app_parser {
    unsigned transports; /* enum app_transport */
    uint8_t complete[2]; /* progress at which a direction of a tx is done */
    bool wants_all;      /* files are long, and handed on as they come: no stream depth */
    bool keeps_txs;      /* a tx describes the whole flow: it stays until the flow ends */
    /* Suricata 7 does not follow it: rules about payload look at its stream, and at that of what it
     * turns into, as at one nobody follows, so that they meet the same bytes in the same pieces. */
    bool plain_to_rules;
    const char *const *events; /* names by event number, as EVE writes them */
    uint16_t event_count;
    uint16_t crowded; /* event of a tx that pushes an old one out, plus 1; 0: it has none */
    const char *const *frames; /* names of frame types by number, ends with NULL; NULL: none */

    /* Could data, the first bytes from dir, open a flow of this protocol? APP_MORE only while a
     * longer start could decide it; never for more than APP_PROBE_MAX bytes. */
    enum app_result (*probe)(const struct app_endpoints *e, enum direction dir, struct bytes data);

    /* Whether anything that probe or is_reversed do not decline begins with that byte, over that
     * transport (enum app_transport) and between other ports than `ports`: else neither is asked.
     * NULL: it may begin with any. */
    bool (*begins)(unsigned transport, uint8_t first);
#define APP_PORTS_MAX 2
    uint16_t ports[APP_PORTS_MAX]; /* 0: none */

    /* May be NULL: is this an answer, seen as the first datagram of a flow, or as the first bytes
     * of a stream that was picked up midway? */
    bool (*is_reversed)(const struct app_endpoints *e, struct bytes data);
    uint16_t own_port; /* an answer to it is one from the beginning of the flow; 0: none is */

    /* Per worker, made once with the worker's options; both may be NULL. */
    void *(*worker_new)(struct app *a);
    void (*worker_free)(struct app *a, void *worker);

    /* State of one flow. close comes after every tx went through tx_free. */
    void *(*open)(struct app *a, struct app_flow *f);
    void (*close)(struct app *a, void *state);
    enum app_result (*feed)(void *state, const struct app_input *in);
    void (*tx_free)(struct app *a, struct app_tx *tx);

    /* As app_tx_records, app_tx_alert_json and app_tx_facts in app.h; the latter two may be NULL.
     * records sets tx->logged once nothing more will come, record or not. */
    void (*records)(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
    void (*alert_json)(const struct app_tx *tx, struct json *j);
    void (*facts)(const struct app_tx *tx, struct app_facts *out);

    const struct app_buffer *buffers; /* for rules; ends with a row of zeros; NULL for none */
    const struct app_shape *shapes;   /* what it writes, by event type; ends with zeros */
};

/* Emits r, the only record of tx, once both directions are complete (or the flow ends: last), if it
 * is to be shown at all. */
static inline void app_record_once(struct app_tx *tx, bool last, bool shown,
                                   const struct app_record *r, app_record_fn *emit, void *ctx)
{
    if (tx->logged || (!last && !app_tx_is_done(tx)))
        return;
    tx->logged = 1;
    if (shown)
        emit(ctx, tx, r);
}

/* A row of buffers: sticky name, older spellings ("" none), content modifier ("" none), directions
 * and other flags, progress to server and to client from which on it can be looked at, getter. */
#define APP_BUFFER(p, n, older, modifier, how, ts, tc, getter)                                     \
    {                                                                                              \
        .name = (n), .aliases = sizeof(older) > 1 ? (older) : NULL,                                \
        .legacy = sizeof(modifier) > 1 ? (modifier) : NULL, .proto = APP_##p, .flags = (how),      \
        .progress = {(ts), (tc)}, .get = (getter)                                                  \
    }

/* The same for a number: its values are described by an app_number. */
#define APP_NUMBER(p, n, older, how, ts, tc, getter, values)                                       \
    {                                                                                              \
        .name = (n), .aliases = sizeof(older) > 1 ? (older) : NULL, .proto = APP_##p,              \
        .flags = (how), .progress = {(ts), (tc)}, .get = (getter), .number = (values)              \
    }
/* For their getters. */
static inline bool app_number_bytes(uint64_t n, struct arena *scratch, struct bytes *out)
{
    *out = arena_copy(scratch, bytes_of(&n, sizeof n));
    return true;
}
extern const struct app_number app_u8, app_u16, app_u32, app_u64; /* without words */

#define APP_PARSER_DECLARE(ID, name) extern const struct app_parser app_parser_##ID;
APP_TABLE(APP_PARSER_DECLARE)

/* Most bytes kept of one direction while its protocol is open. */
#define APP_PROBE_MAX 1024
/* Most bytes kept of a direction nobody knew, in case the other one tells (app_flow_proto_dir). */
#define APP_EARLY_MAX 8192

/* ---- memory: recycled by size class, counted in app_counters.memory_bytes ---- */
void *app_alloc(struct app *a, size_t n); /* zeroed, never NULL */
void *app_take(struct app *a, size_t n);  /* the same with whatever was in it */
void app_dealloc(struct app *a, void *p, size_t n);
/* Grows p from old to n bytes; content is kept, the rest is zero. */
void *app_realloc(struct app *a, void *p, size_t old, size_t n);

/* Memory is taken from and given back to f from here on; returns whose it was before. For getters,
 * which are asked outside of feed, where it would be nobody's. */
struct app_flow *app_charge(struct app *a, struct app_flow *f);

/* Between these two memory is the worker's and not the flow's: for what outlives a flow. */
struct app_flow *app_shared_begin(struct app *a);
void app_shared_end(struct app *a, struct app_flow *current);

/* A byte string that grows up to a cap; what comes after is dropped and `cut` set. */
struct app_text {
    uint8_t *p;
    uint32_t len, cap;
    bool cut;
};
void app_text_add(struct app *a, struct app_text *t, struct bytes b, uint32_t cap_bytes);
void app_text_free(struct app *a, struct app_text *t);
static inline struct bytes app_text_bytes(const struct app_text *t)
{
    return bytes_of(t->p, t->len);
}

/* ---- what a parser tells the core ---- */
const struct app_options *app_options(const struct app *a);
void *app_worker(const struct app *a, enum app_proto p); /* what worker_new returned */
const struct app_endpoints *app_flow_endpoints(const struct app_flow *f);

/* A byte of the parser's own, 0 when it opens. What needs no more does without a state: its open
 * returns NULL. */
uint8_t app_flow_note(const struct app_flow *f);
void app_flow_set_note(struct app_flow *f, uint8_t note);

/* Takes tx (from app_alloc, zeroed) into the flow: id, time and protocol are set here. At the tx
 * cap the oldest is freed first. */
void app_tx_add(struct app *a, struct app_flow *f, enum app_proto p, struct app_tx *tx,
                uint64_t ts_us);
/* Progress only grows; detect is told when it does. */
void app_tx_advance(struct app_flow *f, struct app_tx *tx, enum direction dir, uint8_t progress);
/* What was reached in this direction begins anew: rules look at its buffers again. */
void app_tx_revise(struct app_flow *f, struct app_tx *tx, enum direction dir);
/* A buffer of this direction grew. */
void app_flow_touch(struct app_flow *f, enum direction dir);
/* A message of this direction is over: see app_flow_flushes. */
void app_flow_flush(struct app_flow *f, enum direction dir);
/* A frame for rules, of length bytes (-1: app_frame_end will tell) at offset of the stream of
 * in->dir. head: what is there of it from before in->data; in->data and what follows is taken from
 * there. NULL when no rule asks for such; the functions behind it take that too. */
struct app_frame *app_frame_add(const struct app_input *in, enum app_proto p, unsigned type,
                                uint64_t offset, int64_t length, struct bytes head);
/* Whether a rule asks for any of this protocol's. */
bool app_wants_frames(const struct app *a, enum app_proto p);
void app_frame_tx(struct app_frame *f, const struct app_tx *tx);
/* The frame of that id in dir, if it is still there, ends before this offset. */
void app_frame_end(struct app_flow *f, enum direction dir, uint64_t id, uint64_t end);
/* Offset behind the last byte that came in a direction, of those being fed too. */
uint64_t app_fed(const struct app_flow *f, enum direction dir);
/* Raises an event once per tx; beyond APP_EVENTS_MAX further ones are not kept. */
void app_tx_event(struct app_tx *tx, uint16_t event);
/* Nothing of interest will follow (encrypted, tunnelled). */
void app_flow_bypass(struct app_flow *f);
/* See app_flow_hides_payload. */
void app_flow_hide_payload(struct app_flow *f);
/* The bytes after those consumed so far are of another protocol: detect afresh (APP_UNKNOWN, after
 * a CONNECT), or wanted is what was agreed on (STARTTLS, an upgrade). With TLS wanted and something
 * else found APP_EVENT_NO_TLS_AFTER_STARTTLS is raised. What the parser holds unread it returns
 * with app_flow_unread, in order, from the same feed call. context (copied, may be empty) is for
 * the wanted protocol's open(), which reads it with app_flow_context. */
void app_flow_switch(struct app *a, struct app_flow *f, enum app_proto wanted,
                     struct bytes context);
void app_flow_unread(struct app *a, struct app_flow *f, enum direction dir, struct bytes data);

/* The next flow between the two hosts of f that goes to port of the end that f's direction `side`
 * has as its receiver (TO_CLIENT: the client listens, as for active FTP) is of protocol p. context
 * (copied, at most APP_CONTEXT_MAX bytes) is for its open(). Kept for APP_EXPECT_US; a pair of
 * hosts has at most APP_EXPECT_MAX of them, the oldest goes. */
#define APP_CONTEXT_MAX 512
#define APP_EXPECT_MAX  32
#define APP_EXPECT_US   (30u * 1000000)
void app_expect(struct app *a, const struct app_flow *f, enum direction side, uint16_t port,
                enum app_proto p, struct bytes context, uint64_t ts_us);
/* What app_expect or app_flow_switch left for this flow; empty otherwise. Valid during open(). */
struct bytes app_flow_context(const struct app_flow *f);

/* ---- flow events (APP_UNKNOWN) ---- */
enum app_flow_event {
    APP_EVENT_MISMATCH_BOTH_DIRECTIONS,
    APP_EVENT_WRONG_DIRECTION_FIRST_DATA,
    APP_EVENT_ONLY_ONE_DIRECTION,
    APP_EVENT_DETECTION_SKIPPED,
    APP_EVENT_NO_TLS_AFTER_STARTTLS,
    APP_EVENT_UNEXPECTED_PROTOCOL,
    APP_FLOW_EVENT_COUNT
};

/* nDPI, dpi.c. A NULL module or flow is a flow without an opinion. */
struct dpi;
struct dpi_flow;
struct dpi *dpi_new(struct app *a);
void dpi_free(struct dpi *d);
void dpi_flow_free(struct dpi *d, struct dpi_flow *f);
/* Whether it is worth asking about a flow of that protocol. */
bool dpi_adds_to(enum app_proto p);
/* Looks at one packet; allocates *f at the first. */
void dpi_packet(struct dpi *d, struct dpi_flow **f, struct bytes ip_datagram, uint64_t ts_us,
                struct app_counters *count);
/* No more packets: the best answer there is. f may be NULL. */
void dpi_finish(struct dpi_flow *f);
void dpi_json(const struct dpi_flow *f, struct json *j);

#endif
