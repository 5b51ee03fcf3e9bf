/* sensor/flow/exception.c - see exception.h. */
#include "sensor/flow/exception.h"

#define TARGET_NAME(id, name, setting, group, counter, reason)    name,
#define TARGET_GROUP(id, name, setting, group, counter, reason)   group,
#define TARGET_COUNTER(id, name, setting, group, counter, reason) counter,
#define TARGET_REASON(id, name, setting, group, counter, reason)  reason,
#define POLICY_NAME(id, setting, name)                            name,
static const char *const target_names[] = {EXCEPTION_TABLE(TARGET_NAME)};
static const char *const groups[] = {EXCEPTION_TABLE(TARGET_GROUP)};
static const char *const counter_names[] = {EXCEPTION_TABLE(TARGET_COUNTER)};
static const char *const reasons[] = {EXCEPTION_TABLE(TARGET_REASON)};
static const char *const policy_names[] = {EXCEPTION_POLICY_TABLE(POLICY_NAME)};

const char *exception_drop_reason(enum exception e)
{
    return reasons[e];
}

static void settle_flow(struct flow *f, enum flow_action action)
{
    if (f)
        f->action = (uint8_t)action;
}

static enum exception_verdict carry_out(enum exception_policy policy, bool ips, struct flow *f)
{
    switch (policy) {
    case POLICY_REJECT:
        if (!ips) /* an answer to both ends, and this sensor sends none */
            return VERDICT_INSPECT;
        /* fall through */
    case POLICY_DROP_FLOW:
        settle_flow(f, FLOW_ACTION_DROP);
        return VERDICT_DROP;
    case POLICY_DROP_PACKET:
        return VERDICT_DROP;
    case POLICY_BYPASS:
        settle_flow(f, FLOW_ACTION_BYPASS);
        return VERDICT_PASS;
    case POLICY_PASS_FLOW:
        settle_flow(f, FLOW_ACTION_PASS);
        return VERDICT_PASS;
    case POLICY_PASS_PACKET:
        return VERDICT_PASS;
    default:
        return VERDICT_INSPECT;
    }
}

enum exception_verdict exceptions_settle(const struct exception_policies *policies,
                                         struct exception_counters *c, struct packet *p,
                                         struct flow *f, enum exception *why)
{
    enum exception_verdict verdict = VERDICT_INSPECT;
    if (f)
        f->exceptions |= p->exceptions;
    for (unsigned e = 0; p->exceptions && e < EXCEPTION_COUNT; e++) {
        if (!(p->exceptions & 1u << e))
            continue;
        enum exception_policy policy = policies->of[e];
        c->met[e][policy]++;
        enum exception_verdict of_this = carry_out(policy, policies->ips, f);
        if (of_this > verdict) {
            verdict = of_this;
            *why = (enum exception)e;
        }
    }
    p->exceptions = 0;
    return verdict;
}

void exceptions_json(const struct exception_policies *policies, const struct flow *f,
                     struct json *j)
{
    if (!f->exceptions)
        return;
    json_array(j, "exception_policy");
    for (unsigned e = 0; e < EXCEPTION_COUNT; e++) {
        if (!(f->exceptions & 1u << e))
            continue;
        json_object(j, NULL);
        json_strz(j, "target", target_names[e]);
        json_strz(j, "policy", policy_names[policies->of[e]]);
        json_object_end(j);
    }
    json_array_end(j);
}

static bool was_met(const struct exception_counters *c, unsigned e)
{
    for (unsigned i = 0; i < POLICY_COUNT; i++)
        if (c->met[e][i])
            return true;
    return false;
}

void exception_counters_json(const struct exception_counters *c, struct json *j)
{
    const char *group = NULL;
    json_object(j, "exception_policy");
    for (unsigned e = 0; e < EXCEPTION_COUNT; e++) {
        if (!was_met(c, e))
            continue;
        if (group && strcmp(group, groups[e]) != 0)
            json_object_end(j);
        if (!group || strcmp(group, groups[e]) != 0)
            json_object(j, groups[e]);
        group = groups[e];
        json_object(j, counter_names[e]);
        for (unsigned i = 0; i < POLICY_COUNT; i++)
            if (c->met[e][i])
                json_u64(j, policy_names[i], c->met[e][i]);
        json_object_end(j);
    }
    if (group)
        json_object_end(j);
    json_object_end(j);
}
