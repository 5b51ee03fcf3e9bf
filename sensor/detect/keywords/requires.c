/* keywords/requires.c - "requires:feature geoip, version >= 7.0.3 < 8;" - else the rule is left
 * out.
 *
 * The rule language is that of Suricata 7.0.10; versions are compared with it. */
#include "common/text.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/keywords/requires.h"
#include "sensor/detect/words.h"

#define LANGUAGE_VERSION 70010u /* major * 10000 + minor * 1000 + patch */

static bool version_number(struct bytes t, uint32_t *out)
{
    static const uint32_t weight[3] = {10000, 1000, 1};
    struct bytes rest = t, part;
    uint64_t n;
    *out = 0;
    for (size_t i = 0; i < 3 && word_next(&rest, '.', &part); i++) {
        if (!text_u64(part, 0, 99, &n))
            return false;
        *out += (uint32_t)n * weight[i];
    }
    return t.len > 0;
}

/* ">= 7.0.3 < 8 | >= 9": alternatives of comparisons that must all hold. */
static int one_alternative(struct bytes t, bool *holds, struct err *err)
{
    struct bytes op, version;
    uint32_t n;
    *holds = true;
    while (word_next_blank(&t, &op)) {
        size_t signs = 0;
        while (signs < op.len && memchr("<>=", op.p[signs], 3))
            signs++;
        version = bytes_slice(op, signs, op.len);
        op = bytes_slice(op, 0, signs);
        if (version.len == 0)
            word_next_blank(&t, &version);
        if (!version_number(version, &n))
            return err_set(err, "'%.*s' is no version", WORD_ARG(version));
        if (WORD_IS(op, ">="))
            *holds &= LANGUAGE_VERSION >= n;
        else if (WORD_IS(op, ">"))
            *holds &= LANGUAGE_VERSION > n;
        else if (WORD_IS(op, "<="))
            *holds &= LANGUAGE_VERSION <= n;
        else if (WORD_IS(op, "<"))
            *holds &= LANGUAGE_VERSION < n;
        else
            return err_set(err, "'%.*s' is no comparison of versions", WORD_ARG(op));
    }
    return 0;
}

static int version_holds(struct bytes t, bool *holds, struct err *err)
{
    struct bytes one;
    bool any = false;
    while (word_next(&t, '|', &one)) {
        bool this_one;
        if (one_alternative(one, &this_one, err))
            return -1;
        any |= this_one;
    }
    *holds &= any;
    return 0;
}

/* One we do not know we do not have. */
static bool is_feature(struct bytes name)
{
    return WORD_IS(name, "geoip") || WORD_IS(name, "ja3") || WORD_IS(name, "ja4");
}

int requires_check(struct bytes value, bool *holds, struct err *err)
{
    struct bytes rest = word_unquote(value), one, what;
    *holds = true;
    while (word_next(&rest, ',', &one)) {
        if (!word_next_blank(&one, &what))
            return err_set(err, "empty requirement");
        if (WORD_IS(what, "version")) {
            if (version_holds(one, holds, err))
                return -1;
        } else if (WORD_IS(what, "keyword")) {
            *holds &= keyword_find(word_trim(one)) != NULL;
        } else {
            *holds &= WORD_IS(what, "feature") && is_feature(word_trim(one));
        }
    }
    return 0;
}

static int requires_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)b;
    (void)arg;
    bool holds;
    return requires_check(value, &holds, err);
}

const struct keyword keyword_requires = {
    .name = "requires",
    .summary = "leave the rule out when version or feature is not there",
    .example = "requires:version >= 7.0.0;",
    .flags = KEYWORD_META,
    .parse = requires_parse,
};
