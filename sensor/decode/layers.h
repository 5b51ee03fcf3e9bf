/* sensor/decode/layers.h - what the header decoders share; private to this folder.
 *
 * A header decoder reads its header from the front of `b`, fills its part of s->packet and hands
 * what follows to the next one by number (decode_ethertype, decode_ipproto). A tunnel does not go
 * on: it notes what it carries (decode_inside), and that is decoded as a packet of its own once
 * the outer one was emitted. So the call depth never exceeds the headers of one packet. */
#ifndef DECODE_LAYERS_H
#define DECODE_LAYERS_H
#include "sensor/decode/decode.h"
#include "sensor/decode/decode_table.h"

struct defrag;
struct defragmented;

struct decoder {
    struct decoder_options options;
    struct decode_counters counters;
    struct defrag *defrag;
    uint8_t tunnel_ports[(UINT16_MAX + 1) / 8]; /* a bit each: some tunnel over UDP has it */
    bool checksums_checked;                     /* now; AUTO may end it */
    uint64_t tcp_csum_bad;                      /* AUTO: among the first frames */
};

#define LINK_NULL     0u
#define LINK_ETHERNET 1u
#define LINK_PPP      9u
#define LINK_RAW      101u
#define LINK_IPV4     228u
#define LINK_IPV6     229u
#define LINK_NONE     147u /* reserved for private use: what no link type describes */

/* Headers in one frame, tunnels included; an attacker could nest thousands. As Suricata. */
#define LAYERS_MAX 16

struct decode;
typedef void decode_fn(struct decode *s, struct bytes b);

/* What the packet under way carries, to be decoded next. */
struct inside {
    bool waiting;
    enum packet_source source;
    uint32_t linktype;
    decode_fn *decode; /* NULL: by linktype */
    struct bytes data;
    size_t decode_from; /* of data */
};

/* One frame under way. */
struct decode {
    struct decoder *d;
    struct packet *packet;
    struct inside inside;
    uint8_t layers;
    bool csum_unfinished; /* the frame's */
};

/* Flags a TCP or UDP segment (its checksum is at `at`) for what its checksum shows. */
void decode_l4_checksum(struct decode *s, struct bytes l4, uint8_t proto, size_t at);

/* Counts a header; false, with an event, when there are too many. */
bool decode_layer(struct decode *s);
/* An event after which nothing below can be read: the packet has no flow. */
void decode_invalid(struct decode *s, enum packet_event e);

/* As packet_event, but for what may be wrong several times in a packet, once each time. */
void decode_event_again(struct decode *s, enum packet_event e);

/* Hands b on to the decoder of that number; false when there is none. */
bool decode_link(struct decode *s, uint32_t linktype, struct bytes b);
bool decode_ethertype(struct decode *s, uint16_t ethertype, struct bytes b);
bool decode_ipproto(struct decode *s, uint8_t proto, struct bytes b);
decode_fn *ethertype_decoder(uint16_t ethertype); /* NULL when there is none */

/* Notes what a tunnel of that kind carries. */
void decode_inside(struct decode *s, enum packet_source source, uint32_t linktype,
                   struct bytes data);
/* The same for what begins with that ethertype's header; false when there is no decoder for it. */
bool decode_inside_ethertype(struct decode *s, enum packet_source source, uint16_t ethertype,
                             struct bytes data);
/* The same for a header that only tunnels carry. */
void decode_inside_by(struct decode *s, enum packet_source source, decode_fn *decode,
                      struct bytes data);
/* Notes the datagram that the fragment under way completed. */
void decode_reassembled(struct decode *s, const struct defragmented *whole);

/* The header decoders. b begins with the header; it may be shorter than that. */
#define DECODE_DECLARE(number, name) decode_fn decode_##name;
LINK_TABLE(DECODE_DECLARE)
ETHERTYPE_TABLE(DECODE_DECLARE)
IPPROTO_TABLE(DECODE_DECLARE)
#define DECODE_DECLARE_TUNNEL(name) bool decode_##name(struct decode *s, struct bytes payload);
UDP_TUNNEL_TABLE(DECODE_DECLARE_TUNNEL)
decode_fn decode_erspan;       /* in GRE */
decode_fn decode_ppp_unframed; /* in PPPoE: without address and control */

/* Big-endian numbers at a place the caller has checked. */
static inline uint16_t get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline bool tunnel_has_port(const struct tunnel_ports *t, uint16_t port)
{
    for (size_t i = 0; i < TUNNEL_PORTS_MAX && t->ports[i]; i++)
        if (t->ports[i] == port)
            return true;
    return t->any;
}

static inline bool tunnel_may_have(const struct decoder *d, uint16_t port)
{
    return d->tunnel_ports[port / 8] >> port % 8 & 1;
}

/* Some speak from the tunnel's port, too, or to another one. */
static inline bool tunnel_between(const struct tunnel_ports *t, const struct packet *p)
{
    return tunnel_has_port(t, p->sport) || tunnel_has_port(t, p->dport);
}

/* What IP directly within IP is taken out of. */
static inline enum packet_source ip_tunnel(const struct packet *outer)
{
    return outer->ip_version == 4 ? SOURCE_IPV4 : SOURCE_IPV6;
}

/* Sets an address that is still all zero, as those of a new packet are. */
static inline void set_addr(struct addr *a, uint8_t version, const uint8_t *b)
{
    a->version = version;
    if (version == 4)
        memcpy(a->b, b, 4);
    else
        memcpy(a->b, b, 16);
}

#endif
