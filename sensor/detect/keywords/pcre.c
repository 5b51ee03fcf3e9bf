/* keywords/pcre.c - "pcre" in a walk: "/expression/flags", '!' before it negates. */
#include "sensor/detect/keyword.h"
#include "sensor/detect/keywords/captures.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

#include <ctype.h>

struct pcre {
    const struct regex *regex;
    const struct captures *captures; /* NULL: nothing is kept */
    bool negated, relative;
};

/* Flags that name a buffer, as the language had them before sticky buffers. */
static const char *buffer_flag(uint8_t c)
{
    switch (c) {
    case 'U':
        return "http_uri";
    case 'I':
        return "http_raw_uri";
    case 'P':
        return "http_client_body";
    case 'Q':
        return "http_server_body";
    case 'H':
        return "http_header";
    case 'D':
        return "http_raw_header";
    case 'M':
        return "http_method";
    case 'C':
        return "http_cookie";
    case 'S':
        return "http_stat_code";
    case 'Y':
        return "http_stat_msg";
    case 'V':
        return "http_user_agent";
    case 'W':
        return "http_host";
    case 'Z':
        return "http_raw_host";
    default:
        return NULL;
    }
}

static enum item_verdict pcre_match(const void *arg, struct walk *w, size_t *again)
{
    const struct pcre *x = arg;
    struct regex_span span;
    size_t start = x->relative ? w->at : 0;
    size_t from = *again > start ? *again - start : 0;
    if (start > w->buffer.len)
        return ITEM_NO;
    struct bytes in = bytes_slice(w->buffer, start, w->buffer.len);
    enum regex_result found = regex_find(x->regex, w->in->regex, in, from, &span);
    if (x->negated) {
        bool first = *again == 0;
        *again = SIZE_MAX;
        return found == REGEX_ABSENT && first ? ITEM_YES : ITEM_NO;
    }
    if (found != REGEX_FOUND)
        return ITEM_NO;
    if (x->captures)
        captures_take(x->captures, w->in, in);
    w->at = start + span.end;
    *again = start + span.start + 1;
    walk_found(w, start + span.start, w->at);
    return ITEM_YES;
}

static const struct item_kind item_pcre = {.name = "pcre", .match = pcre_match, .searches = true};

/* Cuts ", flow:name, pkt:name" off the end: names may hold slashes. */
static struct bytes cut_captures(struct bytes *value)
{
    ptrdiff_t flow = bytes_find(*value, BYTES_LIT("flow:"));
    ptrdiff_t packet = bytes_find(*value, BYTES_LIT("pkt:"));
    ptrdiff_t at = flow < 0 || (packet >= 0 && packet < flow) ? packet : flow;
    size_t before = at < 0 ? 0 : (size_t)at;
    while (before && word_is_space(value->p[before - 1]))
        before--;
    if (before == 0 || value->p[before - 1] != ',')
        return (struct bytes){0};
    struct bytes names = bytes_slice(*value, (size_t)at, value->len);
    *value = word_trim(bytes_slice(*value, 0, before - 1));
    return names;
}

static int split(struct bytes value, struct bytes *expression, struct bytes *flags,
                 struct bytes *captures, bool *negated, struct err *err)
{
    *negated = value.len && value.p[0] == '!';
    if (*negated)
        value = word_trim(bytes_slice(value, 1, value.len));
    value = word_unquote(value);
    *captures = cut_captures(&value);
    const uint8_t *last = value.len > 1 ? memrchr(value.p + 1, '/', value.len - 1) : NULL;
    if (!last || value.p[0] != '/')
        return err_set(err, "is not \"/expression/flags\"");
    size_t end = (size_t)(last - value.p);
    *expression = bytes_slice(value, 1, end - 1);
    *flags = bytes_slice(value, end + 1, value.len);
    return 0;
}

static bool searched_before(const struct build_list *l, const struct item *item)
{
    for (const struct item *i = l->first; i && i != item; i = i->next)
        if (i->kind->searches)
            return true;
    return false;
}

/* file.data is the response body, too. */
static bool same_buffer(const char *sticky, const char *flagged)
{
    return strcmp(sticky, flagged) == 0 ||
           (strcmp(sticky, "file.data") == 0 && strcmp(flagged, "http.response_body") == 0);
}

/* Into the sticky buffer, that of its flag, or the payload. */
static int place(struct build *b, struct pcre *x, const char *legacy, struct err *err)
{
    const char *name = legacy ? buffer_of_legacy(bytes_str(legacy)) : "payload";
    if (b->sticky && legacy && !same_buffer(b->sticky->buffer->name, name))
        return err_set(err, "the flag names %s, but %s is the sticky buffer", name,
                       b->sticky->buffer->name);
    if (b->sticky)
        return build_item(b, &item_pcre, x, x->relative, err) ? 0 : -1;
    const struct item *item = build_item_on(b, name, &item_pcre, x, x->relative, err);
    if (item && x->relative && !searched_before(b->last_list, item))
        return err_set(err, "flag R needs a content or pcre of the same buffer before it");
    return item ? 0 : -1;
}

/* A capital that stands for itself; \S and \x4F do not. */
static bool has_capital(struct bytes expression)
{
    for (size_t i = 0; i < expression.len; i++) {
        if (expression.p[i] == '\\')
            i += i + 1 < expression.len && expression.p[i + 1] == 'x' ? 3 : 1;
        else if (isupper(expression.p[i]))
            return true;
    }
    return false;
}

static int pcre_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct bytes expression, flags, captures;
    struct pcre *x = build_alloc(b, sizeof *x);
    const char *legacy = NULL;
    if (split(value, &expression, &flags, &captures, &x->negated, err))
        return -1;
    for (size_t i = 0; i < flags.len; i++) {
        const char *named = buffer_flag(flags.p[i]);
        if (named && legacy && strcmp(named, legacy) != 0)
            return err_set(err, "flags name two buffers");
        legacy = named ? named : legacy;
        x->relative |= flags.p[i] == 'R';
        if (!named && !memchr("RBOimsxAEG", flags.p[i], 10))
            return err_set(err, "unknown flag '%c'", flags.p[i]);
    }
    if (memchr(flags.p, 'W', flags.len) && !memchr(flags.p, 'i', flags.len) &&
        has_capital(expression))
        return err_set(err, "has upper case, and the buffer of flag W is lower case");
    x->regex = ruleset_regex(b->ruleset, expression, flags, err);
    if (!x->regex || captures_parse(b, x->regex, captures, &x->captures, err))
        return -1;
    return place(b, x, legacy, err);
}

const struct keyword keyword_pcre = {
    .name = "pcre",
    .summary = "Perl-compatible regular expression",
    .example = "pcre:\"/^[a-z]{5}$/Ri\";",
    .parse = pcre_parse,
};
