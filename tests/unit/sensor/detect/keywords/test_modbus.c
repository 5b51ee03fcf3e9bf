/* test_modbus.c - what Modbus requests do. */
#include "said.h"

/* Unit 10: read two holding registers from 17 on, write two from 17 on, write coils 1 to 3, one
 * coil, a diagnostic, function 99. */
static const struct line requests[] = {
    LINE(TO_SERVER, "\0\1\0\0\0\6\x0a\3\0\x10\0\2"),
    LINE(TO_SERVER, "\0\2\0\0\0\x0b\x0a\x10\0\x10\0\2\4\0\1\0\2"),
    LINE(TO_SERVER, "\0\3\0\0\0\x08\x0a\x0f\0\0\0\3\1\5"),
    LINE(TO_SERVER, "\0\4\0\0\0\6\x0a\5\0\x20\xff\0"),
    LINE(TO_SERVER, "\0\5\0\0\0\6\x0a\x08\0\4\0\0"),
    LINE(TO_SERVER, "\0\6\0\0\0\3\x0a\x63\0"),
};
static const struct said said = {.port = 502, .lines = requests, .count = LINES(requests)};

static void modbus__functions_and_their_categories(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "modbus: function 3;"), 1);
    assert_int_equal(said_fires(&said, "modbus: function 8, subfunction 4;"), 1);
    assert_quiet(&said, "modbus: function 8, subfunction 5;");
    assert_int_equal(said_fires(&said, "modbus: function assigned;"), 5);
    assert_int_equal(said_fires(&said, "modbus: function !assigned;"), 1);
    assert_int_equal(said_fires(&said, "modbus: function unassigned;"), 1);
    assert_quiet(&said, "modbus: function user;");
    assert_int_equal(said_fires(&said, "modbus: function all;"), 6);
    assert_int_equal(said_fires(&said, "modbus: unit 9<>11, function 3;"), 1);
    assert_quiet(&said, "modbus: unit <10;");
    assert_fires(&said, "modbus: \"unit 10\";");
}

static void modbus__access_by_kind_address_and_value(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "modbus: access read;"), 1);
    assert_int_equal(said_fires(&said, "modbus: access write;"), 3);
    assert_int_equal(said_fires(&said, "modbus: access write coils;"), 2);
    assert_quiet(&said, "modbus: access read input;");
    assert_fires(&said, "modbus: access read holding, address 17;");
    assert_fires(&said, "modbus: access read holding, address 17<>30;");
    assert_quiet(&said, "modbus: access read holding, address 19;");
    assert_quiet(&said, "modbus: access read holding, address >18;");
    assert_fires(&said, "modbus: access write holding, address 18, value 2;");
    assert_fires(&said, "modbus: unit 10, access write holding, address 17, value <2;");
    assert_quiet(&said, "modbus: access write holding, address 17, value >1;");
    assert_fires(&said, "modbus: access write coils, address 3, value 1;");
    assert_fires(&said, "modbus: access write coils, address 2, value 0;");
    assert_fires(&said, "modbus: access write coils, address 33, value 1;");
}

static void modbus__is_refused_with_a_reason(void **state)
{
    (void)state;
    assert_refused("modbus: function 0;", "no function from 1 to 255");
    assert_refused("modbus: function 8, subfunction x;", "no subfunction");
    assert_refused("modbus: access peek;", "read or write");
    assert_refused("modbus: access write discretes;", "cannot be written");
    assert_refused("modbus: access read holding, address 1, value 1;", "cannot stand here");
    assert_refused("modbus: access write holding, address 1<>5, value 1;", "cannot stand here");
    assert_refused("modbus: unit x;", "none of 5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modbus__functions_and_their_categories),
        cmocka_unit_test(modbus__access_by_kind_address_and_value),
        cmocka_unit_test(modbus__is_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
