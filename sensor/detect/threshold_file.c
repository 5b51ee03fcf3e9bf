/* sensor/detect/threshold_file.c - threshold.config: limits and suppressions for rules by number.
 *
 *   suppress gen_id 1, sig_id 2002087, track by_src, ip 209.132.180.0/24
 *   event_filter gen_id 1, sig_id 0, type limit, track by_src, count 1, seconds 60
 *   rate_filter gen_id 1, sig_id 5, track by_src, count 9, seconds 60, new_action drop, timeout 30
 *
 * "threshold" is the older name of event_filter. gen_id 0 or sig_id 0 means all. */
#include "common/file.h"
#include "common/text.h"
#include "sensor/detect/keywords/threshold.h"
#include "sensor/detect/rule.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

#define CONFIG_CAP (16u << 20)

enum line_kind { LINE_SUPPRESS, LINE_FILTER, LINE_RATE };
struct threshold_line {
    enum line_kind kind;
    uint32_t gid, sid; /* 0: all */
    struct threshold threshold;
    struct rule_address_set *addresses; /* of the rule set; NULL: whatever the address */
    unsigned seen;
    bool has_gid, has_sid, has_timeout;
};

static int read_id(struct bytes value, uint32_t *out, struct err *err)
{
    uint64_t n;
    if (!text_u64(value, 0, UINT32_MAX, &n))
        return err_set(err, "'%.*s' is no number", WORD_ARG(value));
    *out = (uint32_t)n;
    return 0;
}

static int read_addresses(struct ruleset *rs, struct bytes value, struct threshold_line *t,
                          struct err *err)
{
    const char *text = (const char *)arena_copy(&rs->arena, value).p;
    t->addresses = rule_vars_address(rs->vars, text, err);
    if (!t->addresses)
        return -1;
    rs->suppressed = realloc(rs->suppressed, (rs->suppression_count + 1) * sizeof *rs->suppressed);
    ASSERT(rs->suppressed);
    rs->suppressed[rs->suppression_count++] = t->addresses;
    return 0;
}

static int read_option(struct ruleset *rs, struct bytes option, struct threshold_line *t,
                       struct err *err)
{
    struct bytes value = option, name;
    word_next_blank(&value, &name);
    value = word_trim(value);
    if (WORD_IS(name, "gen_id")) {
        t->has_gid = true;
        return read_id(value, &t->gid, err);
    }
    if (WORD_IS(name, "sig_id")) {
        t->has_sid = true;
        return read_id(value, &t->sid, err);
    }
    if (WORD_IS(name, "ip") && t->kind == LINE_SUPPRESS)
        return read_addresses(rs, value, t, err);
    t->has_timeout |= WORD_IS(name, "timeout");
    return threshold_option(option, &t->threshold, &t->seen, err);
}

/* Commas within [...] belong to an address list. */
static bool next_option(struct bytes *rest, struct bytes *option)
{
    if (!rest->p || rest->len == 0)
        return false;
    int open = 0;
    size_t i = 0;
    for (; i < rest->len && (rest->p[i] != ',' || open > 0); i++)
        open += rest->p[i] == '[' ? 1 : rest->p[i] == ']' ? -1 : 0;
    *option = word_trim(bytes_slice(*rest, 0, i));
    *rest = bytes_slice(*rest, i + 1, rest->len);
    return true;
}

static int check(const struct threshold_line *t, struct err *err)
{
    if (!t->has_gid || !t->has_sid)
        return err_set(err, "needs gen_id and sig_id");
    if (t->kind == LINE_SUPPRESS) {
        bool tracked = t->seen & THRESHOLD_HAS_TRACK;
        return tracked == (t->addresses != NULL) ? 0 : err_set(err, "track and ip go together");
    }
    unsigned needed = t->kind == LINE_FILTER ? (unsigned)THRESHOLD_HAS_ALL
                                             : THRESHOLD_HAS_ALL & ~(unsigned)THRESHOLD_HAS_TYPE;
    if ((t->seen & needed) != needed || (t->kind == LINE_RATE && !t->has_timeout))
        return err_set(err, t->kind == LINE_FILTER
                                ? "needs type, track, count and seconds"
                                : "needs track, count, seconds, new_action and timeout");
    return t->threshold.count ? 0 : err_set(err, "count must not be 0");
}

static void apply_suppression(struct ruleset *rs, struct signature *s,
                              const struct threshold_line *t)
{
    struct suppression *p = arena_alloc(&rs->arena, sizeof *p);
    p->track = t->addresses ? t->threshold.track : TRACK_RULE;
    p->addresses = t->addresses;
    p->next = s->suppressions;
    s->suppressions = p;
}

/* A rule has one limit. A filter for its sid takes the place of any; a filter for all rules and a
 * rate_filter stand back behind the one it has, as with Suricata. */
static void apply_threshold(struct ruleset *rs, struct signature *s, const struct threshold_line *t)
{
    if (s->threshold && (t->sid == 0 || t->kind == LINE_RATE))
        return;
    s->threshold = arena_alloc(&rs->arena, sizeof *s->threshold);
    *s->threshold = t->threshold;
    if (t->kind == LINE_RATE)
        s->threshold->type = LIMIT_RATE;
}

static void apply(struct ruleset *rs, struct threshold_line *t)
{
    for (size_t i = 0; i < rs->count; i++) {
        struct signature *s = rs->signatures[i];
        if ((t->gid && t->gid != s->public.gid) || (t->sid && t->sid != s->public.sid))
            continue;
        if (t->kind == LINE_SUPPRESS)
            apply_suppression(rs, s, t);
        else
            apply_threshold(rs, s, t);
    }
}

static int read_line(struct ruleset *rs, struct bytes line, struct err *err)
{
    struct threshold_line t = {0};
    struct bytes word, option;
    word_next_blank(&line, &word);
    if (WORD_IS(word, "suppress"))
        t.kind = LINE_SUPPRESS;
    else if (WORD_IS(word, "threshold") || WORD_IS(word, "event_filter"))
        t.kind = LINE_FILTER;
    else if (WORD_IS(word, "rate_filter"))
        t.kind = LINE_RATE;
    else
        return err_set(err, "'%.*s' is none of suppress event_filter threshold rate_filter",
                       WORD_ARG(word));
    line = word_trim(line);
    while (next_option(&line, &option))
        if (read_option(rs, option, &t, err))
            return -1;
    if (check(&t, err))
        return -1;
    apply(rs, &t);
    return 0;
}

int threshold_file_load(struct ruleset *rs, const char *path, struct err *err)
{
    size_t len;
    char *text = file_read(path, CONFIG_CAP, &len, err);
    if (!text)
        return -1;
    struct rule_lines lines = {.rest = bytes_of(text, len)};
    struct arena scratch = {0};
    struct bytes line;
    uint32_t number;
    int rc = 0;
    while (rc == 0 && rule_lines_next(&lines, &scratch, &line, &number)) {
        if (line.len == 0 || line.p[0] == '#')
            continue;
        rc = read_line(rs, line, err);
        if (rc)
            err_in(err, "%s:%u", path, number);
    }
    arena_release(&scratch);
    free(text);
    return rc;
}
