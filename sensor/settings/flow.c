/* sensor/settings/flow.c - room for flows, and how long they live without a packet; see parts.h. */
#include "common/text.h"
#include "sensor/settings/parts.h"

enum { TIMEOUT_MAX_S = 365 * 24 * 60 * 60 };

static const char *const protos[TIMEOUT_PROTOS] = {[TIMEOUT_DEFAULT] = "default",
                                                   [TIMEOUT_TCP] = "tcp",
                                                   [TIMEOUT_UDP] = "udp",
                                                   [TIMEOUT_ICMP] = "icmp"};
static const char *const states[TIMEOUT_STATES] = {[TIMEOUT_NEW] = "new",
                                                   [TIMEOUT_ESTABLISHED] = "established",
                                                   [TIMEOUT_CLOSED] = "closed",
                                                   [TIMEOUT_BYPASSED] = "bypassed"};

static int read_seconds(const struct settings *s, const char *proto, const char *prefix,
                        const char *state, uint32_t *out, struct err *err)
{
    char key[80];
    uint64_t seconds = *out;
    snprintf(key, sizeof key, "flow-timeouts.%s.%s%s", proto, prefix, state);
    const char *text = config_get(s->config, key);
    if (text && !text_u64(bytes_str(text), 0, TIMEOUT_MAX_S, &seconds))
        return err_set(err, "%s: '%s'; wants seconds, up to a year", key, text);
    *out = (uint32_t)seconds;
    return 0;
}

/* "default" is what has none of the other protocols, as with Suricata. */
static int read_timeouts(const struct settings *s, struct flow_timeouts *t, struct err *err)
{
    *t = flow_timeout_defaults;
    for (int p = 0; p < TIMEOUT_PROTOS; p++)
        for (int i = 0; i < TIMEOUT_STATES; i++)
            if (read_seconds(s, protos[p], "", states[i], &t->normal_s[p][i], err) != 0 ||
                read_seconds(s, protos[p], "emergency-", states[i], &t->emergency_s[p][i], err) !=
                    0)
                return -1;
    return 0;
}

int settings_read_flow(struct settings *s, struct err *err)
{
    struct flow_options *f = &s->worker.flow;
    uint64_t cap, recovery = 0;
    const char *percent = config_get(s->config, "flow.emergency-recovery");
    if (config_size(s->config, "flow.memcap", 0, &cap, err) != 0)
        return -1;
    if (percent && !text_u64(bytes_str(percent), 1, 100, &recovery))
        return err_set(err, "flow.emergency-recovery: '%s'; wants 1 to 100 percent", percent);
    f->cap_bytes = cap;
    f->emergency_recovery = (uint32_t)recovery;
    f->timeouts = &s->flow_timeouts;
    return read_timeouts(s, &s->flow_timeouts, err);
}
