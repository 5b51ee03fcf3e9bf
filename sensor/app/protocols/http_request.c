/* http_request.c - requests out of the client's bytes, however these are cut.
 *
 * Source: RFC 9112; of what is not in it libhtp 0.5's reading, which Suricata's rules and events
 * stand for. */
#include "sensor/app/protocols/http_state.h"

enum {
    IDLE,
    LINE,
    HEADERS,
    CONNECT_WAIT,  /* for the answer to a CONNECT */
    CONNECT_PROBE, /* what is in the tunnel */
    COUNTED,
    CHUNK_SIZE,
    CHUNK,
    CHUNK_END,
    FINISH,    /* complete, unless what follows is no request */
    IGNORE_09, /* what follows a request of HTTP/0.9 */
};

static struct http_side *side_of(struct http_state *s)
{
    return &s->side[TO_SERVER];
}

/* Offset behind the piece's next line end, 0 without. */
static size_t line_end(const struct http_side *side)
{
    struct bytes rest = bytes_slice(side->piece, side->at, SIZE_MAX);
    const uint8_t *lf = rest.len ? memchr(rest.p, '\n', rest.len) : NULL;
    return lf ? (size_t)(lf - side->piece.p) + 1 : 0;
}

/* Keeps the rest of the piece until there is a whole line. */
static enum http_step read_line(struct http_state *s)
{
    struct http_side *side = side_of(s);
    size_t end = line_end(side);
    if (!http_keep_line(s, TO_SERVER, end ? end : side->piece.len, end > 0))
        return HTTP_BROKEN;
    return end ? HTTP_GO_ON : HTTP_WANTS_MORE;
}

/* ---- the request line ---- */

static enum http_method method_of(struct bytes word)
{
    static const struct {
        const char *name;
        enum http_method id;
    } methods[] = {
        {"GET", HTTP_M_ANY},
        {"POST", HTTP_M_POST},
        {"HEAD", HTTP_M_HEAD},
        {"PUT", HTTP_M_PUT},
        {"CONNECT", HTTP_M_CONNECT},
        {"DELETE", HTTP_M_ANY},
        {"OPTIONS", HTTP_M_ANY},
        {"TRACE", HTTP_M_ANY},
        {"PATCH", HTTP_M_ANY},
        {"PROPFIND", HTTP_M_ANY},
        {"PROPPATCH", HTTP_M_ANY},
        {"MKCOL", HTTP_M_ANY},
        {"COPY", HTTP_M_ANY},
        {"MOVE", HTTP_M_ANY},
        {"LOCK", HTTP_M_ANY},
        {"UNLOCK", HTTP_M_ANY},
        {"VERSION-CONTROL", HTTP_M_ANY},
        {"CHECKOUT", HTTP_M_ANY},
        {"UNCHECKOUT", HTTP_M_ANY},
        {"CHECKIN", HTTP_M_ANY},
        {"UPDATE", HTTP_M_ANY},
        {"LABEL", HTTP_M_ANY},
        {"REPORT", HTTP_M_ANY},
        {"MKWORKSPACE", HTTP_M_ANY},
        {"MKACTIVITY", HTTP_M_ANY},
        {"BASELINE-CONTROL", HTTP_M_ANY},
        {"MERGE", HTTP_M_ANY},
        {"INVALID", HTTP_M_ANY},
    };
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (bytes_eq(word, bytes_str(methods[i].name)))
            return methods[i].id;
    return HTTP_M_UNKNOWN;
}

static size_t skip_spaces(struct bytes b, size_t at)
{
    while (at < b.len && http1_is_space(b.p[at]))
        at++;
    return at;
}

static size_t skip_word(struct bytes b, size_t at)
{
    while (at < b.len && !http1_is_space(b.p[at]))
        at++;
    return at;
}

static bool holds_odd_space(struct bytes b, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (b.p[i] != ' ' && http1_is_space(b.p[i]))
            return true;
    return false;
}

/* The target may hold blanks: it ends at the last one that something stands behind. Where there is
 * no blank, at the last space of another kind. */
static size_t target_end(struct http_tx *t, struct bytes b, size_t from)
{
    size_t last = b.len - 1, at;
    while (last > from && http1_is_space(b.p[last]))
        last--;
    for (at = last; at > from && b.p[at] != ' ';)
        at--;
    bool odd;
    if (at == from && holds_odd_space(b, from + 1, last + 1)) {
        odd = true;
        for (at = b.len - 1; at > from && !http1_is_space(b.p[at]);)
            at--;
    } else {
        odd = holds_odd_space(b, from, at);
    }
    if (odd)
        http_complain(t->state, t, HTTP_URI_DELIM_NON_COMPLIANT);
    return !odd && at == from ? b.len : at;
}

static void read_0_9(struct http_tx *t)
{
    t->is_0_9 = true;
    t->m[TO_SERVER].version = HTTP1_0_9;
    if (t->method_id == HTTP_M_UNKNOWN)
        http_complain(t->state, t, HTTP_EVENT_COUNT);
}

static void parse_line(struct http_tx *t)
{
    struct http1_message *m = &t->m[TO_SERVER];
    struct bytes b = http1_bytes(m, m->line);
    size_t from = skip_spaces(b, 0), to = skip_word(b, from);
    if (from > 0)
        http_complain(t->state, t, HTTP_REQUEST_LINE_LEADING_WHITESPACE);
    t->method = http1_part(m->line, from, to - from);
    t->method_id = (uint8_t)method_of(http1_bytes(m, t->method));
    from = skip_spaces(b, to);
    if (holds_odd_space(b, to, from))
        http_complain(t->state, t, HTTP_METHOD_DELIM_NON_COMPLIANT);
    if (from == b.len) {
        read_0_9(t);
        return;
    }
    to = target_end(t, b, from);
    t->target = http1_part(m->line, from, to - from);
    from = skip_spaces(b, to);
    if (from == b.len) {
        read_0_9(t);
        return;
    }
    m->protocol = http1_part(m->line, from, b.len - from);
    m->version = (int16_t)http1_version_of(http1_bytes(m, m->protocol));
    if (t->method_id == HTTP_M_UNKNOWN && m->version == HTTP1_INVALID)
        http_complain(t->state, t, HTTP_EVENT_COUNT);
}

/* ---- its target ---- */

static bool is_encoded(struct bytes b)
{
    return b.len > 0 && memchr(b.p, '%', b.len);
}

/* What s stands for, decoded; s itself where that is the same. */
static struct http1_span decoded(struct http_tx *t, struct http1_span s)
{
    struct http1_message *m = &t->m[TO_SERVER];
    if (!is_encoded(http1_bytes(m, s)))
        return s;
    struct http1_span copy = http1_made_copy(t->app, m, s);
    uint8_t *p = m->made.p + copy.at;
    copy.len = (uint32_t)http1_decode(bytes_of(p, copy.len), true, p);
    m->made.len = copy.at + copy.len;
    return copy;
}

static bool has_capitals(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (b.p[i] >= 'A' && b.p[i] <= 'Z')
            return true;
    return false;
}

static struct http1_span lower(struct http_tx *t, struct http1_span s)
{
    struct http1_message *m = &t->m[TO_SERVER];
    if (!has_capitals(http1_bytes(m, s)))
        return s;
    s = http1_made_copy(t->app, m, s);
    for (uint32_t i = 0; i < s.len; i++)
        m->made.p[s.at + i] = byte_lower(m->made.p[s.at + i]);
    return s;
}

static void read_target_host(struct http_tx *t, struct http1_span host)
{
    struct http1_message *m = &t->m[TO_SERVER];
    if (!host.there)
        return;
    struct http1_span s = lower(t, decoded(t, host));
    while (s.len > 0 && http1_bytes(m, s).p[s.len - 1] == '.')
        s.len--;
    t->target_host = s;
    if (!http1_host_is_valid(http1_bytes(m, s)))
        t->flags |= HTTP_HOSTU_INVALID;
}

static void read_path(struct http_tx *t, struct http1_span path)
{
    struct http1_message *m = &t->m[TO_SERVER];
    t->path = path;
    if (!path.there || http1_path_is_normal(http1_bytes(m, path)))
        return;
    t->path = http1_made_copy(t->app, m, path);
    t->path.len = (uint32_t)http1_normalize_path(m->made.p + t->path.at, t->path.len);
    m->made.len = t->path.at + t->path.len;
}

/* Of CONNECT it is an authority, and has to be there. */
static bool read_authority(struct http_tx *t)
{
    struct http1_message *m = &t->m[TO_SERVER];
    struct http1_span host;
    if (!t->target.there)
        return false;
    if (!http1_hostport(m, t->target, &host, &t->target_port) ||
        !http1_host_is_valid(http1_bytes(m, host)))
        t->flags |= HTTP_HOSTU_INVALID;
    read_target_host(t, host);
    return true;
}

static bool read_target(struct http_tx *t)
{
    struct http1_message *m = &t->m[TO_SERVER];
    struct http1_uri uri;
    t->target_port = -1;
    if (t->method_id == HTTP_M_CONNECT)
        return read_authority(t);
    http1_uri_split(m, t->target, &uri);
    read_target_host(t, uri.host);
    if (uri.port.there && (t->target_port = http1_port(http1_bytes(m, uri.port))) < 0)
        t->flags |= HTTP_HOSTU_INVALID;
    read_path(t, uri.path);
    t->query = uri.query;
    t->fragment = decoded(t, uri.fragment);
    return true;
}

static void begin_headers(struct http_side *side, enum http_stage stage)
{
    struct http1_message *m = &side->tx->m[TO_SERVER];
    side->state = HEADERS;
    side->tx->stage[TO_SERVER] = (uint8_t)stage;
    side->raw = true;
    if (stage == HTTP_IN_HEADERS) {
        m->raw_at = m->head_at = m->plain_end = m->text.len;
        m->plain = true;
    }
}

/* The line being received, over or cut off by the end of the stream. */
static enum http_step take_request_line(struct http_state *s)
{
    struct http_side *side = side_of(s);
    struct http_tx *t = side->tx;
    struct http1_message *m = &t->m[TO_SERVER];
    struct http1_span line = http_line(side, TO_SERVER);
    if (line.len == 0)
        return HTTP_WANTS_MORE;
    if (http_is_empty_line(http1_bytes(m, line))) {
        http_drop_line(side, TO_SERVER);
        return HTTP_GO_ON;
    }
    m->line = http1_chomp(m, line);
    parse_line(t);
    if (!read_target(t))
        return HTTP_BROKEN;
    http_request_line_read(t);
    http_take_line(side, TO_SERVER);
    if (t->is_0_9)
        side->state = FINISH;
    else
        begin_headers(side, HTTP_IN_HEADERS);
    return HTTP_GO_ON;
}

static enum http_step read_request_line(struct http_state *s)
{
    struct http_side *side = side_of(s);
    if (side->status == HTTP_CLOSED)
        return take_request_line(s);
    enum http_step r = read_line(s);
    return r == HTTP_GO_ON ? take_request_line(s) : r;
}

/* ---- headers, and what they say ---- */

static void read_framing(struct http_tx *t)
{
    struct bytes value;
    unsigned odd = 0;
    t->length = -1;
    if (http_header(t, TO_SERVER, HTTP1_TRANSFER_ENCODING, &value)) {
        t->framing[TO_SERVER] = HTTP_CHUNKED;
        if (!bytes_ieq(value, BYTES_LIT("chunked")) || t->m[TO_SERVER].version < HTTP1_1_1)
            t->flags |= HTTP_INVALID_T_E;
    } else if (http_header(t, TO_SERVER, HTTP1_CONTENT_LENGTH, &value)) {
        t->framing[TO_SERVER] = HTTP_LENGTH;
        t->length = http1_length(value, &odd);
        if (t->length < 0)
            t->flags |= HTTP_INVALID_C_L;
    }
    while (odd-- > 0)
        http_complain(t->state, t, HTTP_EVENT_COUNT);
}

/* Nothing that could be followed. */
static bool has_unknown_body(const struct http_tx *t)
{
    struct bytes value;
    if (t->framing[TO_SERVER] == HTTP_CHUNKED)
        return http_header(t, TO_SERVER, HTTP1_TRANSFER_ENCODING, &value) &&
               !bytes_ieq(value, BYTES_LIT("chunked"));
    return t->framing[TO_SERVER] == HTTP_LENGTH && t->length < 0;
}

/* A host without port is shown in lower case. */
static struct http1_span shown_host(struct http_tx *t, struct http1_span host, struct bytes value)
{
    return memchr(value.p, ':', value.len) || value.p[0] == '[' ? host : lower(t, host);
}

static void compare_hosts(struct http_tx *t, struct http1_span host, int port)
{
    struct bytes one = http_bytes(t, TO_SERVER, t->hostname);
    if (!host.there || !bytes_ieq(one, http_bytes(t, TO_SERVER, host)) ||
        (t->port != -1 && port != -1 && t->port != port))
        t->flags |= HTTP_HOST_AMBIGUOUS;
}

static void read_host(struct http_tx *t)
{
    struct http1_message *m = &t->m[TO_SERVER];
    const struct http1_header *h = http1_find(m, HTTP1_HOST);
    struct http1_span host;
    int port;
    t->hostname = t->target_host;
    t->port = t->target_port;
    if (!h) {
        if (m->version >= HTTP1_1_1)
            t->flags |= HTTP_NO_HOST;
        return;
    }
    if (!http1_hostport(m, h->value, &host, &port) || !http1_host_is_valid(http1_bytes(m, host)))
        t->flags |= HTTP_HOSTH_INVALID;
    if (t->hostname.there) {
        compare_hosts(t, host, port);
    } else if (host.there) {
        t->hostname = shown_host(t, host, http1_bytes(m, h->value));
        t->port = port;
    }
}

/* Two characters of base64 are a byte. */
static bool is_base64(struct bytes b)
{
    unsigned n = 0;
    for (size_t i = 0; i < b.len; i++) {
        uint8_t c = byte_lower(b.p[i]);
        n += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    }
    return n >= 2;
}

/* False for credentials that nothing comes of, which end the parsing as with libhtp. */
static bool read_authorization(struct http_tx *t)
{
    struct bytes value;
    if (!http_header(t, TO_SERVER, HTTP1_AUTHORIZATION, &value))
        return true;
    if (bytes_istarts(value, BYTES_LIT("basic"))) {
        struct bytes rest = bytes_slice(value, skip_spaces(value, 5), SIZE_MAX);
        return rest.len == 0 || is_base64(rest);
    }
    if (!bytes_istarts(value, BYTES_LIT("digest")))
        t->flags |= HTTP_AUTH_UNKNOWN;
    return true;
}

static void begin_body(struct http_side *side)
{
    struct http_tx *t = side->tx;
    side->odd_chunks = false;
    if (t->framing[TO_SERVER] == HTTP_CHUNKED)
        side->state = CHUNK_SIZE;
    else if (t->framing[TO_SERVER] == HTTP_LENGTH && t->length > 0)
        side->state = COUNTED;
    else
        side->state = FINISH;
    side->left = t->length;
    if (side->state != FINISH)
        t->stage[TO_SERVER] = HTTP_IN_BODY;
}

static void complete(struct http_tx *t)
{
    if (t->stage[TO_SERVER] != HTTP_READ) {
        t->stage[TO_SERVER] = HTTP_READ;
        http_request_over(t);
    }
}

static enum http_step end_headers(struct http_state *s)
{
    struct http_side *side = side_of(s);
    struct http_tx *t = side->tx;
    side->raw = false;
    if (t->stage[TO_SERVER] > HTTP_IN_HEADERS) {
        side->state = FINISH;
        return HTTP_GO_ON;
    }
    read_framing(t);
    read_host(t);
    bool authorization = read_authorization(t);
    http_request_headers_read(t);
    if (!authorization || has_unknown_body(t))
        return HTTP_BROKEN;
    if (t->method_id != HTTP_M_CONNECT) {
        begin_body(side);
        return HTTP_GO_ON;
    }
    side->state = CONNECT_WAIT;
    side->status = HTTP_WAITS;
    return HTTP_WANTS_OTHER;
}

static enum http_step read_headers(struct http_state *s)
{
    struct http_side *side = side_of(s);
    if (side->status == HTTP_CLOSED) {
        http_take_line(side, TO_SERVER); /* it is no header */
        side->tx->stage[TO_SERVER] = HTTP_IN_TRAILER;
        return http_head_end(side->tx, TO_SERVER) ? end_headers(s) : HTTP_BROKEN;
    }
    enum http_step r = read_line(s);
    if (r != HTTP_GO_ON)
        return r;
    struct http1_span line = http_line(side, TO_SERVER);
    http_take_line(side, TO_SERVER);
    if (http_is_empty_line(http_bytes(side->tx, TO_SERVER, line)))
        return http_head_end(side->tx, TO_SERVER) ? end_headers(s) : HTTP_BROKEN;
    int next = side->at < side->piece.len ? side->piece.p[side->at] : -1;
    return http_head_line(side->tx, TO_SERVER, line, next) ? HTTP_GO_ON : HTTP_BROKEN;
}

/* ---- CONNECT ---- */

static enum http_step wait_for_answer(struct http_state *s)
{
    struct http_side *side = side_of(s);
    if (side->tx->stage[TO_CLIENT] <= HTTP_IN_LINE)
        return HTTP_WANTS_OTHER;
    bool accepted = side->tx->status_code >= 200 && side->tx->status_code <= 299;
    side->state = accepted ? CONNECT_PROBE : FINISH;
    return HTTP_GO_ON;
}

/* The first word of b. */
static struct bytes first_word(struct bytes b)
{
    size_t from = skip_spaces(b, 0);
    return bytes_slice(b, from, skip_word(b, from) - from);
}

/* HTTP within the tunnel is followed. */
static enum http_step probe_tunnel(struct http_state *s)
{
    struct http_side *side = side_of(s);
    struct bytes rest = bytes_slice(side->piece, side->at, SIZE_MAX), looked_at;
    size_t n = 0;
    while (n < rest.len && rest.p[n] != '\n' && rest.p[n])
        n++;
    if (n == rest.len)
        return http_keep_line(s, TO_SERVER, side->piece.len, false) ? HTTP_WANTS_MORE : HTTP_BROKEN;
    if (!http_look(s, TO_SERVER, side->at + n, &looked_at))
        return HTTP_BROKEN;
    if (method_of(first_word(looked_at)) == HTTP_M_UNKNOWN)
        side->status = s->side[TO_CLIENT].status = HTTP_TUNNEL;
    side->state = FINISH;
    http_leave_to_next(s, TO_SERVER, side->at + n);
    return HTTP_GO_ON;
}

/* ---- bodies ---- */

static enum http_step read_counted(struct http_state *s, uint8_t then)
{
    enum http_step r = http_read_counted(s, TO_SERVER);
    if (r == HTTP_GO_ON)
        side_of(s)->state = then;
    return r;
}

static enum http_step read_chunk_size(struct http_state *s)
{
    struct http_side *side = side_of(s);
    enum http_step r = read_line(s);
    if (r != HTTP_GO_ON)
        return r;
    struct bytes line = http_bytes(side->tx, TO_SERVER, http_line(side, TO_SERVER));
    side->left = http_read_chunk_size(s, TO_SERVER, line);
    http_drop_line(side, TO_SERVER);
    if (side->left > 0) {
        side->state = CHUNK;
    } else if (side->left == 0) {
        begin_headers(side, HTTP_IN_TRAILER);
    } else {
        http_complain(s, side->tx, HTTP_INVALID_REQUEST_CHUNK_LEN);
        return HTTP_BROKEN;
    }
    return HTTP_GO_ON;
}

static enum http_step end_chunk(struct http_side *side)
{
    size_t end = line_end(side);
    side->at = end ? end : side->piece.len;
    if (end)
        side->state = CHUNK_SIZE;
    return end ? HTTP_GO_ON : HTTP_WANTS_MORE;
}

/* ---- between requests ---- */

static enum http_step begin(struct http_state *s)
{
    struct http_side *side = side_of(s);
    if (side->at >= side->piece.len)
        return HTTP_WANTS_MORE;
    side->state = LINE;
    struct http_tx *t = http_tx_new(s);
    t->stage[TO_SERVER] = HTTP_IN_LINE;
    http_request_started(t);
    http_take_carried(side, TO_SERVER);
    return HTTP_GO_ON;
}

static enum http_step finish_request(struct http_state *s)
{
    struct http_side *side = side_of(s);
    struct http_tx *t = side->tx;
    complete(t);
    side->state = t->is_0_9 ? IGNORE_09 : IDLE;
    side->tx = NULL;
    http_tx_discard(t);
    return HTTP_GO_ON;
}

void http_finish_dangling_request(struct http_state *s)
{
    if (side_of(s)->state == FINISH && side_of(s)->tx)
        finish_request(s);
}

void http_await_next_request(struct http_state *s)
{
    side_of(s)->state = FINISH;
}

bool http_is_in_request_line(const struct http_state *s)
{
    return s->side[TO_SERVER].state == LINE;
}

/* A line that begins with a method is the next request, any other one belongs to the body: browsers
 * used to send line ends too many. */
static enum http_step finish(struct http_state *s)
{
    struct http_side *side = side_of(s);
    struct bytes looked_at;
    bool over = side->status == HTTP_CLOSED;
    size_t end = over ? side->at : line_end(side);
    if (side->at >= side->piece.len && !over)
        return finish_request(s);
    if (!end && !over)
        return http_keep_line(s, TO_SERVER, side->piece.len, false) ? HTTP_WANTS_MORE : HTTP_BROKEN;
    if (!http_look(s, TO_SERVER, end, &looked_at))
        return HTTP_BROKEN;
    struct bytes word = first_word(looked_at);
    bool is_method = word.len > 0 && method_of(word) != HTTP_M_UNKNOWN;
    if (is_method || looked_at.len == 0 || bytes_eq(looked_at, BYTES_LIT("\n"))) {
        http_leave_to_next(s, TO_SERVER, end);
        return finish_request(s);
    }
    if (word.len > 0 && side->left > 0)
        side->left = 1; /* the body that was given up, told already */
    else if (word.len > 0)
        http_complain(s, side->tx, HTTP_REQUEST_BODY_UNEXPECTED);
    http_give_to_body(s, TO_SERVER, end, looked_at);
    return HTTP_GO_ON;
}

static enum http_step ignore(struct http_side *side)
{
    side->at = side->piece.len;
    return HTTP_WANTS_MORE;
}

/* ---- all of it ---- */

static enum http_step read_step(struct http_state *s)
{
    switch (side_of(s)->state) {
    case IDLE:
        return begin(s);
    case LINE:
        return read_request_line(s);
    case HEADERS:
        return read_headers(s);
    case CONNECT_WAIT:
        return wait_for_answer(s);
    case CONNECT_PROBE:
        return probe_tunnel(s);
    case COUNTED:
        return read_counted(s, FINISH);
    case CHUNK_SIZE:
        return read_chunk_size(s);
    case CHUNK:
        return read_counted(s, CHUNK_END);
    case CHUNK_END:
        return end_chunk(side_of(s));
    case FINISH:
        return finish(s);
    default:
        return ignore(side_of(s));
    }
}

/* A gap is borne in bodies of known length only. */
enum http_flow_status http_request_read(struct http_state *s)
{
    static const struct http_reader reader = {.step = read_step,
                                              .over = finish_request,
                                              .bears_gap =
                                                  1u << COUNTED | 1u << FINISH | 1u << IGNORE_09,
                                              .finish = FINISH};
    return http_side_read(s, TO_SERVER, &reader);
}
