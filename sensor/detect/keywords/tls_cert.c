/* keywords/tls_cert.c - whose certificate it is and how long it is good for.
 *
 * tls.subject, tls.issuerdn and tls.fingerprint are older ways to write a content in a buffer. */
#include "sensor/detect/content.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/keywords/number.h"
#include "sensor/detect/words.h"
#include <time.h>

#define NOT_BEFORE "tls_cert_notbefore"
#define NOT_AFTER  "tls_cert_notafter"

#define FINGERPRINT_LEN 59 /* 20 bytes in hex with colons between */

/* ---- names ---- */

static int add_content(struct build *b, const char *buffer, struct content *c, struct err *err)
{
    struct item *item = build_item_on(b, buffer, &item_content, c, false, err);
    if (!item)
        return -1;
    b->content = c;
    b->content_item = item;
    b->content_list = b->last_list;
    return 0;
}

/* The quoted text as it stands there, no |41 42| in it. */
static int name_parse(struct build *b, const char *buffer, struct bytes value, struct err *err)
{
    struct content *c = build_alloc(b, sizeof *c);
    bool negated = value.len && value.p[0] == '!';
    struct bytes text = word_trim(bytes_slice(value, negated, value.len));
    c->pattern = arena_copy(b->arena, word_unquote(text));
    if (c->pattern.len == 0)
        return err_set(err, "'%.*s' is no name", WORD_ARG(text));
    c->flags = negated ? CONTENT_NEGATED : 0;
    return add_content(b, buffer, c, err);
}

static int tls_subject_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    return name_parse(b, "tls.cert_subject", value, err);
}

static int tls_issuerdn_parse(struct build *b, struct bytes value, const void **arg,
                              struct err *err)
{
    (void)arg;
    return name_parse(b, "tls.cert_issuer", value, err);
}

static int tls_fingerprint_parse(struct build *b, struct bytes value, const void **arg,
                                 struct err *err)
{
    (void)arg;
    bool negated;
    struct content *c = build_alloc(b, sizeof *c);
    if (content_parse(value, b->arena, &c->pattern, &negated, err))
        return -1;
    if (c->pattern.len != FINGERPRINT_LEN)
        return err_set(err, "is no SHA-1 like 4a:a3:66:..., %d characters", FINGERPRINT_LEN);
    c->flags = negated ? CONTENT_NEGATED : 0;
    return add_content(b, "tls.cert_fingerprint", c, err);
}

/* ---- dates ---- */
struct dates {
    uint64_t from, to; /* seconds since 1970, both included */
};

static enum item_verdict date_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct dates *want = arg;
    uint64_t at = walk_number(w);
    return at != 0 && at >= want->from && at <= want->to ? ITEM_YES : ITEM_STOP;
}

static const struct item_kind item_date = {.name = "tls_cert_date", .match = date_match};

static enum item_verdict expired_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    uint64_t until = walk_number(w), now = w->in->packet->ts_us / 1000000;
    return until != 0 && (now > until) == (arg != NULL) ? ITEM_YES : ITEM_STOP;
}

static const struct item_kind item_expired = {.name = "tls_cert_expired", .match = expired_match};

/* "2015-10", "2015-10-22", "2015-10-22 23", "...T23:59:59"; or seconds since 1970. */
static bool parse_date(struct bytes t, uint64_t *out)
{
    static const char *const forms[] = {"%Y-%m",          "%Y-%m-%d",    "%Y-%m-%d %H",
                                        "%Y-%m-%d %H:%M", "%Y-%m-%d %T", "%Y-%m-%dT%H",
                                        "%Y-%m-%dT%H:%M", "%Y-%m-%dT%T"};
    char text[24];
    int64_t n;
    if (t.len == 0 || t.len >= sizeof text)
        return false;
    memcpy(text, t.p, t.len);
    text[t.len] = 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct tm tm = {.tm_mday = 1};
        const char *end = strptime(text, forms[i], &tm);
        if (end && *end == 0) {
            *out = (uint64_t)timegm(&tm);
            return true;
        }
    }
    if (!number_parse(t, 0, INT64_MAX, &n))
        return false;
    *out = (uint64_t)n;
    return true;
}

/* "2015-10-22", "<2015-10-22", ">...", "2015-10<>2016-10"; all of them with their ends. */
static bool parse_dates(struct bytes t, struct dates *out)
{
    ptrdiff_t between = bytes_find(t, BYTES_LIT("<>"));
    if (between > 0)
        return parse_date(word_trim(bytes_slice(t, 0, (size_t)between)), &out->from) &&
               parse_date(word_trim(bytes_slice(t, (size_t)between + 2, t.len)), &out->to) &&
               out->from < out->to;
    bool less = t.len && t.p[0] == '<', more = t.len && t.p[0] == '>';
    uint64_t at;
    if (!parse_date(word_trim(bytes_slice(t, less || more, t.len)), &at))
        return false;
    *out = (struct dates){.from = less ? 0 : at, .to = more ? UINT64_MAX : at};
    return true;
}

static int date_parse(struct build *b, const char *which, struct bytes value, struct err *err)
{
    struct dates *want = build_alloc(b, sizeof *want);
    struct bytes text = word_trim(word_unquote(value));
    if (!parse_dates(text, want))
        return err_set(err, "'%.*s' is no date like 2015-10-22, <2015-10 or a range a<>b",
                       WORD_ARG(text));
    return build_item_on(b, which, &item_date, want, false, err) ? 0 : -1;
}

static int not_before_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    return date_parse(b, NOT_BEFORE, value, err);
}

static int not_after_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    return date_parse(b, NOT_AFTER, value, err);
}

static int expired_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)value;
    (void)arg;
    static const bool yes = true;
    return build_item_on(b, NOT_AFTER, &item_expired, &yes, false, err) ? 0 : -1;
}

static int valid_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)value;
    (void)arg;
    return build_item_on(b, NOT_AFTER, &item_expired, NULL, false, err) ? 0 : -1;
}

static int store_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)value;
    (void)arg;
    return build_require_proto(b, APP_TLS, err);
}

#define NAMED(id, keyword_name, what)                                                              \
    const struct keyword keyword_##id = {                                                          \
        .name = keyword_name,                                                                      \
        .summary = "certificate's " what,                                                          \
        .example = keyword_name ":\"...\";",                                                       \
        .flags = KEYWORD_QUOTED,                                                                   \
        .parse = id##_parse,                                                                       \
    }
NAMED(tls_subject, "tls.subject", "subject holds this");
NAMED(tls_issuerdn, "tls.issuerdn", "issuer holds this");
NAMED(tls_fingerprint, "tls.fingerprint", "SHA-1, as aa:bb:...");

const struct keyword keyword_tls_cert_notbefore = {
    .name = NOT_BEFORE,
    .summary = "when the server's certificate begins to be valid",
    .example = "tls_cert_notbefore:>2023-01-01;",
    .parse = not_before_parse,
};
const struct keyword keyword_tls_cert_notafter = {
    .name = NOT_AFTER,
    .summary = "when the server's certificate ends",
    .example = "tls_cert_notafter:<2015-10;",
    .parse = not_after_parse,
};
const struct keyword keyword_tls_cert_expired = {
    .name = "tls_cert_expired",
    .summary = "the server's certificate was over already",
    .example = "tls_cert_expired;",
    .flags = KEYWORD_NO_VALUE,
    .parse = expired_parse,
};
const struct keyword keyword_tls_cert_valid = {
    .name = "tls_cert_valid",
    .summary = "the server's certificate was not over yet",
    .example = "tls_cert_valid;",
    .flags = KEYWORD_NO_VALUE,
    .parse = valid_parse,
};
const struct keyword keyword_tls_store = {
    .name = "tls.store",
    .aliases = "tls_store",
    .summary = "accepted; certificates are in records, not in files",
    .example = "tls.store;",
    .flags = KEYWORD_NO_VALUE,
    .parse = store_parse,
};
