/* mdns.c - multicast DNS (RFC 6762): DNS messages on port 5353, shown as DNS is, under a name of
 * their own. The top bits of classes (unicast wanted, flush the cache) change nothing here. */
#include "sensor/app/protocols/dns_state.h"

#define PORT 5353

static enum app_result mdns_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    struct dns_reader r = dns_reader_over(data);
    struct dns_header h;
    (void)dir;
    if ((e->port[0] != PORT && e->port[1] != PORT) || !dns_read_header(&r, &h))
        return APP_DECLINE;
    bool plausible = dns_header_opcode(&h) == 0 && h.questions <= 256 && h.answers <= 1024 &&
                     h.questions + h.answers + h.authorities > 0;
    return plausible ? APP_OK : APP_DECLINE;
}

static const struct app_shape shapes[] = {
    {"mdns", "mdns: " DNS_QUERY_SHAPE " | " DNS_ANSWER_SHAPE},
    {"alert", "mdns?: {query?: [" DNS_QUERY_SHAPE "], answer?: " DNS_ANSWER_SHAPE "}"},
    {0},
};

static bool begins(unsigned transport, uint8_t first)
{
    (void)transport;
    (void)first;
    return false;
}

const struct app_parser app_parser_MDNS = {
    .transports = APP_OVER_UDP,
    .complete = {DNS_DONE, DNS_DONE},
    .events = dns_events,
    .event_count = DNS_EVENT_COUNT,
    .probe = mdns_probe,
    .begins = begins,
    .ports = {PORT},
    .open = dns_open,
    .close = dns_close,
    .feed = dns_feed,
    .tx_free = dns_tx_free,
    .records = dns_records,
    .alert_json = dns_alert_json,
    .facts = dns_facts,
    .shapes = shapes,
};
