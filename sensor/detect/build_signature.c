/* sensor/detect/build_signature.c - AST to signature: header, options in order, finish. */
#include "sensor/detect/build.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/keywords/number.h"
#include "sensor/detect/nearest.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

static int unknown_keyword(struct bytes name, struct err *err)
{
    const char *nearest = nearest_keyword(name);
    if (nearest)
        return err_set(err, "unknown keyword '%.*s'; did you mean '%s'?", WORD_ARG(name), nearest);
    return err_set(err, "unknown keyword '%.*s'; --list-keywords shows what there is",
                   WORD_ARG(name));
}

/* A name that is no keyword may be a buffer ("http.uri") or a legacy modifier ("http_uri"). */
static int buffer_option(struct build *b, const struct rule_option *o, struct err *err)
{
    const struct buffer *buffer = buffer_intern(b->ruleset, o->name, NULL, 0);
    bool legacy = !buffer && buffer_of_legacy(o->name) != NULL;
    if (!legacy && (!buffer || buffer->kind != BUFFER_APP || buffer->unnamed))
        return unknown_keyword(o->name, err);
    const struct app_number *number = legacy ? NULL : buffer->number;
    if (!o->value.len != !number)
        return err_set(err, "%.*s: %s a value", WORD_ARG(o->name), number ? "needs" : "takes no");
    const char *name = build_text(b, o->name);
    b->other_condition = b->ip_only_spoiled = true;
    int rc = legacy   ? build_move_content(b, name, err)
             : number ? build_number(b, buffer->name, number, o->value, err)
                      : build_sticky(b, name, err);
    return rc ? err_in(err, "%s", name) : 0;
}

static const struct keyword *find_keyword(const struct ruleset *rs, struct bytes name)
{
    uint8_t lower[64];
    if (name.len > sizeof lower)
        return NULL;
    for (size_t i = 0; i < name.len; i++)
        lower[i] = name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 0x20 : name.p[i];
    int at = names_find(&rs->keyword_names, bytes_of(lower, name.len));
    return at >= 0 ? rs->keyword_rows[at] : NULL;
}

static bool in_quotes(struct bytes value)
{
    if (value.len && value.p[0] == '!')
        value = word_trim(bytes_slice(value, 1, value.len));
    return value.len >= 2 && value.p[0] == '"' && value.p[value.len - 1] == '"';
}

static int keyword_option(struct build *b, const struct keyword *k, const struct rule_option *o,
                          struct err *err)
{
    const void *arg = NULL;
    if ((k->flags & KEYWORD_NO_VALUE) && o->value.len)
        return err_set(err, "%s: takes no value", k->name);
    if (!(k->flags & (KEYWORD_NO_VALUE | KEYWORD_OPTIONAL_VALUE)) && o->value.len == 0)
        return err_set(err, "%s: needs a value", k->name);
    if ((k->flags & KEYWORD_QUOTED) && !in_quotes(o->value))
        return err_set(err, "%s: the value wants quotes: %s:\"%.*s\"", k->name, k->name,
                       WORD_ARG(word_unquote(o->value)));
    if (k->flags & KEYWORD_EVENT)
        b->event_condition = true;
    else if (!(k->flags & (KEYWORD_META | KEYWORD_IP_ONLY)) && k->match)
        b->other_condition = true;
    if (!(k->flags & (KEYWORD_META | KEYWORD_IP_ONLY)))
        b->ip_only_spoiled = true;
    if (k->flags & KEYWORD_PACKET)
        b->packet_payload = true;
    if (k->parse(b, o->value, &arg, err))
        return err_in(err, "%s", k->name);
    if (k->match && build_condition(b, k->match, arg, err))
        return err_in(err, "%s", k->name);
    return 0;
}

static int read_options(struct build *b, struct err *err)
{
    for (size_t i = 0; i < b->rule->option_count; i++) {
        const struct rule_option *o = &b->rule->options[i];
        const struct keyword *k = find_keyword(b->ruleset, o->name);
        b->written = o->position;
        b->at = o->name;
        int rc = k ? keyword_option(b, k, o, err) : buffer_option(b, o, err);
        if (rc)
            return rc;
    }
    b->at = b->rule->text;
    if (b->sig->public.sid == 0)
        return err_set(err, "rule has no sid");
    return 0;
}

struct signature *build_signature(struct ruleset *rs, struct rule *rule, struct err *err)
{
    struct build b = {.ruleset = rs, .arena = &rs->arena, .rule = rule};
    b.sig = arena_alloc(&rs->arena, sizeof *b.sig);
    b.sig->public.gid = 1;
    b.sig->dirs = DIR_BIT(TO_SERVER) | DIR_BIT(TO_CLIENT);
    b.sig->flowbits_rank = FLOWBITS_NONE;
    int rc = build_header(&b, err) || read_options(&b, err) || build_finish(&b, err);
    rule->at = b.at;
    return rc ? NULL : b.sig;
}
