/* sensor/detect/packet_rules.c - rules about addresses, packets and raw streams. */
#include "sensor/detect/worker_state.h"
#include "sensor/profile.h"

static void add_hit(void *ctx, uint32_t rule)
{
    candidates_add(ctx, rule);
}

static void scan(struct detect *d, enum payload_kind kind, enum direction dir, struct bytes in)
{
    const struct matcher *m = d->ruleset->prefilter->payload[kind][dir];
    if (!m || in.len == 0)
        return;
    d->counters.mpm_scans++;
    d->counters.mpm_bytes += in.len;
    IN_ROOM(PREFILTER, matcher_scan(m, &d->seen, in, add_hit, &d->found));
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
    for (size_t i = 0; i < rs->frame_count; i++) {
        const struct signature *s = rs->frame[i];
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
    if (rule_list_count(d->ruleset->ip_only) == 0)
        return;
    size_t n = rule_list_fitting(d->ruleset->ip_only, detect_key(d, d->dir), d->fitting);
    for (size_t i = 0; i < n; i++) {
        detect_begin(d, d->dir);
        if (detect_conditions(d, d->fitting[i]) && detect_late_conditions(d, d->fitting[i]))
            detect_matched(d, d->fitting[i], NULL, d->dir, false);
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

static void find_by_pattern(struct detect *d, enum direction dir)
{
    const struct packet *p = d->packet;
    if (d->no_payload)
        return;
    if (p->payload.len && !d->last) {
        bool tcp = p->proto == IPP_TCP;
        scan(d,
             tcp                   ? PAYLOAD_TCP_PACKET
             : p->proto == IPP_UDP ? PAYLOAD_UDP
                                   : PAYLOAD_OTHER,
             dir, p->payload);
        if (tcp && !(p->flags & PACKET_STREAM_ADDED))
            scan(d, PAYLOAD_TCP_STREAM, dir, p->payload);
    }
    if (!detect_has_fresh(d, dir))
        return;
    struct stream_raw piece = d->raw[dir];
    for (unsigned n = 0; n == 0 || detect_next_piece(d, dir, n, &piece); n++)
        scan(d, PAYLOAD_TCP_STREAM, dir, piece.bytes);
}

/* At the end of a flow only streams are looked at, and which protocol it was. */
static bool is_asked_last(const struct detect *d, const struct signature *s, enum direction dir)
{
    if (s->payload)
        return (s->flags & SIG_STREAM) && detect_has_fresh(d, dir);
    return d->ends_open && s->proto != APP_UNKNOWN && !(s->flags & SIG_TX) && !s->packet_count &&
           !s->condition_count && !s->late_count;
}

/* Rules no pattern selects. */
static void find_by_header(struct detect *d, enum direction dir)
{
    const struct ruleset *rs = d->ruleset;
    bool packet = !d->last;
    if (rule_list_count(rs->unpicked) == 0 ||
        (!packet && !detect_has_fresh(d, dir) && !d->ends_open))
        return;
    size_t n = rule_list_fitting(rs->unpicked, detect_key(d, dir), d->fitting);
    for (size_t i = 0; i < n; i++)
        if (packet || is_asked_last(d, d->fitting[i], dir))
            candidates_add(&d->found, d->fitting[i]->index);
}

static bool proto_fits(const struct detect *d, const struct signature *s)
{
    enum app_proto proto = d->flow && d->flow->app ? app_flow_proto(d->flow->app) : APP_UNKNOWN;
    return signature_wants_app(s, proto);
}

static void inspect_rule(struct detect *d, const struct signature *s, enum direction dir,
                         bool proto_news)
{
    bool stream = false;
    if (!header_fits(d->ruleset->groups, s, detect_key(d, dir)) || !proto_fits(d, s))
        return;
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
    candidates_clear(&d->found);
    find_by_pattern(d, dir);
    find_by_header(d, dir);
    candidates_sort(&d->found);
    d->counters.candidates += d->found.count;
    bool news = proto_is_news(d, dir);
    for (size_t i = 0; i < d->found.count; i++)
        inspect_rule(d, d->ruleset->signatures[d->found.rules[i]], dir, news);
    if (d->flow && d->flow->app && d->flow->vars)
        note_protos(d);
}
