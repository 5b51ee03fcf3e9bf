/* test_dcerpc.c - dcerpc.iface, dcerpc.opnum and the byte order of a call. */
#include "said.h"

#define ZERO8  "\0\0\0\0\0\0\0\0"
#define ZERO16 ZERO8 ZERO8
#define ATSVC  "\x82\6\xf7\x1f\x51\x0a\xe8\x30\7\x6d\x74\x0b\xe8\xce\xe9\x8b"
#define OTHERS "\x83\6\xf7\x1f\x51\x0a\xe8\x30\7\x6d\x74\x0b\xe8\xce\xe9\x8b"
#define UUID   "1ff70682-0a51-30e8-076d-740be8cee98b"

#define PDU(type, flags, order, len, call, body)                                                   \
    "\5\0" type flags order "\0\0\0" len "\0\0\0" call "\0\0\0" body
/* Two interfaces, contexts 0 and 1, versions 1 and 2: the server refuses the second. */
#define BIND(flags)                                                                                \
    PDU("\x0b", flags, "\x10", "\x74", "\1",                                                       \
        "\xb8\x10\xb8\x10\0\0\0\0\2\0\0\0\0\0\1\0" ATSVC "\1\0\0\0" ZERO16 "\2\0\0\0"              \
        "\1\0\1\0" OTHERS "\2\0\0\0" ZERO16 "\2\0\0\0")
#define BIND_ACK                                                                                   \
    PDU("\x0c", "\3", "\x10", "\x54", "\1",                                                        \
        "\xb8\x10\xb8\x10\1\0\0\0\4\0"                                                             \
        "135\0"                                                                                    \
        "\0\0"                                                                                     \
        "\2\0\0\0\0\0\0\0" ZERO16 "\2\0\0\0\2\0\1\0" ZERO16 "\2\0\0\0")
#define REQUEST(context, opnum, stub)                                                              \
    PDU("\0", "\3", "\x10", "\x1c", "\2", "\4\0\0\0" context "\0" opnum "\0" stub)
#define RESPONSE PDU("\2", "\3", "\x10", "\x1c", "\2", "\4\0\0\0\0\0\0\0wxyz")

static const struct line call[] = {
    LINE(TO_SERVER, BIND("\3")),
    LINE(TO_CLIENT, BIND_ACK),
    LINE(TO_SERVER, REQUEST("\0", "\x0f", "\1\0\0\0")),
    LINE(TO_CLIENT, RESPONSE),
};
static const struct said said = {.port = 50135, .lines = call, .count = LINES(call)};

static void dcerpc_iface__an_accepted_interface_matches_its_calls(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "flow:to_server; dcerpc.iface:" UUID ";"), 1);
    assert_fires(&said, "dce_iface:" UUID ",=1;");
    assert_fires(&said, "dce_iface:" UUID ",<2,any_frag;");
    assert_fires(&said, "dce_iface:1FF706820A5130E8076D740BE8CEE98B,!7;");
    assert_quiet(&said, "dcerpc.iface:" UUID ",>1;");
    assert_quiet(&said, "dcerpc.iface:2ff70682-0a51-30e8-076d-740be8cee98b;");
}

static void dcerpc_iface__a_refused_interface_and_another_context_do_not_match(void **state)
{
    (void)state;
    static const struct line other[] = {
        LINE(TO_SERVER, BIND("\3")),
        LINE(TO_CLIENT, BIND_ACK),
        LINE(TO_SERVER, REQUEST("\1", "\x0f", "\1\0\0\0")),
    };
    struct said refused = {.port = 50135, .lines = other, .count = LINES(other)};
    assert_quiet(&refused, "dcerpc.iface:1ff70683-0a51-30e8-076d-740be8cee98b;");
    assert_quiet(&refused, "dcerpc.iface:" UUID ";");
}

static void dcerpc_iface__a_bind_that_does_not_begin_needs_any_frag(void **state)
{
    (void)state;
    static const struct line later[] = {
        LINE(TO_SERVER, BIND("\2")),
        LINE(TO_CLIENT, BIND_ACK),
        LINE(TO_SERVER, REQUEST("\0", "\x0f", "\1\0\0\0")),
    };
    struct said fragment = {.port = 50135, .lines = later, .count = LINES(later)};
    assert_fires(&fragment, "dcerpc.iface:" UUID ",any_frag;");
    assert_quiet(&fragment, "dcerpc.iface:" UUID ";");
}

static void dcerpc_opnum__lists_and_ranges_with_both_ends(void **state)
{
    (void)state;
    assert_int_equal(said_fires(&said, "dcerpc.opnum:15; flow:to_server;"), 1);
    assert_fires(&said, "dce_opnum:1, 2,15 - 18;");
    assert_fires(&said, "dcerpc.opnum:10-15;");
    assert_fires(&said, "dcerpc.iface:" UUID "; dcerpc.opnum:15; dcerpc.stub_data; content:\"|01 "
                        "00|\"; startswith;");
    assert_quiet(&said, "dcerpc.opnum:16-18,3;");
    assert_quiet(&said, "dcerpc.iface:" UUID "; dcerpc.opnum:14;");
}

static void dcerpc__byte_tests_with_dce_read_as_the_call_does(void **state)
{
    (void)state;
    static const struct line swapped[] = {
        LINE(TO_SERVER, "\5\0\0\3\0\0\0\0\0\x1c\0\0\0\0\0\2\0\0\0\4\0\0\0\x0f\0\0\0\1"),
        LINE(TO_SERVER, "\5\0\0\3\0\0\0\0\0\x1c\0\0\0\0\0\3\0\0\0\4\0\0\0\x0f\0\0\0\1"),
    };
    struct said big = {.port = 50135, .lines = swapped, .count = LINES(swapped)};
    assert_fires(&said, "dcerpc.stub_data; byte_test:4,=,1,0,dce; flow:to_server;");
    assert_quiet(&said, "dcerpc.stub_data; byte_test:4,=,16777216,0,dce; flow:to_server;");
    assert_fires(&big, "dcerpc.opnum:15; dcerpc.stub_data; byte_test:4,=,1,0,dce;");
    assert_fires(&said, "dcerpc.stub_data; byte_extract:2,0,n,dce; byte_test:1,=,n,0;");
    assert_fires(&said, "dcerpc.stub_data; byte_jump:2,0,dce; isdataat:0,relative;");
}

static void dcerpc__rules_are_refused_with_a_reason(void **state)
{
    (void)state;
    assert_refused("dcerpc.iface:12345;", "does not begin with a UUID");
    assert_refused("dcerpc.iface:" UUID ",@1;", "no number or range");
    assert_refused("dcerpc.iface:" UUID ",any_frag,=1;", "uuid,version,any_frag");
    assert_refused("dcerpc.opnum:x;", "no number or range");
    assert_refused("dcerpc.opnum:5-3;", "no number or range");
    assert_refused("dce_stub_data; byte_test:1,=,1,6,string,dce;", "'dce' cannot go with");
    assert_refused("dce_stub_data; byte_test:1,=,1,6,little,dce;", "'dce' cannot go with");
    assert_refused("dce_stub_data; byte_jump:4,0,from_beginning,dce;", "'dce' cannot go with");
}

static void dcerpc__such_rules_are_for_smb_too_unless_it_says_otherwise(void **state)
{
    (void)state;
    assert_string_equal(rig_complaint("alert smb any any -> any any (dcerpc.opnum:1; sid:1;)"), "");
    assert_true(strstr(rig_complaint("alert http any any -> any any (dcerpc.opnum:1; sid:1;)"),
                       "about http already") != NULL);
    assert_int_equal(
        said_fires_rule(&said, "alert dcerpc any any -> any any (dcerpc.opnum:15; flow:to_server; "
                               "sid:1;)"),
        1);
    assert_int_equal(
        said_fires_rule(&said, "alert smb any any -> any any (dcerpc.opnum:15; sid:1;)"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dcerpc_iface__an_accepted_interface_matches_its_calls),
        cmocka_unit_test(dcerpc_iface__a_refused_interface_and_another_context_do_not_match),
        cmocka_unit_test(dcerpc_iface__a_bind_that_does_not_begin_needs_any_frag),
        cmocka_unit_test(dcerpc_opnum__lists_and_ranges_with_both_ends),
        cmocka_unit_test(dcerpc__byte_tests_with_dce_read_as_the_call_does),
        cmocka_unit_test(dcerpc__rules_are_refused_with_a_reason),
        cmocka_unit_test(dcerpc__such_rules_are_for_smb_too_unless_it_says_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
