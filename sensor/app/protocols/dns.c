/* dns.c - DNS over UDP and TCP: one tx for each message. RFC 1035, RFC 7766. */
#include "sensor/app/protocols/dns_state.h"

#define MESSAGE_MAX 65535u

const char *const dns_events[DNS_EVENT_COUNT] = {
    [DNS_EVENT_MALFORMED_DATA] = "malformed_data", [DNS_EVENT_NOT_REQUEST] = "not_request",
    [DNS_EVENT_NOT_RESPONSE] = "not_response",     [DNS_EVENT_Z_FLAG_SET] = "z_flag_set",
    [DNS_EVENT_INVALID_OPCODE] = "invalid_opcode", [DNS_EVENT_NAME_TOO_LONG] = "name_too_long",
    [DNS_EVENT_INFINITE_LOOP] = "infinite_loop",   [DNS_EVENT_TOO_MANY_LABELS] = "too_many_labels",
};

/* ---- one message ---- */

static void note_faults(struct dns_tx *t, const struct dns_name *n)
{
    if (n->faults & DNS_NAME_TOO_LONG)
        app_tx_event(&t->tx, DNS_EVENT_NAME_TOO_LONG);
    if (n->faults & DNS_NAME_LOOP)
        app_tx_event(&t->tx, DNS_EVENT_INFINITE_LOOP);
    if (n->faults & DNS_NAME_TOO_MANY_LABELS)
        app_tx_event(&t->tx, DNS_EVENT_TOO_MANY_LABELS);
}

/* A message as it is being read, before it is known how much there is to keep of it. */
struct draft {
    struct dns_tx t;
    uint8_t names[DNS_QUESTIONS_MAX * DNS_NAME_MAX];
};

static void add_question(struct draft *d, const struct dns_name *name, uint16_t type)
{
    struct dns_tx *t = &d->t;
    if (t->question_count == DNS_QUESTIONS_MAX)
        return;
    t->questions[t->question_count++] =
        (struct dns_question){.type = type, .name_at = t->names_len, .name_len = name->len};
    memcpy(d->names + t->names_len, name->text, name->len);
    t->names_len = (uint16_t)(t->names_len + name->len);
}

static bool read_questions(struct draft *d, struct dns_reader *r)
{
    for (unsigned i = 0; i < d->t.header.questions; i++) {
        struct dns_name name;
        uint16_t type, class;
        if (!dns_read_question(r, &name, &type, &class))
            return false;
        note_faults(&d->t, &name);
        add_question(d, &name, type);
    }
    d->t.answers_at = (uint16_t)(r->at.at - r->message.p);
    return true;
}

static bool read_records(struct dns_tx *t, struct dns_reader *r)
{
    unsigned count = (unsigned)t->header.answers + t->header.authorities + t->header.additionals;
    for (unsigned i = 0; i < count; i++) {
        struct dns_record record;
        if (!dns_read_record(r, &record))
            return false;
        note_faults(t, &record.name);
    }
    return true;
}

static void check_direction(struct app_flow *f, struct dns_tx *t, enum direction dir)
{
    bool response = dns_header_is_response(&t->header);
    if (app_flow_proto(f) == APP_MDNS) { /* whoever knows tells everybody, asked or not */
        t->mirrored = dir == TO_CLIENT;
        return;
    }
    if (!app_flow_note(f))
        app_flow_set_note(f,
                          DNS_FLOW_SEEN | (response == (dir == TO_SERVER) ? DNS_FLOW_MIRRORED : 0));
    t->mirrored = app_flow_note(f) & DNS_FLOW_MIRRORED;
    bool expected = (dir == TO_CLIENT) != t->mirrored;
    if (response && !expected)
        app_tx_event(&t->tx, DNS_EVENT_NOT_REQUEST);
    if (!response && expected)
        app_tx_event(&t->tx, DNS_EVENT_NOT_RESPONSE);
}

static void read_message(struct draft *d, const struct app_input *in, struct bytes message)
{
    struct dns_reader r = dns_reader_over(message);
    struct dns_tx *t = &d->t;
    if (!dns_read_header(&r, &t->header) || !read_questions(d, &r) || !read_records(t, &r))
        app_tx_event(&t->tx, DNS_EVENT_MALFORMED_DATA);
    t->tx.exchange = t->header.id + 1u;
    if (message.len < DNS_HEADER_BYTES)
        return;
    check_direction(in->flow, t, in->dir);
    if (t->header.flags & DNS_Z)
        app_tx_event(&t->tx, DNS_EVENT_Z_FLAG_SET);
    if (dns_header_opcode(&t->header) > DNS_OPCODE_MAX)
        app_tx_event(&t->tx, DNS_EVENT_INVALID_OPCODE);
}

static size_t tx_bytes(const struct dns_tx *t)
{
    return sizeof *t + t->message_len + t->names_len;
}

/* One piece of memory for all there is. */
static struct dns_tx *keep_message(struct app *a, struct draft *d, struct bytes message)
{
    d->t.message_len = (uint16_t)message.len;
    struct dns_tx *t = app_take(a, tx_bytes(&d->t));
    memcpy(t, &d->t, sizeof *t);
    uint8_t *text = (uint8_t *)(t + 1);
    memcpy(text, message.p, message.len);
    memcpy(text + message.len, d->names, t->names_len);
    return t;
}

/* at: its offset in the stream or datagram. */
static void take_message(const struct app_input *in, struct bytes message, uint64_t at)
{
    enum app_proto proto = app_flow_proto(in->flow);
    struct draft d;
    memset(&d.t, 0, sizeof d.t);
    message = bytes_slice(message, 0, MESSAGE_MAX);
    read_message(&d, in, message);
    struct dns_tx *t = keep_message(in->app, &d, message);
    app_tx_add(in->app, in->flow, proto, &t->tx, in->ts_us);
    app_frame_add(in, proto, 0, at, (int64_t)message.len, message);
    t->tx.inspected[OTHER(in->dir)] = true; /* a message has one direction */
    app_tx_advance(in->flow, &t->tx, OTHER(in->dir), DNS_DONE);
    app_tx_advance(in->flow, &t->tx, in->dir, DNS_DONE);
    app_flow_flush(in->flow, in->dir);
}

void dns_tx_free(struct app *a, struct app_tx *tx)
{
    app_dealloc(a, tx, tx_bytes((const struct dns_tx *)tx));
}

/* ---- one flow ---- */

void *dns_open(struct app *a, struct app_flow *f)
{
    bool datagrams = app_is_udp(app_flow_endpoints(f));
    return datagrams ? NULL : app_alloc(a, sizeof(struct dns_stream));
}

void dns_close(struct app *a, void *state)
{
    struct dns_stream *s = state;
    for (unsigned dir = 0; s && dir < 2; dir++)
        app_text_free(a, &s->held[dir]);
    app_dealloc(a, s, sizeof *s);
}

/* Takes whole messages off the front of data, behind which `unread` bytes of the stream are there;
 * returns how many bytes they were. */
static size_t take_framed(const struct app_input *in, struct bytes data, size_t unread)
{
    uint64_t start = app_fed(in->flow, in->dir) - unread - data.len;
    size_t at = 0;
    while (data.len - at >= 2) {
        size_t len = (size_t)(data.p[at] << 8 | data.p[at + 1]);
        if (data.len - at - 2 < len)
            break;
        if (len > 0)
            take_message(in, bytes_slice(data, at + 2, len), start + at + 2);
        at += 2 + len;
    }
    return at;
}

static enum app_result feed_stream(struct dns_stream *s, const struct app_input *in)
{
    struct app_text *held = &s->held[in->dir];
    if (held->len == 0) { /* the common case copies nothing */
        size_t taken = take_framed(in, in->data, 0);
        app_text_add(in->app, held, bytes_slice(in->data, taken, SIZE_MAX), MESSAGE_MAX + 2);
        return APP_OK;
    }
    struct bytes data = in->data;
    while (data.len > 0) {
        size_t want = 2;
        if (held->len >= 2)
            want += (size_t)(held->p[0] << 8 | held->p[1]);
        struct bytes piece = bytes_slice(data, 0, want - held->len);
        app_text_add(in->app, held, piece, MESSAGE_MAX + 2);
        data = bytes_slice(data, piece.len, SIZE_MAX);
        if (take_framed(in, app_text_bytes(held), data.len) == 0)
            continue;
        app_text_free(in->app, held);
        size_t taken = take_framed(in, data, 0);
        data = bytes_slice(data, taken, SIZE_MAX);
        app_text_add(in->app, held, data, MESSAGE_MAX + 2);
        break;
    }
    return APP_OK;
}

enum app_result dns_feed(void *state, const struct app_input *in)
{
    struct dns_stream *s = state;
    if (s && (in->flags & APP_FEED_GAP)) {
        app_text_free(in->app, &s->held[in->dir]);
        s->lost[in->dir] = true;
    }
    if (in->data.len == 0)
        return APP_OK;
    if (!s) {
        take_message(in, in->data, 0);
        return APP_OK;
    }
    if (s->lost[in->dir]) { /* a message may start with this segment, or with a later one */
        const struct app_endpoints *e = app_flow_endpoints(in->flow);
        if (dns_probe(e, in->dir, in->data) != APP_OK)
            return APP_OK;
        s->lost[in->dir] = false;
    }
    return feed_stream(s, in);
}

/* ---- for rules ---- */

bool dns_is_response(const struct app_tx *tx)
{
    return dns_header_is_response(&((const struct dns_tx *)tx)->header);
}

uint8_t dns_opcode(const struct app_tx *tx)
{
    return dns_header_opcode(&((const struct dns_tx *)tx)->header);
}

uint8_t dns_rcode(const struct app_tx *tx)
{
    return ((const struct dns_tx *)tx)->header.flags & 0xf;
}

uint16_t dns_id(const struct app_tx *tx)
{
    return ((const struct dns_tx *)tx)->header.id;
}

bool dns_question(const struct app_tx *tx, unsigned index, uint16_t *type, struct bytes *name)
{
    const struct dns_tx *t = (const struct dns_tx *)tx;
    if (index >= t->question_count)
        return false;
    const struct dns_question *q = &t->questions[index];
    *type = q->type;
    *name = bytes_slice(dns_tx_names(t), q->name_at, q->name_len);
    return true;
}

unsigned dns_answer_count(const struct app_tx *tx)
{
    return ((const struct dns_tx *)tx)->header.answers;
}

static bool dns_get_query(struct app_tx *tx, enum direction dir, unsigned index,
                          struct arena *scratch, struct bytes *out)
{
    uint16_t type;
    (void)dir;
    (void)scratch;
    return !dns_is_response(tx) && dns_question(tx, index, &type, out) && out->len > 0;
}

static bool dns_get_opcode(struct app_tx *tx, enum direction dir, unsigned index,
                           struct arena *scratch, struct bytes *out)
{
    return index == 0 && dns_is_response(tx) == (dir == TO_CLIENT) &&
           app_number_bytes(dns_opcode(tx), scratch, out);
}

#define TS    APP_BUFFER_TO_SERVER
#define TC    APP_BUFFER_TO_CLIENT
#define MULTI APP_BUFFER_MULTI
/* clang-format off */
static const struct app_buffer dns_buffers[] = {
    APP_BUFFER(DNS, "dns.query", "dns_query", "", TS | MULTI, DNS_DONE, 0, dns_get_query),
    APP_NUMBER(DNS, "dns.opcode", "", TS | TC, DNS_DONE, DNS_DONE, dns_get_opcode, &app_u8),
    {0},
};
/* clang-format on */

static const char *const frames[] = {"pdu", NULL};

const struct app_parser app_parser_DNS = {
    .frames = frames,
    .transports = APP_OVER_TCP | APP_OVER_UDP,
    .complete = {DNS_DONE, DNS_DONE},
    .events = dns_events,
    .event_count = DNS_EVENT_COUNT,
    .probe = dns_probe,
    .is_reversed = dns_is_reversed,
    .own_port = 53,
    .open = dns_open,
    .close = dns_close,
    .feed = dns_feed,
    .tx_free = dns_tx_free,
    .records = dns_records,
    .alert_json = dns_alert_json,
    .facts = dns_facts,
    .buffers = dns_buffers,
    .shapes = dns_shapes,
};
