/* sensor/settings_decoder.c - what decoding is told: hosts, fragments; see settings_parts.h. */
#include "sensor/settings_parts.h"
#include "common/text.h"

struct policy_walk {
    struct host_policies *policies;
    struct err *err;
    int rc;
};

/* "host-os-policy.windows.0" = "10.0.0.0/8" */
static void take_host_policy(void *ctx, const char *key, const char *value)
{
    struct policy_walk *w = ctx;
    struct bytes policy = bytes_str(strchr(key, '.') + 1);
    ptrdiff_t dot = bytes_find(policy, BYTES_LIT("."));
    if (w->rc == 0 && dot >= 0)
        w->rc = host_policies_add(w->policies, bytes_slice(policy, 0, (size_t)dot),
                                  bytes_str(value), w->err);
}

static int read_host_policies(struct settings *s, struct err *err)
{
    struct policy_walk walk = {.policies = host_policies_new(), .err = err};
    s->host_policies = walk.policies;
    s->decoder.host_policies = walk.policies;
    config_each(s->config, "host-os-policy.", take_host_policy, &walk);
    return walk.rc;
}

int settings_read_decoder(struct settings *s, struct err *err)
{
    uint64_t memcap, timeout_s = 0;
    const char *timeout = config_get(s->config, "defrag.timeout");
    if (read_host_policies(s, err) != 0 ||
        config_size(s->config, "defrag.memcap", 0, &memcap, err) != 0)
        return -1;
    if (timeout && !text_u64(bytes_str(timeout), 1, 24 * 60 * 60, &timeout_s))
        return err_set(err, "defrag.timeout: '%s'; wants 1 to 86400 seconds", timeout);
    s->decoder.defrag_cap_bytes = memcap;
    s->decoder.defrag_timeout_s = (uint32_t)timeout_s;
    return 0;
}
