/* sensor/decode/tcp.c - TCP header and options (RFC 9293, 7323, 2018, 7413). */
#include "sensor/decode/checksum.h"
#include "sensor/decode/layers.h"

#define TCP_BYTES 20

enum tcp_option {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_WSCALE = 3,
    OPTION_SACK_OK = 4,
    OPTION_SACK = 5,
    OPTION_TIMESTAMP = 8,
    OPTION_MD5 = 19,
    OPTION_FASTOPEN = 34,
    OPTION_EXPERIMENT = 254,
    OPTION_SEEN_MAX = 64,
};
#define WSCALE_MAX 14 /* RFC 7323 section 2.3 */

/* Whether a known option has a length its kind allows. */
static bool length_is_right(uint8_t kind, size_t len)
{
    switch (kind) {
    case OPTION_MSS:
        return len == 4;
    case OPTION_WSCALE:
        return len == 3;
    case OPTION_SACK_OK:
        return len == 2;
    case OPTION_SACK:
        return len >= 10 && len <= 34 && (len - 2) % 8 == 0;
    case OPTION_TIMESTAMP:
        return len == 10;
    case OPTION_MD5:
        return len == 18;
    case OPTION_FASTOPEN:
        return len == 2 || (len >= 6 && len <= 18 && len % 2 == 0);
    default:
        return true;
    }
}

/* RFC 7413's cookie also travels as an experiment with the magic 0xf989. */
static bool is_fastopen(struct bytes option)
{
    return option.p[0] == OPTION_FASTOPEN ||
           (option.p[0] == OPTION_EXPERIMENT && option.len >= 4 && get_u16(option.p + 2) == 0xf989);
}

static void take_option(struct packet *p, struct bytes option)
{
    const uint8_t *v = option.p + 2;
    switch (option.p[0]) {
    case OPTION_MSS:
        p->tcp.mss = get_u16(v);
        break;
    case OPTION_WSCALE:
        p->tcp.wscale = (int8_t)(v[0] < WSCALE_MAX ? v[0] : WSCALE_MAX);
        break;
    case OPTION_SACK_OK:
        p->tcp.sack_ok = true;
        break;
    case OPTION_TIMESTAMP:
        p->tcp.has_ts = true;
        p->tcp.tsval = get_u32(v);
        p->tcp.tsecr = get_u32(v + 4);
        break;
    default:
        if (is_fastopen(option))
            p->tcp.has_fastopen = true;
    }
}

/* The first of a kind counts. An option whose length leads out of the header ends the reading. */
static void read_options(struct packet *p, struct bytes b)
{
    uint64_t seen = 0;
    while (b.len && b.p[0] != OPTION_END) {
        size_t len = b.p[0] == OPTION_NOP ? 1 : b.len >= 2 ? b.p[1] : 0;
        if (b.p[0] == OPTION_NOP) {
            b = bytes_slice(b, 1, b.len);
            continue;
        }
        if (len < 2 || len > b.len) {
            packet_event(p, EVENT_TCP_OPT_INVALID_LEN);
            return;
        }
        uint64_t bit = b.p[0] < OPTION_SEEN_MAX ? (uint64_t)1 << b.p[0] : 0;
        if (!length_is_right(b.p[0], len))
            packet_event(p, EVENT_TCP_OPT_INVALID_LEN);
        else if (seen & bit)
            packet_event(p, EVENT_TCP_OPT_DUPLICATE);
        else
            take_option(p, bytes_of(b.p, len));
        seen |= bit;
        b = bytes_slice(b, len, b.len);
    }
}

static void check_sum(struct decode *s, struct bytes b)
{
    if (!s->d->checksums_checked || checksum_l4_holds(s->packet, b, IPP_TCP))
        return;
    s->packet->flags |= PACKET_BAD_L4_CSUM;
    s->d->tcp_csum_bad++;
}

void decode_tcp(struct decode *s, struct bytes b)
{
    struct packet *p = s->packet;
    s->d->counters.tcp++;
    p->tcp.wscale = -1;
    if (b.len < TCP_BYTES) {
        decode_invalid(s, EVENT_TCP_PKT_TOO_SMALL);
        return;
    }
    size_t header = (size_t)(b.p[12] >> 4) * 4;
    if (header > b.len || header < TCP_BYTES) {
        decode_invalid(s, header > b.len ? EVENT_TCP_HLEN_TOO_SMALL : EVENT_TCP_INVALID_OPTLEN);
        return;
    }
    p->sport = get_u16(b.p);
    p->dport = get_u16(b.p + 2);
    p->tcp.seq = get_u32(b.p + 4);
    p->tcp.ack = get_u32(b.p + 8);
    p->tcp.hdr_len = (uint8_t)header;
    p->tcp.flags = b.p[13];
    p->tcp.window = get_u16(b.p + 14);
    p->tcp.urgent = get_u16(b.p + 18);
    p->tcp.options = bytes_of(b.p + TCP_BYTES, header - TCP_BYTES);
    p->payload = bytes_slice(b, header, b.len);
    read_options(p, p->tcp.options);
    check_sum(s, b);
}
