/* sensor/eve/ether.c - the link addresses of a record. */
#include "sensor/eve/header.h"

static void put_mac(struct json *j, const char *key, const uint8_t mac[6])
{
    static const char digits[] = "0123456789abcdef";
    char text[17];
    for (int i = 0; i < 6; i++) {
        text[i * 3] = digits[mac[i] >> 4];
        text[i * 3 + 1] = digits[mac[i] & 15];
        if (i < 5)
            text[i * 3 + 2] = ':';
    }
    json_put_word(j, bytes_str(key), bytes_of(text, sizeof text));
}

static void put_macs(struct json *j, const char *key, const struct flow_macs *m)
{
    json_array(j, key);
    for (unsigned i = 0; i < m->count; i++)
        put_mac(j, NULL, m->mac[i]);
    json_array_end(j);
}

static void put_pair(struct json *j, const uint8_t src[6], const uint8_t dst[6])
{
    json_object(j, "ether");
    put_mac(j, "src_mac", src);
    put_mac(j, "dest_mac", dst);
    json_object_end(j);
}

/* A record may be about the other direction than the packet that brought it. */
static bool is_turned(const struct eve_place *at)
{
    struct eve_place itself = *at;
    itself.client = NULL;
    struct eve_ends e = eve_ends(&itself);
    const struct packet *p = at->packet;
    if (!at->flow || p->proto != e.proto)
        return false;
    return !addr_eq(&p->src, e.src) || (eve_has_ports(e.proto) && p->sport != e.sport);
}

/* A packet made up at a flow's end has no link header: the flow's first one stands for it. */
static void put_packet(struct json *j, const struct eve_place *at)
{
    const struct packet *p = at->packet;
    const struct flow *f = at->flow;
    if (p->has_mac && is_turned(at))
        put_pair(j, p->dst_mac, p->src_mac);
    else if (p->has_mac)
        put_pair(j, p->src_mac, p->dst_mac);
    else if (f && f->links)
        put_pair(j, f->links->macs[at->dir].mac[0], f->links->macs[OTHER(at->dir)].mac[0]);
}

void eve_ether(struct json *j, const struct eve_place *at)
{
    if (at->packet) {
        put_packet(j, at);
    } else if (at->flow->links) {
        json_object(j, "ether");
        put_macs(j, "dest_macs", &at->flow->links->macs[OTHER(at->dir)]);
        put_macs(j, "src_macs", &at->flow->links->macs[at->dir]);
        json_object_end(j);
    }
}
