/* keywords/threshold.c - how often a rule may speak: threshold and detection_filter.
 *
 * The grammar of their options is also that of threshold.config. */
#include "sensor/detect/keywords/threshold.h"

#include "common/text.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

static const struct {
    const char *name;
    enum threshold_track track;
} tracks[] = {{"by_src", TRACK_SRC},   {"by_dst", TRACK_DST},   {"by_rule", TRACK_RULE},
              {"by_both", TRACK_BOTH}, {"by_flow", TRACK_FLOW}, {"by_either", TRACK_EITHER}};

int threshold_track_parse(struct bytes t, enum threshold_track *out, struct err *err)
{
    for (size_t i = 0; i < sizeof tracks / sizeof *tracks; i++)
        if (bytes_ieq(t, bytes_str(tracks[i].name))) {
            *out = tracks[i].track;
            return 0;
        }
    return err_set(err, "cannot track '%.*s'", WORD_ARG(t));
}

static int number_option(struct bytes value, uint32_t *out, struct err *err)
{
    uint64_t n;
    if (!text_u64(value, 0, UINT32_MAX, &n))
        return err_set(err, "'%.*s' is no number", WORD_ARG(value));
    *out = (uint32_t)n;
    return 0;
}

static int type_option(struct bytes value, struct threshold *t, struct err *err)
{
    t->type = WORD_IS(value, "limit")       ? LIMIT_FIRST
              : WORD_IS(value, "threshold") ? LIMIT_EVERY
              : WORD_IS(value, "both")      ? LIMIT_BOTH
                                            : LIMIT_DETECTION;
    return t->type == LIMIT_DETECTION
               ? err_set(err, "type '%.*s' is none of limit threshold both", WORD_ARG(value))
               : 0;
}

static int action_option(struct bytes value, struct threshold *t, struct err *err)
{
    static const char *const names[] = {"alert", "pass", "drop", "reject"};
    for (size_t i = 0; i < 4; i++)
        if (bytes_ieq(value, bytes_str(names[i]))) {
            t->new_action = (enum rule_action)i;
            return 0;
        }
    return err_set(err, "unknown new_action '%.*s'", WORD_ARG(value));
}

int threshold_option(struct bytes option, struct threshold *t, unsigned *seen, struct err *err)
{
    struct bytes value = option, name;
    if (!word_next_blank(&value, &name))
        return err_set(err, "empty option");
    value = word_trim(value);
    if (WORD_IS(name, "type")) {
        *seen |= THRESHOLD_HAS_TYPE;
        return type_option(value, t, err);
    }
    if (WORD_IS(name, "track")) {
        *seen |= THRESHOLD_HAS_TRACK;
        return threshold_track_parse(value, &t->track, err);
    }
    if (WORD_IS(name, "count")) {
        *seen |= THRESHOLD_HAS_COUNT;
        return number_option(value, &t->count, err);
    }
    if (WORD_IS(name, "seconds")) {
        *seen |= THRESHOLD_HAS_SECONDS;
        return number_option(value, &t->seconds, err);
    }
    if (WORD_IS(name, "timeout"))
        return number_option(value, &t->timeout, err);
    if (WORD_IS(name, "new_action"))
        return action_option(value, t, err);
    return err_set(err, "unknown option '%.*s'", WORD_ARG(name));
}

static int parse(struct build *b, struct bytes value, unsigned needed, enum threshold_type type,
                 struct err *err)
{
    struct threshold *t = build_alloc(b, sizeof *t);
    struct bytes rest = word_unquote(value), option;
    unsigned seen = 0;
    t->type = type;
    if (b->sig->threshold)
        return err_set(err, "rule has a threshold already");
    while (word_next(&rest, ',', &option))
        if (threshold_option(option, t, &seen, err))
            return -1;
    if ((seen & needed) != needed)
        return err_set(err, "needs %strack, count and seconds",
                       needed & THRESHOLD_HAS_TYPE ? "type, " : "");
    if (t->count == 0)
        return err_set(err, "count must not be 0");
    b->sig->threshold = t;
    return 0;
}

static int threshold_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    return parse(b, value, THRESHOLD_HAS_ALL, LIMIT_FIRST, err);
}

static int detection_filter_parse(struct build *b, struct bytes value, const void **arg,
                                  struct err *err)
{
    (void)arg;
    if (parse(b, value, THRESHOLD_HAS_ALL & ~(unsigned)THRESHOLD_HAS_TYPE, LIMIT_DETECTION, err))
        return -1;
    enum threshold_track track = b->sig->threshold->track;
    return track == TRACK_SRC || track == TRACK_DST
               ? 0
               : err_set(err, "tracks by_src or by_dst, nothing else");
}

const struct keyword keyword_threshold = {
    .name = "threshold",
    .summary = "how often the rule speaks",
    .example = "threshold:type limit, track by_src, count 1, seconds 60;",
    .flags = KEYWORD_META,
    .parse = threshold_parse,
};
const struct keyword keyword_detection_filter = {
    .name = "detection_filter",
    .summary = "speak from this rate of matches on",
    .example = "detection_filter:track by_src, count 30, seconds 60;",
    .flags = KEYWORD_META,
    .parse = detection_filter_parse,
};
