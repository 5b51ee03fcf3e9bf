/* dns_probe.c - whether bytes are DNS, on its port and, more strictly, on any other. */
#include "sensor/app/protocols/dns_state.h"

/* Multicast DNS, LLMNR and NetBIOS names use the format for something else. */
static bool is_cousin(const struct app_endpoints *e)
{
    static const uint16_t ports[] = {137, 5353, 5355};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if (e->port[0] == ports[i] || e->port[1] == ports[i])
            return true;
    return false;
}

static bool header_is_plausible(const struct dns_header *h, bool on_port)
{
    if (on_port)
        return h->questions <= 32 && (h->questions > 0 || dns_header_is_response(h));
    bool response = dns_header_is_response(h);
    return dns_header_opcode(h) <= DNS_OPCODE_MAX && h->questions == 1 && !(h->flags & DNS_Z) &&
           (response || (h->answers == 0 && (h->flags & 0x0f) == 0)) && h->answers <= 256 &&
           h->authorities <= 64 && h->additionals <= 64;
}

static bool class_is_known(uint16_t class)
{
    return (class >= 1 && class <= 4) || class == 254 || class == 255;
}

/* At least a name's end for each of what the header counts. */
static bool holds_all(const struct dns_header *h, size_t len)
{
    size_t count = (size_t)h->questions + h->answers + h->authorities + h->additionals;
    return DNS_HEADER_BYTES + 2 * count <= len;
}

/* Whether a message, whole or cut at the end of r, reads as DNS. Off port 53 all of it has to. */
static enum app_result probe_message(struct bytes message, bool whole, bool on_port)
{
    struct dns_reader r = dns_reader_over(message);
    struct dns_header h;
    struct dns_name name;
    uint16_t type, class;
    enum app_result short_of = whole ? APP_DECLINE : APP_MORE;
    if (!dns_read_header(&r, &h))
        return short_of;
    if (!header_is_plausible(&h, on_port))
        return APP_DECLINE;
    for (unsigned i = 0; i < h.questions; i++) {
        if (!dns_read_question(&r, &name, &type, &class))
            return whole && on_port && r.at.failed && holds_all(&h, message.len) ? APP_OK
                                                                                 : short_of;
        if (!on_port && (name.faults || type == 0 || !class_is_known(class)))
            return APP_DECLINE;
    }
    if (on_port || !whole)
        return APP_OK;
    unsigned records = (unsigned)h.answers + h.authorities + h.additionals;
    for (unsigned i = 0; i < records; i++) {
        struct dns_record record;
        if (!dns_read_record(&r, &record))
            return APP_DECLINE;
    }
    return cursor_left(&r.at) == 0 ? APP_OK : APP_DECLINE;
}

enum app_result dns_probe(const struct app_endpoints *e, enum direction dir, struct bytes data)
{
    bool on_port = e->port[0] == 53 || e->port[1] == 53;
    (void)dir;
    if (is_cousin(e))
        return APP_DECLINE;
    if (app_is_udp(e))
        return probe_message(data, true, on_port);
    if (data.len < 2)
        return APP_MORE;
    size_t len = (size_t)(data.p[0] << 8 | data.p[1]);
    if (len < DNS_HEADER_BYTES + 5)
        return APP_DECLINE;
    return probe_message(bytes_slice(data, 2, len), data.len - 2 >= len, on_port);
}

bool dns_is_reversed(const struct app_endpoints *e, struct bytes data)
{
    bool answer = app_is_udp(e) && data.len > 2 && (data.p[2] & 0x80);
    return answer && dns_probe(e, TO_SERVER, data) == APP_OK;
}
