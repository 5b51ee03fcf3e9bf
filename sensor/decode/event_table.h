/* sensor/decode/event_table.h - every named packet event, one row each: X(ID, "eve.name").
 *
 * Names are Suricata's, so that rules with decode-event and stream-event and people's dashboards
 * carry over. Decoder events first, stream events after. */
#ifndef DECODE_EVENT_TABLE_H
#define DECODE_EVENT_TABLE_H

#define DECODE_EVENT_TABLE(X)                                                                      \
    X(IPV4_PKT_TOO_SMALL, "decoder.ipv4.pkt_too_small")

#define STREAM_EVENT_TABLE(X)                                                                      \
    X(STREAM_EST_PACKET_OUT_OF_WINDOW, "stream.est_packet_out_of_window")

#define PACKET_EVENT_TABLE(X) DECODE_EVENT_TABLE(X) STREAM_EVENT_TABLE(X)

#endif
