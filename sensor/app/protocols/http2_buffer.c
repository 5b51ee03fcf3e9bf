/* http2_buffer.c - what rules look at in a stream: HTTP's buffers by their names, as Suricata fills
 * them for HTTP/2. */
#include "sensor/app/protocols/http2_state.h"
#include "sensor/app/protocols/http_buffer_rows.h"
#include "sensor/app/protocols/http_text.h"

static const struct http2_tx *of(const struct app_tx *tx)
{
    return (const struct http2_tx *)tx;
}

/* ---- text made in scratch ---- */

struct made {
    uint8_t *p;
    size_t len;
};

/* Headers written out are not longer than this: each kept field has 6 bytes before it, each written
 * one 4 more than name and value. */
static struct made made_for(const struct http2_tx *t, enum direction dir, struct arena *scratch)
{
    return (struct made){arena_take(scratch, t->part[dir].fields.len + 8u), 0};
}

static void add(struct made *m, struct bytes b)
{
    if (b.len > 0)
        memcpy(m->p + m->len, b.p, b.len);
    m->len += b.len;
}

static bool give(const struct made *m, struct bytes *out)
{
    *out = bytes_of(m->p, m->len);
    return true;
}

/* ---- one header ---- */

/* Every value of a name, joined by ", " when there are several. */
static bool joined(const struct http2_tx *t, enum direction dir, const char *name,
                   struct arena *scratch, struct bytes *out)
{
    struct cursor c = cursor_over(app_text_bytes(&t->part[dir].fields));
    struct http2_field f;
    struct made m = {0};
    unsigned found = 0;
    while (http2_next_field(&c, &f)) {
        if (!bytes_eq(f.name, bytes_str(name)))
            continue;
        if (found++ == 0) {
            *out = f.value;
            continue;
        }
        if (!m.p) {
            m = made_for(t, dir, scratch);
            add(&m, *out);
        }
        add(&m, BYTES_LIT(", "));
        add(&m, f.value);
    }
    return m.p ? give(&m, out) : found > 0;
}

#define FIRST(getter, name)                                                                        \
    static bool getter(struct app_tx *tx, enum direction dir, unsigned index,                      \
                       struct arena *scratch, struct bytes *out)                                   \
    {                                                                                              \
        (void)scratch;                                                                             \
        return index == 0 && http2_first(of(tx), dir, name, out);                                  \
    }
FIRST(http2_get_method, ":method")
FIRST(http2_get_uri, ":path")
FIRST(http2_get_stat_code, ":status")

#define JOINED(getter, name)                                                                       \
    static bool getter(struct app_tx *tx, enum direction dir, unsigned index,                      \
                       struct arena *scratch, struct bytes *out)                                   \
    {                                                                                              \
        return index == 0 && joined(of(tx), dir, name, scratch, out);                              \
    }
JOINED(http2_get_host_raw, ":authority")
JOINED(http2_get_user_agent, "user-agent")
JOINED(http2_get_referer, "referer")
JOINED(http2_get_accept, "accept")
JOINED(http2_get_accept_enc, "accept-encoding")
JOINED(http2_get_accept_lang, "accept-language")
JOINED(http2_get_connection, "connection")
JOINED(http2_get_content_type, "content-type")
JOINED(http2_get_content_len, "content-length")
JOINED(http2_get_server, "server")
JOINED(http2_get_location, "location")
JOINED(http2_get_cookie, dir == TO_SERVER ? "cookie" : "set-cookie")

/* Lower case and without the port. */
static bool http2_get_host(struct app_tx *tx, enum direction dir, unsigned index,
                           struct arena *scratch, struct bytes *out)
{
    struct bytes raw;
    if (index > 0 || !joined(of(tx), dir, ":authority", scratch, &raw))
        return false;
    ptrdiff_t port = bytes_find(raw, BYTES_LIT(":"));
    if (port >= 0)
        raw.len = (size_t)port;
    uint8_t *p = arena_take(scratch, raw.len + 1);
    for (size_t i = 0; i < raw.len; i++)
        p[i] = raw.p[i] >= 'A' && raw.p[i] <= 'Z' ? raw.p[i] | 0x20 : raw.p[i];
    *out = bytes_of(p, raw.len);
    return true;
}

/* ---- all headers ---- */

static bool is_cookie(struct bytes name, enum direction dir)
{
    return bytes_ieq(name, dir == TO_SERVER ? BYTES_LIT("cookie") : BYTES_LIT("set-cookie"));
}

/* "name: value" lines; as they are, or trimmed and without cookies. */
static bool lines(struct app_tx *tx, enum direction dir, bool raw, struct arena *scratch,
                  struct bytes *out)
{
    const struct http2_tx *t = of(tx);
    struct cursor c = cursor_over(app_text_bytes(&t->part[dir].fields));
    struct made m = made_for(t, dir, scratch);
    struct http2_field f;
    while (http2_next_field(&c, &f)) {
        if (!raw && is_cookie(f.name, dir))
            continue;
        add(&m, f.name);
        add(&m, BYTES_LIT(": "));
        add(&m, raw ? f.value : http_trim(f.value));
        add(&m, BYTES_LIT("\r\n"));
    }
    return m.len > 0 && give(&m, out);
}

static bool http2_get_header(struct app_tx *tx, enum direction dir, unsigned index,
                             struct arena *scratch, struct bytes *out)
{
    return index == 0 && lines(tx, dir, false, scratch, out);
}

static bool http2_get_header_raw(struct app_tx *tx, enum direction dir, unsigned index,
                                 struct arena *scratch, struct bytes *out)
{
    return index == 0 && lines(tx, dir, true, scratch, out);
}

static bool http2_get_header_names(struct app_tx *tx, enum direction dir, unsigned index,
                                   struct arena *scratch, struct bytes *out)
{
    const struct http2_tx *t = of(tx);
    struct cursor c = cursor_over(app_text_bytes(&t->part[dir].fields));
    struct made m = made_for(t, dir, scratch);
    struct http2_field f;
    if (index > 0 || cursor_left(&c) == 0)
        return false;
    add(&m, BYTES_LIT("\r\n"));
    while (http2_next_field(&c, &f)) {
        add(&m, f.name);
        add(&m, BYTES_LIT("\r\n"));
    }
    add(&m, BYTES_LIT("\r\n"));
    return give(&m, out);
}

/* Fields are asked for one after the other: each is found behind the one before. */
static bool nth(struct app_tx *tx, enum direction dir, unsigned index, struct http2_field *out)
{
    struct http2_part *part = &((struct http2_tx *)tx)->part[dir];
    struct bytes fields = app_text_bytes(&part->fields);
    bool next = index > 0 && index == part->nth + 1 && part->nth_at > 0;
    struct cursor c = cursor_over(bytes_slice(fields, next ? part->nth_at : 0, SIZE_MAX));
    for (unsigned i = next ? index : 0; http2_next_field(&c, out); i++)
        if (i == index) {
            part->nth = index;
            part->nth_at = (uint32_t)(c.at - fields.p);
            return true;
        }
    return false;
}

static void add_escaped(struct made *m, struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) {
        m->p[m->len++] = b.p[i];
        if (b.p[i] == ':')
            m->p[m->len++] = ':';
    }
}

/* "name: value"; colons within either are doubled, as rules written for Suricata expect. */
static bool http2_get_one_header(struct app_tx *tx, enum direction dir, unsigned index,
                                 struct arena *scratch, struct bytes *out)
{
    struct http2_field f;
    if (!nth(tx, dir, index, &f))
        return false;
    struct made m = {arena_take(scratch, 2 * (f.name.len + f.value.len) + 2), 0};
    add_escaped(&m, f.name);
    add(&m, BYTES_LIT(": "));
    add_escaped(&m, f.value);
    return give(&m, out);
}

static bool http2_get_header_name(struct app_tx *tx, enum direction dir, unsigned index,
                                  struct arena *scratch, struct bytes *out)
{
    struct http2_field f;
    (void)scratch;
    if (!nth(tx, dir, index, &f))
        return false;
    *out = f.name;
    return true;
}

/* ---- lines that HTTP/2 does not have, as HTTP/1 would write them ---- */

static bool http2_get_request_line(struct app_tx *tx, enum direction dir, unsigned index,
                                   struct arena *scratch, struct bytes *out)
{
    const struct http2_tx *t = of(tx);
    struct bytes method, path;
    if (index > 0 || !http2_first(t, dir, ":method", &method) ||
        !http2_first(t, dir, ":path", &path))
        return false;
    struct made m = {arena_take(scratch, method.len + path.len + 12), 0};
    add(&m, method);
    add(&m, BYTES_LIT(" "));
    add(&m, path);
    add(&m, BYTES_LIT(" HTTP/2\r\n"));
    return give(&m, out);
}

static bool http2_get_response_line(struct app_tx *tx, enum direction dir, unsigned index,
                                    struct arena *scratch, struct bytes *out)
{
    struct bytes status;
    if (index > 0 || !http2_first(of(tx), dir, ":status", &status))
        return false;
    struct made m = {arena_take(scratch, status.len + 12), 0};
    add(&m, BYTES_LIT("HTTP/2 "));
    add(&m, status);
    add(&m, BYTES_LIT("\r\n"));
    return give(&m, out);
}

static bool http2_get_protocol(struct app_tx *tx, enum direction dir, unsigned index,
                               struct arena *scratch, struct bytes *out)
{
    (void)tx;
    (void)dir;
    (void)scratch;
    *out = BYTES_LIT("HTTP/2");
    return index == 0;
}

/* There is none, which rules may ask for. */
static bool http2_get_stat_msg(struct app_tx *tx, enum direction dir, unsigned index,
                               struct arena *scratch, struct bytes *out)
{
    (void)tx;
    (void)dir;
    (void)scratch;
    *out = BYTES_LIT("");
    return index == 0;
}

/* What HTTP/1 tells apart is one here: headers come at once, and bodies are files. */
#define http2_get_uri_raw      http2_get_uri
#define http2_get_body         app_file_get_data
#define http2_get_file_data    app_file_get_data
#define HTTP2_LINE             HTTP2_HEADERS
#define STAGE(how, one, stage) (((how) & (one)) ? HTTP2_##stage : 0)
#define ROW(name, older, modifier, how, stage, getter)                                             \
    APP_BUFFER(HTTP2, name, older, modifier, how, STAGE(how, TS, stage), STAGE(how, TC, stage),    \
               http2_get_##getter),
/* clang-format off */
const struct app_buffer http2_buffers[] = {
    HTTP_BUFFER_ROWS(ROW)
    APP_FILE_ROWS(HTTP2, BOTH),
    ROW("http2.header", "", "", BOTH | EACH, HEADERS, one_header)
    ROW("http2.header_name", "", "", BOTH | EACH, HEADERS, header_name)
    APP_NUMBER(HTTP2, "http2.frametype", "", BOTH | EACH | APP_BUFFER_GROWS, 0, 0, http2_get_type, &http2_types),
    APP_NUMBER(HTTP2, "http2.errorcode", "", BOTH | APP_BUFFER_GROWS, 0, 0, http2_get_error, &http2_errors),
    APP_NUMBER(HTTP2, "http2.priority", "", BOTH | EACH | APP_BUFFER_GROWS, 0, 0, http2_get_priority, &app_u8),
    APP_NUMBER(HTTP2, "http2.window", "", BOTH | EACH | APP_BUFFER_GROWS, 0, 0, http2_get_window, &app_u32),
    APP_NUMBER(HTTP2, "http2.size_update", "", BOTH | EACH | APP_BUFFER_GROWS, 0, 0, http2_get_table_size, &app_u64),
    APP_BUFFER(HTTP2, "http2.settings", "", "", BOTH | EACH | APP_BUFFER_GROWS, 0, 0, http2_get_settings),
    {0},
};
/* clang-format on */
