/* tx.c - transactions of a flow: their list, progress, events, records and end. */
#include "sensor/app/file.h"
#include "sensor/app/state.h"

static const char *const flow_events[APP_FLOW_EVENT_COUNT] = {
    [APP_EVENT_MISMATCH_BOTH_DIRECTIONS] = "APPLAYER_MISMATCH_PROTOCOL_BOTH_DIRECTIONS",
    [APP_EVENT_WRONG_DIRECTION_FIRST_DATA] = "APPLAYER_WRONG_DIRECTION_FIRST_DATA",
    [APP_EVENT_ONLY_ONE_DIRECTION] = "APPLAYER_DETECT_PROTOCOL_ONLY_ONE_DIRECTION",
    [APP_EVENT_DETECTION_SKIPPED] = "APPLAYER_PROTO_DETECTION_SKIPPED",
    [APP_EVENT_NO_TLS_AFTER_STARTTLS] = "APPLAYER_NO_TLS_AFTER_STARTTLS",
    [APP_EVENT_UNEXPECTED_PROTOCOL] = "APPLAYER_UNEXPECTED_PROTOCOL",
};

void app_tx_drop(struct app *a, struct app_tx *tx)
{
    if (a->hooks.tx_free)
        a->hooks.tx_free(a->hooks.ctx, tx);
    app_files_free(a, tx);
    app_parser_of(tx->proto)->tx_free(a, tx);
}

static void drop_oldest(struct app *a, struct app_flow *f)
{
    struct app_tx *tx = f->first;
    f->first = tx->next;
    if (!f->first)
        f->last = NULL;
    f->tx_count--;
    app_tx_drop(a, tx);
}

/* Old txs go first: what was sent long ago and is still open is the least likely to be completed.
 */
void app_flow_keep_budget(struct app *a, struct app_flow *f)
{
    if (f->memory_bytes > a->options.flow_budget_bytes)
        app_frames_free(a, f, true);
    while (f->memory_bytes > a->options.flow_budget_bytes && f->first != f->last) {
        drop_oldest(a, f);
        a->counters.flow_budget_txs++;
    }
    if (f->memory_bytes <= a->options.flow_budget_bytes || f->quiet)
        return;
    f->quiet = true;
    a->counters.flow_budget_flows++;
}

void app_tx_add(struct app *a, struct app_flow *f, enum app_proto p, struct app_tx *tx,
                uint64_t ts_us)
{
    uint16_t crowded = app_parser_of(p)->crowded;
    while (f->tx_count >= a->options.tx_cap) {
        drop_oldest(a, f);
        a->counters.tx_capped++;
        if (crowded)
            app_tx_event(tx, (uint16_t)(crowded - 1));
    }
    tx->proto = (uint8_t)p;
    tx->id = f->next_id++;
    tx->first_us = ts_us;
    if (f->last)
        f->last->next = tx;
    else
        f->first = tx;
    f->last = tx;
    f->tx_count++;
    a->counters.txs[p]++;
}

void app_tx_advance(struct app_flow *f, struct app_tx *tx, enum direction dir, uint8_t progress)
{
    if (progress <= tx->progress[dir])
        return;
    tx->progress[dir] = progress;
    app_flow_touch(f, dir);
}

void app_tx_revise(struct app_flow *f, struct app_tx *tx, enum direction dir)
{
    tx->revised[dir]++;
    app_flow_touch(f, dir);
}

void app_tx_event(struct app_tx *tx, uint16_t event)
{
    for (unsigned i = 0; i < tx->event_count; i++)
        if (tx->events[i] == event)
            return;
    if (tx->event_count < APP_EVENTS_MAX)
        tx->events[tx->event_count++] = event;
}

void app_flow_event(struct app_flow *f, uint16_t event)
{
    struct app_flow_extra *x = app_extra(f);
    for (unsigned i = 0; i < x->event_count; i++)
        if (x->events[i] == event)
            return;
    if (x->event_count < FLOW_EVENTS_MAX)
        x->events[x->event_count++] = event;
}

uint8_t app_flow_events(const struct app_flow *f, const uint16_t **events)
{
    const struct app_flow_extra *x = app_extra_of(f);
    *events = x->events;
    return x->event_count;
}

struct app_tx *app_flow_txs(const struct app_flow *f)
{
    return f->first;
}

uint8_t app_tx_complete(enum app_proto p, enum direction dir)
{
    const struct app_parser *parser = app_parser_of(p);
    return parser ? parser->complete[dir] : 0;
}

bool app_tx_is_done(const struct app_tx *tx)
{
    return tx->progress[TO_SERVER] >= app_tx_complete(tx->proto, TO_SERVER) &&
           tx->progress[TO_CLIENT] >= app_tx_complete(tx->proto, TO_CLIENT);
}

/* Everything that asks for records sets `logged`; a tx without any record never waits for one. */
static bool is_over(const struct app_tx *tx)
{
    return !app_parser_of(tx->proto)->keeps_txs && app_tx_is_done(tx) && tx->logged &&
           app_files_are_over(tx) && tx->inspected[TO_SERVER] && tx->inspected[TO_CLIENT];
}

void app_flow_reap(struct app *a, struct app_flow *f, bool everything)
{
    struct app_tx **at = &f->first, *last = NULL;
    a->current = f;
    while (*at) {
        struct app_tx *tx = *at;
        if (!everything && !is_over(tx)) {
            last = tx;
            at = &tx->next;
            continue;
        }
        *at = tx->next;
        f->tx_count--;
        app_tx_drop(a, tx);
    }
    f->last = last;
    app_frames_free(a, f, everything);
    a->current = NULL;
}

const char *app_event_name(enum app_proto p, uint16_t event)
{
    if (p == APP_UNKNOWN)
        return event < APP_FLOW_EVENT_COUNT ? flow_events[event] : "unknown";
    const struct app_parser *parser = app_parser_of(p);
    return parser && event < parser->event_count ? parser->events[event] : "unknown";
}

static int find_name(const char *const *list, size_t count, struct bytes name)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] && bytes_ieq(name, bytes_str(list[i])))
            return (int)i;
    return -1;
}

int app_event_find(struct bytes full_name, enum app_proto *p)
{
    ptrdiff_t dot = bytes_find(full_name, BYTES_LIT("."));
    if (dot < 0) {
        *p = APP_UNKNOWN;
        return find_name(flow_events, APP_FLOW_EVENT_COUNT, full_name);
    }
    int proto = app_proto_find(bytes_slice(full_name, 0, (size_t)dot));
    if (proto < 0)
        return -1;
    *p = (enum app_proto)proto;
    const struct app_parser *parser = app_parser_of(*p);
    return find_name(parser->events, parser->event_count,
                     bytes_slice(full_name, (size_t)dot + 1, SIZE_MAX));
}

void app_tx_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    app_parser_of(tx->proto)->records(tx, last, emit, ctx);
}

void app_tx_unlog(struct app_flow *f, struct app_tx *tx)
{
    tx->unlogged = true;
    struct app_flow_extra *x = app_extra(f);
    if (tx->exchange)
        x->unlogged[x->unlogged_at++ % UNLOGGED_MAX] = tx->exchange;
}

bool app_tx_is_unlogged(const struct app_flow *f, const struct app_tx *tx)
{
    bool unlogged = tx->unlogged;
    for (unsigned i = 0; f->extra && tx->exchange && i < UNLOGGED_MAX; i++)
        unlogged |= f->extra->unlogged[i] == tx->exchange;
    return unlogged;
}

void app_tx_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct app_parser *parser = app_parser_of(tx->proto);
    if (parser->alert_json)
        parser->alert_json(tx, j);
}

void app_tx_facts(const struct app_tx *tx, struct app_facts *out)
{
    *out = (struct app_facts){0};
    const struct app_parser *parser = app_parser_of(tx->proto);
    if (parser->facts)
        parser->facts(tx, out);
}
