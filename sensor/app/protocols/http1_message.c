/* http1_message.c - the two texts of a message. */
#include "sensor/app/protocols/http1.h"

bool http1_make(struct app *a, struct http1_message *m, struct bytes b)
{
    app_text_add(a, &m->made, b, HTTP1_HEAD_CAP);
    return !m->made.cut;
}

struct http1_span http1_made_copy(struct app *a, struct http1_message *m, struct http1_span s)
{
    struct http1_span copy = {.at = m->made.len, .there = true, .made = true};
    if (s.made) { /* what is copied may move while it is */
        struct app_text text = {0};
        app_text_add(a, &text, http1_bytes(m, s), HTTP1_HEAD_CAP);
        http1_make(a, m, app_text_bytes(&text));
        app_text_free(a, &text);
    } else {
        http1_make(a, m, http1_bytes(m, s));
    }
    copy.len = m->made.len - copy.at;
    return copy;
}

struct http1_span http1_made_last(struct app *a, struct http1_message *m, struct http1_span s)
{
    return s.made && s.at + s.len == m->made.len ? s : http1_made_copy(a, m, s);
}

void http1_clear_headers(struct http1_message *m)
{
    m->count = 0;
    m->nul_names = false;
    memset(m->known, 0, sizeof m->known);
}

void http1_message_free(struct app *a, struct http1_message *m)
{
    app_text_free(a, &m->text);
    app_text_free(a, &m->made);
    app_dealloc(a, m->headers, m->cap * sizeof *m->headers);
    *m = (struct http1_message){0};
}

struct http1_span http1_chomp(const struct http1_message *m, struct http1_span s)
{
    struct bytes b = http1_bytes(m, s);
    while (b.len > 0 && (b.p[b.len - 1] == '\n' || b.p[b.len - 1] == '\r'))
        b.len--;
    s.len = (uint32_t)b.len;
    return s;
}

/* ---- headers ---- */

#define NAME_OF(ID, name) BYTES_LIT(name),
static const struct bytes names[] = {HTTP1_NAMES(NAME_OF)};

static enum http1_name among(struct bytes name, enum http1_name first, enum http1_name last)
{
    for (enum http1_name id = first; id <= last; id++)
        if (bytes_ieq(name, names[id]))
            return id;
    return HTTP1_OTHER;
}

enum http1_name http1_name_of(struct bytes name)
{
    switch (name.len) {
    case 4:
        return among(name, HTTP1_HOST, HTTP1_HOST);
    case 6:
        return among(name, HTTP1_ACCEPT, HTTP1_SERVER);
    case 7:
        return among(name, HTTP1_REFERER, HTTP1_UPGRADE);
    case 8:
        return among(name, HTTP1_LOCATION, HTTP1_LOCATION);
    case 10:
        return among(name, HTTP1_CONNECTION, HTTP1_USER_AGENT);
    case 12:
        return among(name, HTTP1_CONTENT_TYPE, HTTP1_CONTENT_TYPE);
    case 13:
        return among(name, HTTP1_AUTHORIZATION, HTTP1_CONTENT_RANGE);
    case 14:
        return among(name, HTTP1_CONTENT_LENGTH, HTTP1_CONTENT_LENGTH);
    case 15:
        return among(name, HTTP1_ACCEPT_ENCODING, HTTP1_X_FORWARDED_FOR);
    case 16:
        return among(name, HTTP1_CONTENT_ENCODING, HTTP1_CONTENT_ENCODING);
    case 17:
        return among(name, HTTP1_TRANSFER_ENCODING, HTTP1_TRANSFER_ENCODING);
    case 19:
        return among(name, HTTP1_CONTENT_DISPOSITION, HTTP1_CONTENT_DISPOSITION);
    case 24:
        return among(name, HTTP1_SEC_WEBSOCKET_EXTENSIONS, HTTP1_SEC_WEBSOCKET_EXTENSIONS);
    default:
        return HTTP1_OTHER;
    }
}

struct http1_header *http1_new_header(struct app *a, struct http1_message *m)
{
    if (m->count == m->cap) {
        uint16_t cap = m->cap ? (uint16_t)(2 * m->cap) : 16;
        m->headers =
            app_realloc(a, m->headers, m->cap * sizeof *m->headers, cap * sizeof *m->headers);
        m->cap = cap;
    }
    return &m->headers[m->count];
}
