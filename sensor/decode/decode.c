/* sensor/decode/decode.c - a frame's way through the header decoders. */
#include "sensor/decode/checksum.h"
#include "sensor/decode/defrag.h"
#include "sensor/decode/layers.h"

#define AUTO_FRAMES  1000 /* after which CHECKSUM_AUTO judges */
#define AUTO_BAD_MAX 100

/* The assigned port where none is set; and which ports are worth a second look. */
static void note_ports(struct decoder *d, struct tunnel_ports *t, uint16_t port)
{
    if (!t->set)
        *t = (struct tunnel_ports){.set = true, .ports = {port}};
    if (t->any)
        memset(d->tunnel_ports, UINT8_MAX, sizeof d->tunnel_ports);
    for (size_t i = 0; i < TUNNEL_PORTS_MAX && t->ports[i]; i++)
        d->tunnel_ports[t->ports[i] / 8] |= (uint8_t)(1u << t->ports[i] % 8);
}

struct decoder *decoder_new(const struct decoder_options *o)
{
    struct decoder *d = calloc(1, sizeof *d);
    ASSERT(d);
    d->options = *o;
    note_ports(d, &d->options.vxlan, 4789);
    note_ports(d, &d->options.geneve, 6081);
    note_ports(d, &d->options.teredo, 3544);
    note_ports(d, &d->options.gtpu, 2152);
    d->checksums_checked = o->checksums != CHECKSUM_NONE;
    d->defrag = defrag_new(&d->options, &d->counters);
    return d;
}

void decoder_free(struct decoder *d)
{
    if (!d)
        return;
    defrag_free(d->defrag);
    free(d);
}

const struct decode_counters *decode_counters(const struct decoder *d)
{
    return &d->counters;
}

bool decode_layer(struct decode *s)
{
    if (++s->layers <= LAYERS_MAX)
        return true;
    decode_invalid(s, EVENT_TOO_MANY_LAYERS);
    return false;
}

void decode_event_again(struct decode *s, enum packet_event e)
{
    struct packet *p = s->packet;
    if (p->event_count < PACKET_EVENTS_MAX)
        p->events[p->event_count++] = (uint16_t)e;
    else if (p->events_lost < UINT8_MAX)
        p->events_lost++;
}

void decode_invalid(struct decode *s, enum packet_event e)
{
    packet_event(s->packet, e);
    s->packet->flags |= PACKET_INVALID;
    s->packet->l4 = s->packet->payload = (struct bytes){0};
}

#define DECODE_CASE(number, name)                                                                  \
    case number:                                                                                   \
        decode_##name(s, b);                                                                       \
        return true;

bool decode_link(struct decode *s, uint32_t linktype, struct bytes b)
{
    switch (linktype) {
        LINK_TABLE(DECODE_CASE)
    default:
        s->d->counters.unknown_linktype++;
        return false;
    }
}

bool decode_ethertype(struct decode *s, uint16_t ethertype, struct bytes b)
{
    switch (ethertype) {
        ETHERTYPE_TABLE(DECODE_CASE)
    default:
        s->d->counters.unknown_ethertype++;
        return false;
    }
}

bool decode_ipproto(struct decode *s, uint8_t proto, struct bytes b)
{
    switch (proto) {
        IPPROTO_TABLE(DECODE_CASE)
    default:
        return false;
    }
}

void decode_inside(struct decode *s, enum packet_source source, uint32_t linktype,
                   struct bytes data)
{
    s->inside =
        (struct inside){.waiting = true, .source = source, .linktype = linktype, .data = data};
}

void decode_inside_by(struct decode *s, enum packet_source source, decode_fn *decode,
                      struct bytes data)
{
    decode_inside(s, source, LINK_NONE, data);
    s->inside.decode = decode;
}

decode_fn *ethertype_decoder(uint16_t ethertype)
{
#define DECODER_CASE(number, name)                                                                 \
    case number:                                                                                   \
        return decode_##name;
    switch (ethertype) {
        ETHERTYPE_TABLE(DECODER_CASE)
    default:
        return NULL;
    }
}

bool decode_inside_ethertype(struct decode *s, enum packet_source source, uint16_t ethertype,
                             struct bytes data)
{
    decode_fn *decode = ethertype_decoder(ethertype);
    if (!decode)
        return false;
    decode_inside_by(s, source, decode, data);
    if (decode == decode_ipv4 || decode == decode_ipv6)
        s->inside.linktype = LINK_RAW;
    return true;
}

void decode_reassembled(struct decode *s, const struct defragmented *whole)
{
    decode_inside(s, SOURCE_DEFRAG, whole->linktype, whole->frame);
    s->inside.decode = s->packet->ip_version == 4 ? decode_ipv4 : decode_ipv6;
    s->inside.decode_from = whole->ip_at;
}

static void start_packet(struct packet *p, uint32_t linktype, struct bytes raw)
{
    packet_clear(p);
    p->linktype = linktype;
    p->raw = raw;
}

static void set_outer(struct packet *p, const struct packet *outer)
{
    if (outer->outer.src.version) {
        p->outer = outer->outer;
        return;
    }
    p->outer.src = outer->src;
    p->outer.dst = outer->dst;
    p->outer.sport = outer->sport;
    p->outer.dport = outer->dport;
    p->outer.proto = outer->proto;
}

/* A tunnel's packet is one layer deeper and has its own tags; a reassembled datagram stands where
 * its fragments stood. */
static void start_inside(struct packet *p, const struct packet *outer, const struct inside *in)
{
    start_packet(p, in->linktype, in->data);
    p->number = outer->number;
    p->ts_us = outer->ts_us;
    p->source = (uint8_t)in->source;
    set_outer(p, outer);
    p->recursion = (uint8_t)(outer->recursion + (in->source != SOURCE_DEFRAG));
    if (in->source != SOURCE_DEFRAG)
        return;
    p->flags = PACKET_REASSEMBLED;
    memcpy(p->vlan, outer->vlan, sizeof p->vlan);
    p->vlan_count = outer->vlan_count;
    memcpy(p->src_mac, outer->src_mac, sizeof p->src_mac);
    memcpy(p->dst_mac, outer->dst_mac, sizeof p->dst_mac);
    p->has_mac = outer->has_mac;
}

static void emit_packet(struct decoder *d, struct packet *p, packet_fn *emit, void *ctx)
{
    struct decode_counters *c = &d->counters;
    c->packets++;
    for (unsigned i = 0; i < p->event_count; i++)
        c->events[p->events[i]]++;
    if (p->flags & PACKET_INVALID)
        c->invalid++;
    emit(ctx, p);
}

/* Anyone may send from a tunnel's port: that alone hides no payload from rules. */
static bool goes_to_tunnel(const struct decoder *d, const struct packet *outer,
                           enum packet_source source)
{
    const struct tunnel_ports *ports = source == SOURCE_VXLAN    ? &d->options.vxlan
                                       : source == SOURCE_GENEVE ? &d->options.geneve
                                       : source == SOURCE_GTPU   ? &d->options.gtpu
                                                                 : NULL;
    return !ports || tunnel_has_port(ports, outer->dport);
}

/* What is no IP packet was a payload after all, and is looked at as one, too. So is what Teredo, a
 * guess from the port, takes for a packet that does not hold. */
static void note_carried(const struct decoder *d, struct packet *outer, const struct packet *inner)
{
    bool guessed_wrong = inner->source == SOURCE_TEREDO && (inner->flags & PACKET_INVALID);
    if (inner->source != SOURCE_DEFRAG && inner->ip_version && !guessed_wrong &&
        goes_to_tunnel(d, outer, inner->source))
        outer->flags |= PACKET_CARRIES;
}

static void decode_carried(struct decode *s, const struct inside *in)
{
    s->inside = (struct inside){0};
    if (in->decode)
        in->decode(s, bytes_slice(in->data, in->decode_from, in->data.len));
    else
        decode_link(s, in->linktype, in->data);
}

/* Offloading network cards leave outgoing packets without a checksum. As Suricata does for files:
 * the first frames decide, by their TCP checksums. */
static void judge_checksums(struct decoder *d)
{
    if (d->options.checksums == CHECKSUM_AUTO && d->counters.frames == AUTO_FRAMES &&
        d->tcp_csum_bad > AUTO_BAD_MAX)
        d->checksums_checked = false;
}

void decode_l4_checksum(struct decode *s, struct bytes l4, uint8_t proto, size_t at)
{
    struct decoder *d = s->d;
    if (!d->checksums_checked || checksum_l4_holds(s->packet, l4, proto))
        return;
    if (s->csum_unfinished && d->options.checksums == CHECKSUM_AUTO &&
        checksum_l4_is_unfinished(s->packet, l4, proto, at)) {
        s->packet->flags |= PACKET_UNFINISHED_CSUM;
        return;
    }
    s->packet->flags |= PACKET_BAD_L4_CSUM;
    d->tcp_csum_bad += proto == IPP_TCP;
}

void decode_frame(struct decoder *d, const struct frame *f, packet_fn *emit, void *ctx)
{
    struct packet packet[2]; /* in turn: the outer one goes out when its inner one is read */
    start_packet(&packet[0], f->linktype, f->data);
    packet[0].number = f->number;
    packet[0].ts_us = f->ts_us;
    struct decode s = {.d = d, .packet = &packet[0], .csum_unfinished = f->csum_unfinished};
    d->counters.frames++;
    d->counters.bytes += f->data.len;
    judge_checksums(d);
    if (f->wire_len > f->data.len) {
        s.packet->flags |= PACKET_TRUNCATED;
        if (d->options.live) /* a file may have been cut on purpose */
            packet_event(s.packet, EVENT_AFPACKET_TRUNC_PKT);
    }
    decode_link(&s, f->linktype, f->data);
    for (unsigned i = 1; s.inside.waiting; i ^= 1) {
        struct inside in = s.inside;
        struct packet *outer = s.packet;
        s.packet = &packet[i];
        start_inside(s.packet, outer, &in);
        decode_carried(&s, &in);
        note_carried(d, outer, s.packet);
        emit_packet(d, outer, emit, ctx);
    }
    emit_packet(d, s.packet, emit, ctx);
    defrag_settle(d->defrag);
}
