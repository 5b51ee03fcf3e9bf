/* sensor/observe.c - see observe.h. */
#include "sensor/observe.h"

#define NAME_SHOWN_MAX 255

static struct observation base_of(const struct rule_address_set *inside, const struct flow *f,
                                  enum observation_kind kind, uint64_t ts_us, uint64_t packet)
{
    const struct tuple *t = &f->tuple;
    return (struct observation){
        .kind = kind,
        .transport = t->proto,
        .ts_us = ts_us,
        .flow_id = f->id,
        .packet = packet,
        .client_inside = inside && rule_address_holds(inside, &t->addr[TO_SERVER]),
        .server_inside = inside && rule_address_holds(inside, &t->addr[TO_CLIENT]),
        .start_us = f->first_us,
        .client = t->addr[TO_SERVER],
        .server = t->addr[TO_CLIENT],
        .client_port = t->port[TO_SERVER],
        .server_port = t->port[TO_CLIENT],
        .bytes_to_server = f->bytes[TO_SERVER],
        .bytes_to_client = f->bytes[TO_CLIENT]};
}

/* Appends one name's bytes to body and makes the view an offset into the record. */
static void flatten(struct bytes *view, uint8_t *body, size_t *used)
{
    size_t n = view->len > NAME_SHOWN_MAX ? NAME_SHOWN_MAX : view->len;
    if (n)
        memcpy(body + *used, view->p, n);
    *view = bytes_of(NULL, n);
    *used += n;
}

static void put(struct batch *b, struct record_order order, struct observation *o)
{
    uint8_t body[sizeof *o + 4 * NAME_SHOWN_MAX];
    size_t used = sizeof *o;
    flatten(&o->host, body, &used);
    flatten(&o->uri, body, &used);
    flatten(&o->user_agent, body, &used);
    flatten(&o->ja4, body, &used);
    memcpy(body, o, sizeof *o);
    batch_add_record(b, RECORD_OBSERVATION, order, bytes_of(body, used));
}

struct observation observe_read(const struct record *r)
{
    struct observation o;
    struct bytes body = record_body(r);
    memcpy(&o, body.p, sizeof o);
    struct bytes *views[] = {&o.host, &o.uri, &o.user_agent, &o.ja4};
    size_t at = sizeof o;
    for (size_t i = 0; i < 4; i++) {
        *views[i] = bytes_slice(body, at, views[i]->len);
        at += views[i]->len;
    }
    return o;
}

/* What the packet is to a scan detector, or -1. */
static int kind_of(const struct flow *f, const struct packet *p, enum direction dir)
{
    bool first = f->packets[dir] == 1;
    if (f->tuple.proto != IPP_TCP && f->tuple.proto != IPP_UDP)
        return -1;
    if (p->proto != f->tuple.proto) /* an ICMP error about the flow */
        return f->packets[TO_CLIENT] <= 1 ? OBS_REFUSED : -1;
    if (dir == TO_SERVER)
        return first && (p->proto == IPP_UDP || (p->tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
                   ? OBS_ATTEMPT
                   : -1;
    if (!first)
        return -1;
    if (p->proto == IPP_TCP && p->tcp.flags & TCP_RST)
        return OBS_REFUSED;
    return p->proto == IPP_UDP || p->tcp.flags & TCP_SYN ? OBS_ANSWERED : -1;
}

void observe_packet(struct batch *b, struct record_order order,
                    const struct rule_address_set *inside, const struct flow *f,
                    const struct packet *p, enum direction dir)
{
    int kind = kind_of(f, p, dir);
    if (kind < 0)
        return;
    struct observation o = base_of(inside, f, (enum observation_kind)kind, p->ts_us, p->number);
    put(b, order, &o);
}

void observe_request(struct batch *b, struct record_order order,
                     const struct rule_address_set *inside, const struct flow *f,
                     const struct app_tx *tx, const struct packet *p)
{
    struct app_facts facts = {0};
    struct observation o = base_of(inside, f, OBS_REQUEST, tx->first_us, p->number);
    app_tx_facts(tx, &facts);
    o.host = facts.host;
    o.uri = facts.uri;
    o.user_agent = facts.user_agent;
    o.ja4 = facts.ja4;
    put(b, order, &o);
}

void observe_end(struct batch *b, struct record_order order, const struct rule_address_set *inside,
                 const struct flow *f)
{
    if (f->tuple.proto != IPP_TCP && f->tuple.proto != IPP_UDP)
        return;
    enum observation_kind kind = f->packets[TO_CLIENT] ? OBS_END : OBS_SILENT;
    struct observation o = base_of(inside, f, kind, f->last_us, order.packet);
    put(b, order, &o);
}
