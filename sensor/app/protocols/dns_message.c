/* dns_message.c - names, questions and records of a DNS message. */
#include <inttypes.h>
#include "sensor/app/protocols/dns_message.h"

#define STEPS_MAX 255 /* labels and pointers of a name */
#define PLAIN_MAX 255 /* bytes of a name by RFC 1035 */
/* A loop longer than a pointer to itself is told three ways: Suricata finds it by going on. */
#define ENDLESS (DNS_NAME_LOOP | DNS_NAME_TOO_MANY_LABELS | DNS_NAME_TOO_LONG)

bool dns_read_header(struct dns_reader *r, struct dns_header *out)
{
    out->id = cursor_u16(&r->at);
    out->flags = cursor_u16(&r->at);
    out->questions = cursor_u16(&r->at);
    out->answers = cursor_u16(&r->at);
    out->authorities = cursor_u16(&r->at);
    out->additionals = cursor_u16(&r->at);
    return cursor_ok(&r->at);
}

static void add_label(struct dns_name *n, struct bytes label)
{
    if (n->len > 0 && n->len < DNS_NAME_MAX)
        n->text[n->len++] = '.';
    size_t room = DNS_NAME_MAX - n->len;
    if (label.len > room)
        n->faults |= DNS_NAME_TOO_LONG;
    label = bytes_slice(label, 0, room);
    memcpy(n->text + n->len, label.p, label.len);
    n->len = (uint16_t)(n->len + label.len);
}

static bool cut(struct dns_reader *r)
{
    r->at.failed = true;
    return false;
}

/* Pointers may lead anywhere (RFC 1035 says back, but who follows others is not hidden from). They
 * count as labels, so there is an end; after the first one r is beyond the name as it lies in the
 * message. */
static bool read_any_name(struct dns_reader *r, struct dns_name *out)
{
    struct cursor c = r->at;
    const uint8_t *mark = c.at;
    unsigned steps = 0;
    bool jumped = false, was_long = false;
    out->len = 0;
    out->faults = 0;
    for (;;) {
        const uint8_t *here = c.at;
        uint8_t len = cursor_u8(&c);
        if (!cursor_ok(&c))
            return cut(r);
        if (len == 0)
            break;
        if (len < 0x40) {
            struct bytes label = cursor_take(&c, len);
            if (!cursor_ok(&c))
                return cut(r);
            add_label(out, label);
        } else if (len >= 0xc0) {
            size_t to = (size_t)(len & 0x3f) << 8 | cursor_u8(&c);
            if (!cursor_ok(&c))
                return cut(r);
            if (!jumped)
                r->at = c;
            jumped = true;
            c = cursor_over(bytes_slice(r->message, to, SIZE_MAX));
            if (c.at == here) {
                out->faults |= DNS_NAME_LOOP;
                return true;
            }
        } else {
            return false; /* 0x40 and 0x80 were never assigned a meaning that lasted */
        }
        if (++steps > STEPS_MAX)
            out->faults |= DNS_NAME_TOO_MANY_LABELS | DNS_NAME_TOO_LONG;
        if (jumped && c.at == mark) {
            out->faults |= ENDLESS;
            return true;
        }
        if ((steps & (steps - 1)) == 0) /* at growing distances: every loop meets one (Brent) */
            mark = c.at;
        bool is_long = out->faults & DNS_NAME_TOO_LONG;
        if (jumped && (steps > STEPS_MAX || (is_long && !was_long)))
            return true;
        was_long = is_long;
    }
    if (!jumped)
        r->at = c;
    return true;
}

/* Length of the name at p, its final zero included, if it is nothing but labels and no longer than
 * a name may be; else 0. */
static size_t plain_length(const uint8_t *p, size_t left)
{
    size_t n = 0;
    if (left > PLAIN_MAX)
        left = PLAIN_MAX;
    while (n < left && p[n] && p[n] < 0x40)
        n += 1u + p[n];
    return n < left && p[n] == 0 ? n + 1 : 0;
}

/* Taken over as it lies there, with dots for what tells how long the labels are. */
static void take_plain(const uint8_t *p, size_t n, struct dns_name *out)
{
    out->faults = 0;
    out->len = 0;
    if (n == 1)
        return;
    out->len = (uint16_t)(n - 2);
    memcpy(out->text, p + 1, out->len);
    for (size_t at = 1u + p[0]; p[at]; at += 1u + p[at])
        out->text[at - 1] = '.';
}

/* Where the bytes of the name at r are that begins with a pointer, if they are plain; else 0. */
static size_t plain_target(const struct dns_reader *r, size_t *to)
{
    const uint8_t *p = r->at.at;
    *to = (size_t)(p[0] & 0x3f) << 8 | p[1];
    return *to < r->message.len ? plain_length(r->message.p + *to, r->message.len - *to) : 0;
}

/* Nearly all names are labels, or point to labels. */
bool dns_read_name(struct dns_reader *r, struct dns_name *out)
{
    const uint8_t *p = r->at.at;
    size_t left = cursor_left(&r->at), n = plain_length(p, left), to;
    if (n > 0) {
        take_plain(p, n, out);
        r->at.at += n;
    } else if (left >= 2 && p[0] >= 0xc0 && (n = plain_target(r, &to)) > 0) {
        take_plain(r->message.p + to, n, out);
        r->at.at += 2;
    } else {
        return read_any_name(r, out);
    }
    return true;
}

bool dns_read_question(struct dns_reader *r, struct dns_name *name, uint16_t *type, uint16_t *class)
{
    if (!dns_read_name(r, name))
        return false;
    *type = cursor_u16(&r->at);
    *class = cursor_u16(&r->at);
    return cursor_ok(&r->at);
}

bool dns_read_record(struct dns_reader *r, struct dns_record *out)
{
    if (!dns_read_name(r, &out->name))
        return false;
    out->type = cursor_u16(&r->at);
    out->class = cursor_u16(&r->at);
    out->ttl = cursor_u32(&r->at);
    out->rdata = cursor_take(&r->at, cursor_u16(&r->at));
    return cursor_ok(&r->at);
}

struct dns_reader dns_reader_at(const struct dns_reader *r, struct bytes rdata)
{
    return (struct dns_reader){.message = r->message, .at = cursor_over(rdata)};
}

static const struct {
    uint16_t type;
    const char *text;
} types[] = {
    {1, "A"},      {2, "NS"},        {3, "MD"},          {4, "MF"},      {5, "CNAME"},
    {6, "SOA"},    {7, "MB"},        {8, "MG"},          {9, "MR"},      {10, "NULL"},
    {11, "WKS"},   {12, "PTR"},      {13, "HINFO"},      {14, "MINFO"},  {15, "MX"},
    {16, "TXT"},   {17, "RP"},       {18, "AFSDB"},      {19, "X25"},    {20, "ISDN"},
    {21, "RT"},    {22, "NSAP"},     {23, "NSAPPTR"},    {24, "SIG"},    {25, "KEY"},
    {26, "PX"},    {27, "GPOS"},     {28, "AAAA"},       {29, "LOC"},    {30, "NXT"},
    {33, "SRV"},   {34, "ATMA"},     {35, "NAPTR"},      {36, "KX"},     {37, "CERT"},
    {38, "A6"},    {39, "DNAME"},    {41, "OPT"},        {42, "APL"},    {43, "DS"},
    {44, "SSHFP"}, {45, "IPSECKEY"}, {46, "RRSIG"},      {47, "NSEC"},   {48, "DNSKEY"},
    {49, "DHCID"}, {50, "NSEC3"},    {51, "NSEC3PARAM"}, {52, "TLSA"},   {55, "HIP"},
    {59, "CDS"},   {60, "CDNSKEY"},  {64, "SVCB"},       {65, "HTTPS"},  {99, "SPF"},
    {249, "TKEY"}, {250, "TSIG"},    {252, "AXFR"},      {254, "MAILA"}, {255, "ANY"},
    {256, "URI"},
};

const char *dns_type_text(uint16_t type, char buffer[DNS_LABEL_MAX])
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type)
            return types[i].text;
    snprintf(buffer, DNS_LABEL_MAX, "%" PRIu16, type);
    return buffer;
}

const char *dns_rcode_text(uint16_t rcode, char buffer[DNS_LABEL_MAX])
{
    static const char *const texts[] = {
        "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
        "NXRRSET", "NOTAUTH", "NOTZONE",  NULL,       NULL,      NULL,      NULL,       NULL,
        "BADVERS", "BADKEY",  "BADTIME",  "BADMODE",  "BADNAME", "BADALG",  "BADTRUNC",
    };
    if (rcode < sizeof texts / sizeof *texts && texts[rcode])
        return texts[rcode];
    snprintf(buffer, DNS_LABEL_MAX, "%" PRIu16, rcode);
    return buffer;
}
