/* keywords/ip.c - fields of the IP header (RFC 791, RFC 8200). */
#include "common/cursor.h"
#include "common/text.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

/* Not so for a packet made up at the end of a flow. */
static bool has_ip(const struct packet *p)
{
    return p->ip_version && !(p->flags & PACKET_REPLAYED);
}

static bool ttl_match(const void *arg, struct inspect *in)
{
    return has_ip(in->packet) && number_range_holds(arg, in->packet->ttl);
}

static bool tos_match(const void *arg, struct inspect *in)
{
    return has_ip(in->packet) && in->packet->ip_version == 4 &&
           number_range_holds(arg, in->packet->tos);
}

static bool ip_id_match(const void *arg, struct inspect *in)
{
    return has_ip(in->packet) && in->packet->ip_version == 4 &&
           number_range_holds(arg, in->packet->ip_id);
}

static bool sameip_match(const void *arg, struct inspect *in)
{
    (void)arg;
    return has_ip(in->packet) && addr_eq(&in->packet->src, &in->packet->dst);
}

static bool fragoffset_match(const void *arg, struct inspect *in)
{
    const struct packet *p = in->packet;
    /* IPv6 has an offset in its fragment header only. */
    bool there = p->ip_version == 4 || (p->ip_version == 6 && (p->flags & PACKET_FRAGMENT));
    return there && number_range_holds(arg, p->frag_offset / 8u);
}

/* ---- ip_proto: a number, a name, a comparison ---- */
static const struct {
    const char *name;
    uint8_t number;
} protocol_names[] = {{"icmp", 1},  {"igmp", 2},  {"ipip", 4},   {"tcp", 6},        {"udp", 17},
                      {"ipv6", 41}, {"gre", 47},  {"esp", 50},   {"ah", 51},        {"icmpv6", 58},
                      {"ospf", 89}, {"pim", 103}, {"vrrp", 112}, {"ipv6-icmp", 58}, {"sctp", 132}};

/* Only for rules about any protocol; one exact number, or else one bound of a kind and any number
 * of exceptions, as Suricata has it. */
static int note_ip_proto(struct build *b, char first, struct err *err)
{
    enum { EXACT = 1, ABOVE = 2, BELOW = 4, EXCEPT = 8 };
    uint8_t kind = first == '>' ? ABOVE : first == '<' ? BELOW : first == '!' ? EXCEPT : EXACT;
    uint8_t against = kind == EXACT ? 0xff : kind == EXCEPT ? EXACT : (uint8_t)(EXACT | kind);
    bool any = signature_wants_proto(b->sig, IPP_TCP) && signature_wants_proto(b->sig, IPP_GRE);
    if (!b->ip_protos && !any)
        return err_set(err, "rule is about one protocol already");
    if (b->ip_protos & against)
        return err_set(err, "does not go with the one before");
    b->ip_protos |= kind;
    return 0;
}

static int ip_proto_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct number_range r = {0};
    value = word_unquote(value);
    bool negated = value.len && value.p[0] == '!';
    if (note_ip_proto(b, value.len ? (char)value.p[0] : 0, err))
        return -1;
    struct bytes name = word_trim(bytes_slice(value, negated, value.len));
    size_t known = 0, count = sizeof protocol_names / sizeof *protocol_names;
    while (known < count && !bytes_ieq(name, bytes_str(protocol_names[known].name)))
        known++;
    if (known < count)
        r = (struct number_range){protocol_names[known].number, protocol_names[known].number,
                                  negated};
    else if (number_range_parse(value, 255, &r, err))
        return -1;
    for (unsigned p = 0; p < 256; p++)
        if (!number_range_holds(&r, p))
            b->sig->protocols[p >> 3] &= (uint8_t) ~(1u << (p & 7));
    return 0;
}

/* ---- ipopts: an option is there ---- */
enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_ANY = 255 };
static const struct {
    const char *name;
    uint8_t type;
} option_names[] = {{"rr", 7},      {"lsrr", 131},  {"ssrr", 137},   {"ts", 68},
                    {"satid", 136}, {"sec", 130},   {"esec", 133},   {"eol", 0},
                    {"nop", 1},     {"cipso", 134}, {"rtralt", 148}, {"any", OPTION_ANY}};

static int ipopts_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    value = word_unquote(value);
    for (size_t i = 0; i < sizeof option_names / sizeof *option_names; i++)
        if (bytes_ieq(value, bytes_str(option_names[i].name))) {
            uint8_t *type = build_alloc(b, 1);
            *type = option_names[i].type;
            *arg = type;
            return 0;
        }
    return err_set(err, "unknown IP option '%.*s'", WORD_ARG(value));
}

static bool ipopts_match(const void *arg, struct inspect *in)
{
    uint8_t wanted = *(const uint8_t *)arg;
    if (in->packet->ip_version != 4 || in->packet->ip_hdr_len <= 20)
        return false;
    if (wanted == OPTION_ANY)
        return true;
    struct cursor c = cursor_over(bytes_slice(in->packet->ip, 20, in->packet->ip_hdr_len - 20u));
    while (cursor_left(&c)) {
        uint8_t type = cursor_u8(&c);
        if (type == wanted)
            return true;
        if (type == OPTION_END)
            return false;
        if (type == OPTION_NOP)
            continue;
        uint8_t len = cursor_u8(&c);
        if (len < 2)
            return false;
        cursor_skip(&c, len - 2u);
    }
    return false;
}

/* ---- fragbits: M, D, R with '+' (these and others), '*' (any of these), '!' (none of these) ----
 */
struct bits_test {
    uint8_t bits;
    char mode;
};
enum { FRAG_MORE = 1, FRAG_DONT = 2, FRAG_RESERVED = 4 };

static int fragbits_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct bits_test *t = build_alloc(b, sizeof *t);
    value = word_unquote(value);
    for (size_t i = 0; i < value.len; i++) {
        char c = (char)(value.p[i] & ~0x20);
        if (memchr("+*!", value.p[i], 3))
            t->mode = (char)value.p[i];
        else if (c == 'M' || c == 'D' || c == 'R')
            t->bits |= c == 'M' ? FRAG_MORE : c == 'D' ? FRAG_DONT : FRAG_RESERVED;
        else if (!word_is_space(value.p[i]))
            return err_set(err, "'%c' is none of M D R + * !", value.p[i]);
    }
    *arg = t;
    return t->bits ? 0 : err_set(err, "names no bit");
}

static bool fragbits_match(const void *arg, struct inspect *in)
{
    const struct bits_test *t = arg;
    const struct packet *p = in->packet;
    if (p->ip_version != 4 || p->ip.len < 8)
        return false;
    uint8_t bits =
        (uint8_t)((p->more_fragments ? FRAG_MORE : 0) | (p->dont_fragment ? FRAG_DONT : 0) |
                  (p->ip.p[6] & 0x80 ? FRAG_RESERVED : 0));
    switch (t->mode) {
    case '+':
        return (bits & t->bits) == t->bits && bits != t->bits;
    case '*':
        return bits & t->bits;
    case '!':
        return (bits & t->bits) != t->bits;
    default:
        return bits == t->bits;
    }
}

/* "5", "<5", ">5"; "<0" is no mistake but never holds. */
static int fragoffset_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct number_range *r = build_alloc(b, sizeof *r);
    struct bytes text = word_unquote(value);
    char op = text.len && (text.p[0] == '<' || text.p[0] == '>') ? (char)text.p[0] : 0;
    int64_t n;
    if (!number_parse(word_trim(bytes_slice(text, op != 0, text.len)), 0, UINT16_MAX, &n))
        return err_set(err, "'%.*s' is no offset, nor one behind '<' or '>'", WORD_ARG(text));
    uint64_t at = (uint64_t)n;
    if (op == '>')
        *r = (struct number_range){.low = at + 1, .high = UINT32_MAX};
    else if (op == '<')
        *r = (struct number_range){.low = at == 0, .high = at ? at - 1 : 0};
    else
        *r = (struct number_range){.low = at, .high = at};
    *arg = r;
    return 0;
}

#define IP(id, text, shown, sum, parser, ...)                                                      \
    const struct keyword keyword_##id = {.name = shown,                                            \
                                         .summary = sum,                                           \
                                         .example = text,                                          \
                                         .flags = KEYWORD_PACKET __VA_ARGS__,                      \
                                         .parse = parser,                                          \
                                         .match = id##_match}
IP(ttl, "ttl:<5;", "ttl", "IP time to live or hop limit", keyword_parse_u8);
IP(tos, "tos:!8;", "tos", "IPv4 type of service", keyword_parse_u8);
IP(ip_id, "id:31337;", "id", "IPv4 identification", keyword_parse_u16);
IP(ipopts, "ipopts:lsrr;", "ipopts", "an IPv4 option is there", ipopts_parse);
IP(sameip, "sameip;", "sameip", "source and destination are equal", keyword_parse_nothing,
   | KEYWORD_NO_VALUE);
IP(fragbits, "fragbits:M;", "fragbits", "IPv4 fragmentation bits", fragbits_parse);
IP(fragoffset, "fragoffset:>0;", "fragoffset", "fragment offset in units of 8 bytes",
   fragoffset_parse);
const struct keyword keyword_ip_proto = {
    .name = "ip_proto",
    .summary = "IP protocol by number or name",
    .example = "ip_proto:gre;",
    .flags = KEYWORD_IP_ONLY | KEYWORD_PACKET,
    .parse = ip_proto_parse,
};
