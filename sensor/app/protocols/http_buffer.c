/* http_buffer.c - the named parts of an HTTP tx that rules inspect. */
#include "sensor/app/protocols/http_buffer_rows.h"
#include "sensor/app/protocols/http_state.h"

#define MADE_CAP (128u << 10)

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

/* In any case, as libhtp compares; NULs within count for nothing, but few names have any. */
static bool is_named(const htp_header_t *h, struct bytes name)
{
    struct bytes its = http_bstr(h->name);
    if (its.len == name.len)
        return bytes_ieq(its, name);
    return its.len > name.len && memchr(its.p, 0, its.len) &&
           bstr_cmp_c_nocasenorzero(h->name, (const char *)name.p) == 0;
}

bool http_header(const struct http_tx *t, enum direction dir, const char *name, struct bytes *value)
{
    const htp_table_t *headers = http_headers(t, dir);
    size_t count = headers ? htp_table_size(headers) : 0;
    struct bytes wanted = bytes_str(name);
    const htp_header_t *h = NULL;
    for (size_t i = 0; i < count && !h; i++) {
        const htp_header_t *next = htp_table_get_index(headers, i, NULL);
        if (is_named(next, wanted))
            h = next;
    }
    *value = h ? http_bstr(h->value) : (struct bytes){0};
    return h != NULL;
}

/* ---- parts that libhtp keeps ---- */

#define FIELD(getter, expr)                                                                        \
    static bool getter(struct app_tx *tx, enum direction dir, unsigned index,                      \
                       struct arena *scratch, struct bytes *out)                                   \
    {                                                                                              \
        const htp_tx_t *h = of(tx)->htp;                                                           \
        (void)scratch;                                                                             \
        (void)dir;                                                                                 \
        return one(index, http_bstr(expr), out);                                                   \
    }
FIELD(http_get_method, h->request_method)
FIELD(http_get_uri_raw, h->request_uri)
FIELD(http_get_request_line, h->request_line)
FIELD(http_get_protocol, dir == TO_SERVER ? h->request_protocol : h->response_protocol)
FIELD(http_get_stat_code, h->response_status)

/* Where a response begins within a piece that ends another one, libhtp 0.5.42 repeats part of the
 * status line behind its end. What stands before the line break is right. */
static struct bytes first_line(const bstr *b)
{
    struct bytes line = http_bstr(b);
    ptrdiff_t end = bytes_find(line, BYTES_LIT("\r\n"));
    return end < 0 ? line : bytes_slice(line, 0, (size_t)end);
}

static bool http_get_response_line(struct app_tx *tx, enum direction dir, unsigned index,
                                   struct arena *scratch, struct bytes *out)
{
    (void)scratch;
    (void)dir;
    return one(index, first_line(of(tx)->htp->response_line), out);
}

static bool http_get_stat_msg(struct app_tx *tx, enum direction dir, unsigned index,
                              struct arena *scratch, struct bytes *out)
{
    (void)scratch;
    (void)dir;
    return one(index, first_line(of(tx)->htp->response_message), out);
}

#define HEADER(getter, name)                                                                       \
    static bool getter(struct app_tx *tx, enum direction dir, unsigned index,                      \
                       struct arena *scratch, struct bytes *out)                                   \
    {                                                                                              \
        (void)scratch;                                                                             \
        bool there = http_header(of(tx), dir, name, out);                                          \
        return one_if(index, there, *out, out);                                                    \
    }
HEADER(http_get_user_agent, "user-agent")
HEADER(http_get_referer, "referer")
HEADER(http_get_accept, "accept")
HEADER(http_get_accept_enc, "accept-encoding")
HEADER(http_get_accept_lang, "accept-language")
HEADER(http_get_connection, "connection")
HEADER(http_get_content_type, "content-type")
HEADER(http_get_content_len, "content-length")
HEADER(http_get_server, "server")
HEADER(http_get_location, "location")
HEADER(http_get_cookie, dir == TO_SERVER ? "cookie" : "set-cookie")

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
    struct bytes host = http_bstr(t->htp->request_hostname);
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
    const htp_uri_t *uri = of(tx)->htp->parsed_uri;
    (void)scratch;
    if (uri && uri->hostname)
        return one(index, http_bstr(uri->hostname), out);
    return http_header(of(tx), dir, "host", out) && one(index, *out, out);
}

/* ---- texts made of the parts ---- */

/* True when m has to be (re)made; then it is empty. */
static bool is_stale(struct http_tx *t, struct http_made *m, enum direction dir)
{
    const htp_table_t *headers = http_headers(t, dir);
    size_t count = headers ? htp_table_size(headers) : 0;
    if (m->made && m->headers == count)
        return false;
    m->made = true;
    m->headers = count;
    m->text.len = 0;
    return true;
}

static const htp_header_t *nth(const struct http_tx *t, enum direction dir, size_t i)
{
    const htp_table_t *headers = http_headers(t, dir);
    return headers && i < htp_table_size(headers) ? htp_table_get_index(headers, i, NULL) : NULL;
}

/* Cookies have a buffer of their own and stay out of http.header. */
static bool is_cookie(const htp_header_t *h, enum direction dir)
{
    return bytes_ieq(http_bstr(h->name),
                     dir == TO_SERVER ? BYTES_LIT("cookie") : BYTES_LIT("set-cookie"));
}

/* What is made of all headers waits for them, and is not there if they never end. */
static bool has_headers(const struct http_tx *t, enum direction dir)
{
    return t->tx.progress[dir] >= HTTP_HEADERS;
}

static void add_header(struct http_tx *t, struct http_made *m, const htp_header_t *h)
{
    add(t, m, http_bstr(h->name));
    add(t, m, BYTES_LIT(": "));
    add(t, m, http_bstr(h->value));
    add(t, m, BYTES_LIT("\r\n"));
}

static bool http_get_header(struct app_tx *tx, enum direction dir, unsigned index,
                            struct arena *scratch, struct bytes *out)
{
    struct http_tx *t = of(tx);
    struct http_made *m = &t->header[dir];
    (void)scratch;
    if (has_headers(t, dir) && is_stale(t, m, dir)) {
        const htp_header_t *h;
        for (size_t i = 0; (h = nth(t, dir, i)); i++)
            if (!is_cookie(h, dir))
                add_header(t, m, h);
    }
    return one(index, app_text_bytes(&m->text), out);
}

static bool http_get_header_names(struct app_tx *tx, enum direction dir, unsigned index,
                                  struct arena *scratch, struct bytes *out)
{
    struct http_tx *t = of(tx);
    struct http_made *m = &t->names[dir];
    (void)scratch;
    if (has_headers(t, dir) && is_stale(t, m, dir) && m->headers > 0) {
        const htp_header_t *h;
        add(t, m, BYTES_LIT("\r\n"));
        for (size_t i = 0; (h = nth(t, dir, i)); i++) {
            add(t, m, http_bstr(h->name));
            add(t, m, BYTES_LIT("\r\n"));
        }
        add(t, m, BYTES_LIT("\r\n"));
    }
    return one(index, app_text_bytes(&m->text), out);
}

static bool http_get_one_header(struct app_tx *tx, enum direction dir, unsigned index,
                                struct arena *scratch, struct bytes *out)
{
    const htp_header_t *h = nth(of(tx), dir, index);
    if (!h)
        return false;
    struct bytes name = http_bstr(h->name), value = http_bstr(h->value);
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
    (void)scratch;
    return one(index, app_text_bytes(&of(tx)->raw[dir]), out);
}

/* First line and headers as libhtp read them: line ends and blanks are always the same. */
static bool http_get_start(struct app_tx *tx, enum direction dir, unsigned index,
                           struct arena *scratch, struct bytes *out)
{
    struct http_tx *t = of(tx);
    struct http_made *m = &t->start[dir];
    struct bytes line = first_line(dir == TO_SERVER ? t->htp->request_line : t->htp->response_line);
    (void)scratch;
    if (line.len > 0 && has_headers(t, dir) && is_stale(t, m, dir)) {
        const htp_header_t *h;
        add(t, m, line);
        add(t, m, BYTES_LIT("\r\n"));
        for (size_t i = 0; (h = nth(t, dir, i)); i++)
            add_header(t, m, h);
        if (m->headers > 0)
            add(t, m, BYTES_LIT("\r\n"));
    }
    return one(index, app_text_bytes(&m->text), out);
}

/* libhtp decodes the path alone. */
static void add_query(struct http_tx *t, const bstr *query)
{
    uint64_t flags = 0;
    bstr *decoded = bstr_dup(query);
    if (!decoded)
        return;
    htp_urldecode_inplace(t->htp->cfg, HTP_DECODER_URLENCODED, decoded, &flags);
    add(t, &t->uri, BYTES_LIT("?"));
    add(t, &t->uri, http_bstr(decoded));
    bstr_free(decoded);
}

/* Path and query decoded, then the fragment; scheme and authority stay out. Where there is nothing
 * but those, it is there and empty. */
static bool http_get_uri(struct app_tx *tx, enum direction dir, unsigned index,
                         struct arena *scratch, struct bytes *out)
{
    struct http_tx *t = of(tx);
    const htp_uri_t *uri = t->htp->request_line ? t->htp->parsed_uri : NULL;
    (void)scratch;
    (void)dir;
    if (index > 0 || !uri)
        return false;
    if (!t->uri.made) {
        t->uri.made = true;
        add(t, &t->uri, http_bstr(uri->path));
        if (uri->query)
            add_query(t, uri->query);
        if (uri->fragment) {
            add(t, &t->uri, BYTES_LIT("#"));
            add(t, &t->uri, http_bstr(uri->fragment));
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
