/* ldap_log.c - records of LDAP: who asked what, and how it ended.
 *
 * Names as in Suricata 8. Passwords, credentials and the values of attributes are left out. */
#include "sensor/app/protocols/ldap_state.h"
#include <inttypes.h>
#include <stdio.h>

#define LISTED_MAX 64u /* attributes and changes of one operation */

static const char *operation_name(uint8_t operation)
{
    static const struct {
        uint8_t operation;
        const char *name;
    } names[] = {
        {LDAP_BIND, "bind_request"},
        {LDAP_BIND_RESPONSE, "bind_response"},
        {LDAP_UNBIND, "unbind_request"},
        {LDAP_SEARCH, "search_request"},
        {LDAP_ENTRY, "search_result_entry"},
        {LDAP_SEARCH_DONE, "search_result_done"},
        {LDAP_REFERENCE, "search_result_reference"},
        {LDAP_MODIFY, "modify_request"},
        {LDAP_MODIFY_RESPONSE, "modify_response"},
        {LDAP_ADD, "add_request"},
        {LDAP_ADD_RESPONSE, "add_response"},
        {LDAP_DELETE, "del_request"},
        {LDAP_DELETE_RESPONSE, "del_response"},
        {LDAP_MODIFY_DN, "mod_dn_request"},
        {LDAP_MODIFY_DN_RESPONSE, "mod_dn_response"},
        {LDAP_COMPARE, "compare_request"},
        {LDAP_COMPARE_RESPONSE, "compare_response"},
        {LDAP_ABANDON, "abandon_request"},
        {LDAP_EXTENDED, "extended_request"},
        {LDAP_EXTENDED_RESPONSE, "extended_response"},
        {LDAP_INTERMEDIATE, "intermediate_response"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].operation == operation)
            return names[i].name;
    return "unknown";
}

/* RFC 4511 section 4.1.9. */
static void put_result_code(struct json *j, uint32_t code)
{
    static const char *const names[] = {
        [0] = "success",
        [1] = "operations_error",
        [2] = "protocol_error",
        [3] = "time_limit_exceeded",
        [4] = "size_limit_exceeded",
        [5] = "compare_false",
        [6] = "compare_true",
        [7] = "auth_method_not_supported",
        [8] = "stronger_auth_required",
        [10] = "referral",
        [11] = "admin_limit_exceeded",
        [12] = "unavailable_critical_extension",
        [13] = "confidentiality_required",
        [14] = "sasl_bind_in_progress",
        [16] = "no_such_attribute",
        [17] = "undefined_attribute_type",
        [18] = "inappropriate_matching",
        [19] = "constraint_violation",
        [20] = "attribute_or_value_exists",
        [21] = "invalid_attribute_syntax",
        [32] = "no_such_object",
        [33] = "alias_problem",
        [34] = "invalid_dn_syntax",
        [36] = "alias_dereferencing_problem",
        [48] = "inappropriate_authentication",
        [49] = "invalid_credentials",
        [50] = "insufficient_access_rights",
        [51] = "busy",
        [52] = "unavailable",
        [53] = "unwilling_to_perform",
        [54] = "loop_detect",
        [64] = "naming_violation",
        [65] = "object_class_violation",
        [66] = "not_allowed_on_non_leaf",
        [67] = "not_allowed_on_rdn",
        [68] = "entry_already_exists",
        [69] = "object_class_mods_prohibited",
        [71] = "affects_multiple_dsas",
        [80] = "other",
    };
    char text[16];
    bool known = code < sizeof names / sizeof *names && names[code];
    snprintf(text, sizeof text, "%" PRIu32, code);
    json_strz(j, "result_code", known ? names[code] : text);
}

/* Fields that were cut off, or are damaged, are left out. */
static void put_octets(struct json *j, const char *key, struct cursor *c, uint8_t tag)
{
    struct bytes value = ber_take(c, tag);
    if (cursor_ok(c))
        json_str(j, key, value);
}

static void put_number(struct json *j, const char *key, struct cursor *c, uint8_t tag)
{
    int32_t value = ber_int(c, tag);
    if (cursor_ok(c))
        json_u64(j, key, (uint32_t)value);
}

static void put_bool(struct json *j, const char *key, struct cursor *c)
{
    struct bytes value = ber_take(c, BER_BOOLEAN);
    if (cursor_ok(c) && value.len == 1)
        json_bool(j, key, value.p[0]);
}

/* ---- requests ---- */

static void put_bind(struct json *j, struct cursor c)
{
    put_number(j, "version", &c, BER_INTEGER);
    put_octets(j, "name", &c, BER_OCTETS);
    if (!ber_is_next(&c, BER_CONTEXT(3)))
        return;
    (void)ber_head(&c, &(uint8_t){0});
    json_object(j, "sasl");
    put_octets(j, "mechanism", &c, BER_OCTETS);
    json_object_end(j);
}

/* The strings of a list, which may be cut off. */
static void put_strings(struct json *j, const char *key, struct cursor c)
{
    json_array(j, key);
    for (unsigned i = 0; i < LISTED_MAX && ber_is_next(&c, BER_OCTETS); i++) {
        struct bytes value = ber_take(&c, BER_OCTETS);
        if (cursor_ok(&c))
            json_str(j, NULL, value);
    }
    json_array_end(j);
}

static void put_search(struct json *j, struct cursor c)
{
    uint8_t tag;
    struct bytes filter;
    put_octets(j, "base_object", &c, BER_OCTETS);
    put_number(j, "scope", &c, BER_ENUMERATED);
    put_number(j, "deref_alias", &c, BER_ENUMERATED);
    put_number(j, "size_limit", &c, BER_INTEGER);
    put_number(j, "time_limit", &c, BER_INTEGER);
    put_bool(j, "types_only", &c);
    if (!ber_any(&c, &tag, &filter))
        return;
    if (tag == BER_PRIMITIVE(7)) {
        json_object(j, "filter");
        json_strz(j, "type", "present");
        json_str(j, "value", filter);
        json_object_end(j);
    }
    if (ber_is_next(&c, BER_SEQUENCE) && ber_head(&c, &tag) > 0)
        put_strings(j, "attributes", c);
}

static void put_modify(struct json *j, struct cursor c)
{
    static const char *const names[] = {"add", "delete", "replace", "increment"};
    uint8_t tag;
    put_octets(j, "object", &c, BER_OCTETS);
    if (!ber_is_next(&c, BER_SEQUENCE))
        return;
    (void)ber_head(&c, &tag);
    json_array(j, "changes");
    for (unsigned i = 0; i < LISTED_MAX && ber_is_next(&c, BER_SEQUENCE); i++) {
        struct cursor change = ber_enter(&c, BER_SEQUENCE);
        uint32_t how = (uint32_t)ber_int(&change, BER_ENUMERATED);
        struct cursor what = ber_enter(&change, BER_SEQUENCE);
        struct bytes type = ber_take(&what, BER_OCTETS);
        if (!cursor_ok(&what))
            break;
        json_object(j, NULL);
        json_strz(j, "operation", how < 4 ? names[how] : "unknown");
        json_object(j, "modification");
        json_str(j, "attribute_type", type);
        json_object_end(j);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_add(struct json *j, struct cursor c)
{
    uint8_t tag;
    put_octets(j, "entry", &c, BER_OCTETS);
    if (!ber_is_next(&c, BER_SEQUENCE))
        return;
    (void)ber_head(&c, &tag);
    json_array(j, "attributes");
    for (unsigned i = 0; i < LISTED_MAX && ber_is_next(&c, BER_SEQUENCE); i++) {
        struct cursor attribute = ber_enter(&c, BER_SEQUENCE);
        struct bytes name = ber_take(&attribute, BER_OCTETS);
        if (!cursor_ok(&attribute))
            break;
        json_object(j, NULL);
        json_str(j, "name", name);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_modify_dn(struct json *j, struct cursor c)
{
    put_octets(j, "entry", &c, BER_OCTETS);
    put_octets(j, "new_rdn", &c, BER_OCTETS);
    put_bool(j, "delete_old_rdn", &c);
    if (ber_is_next(&c, BER_PRIMITIVE(0)))
        put_octets(j, "new_superior", &c, BER_PRIMITIVE(0));
}

static void put_compare(struct json *j, struct cursor c)
{
    put_octets(j, "entry", &c, BER_OCTETS);
    struct cursor assertion = ber_enter(&c, BER_SEQUENCE);
    json_object(j, "attribute_value_assertion");
    put_octets(j, "description", &assertion, BER_OCTETS);
    json_object_end(j);
}

static void put_operation(struct json *j, uint8_t operation, struct bytes content)
{
    struct cursor c = cursor_over(content);
    if (operation == LDAP_BIND)
        put_bind(j, c);
    else if (operation == LDAP_SEARCH)
        put_search(j, c);
    else if (operation == LDAP_MODIFY)
        put_modify(j, c);
    else if (operation == LDAP_ADD)
        put_add(j, c);
    else if (operation == LDAP_DELETE)
        json_str(j, "dn", content);
    else if (operation == LDAP_MODIFY_DN)
        put_modify_dn(j, c);
    else if (operation == LDAP_COMPARE)
        put_compare(j, c);
    else if (operation == LDAP_EXTENDED)
        put_octets(j, "name", &c, BER_PRIMITIVE(0));
}

static void put_request(struct json *j, const struct ldap_tx *t)
{
    const char *name = operation_name(t->operation);
    json_object(j, "request");
    json_u64(j, "message_id", t->message_id);
    json_strz(j, "operation", name);
    if (t->operation != LDAP_UNBIND && t->operation != LDAP_ABANDON) {
        json_object(j, name);
        put_operation(j, t->operation, app_text_bytes(&t->request));
        json_object_end(j);
    }
    json_object_end(j);
}

/* ---- answers ---- */

static void put_result(struct json *j, uint8_t operation, struct bytes content)
{
    struct cursor c = cursor_over(content);
    uint32_t code;
    if (operation == LDAP_ENTRY)
        put_octets(j, "base_object", &c, BER_OCTETS);
    if (operation == LDAP_INTERMEDIATE && ber_is_next(&c, BER_PRIMITIVE(0)))
        put_octets(j, "name", &c, BER_PRIMITIVE(0));
    if (!ldap_result(operation, content, &code))
        return;
    put_result_code(j, code);
    (void)ber_take(&c, BER_ENUMERATED);
    put_octets(j, "matched_dn", &c, BER_OCTETS);
    put_octets(j, "message", &c, BER_OCTETS);
    (void)ber_take_if(&c, BER_CONTEXT(3)); /* referral */
    if (operation == LDAP_EXTENDED_RESPONSE && ber_is_next(&c, BER_PRIMITIVE(10)))
        put_octets(j, "name", &c, BER_PRIMITIVE(10));
}

static void put_responses(struct json *j, const struct ldap_tx *t)
{
    struct cursor c = cursor_over(app_text_bytes(&t->responses));
    if (t->responses.len == 0)
        return;
    json_array(j, "responses");
    while (cursor_left(&c) > 0) {
        uint8_t operation = cursor_u8(&c);
        struct bytes content = cursor_take(&c, cursor_u16(&c));
        json_object(j, NULL);
        json_strz(j, "operation", operation_name(operation));
        if (t->operation == 0)
            json_u64(j, "message_id", t->message_id);
        if (operation != LDAP_REFERENCE) {
            json_object(j, operation_name(operation));
            put_result(j, operation, content);
            json_object_end(j);
        }
        json_object_end(j);
    }
    json_array_end(j);
}

void ldap_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct ldap_tx *t = (const struct ldap_tx *)tx;
    if (t->is_damage)
        return;
    json_object(j, "ldap");
    if (t->operation)
        put_request(j, t);
    put_responses(j, t);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    ldap_alert_json(tx, j);
}

void ldap_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct ldap_tx *t = (const struct ldap_tx *)tx;
    struct app_record r = {.event_type = "ldap", .dir = TO_SERVER, .encode = encode};
    app_record_once(tx, last, !t->is_damage, &r, emit, ctx);
}

#define RESULT "{result_code?: string, matched_dn?: string, message?: string, name?: string}"
#define REQUEST_SHAPE                                                                              \
    "{message_id: uint, operation: string, "                                                       \
    "bind_request?: {version?: uint, name?: string, sasl?: {mechanism?: string}}, "                \
    "search_request?: {base_object?: string, scope?: uint, deref_alias?: uint, size_limit?: "      \
    "uint, "                                                                                       \
    "time_limit?: uint, types_only?: bool, filter?: {type: string, value: string}, "               \
    "attributes?: [string]}, "                                                                     \
    "modify_request?: {object?: string, "                                                          \
    "changes?: [{operation: string, modification: {attribute_type: string}}]}, "                   \
    "add_request?: {entry?: string, attributes?: [{name: string}]}, del_request?: {dn: string}, "  \
    "mod_dn_request?: {entry?: string, new_rdn?: string, delete_old_rdn?: bool, "                  \
    "new_superior?: string}, "                                                                     \
    "compare_request?: {entry?: string, attribute_value_assertion: {description?: string}}, "      \
    "extended_request?: {name?: string}}"
#define RESPONSE_SHAPE                                                                             \
    "{operation: string, message_id?: uint, search_result_entry?: {base_object?: string}, "        \
    "search_result_done?: " RESULT ", bind_response?: " RESULT ", modify_response?: " RESULT       \
    ", add_response?: " RESULT ", del_response?: " RESULT ", mod_dn_response?: " RESULT            \
    ", compare_response?: " RESULT ", extended_response?: " RESULT                                 \
    ", intermediate_response?: {name?: string}}"
#define LDAP_SHAPE "{request?: " REQUEST_SHAPE ", responses?: [" RESPONSE_SHAPE "]}"
const struct app_shape ldap_shapes[] = {
    {"ldap", "ldap: " LDAP_SHAPE},
    {"alert", "ldap?: " LDAP_SHAPE},
    {0},
};
