/* sensor/decode/pppoe.c - PPP over Ethernet (RFC 2516): sessions carry PPP, discovery carries tags.
 */
#include "sensor/decode/layers.h"

#define PPPOE_BYTES 6
#define TAG_BYTES   4

enum pppoe_code {
    CODE_OFFER = 0x07,
    CODE_INITIATION = 0x09,
    CODE_REQUEST = 0x19,
    CODE_CONFIRMATION = 0x65,
    CODE_TERMINATE = 0xa7,
};

static bool is_discovery(uint8_t code)
{
    return code == CODE_OFFER || code == CODE_INITIATION || code == CODE_REQUEST ||
           code == CODE_CONFIRMATION || code == CODE_TERMINATE;
}

void decode_pppoe_session(struct decode *s, struct bytes b)
{
    s->d->counters.pppoe++;
    if (!decode_layer(s))
        return;
    if (b.len < PPPOE_BYTES + 2) /* a protocol number at the least */
        decode_invalid(s, EVENT_PPPOE_PKT_TOO_SMALL);
    else
        decode_ppp_unframed(s, bytes_slice(b, PPPOE_BYTES, get_u16(b.p + 4)));
}

void decode_pppoe_discovery(struct decode *s, struct bytes b)
{
    s->d->counters.pppoe++;
    if (b.len < PPPOE_BYTES) {
        decode_invalid(s, EVENT_PPPOE_PKT_TOO_SMALL);
        return;
    }
    if (!is_discovery(b.p[1]))
        packet_event(s->packet, EVENT_PPPOE_WRONG_CODE);
    else if (get_u16(b.p + 4) > b.len - PPPOE_BYTES)
        packet_event(s->packet, EVENT_PPPOE_MALFORMED_TAGS);
}
