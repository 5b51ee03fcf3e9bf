/* The writer of JSON, read back by cJSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <cjson/cJSON.h>
#include <math.h>
#include "common/err.h"
#include "common/json.h"

static void assert_text(const struct json *j, const char *expected)
{
    if (j->len != strlen(expected) || memcmp(j->text, expected, j->len) != 0)
        fail_msg("%.*s is not %s", (int)j->len, j->text, expected);
}

static void json__puts_commas_where_they_belong(void **state)
{
    (void)state;
    struct json j = {0};
    json_object(&j, NULL);
    json_u64(&j, "a", UINT64_MAX);
    json_i64(&j, "b", INT64_MIN);
    json_array(&j, "c");
    json_bool(&j, NULL, true);
    json_null(&j, NULL);
    json_object(&j, NULL);
    json_object_end(&j);
    json_array(&j, NULL);
    json_array_end(&j);
    json_array_end(&j);
    json_strz(&j, "d", "");
    json_raw(&j, "e", BYTES_LIT("{\"x\":1}"));
    json_real(&j, "f", 0.25);
    json_object_end(&j);
    assert_text(&j,
                "{\"a\":18446744073709551615,\"b\":-9223372036854775808,\"c\":[true,null,{},[]],"
                "\"d\":\"\",\"e\":{\"x\":1},\"f\":0.25}");
    json_release(&j);
    assert_null(j.text);
}

static void json_str__hostile_values_stay_valid(void **state)
{
    (void)state;
    struct json j = {0};
    json_array(&j, NULL);
    json_str(&j, NULL, BYTES_LIT("\"\\\n\x01\x7f\xe5\xb1\xb1"));
    json_str(&j, NULL, BYTES_LIT("a\"\xff\n"));
    json_array_end(&j);
    assert_text(&j, "[\"\\\"\\\\\\n\\u0001\\u007f\xe5\xb1\xb1\",\"a\\\"\\\\xff\\n\"]");
    json_release(&j);
}

/* Whatever the bytes, the line parses, and what was valid UTF-8 comes back as it was. */
static void json_str__any_bytes_parse(void **state)
{
    (void)state;
    struct json j = {0};
    uint64_t dice = 7;
    for (unsigned round = 0; round < 5000; round++) {
        uint8_t raw[24];
        size_t len = 0;
        for (; len < sizeof raw; len++) {
            dice = dice * 6364136223846793005u + 1442695040888963407u;
            raw[len] = round % 2 ? (uint8_t)(dice >> 56) : (uint8_t)((dice >> 57) ? dice >> 57 : 1);
        }
        json_reset(&j);
        json_object(&j, NULL);
        json_str(&j, "v", bytes_of(raw, len));
        json_printable(&j, "p", bytes_of(raw, len));
        json_object_end(&j);
        cJSON *root = cJSON_ParseWithLength(j.text, j.len);
        assert_non_null(root);
        const char *back = cJSON_GetObjectItem(root, "v")->valuestring;
        if (round % 2 == 0)
            assert_memory_equal(back, raw, len);
        assert_int_equal(strlen(cJSON_GetObjectItem(root, "p")->valuestring), len);
        cJSON_Delete(root);
    }
    json_release(&j);
}

static void json_base64__all_paddings(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foobar", "Zm9vYmFy"}}; /* RFC 4648 */
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct json j = {0};
        char expected[32];
        snprintf(expected, sizeof expected, "\"%s\"", pairs[i][1]);
        json_base64(&j, NULL, bytes_str(pairs[i][0]));
        assert_text(&j, expected);
        json_release(&j);
    }
}

static void json__addresses_times_and_hex(void **state)
{
    (void)state;
    struct json j = {0};
    struct addr a;
    addr_parse(BYTES_LIT("192.0.2.7"), &a);
    json_object(&j, NULL);
    json_addr(&j, "src_ip", &a);
    json_time(&j, "timestamp", 1794787200000001);
    json_hex(&j, "hex", BYTES_LIT("\x01\xab"));
    json_str_dynkey(&j, BYTES_LIT("a\"b"), BYTES_LIT("v"));
    json_printable(&j, "p", BYTES_LIT("GET \x01\r\n\"\xff"));
    json_object_end(&j);
    assert_text(&j, "{\"src_ip\":\"192.0.2.7\",\"timestamp\":\"2026-11-16T00:00:00.000001+0000\","
                    "\"hex\":\"01ab\",\"a\\\"b\":\"v\",\"p\":\"GET .\\r\\n\\\".\"}");
    json_release(&j);
}

static void json_real__what_json_cannot_say_is_null(void **state)
{
    (void)state;
    struct json j = {0};
    json_array(&j, NULL);
    json_real(&j, NULL, NAN);
    json_real(&j, NULL, INFINITY);
    json_real(&j, NULL, -0.5);
    json_real(&j, NULL, 1e12);
    json_array_end(&j);
    assert_text(&j, "[null,null,-0.5,1e+12]");
    json_release(&j);
}

static void json__grows_with_large_values(void **state)
{
    (void)state;
    struct json j = {0};
    size_t len = 1 << 20;
    char *large = malloc(len);
    memset(large, 'x', len);
    json_str(&j, NULL, bytes_of(large, len));
    assert_int_equal(j.len, len + 2);
    free(large);
    json_release(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json__puts_commas_where_they_belong),
        cmocka_unit_test(json_str__hostile_values_stay_valid),
        cmocka_unit_test(json_str__any_bytes_parse),
        cmocka_unit_test(json_base64__all_paddings),
        cmocka_unit_test(json__addresses_times_and_hex),
        cmocka_unit_test(json_real__what_json_cannot_say_is_null),
        cmocka_unit_test(json__grows_with_large_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
