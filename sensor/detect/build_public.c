/* sensor/detect/build_public.c - what records say about a rule: severity, category, metadata. */
#include "common/json.h"
#include "sensor/detect/attack.h"
#include "sensor/detect/build.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

#define PRIORITY_DEFAULT 3

/* Metadata keys become JSON keys as they are, so they hold nothing that needs an escape. */
static const char *plain_key(struct build *b, struct bytes key)
{
    char *text = (char *)(uintptr_t)arena_copy(b->arena, key).p;
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e || *c == '"' || *c == '\\')
            *c = '_';
    return text;
}

static bool split_pair(struct bytes pair, struct bytes *key, struct bytes *value)
{
    *value = pair;
    if (!word_next_blank(value, key))
        return false;
    *value = word_trim(*value);
    return value->len > 0;
}

static bool seen_before(const struct build *b, size_t at, struct bytes key)
{
    struct bytes other, value;
    for (size_t i = 0; i < at; i++)
        if (split_pair(b->metadata[i], &other, &value) && bytes_eq(other, key))
            return true;
    return false;
}

static void write_values(struct json *j, const struct build *b, size_t from, struct bytes key)
{
    struct bytes other, value;
    for (size_t i = from; i < b->metadata_count; i++)
        if (split_pair(b->metadata[i], &other, &value) && bytes_eq(other, key))
            json_str(j, NULL, value);
}

static const char *metadata_json(struct build *b)
{
    struct json j = {0};
    struct bytes key, value;
    const char *text = NULL;
    json_object(&j, NULL);
    bool any = false;
    for (size_t i = 0; i < b->metadata_count; i++) {
        if (!split_pair(b->metadata[i], &key, &value) || seen_before(b, i, key))
            continue;
        any = true;
        json_array(&j, plain_key(b, key));
        write_values(&j, b, i, key);
        json_array_end(&j);
    }
    json_object_end(&j);
    if (any)
        text = build_text(b, json_bytes(&j));
    json_release(&j);
    return text;
}

/* "url,www.example.org" with reference.config's "http://" before it; else as written. */
static const char *reference_text(struct build *b, struct bytes written)
{
    struct bytes rest = written, type;
    const struct ruleset *rs = b->ruleset;
    if (word_next(&rest, ',', &type) && rest.p)
        for (size_t i = 0; i < rs->reference_count; i++)
            if (bytes_ieq(type, bytes_str(rs->references[i].name))) {
                const char *prefix = rs->references[i].prefix;
                struct bytes tail = word_trim(rest);
                size_t len = strlen(prefix) + tail.len + 1;
                char *text = build_alloc(b, len);
                snprintf(text, len, "%s%.*s", prefix, (int)tail.len, (const char *)tail.p);
                return text;
            }
    return build_text(b, written);
}

static const char *references_json(struct build *b)
{
    if (b->reference_count == 0)
        return NULL;
    struct json j = {0};
    json_array(&j, NULL);
    for (size_t i = 0; i < b->reference_count; i++)
        json_strz(&j, NULL, reference_text(b, b->references[i]));
    json_array_end(&j);
    const char *text = build_text(b, json_bytes(&j));
    json_release(&j);
    return text;
}

static enum reject_target reject_target(const struct rule *r)
{
    if (r->action != ACTION_REJECT)
        return REJECT_NONE;
    return WORD_IS(r->action_name, "rejectdst")    ? REJECT_DESTINATION
           : WORD_IS(r->action_name, "rejectboth") ? REJECT_BOTH
                                                   : REJECT_SOURCE;
}

void build_public(struct build *b)
{
    struct signature *s = b->sig;
    struct signature_public *p = &s->public;
    const struct ruleset *rs = b->ruleset;
    uint8_t priority = PRIORITY_DEFAULT;
    p->category = "";
    if (p->classtype) {
        int at = names_find(&rs->class_names, bytes_str(p->classtype));
        if (at >= 0) {
            p->category = rs->classes[at].text;
            priority = rs->classes[at].priority;
        }
    }
    p->severity = s->priority_text ? s->priority_text : priority;
    p->action = b->rule->action;
    p->reject = (uint8_t)reject_target(b->rule);
    p->text = build_text(b, b->rule->text);
    p->metadata_json = metadata_json(b);
    p->attack_json = attack_of_rule(b);
    p->references_json = rs->show_references ? references_json(b) : NULL;
    if (!p->msg)
        p->msg = "";
    if (!p->classtype)
        p->classtype = "";
}
