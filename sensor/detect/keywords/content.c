/* keywords/content.c - "content" and the modifiers that follow it. */
#include "common/text.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

static int content_keyword(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct content *c = build_alloc(b, sizeof *c);
    bool negated;
    if (content_parse(value, b->arena, &c->pattern, &negated, err))
        return -1;
    c->flags = negated ? CONTENT_NEGATED : 0;
    struct item *item = build_item(b, &item_content, c, false, err);
    if (!item)
        return -1;
    b->content = c;
    b->content_item = item;
    return 0;
}

static int uricontent_keyword(struct build *b, struct bytes value, const void **arg,
                              struct err *err)
{
    struct build_list *sticky = b->sticky;
    b->sticky = NULL;
    int rc = content_keyword(b, value, arg, err);
    if (rc == 0)
        rc = build_move_content(b, "http_uri", err);
    b->sticky = sticky;
    return rc;
}

static int need_content(const struct build *b, struct err *err)
{
    return b->content ? 0 : err_set(err, "needs a content before it");
}

static int nocase_keyword(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)value;
    (void)arg;
    if (need_content(b, err))
        return -1;
    b->content->flags |= CONTENT_NOCASE;
    return 0;
}

static int rawbytes_keyword(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)value;
    (void)arg;
    if (need_content(b, err))
        return -1;
    if (strcmp(b->content_list->buffer->name, "payload") != 0)
        return err_set(err, "goes with the payload only, not with %s",
                       b->content_list->buffer->name);
    if (b->content->flags & CONTENT_RAW)
        return err_set(err, "given twice for one content");
    b->content->flags |= CONTENT_RAW;
    return 0;
}

#define RELATIVE_MAX (1 << 20) /* bytes between two contents, and of the second; as in Suricata */

/* A number within [min, max] or the name of a byte variable. */
static int number_or_name(struct build *b, struct bytes value, int64_t min, int64_t max,
                          int32_t *out, enum content_flag flag, enum content_flag var,
                          struct err *err)
{
    int64_t n;
    struct content *c = b->content;
    value = word_unquote(value);
    if (c->flags & (uint32_t)flag)
        return err_set(err, "given twice for one content");
    if ((c->flags & CONTENT_STARTS) && (flag == CONTENT_OFFSET || flag == CONTENT_DEPTH))
        return err_set(err, "cannot go with startswith");
    if (number_parse(value, min, max, &n)) {
        *out = (int32_t)n;
    } else {
        int index = value.len && (value.p[0] | 0x20) >= 'a'
                        ? build_byte_var(b, value, false, err)
                        : err_set(err, "'%.*s' is no number within [%lld, %lld]", WORD_ARG(value),
                                  (long long)min, (long long)max);
        if (index < 0)
            return -1;
        *out = index;
        c->flags |= (uint32_t)var;
    }
    c->flags |= (uint32_t)flag;
    if ((c->flags & CONTENT_RELATIVE) &&
        (c->flags & (CONTENT_OFFSET | CONTENT_DEPTH | CONTENT_STARTS)))
        return err_set(err, "distance or within cannot go with offset, depth or startswith");
    return 0;
}

static int offset_keyword(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    if (need_content(b, err))
        return -1;
    return number_or_name(b, value, 0, 65535, &b->content->offset, CONTENT_OFFSET,
                          CONTENT_OFFSET_VAR, err);
}

static int depth_keyword(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    if (need_content(b, err) || number_or_name(b, value, 0, 65535, &b->content->depth,
                                               CONTENT_DEPTH, CONTENT_DEPTH_VAR, err))
        return -1;
    struct content *c = b->content;
    if (!(c->flags & CONTENT_DEPTH_VAR) && (size_t)c->depth < c->pattern.len)
        return err_set(err, "%d is less than the content's %zu bytes", c->depth, c->pattern.len);
    return 0;
}

static int distance_keyword(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    if (need_content(b, err))
        return -1;
    b->content_item->relative = true;
    return number_or_name(b, value, -RELATIVE_MAX, RELATIVE_MAX, &b->content->distance,
                          CONTENT_DISTANCE, CONTENT_DISTANCE_VAR, err);
}

static int within_keyword(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    if (need_content(b, err) || number_or_name(b, value, 0, RELATIVE_MAX, &b->content->within,
                                               CONTENT_WITHIN, CONTENT_WITHIN_VAR, err))
        return -1;
    b->content_item->relative = true;
    struct content *c = b->content;
    if (!(c->flags & CONTENT_WITHIN_VAR) && (size_t)c->within < c->pattern.len)
        return err_set(err, "%d is less than the content's %zu bytes", c->within, c->pattern.len);
    return 0;
}

static int startswith_keyword(struct build *b, struct bytes value, const void **arg,
                              struct err *err)
{
    (void)value;
    (void)arg;
    if (need_content(b, err))
        return -1;
    struct content *c = b->content;
    if (c->flags & (CONTENT_RELATIVE | CONTENT_OFFSET | CONTENT_DEPTH | CONTENT_STARTS))
        return err_set(err, "cannot go with offset, depth, distance or within");
    c->depth = (int32_t)c->pattern.len;
    c->flags |= CONTENT_STARTS | CONTENT_DEPTH;
    return 0;
}

static int endswith_keyword(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)value;
    (void)arg;
    if (need_content(b, err))
        return -1;
    b->content->flags |= CONTENT_ENDS;
    return 0;
}

/* "fast_pattern", "fast_pattern:only", "fast_pattern:offset,length". */
static int fast_pattern_keyword(struct build *b, struct bytes value, const void **arg,
                                struct err *err)
{
    (void)arg;
    if (need_content(b, err))
        return -1;
    struct content *c = b->content;
    c->flags |= CONTENT_FAST;
    if (value.len == 0)
        return 0;
    if (WORD_IS(value, "only")) {
        c->flags |= CONTENT_FAST_ONLY;
        return 0;
    }
    struct bytes from;
    uint64_t start, len;
    if (!word_next(&value, ',', &from) || !text_u64(from, 0, UINT16_MAX, &start) ||
        !text_u64(word_trim(value), 1, UINT16_MAX, &len) || start + len > c->pattern.len)
        return err_set(err, "neither 'only' nor 'offset,length' within the content");
    c->fast_from = (uint16_t)start;
    c->fast_len = (uint16_t)len;
    return 0;
}

static int prefilter_keyword(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)value;
    (void)arg;
    (void)err;
    /* Header keywords cost little here, so the wish changes nothing but for a content. */
    if (b->content)
        b->content->flags |= CONTENT_FAST;
    return 0;
}

/* A sensor that only listens changes nothing; the rule's alert is of interest all the same. */
static int replace_keyword(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct bytes pattern;
    bool negated;
    if (content_parse(value, b->arena, &pattern, &negated, err))
        return -1;
    return negated ? err_set(err, "cannot be negated") : 0;
}

#define FLAG(id, text, sum)                                                                        \
    const struct keyword keyword_##id = {.name = #id,                                              \
                                         .summary = sum,                                           \
                                         .example = text,                                          \
                                         .flags = KEYWORD_NO_VALUE,                                \
                                         .parse = id##_keyword}
#define VALUE(id, text, sum)                                                                       \
    const struct keyword keyword_##id = {                                                          \
        .name = #id, .summary = sum, .example = text, .parse = id##_keyword}
#define QUOTED(id, text, sum)                                                                      \
    const struct keyword keyword_##id = {.name = #id,                                              \
                                         .summary = sum,                                           \
                                         .example = text,                                          \
                                         .flags = KEYWORD_QUOTED,                                  \
                                         .parse = id##_keyword}

QUOTED(content, "content:!\"GET |0d 0a|\";", "these bytes are in the buffer, or not with '!'");
QUOTED(uricontent, "uricontent:\"/admin\";", "content of the normalised HTTP URI");
FLAG(nocase, "nocase;", "the content before matches in any case");
FLAG(rawbytes, "rawbytes;", "accepted; bytes are never changed here");
QUOTED(replace, "replace:\"xxx\";", "accepted; traffic is never changed here");
VALUE(offset, "offset:4;", "the content before starts at or after this byte");
VALUE(depth, "depth:20;", "the content before ends within so many bytes from its offset");
VALUE(distance, "distance:0;", "the content before starts so far behind the last match");
VALUE(within, "within:10;", "the content before ends within so many bytes of the last match");
FLAG(startswith, "startswith;", "the content before opens the buffer");
FLAG(endswith, "endswith;", "the content before closes the buffer");
const struct keyword keyword_fast_pattern = {
    .name = "fast_pattern",
    .summary = "select the rule by the content before",
    .example = "fast_pattern:2,8;",
    .flags = KEYWORD_OPTIONAL_VALUE,
    .parse = fast_pattern_keyword,
};
FLAG(prefilter, "prefilter;", "select the rule by the keyword before");
