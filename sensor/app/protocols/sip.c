/* sip.c - the Session Initiation Protocol over datagrams and streams: one tx a message.
 *
 * Source: RFC 3261 sections 7 and 18.3; a message is complete with the empty line after its headers
 * and the bytes that Content-Length announces. Names of events as in Suricata 7. */
#include "common/text.h"
#include "sensor/app/protocols/lines.h"
#include "sensor/app/protocols/sip_state.h"

#define LINE_CAP    4096u
#define HEADERS_CAP 65536u /* of one message, over a stream */
#define SESSION_CAP 8192u

enum sip_event { SIP_INCOMPLETE_DATA, SIP_INVALID_DATA, SIP_EVENT_COUNT };
static const char *const events[SIP_EVENT_COUNT] = {
    [SIP_INCOMPLETE_DATA] = "incomplete_data",
    [SIP_INVALID_DATA] = "invalid_data",
};

enum sip_step { START, HEADERS, BODY };

/* A message as it arrives. */
struct sip_side {
    struct lines lines;
    struct app_text start, session;
    uint8_t step;           /* enum sip_step */
    bool noise;             /* what is no message was told of already */
    bool has_length;        /* Content-Length was seen */
    bool has_session;       /* the body is a session's description */
    uint64_t body_left;     /* bytes of the body still to come */
    uint32_t headers_bytes; /* seen so far */
};

struct sip_state {
    bool datagrams;
    struct sip_side side[2];
};

/* ---- detection ---- */

static bool is_version(struct bytes v)
{
    return v.len == 7 && bytes_starts(v, BYTES_LIT("SIP/")) && v.p[5] == '.';
}

enum { METHOD_MAX = 16 };

static bool is_capitals(struct bytes m)
{
    for (size_t i = 0; i < m.len; i++)
        if (m.p[i] < 'A' || m.p[i] > 'Z')
            return false;
    return true;
}

static bool is_method(struct bytes m)
{
    return m.len >= 3 && m.len <= METHOD_MAX && is_capitals(m);
}

/* Splits text at its first space; false without one. */
static bool next_word(struct bytes *text, struct bytes *word)
{
    const uint8_t *space = text->len ? memchr(text->p, ' ', text->len) : NULL;
    if (!space)
        return false;
    *word = bytes_of(text->p, (size_t)(space - text->p));
    *text = bytes_slice(*text, word->len + 1, SIZE_MAX);
    return true;
}

static bool is_code(struct bytes c)
{
    uint64_t n;
    return c.len == 3 && text_u64(c, 100, 999, &n);
}

bool sip_read_line(struct bytes text, struct sip_line *out)
{
    struct bytes first, second;
    *out = (struct sip_line){0};
    if (!next_word(&text, &first) || !next_word(&text, &second) || second.len == 0)
        return false;
    if (is_version(first)) {
        *out = (struct sip_line){.version = first, .code = second, .reason = text};
        return is_code(second);
    }
    *out = (struct sip_line){.is_request = true, .method = first, .uri = second, .version = text};
    return is_method(first) && is_version(text);
}

/* Those that may have another target than a telephone: "*", "urn:service:sos". */
static bool is_known_method(struct bytes m)
{
    static const char *const known[] = {"ACK",     "BYE",      "CANCEL",    "INFO",  "INVITE",
                                        "MESSAGE", "NOTIFY",   "OPTIONS",   "PRACK", "PUBLISH",
                                        "REFER",   "REGISTER", "SUBSCRIBE", "UPDATE"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (bytes_eq(m, bytes_str(known[i])))
            return true;
    return false;
}

/* While the line has no end yet: does it go on to fit? */
static bool may_begin(struct bytes data)
{
    struct bytes word;
    size_t n = data.len < 4 ? data.len : 4;
    if (bytes_starts(BYTES_LIT("SIP/"), bytes_slice(data, 0, n)))
        return true;
    if (!next_word(&data, &word)) /* a method that may still be too short */
        return data.len <= METHOD_MAX && is_capitals(data);
    if (is_known_method(word))
        return true;
    n = data.len < 3 ? data.len : 3;
    return is_method(word) && (bytes_ieq(bytes_slice(data, 0, n), bytes_of("sip", n)) ||
                               bytes_ieq(bytes_slice(data, 0, n), bytes_of("tel", n)));
}

static enum app_result sip_probe(const struct app_endpoints *e, enum direction dir,
                                 struct bytes data)
{
    struct sip_line line;
    const uint8_t *end = data.len ? memchr(data.p, '\n', data.len) : NULL;
    (void)e;
    (void)dir;
    if (!end)
        return may_begin(data) ? APP_MORE : APP_DECLINE;
    size_t n = (size_t)(end - data.p);
    if (n > 0 && data.p[n - 1] == '\r')
        n--;
    return sip_read_line(bytes_slice(data, 0, n), &line) ? APP_OK : APP_DECLINE;
}

static bool sip_is_reversed(const struct app_endpoints *e, struct bytes data)
{
    return bytes_starts(data, BYTES_LIT("SIP/")) && sip_probe(e, TO_CLIENT, data) == APP_OK;
}

/* ---- transactions ---- */

static void side_reset(struct sip_side *s, struct app *a)
{
    app_text_free(a, &s->start);
    app_text_free(a, &s->session);
    s->step = START;
    s->has_length = s->has_session = false;
    s->body_left = 0;
    s->headers_bytes = 0;
}

/* What cannot be read; told of once until a message is found again. */
static void raise(struct sip_side *s, const struct app_input *in, enum sip_event event)
{
    side_reset(s, in->app);
    if (s->noise)
        return;
    s->noise = true;
    struct sip_tx *t = app_alloc(in->app, sizeof *t);
    t->dir = (uint8_t)in->dir;
    oneway_add(in, APP_SIP, &t->tx);
    app_tx_event(&t->tx, (uint16_t)event);
}

/* The tx takes over what the message was made of. */
static void finish(struct sip_side *s, const struct app_input *in)
{
    struct sip_tx *t = app_alloc(in->app, sizeof *t);
    t->dir = (uint8_t)in->dir;
    t->start = s->start;
    t->session = s->session;
    sip_read_line(app_text_bytes(&t->start), &t->line);
    s->start = s->session = (struct app_text){0};
    side_reset(s, in->app);
    oneway_add(in, APP_SIP, &t->tx);
}

static void sip_tx_free(struct app *a, struct app_tx *tx)
{
    struct sip_tx *t = (struct sip_tx *)tx;
    app_text_free(a, &t->start);
    app_text_free(a, &t->session);
    app_dealloc(a, t, sizeof *t);
}

/* ---- a message, line by line ---- */

static void take_start(struct sip_side *s, const struct app_input *in, const struct line *l)
{
    struct sip_line line;
    if (l->start && l->end && l->text.len == 0) /* keeps a connection alive */
        return;
    if (!l->start || !l->end || !sip_read_line(l->text, &line)) {
        raise(s, in, SIP_INVALID_DATA);
        return;
    }
    s->noise = false;
    s->step = HEADERS;
    app_text_add(in->app, &s->start, l->text, LINE_CAP);
}

static struct bytes trim(struct bytes b)
{
    while (b.len > 0 && (b.p[0] == ' ' || b.p[0] == '\t'))
        b = bytes_slice(b, 1, SIZE_MAX);
    while (b.len > 0 && (b.p[b.len - 1] == ' ' || b.p[b.len - 1] == '\t'))
        b.len--;
    return b;
}

static bool is_either(struct bytes name, const char *full, const char *compact)
{
    return bytes_ieq(name, bytes_str(full)) || bytes_ieq(name, bytes_str(compact));
}

/* False when the message cannot go on with it. */
static bool take_header(struct sip_side *s, struct bytes text)
{
    const uint8_t *colon = text.len ? memchr(text.p, ':', text.len) : NULL;
    if (text.len > 0 && (text.p[0] == ' ' || text.p[0] == '\t')) /* goes on with the last one */
        return true;
    if (!colon)
        return false;
    size_t n = (size_t)(colon - text.p);
    struct bytes name = trim(bytes_slice(text, 0, n)),
                 value = trim(bytes_slice(text, n + 1, SIZE_MAX));
    if (is_either(name, "Content-Length", "l")) {
        s->has_length = true;
        return text_u64(value, 0, UINT32_MAX, &s->body_left);
    }
    if (is_either(name, "Content-Type", "c"))
        s->has_session = bytes_ieq(bytes_slice(value, 0, 15), BYTES_LIT("application/sdp"));
    return true;
}

static void take_line(struct sip_state *st, const struct app_input *in, const struct line *l)
{
    struct sip_side *s = &st->side[in->dir];
    if (s->step == START) {
        take_start(s, in, l);
        return;
    }
    s->headers_bytes += (uint32_t)(l->text.len + l->ending.len);
    if (l->start && l->end && l->text.len == 0)
        s->step = BODY;
    else if (s->headers_bytes > HEADERS_CAP || (l->start && !take_header(s, l->text)))
        raise(s, in, SIP_INVALID_DATA);
}

static void take_body(struct sip_side *s, const struct app_input *in, struct bytes *data)
{
    size_t n = s->body_left < data->len ? (size_t)s->body_left : data->len;
    if (s->has_session)
        app_text_add(in->app, &s->session, bytes_slice(*data, 0, n), SESSION_CAP);
    *data = bytes_slice(*data, n, SIZE_MAX);
    s->body_left -= n;
    if (s->body_left == 0)
        finish(s, in);
}

/* ---- one flow ---- */

static void *sip_open(struct app *a, struct app_flow *f)
{
    struct sip_state *st = app_alloc(a, sizeof *st);
    st->datagrams = app_is_udp(app_flow_endpoints(f));
    return st;
}

static void sip_close(struct app *a, void *state)
{
    struct sip_state *st = state;
    for (unsigned dir = 0; dir < 2; dir++) {
        side_reset(&st->side[dir], a);
        lines_release(&st->side[dir].lines, a);
    }
    app_dealloc(a, st, sizeof *st);
}

static void take_gap(struct sip_side *s, const struct app_input *in)
{
    if (s->step == BODY && in->gap_bytes < s->body_left) {
        s->body_left -= in->gap_bytes;
        s->has_session = false; /* its lines would run into each other */
        app_text_free(in->app, &s->session);
        return;
    }
    if (s->step == BODY)
        finish(s, in);
    side_reset(s, in->app);
    lines_gap(&s->lines);
    s->noise = true; /* the rest of a message is no fault of its own */
}

/* A datagram is one message, whole or not. */
static void end_datagram(struct sip_side *s, const struct app_input *in)
{
    if (s->step == BODY)
        finish(s, in);
    else if (s->step == HEADERS)
        raise(s, in, SIP_INCOMPLETE_DATA);
    lines_release(&s->lines, in->app);
    s->lines = (struct lines){0};
    s->noise = false;
}

/* Some peers keep a path open with zeros, spaces or empty lines. */
static bool is_filler(struct bytes data)
{
    for (size_t i = 0; i < data.len; i++)
        if (data.p[i] != 0 && !strchr(" \t\r\n", data.p[i]))
            return false;
    return true;
}

/* Suricata's names. */
enum sip_frame {
    PDU,
    REQUEST_LINE,
    RESPONSE_LINE,
    REQUEST_HEADERS,
    RESPONSE_HEADERS,
    REQUEST_BODY,
    RESPONSE_BODY
};
static const char *const frames[] = {"pdu",
                                     "request.line",
                                     "response.line",
                                     "request.headers",
                                     "response.headers",
                                     "request.body",
                                     "response.body",
                                     NULL};

static void point_out(const struct app_input *in, enum sip_frame type, size_t at, size_t len)
{
    app_frame_add(in, APP_SIP, type, at, (int64_t)len, (struct bytes){0});
}

/* Of a datagram that is one message: its line, its headers, its body. As with Suricata requests of
 * the server have none. */
static void point_out_parts(const struct app_input *in)
{
    unsigned answer = bytes_starts(in->data, BYTES_LIT("SIP/"));
    if (answer != (in->dir == TO_CLIENT))
        return;
    ptrdiff_t line = bytes_find(in->data, BYTES_LIT("\n"));
    size_t from = line < 0 ? in->data.len : (size_t)line + 1;
    ptrdiff_t blank = bytes_find(bytes_slice(in->data, from, SIZE_MAX), BYTES_LIT("\r\n\r\n"));
    if (blank < 0)
        return;
    size_t headers = (size_t)blank + 2, body = from + headers + 2;
    point_out(in, REQUEST_LINE + answer, 0, from);
    point_out(in, REQUEST_HEADERS + answer, from, headers);
    point_out(in, REQUEST_BODY + answer, body, in->data.len - body);
}

static void feed_datagram(struct sip_state *st, const struct app_input *in)
{
    struct sip_side *s = &st->side[in->dir];
    struct bytes data = in->data;
    struct line line;
    if (is_filler(data))
        return;
    point_out(in, PDU, 0, data.len);
    while (s->step != BODY && !s->noise && lines_next(&s->lines, in->app, &data, LINE_CAP, &line))
        take_line(st, in, &line);
    if (s->step == START && lines_finish(&s->lines, &line))
        raise(s, in, SIP_INVALID_DATA);
    if (s->step == BODY)
        point_out_parts(in);
    if (s->step == BODY && data.len > 0) {
        s->body_left = s->has_length && s->body_left < data.len ? s->body_left : data.len;
        take_body(s, in, &data);
    }
    end_datagram(s, in);
}

static enum app_result sip_feed(void *state, const struct app_input *in)
{
    struct sip_state *st = state;
    struct sip_side *s = &st->side[in->dir];
    struct bytes data = in->data;
    struct line line;
    if (st->datagrams) {
        feed_datagram(st, in);
        return APP_OK;
    }
    if (in->flags & APP_FEED_GAP)
        take_gap(s, in);
    for (;;) {
        if (s->step == BODY && (s->body_left == 0 || data.len > 0))
            take_body(s, in, &data);
        else if (s->step != BODY && lines_next(&s->lines, in->app, &data, LINE_CAP, &line))
            take_line(st, in, &line);
        else
            break;
    }
    if ((in->flags & APP_FEED_EOF) && s->step == BODY)
        finish(s, in);
    return APP_OK;
}

static bool begins(unsigned transport, uint8_t first)
{
    (void)transport;
    return first >= 'A' && first <= 'Z';
}

const struct app_parser app_parser_SIP = {
    .frames = frames,
    .transports = APP_OVER_TCP | APP_OVER_UDP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .events = events,
    .event_count = SIP_EVENT_COUNT,
    .probe = sip_probe,
    .begins = begins,
    .is_reversed = sip_is_reversed,
    .open = sip_open,
    .close = sip_close,
    .feed = sip_feed,
    .tx_free = sip_tx_free,
    .records = sip_records,
    .alert_json = sip_alert_json,
    .buffers = sip_buffers,
    .shapes = sip_shapes,
};
