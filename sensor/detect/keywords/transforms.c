/* keywords/transforms.c - what is done to a sticky buffer before it is looked at. */
#include <ctype.h>
#include <openssl/evp.h>

#include "sensor/detect/keyword.h"
#include "sensor/detect/keywords/regex.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

typedef struct bytes transform_fn(const void *arg, struct bytes in, struct arena *scratch,
                                  struct inspect *state);

static struct bytes dotprefix_run(const void *arg, struct bytes in, struct arena *scratch,
                                  struct inspect *state)
{
    (void)arg;
    (void)state;
    uint8_t *out = arena_alloc(scratch, in.len + 1);
    out[0] = '.';
    if (in.len)
        memcpy(out + 1, in.p, in.len);
    return bytes_of(out, in.len + 1);
}

static struct bytes strip_whitespace_run(const void *arg, struct bytes in, struct arena *scratch,
                                         struct inspect *state)
{
    (void)arg;
    (void)state;
    uint8_t *out = arena_alloc(scratch, in.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < in.len; i++)
        if (!word_is_space(in.p[i]))
            out[len++] = in.p[i];
    return bytes_of(out, len);
}

static struct bytes compress_whitespace_run(const void *arg, struct bytes in, struct arena *scratch,
                                            struct inspect *state)
{
    (void)arg;
    (void)state;
    uint8_t *out = arena_alloc(scratch, in.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < in.len; i++)
        if (!word_is_space(in.p[i]) || i == 0 || !word_is_space(in.p[i - 1]))
            out[len++] = in.p[i];
    return bytes_of(out, len);
}

static struct bytes map_bytes(struct bytes in, struct arena *scratch, int (*map)(int))
{
    uint8_t *out = arena_alloc(scratch, in.len + 1);
    for (size_t i = 0; i < in.len; i++)
        out[i] = in.p[i] < 0x80 ? (uint8_t)map(in.p[i]) : in.p[i];
    return bytes_of(out, in.len);
}

static struct bytes to_lowercase_run(const void *arg, struct bytes in, struct arena *scratch,
                                     struct inspect *state)
{
    (void)arg;
    (void)state;
    return map_bytes(in, scratch, tolower);
}

static struct bytes to_uppercase_run(const void *arg, struct bytes in, struct arena *scratch,
                                     struct inspect *state)
{
    (void)arg;
    (void)state;
    return map_bytes(in, scratch, toupper);
}

static struct bytes digest(struct bytes in, struct arena *scratch, const EVP_MD *md)
{
    uint8_t *out = arena_alloc(scratch, EVP_MAX_MD_SIZE);
    unsigned len = 0;
    if (!EVP_Digest(in.p ? in.p : (const uint8_t *)"", in.len, out, &len, md, NULL))
        len = 0;
    return bytes_of(out, len);
}

static struct bytes to_md5_run(const void *arg, struct bytes in, struct arena *scratch,
                               struct inspect *state)
{
    (void)arg;
    (void)state;
    return digest(in, scratch, EVP_md5());
}

static struct bytes to_sha1_run(const void *arg, struct bytes in, struct arena *scratch,
                                struct inspect *state)
{
    (void)arg;
    (void)state;
    return digest(in, scratch, EVP_sha1());
}

static struct bytes to_sha256_run(const void *arg, struct bytes in, struct arena *scratch,
                                  struct inspect *state)
{
    (void)arg;
    (void)state;
    return digest(in, scratch, EVP_sha256());
}

static int hex_value(uint8_t c)
{
    return isxdigit(c) ? (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10) : -1;
}

/* RFC 3986 percent-encoding, and '+' for a space as forms write it. */
static struct bytes url_decode_run(const void *arg, struct bytes in, struct arena *scratch,
                                   struct inspect *state)
{
    (void)arg;
    (void)state;
    uint8_t *out = arena_alloc(scratch, in.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < in.len; i++) {
        int high = in.p[i] == '%' && i + 2 < in.len ? hex_value(in.p[i + 1]) : -1;
        int low = high >= 0 ? hex_value(in.p[i + 2]) : -1;
        if (low >= 0) {
            out[len++] = (uint8_t)(high << 4 | low);
            i += 2;
        } else {
            out[len++] = in.p[i] == '+' ? ' ' : in.p[i];
        }
    }
    return bytes_of(out, len);
}

/* Names of header lines in lower case: up to the colon. */
static struct bytes header_lowercase_run(const void *arg, struct bytes in, struct arena *scratch,
                                         struct inspect *state)
{
    (void)arg;
    (void)state;
    uint8_t *out = arena_alloc(scratch, in.len + 1);
    bool name = true;
    for (size_t i = 0; i < in.len; i++) {
        if (in.p[i] == ':')
            name = false;
        else if (in.p[i] == '\n')
            name = true;
        out[i] = name && in.p[i] < 0x80 ? (uint8_t)tolower(in.p[i]) : in.p[i];
    }
    return bytes_of(out, in.len);
}

/* Without the lines that start with ':' (HTTP/2 pseudo headers). */
static struct bytes strip_pseudo_headers_run(const void *arg, struct bytes in,
                                             struct arena *scratch, struct inspect *state)
{
    (void)arg;
    (void)state;
    uint8_t *out = arena_alloc(scratch, in.len + 1);
    size_t len = 0;
    while (in.len) {
        const uint8_t *newline = memchr(in.p, '\n', in.len);
        size_t line = newline ? (size_t)(newline - in.p) + 1 : in.len;
        if (in.p[0] != ':') {
            memcpy(out + len, in.p, line);
            len += line;
        }
        in = bytes_slice(in, line, in.len);
    }
    return bytes_of(out, len);
}

static struct bytes xor_key_run(const void *arg, struct bytes in, struct arena *scratch,
                                struct inspect *state)
{
    (void)state;
    const struct bytes *key = arg;
    uint8_t *out = arena_alloc(scratch, in.len + 1);
    for (size_t i = 0; i < in.len; i++)
        out[i] = in.p[i] ^ key->p[i % key->len];
    return bytes_of(out, in.len);
}

static struct bytes pcrexform_run(const void *arg, struct bytes in, struct arena *scratch,
                                  struct inspect *state)
{
    (void)scratch;
    struct regex_span span;
    if (regex_find(arg, state->regex, in, 0, &span) != REGEX_FOUND ||
        !regex_group(state->regex, 1, &span))
        return in;
    return bytes_slice(in, span.start, span.end - span.start);
}

static int xor_key_arg(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct bytes *key = build_alloc(b, sizeof *key);
    uint8_t *out = build_alloc(b, value.len / 2 + 1);
    if (value.len == 0 || value.len % 2)
        return err_set(err, "key is no even number of hexadecimal digits");
    for (size_t i = 0; i < value.len / 2; i++) {
        int high = hex_value(value.p[2 * i]), low = hex_value(value.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return err_set(err, "key is no even number of hexadecimal digits");
        out[i] = (uint8_t)(high << 4 | low);
    }
    *key = bytes_of(out, value.len / 2);
    *arg = key;
    return 0;
}

static int pcrexform_arg(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    const struct regex *regex = ruleset_regex(b->ruleset, value, (struct bytes){0}, err);
    if (!regex)
        return -1;
    unsigned groups = regex_group_count(regex);
    if (groups != 1)
        return err_set(err, "wants one group in the expression, not %u", groups);
    *arg = regex;
    return 0;
}

static int no_arg(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)b;
    (void)value;
    (void)arg;
    (void)err;
    return 0;
}

#define TRANSFORM(id, shown, text, sum, takes, reader)                                             \
    static const struct transform_kind kind_##id = {.name = shown, .run = id##_run};               \
    static int id##_parse(struct build *b, struct bytes value, const void **arg, struct err *err)  \
    {                                                                                              \
        (void)arg;                                                                                 \
        const void *own = NULL;                                                                    \
        value = word_unquote(value);                                                               \
        return reader(b, value, &own, err) || build_transform(b, &kind_##id, own, value, err) ? -1 \
                                                                                              : 0; \
    }                                                                                              \
    const struct keyword keyword_##id = {                                                          \
        .name = shown, .summary = sum, .example = text, .flags = takes, .parse = id##_parse}
TRANSFORM(dotprefix, "dotprefix", "dns.query; dotprefix;", "transform: put a '.' before",
          KEYWORD_NO_VALUE, no_arg);
TRANSFORM(strip_whitespace, "strip_whitespace", "file_data; strip_whitespace;",
          "transform: drop white space", KEYWORD_NO_VALUE, no_arg);
TRANSFORM(compress_whitespace, "compress_whitespace", "file_data; compress_whitespace;",
          "transform: one white space where there are several", KEYWORD_NO_VALUE, no_arg);
TRANSFORM(to_lowercase, "to_lowercase", "http.host; to_lowercase;", "transform: lower case",
          KEYWORD_NO_VALUE, no_arg);
TRANSFORM(to_uppercase, "to_uppercase", "http.method; to_uppercase;", "transform: upper case",
          KEYWORD_NO_VALUE, no_arg);
TRANSFORM(to_md5, "to_md5", "http.uri; to_md5;", "transform: the buffer's MD5", KEYWORD_NO_VALUE,
          no_arg);
TRANSFORM(to_sha1, "to_sha1", "http.uri; to_sha1;", "transform: the buffer's SHA-1",
          KEYWORD_NO_VALUE, no_arg);
TRANSFORM(to_sha256, "to_sha256", "http.uri; to_sha256;", "transform: the buffer's SHA-256",
          KEYWORD_NO_VALUE, no_arg);
TRANSFORM(url_decode, "url_decode", "http.uri.raw; url_decode;", "transform: %41 and + decoded",
          KEYWORD_NO_VALUE, no_arg);
TRANSFORM(header_lowercase, "header_lowercase", "http.header; header_lowercase;",
          "transform: header names in lower case", KEYWORD_NO_VALUE, no_arg);
TRANSFORM(strip_pseudo_headers, "strip_pseudo_headers", "http.header; strip_pseudo_headers;",
          "transform: without lines that start with ':'", KEYWORD_NO_VALUE, no_arg);
TRANSFORM(xor_key, "xor", "http.request_body; xor:\"0d0ac8ff\";", "transform: exclusive or",
          KEYWORD_QUOTED, xor_key_arg);
TRANSFORM(pcrexform, "pcrexform", "http.request_line; pcrexform:\"(GET .*)\";",
          "transform: group 1 of the expression", KEYWORD_QUOTED, pcrexform_arg);
