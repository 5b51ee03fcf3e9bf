/* keywords/captures.c - variables that hold pieces of traffic: caught by pcre, asked by flowvar and
 * pktvar. */
#include "sensor/detect/keywords/captures.h"

#include "sensor/detect/content.h"
#include "sensor/detect/flow_vars.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/text_vars.h"
#include "sensor/detect/words.h"
#include "sensor/detect/worker_state.h"

struct capture {
    unsigned group;
    bool of_packet, keyed; /* keyed: the name is this group, the value the next one */
    uint16_t name;
};
struct captures {
    size_t count;
    struct capture list[REGEX_GROUPS_MAX];
};

static int text_name(struct build *b, struct bytes name, uint16_t *out, struct err *err)
{
    struct ruleset *rs = b->ruleset;
    if (name.len == 0 || rs->texts.count == RULE_NAMES_MAX)
        return err_set(err, name.len ? "more than %d names in all rules" : "a variable has no name",
                       RULE_NAMES_MAX);
    *out = (uint16_t)names_add(&rs->texts, &rs->arena, name);
    return 0;
}

/* "flow:a" or "pkt:b". */
static int capture_of(struct build *b, struct bytes text, struct capture *out, struct err *err)
{
    out->of_packet = bytes_starts(text, BYTES_LIT("pkt:"));
    if (!out->of_packet && !bytes_starts(text, BYTES_LIT("flow:")))
        return err_set(err, "'%.*s' starts with neither flow: nor pkt:", WORD_ARG(text));
    return text_name(b, bytes_slice(text, out->of_packet ? 4 : 5, text.len), &out->name, err);
}

static int add_listed(struct build *b, unsigned groups, struct bytes names, struct captures *c,
                      struct err *err)
{
    struct bytes name;
    unsigned group = 1;
    while (word_next(&names, ',', &name)) {
        if (name.len == 0)
            continue;
        bool keyed = WORD_IS(name, "pkt:key");
        if (keyed && (!word_next(&names, ',', &name) || !WORD_IS(name, "pkt:value")))
            return err_set(err, "pkt:key needs a pkt:value behind it");
        if (group + keyed > groups || c->count == REGEX_GROUPS_MAX)
            return err_set(err, "more names than groups, or than %d", REGEX_GROUPS_MAX);
        struct capture *one = &c->list[c->count++];
        *one = (struct capture){.group = group, .keyed = keyed, .of_packet = keyed};
        if (!keyed && capture_of(b, name, one, err))
            return -1;
        group += 1 + keyed;
    }
    return 0;
}

/* (?P<flow_name>...) and (?P<pkt_name>...). */
static int add_named(struct build *b, const struct regex *regex, struct captures *c,
                     struct err *err)
{
    struct bytes name;
    unsigned group;
    for (unsigned i = 0; (group = regex_named(regex, i, &name)) != 0; i++) {
        bool of_packet = bytes_starts(name, BYTES_LIT("pkt_"));
        if (!of_packet && !bytes_starts(name, BYTES_LIT("flow_")))
            continue;
        if (group > REGEX_GROUPS_MAX || c->count == REGEX_GROUPS_MAX)
            return err_set(err, "more than %d groups to keep", REGEX_GROUPS_MAX);
        struct capture *one = &c->list[c->count++];
        *one = (struct capture){.group = group, .of_packet = of_packet};
        if (text_name(b, bytes_slice(name, of_packet ? 4 : 5, name.len), &one->name, err))
            return -1;
    }
    return 0;
}

int captures_parse(struct build *b, const struct regex *regex, struct bytes names,
                   const struct captures **out, struct err *err)
{
    struct captures *c = build_alloc(b, sizeof *c);
    if (add_listed(b, regex_group_count(regex), names, c, err) || add_named(b, regex, c, err))
        return -1;
    *out = c->count ? c : NULL;
    return 0;
}

static struct captured *place_of(struct inspect *in, const struct capture *c)
{
    struct captured **at = &in->captured;
    while (*at && (*at)->by != c)
        at = &(*at)->next;
    if (!*at) {
        *at = arena_alloc(in->scratch, sizeof **at);
        **at = (struct captured){.by = c, .of_packet = c->of_packet, .name = c->name};
    }
    return *at;
}

void captures_take(const struct captures *c, struct inspect *in, struct bytes matched_in)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct capture *one = &c->list[i];
        struct regex_span key = {0}, value;
        if (!regex_group(in->regex, one->group + one->keyed, &value) ||
            (one->keyed && !regex_group(in->regex, one->group, &key)) ||
            value.end - value.start > TEXT_VAR_MAX || key.end - key.start > TEXT_VAR_MAX)
            continue;
        struct captured *to = place_of(in, one);
        to->value =
            arena_copy(in->scratch, bytes_slice(matched_in, value.start, value.end - value.start));
        if (one->keyed)
            to->key =
                arena_copy(in->scratch, bytes_slice(matched_in, key.start, key.end - key.start));
    }
}

/* ---- flowvar, pktvar: "name,content" ---- */
struct text_test {
    uint16_t name;
    bool negated;
    struct bytes content;
};

static bool holds(const struct text_test *t, const struct text_var *list)
{
    const struct text_var *v = text_var_find(list, t->name);
    return v && (bytes_find(v->value, t->content) >= 0) != t->negated;
}

static bool flowvar_match(const void *arg, struct inspect *in)
{
    return holds(arg, in->vars ? in->vars->texts : NULL);
}

static bool pktvar_match(const void *arg, struct inspect *in)
{
    return holds(arg, in->detect->packet_texts);
}

static int text_test_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct bytes name;
    struct text_test *t = build_alloc(b, sizeof *t);
    if (!word_next(&value, ',', &name) || !value.p)
        return err_set(err, "is not 'name,\"content\"'");
    *arg = t;
    return text_name(b, name, &t->name, err)
               ? -1
               : content_parse(word_trim(value), b->arena, &t->content, &t->negated, err);
}

const struct keyword keyword_flowvar = {
    .name = "flowvar",
    .summary = "a piece of traffic kept with the flow holds this",
    .example = "flowvar:user,\"root\";",
    .parse = text_test_parse,
    .match = flowvar_match,
};
const struct keyword keyword_pktvar = {
    .name = "pktvar",
    .summary = "a piece of traffic caught in this packet holds this",
    .example = "pktvar:user,\"root\";",
    .parse = text_test_parse,
    .match = pktvar_match,
};
