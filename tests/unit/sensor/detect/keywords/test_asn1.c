/* asn1: what is found in BER values, from which offset, and what rules are refused. */
#include "tests/unit/sensor/detect/rig.h"

/* X.690, A.3: an application tag around 133 bytes. */
#define PERSONNEL                                                                                  \
    "\x60\x81\x85\x61\x10\x1A\x04John\x1A\x01P\x1A\x05Smith\xA0\x0A\x1A\x08"                       \
    "Director\x42\x01\x33\xA1\x0A\x43\x08"                                                         \
    "19710917\xA2\x12\x61\x10\x1A\x04Mary\x1A\x01T\x1A\x05Smith\xA3\x42\x31\x1F\x61\x11\x1A\x05"   \
    "Ralph\x1A\x01T\x1A\x05Smith\xA0\x0A\x43\x08"                                                  \
    "19571111\x31\x1F\x61\x11\x1A\x05Susan\x1A\x01"                                                \
    "B\x1A\x05Jones\xA0\x0A\x43\x08"                                                               \
    "19590717"

static void asn1__lengths_beyond_a_limit_are_found(void **state)
{
    (void)state;
    assert_true(rig_matches("asn1:oversize_length 132;", BYTES_LIT(PERSONNEL)));
    assert_false(rig_matches("asn1:oversize_length 133;", BYTES_LIT(PERSONNEL)));
    /* within a sequence */
    assert_false(rig_matches("asn1:oversize_length 4;", BYTES_LIT("\x30\x03\x04\x01x")));
    assert_true(rig_matches("asn1:oversize_length 2;", BYTES_LIT("\x30\x03\x04\x01x")));
}

static void asn1__bit_string_may_not_ignore_more_than_it_has(void **state)
{
    (void)state;
    assert_true(rig_matches("asn1:bitstring_overflow;", BYTES_LIT("\x03\x01\xff")));
    assert_false(rig_matches("asn1:bitstring_overflow;", BYTES_LIT("\x03\x01\x07")));
    assert_false(rig_matches("asn1:double_overflow;", BYTES_LIT("\x03\x01\xff")));
    assert_true(rig_matches("asn1:bitstring_overflow;", BYTES_LIT("\x30\x03\x03\x01\xff")));
    assert_true(rig_matches("asn1:bitstring_overflow;", BYTES_LIT("\x30\x80\x03\x01\xff\x00\x00")));
}

static void asn1__real_number_as_text_may_not_be_long(void **state)
{
    (void)state;
    uint8_t real[261];
    memset(real, 5, sizeof real);
    memcpy(real, "\x09\x82\x01\x01", 4);
    assert_true(rig_matches("asn1:double_overflow;", bytes_of(real, sizeof real)));
    real[3] = 0;
    assert_false(rig_matches("asn1:double_overflow;", bytes_of(real, sizeof real)));
}

static void asn1__starts_at_an_offset_or_behind_a_content(void **state)
{
    (void)state;
    static const char bytes[] = "ab\x03\x01\xff";
    struct bytes in = bytes_of(bytes, sizeof bytes - 1);
    assert_true(rig_matches("asn1:bitstring_overflow, absolute_offset 2;", in));
    assert_false(rig_matches("asn1:bitstring_overflow, absolute_offset 9;", in));
    assert_true(rig_matches("content:\"ab\"; asn1:bitstring_overflow, relative_offset 0;", in));
    assert_true(rig_matches("content:\"ab|03|\"; asn1:bitstring_overflow,relative_offset -1;", in));
    assert_false(rig_matches("content:\"ab\"; asn1:bitstring_overflow,relative_offset -3;", in));
}

static void asn1__damage_ends_the_look(void **state)
{
    (void)state;
    assert_false(rig_matches("asn1:oversize_length 2;", BYTES_LIT("\x04\x05xyz")));
    assert_true(rig_matches("asn1:oversize_length 2;", BYTES_LIT("\x04\x03xyz\x04\x05x")));
    uint8_t deep[200];
    for (size_t i = 0; i < sizeof deep; i += 2) {
        deep[i] = 0x30;
        deep[i + 1] = 0x80;
    }
    assert_false(rig_matches("asn1:oversize_length 2;", bytes_of(deep, sizeof deep)));
}

static void asn1__wrong_options_are_named(void **state)
{
    (void)state;
    assert_non_null(strstr(rig_option_complaint("asn1:overflow;"), "unknown option 'overflow'"));
    assert_non_null(strstr(rig_option_complaint("asn1:oversize_length;"), "needs a number"));
    assert_non_null(
        strstr(rig_option_complaint("asn1:absolute_offset 70000;"), "within [0, 65535]"));
    assert_string_equal(rig_option_complaint("asn1:double_overflow, oversize_length 256;"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asn1__lengths_beyond_a_limit_are_found),
        cmocka_unit_test(asn1__bit_string_may_not_ignore_more_than_it_has),
        cmocka_unit_test(asn1__real_number_as_text_may_not_be_long),
        cmocka_unit_test(asn1__starts_at_an_offset_or_behind_a_content),
        cmocka_unit_test(asn1__damage_ends_the_look),
        cmocka_unit_test(asn1__wrong_options_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
