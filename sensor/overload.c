/* sensor/overload.c - see overload.h. */
#include "sensor/overload.h"
#include "sensor/detect/detect.h"

enum { FILL_CALM = 25, FILL_BULK = 50, FILL_FLOOD = 75 };
#define BULK_BYTES (256u << 10)

enum overload overload_next(enum overload now, unsigned fill_percent, bool dropped)
{
    if (dropped || fill_percent >= FILL_FLOOD)
        return OVERLOAD_FLOOD;
    if (fill_percent < FILL_CALM)
        return OVERLOAD_NONE;
    return now == OVERLOAD_NONE && fill_percent >= FILL_BULK ? OVERLOAD_BULK : now;
}

bool overload_is_bulk(const struct flow *f)
{
    return f->bytes[TO_SERVER] + f->bytes[TO_CLIENT] > BULK_BYTES &&
           f->action == FLOW_ACTION_NONE && !f->alerted && !detect_flow_is_marked(f);
}

bool overload_begins(const struct packet *p)
{
    return p->proto == IPP_TCP && p->payload.len > 0 && !(p->tcp.flags & TCP_SYN);
}
