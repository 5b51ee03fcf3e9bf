/* sensor/decode/counters.c - what was decoded, as Suricata's stats record tells it. */
#include "sensor/decode/decode.h"

/* "decoder.ipv4.pkt_too_small" stands as event.ipv4.pkt_too_small; the table keeps the events of a
 * header together, so each object is opened once. */
static void put_events(const struct decode_counters *c, struct json *j)
{
    struct bytes group = {0};
    json_object(j, "event");
    for (int e = 0; e < EVENT_COUNT; e++) {
        struct bytes name = bytes_str(packet_event_name((enum packet_event)e));
        if (!c->events[e] || !bytes_starts(name, BYTES_LIT("decoder.")))
            continue;
        name = bytes_slice(name, sizeof "decoder." - 1, name.len);
        ptrdiff_t dot = bytes_find(name, BYTES_LIT("."));
        struct bytes of = bytes_slice(name, 0, dot < 0 ? 0 : (size_t)dot);
        if (group.len && !bytes_eq(group, of))
            json_object_end(j);
        if (of.len && !bytes_eq(group, of)) {
            char key[32];
            snprintf(key, sizeof key, "%.*s", (int)of.len, (const char *)of.p);
            json_object(j, key);
        }
        group = of;
        json_u64(j, (const char *)name.p + (of.len ? of.len + 1 : 0), c->events[e]);
    }
    if (group.len)
        json_object_end(j);
    json_object_end(j);
}

#define PUT_COUNTER(field, name) json_u64(j, name, c->field);

void decode_counters_json(const struct decode_counters *c, struct json *j)
{
    json_object(j, "decoder");
    json_u64(j, "pkts", c->frames);
    json_u64(j, "bytes", c->bytes);
    json_u64(j, "invalid", c->invalid);
    DECODE_HEADER_COUNTER_TABLE(PUT_COUNTER)
    put_events(c, j);
    json_object_end(j);
    json_object(j, "defrag");
    json_object(j, "ipv4");
    json_u64(j, "fragments", c->defrag_ipv4.fragments);
    json_u64(j, "reassembled", c->defrag_ipv4.reassembled);
    json_object_end(j);
    json_object(j, "ipv6");
    json_u64(j, "fragments", c->defrag_ipv6.fragments);
    json_u64(j, "reassembled", c->defrag_ipv6.reassembled);
    json_object_end(j);
    json_u64(j, "timeouts", c->defrag_timeout);
    json_u64(j, "memcap", c->defrag_memcap);
    json_u64(j, "memuse", c->defrag_memory_bytes);
    json_object_end(j);
}
