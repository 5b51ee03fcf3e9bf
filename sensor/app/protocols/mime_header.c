/* mime_header.c - the header lines of a message or a part, and parameters in their values. */
#include "sensor/app/protocols/mime_state.h"
#include <ctype.h>

static const char *const names[MIME_FIELD_COUNT] = {
    [MIME_FROM] = "from",
    [MIME_TO] = "to",
    [MIME_CC] = "cc",
    [MIME_BCC] = "bcc",
    [MIME_MESSAGE_ID] = "message-id",
    [MIME_SUBJECT] = "subject",
    [MIME_X_MAILER] = "x-mailer",
    [MIME_USER_AGENT] = "user-agent",
    [MIME_TYPE] = "content-type",
    [MIME_DISPOSITION] = "content-disposition",
    [MIME_ENCODING] = "content-transfer-encoding",
};

/* Length of the name that the line begins with: printable characters up to a colon; 0 for none. */
static size_t name_len(struct bytes line)
{
    size_t n = 0;
    while (n < line.len && line.p[n] >= 33 && line.p[n] <= 126 && line.p[n] != ':')
        n++;
    return n < line.len && line.p[n] == ':' ? n : 0;
}

static enum mime_field field_of(struct bytes name)
{
    for (unsigned i = 0; i < MIME_FIELD_COUNT; i++)
        if (bytes_ieq(name, bytes_str(names[i])))
            return (enum mime_field)i;
    return MIME_OTHER;
}

static void add_value(struct mime *m, struct bytes text)
{
    if (m->value.len + text.len > MIME_VALUE_MAX)
        mime_event(m, MIME_LONG_HEADER_VALUE);
    app_text_add(m->app, &m->value, text, MIME_VALUE_MAX);
}

/* The header that was read so far is complete. Of several with one name the last one counts, and of
 * messages within the message only what describes their parts. */
void mime_header_finish(struct mime *m)
{
    bool wanted = m->field < MIME_MESSAGE_FIELDS ? m->depth == 1 : m->field < MIME_FIELD_COUNT;
    if (m->has_field && wanted) {
        struct app_text old = m->fields[m->field];
        m->fields[m->field] = m->value;
        m->present[m->field] = true;
        m->value = old;
    }
    m->value.len = 0;
    m->has_field = false;
}

static void begin_header(struct mime *m, struct bytes line, size_t name)
{
    mime_header_finish(m);
    if (name > MIME_HEADER_NAME_MAX)
        mime_event(m, MIME_LONG_HEADER_NAME);
    m->field = (uint8_t)field_of(bytes_slice(line, 0, name));
    m->has_field = true;
    m->status = MIME_HEADER_STARTED;
    struct bytes value = bytes_slice(line, name + 1, SIZE_MAX);
    while (value.len > 0 && value.p[0] == ' ')
        value = bytes_slice(value, 1, SIZE_MAX);
    add_value(m, value);
}

void mime_header_line(struct mime *m, const struct line *l)
{
    size_t name = l->start ? name_len(l->text) : 0;
    if (name > 0) {
        begin_header(m, l->text, name);
    } else if (l->start && l->text.len == 0) {
        mime_header_finish(m);
        m->status = MIME_HEADER_DONE;
    } else if (m->status == MIME_HEADER_STARTED) {
        add_value(m, l->text);
    } else { /* a body that has no header */
        m->status = MIME_BODY_STARTED;
    }
}

/* ---- parameters ---- */

/* One parameter: up to a ';' outside of quotes. */
static struct bytes take_parameter(struct bytes *value)
{
    bool quoted = false;
    size_t n = 0;
    for (; n < value->len && (quoted || value->p[n] != ';'); n++) {
        if (value->p[n] == '\\' && quoted && n + 1 < value->len)
            n++;
        else if (value->p[n] == '"')
            quoted = !quoted;
    }
    struct bytes one = bytes_slice(*value, 0, n);
    *value = bytes_slice(*value, n + 1, SIZE_MAX);
    return one;
}

static struct bytes trimmed(struct bytes b)
{
    while (b.len > 0 && isspace(b.p[0]))
        b = bytes_slice(b, 1, SIZE_MAX);
    while (b.len > 0 && isspace(b.p[b.len - 1]))
        b.len--;
    return b;
}

struct parameter {
    struct bytes text;
    bool quoted, extended; /* RFC 2231: percent-encoded */
};

/* Whether one is "name=", or with section >= 0 "name*section=", each perhaps with a '*' behind. */
static bool is_parameter(struct bytes one, const char *name, int section, struct parameter *out)
{
    char want[64];
    int n = section < 0 ? snprintf(want, sizeof want, "%s", name)
                        : snprintf(want, sizeof want, "%s*%d", name, section);
    ptrdiff_t equals = bytes_find(one, BYTES_LIT("="));
    if (equals < 0)
        return false;
    struct bytes key = trimmed(bytes_slice(one, 0, (size_t)equals));
    *out = (struct parameter){.text = trimmed(bytes_slice(one, (size_t)equals + 1, SIZE_MAX))};
    if (key.len == (size_t)n + 1 && key.p[n] == '*') {
        out->extended = true;
        key.len--;
    }
    if (out->text.len > 0 && out->text.p[0] == '"') {
        out->quoted = true;
        out->text = bytes_slice(out->text, 1, SIZE_MAX);
        if (out->text.len > 0 && out->text.p[out->text.len - 1] == '"')
            out->text.len--;
    }
    return bytes_ieq(key, bytes_of(want, (size_t)n));
}

static bool find_parameter(struct bytes value, const char *name, int section, struct parameter *out)
{
    while (value.len > 0)
        if (is_parameter(take_parameter(&value), name, section, out))
            return true;
    return false;
}

struct name_buffer {
    uint8_t *out;
    size_t cap, len;
    bool cut;
};

static void put_byte(struct name_buffer *b, uint8_t c)
{
    if (b->len == b->cap)
        b->cut = true;
    else
        b->out[b->len++] = c;
}

static int hex_digit(uint8_t c)
{
    return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

static void put_parameter(struct name_buffer *b, struct parameter p, bool first)
{
    if (p.extended && first) /* charset'language'text */
        for (unsigned i = 0; i < 2; i++) {
            ptrdiff_t quote = bytes_find(p.text, BYTES_LIT("'"));
            p.text = bytes_slice(p.text, (size_t)(quote + 1), SIZE_MAX);
        }
    for (size_t i = 0; i < p.text.len; i++) {
        if (p.quoted && p.text.p[i] == '\\' && i + 1 < p.text.len) {
            put_byte(b, p.text.p[++i]);
        } else if (p.extended && p.text.p[i] == '%' && i + 2 < p.text.len &&
                   hex_digit(p.text.p[i + 1]) >= 0 && hex_digit(p.text.p[i + 2]) >= 0) {
            put_byte(b, (uint8_t)(hex_digit(p.text.p[i + 1]) << 4 | hex_digit(p.text.p[i + 2])));
            i += 2;
        } else {
            put_byte(b, p.text.p[i]);
        }
    }
}

bool mime_parameter(struct bytes value, const char *name, uint8_t *out, size_t cap, size_t *len,
                    bool *cut)
{
    struct name_buffer b = {.out = out, .cap = cap};
    struct parameter p;
    bool found = find_parameter(value, name, -1, &p);
    if (found)
        put_parameter(&b, p, true);
    for (int section = 0; !found || section > 0; section++) { /* a value is 2000 bytes at most */
        if (!find_parameter(value, name, section, &p))
            break;
        put_parameter(&b, p, section == 0);
        found = true;
        if (b.cut)
            break;
    }
    *len = b.len;
    *cut = b.cut;
    return found;
}
