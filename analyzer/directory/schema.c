/* analyzer/directory/schema.c - orgs.yaml for libcyaml: keys, types, words. */
#include "analyzer/directory/schema.h"

#define TEXT_MAX 256
#define LIST_MAX 4096

const cyaml_strval_t directory_kinds[3] = {
    {"ministry", ORG_MINISTRY}, {"agency", ORG_AGENCY}, {"corporation", ORG_CORPORATION}};
const cyaml_strval_t directory_states[5] = {{"planned", ORG_PLANNED},
                                            {"pilot", ORG_PILOT},
                                            {"monitored", ORG_MONITORED},
                                            {"suspended", ORG_SUSPENDED},
                                            {"left", ORG_LEFT}};
const cyaml_strval_t directory_consents[3] = {
    {"none", CONSENT_NONE}, {"anonymised", CONSENT_ANONYMISED}, {"named", CONSENT_NAMED}};
const cyaml_strval_t directory_lanes[2] = {{"working", LANE_WORKING},
                                           {"management", LANE_MANAGEMENT}};
const cyaml_strval_t directory_languages[2] = {{"ja", LANGUAGE_JA}, {"en", LANGUAGE_EN}};

#define TEXT(key, type, member)                                                                    \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, TEXT_MAX)
#define TEXT_OPTIONAL(key, type, member)                                                           \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, TEXT_MAX)
#define WORD(key, type, member, words)                                                             \
    CYAML_FIELD_ENUM(key, CYAML_FLAG_STRICT, type, member, words, CYAML_ARRAY_LEN(words))
#define LIST(key, flags, type, member, entry)                                                      \
    CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | (flags), type, member, entry, 0, LIST_MAX)

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MAX)};

static const cyaml_schema_field_t name_fields[] = {
    TEXT("ja", struct name_pair, ja), TEXT("en", struct name_pair, en), CYAML_FIELD_END};

static const cyaml_schema_field_t contact_fields[] = {
    WORD("lane", struct contact, lane, directory_lanes),
    WORD("language", struct contact, language, directory_languages),
    TEXT("name", struct contact, name), TEXT("email", struct contact, email), CYAML_FIELD_END};
static const cyaml_schema_value_t contact_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct contact, contact_fields)};

static const cyaml_schema_field_t centre_fields[] = {
    TEXT("id", struct centre, id),
    CYAML_FIELD_MAPPING("name", CYAML_FLAG_DEFAULT, struct centre, name, name_fields),
    LIST("contacts", CYAML_FLAG_DEFAULT, struct centre, contacts, &contact_value), CYAML_FIELD_END};
static const cyaml_schema_value_t centre_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct centre, centre_fields)};

static const cyaml_schema_field_t org_fields[] = {
    TEXT("id", struct org, id),
    CYAML_FIELD_MAPPING("name", CYAML_FLAG_DEFAULT, struct org, name, name_fields),
    WORD("kind", struct org, kind, directory_kinds),
    TEXT("centre", struct org, centre),
    TEXT_OPTIONAL("competent_ministry", struct org, competent_ministry),
    WORD("state", struct org, state, directory_states),
    TEXT_OPTIONAL("since", struct org, since),
    WORD("consent", struct org, consent, directory_consents),
    LIST("networks", CYAML_FLAG_DEFAULT, struct org, networks, &text_value),
    LIST("internal_networks", CYAML_FLAG_OPTIONAL, struct org, internal_networks, &text_value),
    LIST("domains", CYAML_FLAG_OPTIONAL, struct org, domains, &text_value),
    LIST("gateways", CYAML_FLAG_OPTIONAL, struct org, gateways, &text_value),
    LIST("contacts", CYAML_FLAG_DEFAULT, struct org, contacts, &contact_value),
    CYAML_FIELD_END};
static const cyaml_schema_value_t org_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct org, org_fields)};

static const cyaml_schema_field_t directory_fields[] = {
    LIST("centres", CYAML_FLAG_DEFAULT, struct directory, centres, &centre_value),
    LIST("organisations", CYAML_FLAG_DEFAULT, struct directory, orgs, &org_value), CYAML_FIELD_END};
const cyaml_schema_value_t directory_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct directory, directory_fields)};
