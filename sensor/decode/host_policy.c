/* sensor/decode/host_policy.c - policies by address; see host_policy.h. */
#include "sensor/decode/host_policy.h"

struct host_policies {
    struct prefix_map *networks;
};

#define HOST_POLICY_NAME(id, name) name,
static const char *const names[] = {HOST_POLICY_TABLE(HOST_POLICY_NAME)};

const char *host_policy_name(enum host_policy p)
{
    return (unsigned)p < HOST_POLICY_COUNT ? names[p] : "?";
}

static int policy_find(struct bytes name)
{
    for (int i = 0; i < HOST_POLICY_COUNT; i++)
        if (bytes_ieq(bytes_str(names[i]), name))
            return i;
    return -1;
}

struct host_policies *host_policies_new(void)
{
    struct host_policies *h = calloc(1, sizeof *h);
    ASSERT(h);
    h->networks = prefix_map_new();
    return h;
}

void host_policies_free(struct host_policies *h)
{
    if (!h)
        return;
    prefix_map_free(h->networks);
    free(h);
}

/* Up to the next comma, without blanks around; `list` begins behind it afterwards. */
static struct bytes next_network(struct bytes *list)
{
    ptrdiff_t comma = bytes_find(*list, BYTES_LIT(","));
    struct bytes one = bytes_slice(*list, 0, comma < 0 ? list->len : (size_t)comma);
    *list = bytes_slice(*list, one.len + 1, list->len);
    while (one.len && one.p[0] == ' ')
        one = bytes_slice(one, 1, one.len);
    while (one.len && one.p[one.len - 1] == ' ')
        one.len--;
    return bytes_ieq(one, BYTES_LIT("default")) ? BYTES_LIT("0.0.0.0/0") : one;
}

int host_policies_add(struct host_policies *h, struct bytes policy, struct bytes networks,
                      struct err *err)
{
    int value = policy_find(policy);
    if (value < 0)
        return err_set(err, "host-os-policy: no policy '%.*s'", (int)policy.len,
                       (const char *)policy.p);
    do {
        struct bytes one = next_network(&networks);
        struct prefix prefix;
        if (!prefix_parse(one, &prefix))
            return err_set(err,
                           "host-os-policy.%s: '%.*s' is no network; wants 192.0.2.0/24 or "
                           "2001:db8::/32",
                           names[value], (int)one.len, (const char *)one.p);
        prefix_map_add(h->networks, &prefix, value);
    } while (networks.len);
    return 0;
}

enum host_policy host_policies_find(const struct host_policies *h, const struct addr *a)
{
    int found = h ? prefix_map_find(h->networks, a) : -1;
    return found < 0 ? HOST_BSD : (enum host_policy)found;
}
