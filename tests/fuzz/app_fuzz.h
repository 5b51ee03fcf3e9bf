/* app_fuzz.h - plays fuzz input as a conversation to the application layer.
 *
 * The input is a list of chunks: one byte of direction (bit 0), end (bit 1) and gap (bit 2), two
 * bytes of length, then the bytes. Every record and buffer that comes of it is read. Bit 3 of the
 * first chunk gives the flow so little memory that its txs go early. A flow has to keep its budget
 * and to give back what it took. */
#ifndef APP_FUZZ_H
#define APP_FUZZ_H
#include "common/cursor.h"
#include "sensor/app/app.h"
#include "sensor/app/state.h"

#define FUZZ_TIGHT        8
#define FUZZ_TIGHT_TXS    3
#define FUZZ_TIGHT_BUDGET (128u << 10)
#define FUZZ_FEED_MAX     (5u << 20) /* what one feed may take before the budget is looked at */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_record(void *ctx, const struct app_tx *tx, const struct app_record *r)
{
    struct json *j = ctx;
    json_reset(j);
    json_object(j, NULL);
    r->encode(tx, r->phase, j);
    json_object_end(j);
}

static inline void fuzz_read_buffers(struct app_tx *tx, struct arena *scratch)
{
    size_t count, total = 0;
    const struct app_buffer *b = app_buffers(tx->proto, &count);
    for (size_t i = 0; i < count; i++)
        for (unsigned dir = 0; dir < 2; dir++) {
            struct bytes value;
            if (!(b[i].flags & (dir ? APP_BUFFER_TO_CLIENT : APP_BUFFER_TO_SERVER)))
                continue;
            for (unsigned n = 0; b[i].get(tx, (enum direction)dir, n, scratch, &value); n++)
                for (size_t at = 0; at < value.len; at++)
                    total += value.p[at]; /* touch every byte, for the sanitizers */
        }
    ASSERT(total < SIZE_MAX);
}

/* As rules do: what is over is not looked at again. */
static inline void fuzz_read_frames(struct app_flow *f, bool last)
{
    size_t total = 0;
    for (unsigned dir = 0; dir < 2; dir++)
        for (struct app_frame *p = app_flow_frames(f, (enum direction)dir); p; p = p->next) {
            ASSERT(p->length < 0 || p->bytes.len <= (uint64_t)p->length);
            for (size_t at = 0; at < p->bytes.len; at++)
                total += p->bytes.p[at];
            p->seen = p->complete || p->over || last;
        }
    ASSERT(total < SIZE_MAX);
}

static inline void fuzz_read(struct app_flow *f, struct json *j, struct arena *scratch, bool last)
{
    for (struct app_tx *tx = app_flow_txs(f); tx; tx = tx->next) {
        struct app_facts facts;
        fuzz_read_buffers(tx, scratch);
        app_tx_facts(tx, &facts);
        json_reset(j);
        json_object(j, NULL);
        app_tx_alert_json(tx, j);
        json_object_end(j);
        app_tx_records(tx, last, fuzz_record, j);
        app_tx_file_records(tx, TO_SERVER, last, fuzz_record, j);
        app_tx_file_records(tx, TO_CLIENT, last, fuzz_record, j);
        if (app_tx_is_done(tx))
            tx->inspected[0] = tx->inspected[1] = true;
    }
    fuzz_read_frames(f, last);
    arena_reset(scratch);
}

static inline void fuzz_want_frames(struct app *a)
{
    uint32_t all[APP_PROTO_COUNT];
    memset(all, 0xff, sizeof all);
    app_want_frames(a, all);
}

/* A worker like a, but for the memory of its flows. */
static inline struct app *fuzz_tight(const struct app *a)
{
    static struct app *tight;
    struct app_options o = a->options;
    o.tx_cap = FUZZ_TIGHT_TXS;
    o.flow_budget_bytes = FUZZ_TIGHT_BUDGET;
    if (!tight)
        tight = app_new(&o, &a->hooks);
    return tight;
}

static inline void fuzz_chunk(struct app *a, struct app_flow *f, struct cursor *c)
{
    uint8_t how = cursor_u8(c);
    uint16_t len = cursor_u16(c);
    struct bytes data = cursor_take(c, len < cursor_left(c) ? len : cursor_left(c));
    enum direction dir = how & 1 ? TO_CLIENT : TO_SERVER;
    if (how & 4)
        app_feed(a, f, dir, (struct bytes){0}, APP_FEED_GAP, len, 1);
    else
        app_feed(a, f, dir, data, how & 2 ? APP_FEED_EOF : 0, 0, 1);
    ASSERT(f->memory_bytes <= a->options.flow_budget_bytes + FUZZ_FEED_MAX);
}

/* What the flow took goes with it; more may go, of files that came by several flows. */
static inline void fuzz_free(struct app *a, struct app_flow *f)
{
    uint64_t total = a->counters.memory_bytes, of_flow = f->memory_bytes;
    ASSERT(of_flow <= total);
    app_flow_free(a, f);
    ASSERT(a->counters.memory_bytes <= total - of_flow);
}

static inline void fuzz_talk(struct app *a, uint8_t transport, uint16_t port, struct bytes input)
{
    static struct json j;
    static struct arena scratch;
    struct app_endpoints ends = {.port = {40000, port}, .transport = transport};
    if (input.len && input.p[0] & FUZZ_TIGHT)
        a = fuzz_tight(a);
    fuzz_want_frames(a);
    struct app_flow *f = app_flow_new(a, &ends);
    struct cursor c = cursor_over(input);
    while (cursor_left(&c) > 3) {
        fuzz_chunk(a, f, &c);
        fuzz_read(f, &j, &scratch, false);
        app_flow_reap(a, f, false);
    }
    app_feed(a, f, TO_SERVER, (struct bytes){0}, APP_FEED_EOF, 0, 2);
    app_feed(a, f, TO_CLIENT, (struct bytes){0}, APP_FEED_EOF, 0, 2);
    fuzz_read(f, &j, &scratch, true);
    fuzz_free(a, f);
}

#endif
