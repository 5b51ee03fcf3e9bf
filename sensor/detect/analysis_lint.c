/* sensor/detect/analysis_lint.c - what is odd about a rule, for analysis.h.
 *
 * Each remark begins with one word: "never" (it cannot match), "dead" (it matches and nothing comes
 * of it), "unclear" (something its readers need is missing), "slow" (no literal, or a poor one,
 * decides when it is looked at). */
#include "sensor/detect/analysis.h"
#include "sensor/detect/mpm/fast_pattern.h"
#include "sensor/detect/words.h"

#define SHORT_PATTERN 3 /* bytes; shorter ones occur everywhere */

static bool has_item(const struct inspection *in, const char *kind)
{
    for (size_t i = 0; in && i < in->item_count; i++)
        if (strcmp(in->items[i].kind->name, kind) == 0)
            return true;
    return false;
}

static void remark(struct json *j, const char *text)
{
    json_strz(j, NULL, text);
}

/* The bit that "command,bit" is about; the whole of "a|b". */
static struct bytes bit_of(const struct rule_option *o, const char *command)
{
    struct bytes rest = word_unquote(o->value), word;
    if (!word_next(&rest, ',', &word) || !rest.p || !bytes_ieq(word, bytes_str(command)))
        return (struct bytes){0};
    return word_trim(rest);
}

static void check_flowbits(struct json *j, const struct rule *rule)
{
    const struct rule_option *yes, *no;
    char text[160];
    for (size_t i = 0; (yes = analysis_option(rule, "flowbits", i)); i++)
        for (size_t k = 0; (no = analysis_option(rule, "flowbits", k)); k++) {
            struct bytes wanted = bit_of(yes, "isset"), unwanted = bit_of(no, "isnotset");
            if (!wanted.len || !bytes_eq(wanted, unwanted))
                continue;
            snprintf(text, sizeof text, "never: flowbit '%.*s' cannot be set and not set",
                     WORD_ARG(wanted));
            remark(j, text);
        }
}

static void check_use(struct json *j, const struct rule *rule, const struct signature *s)
{
    char text[160];
    if ((s->flags & SIG_NOALERT) && !s->action_count && s->public.action == ACTION_ALERT)
        remark(j, "dead: it neither alerts nor leaves a mark for another rule");
    if (!s->public.msg[0])
        remark(j, "unclear: no msg, so an alert will not say what it is about");
    if (*s->public.classtype && !*s->public.category) {
        snprintf(text, sizeof text, "unclear: classtype '%s' is not in classification.config",
                 s->public.classtype);
        remark(j, text);
    }
    if (!analysis_option(rule, "rev", 0))
        remark(j, "unclear: no rev, so nobody can tell its versions apart");
}

/* ---- cost ---- */
static bool has_pcre(const struct signature *s)
{
    bool found = has_item(s->payload, "pcre");
    for (size_t i = 0; i < s->app_count; i++)
        found |= has_item(&s->apps[i], "pcre");
    return found;
}

static void check_cost(struct json *j, const struct signature *s)
{
    char text[160];
    if (s->fast && fast_pattern_bytes(s->fast).len < SHORT_PATTERN) {
        snprintf(text, sizeof text, "slow: its fast pattern has %zu bytes, which occur everywhere",
                 fast_pattern_bytes(s->fast).len);
        remark(j, text);
    }
    if (s->fast || (s->flags & (SIG_IP_ONLY | SIG_EVENT_ONLY | SIG_PROTO_ONLY | SIG_TX_EVENT)))
        return;
    if (has_pcre(s))
        remark(j, "slow: an expression without a content that decides when to try it");
    else if (s->app_count)
        remark(j, "slow: no fast pattern, so every transaction is looked at");
    else
        remark(j, "slow: no fast pattern, so every packet that fits the header is looked at");
}

void analysis_lint(struct json *j, const struct rule *rule, const struct signature *s)
{
    json_array(j, "warnings");
    check_flowbits(j, rule);
    check_use(j, rule, s);
    json_array_end(j);
    json_array(j, "notes");
    check_cost(j, s);
    json_array_end(j);
}
