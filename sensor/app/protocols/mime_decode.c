/* mime_decode.c - undoes base64 and quoted-printable (RFC 2045 6.7, 6.8) and finds URLs in text. */
#include "common/text.h"
#include "sensor/app/protocols/mime_state.h"
#include <ctype.h>

/* ---- URLs ---- */

static bool ends_url(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '"' || c == '\'' || c == '<' || c == '>' || c == ']' ||
           c == 0;
}

/* Each URL of a part is kept once. */
static bool is_known(struct bytes urls, struct bytes url)
{
    while (urls.len > 0) {
        const uint8_t *end = memchr(urls.p, '\n', urls.len);
        size_t n = end ? (size_t)(end - urls.p) : urls.len;
        if (bytes_ieq(bytes_slice(urls, 0, n), url))
            return true;
        urls = bytes_slice(urls, n + 1, SIZE_MAX);
    }
    return false;
}

/* In lower case, the latest of a part first, as Suricata lists them. */
static void keep_url(struct mime *m, unsigned scheme, struct bytes url)
{
    struct app_text *t = &m->urls[scheme];
    uint32_t from = m->part_urls[scheme], n = (uint32_t)url.len + 1;
    if (url.len == 0 || t->len + n > MIME_NAMES_CAP ||
        is_known(bytes_slice(app_text_bytes(t), from, SIZE_MAX), url))
        return;
    app_text_add(m->app, t, url, MIME_NAMES_CAP); /* makes room */
    app_text_add(m->app, t, BYTES_LIT("\n"), MIME_NAMES_CAP);
    memmove(t->p + from + n, t->p + from, t->len - n - from);
    for (size_t i = 0; i < url.len; i++)
        t->p[from + i] = (uint8_t)tolower(url.p[i]);
    t->p[from + url.len] = '\n';
}

static int scheme_before(struct bytes line, size_t at)
{
    static const char *const schemes[MIME_SCHEMES] = {"http", "https", "ftp"};
    for (int i = 0; i < MIME_SCHEMES; i++) {
        size_t n = strlen(schemes[i]);
        if (at >= n && bytes_ieq(bytes_slice(line, at - n, n), bytes_str(schemes[i])))
            return i;
    }
    return -1;
}

static void find_urls(struct mime *m, struct bytes line)
{
    for (ptrdiff_t at; (at = bytes_find(line, BYTES_LIT("://"))) >= 0;) {
        int scheme = scheme_before(line, (size_t)at);
        size_t len = 0;
        line = bytes_slice(line, (size_t)at + 3, SIZE_MAX);
        while (len < line.len && !ends_url(line.p[len]))
            len++;
        if (scheme < 0)
            continue;
        keep_url(m, (unsigned)scheme, bytes_slice(line, 0, len));
        line = bytes_slice(line, len, SIZE_MAX);
    }
}

/* ---- decoded bytes ---- */

static void hand_on(struct mime *m)
{
    struct bytes data = bytes_of(m->chunk, m->chunk_len);
    struct line line;
    if (m->attachment)
        app_file_data(m->app, m->file, data);
    else if (m->scan_urls)
        while (lines_next(&m->text, m->app, &data, MIME_TEXT_LINE_MAX, &line))
            find_urls(m, line.text);
    m->chunk_len = 0;
}

static void put(struct mime *m, struct bytes data)
{
    while (data.len > 0) {
        struct bytes piece = bytes_slice(data, 0, MIME_CHUNK - m->chunk_len);
        memcpy(m->chunk + m->chunk_len, piece.p, piece.len);
        m->chunk_len += (uint32_t)piece.len;
        if (m->chunk_len == MIME_CHUNK)
            hand_on(m);
        data = bytes_slice(data, piece.len, SIZE_MAX);
    }
}

/* Two characters give one byte, three give two. */
static void flush_quad(struct mime *m)
{
    uint8_t q[4] = {0}, out[3];
    memcpy(q, m->quad, m->quad_len);
    out[0] = (uint8_t)(q[0] << 2 | q[1] >> 4);
    out[1] = (uint8_t)(q[1] << 4 | q[2] >> 2);
    out[2] = (uint8_t)(q[2] << 6 | q[3]);
    if (m->quad_len > 1)
        put(m, bytes_of(out, m->quad_len - 1u));
    m->quad_len = 0;
}

/* What is outside of the alphabet is passed over, as RFC 2045 wants it; it is still odd. */
static void undo_base64_one(struct mime *m, uint8_t c)
{
    int value = text_base64_digit(c);
    if (value >= 0) {
        m->quad[m->quad_len++] = (uint8_t)value;
        if (m->quad_len == 4)
            flush_quad(m);
    } else if (c == '=') {
        flush_quad(m);
    } else if (!isspace(c)) {
        mime_event(m, MIME_INVALID_BASE64);
    }
}

static void undo_base64(struct mime *m, struct bytes text)
{
    while (text.len > 0) {
        if (m->quad_len == 0) {
            size_t quads =
                text_base64_quads(text, (MIME_CHUNK - m->chunk_len) / 3, m->chunk + m->chunk_len);
            m->chunk_len += (uint32_t)quads * 3;
            text = bytes_slice(text, quads * 4, SIZE_MAX);
            if (m->chunk_len == MIME_CHUNK)
                hand_on(m);
        }
        if (text.len > 0)
            undo_base64_one(m, text.p[0]);
        text = bytes_slice(text, 1, SIZE_MAX);
    }
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void take_escaped(struct mime *m, uint8_t c)
{
    if (hex_value(c) < 0) {
        mime_event(m, MIME_INVALID_QP);
        m->escape_len = 0;
        put(m, bytes_of(&c, 1));
        return;
    }
    if (m->escape_len == 1) {
        m->escape[m->escape_len++] = c;
        return;
    }
    uint8_t byte = (uint8_t)(hex_value(m->escape[1]) << 4 | hex_value(c));
    m->escape_len = 0;
    put(m, bytes_of(&byte, 1));
}

/* The end of a line belongs to the boundary that follows it, RFC 2046 5.1.1: it waits. */
static void put_ending(struct mime *m)
{
    put(m, bytes_of(m->ending, m->ending_len));
    m->ending_len = 0;
}

static void keep_ending(struct mime *m, struct bytes ending)
{
    if (ending.len > 0)
        memcpy(m->ending, ending.p, ending.len);
    m->ending_len = (uint8_t)ending.len;
}

/* A '=' at the end of a line takes the line's end away. */
static void undo_quoted(struct mime *m, const struct line *l)
{
    for (size_t i = 0; i < l->text.len; i++) {
        if (m->escape_len > 0)
            take_escaped(m, l->text.p[i]);
        else if (l->text.p[i] == '=')
            m->escape[m->escape_len++] = '=';
        else
            put(m, bytes_slice(l->text, i, 1));
    }
    if (!l->end)
        return;
    if (m->escape_len == 0 && l->ending.len > 0)
        keep_ending(m, BYTES_LIT("\r\n"));
    else if (m->escape_len > 1)
        mime_event(m, MIME_INVALID_QP);
    m->escape_len = 0;
}

void mime_body_line(struct mime *m, const struct line *l)
{
    if (m->encoding != MIME_PLAIN && m->line_len > MIME_ENCODED_MAX)
        mime_event(m, MIME_LONG_ENC_LINE);
    put_ending(m);
    if (m->encoding == MIME_BASE64) {
        undo_base64(m, l->text);
    } else if (m->encoding == MIME_QUOTED) {
        undo_quoted(m, l);
    } else {
        put(m, l->text);
        if (l->end)
            keep_ending(m, l->ending);
    }
}

void mime_body_finish(struct mime *m)
{
    struct line line;
    flush_quad(m);
    m->escape_len = m->ending_len = 0;
    hand_on(m);
    if (m->scan_urls && !m->attachment && lines_finish(&m->text, &line))
        find_urls(m, line.text);
    lines_release(&m->text, m->app);
    m->text = (struct lines){0};
    for (unsigned i = 0; i < MIME_SCHEMES; i++)
        m->part_urls[i] = m->urls[i].len;
}
