/* sensor/detect/app_frames.c - rules about what parsers point out of a stream or datagram.
 *
 * A frame is looked at once it is whole, every LOOK_EVERY bytes while it grows, and when nothing
 * more comes. Any of a rule's buffers for its type will do, as with Suricata. */
#include "sensor/detect/worker_state.h"

#define LOOK_EVERY 2500

static bool is_about(const struct buffer *b, const struct app_frame *f)
{
    return b->kind == BUFFER_FRAME && b->frame_proto == f->proto && b->frame_type == f->type;
}

static struct bytes frame_bytes(struct detect *d, const struct buffer *b, const struct app_frame *f)
{
    struct bytes in = f->bytes;
    for (size_t i = 0; i < b->transform_count; i++)
        in = b->transforms[i].kind->run(b->transforms[i].arg, in, &d->arena, &d->in);
    return in;
}

/* ---- candidates ---- */
static void find_rules(struct detect *d, const struct app_frame *f, enum direction dir)
{
    const struct prefilter *pf = d->ruleset->prefilter;
    struct sig_group *g = detect_group(d, dir, (enum app_proto)f->proto);
    candidates_clear(&d->found);
    for (size_t i = 0; i < pf->frame_buffer_count; i++) {
        const struct buffer *b = pf->frame_buffers[i];
        const struct matcher *m = is_about(b, f) ? pf->app[dir][b->id] : NULL;
        if (m)
            candidates_find(d, g, m, (struct literals_view){.bytes = frame_bytes(d, b, f)});
    }
    for (size_t i = 0; i < pf->frame_rule_count; i++)
        if (sig_group_fits(g, pf->frame_rules[i]))
            candidates_add(&d->found, pf->frame_rules[i]->index);
    candidates_sort(&d->found);
    d->counters.candidates += d->found.count;
}

/* ---- one rule ---- */
static bool bytes_match(struct detect *d, const struct signature *s, const struct app_frame *f)
{
    for (size_t i = 0; i < s->app_count; i++) {
        const struct inspection *in = &s->apps[i];
        if (!is_about(in->buffer, f))
            continue;
        /* What lies before was matched when it was new. */
        struct walk w = {.in = &d->in,
                         .buffer = frame_bytes(d, in->buffer, f),
                         .needs = f->looked,
                         .unfinished = !f->complete,
                         .of = in->buffer,
                         .in_stream = d->flow->tcp && in->buffer->transform_count == 0,
                         .stream_at = f->offset};
        if (walk_inspection(&w, in))
            return true;
    }
    return false;
}

static struct app_tx *tx_of(const struct detect *d, const struct app_frame *f)
{
    struct app_tx *tx = f->has_tx ? app_flow_txs(d->flow->app) : NULL;
    while (tx && (tx->id != f->tx_id || tx->proto != f->proto))
        tx = tx->next;
    return tx;
}

static void inspect_rule(struct detect *d, const struct signature *s, struct app_frame *f)
{
    enum direction dir = (enum direction)f->dir;
    d->counters.inspected++;
    detect_begin(d, dir);
    if (!detect_conditions(d, s) || !bytes_match(d, s, f) || !detect_late_conditions(d, s))
        return;
    d->in.frame = f;
    detect_matched(d, s, tx_of(d, f), dir, false);
    d->in.frame = NULL;
}

static void inspect_frame(struct detect *d, struct app_frame *f)
{
    find_rules(d, f, (enum direction)f->dir);
    for (size_t i = 0; i < d->found.count; i++)
        inspect_rule(d, d->ruleset->signatures[d->found.rules[i]], f);
    f->looked = f->bytes.len;
}

void run_app_frames(struct detect *d, enum direction dir)
{
    for (struct app_frame *f = app_flow_frames(d->flow->app, dir); f; f = f->next) {
        bool ends = f->complete || f->over || d->last;
        bool news = f->bytes.len > f->looked || f->complete;
        if (!f->seen && news && (ends || f->bytes.len - f->looked >= LOOK_EVERY))
            inspect_frame(d, f);
        f->seen |= ends;
    }
}
