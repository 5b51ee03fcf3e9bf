/* tests/unit/sensor/flow/test_exception.c - what each exception policy does to packet and flow. */
#include "sensor/flow/exception.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct rig {
    struct exception_policies policies;
    struct exception_counters counters;
    struct packet p;
    struct flow f;
    enum exception why;
};

static enum exception_verdict meet(struct rig *r, enum exception e, enum exception_policy policy)
{
    r->policies.of[e] = (uint8_t)policy;
    packet_exception(&r->p, e);
    return exceptions_settle(&r->policies, &r->counters, &r->p, &r->f, &r->why);
}

static void exceptions_settle__policies_act_on_packet_and_flow(void **state)
{
    (void)state;
    static const struct {
        enum exception_policy policy;
        bool ips;
        enum exception_verdict verdict;
        enum flow_action action;
    } cases[] = {
        {POLICY_IGNORE, true, VERDICT_INSPECT, FLOW_ACTION_NONE},
        {POLICY_DROP_FLOW, true, VERDICT_DROP, FLOW_ACTION_DROP},
        {POLICY_DROP_PACKET, true, VERDICT_DROP, FLOW_ACTION_NONE},
        {POLICY_REJECT, true, VERDICT_DROP, FLOW_ACTION_DROP},
        {POLICY_REJECT, false, VERDICT_INSPECT, FLOW_ACTION_NONE},
        {POLICY_BYPASS, false, VERDICT_PASS, FLOW_ACTION_BYPASS},
        {POLICY_PASS_FLOW, false, VERDICT_PASS, FLOW_ACTION_PASS},
        {POLICY_PASS_PACKET, false, VERDICT_PASS, FLOW_ACTION_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r = {.policies = {.ips = cases[i].ips}};
        assert_int_equal(meet(&r, EXCEPTION_MIDSTREAM, cases[i].policy), cases[i].verdict);
        assert_int_equal(r.f.action, cases[i].action);
        assert_int_equal(r.counters.met[EXCEPTION_MIDSTREAM][cases[i].policy], 1);
        assert_int_equal(r.f.exceptions, 1 << EXCEPTION_MIDSTREAM);
        assert_int_equal(r.p.exceptions, 0);
    }
}

static void exceptions_settle__of_several_the_strictest_holds(void **state)
{
    (void)state;
    struct rig r = {.policies = {.ips = true}};
    r.policies.of[EXCEPTION_APP_ERROR] = POLICY_PASS_PACKET;
    packet_exception(&r.p, EXCEPTION_APP_ERROR);
    assert_int_equal(meet(&r, EXCEPTION_REASSEMBLY_MEMCAP, POLICY_DROP_PACKET), VERDICT_DROP);
    assert_int_equal(r.why, EXCEPTION_REASSEMBLY_MEMCAP);
    assert_string_equal(exception_drop_reason(r.why), "stream reassembly");
}

static void exceptions_settle__a_packet_without_flow_is_judged_alone(void **state)
{
    (void)state;
    struct rig r = {
        .policies = {.ips = true, .of = {[EXCEPTION_DEFRAG_MEMCAP] = POLICY_DROP_PACKET}}};
    packet_exception(&r.p, EXCEPTION_DEFRAG_MEMCAP);
    assert_int_equal(exceptions_settle(&r.policies, &r.counters, &r.p, NULL, &r.why), VERDICT_DROP);
    assert_int_equal(r.why, EXCEPTION_DEFRAG_MEMCAP);
}

static void exceptions_json__names_are_those_of_records(void **state)
{
    (void)state;
    struct rig r = {.policies = {.ips = true}};
    struct json j = {0};
    meet(&r, EXCEPTION_MIDSTREAM, POLICY_DROP_FLOW);
    meet(&r, EXCEPTION_SESSION_MEMCAP, POLICY_IGNORE);
    meet(&r, EXCEPTION_APP_ERROR, POLICY_PASS_PACKET);
    json_object(&j, NULL);
    exceptions_json(&r.policies, &r.f, &j);
    exception_counters_json(&r.counters, &j);
    json_object_end(&j);
    static const char want[] =
        "{\"exception_policy\":[{\"target\":\"stream_memcap\",\"policy\":\"ignore\"},"
        "{\"target\":\"stream_midstream\",\"policy\":\"drop_flow\"},"
        "{\"target\":\"app_layer_error\",\"policy\":\"pass_packet\"}],"
        "\"exception_policy\":{\"tcp\":{\"ssn_memcap\":{\"ignore\":1},"
        "\"midstream\":{\"drop_flow\":1}},\"app_layer\":{\"error\":{\"pass_packet\":1}}}}";
    assert_int_equal(json_bytes(&j).len, strlen(want));
    assert_memory_equal(json_bytes(&j).p, want, strlen(want));
    json_release(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exceptions_settle__policies_act_on_packet_and_flow),
        cmocka_unit_test(exceptions_settle__of_several_the_strictest_holds),
        cmocka_unit_test(exceptions_settle__a_packet_without_flow_is_judged_alone),
        cmocka_unit_test(exceptions_json__names_are_those_of_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
