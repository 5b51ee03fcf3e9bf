/* sensor/decode/sctp.c - the common header of SCTP (RFC 9260 section 3.1). */
#include "sensor/decode/layers.h"

#define SCTP_BYTES 12

void decode_sctp(struct decode *s, struct bytes b)
{
    struct packet *p = s->packet;
    s->d->counters.sctp++;
    if (b.len < SCTP_BYTES) {
        decode_invalid(s, EVENT_SCTP_PKT_TOO_SMALL);
        return;
    }
    p->sport = get_u16(b.p);
    p->dport = get_u16(b.p + 2);
    p->payload = bytes_slice(b, SCTP_BYTES, b.len);
}
