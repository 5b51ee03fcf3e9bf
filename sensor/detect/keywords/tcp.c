/* keywords/tcp.c - fields of the TCP header (RFC 9293). */
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

static bool is_tcp(const struct packet *p)
{
    return p->proto == IPP_TCP && p->l4.len >= 20 && !(p->flags & PACKET_FRAGMENT);
}

static bool tcp_seq_match(const void *arg, struct inspect *in)
{
    return is_tcp(in->packet) && number_range_holds(arg, in->packet->tcp.seq);
}

static bool tcp_ack_match(const void *arg, struct inspect *in)
{
    return is_tcp(in->packet) && number_range_holds(arg, in->packet->tcp.ack);
}

static bool tcp_window_match(const void *arg, struct inspect *in)
{
    return is_tcp(in->packet) && number_range_holds(arg, in->packet->tcp.window);
}

static bool tcp_mss_match(const void *arg, struct inspect *in)
{
    return is_tcp(in->packet) && in->packet->tcp.mss &&
           number_range_holds(arg, in->packet->tcp.mss);
}

/* ---- flags: "S", "SA+", "*FU", "!R", "S,CE" (the second part is not looked at) ---- */
struct flags_test {
    uint8_t flags, mask;
    char mode;
};

static int flag_bit(uint8_t c)
{
    static const char letters[] = "FSRPAUEC21";
    static const uint8_t bits[] = {TCP_FIN, TCP_SYN, TCP_RST, TCP_PSH, TCP_ACK,
                                   TCP_URG, TCP_ECE, TCP_CWR, TCP_ECE, TCP_CWR};
    const char *at = c ? strchr(letters, c >= 'a' ? c & ~0x20 : c) : NULL;
    return at ? bits[at - letters] : -1;
}

static int flags_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct flags_test *t = build_alloc(b, sizeof *t);
    bool ignored = false, named = false;
    t->mask = 0xff;
    value = word_unquote(value);
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.p[i];
        int bit = flag_bit(c);
        if (c == ',')
            ignored = true;
        else if (word_is_space(c))
            continue;
        else if (memchr("+*!", c, 3) && !ignored)
            t->mode = (char)c;
        else if (c == '0' && !ignored)
            named = true;
        else if (bit < 0)
            return err_set(err, "'%c' is none of F S R P A U E C 0", c);
        else if (ignored)
            t->mask &= (uint8_t)~bit;
        else
            t->flags |= (uint8_t)bit;
    }
    *arg = t;
    return t->flags || named ? 0 : err_set(err, "names no flag");
}

static bool flags_match(const void *arg, struct inspect *in)
{
    const struct flags_test *t = arg;
    if (!is_tcp(in->packet))
        return false;
    uint8_t flags = in->packet->tcp.flags & t->mask;
    switch (t->mode) {
    case '+':
        return (flags & t->flags) == t->flags;
    case '*':
        return flags & t->flags;
    case '!':
        return (flags & t->flags) != t->flags;
    default:
        return flags == t->flags;
    }
}

#define TCP(id, shown, other, text, sum, parser, matcher)                                          \
    const struct keyword keyword_##id = {.name = shown,                                            \
                                         .aliases = other,                                         \
                                         .summary = sum,                                           \
                                         .example = text,                                          \
                                         .flags = KEYWORD_PACKET,                                  \
                                         .parse = parser,                                          \
                                         .match = matcher}
TCP(tcp_flags, "tcp.flags", "flags", "flags:S,CE;", "TCP flags", flags_parse, flags_match);
TCP(tcp_seq, "tcp.seq", "seq", "seq:0;", "TCP sequence number", keyword_parse_u32, tcp_seq_match);
TCP(tcp_ack, "tcp.ack", "ack", "ack:1;", "TCP acknowledgement", keyword_parse_u32, tcp_ack_match);
TCP(tcp_window, "tcp.window", "window", "window:!0;", "TCP window", keyword_parse_u16,
    tcp_window_match);
TCP(tcp_mss, "tcp.mss", NULL, "tcp.mss:<536;", "TCP maximum segment size option", keyword_parse_u16,
    tcp_mss_match);
