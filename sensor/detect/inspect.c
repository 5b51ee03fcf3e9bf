/* sensor/detect/inspect.c - what is asked of a packet for any kind of rule. */
#include "sensor/detect/inspect.h"

#include "sensor/detect/explain.h"
#include "sensor/detect/worker_state.h"

static bool tells_ports(const struct packet *p)
{
    return !(p->flags & PACKET_FRAGMENT) &&
           (p->proto == IPP_TCP || p->proto == IPP_UDP || p->proto == IPP_SCTP);
}

const struct header_key *detect_key(struct detect *d, enum direction dir)
{
    if (d->has_key[dir])
        return &d->keys[dir];
    const struct packet *p = d->packet;
    const struct rule_groups *g = d->ruleset->groups;
    if (!d->last) {
        header_key_make(g, &p->src, &p->dst, p->sport, p->dport, p->proto, dir, &d->keys[dir]);
        if (!tells_ports(p))
            header_key_portless(g, &d->keys[dir]);
    } else {
        const struct tuple *t = &d->flow->tuple;
        header_key_make(g, &t->addr[dir], &t->addr[OTHER(dir)], t->port[dir], t->port[OTHER(dir)],
                        t->proto, dir, &d->keys[dir]);
    }
    d->has_key[dir] = true;
    return &d->keys[dir];
}

/* All packets of a flow that way have the same, but fragments, which have no ports. */
struct flow_vars *detect_group_keeper(const struct detect *d)
{
    bool one_of_many = d->own && !(d->packet->flags & PACKET_FRAGMENT);
    struct flow_vars *v = d->flow && one_of_many ? d->flow->vars : NULL;
    if (v && v->turned != d->flow->turned) {
        v->turned = d->flow->turned;
        v->has_header = false;
        v->group_ids[0] = v->group_ids[1] = 0;
    }
    return v;
}

/* Looked up once a flow. */
static struct header_key header_that_way(struct detect *d, struct flow_vars *v, enum direction dir)
{
    if (!v)
        return *detect_key(d, dir);
    if (!v->has_header)
        v->header = *detect_key(d, dir);
    v->has_header = true;
    return v->header.dir == dir ? v->header : header_key_back(&v->header);
}

struct sig_group *detect_find_group(struct detect *d, enum direction dir, enum app_proto app)
{
    struct flow_vars *v = d->group_keeper;
    struct header_key key = header_that_way(d, v, dir);
    struct sig_group *g = sig_group_of(d->groups, &key, app);
    if (v) {
        v->groups[dir] = g;
        v->group_ids[dir] = g->id;
    }
    return g;
}

bool detect_has_stream(const struct inspect *in)
{
    return detect_has_fresh(in->detect, in->detect->dir);
}

void detect_begin(struct detect *d, enum direction dir)
{
    d->in.dir = dir;
    d->in.tx = NULL;
    d->in.captured = NULL;
    if (d->explain)
        explain_clear(d->explain);
}

bool detect_conditions(struct detect *d, const struct signature *s)
{
    if ((s->flags & SIG_FLOW) && !d->flow)
        return false;
    for (size_t i = 0; i < s->condition_count; i++)
        if (!s->conditions[i].match(s->conditions[i].arg, &d->in))
            return false;
    return true;
}

bool detect_late_conditions(struct detect *d, const struct signature *s)
{
    for (size_t i = 0; i < s->late_count; i++)
        if (!s->late[i].match(s->late[i].arg, &d->in))
            return false;
    return true;
}

static bool packet_buffer(struct detect *d, const struct buffer *b, struct bytes *out)
{
    bool there = true;
    if (b->place)
        *out = b->place(&d->in);
    else
        there = b->packet(d->packet, out);
    for (size_t i = 0; there && i < b->transform_count; i++)
        *out = b->transforms[i].kind->run(b->transforms[i].arg, *out, &d->arena, &d->in);
    return there;
}

bool detect_packet_buffers(struct detect *d, const struct signature *s)
{
    for (size_t i = 0; i < s->packet_count; i++) {
        const struct inspection *in = &s->packets[i];
        struct walk w = {.in = &d->in, .of = in->buffer};
        if (!packet_buffer(d, in->buffer, &w.buffer) || !walk_inspection(&w, in))
            return false;
    }
    return true;
}
