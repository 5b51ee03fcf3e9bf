/* http_response.c - answers out of the server's bytes, however these are cut.
 *
 * Source: RFC 9112; of what is not in it libhtp 0.5's reading, which Suricata's rules and events
 * stand for. */
#include "sensor/app/protocols/http_state.h"
#include "sensor/app/protocols/http_text.h"

#define PROBED 8u /* bytes of a chunk's size after which its first digit has to be there */

enum { IDLE, LINE, HEADERS, COUNTED, UNTIL_END, CHUNK_SIZE, CHUNK, CHUNK_END, FINISH };

static struct http_side *side_of(struct http_state *s)
{
    return &s->side[TO_CLIENT];
}

static struct bytes rest_of(const struct http_side *side)
{
    return bytes_slice(side->piece, side->at, SIZE_MAX);
}

static size_t lf_end(struct bytes b)
{
    const uint8_t *lf = b.len ? memchr(b.p, '\n', b.len) : NULL;
    return lf ? (size_t)(lf - b.p) + 1 : 0;
}

/* Offset of the first CR or LF at or behind `from`, b.len without. */
static size_t eol_at(struct bytes b, size_t from)
{
    struct bytes rest = bytes_slice(b, from, SIZE_MAX);
    size_t lf = lf_end(rest), n = lf ? lf - 1 : rest.len;
    const uint8_t *cr = n ? memchr(rest.p, '\r', n) : NULL;
    return from + (cr ? (size_t)(cr - rest.p) : n);
}

static bool keep(struct http_state *s, size_t n, bool over)
{
    return http_keep_line(s, TO_CLIENT, side_of(s)->at + n, over);
}

/* ---- the status line ---- */

/* Whether a line is what a browser takes for an answer's first one. */
static bool is_status_line(struct bytes line)
{
    while (line.len > 0 && (http1_is_space(line.p[0]) || line.p[0] == 0))
        line = bytes_slice(line, 1, SIZE_MAX);
    return bytes_istarts(line, BYTES_LIT("http"));
}

/* Length of what is left of the line at the front of b; -1 for more. A CR ends it, too. */
static ptrdiff_t status_line_len(struct http_side *side, struct bytes b)
{
    size_t at = side->held_cr ? 0 : eol_at(b, 0) + 1;
    if (at > b.len)
        return -1;
    if (!side->held_cr && b.p[at - 1] == '\n')
        return (ptrdiff_t)at;
    side->held_cr = at == b.len; /* what follows tells whether the CR is all */
    if (side->held_cr)
        return -1;
    return (ptrdiff_t)at + (b.p[at] == '\n');
}

static void parse_line(struct http_tx *t)
{
    struct http1_message *m = &t->m[TO_CLIENT];
    struct bytes b = http1_bytes(m, m->line);
    struct http1_span *const words[] = {&m->protocol, &t->status};
    size_t at = 0;
    m->protocol = t->status = t->reason = (struct http1_span){0};
    m->version = HTTP1_INVALID;
    t->status_code = -1;
    for (unsigned i = 0; i < 3; i++) {
        while (at < b.len && http1_is_space(b.p[at]))
            at++;
        size_t from = at;
        if (from == b.len)
            break;
        if (i == 2) {
            t->reason = http1_part(m->line, from, b.len - from);
            break;
        }
        while (at < b.len && !http1_is_space(b.p[at]))
            at++;
        *words[i] = http1_part(m->line, from, at - from);
    }
    if (m->protocol.there)
        m->version = (int16_t)http1_version_of(http1_bytes(m, m->protocol));
    if (t->status.there) {
        int64_t n = http1_number(http1_bytes(m, t->status), 10);
        t->status_code = n >= 100 && n <= 999 ? (int)n : -1;
    }
}

static void begin_headers(struct http_side *side, enum http_stage stage)
{
    struct http1_message *m = &side->tx->m[TO_CLIENT];
    side->state = HEADERS;
    side->tx->stage[TO_CLIENT] = (uint8_t)stage;
    side->lfcr = side->held_cr = false;
    if (stage == HTTP_IN_HEADERS) {
        if (!side->raw)
            m->raw_at = m->text.len;
        m->raw_end = m->head_at = m->plain_end = m->text.len;
        m->plain = true;
    }
    side->raw = true;
}

static void take_status_line(struct http_state *s)
{
    struct http_side *side = side_of(s);
    struct http_tx *t = side->tx;
    struct http1_message *m = &t->m[TO_CLIENT];
    m->line = http1_chomp(m, http_line(side, TO_CLIENT));
    parse_line(t);
    if (m->version == HTTP1_INVALID)
        http_complain(s, t, HTTP_RESPONSE_INVALID_PROTOCOL);
    if (t->status_code < 0)
        http_complain(s, t, HTTP_RESPONSE_INVALID_STATUS);
    http_response_line_read(t);
    http_take_line(side, TO_CLIENT);
    begin_headers(side, HTTP_IN_HEADERS);
}

/* A line that is no status line belongs to a body without headers; so does the end of the piece. */
static void take_headless(struct http_state *s, struct http1_span line)
{
    struct http_side *side = side_of(s);
    struct http_tx *t = side->tx;
    struct http1_message *m = &t->m[TO_CLIENT];
    struct http1_span text = http1_chomp(m, line);
    uint32_t end = line.len - text.len;
    m->line = m->protocol = t->status = t->reason = (struct http1_span){0};
    text.len += end < 2 ? end : 2;
    t->framing[TO_CLIENT] = HTTP_UNTIL_END;
    t->answer_len += text.len;
    t->body_begun[TO_CLIENT] = true; /* whatever headers there were are another answer's */
    http_body_data(t, TO_CLIENT, http1_bytes(m, text));
    http_drop_line(side, TO_CLIENT);
    if (side->at < side->piece.len)
        return;
    t->stage[TO_CLIENT] = HTTP_IN_BODY;
    side->state = FINISH;
}

static enum http_step read_status_line(struct http_state *s)
{
    struct http_side *side = side_of(s);
    if (side->status != HTTP_CLOSED) {
        struct bytes rest = rest_of(side);
        ptrdiff_t n = status_line_len(side, rest);
        if (!keep(s, n < 0 ? rest.len : (size_t)n, n >= 0))
            return HTTP_BROKEN;
        if (n < 0)
            return HTTP_WANTS_MORE;
        side->held_cr = false;
    }
    struct http1_span span = http_line(side, TO_CLIENT);
    struct bytes line = http_bytes(side->tx, TO_CLIENT, span);
    if (http_is_empty_line(line)) {
        http_drop_line(side, TO_CLIENT);
        if (side->status == HTTP_CLOSED)
            side->state = FINISH;
    } else if (is_status_line(line)) {
        take_status_line(s);
    } else {
        take_headless(s, span);
    }
    return HTTP_GO_ON;
}

/* ---- headers ---- */

/* Behind CR LF: an LF CR before it, and more of that kind behind it, is a mix that ends one line
 * alone. */
static size_t behind_crlf(struct http_state *s, struct bytes b, size_t at, size_t *skipped)
{
    struct http_side *side = side_of(s);
    if (!side->lfcr || at >= b.len || b.p[at] != '\r')
        return at;
    *skipped = 1;
    at++;
    if (at < b.len && b.p[at] == '\n') {
        *skipped = 2;
        at++;
        http_complain(s, side->tx, HTTP_EVENT_COUNT);
    }
    return at;
}

/* Length of what is left of the line at the front of b, -1 for more. *cr: it ends with a CR, or
 * CR LF. */
static ptrdiff_t header_line_len(struct http_state *s, struct bytes b, bool *cr, size_t *skipped)
{
    struct http_side *side = side_of(s);
    size_t at = 0;
    for (bool held = side->held_cr;; held = false) {
        if (!held) {
            size_t eol = eol_at(b, at);
            if (eol > at)
                side->lfcr = false;
            if (eol == b.len)
                return -1;
            at = eol + 1;
            if (b.p[eol] == '\n') {
                side->lfcr = at < b.len && b.p[at] == '\r';
                return (ptrdiff_t)at + side->lfcr;
            }
        }
        side->held_cr = at == b.len;
        if (side->held_cr)
            return -1;
        if (b.p[at] == '\r')
            continue;
        *cr = true;
        if (b.p[at] == '\n')
            at = behind_crlf(s, b, at + 1, skipped);
        side->lfcr = false;
        return (ptrdiff_t)at;
    }
}

static bool ends_headers(struct http_side *side, struct bytes line)
{
    struct bytes rest = rest_of(side);
    if (http_is_empty_line(line))
        return true;
    return line.len == 2 && http1_is_blank(line.p[0]) && line.p[1] == '\n' && rest.len > 0 &&
           rest.p[0] != '\n';
}

static enum http_step end_headers(struct http_state *s);

static enum http_step read_header_line(struct http_state *s, size_t skipped)
{
    struct http_side *side = side_of(s);
    struct http1_span line = http_line(side, TO_CLIENT);
    line = http1_part(line, skipped, line.len - skipped);
    http_take_line(side, TO_CLIENT);
    if (ends_headers(side, http_bytes(side->tx, TO_CLIENT, line)))
        return http_head_end(side->tx, TO_CLIENT) ? end_headers(s) : HTTP_BROKEN;
    int next = side->at < side->piece.len ? side->piece.p[side->at] : -1;
    return http_head_line(side->tx, TO_CLIENT, line, next) ? HTTP_GO_ON : HTTP_BROKEN;
}

static enum http_step read_headers(struct http_state *s)
{
    struct http_side *side = side_of(s);
    bool cr = false;
    size_t skipped = 0;
    if (side->status == HTTP_CLOSED) { /* within a line they are none */
        if (side->tx->stage[TO_CLIENT] == HTTP_IN_HEADERS && http_line(side, TO_CLIENT).len > 0)
            return HTTP_BROKEN;
        side->raw = false;
        side->state = FINISH;
        return http_head_end(side->tx, TO_CLIENT) ? HTTP_GO_ON : HTTP_BROKEN;
    }
    struct bytes rest = rest_of(side);
    ptrdiff_t n = header_line_len(s, rest, &cr, &skipped);
    if (!keep(s, n < 0 ? rest.len : (size_t)n, n >= 0))
        return HTTP_BROKEN;
    if (n < 0)
        return HTTP_WANTS_MORE;
    if (cr && http_line(side, TO_CLIENT).len < 2)
        return HTTP_GO_ON; /* a CR alone, which whatever follows is behind */
    return read_header_line(s, skipped);
}

/* ---- what they say ---- */

/* An interim answer: its headers are nobody's, and the next status line follows. */
static bool is_interim(const struct http_tx *t)
{
    struct bytes value;
    unsigned odd = 0;
    if (t->status_code != 100 || http_header(t, TO_CLIENT, HTTP1_TRANSFER_ENCODING, &value))
        return false;
    return !http_header(t, TO_CLIENT, HTTP1_CONTENT_LENGTH, &value) ||
           http1_length(value, &odd) <= 0;
}

static bool is_delimited(const struct http_tx *t)
{
    return http1_find(&t->m[TO_CLIENT], HTTP1_CONTENT_LENGTH) ||
           http1_find(&t->m[TO_CLIENT], HTTP1_TRANSFER_ENCODING);
}

/* Answers that have none; what servers send all the same, browsers read. */
static bool has_no_body(struct http_tx *t)
{
    if (t->method_id == HTTP_M_HEAD)
        return true;
    if (t->status_code / 100 != 1 && t->status_code != 204 && t->status_code != 304)
        return false;
    if (!is_delimited(t))
        return true;
    http_complain(t->state, t, HTTP_EVENT_COUNT);
    return false;
}

static void read_chunked(struct http_tx *t, struct bytes value)
{
    if (!bytes_ieq(value, BYTES_LIT("chunked")))
        http_complain(t->state, t, HTTP_RESPONSE_ABNORMAL_TRANSFER_ENCODING);
    if (t->m[TO_CLIENT].version < HTTP1_1_1)
        http_complain(t->state, t, HTTP_RESPONSE_CHUNKED_OLD_PROTO);
    t->framing[TO_CLIENT] = HTTP_CHUNKED;
    side_of(t->state)->odd_chunks = false;
    side_of(t->state)->state = CHUNK_SIZE;
}

static bool read_length(struct http_tx *t, struct bytes value)
{
    struct http_side *side = side_of(t->state);
    unsigned odd = 0;
    t->framing[TO_CLIENT] = HTTP_LENGTH;
    side->left = http1_length(value, &odd);
    while (odd-- > 0)
        http_complain(t->state, t, HTTP_EVENT_COUNT);
    if (side->left < 0)
        http_complain(t->state, t, HTTP_INVALID_CONTENT_LENGTH_FIELD_IN_RESPONSE);
    side->state = side->left > 0 ? COUNTED : FINISH;
    return side->left >= 0;
}

static bool read_framing(struct http_tx *t)
{
    struct http_side *side = side_of(t->state);
    struct bytes value;
    if (has_no_body(t)) {
        side->state = FINISH;
        return true;
    }
    if (http_header(t, TO_CLIENT, HTTP1_TRANSFER_ENCODING, &value) &&
        http_holds(value, "chunked", true)) {
        read_chunked(t, value);
    } else if (http_header(t, TO_CLIENT, HTTP1_CONTENT_LENGTH, &value)) {
        if (!read_length(t, value))
            return false;
    } else if (http_header(t, TO_CLIENT, HTTP1_CONTENT_TYPE, &value) &&
               http_holds(value, "multipart/byteranges", false)) {
        http_complain(t->state, t, HTTP_RESPONSE_MULTIPART_BYTERANGES);
        return false;
    } else {
        t->framing[TO_CLIENT] = HTTP_UNTIL_END;
        side->state = UNTIL_END;
    }
    if (side->state != FINISH)
        t->stage[TO_CLIENT] = HTTP_IN_BODY;
    return true;
}

/* The client asked before it sent the body, and is told to keep it. */
static void refuse_body(struct http_state *s, const struct http_tx *t)
{
    struct http_side *request = &s->side[TO_SERVER];
    struct bytes value;
    if (t->status_code >= 400 && t->status_code <= 499 && request->tx && request->tx->length > 0 &&
        request->left == request->tx->length && http_header(t, TO_SERVER, HTTP1_EXPECT, &value) &&
        bytes_ieq(value, BYTES_LIT("100-continue")))
        http_await_next_request(s);
}

static bool is_accepted_connect(const struct http_tx *t)
{
    return t->method_id == HTTP_M_CONNECT && t->status_code >= 200 && t->status_code <= 299;
}

static void refuse_connect(struct http_state *s, const struct http_tx *t)
{
    struct http_side *request = &s->side[TO_SERVER];
    if (t->method_id != HTTP_M_CONNECT)
        return;
    if (request->status != HTTP_ERROR)
        request->status = HTTP_FLOWS;
    s->yields |= t->status_code != 407; /* that one asks for it again */
}

/* What follows a 101 without a body is another protocol. */
static bool is_switch(struct http_state *s, struct http_tx *t)
{
    if (t->status_code != 101)
        return false;
    if (is_delimited(t)) {
        http_complain(s, t, HTTP_EVENT_COUNT);
        return false;
    }
    if (s->side[TO_SERVER].status != HTTP_ERROR)
        s->side[TO_SERVER].status = HTTP_TUNNEL;
    side_of(s)->status = HTTP_TUNNEL;
    return true;
}

static void forget_interim(struct http_state *s, struct http_tx *t)
{
    http1_clear_headers(&t->m[TO_CLIENT]);
    side_of(s)->state = LINE;
    t->stage[TO_CLIENT] = HTTP_IN_LINE;
    t->seen_100 = true;
}

static enum http_step end_headers(struct http_state *s)
{
    struct http_side *side = side_of(s);
    struct http_tx *t = side->tx;
    if (t->stage[TO_CLIENT] != HTTP_IN_HEADERS) { /* a trailer */
        side->raw = false;
        side->state = FINISH;
        return HTTP_GO_ON;
    }
    if (is_accepted_connect(t)) {
        side->state = FINISH;
    } else {
        refuse_connect(s, t);
        if (is_switch(s, t)) {
            side->state = FINISH;
        } else if (is_interim(t)) {
            forget_interim(s, t);
            return HTTP_GO_ON;
        } else {
            refuse_body(s, t);
            if (!read_framing(t))
                return HTTP_BROKEN;
        }
    }
    side->raw = false;
    http_response_headers_read(t);
    return HTTP_GO_ON;
}

/* ---- bodies ---- */

static enum http_step read_counted(struct http_state *s)
{
    struct http_side *side = side_of(s);
    enum http_step r = side->status == HTTP_CLOSED ? HTTP_GO_ON : http_read_counted(s, TO_CLIENT);
    if (r == HTTP_GO_ON)
        side->state = FINISH;
    return r;
}

static enum http_step read_until_end(struct http_state *s)
{
    struct http_side *side = side_of(s);
    size_t n = side->piece.len - side->at;
    if (n > 0) {
        side->left = (int64_t)n;
        http_read_counted(s, TO_CLIENT);
        side->left = -1;
    }
    if (side->status != HTTP_CLOSED)
        return HTTP_WANTS_MORE;
    side->state = FINISH;
    return HTTP_GO_ON;
}

/* Length of what tells that no chunk begins here: something else than a digit where the first one
 * should be. 0 when it may be one. */
static size_t no_chunk_len(struct http_side *side, struct bytes rest)
{
    struct bytes held = http_bytes(side->tx, TO_CLIENT, http_line(side, TO_CLIENT));
    size_t needs = held.len < PROBED ? PROBED - held.len : 0;
    for (size_t i = 0; i < held.len + rest.len; i++) {
        uint8_t c = i < held.len ? held.p[i] : rest.p[i - held.len];
        if (http1_is_space(c))
            continue;
        if (http1_chunk_length(bytes_of(&c, 1)) >= 0)
            return 0;
        size_t end = i + 1 > held.len ? i + 1 - held.len : 0;
        return needs > end ? needs : end;
    }
    return 0;
}

/* A body that is not chunked after all lasts until the end. What was taken for a size is of it. */
static void take_unchunked(struct http_state *s, struct http1_span line)
{
    struct http_side *side = side_of(s);
    struct http_tx *t = side->tx;
    http_complain(s, t, HTTP_INVALID_RESPONSE_CHUNK_LEN);
    side->state = UNTIL_END;
    t->framing[TO_CLIENT] = HTTP_UNTIL_END;
    t->answer_len += line.len;
    http_body_data(t, TO_CLIENT, http_bytes(t, TO_CLIENT, line));
    http_drop_line(side, TO_CLIENT);
}

static enum http_step read_chunk_size(struct http_state *s)
{
    struct http_side *side = side_of(s);
    struct bytes rest = rest_of(side);
    size_t end = lf_end(rest),
           wrong = no_chunk_len(side, bytes_slice(rest, 0, end ? end : SIZE_MAX));
    if (wrong > 0 && wrong <= rest.len && (!end || wrong < end))
        end = wrong;
    if (!keep(s, end ? end : rest.len, end > 0))
        return HTTP_BROKEN;
    if (!end)
        return HTTP_WANTS_MORE;
    struct http1_span line = http_line(side, TO_CLIENT);
    side->left = http_read_chunk_size(s, TO_CLIENT, http_bytes(side->tx, TO_CLIENT, line));
    side->tx->answer_len += line.len;
    if (side->left < 0 && side->left != HTTP1_NO_CHUNK) {
        take_unchunked(s, line);
        return HTTP_GO_ON;
    }
    http_drop_line(side, TO_CLIENT);
    if (side->left > 0)
        side->state = CHUNK;
    else if (side->left == 0)
        begin_headers(side, HTTP_IN_TRAILER);
    /* else it was empty, and the size may follow */
    return HTTP_GO_ON;
}

static enum http_step read_chunk(struct http_state *s)
{
    enum http_step r = http_read_counted(s, TO_CLIENT);
    if (r == HTTP_GO_ON)
        side_of(s)->state = CHUNK_END;
    return r;
}

static enum http_step end_chunk(struct http_side *side)
{
    struct bytes rest = rest_of(side);
    size_t end = lf_end(rest), n = end ? end : rest.len;
    side->at += n;
    side->tx->answer_len += n;
    if (end)
        side->state = CHUNK_SIZE;
    return end ? HTTP_GO_ON : HTTP_WANTS_MORE;
}

/* ---- between answers ---- */

/* The request that the next answer is to. Without one it is made up. */
static struct http_tx *next_tx(struct http_state *s)
{
    struct http_tx *t = s->forgotten ? NULL : http_next_unanswered(s);
    if (t)
        return t;
    http_complain(s, NULL, HTTP_UNABLE_TO_MATCH_RESPONSE_TO_REQUEST);
    if (s->forgotten) {
        s->forgotten--;
        return http_tx_forgotten(s);
    }
    http_finish_dangling_request(s);
    t = http_tx_new(s);
    http_tx_lacks_request(t);
    http_await_next_request(s);
    return http_next_unanswered(s);
}

static enum http_step begin(struct http_state *s)
{
    struct http_side *side = side_of(s);
    if (side->at >= side->piece.len)
        return HTTP_WANTS_MORE;
    struct http_tx *t = side->tx = next_tx(s);
    side->left = -1;
    side->held_cr = false;
    side->state = t->is_0_9 ? UNTIL_END : LINE;
    http_response_started(t);
    t = side->tx;
    t->stage[TO_CLIENT] = t->is_0_9 ? HTTP_IN_BODY : HTTP_IN_LINE;
    if (t->is_0_9)
        t->framing[TO_CLIENT] = HTTP_UNTIL_END;
    http_take_carried(side, TO_CLIENT);
    if (!t->method.there && !t->target.there && http_is_in_request_line(s))
        http_complain(s, t, HTTP_REQUEST_LINE_INCOMPLETE);
    return HTTP_GO_ON;
}

static enum http_step complete(struct http_state *s)
{
    struct http_side *side = side_of(s);
    struct http_tx *t = side->tx;
    if (t->stage[TO_CLIENT] != HTTP_READ) {
        t->stage[TO_CLIENT] = HTTP_READ;
        http_response_over(t);
        t = side->tx;
    }
    bool awaited = s->side[TO_SERVER].status == HTTP_WAITS && s->side[TO_SERVER].tx == t;
    if (awaited || s->yields) {
        s->yields &= awaited;
        return HTTP_WANTS_OTHER;
    }
    side->tx = NULL;
    side->state = IDLE;
    http_tx_discard(t);
    return HTTP_GO_ON;
}

/* A line that begins another answer is the next one's, any other belongs to the body. */
static enum http_step finish(struct http_state *s)
{
    struct http_side *side = side_of(s);
    struct bytes rest = rest_of(side), looked_at;
    size_t n = lf_end(rest);
    bool over = side->status == HTTP_CLOSED;
    if (rest.len == 0 && !over)
        return complete(s);
    if (!n && !over)
        return keep(s, rest.len, false) ? HTTP_WANTS_MORE : HTTP_BROKEN;
    if (!http_look(s, TO_CLIENT, side->at + n, &looked_at))
        return HTTP_BROKEN;
    if (looked_at.len == 0 || is_status_line(looked_at)) {
        http_leave_to_next(s, TO_CLIENT, side->at + n);
        return complete(s);
    }
    http_complain(s, side->tx, HTTP_EVENT_COUNT);
    http_give_to_body(s, TO_CLIENT, side->at + n, looked_at);
    return HTTP_GO_ON;
}

/* ---- all of it ---- */

static enum http_step read_step(struct http_state *s)
{
    switch (side_of(s)->state) {
    case IDLE:
        return begin(s);
    case LINE:
        return read_status_line(s);
    case HEADERS:
        return read_headers(s);
    case COUNTED:
        return read_counted(s);
    case UNTIL_END:
        return read_until_end(s);
    case CHUNK_SIZE:
        return read_chunk_size(s);
    case CHUNK:
        return read_chunk(s);
    case CHUNK_END:
        return end_chunk(side_of(s));
    default:
        return finish(s);
    }
}

/* A gap is borne in bodies that are not chunked only. */
enum http_flow_status http_response_read(struct http_state *s)
{
    static const struct http_reader reader = {.step = read_step,
                                              .over = complete,
                                              .bears_gap =
                                                  1u << COUNTED | 1u << UNTIL_END | 1u << FINISH,
                                              .finish = FINISH};
    return http_side_read(s, TO_CLIENT, &reader);
}
