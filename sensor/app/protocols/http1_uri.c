/* http1_uri.c - the target of a request taken apart, and its path as a lenient server reads it.
 *
 * Source: RFC 3986; the decoding is that of libhtp's personality for sensors, which rules are
 * written against. */
#include "sensor/app/protocols/http1.h"

/* ---- parts ---- */

static size_t until(struct bytes b, size_t from, const char *stops)
{
    while (from < b.len && !(b.p[from] && strchr(stops, b.p[from])))
        from++;
    return from;
}

/* "user:password@" in front of a host. Returns where the host begins. */
static size_t split_user(struct bytes authority, struct http1_span s, struct http1_uri *out)
{
    const uint8_t *at = authority.len ? memchr(authority.p, '@', authority.len) : NULL;
    if (!at)
        return 0;
    size_t len = (size_t)(at - authority.p);
    struct bytes user = bytes_slice(authority, 0, len);
    ptrdiff_t colon = bytes_find(user, BYTES_LIT(":"));
    out->user = http1_part(s, 0, colon < 0 ? len : (size_t)colon);
    if (colon >= 0)
        out->password = http1_part(s, (size_t)colon + 1, len - (size_t)colon - 1);
    return len + 1;
}

static void split_authority(struct bytes b, struct http1_span s, struct http1_uri *out)
{
    size_t skip = split_user(b, s, out), host_end = 0;
    b = bytes_slice(b, skip, SIZE_MAX);
    s = http1_part(s, skip, b.len);
    ptrdiff_t end = b.len > 0 && b.p[0] == '[' ? bytes_find(b, BYTES_LIT("]")) : -1;
    if (b.len > 0 && b.p[0] == '[' && end < 0) { /* no address */
        out->host = s;
        return;
    }
    host_end = (size_t)(end + 1);
    ptrdiff_t colon = bytes_find(bytes_slice(b, host_end, SIZE_MAX), BYTES_LIT(":"));
    if (colon >= 0)
        out->port =
            http1_part(s, host_end + (size_t)colon + 1, b.len - host_end - (size_t)colon - 1);
    if (end < 0)
        host_end = colon < 0 ? b.len : (size_t)colon;
    out->host = http1_part(s, 0, host_end);
}

/* Authority is looked for behind a scheme only: else two slashes begin a path. */
static size_t split_front(struct bytes b, struct http1_span uri, struct http1_uri *out)
{
    if (b.p[0] == '/')
        return 0;
    size_t at = until(b, 0, ":");
    if (at == b.len)
        return 0;
    at++;
    if (at + 2 >= b.len || b.p[at] != '/' || b.p[at + 1] != '/' || b.p[at + 2] == '/')
        return at;
    size_t end = until(b, at + 2, "?/#");
    split_authority(bytes_slice(b, at + 2, end - at - 2), http1_part(uri, at + 2, end - at - 2),
                    out);
    return end;
}

void http1_uri_split(const struct http1_message *m, struct http1_span uri, struct http1_uri *out)
{
    struct bytes b = http1_bytes(m, uri);
    *out = (struct http1_uri){0};
    if (b.len == 0)
        return;
    size_t at = split_front(b, uri, out), end = until(b, at, "?#");
    out->path = http1_part(uri, at, end - at);
    if (end < b.len && b.p[end] == '?') {
        at = end + 1;
        end = until(b, at, "#");
        out->query = http1_part(uri, at, end - at);
    }
    if (end < b.len)
        out->fragment = http1_part(uri, end + 1, b.len - end - 1);
}

/* ---- percent signs ---- */

static int hex(uint8_t c)
{
    c = byte_lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* n digits at p; -1 when one of them is none. */
static int32_t hex_number(const uint8_t *p, unsigned n)
{
    int32_t value = 0;
    for (unsigned i = 0; i < n; i++) {
        int d = hex(p[i]);
        if (d < 0)
            return -1;
        value = value << 4 | d;
    }
    return value;
}

/* The byte that b, which begins with a percent sign, stands for; *used of it are taken. What is not
 * valid stays. */
static uint8_t decode_one(struct bytes b, bool with_u, size_t *used)
{
    bool is_u = with_u && b.len > 2 && byte_lower(b.p[1]) == 'u';
    int32_t n = -1;
    *used = 1;
    if (is_u && b.len > 5 && (n = hex_number(b.p + 2, 4)) >= 0)
        *used = 6;
    else if (!is_u && b.len > 2 && (n = hex_number(b.p + 1, 2)) >= 0)
        *used = 3;
    return n < 0 ? '%' : http1_best_fit((uint32_t)n);
}

size_t http1_decode(struct bytes b, bool with_u, uint8_t *out)
{
    size_t n = 0, used = 1;
    for (size_t i = 0; i < b.len; i += used) {
        used = 1;
        out[n++] = b.p[i] == '%' ? decode_one(bytes_slice(b, i, SIZE_MAX), with_u, &used) : b.p[i];
    }
    return n;
}

/* ---- paths ---- */

/* Decodes, turns backslashes round, and makes one slash of several. */
static size_t decode_path(uint8_t *p, size_t len)
{
    size_t n = 0, used = 1;
    for (size_t i = 0; i < len; i += used) {
        used = 1;
        uint8_t c = p[i] == '%' ? decode_one(bytes_of(p + i, len - i), true, &used) : p[i];
        if (c == '\\')
            c = '/';
        if (c != '/' || n == 0 || p[n - 1] != '/')
            p[n++] = c;
    }
    return n;
}

/* How many bytes follow one that begins a character of UTF-8, and its own bits of it; -1 for one
 * that begins none. Overlong ones are taken: some servers do. */
static int follow(uint8_t c, uint32_t *bits)
{
    int n = c < 0x80 ? 0 : c < 0xc0 ? -1 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : -1;
    *bits = n > 0 ? c & (0x3fu >> n) : c;
    return n;
}

/* The surrogates and what is beyond Unicode. */
static bool is_no_character(uint8_t first, uint8_t second)
{
    return (first == 0xed && second >= 0xa0) || (first == 0xf4 && second >= 0x90);
}

/* Reads the character at p. False when it is broken off: what *used holds is replaced. */
static bool read_utf8(const uint8_t *p, size_t len, uint32_t *code_point, size_t *used)
{
    int n = follow(p[0], code_point);
    *used = 1;
    for (int i = 1; i <= n; i++) {
        if (*used == len)
            return false;
        uint8_t c = p[*used];
        if ((c & 0xc0) != 0x80 || (i == 1 && is_no_character(p[0], c)))
            return false;
        *code_point = *code_point << 6 | (c & 0x3f);
        ++*used;
    }
    return n >= 0;
}

/* A character of UTF-8 becomes the byte it looks like. One that is broken off by the end goes. */
static size_t fit_utf8(uint8_t *p, size_t len)
{
    size_t n = 0, used = 1;
    for (size_t i = 0; i < len; i += used) {
        uint32_t code_point;
        bool valid = read_utf8(p + i, len - i, &code_point, &used);
        if (!valid && i + used == len && follow(p[i], &code_point) > 0)
            break;
        p[n++] = valid ? http1_best_fit(code_point) : '?';
    }
    return n;
}

static bool at_word(const uint8_t *p, size_t len, size_t at, const char *word)
{
    size_t n = strlen(word);
    return at + n <= len && memcmp(p + at, word, n) == 0;
}

static size_t without_last_segment(const uint8_t *p, size_t n)
{
    while (n > 0 && p[n - 1] != '/')
        n--;
    return n > 0 ? n - 1 : 0;
}

/* Length of the dot segment that p begins with, but for the slash behind it; 0 for none. *up: it
 * goes up one level. At the end that slash is missing, or goes along. */
static size_t dot_segment(const uint8_t *p, size_t len, bool *up)
{
    size_t n = at_word(p, len, 0, "/..") ? 3 : at_word(p, len, 0, "/.") ? 2 : 0;
    *up = n == 3;
    if (n == 0 || (n < len && p[n] != '/'))
        return 0;
    return n + 1 >= len ? len : n;
}

/* RFC 3986 5.2.4, but that a dot segment at the end takes its slashes along. */
static size_t remove_dots(uint8_t *p, size_t len)
{
    size_t n = 0, i = 0, dots;
    while (i < len) {
        bool up;
        if (at_word(p, len, i, "../"))
            i += 3;
        else if (at_word(p, len, i, "./"))
            i += 2;
        else if ((dots = dot_segment(p + i, len - i, &up)) > 0) {
            i += dots;
            n = up ? without_last_segment(p, n) : n;
        } else if ((len - i == 1 && p[i] == '.') || (len - i == 2 && at_word(p, len, i, "..")))
            break;
        else
            do
                p[n++] = p[i++];
            while (i < len && p[i] != '/');
    }
    return n;
}

size_t http1_normalize_path(uint8_t *p, size_t len)
{
    return remove_dots(p, fit_utf8(p, decode_path(p, len)));
}

bool http1_path_is_normal(struct bytes path)
{
    uint8_t before = '/'; /* a dot in front begins a segment, too; so does a second slash */
    for (size_t i = 0; i < path.len; before = path.p[i++]) {
        uint8_t c = path.p[i];
        if (c >= 0x80 || c == '%' || c == '\\')
            return false;
        if (before == '/' && (c == '.' || (c == '/' && i > 0)))
            return false;
    }
    return true;
}
