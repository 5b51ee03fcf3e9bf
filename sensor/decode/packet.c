/* sensor/decode/packet.c - events by name, and packets that stand on other memory. */
#include "sensor/decode/packet.h"

#define EVENT_NAME(id, name) name,
static const char *const event_names[] = {PACKET_EVENT_TABLE(EVENT_NAME)};

const char *packet_event_name(enum packet_event e)
{
    return (unsigned)e < EVENT_COUNT ? event_names[e] : "decoder.unknown";
}

/* What older rules write. */
static const struct {
    const char *name;
    enum packet_event event;
} older_names[] = {
    {"stream.3whs_synack_resend_with_different_ack",
     EVENT_STREAM_3WHS_SYNACK_RESEND_WITH_DIFFERENT_ACK},
    {"stream.est_synack_resend_with_different_ack",
     EVENT_STREAM_EST_SYNACK_RESEND_WITH_DIFFERENT_ACK},
};

int packet_event_find(struct bytes name)
{
    for (int i = 0; i < EVENT_COUNT; i++)
        if (bytes_ieq(bytes_str(event_names[i]), name))
            return i;
    for (size_t i = 0; i < sizeof older_names / sizeof *older_names; i++)
        if (bytes_ieq(bytes_str(older_names[i].name), name))
            return (int)older_names[i].event;
    return -1;
}

bool packet_has_event(const struct packet *p, enum packet_event e)
{
    for (unsigned i = 0; i < p->event_count; i++)
        if (p->events[i] == e)
            return true;
    return false;
}

void packet_event(struct packet *p, enum packet_event e)
{
    if (packet_has_event(p, e))
        return;
    if (p->event_count < PACKET_EVENTS_MAX)
        p->events[p->event_count++] = (uint16_t)e;
    else if (p->events_lost < UINT8_MAX)
        p->events_lost++;
}
