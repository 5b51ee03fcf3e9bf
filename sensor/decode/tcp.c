/* sensor/decode/tcp.c - TCP header and options (RFC 9293, 7323, 2018, 7413). */
#include "sensor/decode/layers.h"

#define TCP_BYTES   20
#define TCP_CSUM_AT 16

enum tcp_option {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_WSCALE = 3,
    OPTION_SACK_OK = 4,
    OPTION_SACK = 5,
    OPTION_TIMESTAMP = 8,
    OPTION_MD5 = 19,
    OPTION_AUTHENTICATION = 29,
    OPTION_FASTOPEN = 34,
    OPTION_EXPERIMENT_1 = 253,
    OPTION_EXPERIMENT_2 = 254,
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
        return len >= 2 && len <= 34 && (len - 2) % 8 == 0;
    case OPTION_TIMESTAMP:
        return len == 10;
    case OPTION_MD5:
        return len == 18;
    case OPTION_AUTHENTICATION:
        return len >= 4;
    case OPTION_FASTOPEN:
        return len >= 2 && len <= 18 && len % 2 == 0;
    case OPTION_EXPERIMENT_1:
    case OPTION_EXPERIMENT_2:
        return len == 4 || len == 12;
    default:
        return true;
    }
}

/* An option known to be of the right length; false when it was there before. An experiment with the
 * magic 0xf989 is a fast-open cookie (RFC 7413 section 4.1.1's forerunner). */
static bool take_option(struct packet *p, struct bytes option, bool *sack)
{
    const uint8_t *v = option.p + 2;
    bool again = false;
    switch (option.p[0]) {
    case OPTION_MSS:
        again = p->tcp.mss != 0;
        p->tcp.mss = again ? p->tcp.mss : get_u16(v);
        return !again;
    case OPTION_WSCALE:
        again = p->tcp.wscale >= 0;
        p->tcp.wscale = again ? p->tcp.wscale : (int8_t)(v[0] < WSCALE_MAX ? v[0] : WSCALE_MAX);
        return !again;
    case OPTION_SACK_OK:
        again = p->tcp.sack_ok;
        p->tcp.sack_ok = true;
        return !again;
    case OPTION_SACK:
        again = *sack;
        *sack = true;
        return !again;
    case OPTION_TIMESTAMP:
        if (p->tcp.has_ts)
            return false;
        p->tcp.has_ts = true;
        p->tcp.tsval = get_u32(v);
        p->tcp.tsecr = get_u32(v + 4);
        return true;
    case OPTION_EXPERIMENT_1:
    case OPTION_EXPERIMENT_2:
        if (get_u16(v) != 0xf989)
            return true;
        /* fall through */
    case OPTION_FASTOPEN:
        again = p->tcp.has_fastopen;
        p->tcp.has_fastopen = true;
        return !again;
    default:
        return true;
    }
}

/* The first of a kind counts. An option whose length leads out of the header ends the reading. */
static void read_options(struct decode *s, struct bytes b)
{
    bool sack = false;
    while (b.len && b.p[0] != OPTION_END) {
        if (b.p[0] == OPTION_NOP) {
            b = bytes_slice(b, 1, b.len);
            continue;
        }
        if (b.len < 2) /* a kind without a length: taken for padding */
            return;
        size_t len = b.p[1];
        if (len < 2 || len > b.len) {
            decode_event_again(s, EVENT_TCP_OPT_INVALID_LEN);
            return;
        }
        if (!length_is_right(b.p[0], len))
            decode_event_again(s, EVENT_TCP_OPT_INVALID_LEN);
        else if (!take_option(s->packet, bytes_of(b.p, len), &sack))
            decode_event_again(s, EVENT_TCP_OPT_DUPLICATE);
        b = bytes_slice(b, len, b.len);
    }
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
    read_options(s, p->tcp.options);
    decode_l4_checksum(s, b, IPP_TCP, TCP_CSUM_AT);
}
