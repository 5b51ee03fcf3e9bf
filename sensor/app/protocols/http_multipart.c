/* http_multipart.c - finds the files of a multipart/form-data upload (RFC 7578, RFC 2046 5.1).
 *
 * Reads the body as it comes. What cannot be decided yet waits: an unfinished header line, or an
 * end that could be the start of a boundary; so each byte is looked at a bounded number of times.
 */
#include "sensor/app/protocols/http_state.h"

#define LINE_CAP      4096u
#define BOUNDARY_MAX  200
#define PART_NAME_MAX 1024u
#define PIECE_MAX     8192u

enum part { CONTENT, DELIMITER, HEADER, OVER };

struct http_multipart {
    struct app_text boundary; /* a line end, two dashes, what Content-Type says */
    struct app_text held;     /* read, not decided */
    struct app_text name;     /* of the part */
    struct app_file *file;    /* of the part, once it has content */
    enum part part;           /* what stands before the first boundary is content of no name */
    bool named, empty, at_start;
};

void http_multipart_begin(struct http_tx *t)
{
    struct bytes type, boundary;
    if (t->multipart || t->method_id != HTTP_M_POST ||
        !http_header(t, TO_SERVER, HTTP1_CONTENT_TYPE, &type))
        return;
    boundary = http_parameter(type, BYTES_LIT("boundary="));
    if (boundary.len == 0 || bytes_find(boundary, BYTES_LIT("\n")) >= 0)
        return;
    struct http_multipart *m = t->multipart = app_alloc(t->app, sizeof *m);
    if (boundary.len >= BOUNDARY_MAX) {
        app_tx_event(&t->tx, HTTP_MULTIPART_GENERIC_ERROR);
        m->part = OVER;
        return;
    }
    m->at_start = true;
    app_text_add(t->app, &m->boundary, BYTES_LIT("\n--"), BOUNDARY_MAX + 3);
    app_text_add(t->app, &m->boundary, boundary, BOUNDARY_MAX + 3);
}

void http_multipart_free(struct app *a, struct http_multipart *m)
{
    if (!m)
        return;
    app_text_free(a, &m->boundary);
    app_text_free(a, &m->held);
    app_text_free(a, &m->name);
    app_dealloc(a, m, sizeof *m);
}

static void close_part(struct http_tx *t, struct http_multipart *m, enum app_file_state state)
{
    if (m->named && m->empty)
        app_tx_event(&t->tx, HTTP_MULTIPART_NO_FILEDATA);
    app_file_close(t->app, m->file, state);
    m->file = NULL;
    m->named = false;
    app_text_free(t->app, &m->name);
}

/* One line of a part's header: every one needs a colon with a value behind it. */
static void read_header_line(struct http_tx *t, struct http_multipart *m, struct bytes line)
{
    static const char disposition[] = "content-disposition:";
    ptrdiff_t colon = bytes_find(line, BYTES_LIT(":"));
    if (colon < 0 || (size_t)colon + 1 == line.len) {
        app_tx_event(&t->tx, HTTP_MULTIPART_INVALID_HEADER);
        return;
    }
    if (!bytes_ieq(bytes_slice(line, 0, (size_t)colon + 1), bytes_str(disposition)))
        return;
    struct bytes name =
        http_parameter(bytes_slice(line, (size_t)colon + 1, SIZE_MAX), BYTES_LIT("filename="));
    if (name.len == 0)
        return;
    m->named = true;
    m->name.len = 0;
    app_text_add(t->app, &m->name, name, PART_NAME_MAX);
}

/* The line that rest begins with, without its end. False while it is not complete; a line without
 * end ends the search. */
static bool take_line(struct http_tx *t, struct http_multipart *m, struct bytes rest,
                      struct bytes *line, size_t *used)
{
    ptrdiff_t end = bytes_find(bytes_slice(rest, 0, LINE_CAP), BYTES_LIT("\n"));
    if (end < 0) {
        if (rest.len >= LINE_CAP) {
            app_tx_event(&t->tx, HTTP_MULTIPART_GENERIC_ERROR);
            m->part = OVER;
        }
        return false;
    }
    *used = (size_t)end + 1;
    *line = bytes_slice(rest, 0, (size_t)end);
    if (line->len > 0 && line->p[line->len - 1] == '\r')
        line->len--;
    return true;
}

/* ---- what each part of the body does with what is left of it: bytes used, 0 for more ---- */

static size_t read_delimiter(struct http_tx *t, struct http_multipart *m, struct bytes rest)
{
    struct bytes line;
    size_t used = 0;
    if (rest.len >= 2 && memcmp(rest.p, "--", 2) == 0)
        m->part = OVER;
    else if (take_line(t, m, rest, &line, &used))
        m->part = HEADER;
    return used;
}

static size_t read_header(struct http_tx *t, struct http_multipart *m, struct bytes rest)
{
    struct bytes line;
    size_t used = 0;
    if (!take_line(t, m, rest, &line, &used))
        return 0;
    if (line.len > 0) {
        read_header_line(t, m, line);
    } else {
        m->part = CONTENT;
        m->empty = m->at_start = true;
    }
    return used;
}

static void add_content(struct http_tx *t, struct http_multipart *m, struct bytes data)
{
    if (data.len == 0)
        return;
    m->empty = false;
    if (!m->named)
        return;
    if (!m->file)
        m->file = http_file_open(t, TO_SERVER, app_text_bytes(&m->name), APP_FILE_KEEP);
    app_file_data(t->app, m->file, data);
}

/* Length of the end of b that could become a boundary with the line end before it. */
static size_t tail_len(struct bytes b, struct bytes boundary)
{
    size_t most = b.len < boundary.len ? b.len : boundary.len, from = b.len - most;
    const uint8_t *line = most ? memrchr(b.p + from, '\n', most) : NULL;
    if (!line || !bytes_starts(boundary, bytes_slice(b, (size_t)(line - b.p), SIZE_MAX)))
        return b.len > 0 && b.p[b.len - 1] == '\r' ? 1 : 0;
    size_t n = (size_t)(b.p + b.len - line);
    return n < b.len && line[-1] == '\r' ? n + 1 : n;
}

/* Content that begins with a boundary needs no line end before it. */
static size_t read_start(struct http_tx *t, struct http_multipart *m, struct bytes rest)
{
    struct bytes first = bytes_slice(app_text_bytes(&m->boundary), 1, SIZE_MAX);
    if (bytes_starts(rest, first)) {
        close_part(t, m, APP_FILE_CLOSED);
        m->part = DELIMITER;
        return first.len;
    }
    m->at_start = bytes_starts(first, rest); /* not long enough to tell */
    return 0;
}

static size_t read_content(struct http_tx *t, struct http_multipart *m, struct bytes rest)
{
    struct bytes boundary = app_text_bytes(&m->boundary);
    if (m->at_start) {
        size_t used = read_start(t, m, rest);
        if (used || m->at_start)
            return used;
    }
    ptrdiff_t found = bytes_find(rest, boundary);
    if (found < 0) {
        size_t sure = rest.len - tail_len(rest, boundary);
        add_content(t, m, bytes_slice(rest, 0, sure));
        return sure;
    }
    size_t end = (size_t)found;
    add_content(t, m, bytes_slice(rest, 0, end > 0 && rest.p[end - 1] == '\r' ? end - 1 : end));
    close_part(t, m, APP_FILE_CLOSED);
    m->part = DELIMITER;
    return end + boundary.len;
}

static void read_held(struct http_tx *t, struct http_multipart *m)
{
    size_t at = 0, used = 1;
    while (used && m->part != OVER) {
        struct bytes rest = bytes_slice(app_text_bytes(&m->held), at, SIZE_MAX);
        used = m->part == CONTENT     ? read_content(t, m, rest)
               : m->part == DELIMITER ? read_delimiter(t, m, rest)
                                      : read_header(t, m, rest);
        at += used;
    }
    m->held.len -= (uint32_t)at;
    memmove(m->held.p, m->held.p + at, m->held.len);
    if (m->part == OVER)
        m->held.len = 0;
}

/* What waited to be part of a boundary is content after all. */
static void flush_held(struct http_tx *t, struct http_multipart *m)
{
    if (m->part == CONTENT)
        add_content(t, m, app_text_bytes(&m->held));
    m->held.len = 0;
}

void http_multipart_data(struct http_tx *t, struct bytes data)
{
    struct http_multipart *m = t->multipart;
    if (m->part != OVER && !data.p) {
        flush_held(t, m);
        app_file_gap(m->file, data.len);
        m->part = CONTENT; /* in a header: of a part without a name */
        m->at_start = false;
        return;
    }
    for (size_t at = 0; at < data.len && m->part != OVER; at += PIECE_MAX) {
        app_text_add(t->app, &m->held, bytes_slice(data, at, PIECE_MAX), PIECE_MAX + 2 * LINE_CAP);
        read_held(t, m);
    }
}

void http_multipart_end(struct http_tx *t)
{
    struct http_multipart *m = t->multipart;
    flush_held(t, m);
    close_part(t, m, APP_FILE_TRUNCATED); /* the end of each part is a boundary */
    m->part = OVER;
}
