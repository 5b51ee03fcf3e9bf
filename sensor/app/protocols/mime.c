/* mime.c - the parts of a mail message: where they begin and end, and what they are. */
#include "sensor/app/protocols/mime_state.h"

struct mime *mime_new(struct app *a, struct app_tx *tx, enum direction dir, uint16_t first_event)
{
    struct mime *m = app_alloc(a, sizeof *m);
    m->app = a;
    m->tx = tx;
    m->dir = (uint8_t)dir;
    m->first_event = first_event;
    m->status = MIME_HEADER_READY;
    m->depth = 1;
    m->body_md5 = EVP_MD_CTX_new();
    ASSERT(m->body_md5 && EVP_DigestInit_ex(m->body_md5, EVP_md5(), NULL) == 1);
    return m;
}

void mime_free(struct app *a, struct mime *m)
{
    if (!m)
        return;
    EVP_MD_CTX_free(m->body_md5);
    for (unsigned i = 0; i < MIME_FIELD_COUNT; i++)
        app_text_free(a, &m->fields[i]);
    app_text_free(a, &m->value);
    app_text_free(a, &m->attachments);
    for (unsigned i = 0; i < MIME_SCHEMES; i++)
        app_text_free(a, &m->urls[i]);
    lines_release(&m->lines, a);
    lines_release(&m->text, a);
    app_dealloc(a, m, sizeof *m);
}

static void fail(struct mime *m)
{
    mime_event(m, MIME_PARSE_FAILED);
    m->status = MIME_PARSE_ERROR;
}

/* ---- what a part is ---- */

static struct bytes field(const struct mime *m, enum mime_field f)
{
    return m->present[f] ? app_text_bytes(&m->fields[f]) : (struct bytes){0};
}

static bool holds(struct bytes value, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= value.len; i++)
        if (strncasecmp((const char *)value.p + i, word, n) == 0)
            return true;
    return false;
}

static bool type_is(const struct mime *m, const char *word)
{
    struct bytes type = field(m, MIME_TYPE);
    size_t n = 0;
    while (n < type.len && !strchr(" \r\n;", type.p[n]))
        n++;
    return holds(bytes_slice(type, 0, n), word);
}

static void forget_part(struct mime *m)
{
    for (unsigned i = MIME_MESSAGE_FIELDS; i < MIME_FIELD_COUNT; i++)
        m->present[i] = false;
    m->encoding = MIME_PLAIN;
    m->attachment = m->scan_urls = m->found_child = false;
    m->status = MIME_HEADER_READY;
}

/* Suricata lists what is directly in the message; deeper attachments are files all the same. A
 * message within the message is looked into and is no file itself. */
static void open_attachment(struct mime *m, bool is_message)
{
    uint8_t name[MIME_FILENAME_MAX];
    size_t len;
    bool cut;
    if (!mime_parameter(field(m, MIME_DISPOSITION), "filename", name, sizeof name, &len, &cut) &&
        !mime_parameter(field(m, MIME_TYPE), "name", name, sizeof name, &len, &cut))
        return;
    if (cut)
        mime_event(m, MIME_LONG_FILENAME);
    m->attachment = !is_message;
    if (!is_message)
        m->file = app_file_open(m->app, m->tx, (enum direction)m->dir, bytes_of(name, len),
                                APP_FILE_KEEP);
    if (m->depth == 2 && m->attachments.len + len < MIME_NAMES_CAP) {
        app_text_add(m->app, &m->attachments, bytes_of(name, len), MIME_NAMES_CAP);
        app_text_add(m->app, &m->attachments, BYTES_LIT("\n"), MIME_NAMES_CAP);
    }
}

/* False when the boundary is longer than any that can be looked for. */
static bool find_boundary(struct mime *m)
{
    struct mime_level *level = &m->levels[m->depth - 1];
    uint8_t boundary[MIME_BOUNDARY_MAX];
    size_t len;
    bool cut;
    level->boundary_len = 0;
    if (!mime_parameter(field(m, MIME_TYPE), "boundary", boundary, sizeof boundary, &len, &cut))
        return true;
    if (cut) {
        mime_event(m, MIME_LONG_BOUNDARY);
        return false;
    }
    memcpy(level->boundary, boundary, len);
    level->boundary_len = (uint8_t)len;
    m->found_child = len > 0;
    return true;
}

static bool push_level(struct mime *m)
{
    if (m->depth == MIME_DEPTH_MAX) {
        mime_event(m, MIME_MALFORMED_MSG);
        return false;
    }
    m->levels[m->depth++] = (struct mime_level){0};
    return true;
}

/* The header block is complete. */
static void begin_body(struct mime *m)
{
    struct bytes encoding = field(m, MIME_ENCODING);
    if (holds(encoding, "base64"))
        m->encoding = MIME_BASE64;
    else if (holds(encoding, "quoted-printable"))
        m->encoding = MIME_QUOTED;
    if (!find_boundary(m)) {
        fail(m);
        return;
    }
    bool is_message = type_is(m, "message/rfc822") && m->encoding == MIME_PLAIN;
    open_attachment(m, is_message);
    if (is_message) {
        if (!push_level(m))
            fail(m);
        else
            forget_part(m);
        return;
    }
    m->scan_urls =
        m->depth <= 2 && (m->depth == 1 || type_is(m, "text/plain") || type_is(m, "text/html"));
}

static void end_body(struct mime *m)
{
    mime_body_finish(m);
    app_file_close(m->app, m->file, APP_FILE_CLOSED);
    m->file = NULL;
    m->attachment = m->scan_urls = false;
}

/* ---- boundaries ---- */

/* The level whose boundary the line begins with, the longest if several do; -1 for none. Those of
 * outer parts count too: a part may lack its end. */
static int boundary_of(const struct mime *m, struct bytes line)
{
    int best = -1;
    if (!bytes_starts(line, BYTES_LIT("--")))
        return -1;
    for (int i = m->depth - 1; i >= 0; i--) {
        const struct mime_level *l = &m->levels[i];
        bool fits = l->boundary_len > 0 && bytes_starts(bytes_slice(line, 2, SIZE_MAX),
                                                        bytes_of(l->boundary, l->boundary_len));
        if (fits && (best < 0 || l->boundary_len > m->levels[best].boundary_len))
            best = i;
    }
    return best;
}

static void take_boundary(struct mime *m, struct bytes line, int level)
{
    if (m->status == MIME_HEADER_STARTED)
        mime_header_finish(m);
    if (m->status != MIME_BODY_END_BOUND)
        end_body(m);
    m->depth = (uint8_t)(level + 1);
    line = bytes_slice(line, 2u + m->levels[level].boundary_len, SIZE_MAX);
    forget_part(m);
    if (bytes_starts(line, BYTES_LIT("--"))) {
        m->levels[level].boundary_len = 0;
        m->status = MIME_BODY_END_BOUND;
    } else if (!push_level(m)) {
        fail(m);
    }
}

/* ---- lines ---- */

static void digest_body(struct mime *m, const struct line *l)
{
    EVP_DigestUpdate(m->body_md5, l->text.p, l->text.len);
    EVP_DigestUpdate(m->body_md5, l->ending.p, l->ending.len);
}

static void take_body(struct mime *m, const struct line *l)
{
    bool first = m->status == MIME_HEADER_DONE;
    digest_body(m, l);
    if (l->start && l->text.len == 0 &&
        (m->status == MIME_BODY_END_BOUND || (first && m->encoding != MIME_PLAIN)))
        return;
    int level = l->start ? boundary_of(m, l->text) : -1;
    m->boundary_line = level >= 0 || (m->boundary_line && !l->start);
    if (level >= 0) {
        take_boundary(m, l->text, level);
    } else if (!m->boundary_line) {
        m->status = MIME_BODY_STARTED;
        mime_body_line(m, l);
    }
}

void mime_line(struct mime *m, const struct line *l)
{
    if (!m || m->status >= MIME_PARSE_DONE)
        return;
    m->line_len = l->text.len + (l->start ? 0 : m->line_len);
    if (m->line_len > MIME_LINE_MAX)
        mime_event(m, MIME_LONG_LINE);
    bool in_header = m->status == MIME_HEADER_READY || m->status == MIME_HEADER_STARTED;
    if (!in_header || (m->boundary_line && !l->start)) {
        take_body(m, l);
        return;
    }
    m->boundary_line = false;
    if (m->depth > 1 && l->start && boundary_of(m, l->text) >= 0) { /* a part of a header only */
        take_body(m, l);
        return;
    }
    mime_header_line(m, l);
    if (m->status == MIME_HEADER_DONE)
        begin_body(m);
    else if (m->status == MIME_BODY_STARTED) {
        m->scan_urls = m->depth == 1;
        take_body(m, l);
    }
}

bool mime_dotted_line(struct mime *m, struct line l)
{
    if (l.start && l.end && bytes_eq(l.text, BYTES_LIT(".")))
        return false;
    if (l.start && l.text.len > 1 && l.text.p[0] == '.')
        l.text = bytes_slice(l.text, 1, SIZE_MAX);
    mime_line(m, &l);
    return true;
}

void mime_data(struct mime *m, struct bytes data)
{
    struct line line;
    while (m && lines_next(&m->lines, m->app, &data, MIME_PIECE_MAX, &line))
        mime_line(m, &line);
}

static void finish_lines(struct mime *m)
{
    struct line line;
    if (lines_finish(&m->lines, &line))
        mime_line(m, &line);
}

void mime_gap(struct mime *m, uint64_t n)
{
    if (!m)
        return;
    lines_gap(&m->lines);
    app_file_gap(m->file, n);
}

void mime_end(struct mime *m)
{
    if (!m || m->status >= MIME_PARSE_DONE)
        return;
    finish_lines(m);
    if (m->status == MIME_PARSE_ERROR)
        return;
    mime_header_finish(m);
    if (m->status != MIME_BODY_END_BOUND)
        end_body(m);
    if (m->depth > 1)
        mime_event(m, MIME_MALFORMED_MSG);
    unsigned len;
    m->has_md5 = EVP_DigestFinal_ex(m->body_md5, m->md5, &len) == 1;
    m->status = MIME_PARSE_DONE;
}

void mime_cut(struct mime *m)
{
    if (!m || m->status >= MIME_PARSE_DONE)
        return;
    finish_lines(m);
    if (m->file)
        mime_body_finish(m);
    app_file_close(m->app, m->file, APP_FILE_TRUNCATED);
    m->file = NULL;
}

void mime_abort(struct mime *m)
{
    mime_cut(m);
    m->status = MIME_PARSE_ERROR;
}
