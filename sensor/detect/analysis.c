/* sensor/detect/analysis.c - --engine-analysis: one JSON object a rule.
 *
 * Names are those of Suricata's rules.json where it has one. What a reader of rules wants to know
 * without parsing them himself comes with it: file, line and whether it is switched off; the words
 * of the header; metadata, references and flowbits; match_hash, equal for rules that look for the
 * same thing; raw_hex, the bytes of a rule that is not UTF-8. A rule that cannot be used has
 * "error" instead of what it would be. */
#include "sensor/detect/analysis.h"

#include <xxhash.h>

#include "common/text.h"
#include "sensor/detect/words.h"

const struct rule_option *analysis_option(const struct rule *rule, const char *name, size_t k)
{
    for (size_t i = 0; i < rule->option_count; i++)
        if (bytes_ieq(rule->options[i].name, bytes_str(name)) && k-- == 0)
            return &rule->options[i];
    return NULL;
}

static void put_texts(struct json *j, const char *key, const struct rule *rule, const char *option)
{
    const struct rule_option *o;
    json_array(j, key);
    for (size_t k = 0; (o = analysis_option(rule, option, k)); k++)
        json_str(j, NULL, word_unquote(o->value));
    json_array_end(j);
}

static void put_first(struct json *j, const char *key, const struct rule *rule, const char *option)
{
    const struct rule_option *o = analysis_option(rule, option, 0);
    if (o)
        json_str(j, key, word_unquote(o->value));
}

/* As far as it is right: broken numbers are the engine's to complain of. */
static void put_number(struct json *j, const char *key, const struct rule *rule, const char *option,
                       uint64_t otherwise)
{
    const struct rule_option *o = analysis_option(rule, option, 0);
    uint64_t n = otherwise;
    if (o)
        for (size_t i = n = 0; i < o->value.len && o->value.p[i] >= '0' && o->value.p[i] <= '9';
             i++)
            n = n < UINT32_MAX ? n * 10 + (o->value.p[i] - '0') : n;
    json_u64(j, key, n);
}

static void put_header(struct json *j, const struct rule *r)
{
    json_str(j, "action", r->action_name);
    json_str(j, "proto", r->proto);
    json_object(j, "header");
    json_str(j, "src", r->src);
    json_str(j, "sport", r->sport);
    json_strz(j, "direction", r->bidirectional ? "<>" : "->");
    json_str(j, "dst", r->dst);
    json_str(j, "dport", r->dport);
    json_object_end(j);
}

/* What only describes a rule. */
static bool is_description(struct bytes name)
{
    static const char *const words[] = {"msg",      "sid",       "rev",      "gid",
                                        "metadata", "reference", "priority", "classtype"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_ieq(name, bytes_str(words[i])))
            return true;
    return false;
}

static void hash_word(XXH3_state_t *state, struct bytes word)
{
    XXH3_64bits_update(state, word.len ? (const void *)word.p : "", word.len);
    XXH3_64bits_update(state, "", 1);
}

static void put_match_hash(struct json *j, const struct rule *r)
{
    char text[17];
    XXH3_state_t *state = XXH3_createState();
    ASSERT(state);
    XXH3_64bits_reset(state);
    const struct bytes header[] = {r->action_name, r->proto, r->src, r->sport, r->dst, r->dport};
    for (size_t i = 0; i < sizeof header / sizeof *header; i++)
        hash_word(state, header[i]);
    hash_word(state, r->bidirectional ? BYTES_LIT("<>") : BYTES_LIT("->"));
    for (size_t i = 0; i < r->option_count; i++) {
        if (is_description(r->options[i].name))
            continue;
        hash_word(state, r->options[i].name);
        hash_word(state, r->options[i].value);
    }
    snprintf(text, sizeof text, "%016llx", (unsigned long long)XXH3_64bits_digest(state));
    XXH3_freeState(state);
    json_strz(j, "match_hash", text);
}

/* ---- what it is to the engine ---- */
static const char *type_of(const struct signature *s)
{
    const uint32_t both = SIG_PACKET | SIG_STREAM;
    if (s->flags & SIG_EVENT_ONLY)
        return "de_only";
    if (s->flags & SIG_IP_ONLY)
        return "ip_only";
    if (s->flags & SIG_PROTO_ONLY)
        return "pd_only";
    if (s->flags & (SIG_TX | SIG_TX_EVENT))
        return "app_tx";
    if (s->payload && (s->flags & both) == both)
        return "pkt_stream";
    if (s->payload && (s->flags & SIG_STREAM))
        return "stream";
    if (s->proto != APP_UNKNOWN)
        return "app_layer";
    return s->payload || s->packet_count || s->condition_count ? "pkt" : "like_ip_only";
}

static void put_flag(struct json *j, bool holds, const char *name)
{
    if (holds)
        json_strz(j, NULL, name);
}

static void put_flags(struct json *j, const struct ruleset *rs, const struct signature *s)
{
    json_array(j, "flags");
    put_flag(j, rs->addresses[s->src_set].any, "src_any");
    put_flag(j, rs->addresses[s->dst_set].any, "dst_any");
    put_flag(j, rs->ports[s->sport_set].any, "sp_any");
    put_flag(j, rs->ports[s->dport_set].any, "dp_any");
    put_flag(j, s->flags & SIG_NOALERT, "noalert");
    put_flag(j, s->proto != APP_UNKNOWN, "applayer");
    put_flag(j, s->payload && (s->flags & SIG_PACKET), "need_packet");
    put_flag(j, s->payload && (s->flags & SIG_STREAM), "need_stream");
    put_flag(j, s->dirs & DIR_BIT(TO_SERVER), "toserver");
    put_flag(j, s->dirs & DIR_BIT(TO_CLIENT), "toclient");
    put_flag(j, s->flags & SIG_PREFILTERED, "prefilter");
    put_flag(j, s->public.target == 1, "src_is_target");
    put_flag(j, s->public.target == 2, "dst_is_target");
    json_array_end(j);
}

static void put_signature(struct json *j, const struct rule_seen *seen)
{
    const struct signature *s = seen->rule->signature;
    json_u64(j, "priority", s->public.severity);
    json_strz(j, "category", s->public.category);
    json_strz(j, "app_proto", app_proto_name(s->proto));
    json_array(j, "requirements");
    put_flag(j, s->payload, "payload");
    put_flag(j, s->flags & SIG_FLOW, "flow");
    put_flag(j, s->flags & (SIG_EVENT_ONLY | SIG_TX_EVENT), "engine_event");
    json_array_end(j);
    json_strz(j, "type", type_of(s));
    put_flags(j, seen->ruleset, s);
    analysis_engines(j, s);
    analysis_lint(j, seen->rule, s);
}

/* ---- a row ---- */
struct analysis {
    FILE *out;
    struct json json;
};

/* JSON cannot carry other bytes than UTF-8, and who writes the rule again needs its very own. */
static void put_text(struct json *j, struct bytes text)
{
    json_str(j, "raw", text);
    if (text_utf8_valid(text) != text.len)
        json_hex(j, "raw_hex", text);
}

static void put_rule(struct json *j, const struct rule_seen *seen)
{
    const struct rule *r = seen->rule;
    json_strz(j, "file", seen->file);
    json_u64(j, "line", r->line);
    json_bool(j, "enabled", seen->enabled);
    put_text(j, seen->text);
    put_number(j, "id", r, "sid", 0);
    put_number(j, "gid", r, "gid", 1);
    put_number(j, "rev", r, "rev", 0);
    put_first(j, "msg", r, "msg");
    put_first(j, "classtype", r, "classtype");
    put_header(j, r);
    put_texts(j, "metadata", r, "metadata");
    put_texts(j, "references", r, "reference");
    put_texts(j, "flowbits", r, "flowbits");
    put_match_hash(j, r);
    if (seen->error) {
        json_u64(j, "column", r->column);
        json_strz(j, "error", seen->error->text);
    } else if (!r->signature) {
        json_bool(j, "not_required", true);
    } else {
        put_signature(j, seen);
    }
}

static void on_rule(void *ctx, const struct rule_seen *seen)
{
    struct analysis *a = ctx;
    json_reset(&a->json);
    json_object(&a->json, NULL);
    put_rule(&a->json, seen);
    json_object_end(&a->json);
    fwrite(a->json.text, 1, a->json.len, a->out);
    fputc('\n', a->out);
}

int rules_analyse(const struct ruleset_options *o, FILE *out, struct err *err)
{
    struct analysis a = {.out = out};
    struct ruleset_options seeing = *o;
    struct ruleset_report report;
    seeing.see = on_rule;
    seeing.see_ctx = &a;
    struct ruleset *rs = ruleset_load(&seeing, &report, err);
    int rc = rs ? 0 : -1;
    ruleset_free(rs);
    ruleset_report_free(&report);
    json_release(&a.json);
    return rc == 0 && fflush(out) != 0 ? err_set(err, "cannot write the analysis") : rc;
}
