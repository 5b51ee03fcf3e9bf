/* sensor/detect/packet_rules.c - rules about addresses, packets and raw streams. */
#include "sensor/detect/worker_state.h"

static void scan(struct detect *d, struct sig_group *g, enum payload_kind kind,
                 struct literals_view view)
{
    const struct matcher *m = d->ruleset->prefilter->payload[kind][g->dir];
    if (m && view.bytes.len)
        candidates_find(d, g, m, view);
}

/* What contents near the beginning count from is where the new bytes begin, or, for some rules,
 * where those do that are kept from before. */
static void scan_piece(struct detect *d, struct sig_group *g, const struct stream_raw *piece)
{
    scan(d, g, PAYLOAD_TCP_STREAM, (struct literals_view){.bytes = piece->bytes});
    if (piece->from > 0)
        scan(d, g, PAYLOAD_TCP_STREAM,
             (struct literals_view){.bytes = bytes_slice(piece->bytes, piece->from, SIZE_MAX),
                                    .start_only = true});
}

/* ---- packets as such: decoder events ---- */
static bool frame_header_fits(struct detect *d, const struct signature *s)
{
    if (d->packet->ip_version == 0)
        return header_fits_no_ip(d->ruleset->groups, s);
    return header_fits(d->ruleset->groups, s, detect_key(d, d->dir));
}

void run_frame_rules(struct detect *d)
{
    const struct ruleset *rs = d->ruleset;
    bool stream;
    for (size_t i = 0; i < rs->frame.count; i++) {
        const struct signature *s = rs->frame.rules[i];
        if (!(s->dirs & DIR_BIT(d->dir)) || !frame_header_fits(d, s))
            continue;
        detect_begin(d, d->dir);
        if (detect_conditions(d, s) && detect_payload(d, s, d->dir, &stream) &&
            detect_late_conditions(d, s))
            detect_matched(d, s, NULL, d->dir, false);
    }
}

/* ---- addresses alone ---- */
void run_ip_only(struct detect *d)
{
    struct flow_vars *v = d->flow ? d->flow->vars : NULL;
    uint8_t *done = v ? &v->ip_only_done[!d->own] : NULL;
    if (done && (*done & DIR_BIT(d->dir)))
        return;
    if (done)
        *done |= (uint8_t)DIR_BIT(d->dir);
    const struct sig_group *g = detect_group(d, d->dir, d->in.proto);
    for (size_t i = 0; i < g->ip_only.count; i++) {
        const struct signature *s = g->ip_only.rules[i];
        detect_begin(d, d->dir);
        if (detect_conditions(d, s) && detect_late_conditions(d, s))
            detect_matched(d, s, NULL, d->dir, false);
    }
}

/* ---- packets and streams ---- */
/* Rules about the protocol alone are due once for each direction whenever it becomes known or
 * changes. */
static void note_protos(const struct detect *d)
{
    const struct flow *f = d->flow;
    struct flow_vars *v = f->vars;
    for (unsigned dir = 0; dir < 2; dir++) {
        enum app_proto now = app_flow_proto_dir(f->app, (enum direction)dir);
        if (now == APP_UNKNOWN || now == v->proto_told[dir])
            continue;
        v->proto_told[dir] = (uint8_t)now;
        v->proto_due |= (uint8_t)DIR_BIT(dir);
    }
}

static bool proto_is_news(const struct detect *d, enum direction dir)
{
    const struct flow *f = d->flow;
    if (!d->own || !f->app || !f->vars || d->last)
        return false;
    if (!f->tcp) /* of a stream, the next packet that way */
        note_protos(d);
    bool due = f->vars->proto_due & DIR_BIT(dir);
    f->vars->proto_due &= (uint8_t)~DIR_BIT(dir);
    return due;
}

static void find_by_pattern(struct detect *d, struct sig_group *g)
{
    const struct packet *p = d->packet;
    enum direction dir = g->dir;
    if (d->no_payload)
        return;
    if (p->payload.len && !d->last) {
        bool tcp = p->proto == IPP_TCP;
        struct literals_view all = {.bytes = p->payload};
        scan(d, g,
             tcp                   ? PAYLOAD_TCP_PACKET
             : p->proto == IPP_UDP ? PAYLOAD_UDP
                                   : PAYLOAD_OTHER,
             all);
        if (tcp && !(p->flags & PACKET_STREAM_ADDED))
            scan(d, g, PAYLOAD_TCP_STREAM, all);
    }
    if (!detect_has_fresh(d, dir))
        return;
    struct stream_raw piece = d->raw[dir];
    for (unsigned n = 0; n == 0 || detect_next_piece(d, dir, n, &piece); n++)
        scan_piece(d, g, &piece);
}

/* At the end of a flow only streams are looked at, and which protocol it was. */
static bool is_asked_last(const struct detect *d, const struct signature *s, enum direction dir)
{
    if (s->payload)
        return (s->flags & SIG_STREAM) && detect_has_fresh(d, dir);
    return d->ends_open && s->proto != APP_UNKNOWN && !(s->flags & SIG_TX) && !s->packet_count &&
           !s->condition_count && !s->late_count;
}

/* What detect_payload() may look at. */
static struct beginnings beginnings_of(const struct detect *d, enum direction dir)
{
    struct beginnings b = {.count = 0};
    struct stream_raw piece = d->raw[dir];
    if (!d->last)
        beginnings_add(&b, d->packet->payload);
    if (!detect_has_fresh(d, dir))
        return b;
    for (unsigned n = 0; n == 0 || detect_next_piece(d, dir, n, &piece); n++)
        beginnings_add(&b, bytes_slice(piece.bytes, piece.from, SIZE_MAX));
    return b;
}

/* Rules no pattern selects. */
static void find_by_header(struct detect *d, const struct sig_group *g)
{
    bool packet = !d->last;
    if (g->unpicked_count == 0 || (!packet && !detect_has_fresh(d, g->dir) && !d->ends_open))
        return;
    struct beginnings b = beginnings_of(d, g->dir);
    for (size_t i = 0; i < g->unpicked_count; i++) {
        const struct unpicked_rule *u = &g->unpicked[i];
        if (opening_may_match(&u->opening, &b) &&
            (packet || is_asked_last(d, u->signature, g->dir)))
            candidates_add(&d->found, u->signature->index);
    }
}

static void inspect_rule(struct detect *d, const struct signature *s, enum direction dir,
                         bool proto_news)
{
    bool stream = false;
    /* Its transactions come later at this packet; the pattern in the payload is remembered. */
    if (s->flags & SIG_TX) {
        candidates_add(&d->tx_found[dir], s->index);
        return;
    }
    if ((s->flags & SIG_PROTO_ONLY) && !proto_news)
        return;
    d->counters.inspected++;
    detect_begin(d, dir);
    if (detect_conditions(d, s) && detect_packet_buffers(d, s) &&
        detect_payload(d, s, dir, &stream) && detect_late_conditions(d, s))
        detect_matched(d, s, NULL, dir, stream);
}

void run_packet_rules(struct detect *d, enum direction dir)
{
    struct sig_group *g = detect_group(d, dir, d->in.proto);
    candidates_clear(&d->found);
    find_by_pattern(d, g);
    find_by_header(d, g);
    candidates_sort(&d->found);
    d->counters.candidates += d->found.count;
    bool news = proto_is_news(d, dir);
    for (size_t i = 0; i < d->found.count; i++)
        inspect_rule(d, d->ruleset->signatures[d->found.rules[i]], dir, news);
    if (d->flow && d->flow->app && d->flow->vars)
        note_protos(d);
}
