/* sensor/decode/host_policy.h - whose habits a host follows where copies of its bytes overlap.
 *
 * Systems differ in which copy of an overlapping IP fragment or TCP segment they keep, so what a
 * host saw can only be told when its kind is known. Names, and the configuration they stand in, are
 * those of Suricata: host-os-policy.windows.0 = 10.0.0.0/8. */
#ifndef DECODE_HOST_POLICY_H
#define DECODE_HOST_POLICY_H
#include "common/addr.h"

#define HOST_POLICY_TABLE(X)                                                                       \
    X(BSD, "bsd")                                                                                  \
    X(BSD_RIGHT, "bsd-right")                                                                      \
    X(OLD_LINUX, "old-linux")                                                                      \
    X(LINUX, "linux")                                                                              \
    X(OLD_SOLARIS, "old-solaris")                                                                  \
    X(SOLARIS, "solaris")                                                                          \
    X(HPUX10, "hpux10")                                                                            \
    X(HPUX11, "hpux11")                                                                            \
    X(IRIX, "irix")                                                                                \
    X(MACOS, "macos")                                                                              \
    X(WINDOWS, "windows")                                                                          \
    X(VISTA, "vista")                                                                              \
    X(WINDOWS2K3, "windows2k3")                                                                    \
    X(FIRST, "first")                                                                              \
    X(LAST, "last")

#define HOST_POLICY_ENUM(id, name) HOST_##id,
enum host_policy { /* 0, BSD, is what holds for an address that nothing is said of */
                   HOST_POLICY_TABLE(HOST_POLICY_ENUM) HOST_POLICY_COUNT
};
const char *host_policy_name(enum host_policy p);

struct host_policies; /* built once, then read by any thread */
struct host_policies *host_policies_new(void);
void host_policies_free(struct host_policies *h);

/* One setting: the policy's name and its networks, "10.0.0.0/8, 192.0.2.1" or "default" (all of
 * IPv4). A network that was given before keeps its first policy, as in Suricata. -1 and err for a
 * name or a network that is none. */
int host_policies_add(struct host_policies *h, struct bytes policy, struct bytes networks,
                      struct err *err);

/* The policy of the longest network that holds a. h may be NULL. Cost: prefix_map_find. */
enum host_policy host_policies_find(const struct host_policies *h, const struct addr *a);

#endif
