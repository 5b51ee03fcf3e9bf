/* proto.c - which protocol a flow speaks, told from its first bytes in either direction, and the
 * way of the bytes from there to the parser.
 *
 * Each direction is probed on its own. The first one that is recognised decides; the other one is
 * compared with it and only labelled. Ports are a hint that probes may use, never the answer. */
#include "sensor/app/state.h"

#define STRANGE_MAX 4 /* datagrams of one direction that are looked at in vain */

/* Bytes of a direction that are enough to be called nothing of the kind, as Suricata waits for. */
static const uint32_t tells[] = {[TO_SERVER] = 24, [TO_CLIENT] = 16};

static unsigned transport_of(const struct app_flow *f)
{
    return app_is_udp(&f->ends) ? APP_OVER_UDP : APP_OVER_TCP;
}

/* Asks those that it may be. OK and *found, MORE when one of them wants a longer start, or DECLINE.
 * data is not empty. */
static enum app_result identify(const struct app *a, const struct app_flow *f, enum direction dir,
                                struct bytes data, enum app_proto *found)
{
    enum app_result rest = APP_DECLINE;
    for (probe_set worth = probes_worth(&a->probes, &f->ends, data); worth;) {
        enum app_proto p = probes_next(&worth);
        enum app_result r = app_parser_of(p)->probe(&f->ends, dir, data);
        if (r == APP_OK) {
            *found = p;
            return APP_OK;
        }
        if (r == APP_MORE)
            rest = APP_MORE;
    }
    return rest == APP_MORE && data.len < APP_PROBE_MAX ? APP_MORE : APP_DECLINE;
}

bool app_is_reversed(const struct app *a, const struct app_endpoints *e, struct bytes first,
                     bool midway)
{
    if (first.len == 0)
        return false;
    for (probe_set worth = a->probes.reversible & probes_worth(&a->probes, e, first); worth;) {
        const struct app_parser *parser = app_parser_of(probes_next(&worth));
        bool may_be = midway || (parser->own_port && parser->own_port == e->port[1]);
        if (may_be && parser->is_reversed(e, first))
            return true;
    }
    return false;
}

static const struct app_text *early_of(const struct app_flow *f, enum direction dir)
{
    return &app_extra_of(f)->early[dir];
}

static void forget_early(struct app *a, struct app_flow *f)
{
    for (unsigned dir = 0; f->extra && dir < 2; dir++)
        app_text_free(a, &f->extra->early[dir]);
}

static void switch_protocol(struct app *a, struct app_flow *f, uint64_t ts_us);

/* Bytes to the current parser, whose answer may be that it lost its way or that it is done. */
static void feed_parser(struct app *a, struct app_flow *f, const struct app_input *in)
{
    if (f->quiet)
        return;
    enum app_proto proto = f->layer_proto;
    if (in->offset == 0 && in->data.len > 0 && transport_of(f) == APP_OVER_TCP)
        app_frame_add(in, proto, APP_FRAME_STREAM, 0, -1, (struct bytes){0});
    enum app_result r = app_parser_of(proto)->feed(f->state, in);
    if (r == APP_BROKEN || r == APP_DECLINE) {
        f->quiet = f->broken = true;
        a->counters.broken[proto]++;
    } else if (f->switching) {
        switch_protocol(a, f, in->ts_us);
    }
}

/* Hands over what was kept of one direction before the protocol was known. */
static void feed_early(struct app *a, struct app_flow *f, enum direction dir, uint64_t ts_us)
{
    if (f->probe[dir].lost) {
        struct app_input gap = {
            .app = a, .flow = f, .dir = dir, .flags = APP_FEED_GAP, .gap_bytes = 1, .ts_us = ts_us};
        feed_parser(a, f, &gap);
    }
    struct app_text early = *early_of(f, dir); /* the parser may switch, and fill it anew */
    if (early.len > 0) {
        f->extra->early[dir] = (struct app_text){0};
        struct app_input in = {.app = a,
                               .flow = f,
                               .dir = dir,
                               .data = app_text_bytes(&early),
                               .offset = f->extra->fed[dir] - early.len,
                               .ts_us = ts_us};
        feed_parser(a, f, &in);
        app_text_free(a, &early);
    }
}

/* In the order in which the sides began: a mail server's greeting is not an answer. */
static void feed_both_early(struct app *a, struct app_flow *f, uint64_t ts_us)
{
    enum direction first = f->first_dir;
    feed_early(a, f, first, ts_us);
    feed_early(a, f, OTHER(first), ts_us);
}

static void open_layer(struct app *a, struct app_flow *f, enum app_proto proto)
{
    const struct app_parser *parser = app_parser_of(proto);
    if (f->layer_count > 0) {
        f->orig = f->proto;
        app_extra(f)->earlier[f->layer_count - 1] =
            (struct app_layer){.state = f->state, .proto = f->layer_proto};
    }
    f->proto = proto;
    f->plain |= parser->plain_to_rules;
    f->decided = true;
    f->next_id = 0;
    f->note = 0;
    f->state = parser->open(a, f);
    f->layer_proto = proto;
    f->layer_count++;
    if (f->extra)
        app_text_free(a, &f->extra->context);
    a->counters.flows[proto]++;
}

/* Nobody knows the flow, from neither side. After a switch the earlier protocol keeps its name. */
void app_flow_give_up(struct app *a, struct app_flow *f)
{
    f->decided = f->quiet = true;
    if (f->layer_count == 0) {
        f->proto = f->probe[TO_SERVER].proto = f->probe[TO_CLIENT].proto = APP_FAILED;
        a->counters.flows[APP_FAILED]++;
    }
    forget_early(a, f);
}

/* The other side may still tell what this is, and then these bytes belong to its parser. */
static void keep_early(struct app *a, struct app_flow *f, enum direction dir, struct bytes data)
{
    if (transport_of(f) == APP_OVER_UDP)
        return;
    struct app_text *early = app_extra(f)->early;
    if (f->probe[dir].lost) {
        app_text_free(a, &early[dir]);
        return;
    }
    if (early[TO_SERVER].len + early[TO_CLIENT].len == 0)
        f->first_dir = dir;
    app_text_add(a, &early[dir], data, UINT32_MAX);
}

/* What did not tell the protocol is not kept for ever. Only after it was looked at: a stream's
 * first bytes may come in one long piece. */
static void shed_early(struct app *a, struct app_flow *f)
{
    for (unsigned dir = 0; dir < 2 && !f->decided; dir++)
        if (early_of(f, (enum direction)dir)->len > APP_EARLY_MAX) {
            app_text_free(a, &f->extra->early[dir]);
            f->probe[dir].lost = true;
        }
}

/* One direction is not known and will not be. */
static void fail_direction(struct app *a, struct app_flow *f, enum direction dir)
{
    f->probe[dir].proto = APP_FAILED;
    if (f->probe[OTHER(dir)].proto == APP_FAILED)
        app_flow_give_up(a, f);
}

/* What came from the other side so far: a few bytes fit as well as anything, more have to look like
 * the protocol. */
static void label_early(struct app_flow *f, enum direction dir, enum app_proto proto)
{
    struct app_probe *p = &f->probe[dir];
    struct bytes start = bytes_slice(app_text_bytes(early_of(f, dir)), 0, APP_PROBE_MAX);
    if (p->proto != APP_UNKNOWN || start.len == 0)
        return;
    if (start.len < tells[dir] || app_parser_of(proto)->probe(&f->ends, dir, start) == APP_OK) {
        p->proto = proto;
        return;
    }
    p->proto = APP_FAILED;
    app_flow_event(f, APP_EVENT_ONLY_ONE_DIRECTION);
}

static void recognise(struct app *a, struct app_flow *f, enum direction dir, enum app_proto proto,
                      uint64_t ts_us)
{
    f->probe[dir].proto = proto;
    if (f->probe[OTHER(dir)].proto == APP_FAILED)
        app_flow_event(f, APP_EVENT_ONLY_ONE_DIRECTION);
    if (f->wanted == APP_TLS && proto != APP_TLS)
        app_flow_event(f, APP_EVENT_NO_TLS_AFTER_STARTTLS);
    f->wanted = APP_UNKNOWN;
    label_early(f, OTHER(dir), proto);
    open_layer(a, f, proto);
    feed_both_early(a, f, ts_us);
}

/* Probes what is kept of dir; called after bytes were added to it. A few bytes that nobody knows do
 * not make a flow that nobody knows, be they all there is: so the peer has it. */
static void probe_early(struct app *a, struct app_flow *f, enum direction dir, uint64_t ts_us)
{
    enum app_proto found;
    struct bytes early = app_text_bytes(early_of(f, dir)),
                 start = bytes_slice(early, 0, APP_PROBE_MAX);
    enum app_result r = identify(a, f, dir, start, &found);
    if (r == APP_OK)
        recognise(a, f, dir, found, ts_us);
    else if (r == APP_DECLINE && early.len >= tells[dir])
        fail_direction(a, f, dir);
}

static void detect_stream(struct app *a, struct app_flow *f, const struct app_input *in)
{
    struct app_probe *p = &f->probe[in->dir];
    if (in->flags & APP_FEED_GAP)
        p->lost = true;
    keep_early(a, f, in->dir, in->data);
    if (p->proto == APP_FAILED)
        return;
    if (p->lost)
        fail_direction(a, f, in->dir);
    else if (early_of(f, in->dir)->len > 0)
        probe_early(a, f, in->dir, in->ts_us);
}

/* A keep-alive, or noise sent on purpose, must not hide what follows it. */
static void detect_datagram(struct app *a, struct app_flow *f, const struct app_input *in)
{
    struct app_probe *p = &f->probe[in->dir];
    enum app_proto found;
    if (p->strange == STRANGE_MAX || in->data.len == 0)
        return;
    if (identify(a, f, in->dir, in->data, &found) != APP_OK) {
        p->proto = f->proto = APP_FAILED; /* so far */
        if (++p->strange == STRANGE_MAX && f->probe[OTHER(in->dir)].strange == STRANGE_MAX)
            app_flow_give_up(a, f);
        return;
    }
    p->proto = found;
    open_layer(a, f, found);
    feed_parser(a, f, in);
}

/* The protocol is known from the other direction: see whether this one agrees, for its label only.
 */
static void label_direction(struct app *a, struct app_flow *f, enum direction dir,
                            struct bytes data)
{
    struct app_probe *p = &f->probe[dir];
    if (transport_of(f) == APP_OVER_UDP || f->announced) {
        p->proto = f->proto;
        return;
    }
    struct app_text *early = &app_extra(f)->early[dir];
    app_text_add(a, early, data, APP_PROBE_MAX);
    enum app_proto found = APP_FAILED;
    enum app_result r = app_parser_of(f->proto)->probe(&f->ends, dir, app_text_bytes(early));
    if (r == APP_MORE && early->len < APP_PROBE_MAX)
        return;
    if (r == APP_OK) {
        found = f->proto;
    } else if (identify(a, f, dir, app_text_bytes(early), &found) == APP_OK) {
        app_flow_event(f, APP_EVENT_MISMATCH_BOTH_DIRECTIONS);
    } else if (early->len < tells[dir]) {
        return;
    } else {
        found = APP_FAILED;
        app_flow_event(f, APP_EVENT_ONLY_ONE_DIRECTION);
    }
    p->proto = found;
    app_text_free(a, early);
}

/* Another flow told what this one is. A side has its label once it sends. */
static void open_announced(struct app *a, struct app_flow *f, enum app_proto proto)
{
    f->announced = true;
    open_layer(a, f, proto);
}

/* What was agreed on needs no detection, and gets the bytes of either direction. */
static void open_wanted(struct app *a, struct app_flow *f, enum app_proto proto)
{
    f->probe[TO_SERVER].proto = f->probe[TO_CLIENT].proto = proto;
    open_layer(a, f, proto);
}

void app_flow_switch(struct app *a, struct app_flow *f, enum app_proto wanted, struct bytes context)
{
    f->switching = true;
    f->wanted = wanted;
    app_flow_flush(f, TO_SERVER); /* rules see what came before apart from what comes now */
    app_flow_flush(f, TO_CLIENT);
    struct app_text *kept = &app_extra(f)->context;
    app_text_free(a, kept);
    app_text_add(a, kept, context, APP_EARLY_MAX);
}

void app_flow_unread(struct app *a, struct app_flow *f, enum direction dir, struct bytes data)
{
    if (!f->switching)
        return;
    if (f->probe[dir].proto != APP_UNKNOWN ||
        f->decided) { /* the first piece of the new protocol */
        forget_early(a, f);
        for (unsigned d = 0; d < 2; d++)
            f->probe[d] = (struct app_probe){.before = f->probe[d].proto};
        f->decided = false;
    }
    keep_early(a, f, dir, data);
}

static void switch_protocol(struct app *a, struct app_flow *f, uint64_t ts_us)
{
    app_flow_unread(a, f, TO_SERVER,
                    (struct bytes){0}); /* starts afresh where nothing was unread */
    f->switching = false;
    if (f->layer_count == FLOW_LAYERS_MAX) {
        app_flow_give_up(a, f);
        return;
    }
    if (f->wanted != APP_UNKNOWN && f->wanted != APP_TLS) {
        enum app_proto wanted = f->wanted;
        f->wanted = APP_UNKNOWN;
        open_wanted(a, f, wanted);
        feed_both_early(a, f, ts_us);
        return;
    }
    for (unsigned dir = 0; dir < 2 && !f->decided; dir++)
        if (early_of(f, (enum direction)dir)->len > 0)
            probe_early(a, f, (enum direction)dir, ts_us);
}

static void feed_flow(struct app *a, struct app_flow *f, struct app_input *in)
{
    if (!f->decided) {
        if (transport_of(f) == APP_OVER_UDP)
            detect_datagram(a, f, in);
        else
            detect_stream(a, f, in);
        if (!f->decided || !(in->flags & APP_FEED_EOF) || f->quiet)
            return;
        in->data = (struct bytes){0}; /* the bytes were handed over; their end was not */
        in->flags = APP_FEED_EOF;
    } else if (f->probe[in->dir].proto == APP_UNKNOWN && in->data.len > 0) {
        label_direction(a, f, in->dir, in->data);
    }
    feed_parser(a, f, in);
}

void app_feed(struct app *a, struct app_flow *f, enum direction dir, struct bytes data,
              unsigned flags, uint64_t gap_bytes, uint64_t ts_us)
{
    struct app_input in = {.app = a,
                           .flow = f,
                           .dir = dir,
                           .data = data,
                           .flags = flags,
                           .gap_bytes = gap_bytes,
                           .ts_us = ts_us};
    a->current = f;
    if (transport_of(f) == APP_OVER_TCP) {
        uint64_t *fed = &app_extra(f)->fed[dir];
        in.offset = *fed + gap_bytes;
        app_frames_take(a, f, dir, in.offset, data, gap_bytes);
        *fed = in.offset + data.len;
    }
    if (flags & APP_FEED_EOF) {
        f->ended = (f->ended | 1u << dir) & BOTH_DIRS;
        if (app_flow_has_ended(f))
            dpi_finish(app_extra_of(f)->dpi);
    }
    if (!f->begun) {
        f->begun = true;
        enum app_proto expected = app_expected(a, f, ts_us);
        if (expected != APP_UNKNOWN)
            open_announced(a, f, expected);
    }
    if (!f->quiet)
        feed_flow(a, f, &in);
    shed_early(a, f);
    app_flow_keep_budget(a, f);
    a->current = NULL;
}
