/* sensor/decode/esp.c - ESP (RFC 4303): SPI and sequence number, the rest is sealed. */
#include "sensor/decode/layers.h"

#define ESP_BYTES 8

void decode_esp(struct decode *s, struct bytes b)
{
    s->d->counters.esp++;
    if (b.len < ESP_BYTES)
        decode_invalid(s, EVENT_ESP_PKT_TOO_SMALL);
    else
        s->packet->payload = bytes_slice(b, ESP_BYTES, b.len);
}
