/* keywords/meta.c - what a rule says about itself: msg, sid, classtype, metadata, target ... */
#include "common/text.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

/* A backslash stands before what would end the text; it is not part of it. */
static int msg_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    (void)err;
    value = word_unquote(value);
    char *text = build_alloc(b, value.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.p[i] == '\\' && i + 1 < value.len && memchr("\\\":;", value.p[i + 1], 4))
            i++;
        text[len++] = (char)value.p[i];
    }
    b->sig->public.msg = text;
    return 0;
}

static int id_parse(struct bytes value, uint64_t min, uint32_t *out, struct err *err)
{
    uint64_t n;
    if (!text_u64(word_unquote(value), min, UINT32_MAX, &n))
        return err_set(err, "'%.*s' is no number", WORD_ARG(value));
    *out = (uint32_t)n;
    return 0;
}

static int sid_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    return id_parse(value, 1, &b->sig->public.sid, err);
}

static int rev_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    return id_parse(value, 0, &b->sig->public.rev, err);
}

static int gid_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    return id_parse(value, 0, &b->sig->public.gid, err);
}

static int classtype_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    (void)err;
    b->sig->public.classtype = build_text(b, word_unquote(value));
    return 0;
}

static int priority_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    uint64_t n;
    if (!text_u64(word_unquote(value), 1, 255, &n))
        return err_set(err, "'%.*s' is no number from 1 to 255", WORD_ARG(value));
    b->sig->priority_text = (uint8_t)n;
    return 0;
}

static int reference_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct bytes rest = value, type;
    if (!word_next(&rest, ',', &type) || type.len == 0 || word_trim(rest).len == 0)
        return err_set(err, "is not 'type,value'");
    if (b->reference_count < sizeof b->references / sizeof *b->references)
        b->references[b->reference_count++] = value;
    return 0;
}

static int metadata_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    (void)err;
    struct bytes rest = value, pair;
    while (word_next(&rest, ',', &pair))
        if (pair.len && b->metadata_count < BUILD_METADATA_MAX)
            b->metadata[b->metadata_count++] = pair;
    return 0;
}

static int target_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    b->sig->public.target = WORD_IS(value, "src_ip") ? 1 : WORD_IS(value, "dest_ip") ? 2 : 0;
    return b->sig->public.target ? 0 : err_set(err, "is neither src_ip nor dest_ip");
}

static int noalert_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)value;
    (void)arg;
    (void)err;
    b->sig->flags |= SIG_NOALERT;
    return 0;
}

static int alert_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)value;
    (void)arg;
    (void)err;
    b->sig->flags &= ~(uint32_t)SIG_NOALERT;
    if (b->rule->action == ACTION_PASS)
        b->sig->flags |= SIG_PASS_ALERTS;
    return 0;
}

#define META(id, text, sum, more)                                                                  \
    const struct keyword keyword_##id = {.name = #id,                                              \
                                         .summary = sum,                                           \
                                         .example = text,                                          \
                                         .flags = KEYWORD_META | (more),                           \
                                         .parse = id##_parse}
META(msg, "msg:\"text\";", "what an alert says", 0);
META(sid, "sid:1000001;", "the rule's number", 0);
META(rev, "rev:2;", "its revision", 0);
META(gid, "gid:1;", "number of the engine part that speaks", 0);
META(classtype, "classtype:trojan-activity;", "class of classification.config", 0);
META(priority, "priority:1;", "severity, before that of the class", 0);
META(reference, "reference:cve,2021-44228;", "where to read more", 0);
META(metadata, "metadata:created_at 2024_01_01;", "key and value pairs, kept in the alert", 0);
META(target, "target:dest_ip;", "which end is the victim", 0);
META(noalert, "noalert;", "match, act, but say nothing", KEYWORD_NO_VALUE);
META(alert, "alert;", "take a noalert back; let a pass rule speak", KEYWORD_NO_VALUE);
