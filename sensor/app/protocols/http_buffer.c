/* http_buffer.c - the named parts of an HTTP tx that rules inspect. */
#include "sensor/app/protocols/http_buffer_rows.h"
#include "sensor/app/protocols/http_state.h"

#define MADE_CAP       (128u << 10)
#define RAW_HEADER_CAP (64u << 10)

static struct http_tx *of(struct app_tx *tx)
{
    return (struct http_tx *)tx;
}

static bool one(unsigned index, struct bytes value, struct bytes *out)
{
    *out = value;
    return index == 0 && value.len > 0;
}

/* For what may be there and empty ("User-Agent:"). */
static bool one_if(unsigned index, bool there, struct bytes value, struct bytes *out)
{
    *out = value;
    return index == 0 && there;
}

/* ---- parts that are there ---- */

#define FIELD(getter, side, span)                                                                  \
    static bool getter(struct app_tx *tx, enum direction dir, unsigned index,                      \
                       struct arena *scratch, struct bytes *out)                                   \
    {                                                                                              \
        const struct http_tx *t = of(tx);                                                          \
        (void)scratch;                                                                             \
        (void)dir;                                                                                 \
        return one(index, http_bytes(t, side, span), out);                                         \
    }
FIELD(http_get_method, TO_SERVER, t->method)
FIELD(http_get_uri_raw, TO_SERVER, t->target)
FIELD(http_get_request_line, TO_SERVER, t->m[TO_SERVER].line)
FIELD(http_get_response_line, TO_CLIENT, t->m[TO_CLIENT].line)
FIELD(http_get_protocol, dir, t->m[dir].protocol)
FIELD(http_get_stat_code, TO_CLIENT, t->status)
FIELD(http_get_stat_msg, TO_CLIENT, t->reason)

#define HEADER(getter, name)                                                                       \
    static bool getter(struct app_tx *tx, enum direction dir, unsigned index,                      \
                       struct arena *scratch, struct bytes *out)                                   \
    {                                                                                              \
        (void)scratch;                                                                             \
        bool there = http_header(of(tx), dir, HTTP1_##name, out);                                  \
        return one_if(index, there, *out, out);                                                    \
    }
HEADER(http_get_user_agent, USER_AGENT)
HEADER(http_get_referer, REFERER)
HEADER(http_get_accept, ACCEPT)
HEADER(http_get_accept_enc, ACCEPT_ENCODING)
HEADER(http_get_accept_lang, ACCEPT_LANGUAGE)
HEADER(http_get_connection, CONNECTION)
HEADER(http_get_content_type, CONTENT_TYPE)
HEADER(http_get_content_len, CONTENT_LENGTH)
HEADER(http_get_server, SERVER)
HEADER(http_get_location, LOCATION)

static enum http1_name cookie_of(enum direction dir)
{
    return dir == TO_SERVER ? HTTP1_COOKIE : HTTP1_SET_COOKIE;
}

static bool http_get_cookie(struct app_tx *tx, enum direction dir, unsigned index,
                            struct arena *scratch, struct bytes *out)
{
    (void)scratch;
    bool there = http_header(of(tx), dir, cookie_of(dir), out);
    return one_if(index, there, *out, out);
}

static void add(struct http_tx *t, struct http_made *m, struct bytes b)
{
    struct app_flow *before = app_charge(t->app, t->state->flow);
    app_text_add(t->app, &m->text, b, MADE_CAP);
    app_charge(t->app, before);
}

/* Lower case, without port: rules compare it with lower-case names. */
static bool http_get_host(struct app_tx *tx, enum direction dir, unsigned index,
                          struct arena *scratch, struct bytes *out)
{
    struct http_tx *t = of(tx);
    struct bytes host = http_bytes(t, TO_SERVER, t->hostname);
    (void)scratch;
    (void)dir;
    if (host.len > 0 && !t->host.made) {
        t->host.made = true;
        add(t, &t->host, host);
        for (uint32_t i = 0; i < t->host.text.len; i++)
            if (t->host.text.p[i] >= 'A' && t->host.text.p[i] <= 'Z')
                t->host.text.p[i] |= 0x20;
    }
    return one(index, app_text_bytes(&t->host.text), out);
}

/* The authority as sent: from the request line when it has one, else the Host header. */
static bool http_get_host_raw(struct app_tx *tx, enum direction dir, unsigned index,
                              struct arena *scratch, struct bytes *out)
{
    const struct http_tx *t = of(tx);
    (void)scratch;
    if (t->target_host.there)
        return one(index, http_bytes(t, TO_SERVER, t->target_host), out);
    return http_header(t, dir, HTTP1_HOST, out) && one(index, *out, out);
}

/* ---- texts made of the parts ---- */

/* True when made has to be (re)made; then it is empty. */
static bool is_stale(struct http_tx *t, struct http_made *made, enum direction dir)
{
    size_t count = t->m[dir].count;
    if (made->made && made->headers == count)
        return false;
    made->made = true;
    made->headers = count;
    made->text.len = 0;
    return true;
}

/* What is made of all headers waits for them, and is not there if they never end. */
static bool has_headers(const struct http_tx *t, enum direction dir)
{
    return t->tx.progress[dir] >= HTTP_HEADERS;
}

/* The text from there to the end of the headers, where it is what would be made: as most are sent.
 */
static bool as_sent(const struct http1_message *m, uint32_t from, uint32_t behind,
                    struct bytes *out)
{
    uint32_t end = m->plain_end + behind;
    *out = bytes_slice(bytes_slice(app_text_bytes(&m->text), 0, end), from, MADE_CAP);
    return m->plain && m->count > 0;
}

static void add_header(struct http_tx *t, struct http_made *made, enum direction dir,
                       const struct http1_header *h)
{
    add(t, made, http_bytes(t, dir, h->name));
    add(t, made, BYTES_LIT(": "));
    add(t, made, http_bytes(t, dir, h->value));
    add(t, made, BYTES_LIT("\r\n"));
}

/* Cookies have a buffer of their own and stay out. */
static bool http_get_header(struct app_tx *tx, enum direction dir, unsigned index,
                            struct arena *scratch, struct bytes *out)
{
    struct http_tx *t = of(tx);
    const struct http1_message *m = &t->m[dir];
    struct http_made *made = &t->header[dir];
    bool has_cookie = m->known[cookie_of(dir)];
    (void)scratch;
    if (!has_headers(t, dir))
        return false;
    if (!has_cookie && as_sent(m, m->head_at, 0, out))
        return one(index, *out, out);
    if (is_stale(t, made, dir))
        for (uint16_t i = 0; i < m->count; i++)
            if (m->headers[i].id != cookie_of(dir))
                add_header(t, made, dir, &m->headers[i]);
    return one(index, app_text_bytes(&made->text), out);
}

static bool http_get_header_names(struct app_tx *tx, enum direction dir, unsigned index,
                                  struct arena *scratch, struct bytes *out)
{
    struct http_tx *t = of(tx);
    const struct http1_message *m = &t->m[dir];
    struct http_made *made = &t->names[dir];
    (void)scratch;
    if (has_headers(t, dir) && is_stale(t, made, dir) && m->count > 0) {
        add(t, made, BYTES_LIT("\r\n"));
        for (uint16_t i = 0; i < m->count; i++) {
            add(t, made, http1_bytes(m, m->headers[i].name));
            add(t, made, BYTES_LIT("\r\n"));
        }
        add(t, made, BYTES_LIT("\r\n"));
    }
    return one(index, app_text_bytes(&made->text), out);
}

static bool http_get_one_header(struct app_tx *tx, enum direction dir, unsigned index,
                                struct arena *scratch, struct bytes *out)
{
    const struct http1_message *m = &of(tx)->m[dir];
    if (index >= m->count)
        return false;
    struct bytes name = http1_bytes(m, m->headers[index].name);
    struct bytes value = http1_bytes(m, m->headers[index].value);
    uint8_t *p = arena_alloc(scratch, name.len + 2 + value.len + 1);
    if (name.len)
        memcpy(p, name.p, name.len);
    memcpy(p + name.len, ": ", 2);
    if (value.len)
        memcpy(p + name.len + 2, value.p, value.len);
    *out = bytes_of(p, name.len + 2 + value.len);
    return true;
}

static bool http_get_header_raw(struct app_tx *tx, enum direction dir, unsigned index,
                                struct arena *scratch, struct bytes *out)
{
    const struct http1_message *m = &of(tx)->m[dir];
    struct bytes raw = bytes_slice(bytes_slice(app_text_bytes(&m->text), 0, m->raw_end), m->raw_at,
                                   RAW_HEADER_CAP);
    (void)scratch;
    return one(index, raw, out);
}

/* First line and headers as they were read: line ends and blanks are always the same. */
static bool http_get_start(struct app_tx *tx, enum direction dir, unsigned index,
                           struct arena *scratch, struct bytes *out)
{
    struct http_tx *t = of(tx);
    const struct http1_message *m = &t->m[dir];
    struct http_made *made = &t->start[dir];
    struct bytes line = http1_bytes(m, m->line);
    (void)scratch;
    if (line.len > 0 && has_headers(t, dir) && is_stale(t, made, dir)) {
        add(t, made, line);
        add(t, made, BYTES_LIT("\r\n"));
        for (uint16_t i = 0; i < m->count; i++)
            add_header(t, made, dir, &m->headers[i]);
        if (m->count > 0)
            add(t, made, BYTES_LIT("\r\n"));
    }
    return one(index, app_text_bytes(&made->text), out);
}

/* Of the query percent signs are decoded, without %u. */
static void add_query(struct http_tx *t, struct bytes query)
{
    add(t, &t->uri, BYTES_LIT("?"));
    uint32_t at = t->uri.text.len;
    add(t, &t->uri, query);
    struct bytes copy = bytes_slice(app_text_bytes(&t->uri.text), at, SIZE_MAX);
    t->uri.text.len = at + (uint32_t)http1_decode(copy, false, t->uri.text.p + at);
}

/* Whether path, query and fragment stand in the target as they are shown. */
static bool is_shown_as_sent(const struct http_tx *t)
{
    struct bytes query = http_bytes(t, TO_SERVER, t->query);
    return !t->path.made && !t->fragment.made && !(query.len && memchr(query.p, '%', query.len));
}

/* Path and query decoded, then the fragment; scheme and authority stay out. Where there is nothing
 * but those, it is there and empty. */
static bool http_get_uri(struct app_tx *tx, enum direction dir, unsigned index,
                         struct arena *scratch, struct bytes *out)
{
    struct http_tx *t = of(tx);
    (void)scratch;
    (void)dir;
    if (index > 0 || !t->m[TO_SERVER].line.there)
        return false;
    if (t->path.there && is_shown_as_sent(t)) {
        struct bytes target = http_bytes(t, TO_SERVER, t->target);
        *out = bytes_slice(target, t->path.at - t->target.at, MADE_CAP);
        return true;
    }
    if (!t->uri.made) {
        t->uri.made = true;
        add(t, &t->uri, http_bytes(t, TO_SERVER, t->path));
        if (t->query.there)
            add_query(t, http_bytes(t, TO_SERVER, t->query));
        if (t->fragment.there) {
            add(t, &t->uri, BYTES_LIT("#"));
            add(t, &t->uri, http_bytes(t, TO_SERVER, t->fragment));
        }
    }
    *out = app_text_bytes(&t->uri.text);
    return true;
}

/* ---- bodies ---- */

static bool http_get_body(struct app_tx *tx, enum direction dir, unsigned index,
                          struct arena *scratch, struct bytes *out)
{
    (void)scratch;
    return one(index, app_text_bytes(&of(tx)->body[dir]), out);
}

/* A body that is a file; of a form each file alone; behind an answer's the one it completed. */
static bool http_get_file_data(struct app_tx *tx, enum direction dir, unsigned index,
                               struct arena *scratch, struct bytes *out)
{
    struct http_tx *t = of(tx);
    if (index > 0 || (dir == TO_SERVER && t->multipart))
        return app_file_get_data(tx, dir, index, scratch, out);
    if (dir == TO_SERVER && !tx->files[dir]) /* neither POST nor PUT, or nothing sent yet */
        return false;
    return one(index, app_text_bytes(&t->body[dir]), out);
}

uint64_t http_body_bytes(const struct app_tx *tx, enum direction dir)
{
    return ((const struct http_tx *)tx)->body_bytes[dir];
}

#define STAGE(how, one, stage) (((how) & (one)) ? HTTP_##stage : 0)
#define ROW(name, older, modifier, how, stage, getter)                                             \
    APP_BUFFER(HTTP, name, older, modifier, how, STAGE(how, TS, stage), STAGE(how, TC, stage),     \
               http_get_##getter),
/* clang-format off */
const struct app_buffer http_buffers[] = {
    HTTP_BUFFER_ROWS(ROW)
    APP_FILE_ROWS(HTTP, BOTH),
    ROW("http.start", "http_start", "", BOTH, HEADERS, start)
    {0},
};
/* clang-format on */
