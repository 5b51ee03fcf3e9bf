/* dns_log.c - a DNS tx as EVE shows it: Suricata 7's records, one per question and one per answer.
 */
#include "sensor/app/protocols/dns_state.h"

#define LOGGED_DNS   1
#define PHASE_ANSWER DNS_QUESTIONS_MAX
/* Shown of one message; more would be noise, or an attack on the reader. Compression lets every
 * record of a small message have a long name. */
#define RECORDS_MAX      512
#define RECORD_BYTES_MAX (256u << 10)

static const struct dns_tx *of(const struct app_tx *tx)
{
    return (const struct dns_tx *)tx;
}

static struct bytes name_bytes(const struct dns_name *n)
{
    return bytes_of(n->text, n->len);
}

static bool is_long_enough(const struct json *j)
{
    return json_bytes(j).len > RECORD_BYTES_MAX;
}

/* ---- rdata ---- */

static void put_address(struct json *j, const char *key, struct bytes rdata, size_t len)
{
    if (rdata.len != len)
        return;
    struct addr a = len == 4 ? addr_v4(rdata.p) : addr_v6(rdata.p);
    json_addr(j, key, &a);
}

static void put_name_rdata(struct json *j, const char *key, struct dns_reader at)
{
    struct dns_name name;
    if (dns_read_name(&at, &name))
        json_str(j, key, name_bytes(&name));
}

static void put_soa(struct json *j, const char *key, struct dns_reader at)
{
    struct dns_name mname, rname;
    static const char *const numbers[] = {"serial", "refresh", "retry", "expire", "minimum"};
    if (!dns_read_name(&at, &mname) || !dns_read_name(&at, &rname) || cursor_left(&at.at) < 20)
        return;
    json_object(j, key);
    json_str(j, "mname", name_bytes(&mname));
    json_str(j, "rname", name_bytes(&rname));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_u64(j, numbers[i], cursor_u32(&at.at));
    json_object_end(j);
}

static void put_srv(struct json *j, const char *key, struct dns_reader at)
{
    struct dns_name name;
    uint16_t priority = cursor_u16(&at.at), weight = cursor_u16(&at.at), port = cursor_u16(&at.at);
    if (!cursor_ok(&at.at) || !dns_read_name(&at, &name))
        return;
    json_object(j, key);
    json_u64(j, "priority", priority);
    json_u64(j, "weight", weight);
    json_u64(j, "port", port);
    json_str(j, "name", name_bytes(&name));
    json_object_end(j);
}

static void put_sshfp(struct json *j, const char *key, struct bytes rdata)
{
    char text[3 * 64 + 1];
    size_t at = 0;
    if (rdata.len < 3)
        return;
    for (size_t i = 2; i < rdata.len && i < 2 + 64; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, i > 2 ? ":%02x" : "%02x", rdata.p[i]);
    json_object(j, key);
    json_str(j, "fingerprint", bytes_of(text, at));
    json_u64(j, "algo", rdata.p[0]);
    json_u64(j, "type", rdata.p[1]);
    json_object_end(j);
}

/* The value of one record under key (NULL: an element of an array). TXT is not handled here: it
 * holds several strings. False for types whose value EVE leaves out. */
static bool put_value(struct json *j, const char *key, const struct dns_reader *r,
                      const struct dns_record *rr)
{
    struct dns_reader at = dns_reader_at(r, rr->rdata);
    switch (rr->type) {
    case DNS_A:
        put_address(j, key, rr->rdata, 4);
        return true;
    case DNS_AAAA:
        put_address(j, key, rr->rdata, 16);
        return true;
    case DNS_MX:
        cursor_skip(&at.at, 2);
        put_name_rdata(j, key, at);
        return true;
    case DNS_CNAME:
    case DNS_NS:
    case DNS_PTR:
        put_name_rdata(j, key, at);
        return true;
    case DNS_NULL:
        json_str(j, key, rr->rdata);
        return true;
    case DNS_SOA:
        put_soa(j, key ? "soa" : NULL, at);
        return true;
    case DNS_SRV:
        put_srv(j, key ? "srv" : NULL, at);
        return true;
    case DNS_SSHFP:
        put_sshfp(j, key ? "sshfp" : NULL, rr->rdata);
        return true;
    default:
        return false;
    }
}

/* ---- lists of records ---- */

static void open_record(struct json *j, const struct dns_record *rr)
{
    char label[DNS_LABEL_MAX];
    json_object(j, NULL);
    json_str(j, "rrname", name_bytes(&rr->name));
    json_word(j, "rrtype", dns_type_text(rr->type, label));
    json_u64(j, "ttl", rr->ttl);
}

/* A TXT record is shown once for each of its strings. */
static void put_txt(struct json *j, const struct dns_record *rr, bool with_record)
{
    struct cursor c = cursor_over(rr->rdata);
    while (cursor_left(&c) > 0) {
        struct bytes text = cursor_take(&c, cursor_u8(&c));
        if (!cursor_ok(&c))
            return;
        if (!with_record) {
            json_str(j, NULL, text);
            continue;
        }
        open_record(j, rr);
        json_str(j, "rdata", text);
        json_object_end(j);
    }
}

/* Reads count records and shows them as objects in an array called key, unless there are none. */
static void put_records(struct json *j, const char *key, struct dns_reader *r, unsigned count)
{
    struct dns_record rr;
    if (count == 0)
        return;
    json_array(j, key);
    for (unsigned i = 0; i < count && dns_read_record(r, &rr); i++) {
        if (i >= RECORDS_MAX || is_long_enough(j))
            continue;
        if (rr.type == DNS_TXT) {
            put_txt(j, &rr, true);
            continue;
        }
        open_record(j, &rr);
        put_value(j, "rdata", r, &rr);
        json_object_end(j);
    }
    json_array_end(j);
}

/* Types whose values EVE shows together, in its order. */
static const uint16_t grouped_types[] = {DNS_A,   DNS_AAAA, DNS_CNAME, DNS_NS,  DNS_PTR,  DNS_MX,
                                         DNS_TXT, DNS_NULL, DNS_SOA,   DNS_SRV, DNS_SSHFP};

/* Which of them answers hold, as bits. */
static unsigned types_in(struct dns_reader r, unsigned count)
{
    unsigned found = 0;
    struct dns_record rr;
    for (unsigned i = 0; i < count && i < RECORDS_MAX && dns_read_record(&r, &rr); i++)
        for (unsigned t = 0; t < sizeof grouped_types / sizeof *grouped_types; t++)
            found |= (unsigned)(grouped_types[t] == rr.type) << t;
    return found;
}

/* One list of values of a type that the answers hold. */
static void put_group(struct json *j, const struct dns_reader *from, unsigned count, uint16_t type)
{
    struct dns_reader r = *from;
    struct dns_record rr;
    char label[DNS_LABEL_MAX];
    bool open = false;
    for (unsigned i = 0; i < count && i < RECORDS_MAX && dns_read_record(&r, &rr); i++) {
        if (rr.type != type || is_long_enough(j))
            continue;
        if (!open)
            json_array(j, dns_type_text(type, label));
        open = true;
        if (type == DNS_TXT)
            put_txt(j, &rr, false);
        else
            put_value(j, NULL, &r, &rr);
    }
    if (open)
        json_array_end(j);
}

/* ---- records ---- */

static void put_question(const struct dns_tx *t, unsigned index, struct json *j)
{
    char label[DNS_LABEL_MAX];
    uint16_t type;
    struct bytes name;
    if (!dns_question(&t->tx, index, &type, &name))
        return;
    json_word(j, "type", "query");
    json_u64(j, "id", t->header.id);
    json_str(j, "rrname", name);
    json_word(j, "rrtype", dns_type_text(type, label));
    json_u64(j, "tx_id", t->tx.id);
    if (t->header.flags & DNS_Z)
        json_bool(j, "z", true);
    json_u64(j, "opcode", dns_header_opcode(&t->header));
}

static void put_flags(const struct dns_header *h, struct json *j)
{
    static const struct {
        uint16_t bit;
        const char *name;
    } flags[] = {{0x8000, "qr"}, {0x0400, "aa"}, {0x0200, "tc"},
                 {0x0100, "rd"}, {0x0080, "ra"}, {DNS_Z, "z"}};
    char text[8];
    snprintf(text, sizeof text, "%x", h->flags);
    json_strz(j, "flags", text);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (h->flags & flags[i].bit)
            json_bool(j, flags[i].name, true);
}

static void put_answer(const struct dns_tx *t, struct json *j)
{
    char label[DNS_LABEL_MAX];
    uint16_t type;
    struct bytes name;
    json_u64(j, "version", 2);
    json_word(j, "type", "answer");
    json_u64(j, "id", t->header.id);
    put_flags(&t->header, j);
    json_u64(j, "opcode", dns_header_opcode(&t->header));
    if (dns_question(&t->tx, 0, &type, &name)) {
        json_str(j, "rrname", name);
        json_word(j, "rrtype", dns_type_text(type, label));
    }
    json_word(j, "rcode", dns_rcode_text(t->header.flags & 0xf, label));
    if (t->answers_at == 0) /* the questions could not be read: neither can what follows */
        return;
    struct dns_reader r = dns_reader_over(dns_tx_message(t));
    cursor_skip(&r.at, t->answers_at);
    struct dns_reader answers = r;
    put_records(j, "answers", &r, t->header.answers);
    if (t->header.answers > 0) {
        json_object(j, "grouped");
        unsigned found = types_in(answers, t->header.answers);
        for (unsigned i = 0; found; i++, found >>= 1)
            if (found & 1)
                put_group(j, &answers, t->header.answers, grouped_types[i]);
        json_object_end(j);
    }
    put_records(j, "authorities", &r, t->header.authorities);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    json_object(j, app_proto_name(tx->proto));
    if (phase == PHASE_ANSWER)
        put_answer(of(tx), j);
    else {
        json_u64(j, "version", 2);
        put_question(of(tx), phase, j);
    }
    json_object_end(j);
}

void dns_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct dns_tx *t = of(tx);
    (void)last;
    if (tx->logged & LOGGED_DNS)
        return;
    tx->logged |= LOGGED_DNS;
    struct app_record r = {.event_type = app_proto_name(tx->proto),
                           .dir = t->mirrored ? TO_CLIENT : TO_SERVER, /* the asker is the source */
                           .encode = encode,
                           .phase = PHASE_ANSWER};
    if (dns_is_response(tx)) {
        emit(ctx, tx, &r);
        return;
    }
    for (r.phase = 0; r.phase < t->question_count; r.phase++)
        emit(ctx, tx, &r);
}

void dns_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct dns_tx *t = of(tx);
    json_object(j, app_proto_name(tx->proto));
    if (dns_is_response(tx)) {
        json_object(j, "answer");
        put_answer(t, j);
        json_object_end(j);
    } else if (t->question_count > 0) {
        json_array(j, "query");
        for (unsigned i = 0; i < t->question_count; i++) {
            json_object(j, NULL);
            put_question(t, i, j);
            json_object_end(j);
        }
        json_array_end(j);
    }
    json_object_end(j);
}

void dns_facts(const struct app_tx *tx, struct app_facts *out)
{
    uint16_t type;
    dns_question(tx, 0, &type, &out->host);
    out->status = dns_rcode(tx);
}

const struct app_shape dns_shapes[] = {
    {"dns", "dns: " DNS_QUERY_SHAPE " | " DNS_ANSWER_SHAPE},
    {"alert", "dns?: {query?: [" DNS_QUERY_SHAPE "], answer?: " DNS_ANSWER_SHAPE "}"},
    {0},
};
