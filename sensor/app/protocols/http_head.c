/* http_head.c - header lines into headers: folding, repetition, and what is odd about them.
 *
 * Source: RFC 9112 section 5; how odd ones are read is how libhtp 0.5 reads them. */
#include "sensor/app/protocols/http_state.h"

#define FOLDED_MAX      102400u /* as curl's */
#define REPETITIONS_MAX 64

static enum http_event by(enum direction dir, enum http_event request, enum http_event response)
{
    return dir == TO_SERVER ? request : response;
}

/* Once a tx, for either direction. */
static void complain_once(struct http_tx *t, bool *told, enum http_event event)
{
    if (!*told)
        http_complain(t->state, t, event);
    *told = true;
}

static void complain_invalid(struct http_tx *t, enum direction dir)
{
    complain_once(t, &t->told_invalid,
                  by(dir, HTTP_REQUEST_HEADER_INVALID, HTTP_RESPONSE_HEADER_INVALID));
}

/* ---- one header ---- */

static bool is_token(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (b.p[i] <= ' ' || b.p[i] > '~' || strchr("()<>@,;:\\\"/[]?={}", b.p[i]))
            return false;
    return true;
}

/* Where the name ends; -1 for a line without. */
static ptrdiff_t colon_of(enum direction dir, struct bytes b)
{
    const uint8_t *colon = b.len ? memchr(b.p, ':', b.len) : NULL;
    if (!colon || (dir == TO_SERVER && memchr(b.p, 0, (size_t)(colon - b.p))))
        return -1;
    return colon - b.p;
}

static struct http1_span value_of(struct http1_span s, struct bytes b, size_t from)
{
    size_t end = b.len;
    while (from < end && http1_is_blank(b.p[from]))
        from++;
    while (end > from + 1 && http1_is_blank(b.p[end - 1]))
        end--;
    return http1_part(s, from, end - from);
}

/* Without a colon it is a header without a name. */
static void read_nameless(struct http_tx *t, enum direction dir, struct http1_span s,
                          struct bytes b, struct http1_header *h)
{
    complain_once(t, &t->told_colon,
                  by(dir, HTTP_REQUEST_FIELD_MISSING_COLON, HTTP_RESPONSE_FIELD_MISSING_COLON));
    h->name = http1_part(s, 0, 0);
    h->value = s;
    if (dir == TO_CLIENT) {
        t->told_invalid = true;
        h->value = value_of(s, b, 0);
    }
}

static void read_named(struct http_tx *t, enum direction dir, struct http1_span s, struct bytes b,
                       size_t colon, struct http1_header *h)
{
    size_t end = colon;
    while (end > 0 && (http1_is_blank(b.p[end - 1]) || (dir == TO_CLIENT && b.p[end - 1] <= ' ')))
        end--;
    h->name = http1_part(s, 0, end);
    h->value = value_of(s, b, colon + 1);
    if (colon == 0 || end < colon || !is_token(bytes_slice(b, 0, end)))
        complain_invalid(t, dir);
}

static bool holds_nul(struct bytes b)
{
    return b.len > 0 && memchr(b.p, 0, b.len);
}

/* Whether the header stands in the text as rules see it, right behind the one before. */
static void note_plain(struct http1_message *m, struct http1_span s, const struct http1_header *h)
{
    const uint8_t *p = m->text.p + s.at;
    uint32_t value = h->name.len + 2;
    m->plain = m->plain && !s.made && s.at == m->plain_end && s.len == value + h->value.len &&
               h->value.at == s.at + value && p[h->name.len] == ':' && p[h->name.len + 1] == ' ' &&
               s.at + s.len + 2 <= m->text.len && p[s.len] == '\r' && p[s.len + 1] == '\n';
    m->plain_end = s.at + s.len + 2;
}

/* ---- those there are ---- */

static uint8_t id_of(struct http1_message *m, struct bytes name, enum http1_name *known)
{
    uint8_t stripped[32];
    *known = http1_name_of(name);
    if (!holds_nul(name))
        return (uint8_t)*known;
    size_t n = 0;
    m->nul_names = true;
    for (size_t i = 0; i < name.len && n < sizeof stripped; i++)
        if (name.p[i])
            stripped[n++] = name.p[i];
    *known = http1_name_of(bytes_of(stripped, n));
    return HTTP1_OTHER;
}

static struct http1_header *find_same(struct http1_message *m, struct bytes name, uint8_t id)
{
    if (id != HTTP1_OTHER && !m->nul_names)
        return m->known[id] ? &m->headers[m->known[id] - 1] : NULL;
    for (uint16_t i = 0; i < m->count; i++) {
        struct http1_header *h = &m->headers[i];
        if (h->id == id && h->name.len == name.len && bytes_ieq(http1_bytes(m, h->name), name))
            return h;
    }
    return NULL;
}

/* A second length is compared with the first one, and left out. */
static void compare_lengths(struct http_tx *t, enum direction dir, const struct http1_header *first,
                            const struct http1_header *h)
{
    const struct http1_message *m = &t->m[dir];
    unsigned odd = 0;
    int64_t one = http1_length(http1_bytes(m, first->value), &odd);
    int64_t other = http1_length(http1_bytes(m, h->value), &odd);
    if (one != other)
        http_complain(t->state, t,
                      by(dir, HTTP_DUPLICATE_CONTENT_LENGTH_FIELD_IN_REQUEST,
                         HTTP_DUPLICATE_CONTENT_LENGTH_FIELD_IN_RESPONSE));
}

static bool join(struct http_tx *t, enum direction dir, struct http1_header *first,
                 const struct http1_header *h)
{
    struct http1_message *m = &t->m[dir];
    if (first->repeated && m->repetitions == REPETITIONS_MAX)
        return true;
    if (first->repeated)
        m->repetitions++;
    else
        http_complain(t->state, t, HTTP_EVENT_COUNT);
    first->repeated = true;
    m->plain = false;
    if (first->id == HTTP1_CONTENT_LENGTH) {
        compare_lengths(t, dir, first, h);
        return true;
    }
    struct http1_span value = http1_made_last(t->app, m, first->value);
    bool fits = http1_make(t->app, m, BYTES_LIT(", "));
    if (h->value.made) { /* in the text that grows */
        struct http1_span second = http1_made_last(t->app, m, h->value);
        fits = second.len == h->value.len;
    } else {
        fits = fits && http1_make(t->app, m, http1_bytes(m, h->value));
    }
    value.len = m->made.len - value.at;
    first->value = value;
    return fits && !m->made.cut;
}

static bool add(struct http_tx *t, enum direction dir, struct http1_header *h)
{
    struct http1_message *m = &t->m[dir];
    struct bytes name = http1_bytes(m, h->name);
    enum http1_name known;
    h->id = id_of(m, name, &known);
    struct http1_header *first = find_same(m, name, h->id);
    if (first)
        return join(t, dir, first, h);
    if (m->count >= HTTP1_HEADERS_MAX) {
        complain_once(t, &t->told_many,
                      by(dir, HTTP_REQUEST_TOO_MANY_HEADERS, HTTP_RESPONSE_TOO_MANY_HEADERS));
        return false;
    }
    m->count++;
    if (known != HTTP1_OTHER && !m->known[known])
        m->known[known] = m->count;
    return true;
}

/* A whole header, unfolded, without its line end. */
static bool read_header(struct http_tx *t, enum direction dir, struct http1_span s)
{
    struct http1_message *m = &t->m[dir];
    struct http1_header *h = http1_new_header(t->app, m);
    struct bytes b = http1_bytes(m, s);
    ptrdiff_t colon = colon_of(dir, b);
    *h = (struct http1_header){0};
    if (colon < 0)
        read_nameless(t, dir, s, b, h);
    else
        read_named(t, dir, s, b, (size_t)colon, h);
    if (dir == TO_CLIENT && holds_nul(http1_bytes(m, h->value)))
        http_complain(t->state, t, HTTP_RESPONSE_HEADER_INVALID);
    note_plain(m, s, h);
    return add(t, dir, h);
}

/* ---- lines ---- */

bool http_head_end(struct http_tx *t, enum direction dir)
{
    struct http1_span open = t->m[dir].open;
    t->m[dir].open = (struct http1_span){0};
    return !open.there || read_header(t, dir, open);
}

static bool is_fold(uint8_t c)
{
    return http1_is_blank(c) || c == 0;
}

static void complain_folding(struct http_tx *t, enum direction dir)
{
    complain_once(t, &t->told_folding,
                  by(dir, HTTP_INVALID_REQUEST_FIELD_FOLDING, HTTP_INVALID_RESPONSE_FIELD_FOLDING));
}

/* Nothing there to go on with. */
static void open_folded(struct http_tx *t, enum direction dir, struct http1_span s, struct bytes b)
{
    size_t from = 0;
    complain_folding(t, dir);
    while (from < b.len && is_fold(b.p[from]))
        from++;
    t->m[dir].open = http1_part(s, from, b.len - from);
}

/* A folded line of an answer that looks like a header is one, as browsers have it. */
static bool looks_like_header(const struct http_tx *t, enum direction dir, struct bytes b)
{
    const struct http1_message *m = &t->m[dir];
    return dir == TO_CLIENT && m->version == HTTP1_1_1 && bytes_find(b, BYTES_LIT(":")) >= 0 &&
           bytes_find(http1_bytes(m, m->open), BYTES_LIT(":")) >= 0;
}

static bool fold(struct http_tx *t, enum direction dir, struct http1_span s)
{
    struct http1_message *m = &t->m[dir];
    struct bytes b = http1_bytes(m, s);
    if (!m->open.there) {
        open_folded(t, dir, s, b);
    } else if (looks_like_header(t, dir, b)) {
        complain_folding(t, dir);
        if (!http_head_end(t, dir))
            return false;
        m->open = http1_part(s, 1, s.len - 1);
    } else if (m->open.len < FOLDED_MAX) {
        m->open = http1_made_last(t->app, m, m->open);
        if (!http1_make(t->app, m, b))
            return false;
        m->open.len = m->made.len - m->open.at;
    } else {
        http_complain(t->state, t,
                      by(dir, HTTP_REQUEST_FIELD_TOO_LONG, HTTP_RESPONSE_FIELD_TOO_LONG));
    }
    return true;
}

bool http_head_line(struct http_tx *t, enum direction dir, struct http1_span line, int next)
{
    struct http1_message *m = &t->m[dir];
    struct http1_span s = http1_chomp(m, line);
    if (s.len == 0 || is_fold(m->text.p[s.at]))
        return fold(t, dir, s);
    if (!http_head_end(t, dir))
        return false;
    if (next >= 0 && !is_fold((uint8_t)next))
        return read_header(t, dir, s);
    m->open = s;
    return true;
}
