/* http_file.c - bodies as files: a response body, an uploaded one, the parts of a form.
 *
 * Names and limits are Suricata's: a file ends where the body limit does, or with the stream if
 * files are stored. Source: RFC 6266 for Content-Disposition. */
#include "sensor/app/protocols/http_state.h"

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct bytes without_spaces(struct bytes b)
{
    while (b.len > 0 && is_space(b.p[0]))
        b = bytes_slice(b, 1, SIZE_MAX);
    return b;
}

/* Length of the parameter that b starts with: up to a ';' outside of quotes. A backslash takes the
 * meaning from the character behind it. */
static size_t parameter_len(struct bytes b)
{
    bool quoted = false;
    for (size_t i = 0; i < b.len; i++) {
        if (i > 0 && b.p[i - 1] == '\\')
            continue;
        if (b.p[i] == '"')
            quoted = !quoted;
        else if (b.p[i] == ';' && !quoted)
            return i;
    }
    return b.len;
}

static struct bytes without_quotes(struct bytes b)
{
    if (b.len > 0 && b.p[0] == '"')
        b = bytes_slice(b, 1, SIZE_MAX);
    if (b.len > 0 && b.p[b.len - 1] == '"')
        b.len--;
    return b;
}

struct bytes http_parameter(struct bytes value, struct bytes name)
{
    for (value = without_spaces(value); value.len > 0; value = without_spaces(value)) {
        struct bytes one = bytes_slice(value, 0, parameter_len(value));
        value = bytes_slice(value, one.len + 1, SIZE_MAX);
        if (one.len > name.len && bytes_ieq(bytes_slice(one, 0, name.len), name))
            return without_quotes(bytes_slice(one, name.len, SIZE_MAX));
    }
    return (struct bytes){0};
}

/* What the server calls it, else the path asked for; without a path there is no file. */
static bool name_of(const struct http_tx *t, enum direction dir, struct bytes *name)
{
    struct bytes disposition;
    *name = (struct bytes){0};
    if (dir == TO_CLIENT && http_header(t, dir, HTTP1_CONTENT_DISPOSITION, &disposition))
        *name = http_parameter(disposition, BYTES_LIT("filename="));
    if (name->len > 0)
        return true;
    *name = http_bytes(t, TO_SERVER, t->path);
    return t->path.there;
}

struct app_file *http_file_open(struct http_tx *t, enum direction dir, struct bytes name,
                                unsigned flags)
{
    if (name.len > APP_FILE_NAME_MAX)
        app_tx_event(&t->tx, HTTP_FILE_NAME_TOO_LONG);
    return app_file_open(t->app, &t->tx, dir, name, flags);
}

/* Whether bodies of dir are a file by themselves. */
static bool is_file(const struct http_tx *t, enum direction dir)
{
    if (dir == TO_SERVER)
        return t->method_id == HTTP_M_POST || t->method_id == HTTP_M_PUT;
    return t->m[TO_CLIENT].line.there || t->is_0_9; /* else it is junk before an answer */
}

static void begin_range(struct http_tx *t, struct app_file *f, struct bytes name)
{
    struct bytes raw;
    struct http_range range;
    struct http_range_key key = {app_flow_endpoints(t->state->flow),
                                 http_bytes(t, TO_SERVER, t->hostname), name};
    if (!f || !http_header(t, TO_CLIENT, HTTP1_CONTENT_RANGE, &raw))
        return;
    enum http_range_kind kind = http_range_read(raw, &range);
    if (kind == HTTP_NO_RANGE)
        app_tx_event(&t->tx, HTTP_RANGE_INVALID);
    else if (kind == HTTP_PART_OF_FILE)
        t->range = http_range_follow(t->app, f, &key, &range, t->state->ts_us);
}

/* A body, or a piece of one, that is a single file. data.p is NULL for a gap. */
static void add_single(struct http_tx *t, enum direction dir, struct bytes data)
{
    struct http_body_file *b = &t->file[dir];
    struct bytes name;
    if (!b->opened && is_file(t, dir)) {
        b->opened = true;
        if (name_of(t, dir, &name))
            b->file = http_file_open(t, dir, name, 0);
        if (dir == TO_CLIENT)
            begin_range(t, b->file, name);
    }
    if (data.p)
        app_file_data(t->app, b->file, data);
    else
        app_file_gap(b->file, data.len);
    if (dir == TO_CLIENT)
        http_range_data(t->app, t->range, data);
}

static void close_files(struct http_tx *t, enum direction dir, enum app_file_state state)
{
    if (dir == TO_SERVER && t->multipart)
        http_multipart_end(t);
    app_file_close(t->app, t->file[dir].file, state);
    t->file[dir].file = NULL;
    if (dir == TO_CLIENT) {
        http_range_end(t->app, t->range, &t->tx);
        t->range = NULL;
    }
}

static uint64_t limit_of(const struct http_tx *t, enum direction dir)
{
    bool wanted = app_file_is_wanted(t->app, NULL);
    for (const struct app_file *f = t->tx.files[dir]; f && !wanted; f = f->next)
        wanted = f->state == APP_FILE_OPEN && app_file_is_wanted(t->app, f);
    return wanted ? UINT64_MAX : app_options(t->app)->body_cap_bytes;
}

void http_file_data(struct http_tx *t, enum direction dir, struct bytes data)
{
    uint64_t limit = limit_of(t, dir), before = t->body_bytes[dir];
    uint64_t room = before < limit ? limit - before : 0;
    struct bytes within = {data.p, data.len < room ? data.len : (size_t)room};
    if (within.len > 0) {
        if (dir == TO_SERVER && before == 0)
            http_multipart_begin(t);
        if (dir == TO_SERVER && t->multipart)
            http_multipart_data(t, within);
        else
            add_single(t, dir, within);
    }
    if (within.len < data.len)
        close_files(t, dir, APP_FILE_TRUNCATED);
}

void http_file_end(struct http_tx *t, enum direction dir)
{
    close_files(t, dir, APP_FILE_CLOSED);
}
