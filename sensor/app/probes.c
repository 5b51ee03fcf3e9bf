/* probes.c - see probes.h. */
#include "sensor/app/probes.h"
#include "sensor/app/state.h"

static void add_port(struct probes *t, uint16_t port, enum app_proto p)
{
    unsigned i = 0;
    while (i < t->port_count && t->ports[i].port != port)
        i++;
    ASSERT(i < PROBE_PORTS_MAX);
    t->port_count += i == t->port_count;
    t->ports[i].port = port;
    t->ports[i].who |= (probe_set)1 << p;
    t->has_port[port / 8] |= (uint8_t)(1u << port % 8);
}

static void add_parser(struct probes *t, enum app_proto p)
{
    const struct app_parser *parser = app_parser_of(p);
    probe_set bit = (probe_set)1 << p;
    for (unsigned udp = 0; udp < 2; udp++) {
        unsigned transport = udp ? APP_OVER_UDP : APP_OVER_TCP;
        if (!(parser->transports & transport))
            continue;
        t->of[udp] |= bit;
        for (unsigned first = 0; first < 256; first++)
            if (!parser->begins || parser->begins(transport, (uint8_t)first))
                t->begins[udp][first] |= bit;
    }
    if (parser->is_reversed)
        t->reversible |= bit;
    for (unsigned i = 0; i < APP_PORTS_MAX && parser->ports[i]; i++)
        add_port(t, parser->ports[i], p);
}

void probes_init(struct probes *t)
{
    for (int p = APP_UNKNOWN + 1; p < APP_FAILED; p++)
        add_parser(t, (enum app_proto)p);
}

static probe_set on_port(const struct probes *t, uint16_t port)
{
    if (!(t->has_port[port / 8] & 1u << port % 8))
        return 0;
    unsigned i = 0;
    while (t->ports[i].port != port)
        i++;
    return t->ports[i].who;
}

probe_set probes_worth(const struct probes *t, const struct app_endpoints *e, struct bytes data)
{
    probe_set ports = on_port(t, e->port[0]) | on_port(t, e->port[1]);
    bool udp = app_is_udp(e);
    return t->begins[udp][data.p[0]] | (ports & t->of[udp]);
}
