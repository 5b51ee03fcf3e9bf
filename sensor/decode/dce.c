/* sensor/decode/dce.c - Cisco FabricPath: a forwarding tag, then the Ethernet frame it carries. */
#include "sensor/decode/layers.h"

#define TAG_BYTES      2
#define ETHERNET_BYTES 14

void decode_dce(struct decode *s, struct bytes b)
{
    if (b.len < TAG_BYTES + ETHERNET_BYTES)
        decode_invalid(s, EVENT_DCE_PKT_TOO_SMALL);
    else
        decode_ethernet(s, bytes_slice(b, TAG_BYTES, b.len));
}
