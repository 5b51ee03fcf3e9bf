/* http1.h - the head of one HTTP/1 message as it was sent: first line and headers, by place.
 *
 * All bytes lie in one text that grows; what is not there as such (folded or repeated values,
 * decoded paths) in a second one. Views are spans of either, so that growing does not move them. */
#ifndef APP_HTTP1_H
#define APP_HTTP1_H
#include "sensor/app/parser.h"

#define HTTP1_HEAD_CAP    (1u << 20) /* of either text; a longer head ends the parsing of the flow */
#define HTTP1_HEADERS_MAX 1025u      /* of different names */

/* Headers that are asked for, in order of their length: http1_head.c finds them by it. */
#define HTTP1_NAMES(X)                                                                             \
    X(HOST, "host")                                                                                \
    X(ACCEPT, "accept")                                                                            \
    X(COOKIE, "cookie")                                                                            \
    X(EXPECT, "expect")                                                                            \
    X(SERVER, "server")                                                                            \
    X(REFERER, "referer")                                                                          \
    X(UPGRADE, "upgrade")                                                                          \
    X(LOCATION, "location")                                                                        \
    X(CONNECTION, "connection")                                                                    \
    X(SET_COOKIE, "set-cookie")                                                                    \
    X(USER_AGENT, "user-agent")                                                                    \
    X(CONTENT_TYPE, "content-type")                                                                \
    X(AUTHORIZATION, "authorization")                                                              \
    X(CONTENT_RANGE, "content-range")                                                              \
    X(CONTENT_LENGTH, "content-length")                                                            \
    X(ACCEPT_ENCODING, "accept-encoding")                                                          \
    X(ACCEPT_LANGUAGE, "accept-language")                                                          \
    X(X_FORWARDED_FOR, "x-forwarded-for")                                                          \
    X(CONTENT_ENCODING, "content-encoding")                                                        \
    X(TRANSFER_ENCODING, "transfer-encoding")                                                      \
    X(CONTENT_DISPOSITION, "content-disposition")                                                  \
    X(SEC_WEBSOCKET_EXTENSIONS, "sec-websocket-extensions")

enum http1_name {
#define HTTP1_ENUM(ID, name) HTTP1_##ID,
    HTTP1_NAMES(HTTP1_ENUM) HTTP1_NAME_COUNT,
    HTTP1_OTHER = HTTP1_NAME_COUNT,
};

struct http1_span {
    uint32_t at, len;
    bool there; /* else nothing of the kind was sent, not even an empty one */
    bool made;  /* in the second text */
};

struct http1_header {
    struct http1_span name, value;
    uint8_t id;    /* enum http1_name; OTHER also when there are NULs in its name */
    bool repeated; /* value holds those of several, with ", " in between */
};

enum http1_version {
    HTTP1_INVALID = -2,
    HTTP1_UNKNOWN = -1,
    HTTP1_0_9 = 9,
    HTTP1_1_0 = 100,
    HTTP1_1_1
};

struct http1_message {
    struct app_text text; /* as sent; the line being received stands last */
    struct app_text made;
    struct http1_header *headers;
    uint16_t count, cap;
    uint16_t known[HTTP1_NAME_COUNT]; /* index of the first one of that name, plus 1 */
    uint32_t line_at;                 /* where the line being received begins */
    uint32_t raw_at, raw_end;         /* header blocks, those of interim answers and trailers too */
    uint32_t head_at;                 /* the header block itself */
    struct http1_span open;           /* a header whose next line may go on with it */
    struct http1_span line, protocol;
    int16_t version; /* enum http1_version */
    uint8_t repetitions;
    bool nul_names; /* there are NULs in a header's name */
    /* Whether every header so far stands in the text as "name: value", and where they end. */
    bool plain;
    uint32_t plain_end;
};

static inline struct bytes http1_bytes(const struct http1_message *m, struct http1_span s)
{
    const struct app_text *t = s.made ? &m->made : &m->text;
    return s.there ? bytes_of(t->p ? t->p + s.at : (const uint8_t *)"", s.len) : (struct bytes){0};
}

/* The first header of that name; NULs within a name count for nothing. */
static inline const struct http1_header *http1_find(const struct http1_message *m,
                                                    enum http1_name id)
{
    return m->known[id] ? &m->headers[m->known[id] - 1] : NULL;
}

/* The part of s that begins `from` bytes in, at most len long. */
static inline struct http1_span http1_part(struct http1_span s, size_t from, size_t len)
{
    s.at += (uint32_t)from;
    s.len = (uint32_t)len;
    return s;
}

/* The well-known name that a header has, or OTHER. */
enum http1_name http1_name_of(struct bytes name);
/* Makes room for one more header, which is not counted yet. */
struct http1_header *http1_new_header(struct app *a, struct http1_message *m);
/* Appends to the second text. False once that is full. */
bool http1_make(struct app *a, struct http1_message *m, struct bytes b);
/* A copy of s at the end of the second text, to be changed; or none if it is there already, to be
 * added to. */
struct http1_span http1_made_copy(struct app *a, struct http1_message *m, struct http1_span s);
struct http1_span http1_made_last(struct app *a, struct http1_message *m, struct http1_span s);
void http1_clear_headers(struct http1_message *m);
void http1_message_free(struct app *a, struct http1_message *m);

/* Without line ends, of any mix. */
struct http1_span http1_chomp(const struct http1_message *m, struct http1_span s);

static inline bool http1_is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool http1_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* ---- numbers: http1_number.c; negative where there is none ---- */

/* With blanks around it. */
int64_t http1_number(struct bytes b, int base);
/* Whatever stands before and behind it; odd counts what should not. */
int64_t http1_length(struct bytes b, unsigned *odd);
#define HTTP1_NO_CHUNK (-1004) /* an empty line */
int64_t http1_chunk_length(struct bytes line);
int http1_version_of(struct bytes protocol);
/* 1 to 65535, else -1. */
int http1_port(struct bytes b);

/* ---- the target of a request: http1_uri.c ---- */

struct http1_uri {
    struct http1_span user, password, host, port; /* as sent */
    struct http1_span path, query, fragment;
};
void http1_uri_split(const struct http1_message *m, struct http1_span uri, struct http1_uri *out);
/* Percent signs decoded, %u too where that is asked for; out has room for b. Returns its length. */
size_t http1_decode(struct bytes b, bool with_u, uint8_t *out);
/* The path as a server takes it that decodes and tolerates everything; in place. */
size_t http1_normalize_path(uint8_t *p, size_t len);
bool http1_path_is_normal(struct bytes path);
/* The byte that stands for a code point where there are 256 of them: '?' if none does. */
uint8_t http1_best_fit(uint32_t code_point);

/* ---- hosts: http1_host.c ---- */

/* "host", "host:port", "[address]:port"; false when it is none of these. port is -1 without one. */
bool http1_hostport(const struct http1_message *m, struct http1_span b, struct http1_span *host,
                    int *port);
bool http1_host_is_valid(struct bytes host);

#endif
