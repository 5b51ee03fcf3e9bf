/* sensor/base.h - the few words every room of the sensor shares. */
#ifndef SENSOR_BASE_H
#define SENSOR_BASE_H
#include "common/bytes.h"

/* Of a packet, stream, buffer or rule. The client is who sent the first packet of the flow, or who
 * the stream engine found to be the client when it picked the flow up later. */
enum direction { TO_SERVER = 0, TO_CLIENT = 1 };
#define OTHER(dir) ((enum direction)((dir) ^ 1))

/* As captured; data is borrowed until the next frame is asked for, that of a file until the second
 * one after it that is `turned`. */
struct frame {
    uint64_t number;   /* 1, 2, 3 ... in capture order: EVE's pcap_cnt */
    uint64_t ts_us;    /* microseconds since 1970-01-01 UTC */
    uint32_t linktype; /* LINKTYPE_ value of the capture, see sensor/decode/README.md */
    uint32_t wire_len; /* length on the wire; data.len when nothing was cut off */
    struct bytes data;
    bool turned;          /* of a file: it begins another piece of the reader's memory */
    bool csum_unfinished; /* live: it has a TCP or UDP checksum that a card is to finish */
};

#endif
