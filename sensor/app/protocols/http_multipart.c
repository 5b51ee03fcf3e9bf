/* http_multipart.c - finds the files of a multipart/form-data upload (RFC 7578, RFC 2046 5.1).
 *
 * Reads the kept request body as it grows and notes where each part with a file name lies. Each
 * byte is looked at a bounded number of times: a search resumes where the last one ended. */
#include "sensor/app/protocols/http_state.h"

#define PART_HEADER_CAP 4096u
#define BOUNDARY_MAX    200

/* The boundary parameter of a Content-Type value, without quotes. */
static struct bytes boundary_of(struct bytes type)
{
    struct bytes name = BYTES_LIT("boundary=");
    for (size_t i = 0; i + name.len <= type.len; i++) {
        if (!bytes_ieq(bytes_slice(type, i, name.len), name))
            continue;
        struct bytes v = bytes_slice(type, i + name.len, SIZE_MAX);
        bool quoted = v.len > 0 && v.p[0] == '"';
        if (quoted)
            v = bytes_slice(v, 1, SIZE_MAX);
        size_t end = 0;
        while (end < v.len && v.p[end] != (quoted ? '"' : ';'))
            end++;
        while (end > 0 && !quoted && (v.p[end - 1] == ' ' || v.p[end - 1] == '\t'))
            end--;
        return bytes_slice(v, 0, end);
    }
    return (struct bytes){0};
}

/* First body bytes: is it an upload at all, and which boundary divides it? */
static struct http_multipart *look(struct http_tx *t)
{
    int method = t->htp->request_method_number;
    struct bytes type, boundary;
    if (method != HTP_M_POST && method != HTP_M_PUT)
        return NULL;
    struct http_multipart *m = app_alloc(t->app, sizeof *m);
    if (method == HTP_M_PUT || !http_header(t, TO_SERVER, "content-type", &type))
        return m;
    boundary = boundary_of(type);
    if (boundary.len == 0)
        return m;
    m->is_multipart = true;
    if (boundary.len >= BOUNDARY_MAX) {
        app_tx_event(&t->tx, HTTP_MULTIPART_GENERIC_ERROR);
        m->over = true;
        return m;
    }
    memcpy(m->boundary, "--", 2);
    memcpy(m->boundary + 2, boundary.p, boundary.len);
    m->boundary_len = (uint8_t)(boundary.len + 2);
    return m;
}

static bool has_filename(struct bytes header)
{
    struct bytes name = BYTES_LIT("filename=");
    for (size_t i = 0; i + name.len <= header.len; i++)
        if (bytes_ieq(bytes_slice(header, i, name.len), name))
            return true;
    return false;
}

/* Every header line needs a colon with a value behind it. */
static void check_header(struct http_tx *t, struct bytes header)
{
    while (header.len > 0) {
        ptrdiff_t end = bytes_find(header, BYTES_LIT("\r\n"));
        struct bytes line = bytes_slice(header, 0, end < 0 ? header.len : (size_t)end);
        ptrdiff_t colon = bytes_find(line, BYTES_LIT(":"));
        if (line.len > 0 && (colon < 0 || (size_t)colon + 1 == line.len))
            app_tx_event(&t->tx, HTTP_MULTIPART_INVALID_HEADER);
        header = bytes_slice(header, line.len + 2, SIZE_MAX);
    }
}

/* At a part's header. False until the empty line after it is there. */
static bool read_part_header(struct http_tx *t, struct http_multipart *m, struct bytes rest)
{
    ptrdiff_t end = bytes_find(bytes_slice(rest, 0, PART_HEADER_CAP), BYTES_LIT("\r\n\r\n"));
    if (end < 0) {
        if (rest.len >= PART_HEADER_CAP) {
            app_tx_event(&t->tx, HTTP_MULTIPART_GENERIC_ERROR);
            m->over = true;
        }
        return false;
    }
    struct bytes header = bytes_slice(rest, 0, (size_t)end);
    check_header(t, header);
    m->part_is_file = has_filename(header);
    m->in_part = true;
    m->at += (uint32_t)end + 4;
    if (m->part_is_file && m->count < HTTP_PARTS_MAX)
        m->parts[m->count++] = (struct http_part){.from = m->at};
    else
        m->part_is_file = false;
    return true;
}

static void close_part(struct http_tx *t, struct http_multipart *m, uint32_t end)
{
    m->in_part = false;
    if (!m->part_is_file)
        return;
    struct http_part *part = &m->parts[m->count - 1];
    if (end <= part->from) {
        app_tx_event(&t->tx, HTTP_MULTIPART_NO_FILEDATA);
        m->count--;
        return;
    }
    part->to = end;
}

/* Looks for the next boundary. False when there is none yet; then all but a tail that could be the
 * start of one was read. */
static bool read_to_boundary(struct http_tx *t, struct http_multipart *m, struct bytes rest)
{
    ptrdiff_t found = bytes_find(rest, bytes_of(m->boundary, m->boundary_len));
    if (found < 0) {
        size_t tail = (size_t)m->boundary_len + 1;
        if (rest.len > tail)
            m->at += (uint32_t)(rest.len - tail);
        return false;
    }
    struct bytes after = bytes_slice(rest, (size_t)found + m->boundary_len, 2);
    if (after.len < 2) {
        size_t back = found > 2 ? (size_t)found - 2 : 0;
        m->at += (uint32_t)back;
        return false;
    }
    const uint8_t *body = t->body[TO_SERVER].p;
    uint32_t end = m->at + (uint32_t)found;
    if (m->in_part) {
        uint32_t data_end = end >= 2 && memcmp(body + end - 2, "\r\n", 2) == 0 ? end - 2 : end;
        close_part(t, m, data_end);
    }
    m->at = end + m->boundary_len + 2;
    if (memcmp(after.p, "--", 2) == 0)
        m->over = true;
    return true;
}

void http_multipart_scan(struct http_tx *t)
{
    if (!t->multipart)
        t->multipart = look(t);
    struct http_multipart *m = t->multipart;
    if (!m || !m->is_multipart)
        return;
    bool header_next = m->in_header;
    for (bool moved = true; moved && !m->over;) {
        struct bytes rest = bytes_slice(app_text_bytes(&t->body[TO_SERVER]), m->at, SIZE_MAX);
        if (header_next) {
            moved = read_part_header(t, m, rest);
            header_next = !moved;
        } else {
            moved = read_to_boundary(t, m, rest);
            header_next = moved;
        }
    }
    m->in_header = header_next;
}
