/* http_side.c - what reading requests and answers has in common: lines that come in parts, counted
 * bytes, chunks. */
#include "sensor/app/protocols/http_state.h"

#define LINE_MAX_BYTES   18000u /* of a line that comes in parts, as Suricata has it */
#define TEXT_FIRST_BYTES 256u
#define TEXT_GUESS_BYTES 1024u
#define CHUNK_DIGITS_MAX 15

static struct http1_message *message(struct http_side *side, enum direction dir)
{
    return &side->tx->m[dir];
}

static void complain_too_long(struct http_state *s, enum direction dir)
{
    http_complain(s, s->side[dir].tx,
                  dir == TO_SERVER ? HTTP_REQUEST_FIELD_TOO_LONG : HTTP_RESPONSE_FIELD_TOO_LONG);
}

/* Most heads come in one piece: room for it is taken at once. */
static void begin_text(struct app *a, struct app_text *t, size_t expected)
{
    size_t n = expected < TEXT_FIRST_BYTES   ? TEXT_FIRST_BYTES
               : expected > TEXT_GUESS_BYTES ? TEXT_GUESS_BYTES
                                             : expected;
    t->cap = (uint32_t)(n + 63) & ~63u;
    t->p = app_take(a, t->cap);
}

static bool append(struct http_state *s, enum direction dir, size_t end, bool over)
{
    struct http_side *side = &s->side[dir];
    struct http1_message *m = message(side, dir);
    struct bytes part = bytes_slice(side->piece, side->at, end - side->at);
    size_t held = m->text.len - m->line_at;
    if (part.len == 0)
        return true;
    if (!m->text.p)
        begin_text(s->app, &m->text, side->piece.len - side->at);
    app_text_add(s->app, &m->text, part, HTTP1_HEAD_CAP);
    if (!m->text.cut && ((held == 0 && over) || held + part.len + m->open.len <= LINE_MAX_BYTES))
        return true;
    complain_too_long(s, dir);
    return false;
}

bool http_keep_line(struct http_state *s, enum direction dir, size_t end, bool over)
{
    struct http_side *side = &s->side[dir];
    struct http1_message *m = message(side, dir);
    if (!append(s, dir, end, over))
        return false;
    side->at = end;
    if (side->raw)
        m->raw_end = m->text.len;
    return true;
}

struct http1_span http_line(const struct http_side *side, enum direction dir)
{
    const struct http1_message *m = &side->tx->m[dir];
    return (struct http1_span){.at = m->line_at, .len = m->text.len - m->line_at, .there = true};
}

void http_take_line(struct http_side *side, enum direction dir)
{
    struct http1_message *m = message(side, dir);
    m->line_at = m->text.len;
}

void http_drop_line(struct http_side *side, enum direction dir)
{
    struct http1_message *m = message(side, dir);
    m->text.len = m->line_at;
}

/* ---- what may be of this message or of the next one ---- */

static bool holds(struct http_side *side, enum direction dir)
{
    struct http1_message *m = message(side, dir);
    return m->text.len > m->line_at;
}

bool http_look(struct http_state *s, enum direction dir, size_t end, struct bytes *out)
{
    struct http_side *side = &s->side[dir];
    *out = bytes_slice(side->piece, side->at, end - side->at);
    if (!holds(side, dir))
        return true;
    bool fits = append(s, dir, end, true);
    *out = http1_bytes(message(side, dir), http_line(side, dir));
    return fits;
}

void http_give_to_body(struct http_state *s, enum direction dir, size_t end, struct bytes looked_at)
{
    struct http_side *side = &s->side[dir];
    if (dir == TO_CLIENT)
        side->tx->answer_len += looked_at.len;
    http_body_data(side->tx, dir, looked_at);
    http_drop_line(side, dir);
    side->at = end;
}

void http_leave_to_next(struct http_state *s, enum direction dir, size_t end)
{
    struct http_side *side = &s->side[dir];
    struct http1_message *m = message(side, dir);
    if (!holds(side, dir))
        return;
    m->text.len -= (uint32_t)(end - side->at); /* stands in the piece still */
    app_text_add(s->app, &side->carried, http1_bytes(m, http_line(side, dir)), HTTP1_HEAD_CAP);
    http_drop_line(side, dir);
}

void http_take_carried(struct http_side *side, enum direction dir)
{
    struct http_tx *t = side->tx;
    app_text_add(t->app, &t->m[dir].text, app_text_bytes(&side->carried), HTTP1_HEAD_CAP);
    app_text_free(t->app, &side->carried);
}

/* ---- bodies ---- */

enum http_step http_read_counted(struct http_state *s, enum direction dir)
{
    struct http_side *side = &s->side[dir];
    uint64_t left = (uint64_t)side->left;
    size_t there = side->piece.len - side->at, n = left < there ? (size_t)left : there;
    if (n == 0)
        return HTTP_WANTS_MORE;
    struct bytes data = {side->piece.p ? side->piece.p + side->at : NULL, n};
    side->at += n;
    side->left -= (int64_t)n;
    if (dir == TO_CLIENT)
        side->tx->answer_len += n;
    http_body_data(side->tx, dir, data);
    return side->left == 0 ? HTTP_GO_ON : HTTP_WANTS_MORE;
}

/* Servers and proxies differ on where a size with an extension ends, which hides one request within
 * another (RFC 9112 section 7.1.1). Behind a size that is no such thing none is told any more. */
static bool has_extension(struct http_side *side, struct bytes line)
{
    unsigned digits = 0;
    for (size_t i = 0; i < line.len; i++) {
        uint8_t c = line.p[i];
        if (c == ';')
            return true;
        if (http1_is_space(c))
            continue;
        if (http1_chunk_length(bytes_of(&c, 1)) < 0 || ++digits > CHUNK_DIGITS_MAX)
            break;
    }
    side->odd_chunks = digits == 0 || digits > CHUNK_DIGITS_MAX;
    return false;
}

int64_t http_read_chunk_size(struct http_state *s, enum direction dir, struct bytes line)
{
    struct http_side *side = &s->side[dir];
    if (!side->odd_chunks && has_extension(side, line))
        app_tx_event(&side->tx->tx, dir == TO_SERVER ? HTTP_REQUEST_CHUNK_EXTENSION
                                                     : HTTP_RESPONSE_CHUNK_EXTENSION);
    return http1_chunk_length(line);
}

bool http_is_empty_line(struct bytes line)
{
    return (line.len == 1 && (line.p[0] == '\r' || line.p[0] == '\n')) ||
           bytes_eq(line, BYTES_LIT("\r\n"));
}

/* ---- all of a piece ---- */

static enum http_step step_over_gap(struct http_state *s, struct http_side *side,
                                    const struct http_reader *reader)
{
    return side->state == reader->finish ? reader->over(s) : reader->step(s);
}

enum http_flow_status http_side_read(struct http_state *s, enum direction dir,
                                     const struct http_reader *reader)
{
    struct http_side *side = &s->side[dir], *other = &s->side[!dir];
    bool gap = !side->piece.p && side->piece.len > 0;
    if (side->status == HTTP_ERROR || (!side->tx && side->state != 0)) {
        http_complain(s, NULL, HTTP_EVENT_COUNT);
        return side->status = HTTP_ERROR;
    }
    if (side->status == HTTP_TUNNEL)
        return HTTP_TUNNEL;
    if (dir == TO_SERVER && other->status == HTTP_WAITS)
        other->status = HTTP_FLOWS;
    enum http_step r = HTTP_GO_ON;
    while (r == HTTP_GO_ON && side->status != HTTP_TUNNEL) {
        if (gap && !(reader->bears_gap >> side->state & 1)) {
            http_complain(s, side->tx, HTTP_EVENT_COUNT);
            return HTTP_CLOSED;
        }
        r = gap ? step_over_gap(s, side, reader) : reader->step(s);
    }
    if (r == HTTP_GO_ON)
        return HTTP_TUNNEL;
    side->status = r == HTTP_BROKEN                                      ? HTTP_ERROR
                   : r == HTTP_WANTS_OTHER && side->at < side->piece.len ? HTTP_WAITS
                                                                         : HTTP_FLOWS;
    return side->status;
}
