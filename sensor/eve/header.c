/* sensor/eve/header.c - timestamp, flow, addresses: see header.h. */
#include "sensor/eve/header.h"
#include "sensor/eve/shapes.h"

/* NULL: there is no record type of that name. */
static const char *find_type(struct bytes name)
{
    const char *type;
    for (size_t i = 0; (type = eve_type_at(i)) != NULL; i++)
        if (bytes_eq(name, bytes_str(type)))
            return type;
    return NULL;
}

/* Of a name that is not empty. */
static uint64_t beginning(const char *name)
{
    return UINT64_C(1) << ((unsigned char)name[0] * 7 + (unsigned char)name[1]) % 64;
}

bool eve_types_parse(struct bytes list, struct eve_types *out, struct bytes *unknown)
{
    *out = (struct eve_types){.all = bytes_eq(list, BYTES_LIT("all"))};
    while (!out->all && list.len) {
        const uint8_t *comma = memchr(list.p, ',', list.len);
        struct bytes name = bytes_slice(list, 0, comma ? (size_t)(comma - list.p) : list.len);
        list = bytes_slice(list, name.len + (comma ? 1 : 0), list.len);
        const char *type = find_type(name);
        if (!type || out->count == EVE_TYPES_MAX) {
            *unknown = name;
            return false;
        }
        out->names[out->count++] = type;
        out->beginnings |= beginning(type);
    }
    return true;
}

bool eve_types_has(const struct eve_types *t, const char *event_type)
{
    if (t->all || !(t->beginnings & beginning(event_type)))
        return t->all;
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->names[i], event_type) == 0)
            return true;
    return false;
}

static void put_vlan(struct json *j, const uint16_t *vlan)
{
    if (!vlan[0])
        return;
    json_array(j, "vlan");
    for (int i = 0; i < PACKET_VLAN_MAX && vlan[i]; i++)
        json_u64(j, NULL, vlan[i]);
    json_array_end(j);
}

bool eve_has_ports(uint8_t proto)
{
    return proto == IPP_TCP || proto == IPP_UDP || proto == IPP_SCTP;
}

/* An ICMP error has its own ends, those of a router maybe; the flow's are in what it quotes. */
static bool is_about_another(const struct eve_place *at)
{
    return at->packet && !at->tx && at->packet->proto != at->flow->tuple.proto;
}

struct eve_ends eve_ends(const struct eve_place *at)
{
    if (at->flow && !is_about_another(at)) {
        const struct tuple *t = &at->flow->tuple;
        const struct addr *client = at->client ? at->client : &t->addr[TO_SERVER];
        const struct addr *ends[2] = {client, &t->addr[TO_CLIENT]};
        return (struct eve_ends){ends[at->dir],    ends[OTHER(at->dir)],
                                 t->port[at->dir], t->port[OTHER(at->dir)],
                                 t->proto,         t->ip_version};
    }
    const struct packet *p = at->packet;
    return (struct eve_ends){&p->src, &p->dst, p->sport, p->dport, p->proto, p->ip_version};
}

/* Type and code come from the packet where there is one: a flow keeps only those of each
 * direction's first. */
static void put_icmp(struct json *j, const struct eve_place *at)
{
    if (at->packet && at->packet->l4.len &&
        (at->packet->proto == IPP_ICMP || at->packet->proto == IPP_ICMPV6)) {
        json_u64(j, "icmp_type", at->packet->icmp.type);
        json_u64(j, "icmp_code", at->packet->icmp.code);
    } else if (at->flow && at->dir == TO_SERVER) {
        json_u64(j, "icmp_type", at->flow->tuple.port[0]);
        json_u64(j, "icmp_code", at->flow->tuple.port[1]);
    } else if (at->flow) {
        json_u64(j, "icmp_type", at->flow->icmp_answer[0]);
        json_u64(j, "icmp_code", at->flow->icmp_answer[1]);
    }
}

/* The number of a sealed association; a flow's tuple holds it in two halves. */
static void put_spi(struct json *j, const struct eve_place *at)
{
    const uint8_t *spi = at->packet && at->packet->l4.len >= 4 ? at->packet->l4.p : NULL;
    if (at->flow)
        json_u64(j, "spi", (uint32_t)at->flow->tuple.port[0] << 16 | at->flow->tuple.port[1]);
    else if (spi)
        json_u64(j, "spi",
                 (uint32_t)spi[0] << 24 | (uint32_t)spi[1] << 16 | (uint32_t)spi[2] << 8 | spi[3]);
}

static void put_ends(struct json *j, const struct eve_place *at)
{
    struct eve_ends e = eve_ends(at);
    char number[4];
    if (!e.version)
        return;
    json_addr(j, "src_ip", e.src);
    if (eve_has_ports(e.proto))
        json_u64(j, "src_port", e.sport);
    json_addr(j, "dest_ip", e.dst);
    if (eve_has_ports(e.proto))
        json_u64(j, "dest_port", e.dport);
    json_word(j, "proto", eve_proto_name(e.proto, number));
    json_u64(j, "ip_v", e.version);
    if (e.proto == IPP_ICMP || e.proto == IPP_ICMPV6)
        put_icmp(j, at);
    else if (e.proto == IPP_ESP)
        put_spi(j, at);
}

static const char *packet_source_name(const struct packet *p)
{
    static const char *const names[] = {
        [SOURCE_WIRE] = "wire/pcap",
        [SOURCE_GRE] = "gre tunnel",
        [SOURCE_IPV4] = "ipv4 tunnel",
        [SOURCE_IPV6] = "ipv6 tunnel",
        [SOURCE_TEREDO] = "teredo tunnel",
        [SOURCE_VXLAN] = "vxlan encapsulation",
        [SOURCE_GENEVE] = "geneve encapsulation",
        [SOURCE_GTPU] = "gtp-u tunnel", /* this name is ours: Suricata does not look inside */
        [SOURCE_DEFRAG] = "defrag",
    };
    return p->flags & PACKET_REPLAYED ? "stream (flow timeout)" : names[p->source];
}

/* Of a packet that no flow is kept for: an ICMP error, a protocol of its own. */
static struct tuple packet_tuple(const struct packet *p)
{
    struct tuple t = {.addr = {p->src, p->dst}, .proto = p->proto, .ip_version = p->ip_version};
    bool icmp = p->proto == IPP_ICMP || p->proto == IPP_ICMPV6;
    t.port[0] = icmp ? p->icmp.type : p->sport;
    t.port[1] = icmp ? p->icmp.code : p->dport;
    return t;
}

static void put_community_id(struct json *j, const struct eve_place *at)
{
    char id[COMMUNITY_ID_MAX];
    if (!at->flow && (!at->packet || (at->packet->flags & PACKET_INVALID)))
        return;
    struct tuple t = at->flow ? at->flow->tuple : packet_tuple(at->packet);
    size_t n = community_id(&t, id);
    if (n)
        json_put_word(j, BYTES_LIT("community_id"), bytes_of(id, n));
}

void eve_open(struct json *j, const struct eve_place *at, const char *event_type)
{
    json_reset(j);
    json_object(j, NULL);
    json_time(j, "timestamp", at->ts_us);
    if (at->flow)
        json_u64(j, "flow_id", at->flow->id);
    if (at->context->in_iface)
        json_strz(j, "in_iface", at->context->in_iface);
    else if (at->packet && at->packet->number)
        json_u64(j, "pcap_cnt", at->packet->number);
    json_word(j, "event_type", event_type);
    put_vlan(j, at->flow ? at->flow->tuple.vlan : at->packet->vlan);
    put_ends(j, at);
    if (at->packet)
        json_word(j, "pkt_src", packet_source_name(at->packet));
    eve_ether(j, at);
    put_community_id(j, at);
    if (at->tx)
        json_u64(j, "tx_id", at->tx->id);
}

void eve_flow_counts(struct json *j, const struct flow *f)
{
    json_u64(j, "pkts_toserver", f->packets[TO_SERVER]);
    json_u64(j, "pkts_toclient", f->packets[TO_CLIENT]);
    json_u64(j, "bytes_toserver", f->bytes[TO_SERVER]);
    json_u64(j, "bytes_toclient", f->bytes[TO_CLIENT]);
    json_time(j, "start", f->first_us);
}

/* One-sided names only where they say more than app_proto does, as Suricata does. */
void eve_app_proto(struct json *j, const struct flow *f)
{
    if (!f->app)
        return;
    enum app_proto p = app_flow_proto(f->app), ts = app_flow_proto_dir(f->app, TO_SERVER),
                   tc = app_flow_proto_dir(f->app, TO_CLIENT), orig = app_flow_proto_orig(f->app);
    if (p != APP_UNKNOWN)
        json_word(j, "app_proto", app_proto_name(p));
    if (ts != APP_UNKNOWN && ts != p)
        json_word(j, "app_proto_ts", app_proto_name(ts));
    if (tc != APP_UNKNOWN && tc != p)
        json_word(j, "app_proto_tc", app_proto_name(tc));
    if (orig != APP_UNKNOWN && orig != p)
        json_word(j, "app_proto_orig", app_proto_name(orig));
}
