/* sensor/settings/stream.c - memory for TCP, and how far streams are followed; see parts.h. */
#include "sensor/settings/parts.h"

/* stream.reassembly.urgent by Suricata's names. Dropping has a meaning with --simulate-ips only:
 * else the receiver does have the byte, and does with it what hosts do. */
static int read_urgent(const struct settings *s, const char *key, bool ips,
                       enum urgent_policy *policy, struct err *err)
{
    static const char *const names[] = {[URGENT_OOB] = "oob",
                                        [URGENT_INLINE] = "inline",
                                        [URGENT_GAP] = "gap",
                                        [URGENT_DROP] = "drop"};
    const char *name = config_get(s->config, key);
    unsigned i = name ? 0 : *policy;
    while (name && i < sizeof names / sizeof *names && strcmp(names[i], name) != 0)
        i++;
    if (i == sizeof names / sizeof *names)
        return err_set(err, "%s: '%s'; wants oob, inline, gap or drop", key, name);
    *policy = i == URGENT_DROP && !ips ? URGENT_OOB : (enum urgent_policy)i;
    return 0;
}

int settings_read_stream(struct settings *s, bool ips, struct err *err)
{
    struct worker_options *w = &s->worker;
    uint64_t session_cap, stream_cap, depth;
    if (config_size(s->config, "stream.memcap", 0, &session_cap, err) != 0 ||
        config_size(s->config, "stream.reassembly.memcap", 0, &stream_cap, err) != 0 ||
        config_size(s->config, "stream.reassembly.depth", 1 << 20, &depth, err) != 0)
        return -1;
    w->stream.session_cap_bytes = session_cap;
    w->stream.cap_bytes = stream_cap;
    /* As with Suricata 0 means no end. */
    w->stream.depth_bytes = depth == 0 || depth > UINT32_MAX ? UINT32_MAX : (uint32_t)depth;
    w->stream.urgent_beyond = URGENT_DROP;
    if (read_urgent(s, "stream.reassembly.urgent.policy", ips, &w->stream.urgent, err) != 0)
        return -1;
    return read_urgent(s, "stream.reassembly.urgent.oob-limit-policy", ips,
                       &w->stream.urgent_beyond, err);
}
