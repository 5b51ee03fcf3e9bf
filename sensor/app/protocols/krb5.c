/* krb5.c - Kerberos 5 between a client and its KDC: one tx for each message.
 *
 * Source: RFC 4120 sections 5 and 7.2 (over TCP each message has its length before it). An error
 * says which request it answers. Fields and events as in Suricata 7. */
#include "sensor/app/protocols/ber.h"
#include "sensor/app/protocols/framed.h"
#include "sensor/app/protocols/krb5_state.h"
#include "sensor/app/protocols/oneway.h"

#define MESSAGE_MAX 100000u /* of one message; a ticket with many groups has some 64 KiB */
#define NAME_CAP    1024u   /* of a principal's or realm's name as it was encoded */
#define PORT        88
#define START_MIN   24u /* of bytes that tell a message, with any length encoding */

static const char *const events[] = {"malformed_data", "weak_encryption"};
enum krb5_event { MALFORMED_DATA, WEAK_ENCRYPTION, EVENT_COUNT };

struct krb5_state {
    struct framed framed[2]; /* of a stream */
    bool astray[2];          /* likewise: looking for the next message */
    bool over_tcp;
    uint8_t request; /* enum krb5_message, of the last one, 0 when it was answered */
};

bool krb5_is_weak(int32_t etype)
{
    return !(etype >= 17 && etype <= 20) && etype != 25 && etype != 26; /* AES and Camellia */
}

/* ---- messages ---- */

static struct krb5_tx *add(const struct app_input *in, uint8_t message)
{
    struct krb5_tx *t = app_alloc(in->app, sizeof *t);
    t->message = message;
    t->dir = (uint8_t)in->dir;
    oneway_add(in, APP_KRB5, &t->tx);
    return t;
}

static void note_damage(const struct app_input *in)
{
    app_tx_event(&add(in, 0)->tx, MALFORMED_DATA);
}

static void keep(struct app *a, struct app_text *t, struct bytes value)
{
    app_text_add(a, t, value, NAME_CAP);
}

/* The parts of a principal's name, still encoded. */
static struct bytes read_name(struct cursor *c, uint8_t field)
{
    struct cursor outer = ber_enter(c, field), name = ber_enter(&outer, BER_SEQUENCE);
    (void)ber_take(&name, BER_CONTEXT(0)); /* type */
    struct cursor parts = ber_enter(&name, BER_CONTEXT(1));
    struct bytes list = ber_take(&parts, BER_SEQUENCE);
    c->failed |= parts.failed;
    return list;
}

static struct bytes read_realm(struct cursor *c, uint8_t field)
{
    struct cursor inner = ber_enter(c, field);
    struct bytes realm = ber_take(&inner, BER_GENERAL_STRING);
    c->failed |= inner.failed;
    return realm;
}

/* The encryption type of an EncryptedData. */
static int32_t read_etype(struct cursor *c, uint8_t field)
{
    struct cursor outer = ber_enter(c, field), data = ber_enter(&outer, BER_SEQUENCE);
    struct cursor number = ber_enter(&data, BER_CONTEXT(0));
    int32_t etype = ber_int(&number, BER_INTEGER);
    c->failed |= number.failed;
    return etype;
}

/* Version, of that field, and message type; c stands after both. */
static struct cursor open_message(struct bytes data, uint8_t version)
{
    struct cursor outer = cursor_over(data);
    uint8_t tag;
    struct bytes content;
    (void)ber_any(&outer, &tag, &content);
    struct cursor whole = cursor_over(content);
    whole.failed = outer.failed;
    struct cursor c = ber_enter(&whole, BER_SEQUENCE);
    (void)ber_take(&c, BER_CONTEXT(version));
    (void)ber_take(&c, BER_CONTEXT(version + 1));
    return c;
}

static void take_request(const struct app_input *in, uint8_t message, struct bytes data)
{
    struct cursor c = open_message(data, 1);
    (void)ber_take_if(&c, BER_CONTEXT(3)); /* pre-authentication data */
    struct cursor outer = ber_enter(&c, BER_CONTEXT(4)), body = ber_enter(&outer, BER_SEQUENCE);
    struct bytes cname = {0}, sname = {0};
    (void)ber_take(&body, BER_CONTEXT(0)); /* options */
    if (ber_is_next(&body, BER_CONTEXT(1)))
        cname = read_name(&body, BER_CONTEXT(1));
    struct bytes realm = read_realm(&body, BER_CONTEXT(2));
    if (ber_is_next(&body, BER_CONTEXT(3)))
        sname = read_name(&body, BER_CONTEXT(3));
    if (!cursor_ok(&body)) {
        note_damage(in);
        return;
    }
    struct krb5_tx *t = add(in, message);
    keep(in->app, &t->realm, realm);
    keep(in->app, &t->cname, cname);
    keep(in->app, &t->sname, sname);
}

static void take_reply(const struct app_input *in, uint8_t message, struct bytes data)
{
    struct cursor c = open_message(data, 0);
    (void)ber_take_if(&c, BER_CONTEXT(2)); /* pre-authentication data */
    struct bytes realm = read_realm(&c, BER_CONTEXT(3));
    struct bytes cname = read_name(&c, BER_CONTEXT(4));
    struct cursor outer = ber_enter(&c, BER_CONTEXT(5));
    struct cursor tagged = ber_enter(&outer, BER_APPLICATION(1));
    struct cursor ticket = ber_enter(&tagged, BER_SEQUENCE);
    (void)ber_take(&ticket, BER_CONTEXT(0)); /* version */
    (void)ber_take(&ticket, BER_CONTEXT(1)); /* realm */
    struct bytes sname = read_name(&ticket, BER_CONTEXT(2));
    int32_t ticket_etype = read_etype(&ticket, BER_CONTEXT(3));
    int32_t etype = read_etype(&c, BER_CONTEXT(6));
    if (!cursor_ok(&c) || !cursor_ok(&ticket)) {
        note_damage(in);
        return;
    }
    struct krb5_tx *t = add(in, message);
    t->etype = etype;
    t->ticket_etype = ticket_etype;
    keep(in->app, &t->realm, realm);
    keep(in->app, &t->cname, cname);
    keep(in->app, &t->sname, sname);
    if (krb5_is_weak(etype))
        app_tx_event(&t->tx, WEAK_ENCRYPTION);
}

static void take_error(const struct app_input *in, uint8_t request, struct bytes data)
{
    struct cursor c = open_message(data, 0);
    struct bytes realm = {0}, cname = {0};
    for (uint8_t field = 2; field <= 5; field++) /* times of client and server */
        (void)ber_take_if(&c, BER_CONTEXT(field));
    struct cursor number = ber_enter(&c, BER_CONTEXT(6));
    int32_t code = ber_int(&number, BER_INTEGER);
    if (ber_is_next(&c, BER_CONTEXT(7)))
        realm = read_realm(&c, BER_CONTEXT(7));
    if (ber_is_next(&c, BER_CONTEXT(8)))
        cname = read_name(&c, BER_CONTEXT(8));
    (void)ber_take(&c, BER_CONTEXT(9)); /* the server's realm */
    struct bytes sname = read_name(&c, BER_CONTEXT(10));
    if (!cursor_ok(&c) || !cursor_ok(&number)) {
        note_damage(in);
        return;
    }
    struct krb5_tx *t = add(in, KRB5_ERROR);
    t->error = code;
    t->request = request;
    keep(in->app, &t->realm, realm);
    keep(in->app, &t->cname, cname);
    keep(in->app, &t->sname, sname);
}

static void take_message(struct krb5_state *s, const struct app_input *in, struct bytes data)
{
    struct cursor c = cursor_over(data);
    uint8_t tag;
    size_t len = ber_head(&c, &tag);
    uint8_t message = tag & 0x1f;
    if (!cursor_ok(&c) || (cursor_left(&c) < len && s->over_tcp)) {
        note_damage(in);
        return;
    }
    if ((tag & 0xc0) != 0x40) /* not of an application: a message of the password server */
        return;
    if (message == KRB5_AS_REQ || message == KRB5_TGS_REQ || message == KRB5_AP_REQ) {
        s->request = message;
        if (message != KRB5_AP_REQ)
            take_request(in, message, data);
        return;
    }
    if (message == KRB5_AS_REP || message == KRB5_TGS_REP)
        take_reply(in, message, data);
    else if (message == KRB5_ERROR)
        take_error(in, s->request, data);
    s->request = 0;
}

/* ---- the flow ---- */

/* [APPLICATION n] SEQUENCE { [0 or 1] INTEGER 5, [1 or 2] INTEGER n ... } */
static bool is_message(struct bytes data)
{
    struct cursor c = cursor_over(data);
    uint8_t tag, sequence, field;
    (void)ber_head(&c, &tag);
    (void)ber_head(&c, &sequence);
    struct bytes version = cursor_take(&c, 5);
    struct bytes type = cursor_take(&c, 5);
    if (!cursor_ok(&c) || (tag & 0xe0) != BER_APPLICATION(0) || sequence != BER_SEQUENCE)
        return false;
    field = tag == BER_APPLICATION(KRB5_AS_REQ) || tag == BER_APPLICATION(KRB5_TGS_REQ);
    const uint8_t start[] = {BER_CONTEXT(field), 3, BER_INTEGER, 1, 5};
    const uint8_t then[] = {BER_CONTEXT(field + 1), 3, BER_INTEGER, 1, tag & 0x1f};
    return bytes_eq(version, bytes_of(start, 5)) && bytes_eq(type, bytes_of(then, 5));
}

/* Not more than a message may have, and in it something of an application. */
static bool may_start(struct bytes data)
{
    struct cursor c = cursor_over(data);
    uint32_t length = cursor_u32(&c);
    uint8_t tag = cursor_u8(&c);
    if (data.len < 4)
        return data.len == 0 || data.p[0] == 0;
    return length <= MESSAGE_MAX && (data.len < 5 || (tag & 0xe0) == BER_APPLICATION(0));
}

static bool krb5_is_reversed(const struct app_endpoints *e, struct bytes data)
{
    struct bytes message = app_is_udp(e) ? data : bytes_slice(data, 4, SIZE_MAX);
    uint8_t type = message.len ? message.p[0] & 0x1f : 0;
    return e->port[0] == PORT && e->port[1] != PORT && is_message(message) &&
           (type == KRB5_AS_REP || type == KRB5_TGS_REP || type == KRB5_ERROR);
}

static enum app_result krb5_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    (void)dir;
    if (app_is_udp(e))
        return is_message(data) ? APP_OK : APP_DECLINE;
    if (!may_start(data))
        return APP_DECLINE;
    if (data.len < 4 + START_MIN)
        return APP_MORE;
    return is_message(bytes_slice(data, 4, SIZE_MAX)) ? APP_OK : APP_DECLINE;
}

static int64_t record_length(void *state, enum direction dir, struct bytes data)
{
    struct krb5_state *s = state;
    struct cursor c = cursor_over(data);
    uint32_t length = cursor_u32(&c);
    if (data.len < (s->astray[dir] ? 4 + START_MIN : 4))
        return 0;
    if (s->astray[dir] && (length > MESSAGE_MAX || !is_message(bytes_slice(data, 4, SIZE_MAX))))
        return -1;
    s->astray[dir] = false;
    return length > MESSAGE_MAX ? 1 : 4 + (int64_t)length; /* one byte: take_record will know */
}

static bool take_record(void *state, const struct app_input *in, struct bytes head, uint64_t length)
{
    struct krb5_state *s = state;
    if (length < 4) {
        note_damage(in);
        s->astray[in->dir] = true;
    } else if (length > 4) {
        take_message(state, in, bytes_slice(head, 4, SIZE_MAX));
    }
    return true;
}

/* After a gap record_length looks for the next message. */
static bool is_start(void *state, const struct app_input *in, struct bytes data)
{
    (void)state;
    (void)in;
    (void)data;
    return true;
}

static const struct framed_kind records = {
    .keep_bytes = MESSAGE_MAX, .length = record_length, .take = take_record, .is_start = is_start};

static enum app_result krb5_feed(void *state, const struct app_input *in)
{
    struct krb5_state *s = state;
    if (s->over_tcp) {
        if (in->flags & APP_FEED_GAP)
            s->astray[in->dir] = true;
        framed_feed(&s->framed[in->dir], &records, s, in);
    } else if (in->data.len > 0) {
        take_message(s, in, in->data);
    }
    return APP_OK;
}

static void *krb5_open(struct app *a, struct app_flow *f)
{
    struct krb5_state *s = app_alloc(a, sizeof *s);
    s->over_tcp = app_flow_endpoints(f)->transport == 6;
    s->astray[TO_SERVER] = s->astray[TO_CLIENT] = true; /* a stream may be picked up midway */
    return s;
}

static void krb5_close(struct app *a, void *state)
{
    struct krb5_state *s = state;
    framed_release_both(s->framed, a);
    app_dealloc(a, s, sizeof *s);
}

static void krb5_tx_free(struct app *a, struct app_tx *tx)
{
    struct krb5_tx *t = (struct krb5_tx *)tx;
    app_text_free(a, &t->realm);
    app_text_free(a, &t->cname);
    app_text_free(a, &t->sname);
    app_dealloc(a, t, sizeof *t);
}

static bool begins(unsigned transport, uint8_t first)
{
    return transport == APP_OVER_UDP ? (first & 0xe0) == BER_APPLICATION(0) : first == 0;
}

const struct app_parser app_parser_KRB5 = {
    .transports = APP_OVER_TCP | APP_OVER_UDP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .events = events,
    .event_count = EVENT_COUNT,
    .probe = krb5_probe,
    .begins = begins,
    .ports = {PORT},
    .is_reversed = krb5_is_reversed,
    .open = krb5_open,
    .close = krb5_close,
    .feed = krb5_feed,
    .tx_free = krb5_tx_free,
    .records = krb5_records,
    .alert_json = krb5_alert_json,
    .buffers = krb5_buffers,
    .shapes = krb5_shapes,
};
