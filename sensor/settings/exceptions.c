/* sensor/settings/exceptions.c - exception policies by Suricata's names and rules; see
 * parts.h.
 *
 * Each exception has a setting of its own; where that is not given the master switch
 * "exception-policy" holds, and without it flows are dropped with --simulate-ips and left alone
 * else. */
#include "sensor/settings/parts.h"

enum { POLICY_AUTO = POLICY_COUNT };

#define POLICY_SETTING(id, setting, name)                       setting,
#define SETTING_NAME(id, name, setting, group, counter, reason) setting,
static const char *const policy_words[] = {EXCEPTION_POLICY_TABLE(POLICY_SETTING) "auto"};
static const char *const settings[] = {EXCEPTION_TABLE(SETTING_NAME)};

struct exception_reading {
    const struct settings *s;
    bool ips, has_master;
    unsigned master;
};

/* enum exception_policy or POLICY_AUTO. */
static int parse(const char *key, const char *word, unsigned *out, struct err *err)
{
    unsigned i = 0;
    while (i <= POLICY_AUTO && strcmp(policy_words[i], word) != 0)
        i++;
    *out = i;
    if (i > POLICY_AUTO)
        return err_set(err,
                       "%s: '%s'; wants auto, ignore, drop-flow, drop-packet, reject, bypass, "
                       "pass-flow or pass-packet",
                       key, word);
    return 0;
}

static bool drops(unsigned policy)
{
    return policy == POLICY_DROP_FLOW || policy == POLICY_DROP_PACKET;
}

static bool picks_up(const struct exception_reading *r, enum exception e)
{
    return e == EXCEPTION_MIDSTREAM && r->s->worker.stream.midstream;
}

static unsigned automatic(const struct exception_reading *r, enum exception e)
{
    return r->ips && !picks_up(r, e) ? POLICY_DROP_FLOW : POLICY_IGNORE;
}

/* A flow that begins midstream is a matter of the whole flow; one that is picked up is not to be
 * turned away. */
static int check_midstream(const struct exception_reading *r, bool given, unsigned policy,
                           struct err *err)
{
    const char *key = settings[EXCEPTION_MIDSTREAM], *word = policy_words[policy];
    if (policy == POLICY_DROP_PACKET || policy == POLICY_PASS_PACKET)
        return err_set(err, "%s: %s is no policy for a whole flow", key, word);
    if (given && picks_up(r, EXCEPTION_MIDSTREAM) && policy != POLICY_IGNORE &&
        policy != POLICY_PASS_FLOW)
        return err_set(err, "%s: %s with stream.midstream on; wants ignore or pass-flow", key,
                       word);
    if (given && !r->ips && drops(policy))
        return err_set(err, "%s: %s wants --simulate-ips", key, word);
    return 0;
}

/* A fragment has no flow yet. */
static unsigned for_packet(unsigned policy)
{
    switch (policy) {
    case POLICY_DROP_FLOW:
        return POLICY_DROP_PACKET;
    case POLICY_PASS_FLOW:
        return POLICY_PASS_PACKET;
    case POLICY_BYPASS:
        return POLICY_IGNORE;
    default:
        return policy;
    }
}

static int read_one(const struct exception_reading *r, enum exception e, uint8_t *out,
                    struct err *err)
{
    const char *word = config_get(r->s->config, settings[e]);
    unsigned policy = r->has_master ? r->master : POLICY_AUTO;
    if (word && parse(settings[e], word, &policy, err) != 0)
        return -1;
    bool given = word && policy != POLICY_AUTO;
    if (policy == POLICY_AUTO)
        policy = automatic(r, e);
    if (e == EXCEPTION_MIDSTREAM && check_midstream(r, given, policy, err) != 0)
        return -1;
    if (e == EXCEPTION_DEFRAG_MEMCAP)
        policy = for_packet(policy);
    *out = (uint8_t)(drops(policy) && !r->ips ? POLICY_IGNORE : policy);
    return 0;
}

int settings_read_exceptions(struct settings *s, bool ips, struct err *err)
{
    struct exception_reading r = {.s = s, .ips = ips};
    const char *master = config_get(s->config, "exception-policy");
    r.has_master = master;
    if (master && parse("exception-policy", master, &r.master, err) != 0)
        return -1;
    if (!ips && drops(r.master))
        r.master = POLICY_IGNORE;
    s->worker.exceptions.ips = ips;
    for (unsigned e = 0; e < EXCEPTION_COUNT; e++)
        if (read_one(&r, (enum exception)e, &s->worker.exceptions.of[e], err) != 0)
            return -1;
    return 0;
}
