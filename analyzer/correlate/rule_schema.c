/* analyzer/correlate/rule_schema.c - a rule file for libcyaml: keys, types, words. */
#include "analyzer/correlate/rule_schema.h"

#define LIST_MAX       1024
#define LINE_MAX_BYTES 256
#define TEXT_MAX_BYTES 4096

const cyaml_strval_t rule_fields[10] = {{"org", FIELD_ORG},           {"src", FIELD_SRC},
                                        {"dst", FIELD_DST},           {"inside", FIELD_INSIDE},
                                        {"outside", FIELD_OUTSIDE},   {"host", FIELD_HOST},
                                        {"ja4", FIELD_JA4},           {"sid", FIELD_SID},
                                        {"category", FIELD_CATEGORY}, {"dst_port", FIELD_DST_PORT}};
const cyaml_strval_t rule_confidences[3] = {
    {"low", CONFIDENCE_LOW}, {"medium", CONFIDENCE_MEDIUM}, {"high", CONFIDENCE_HIGH}};
static const cyaml_strval_t kinds[] = {{"incident", RULE_INCIDENT}, {"campaign", RULE_CAMPAIGN}};
static const cyaml_strval_t types[] = {{"event_count", RULE_EVENT_COUNT},
                                       {"value_count", RULE_VALUE_COUNT},
                                       {"temporal", RULE_TEMPORAL},
                                       {"temporal_ordered", RULE_TEMPORAL_ORDERED}};
static const cyaml_strval_t counts[] = {
    {"events", COUNT_EVENTS}, {"orgs", COUNT_ORGS}, {"values", COUNT_VALUES}};

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define MUST     CYAML_FLAG_DEFAULT
#define LINE(key, flags, type, member)                                                             \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), type, member, 1, LINE_MAX_BYTES)
#define TEXT(key, type, member)                                                                    \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, TEXT_MAX_BYTES)
#define WORD(key, flags, type, member, words)                                                      \
    CYAML_FIELD_ENUM(key, CYAML_FLAG_STRICT | (flags), type, member, words, CYAML_ARRAY_LEN(words))
#define LIST(key, flags, type, member, entry, min)                                                 \
    CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | (flags), type, member, entry, min, LIST_MAX)
#define LINES(key, member) LIST(key, OPTIONAL, struct rule_filter, member, &line_value, 1)

static const cyaml_schema_value_t line_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, LINE_MAX_BYTES)};
static const cyaml_schema_value_t u32_value = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t)};
static const cyaml_schema_value_t u64_value = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint64_t)};
static const cyaml_schema_value_t field_value = {CYAML_VALUE_ENUM(
    CYAML_FLAG_STRICT, enum rule_field, rule_fields, CYAML_ARRAY_LEN(rule_fields))};

static const cyaml_schema_field_t texts_fields[] = {
    TEXT("ja", struct rule_texts, ja), TEXT("en", struct rule_texts, en), CYAML_FIELD_END};
#define TEXTS(key, type, member)                                                                   \
    CYAML_FIELD_MAPPING(key, CYAML_FLAG_DEFAULT, type, member, texts_fields)

static const cyaml_schema_field_t filter_fields[] = {
    LIST("gid", OPTIONAL, struct rule_filter, gid, &u32_value, 1),
    LIST("sid", OPTIONAL, struct rule_filter, sid, &u64_value, 1),
    CYAML_FIELD_UINT("severity_max", OPTIONAL, struct rule_filter, severity_max),
    LINES("category", category),
    LINES("detector", detector),
    LINES("direction", direction),
    LINES("app_proto", app_proto),
    LINES("host", host),
    LINES("metadata", metadata),
    CYAML_FIELD_END};
static const cyaml_schema_value_t filter_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct rule_filter, filter_fields)};

static const cyaml_schema_field_t stage_fields[] = {
    LINE("name", MUST, struct rule_stage, name), TEXTS("title", struct rule_stage, title),
    LIST("where", MUST, struct rule_stage, where, &filter_value, 1),
    LIST("except", OPTIONAL, struct rule_stage, except, &filter_value, 0), CYAML_FIELD_END};
static const cyaml_schema_value_t stage_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct rule_stage, stage_fields)};

static const cyaml_schema_field_t condition_fields[] = {
    WORD("count", MUST, struct rule_condition, count, counts),
    CYAML_FIELD_BOOL("each_org", OPTIONAL, struct rule_condition, each_org),
    CYAML_FIELD_UINT("gte", OPTIONAL, struct rule_condition, gte),
    CYAML_FIELD_UINT("lt", OPTIONAL, struct rule_condition, lt), CYAML_FIELD_END};
static const cyaml_schema_value_t condition_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct rule_condition, condition_fields)};

static const cyaml_schema_field_t rule_schema_fields[] = {
    LINE("id", MUST, struct rule, id),
    TEXTS("title", struct rule, title),
    TEXTS("explanation", struct rule, explanation),
    TEXTS("judgement", struct rule, judgement),
    TEXTS("action", struct rule, action),
    TEXTS("summary", struct rule, summary),
    WORD("kind", MUST, struct rule, kind, kinds),
    WORD("type", MUST, struct rule, type, types),
    WORD("confidence", MUST, struct rule, confidence, rule_confidences),
    CYAML_FIELD_UINT("severity", MUST, struct rule, severity),
    CYAML_FIELD_UINT("due_hours", MUST, struct rule, due_hours),
    LINE("timespan", MUST, struct rule, timespan),
    LIST("group_by", OPTIONAL, struct rule, group_by, &field_value, 1),
    LIST("any_of", OPTIONAL, struct rule, any_of, &field_value, 1),
    WORD("value", OPTIONAL, struct rule, value, rule_fields),
    LIST("stages", MUST, struct rule, stages, &stage_value, 1),
    LIST("conditions", OPTIONAL, struct rule, conditions, &condition_value, 0),
    CYAML_FIELD_END};
const cyaml_schema_value_t rule_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct rule, rule_schema_fields)};
