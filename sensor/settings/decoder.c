/* sensor/settings/decoder.c - what decoding is told: hosts, fragments, ports of tunnels; see
 * parts.h. */
#include "sensor/settings/parts.h"
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
    s->decoder.host_policies = s->worker.stream.host_policies = walk.policies;
    config_each(s->config, "host-os-policy.", take_host_policy, &walk);
    return walk.rc;
}

static int read_defrag(struct settings *s, struct err *err)
{
    uint64_t memcap, timeout_s = 0;
    const char *timeout = config_get(s->config, "defrag.timeout");
    if (config_size(s->config, "defrag.memcap", 0, &memcap, err) != 0)
        return -1;
    if (timeout && !text_u64(bytes_str(timeout), 1, 24 * 60 * 60, &timeout_s))
        return err_set(err, "defrag.timeout: '%s'; wants 1 to 86400 seconds", timeout);
    s->decoder.defrag_cap_bytes = memcap;
    s->decoder.defrag_timeout_s = (uint32_t)timeout_s;
    return 0;
}

/* "4789", "[8472, 4789]", "any", or "$VXLAN_PORTS" of vars.port-groups. */
static const char *port_list(const struct settings *s, const char *text)
{
    char key[128];
    if (!text || text[0] != '$')
        return text;
    snprintf(key, sizeof key, "vars.port-groups.%s", text + 1);
    return config_get(s->config, key);
}

static bool parse_ports(const char *text, struct tunnel_ports *out)
{
    size_t count = 0;
    *out = (struct tunnel_ports){.set = true, .any = strcmp(text, "any") == 0};
    if (out->any)
        return true;
    while (*(text += strspn(text, "[], "))) {
        size_t len = strcspn(text, "[], ");
        uint64_t port;
        if (count == TUNNEL_PORTS_MAX || !text_u64(bytes_of(text, len), 1, UINT16_MAX, &port))
            return false;
        out->ports[count++] = (uint16_t)port;
        text += len;
    }
    return count > 0;
}

/* decoder.vxlan.enabled and decoder.vxlan.ports, or the same of another tunnel. */
static int read_tunnel(const struct settings *s, const char *name, struct tunnel_ports *out,
                       struct err *err)
{
    char key[64];
    bool enabled;
    snprintf(key, sizeof key, "decoder.%s.enabled", name);
    if (config_bool(s->config, key, true, &enabled, err) != 0)
        return -1;
    if (!enabled) {
        *out = (struct tunnel_ports){.set = true};
        return 0;
    }
    snprintf(key, sizeof key, "decoder.%s.ports", name);
    const char *given = config_get(s->config, key), *text = port_list(s, given);
    if (!given)
        return 0;
    if (!text || !parse_ports(text, out))
        return err_set(err, "%s: '%s'; wants up to %d ports, as [8472, 4789]", key, given,
                       TUNNEL_PORTS_MAX);
    return 0;
}

int settings_read_decoder(struct settings *s, struct err *err)
{
    struct decoder_options *d = &s->decoder;
    if (read_host_policies(s, err) != 0 || read_defrag(s, err) != 0 ||
        read_tunnel(s, "vxlan", &d->vxlan, err) != 0 ||
        read_tunnel(s, "geneve", &d->geneve, err) != 0 ||
        read_tunnel(s, "teredo", &d->teredo, err) != 0)
        return -1;
    return read_tunnel(s, "gtpu", &d->gtpu, err);
}
