/* test_schema.c - the schema of every record: it is JSON, holds every type, and says no. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <cjson/cJSON.h>

#include "sensor/eve/schema.h"
#include "sensor/eve/shapes.h"

static cJSON *parsed_schema(void)
{
    struct json j = {0};
    eve_schema(&j);
    cJSON *root = cJSON_ParseWithLength(j.text, j.len);
    json_release(&j);
    assert_non_null(root);
    return root;
}

static const cJSON *definition(const cJSON *root, const char *type)
{
    const cJSON *defs = cJSON_GetObjectItemCaseSensitive(root, "$defs");
    const cJSON *any =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(defs, type), "anyOf");
    assert_non_null(any);
    return cJSON_GetArrayItem(any, 0);
}

static const cJSON *property(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(object, "properties"),
                                            name);
}

static bool is_required(const cJSON *object, const char *name)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "required"))
    {
        if (strcmp(item->valuestring, name) == 0)
            return true;
    }
    return false;
}

static const char *type_of(const cJSON *schema)
{
    return cJSON_GetObjectItemCaseSensitive(schema, "type")->valuestring;
}

static void eve_schema__defines_every_record_type_once(void **state)
{
    (void)state;
    cJSON *root = parsed_schema();
    const char *type;
    int count = 0;
    for (; (type = eve_type_at((size_t)count)) != NULL; count++) {
        definition(root, type);
        for (int i = 0; i < count; i++)
            assert_string_not_equal(type, eve_type_at((size_t)i));
    }
    assert_true(count > 6);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(root, "$defs")), count);
    cJSON_Delete(root);
}

static void eve_schema__allows_nothing_that_no_shape_names(void **state)
{
    (void)state;
    cJSON *root = parsed_schema();
    const cJSON *flow = definition(root, "flow");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(flow, "additionalProperties")));
    assert_true(is_required(flow, "flow"));
    assert_true(is_required(flow, "timestamp"));
    assert_false(is_required(flow, "src_port"));
    assert_string_equal(type_of(property(flow, "src_port")), "integer");
    assert_string_equal(type_of(property(property(flow, "flow"), "alerted")), "boolean");
    cJSON_Delete(root);
}

static void eve_schema__alerts_may_show_any_protocol(void **state)
{
    (void)state;
    cJSON *root = parsed_schema();
    const cJSON *alert = definition(root, "alert");
    assert_non_null(property(alert, "http"));
    assert_false(is_required(alert, "http"));
    /* DNS is shown differently in an alert than in its record. */
    assert_non_null(property(property(alert, "dns"), "query"));
    assert_non_null(property(definition(root, "fileinfo"), "http"));
    cJSON_Delete(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eve_schema__defines_every_record_type_once),
        cmocka_unit_test(eve_schema__allows_nothing_that_no_shape_names),
        cmocka_unit_test(eve_schema__alerts_may_show_any_protocol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
