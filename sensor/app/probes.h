/* sensor/app/probes.h - which parsers are worth asking about a flow's first bytes.
 *
 * Most say no to most: by the first byte, or because the flow is not on their port. So each says
 * once with which bytes its protocol begins (app_parser.begins), and only those that may be are
 * asked. Private to app/. */
#ifndef APP_PROBES_H
#define APP_PROBES_H
#include "sensor/app/parser.h"

/* A set of protocols, 1 << enum app_proto each. */
typedef uint64_t probe_set;
_Static_assert(APP_PROTO_COUNT <= 64, "a bit each");

#define PROBE_PORTS_MAX 32
struct probes {
    probe_set begins[2][256]; /* by transport (UDP: 1) and first byte */
    probe_set of[2], reversible;
    struct {
        probe_set who;
        uint16_t port;
    } ports[PROBE_PORTS_MAX]; /* who is asked on a port whatever it begins with */
    unsigned port_count;
    uint8_t has_port[(UINT16_MAX + 1) / 8]; /* a bit each: it is among those */
};

void probes_init(struct probes *t);
/* Those whose probe or is_reversed may not decline data, which is not empty. */
probe_set probes_worth(const struct probes *t, const struct app_endpoints *e, struct bytes data);
/* Takes the first of its table out of a set that is not empty. */
static inline enum app_proto probes_next(probe_set *s)
{
    int p = __builtin_ctzll(*s);
    *s &= *s - 1;
    return (enum app_proto)p;
}

#endif
