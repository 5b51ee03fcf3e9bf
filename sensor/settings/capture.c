/* sensor/settings/capture.c - rings, the CPUs of threads, how often counters are told; see parts.h.
 */
#include "sensor/settings/parts.h"
#include "common/text.h"

#define ENTRIES_MAX      64
#define PACKET_BYTES     1600u /* by which Suricata's ring-size counts packets */
#define RING_PACKETS_MAX 2000000u
#define STATS_S_DEFAULT  10
#define STATS_S_MAX      60

/* What the entry of af-packet for this interface sets, by its name; NULL when there is none. */
static const char *of_interface(const struct settings *s, const char *interface, const char *name,
                                char key[128])
{
    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        snprintf(key, 128, "af-packet.%u.interface", i);
        const char *found = config_get(s->config, key);
        if (!found || strcmp(found, interface) != 0)
            continue;
        snprintf(key, 128, "af-packet.%u.%s", i, name);
        return config_get(s->config, key);
    }
    return NULL;
}

static int read_ring(struct settings *s, struct err *err)
{
    char key[128];
    uint64_t packets = 0;
    if (!s->interface)
        return 0;
    const char *size = of_interface(s, s->interface, "ring-size", key);
    if (!size)
        size = of_interface(s, "default", "ring-size", key);
    if (size && !text_u64(bytes_str(size), 1, RING_PACKETS_MAX, &packets))
        return err_set(err, "%s: '%s'; wants 1 to %u packets", key, size, RING_PACKETS_MAX);
    s->ring_bytes = packets * PACKET_BYTES;
    return 0;
}

struct cpu_walk {
    struct affinity *affinity;
    cpu_set_t there; /* what this process may use */
    struct err *err;
    int rc;
};

static bool add_span(unsigned long from, unsigned long to, const cpu_set_t *there, cpu_set_t *out)
{
    for (; from <= to; from++) {
        if (from >= CPU_SETSIZE || !CPU_ISSET(from, there))
            return false;
        CPU_SET(from, out);
    }
    return true;
}

/* "all", or numbers and spans as "0-3,8". False when it is neither, or one of them is not there. */
static bool add_cpus(const char *text, const cpu_set_t *there, cpu_set_t *out)
{
    if (strcmp(text, "all") == 0) {
        *out = *there;
        return true;
    }
    do {
        char *end;
        unsigned long from = strtoul(text, &end, 10), to = from;
        if (end != text && *end == '-')
            to = strtoul(text = end + 1, &end, 10);
        if (end == text || to < from || (*end && *end != ',') || !add_span(from, to, there, out))
            return false;
        text = end + (*end == ',');
    } while (*text);
    return true;
}

/* "threading.cpu-affinity.1.worker-cpu-set.cpu.0" = "2-5", as Suricata's list comes to be named. */
static void take_affinity(void *ctx, const char *key, const char *value)
{
    struct cpu_walk *w = ctx;
    struct affinity *a = w->affinity;
    cpu_set_t *cpus = strstr(key, ".worker-cpu-set.cpu")       ? &a->workers
                      : strstr(key, ".management-cpu-set.cpu") ? &a->management
                                                               : NULL;
    if (w->rc != 0)
        return;
    if (cpus && !add_cpus(value, &w->there, cpus))
        w->rc = err_set(w->err, "%s: '%s'; wants CPUs that this process may use, as 0-3,8 or all",
                        key, value);
    else if (strstr(key, ".worker-cpu-set.mode") && strcmp(value, "balanced") == 0)
        a->balanced = true;
    else if (strstr(key, ".worker-cpu-set.mode") && strcmp(value, "exclusive") != 0)
        w->rc = err_set(w->err, "%s: '%s'; wants exclusive or balanced", key, value);
}

static int read_affinity(struct settings *s, struct err *err)
{
    struct affinity *a = &s->affinity;
    struct cpu_walk walk = {.affinity = a, .err = err};
    if (config_bool(s->config, "threading.set-cpu-affinity", false, &a->set, err) != 0)
        return -1;
    if (!a->set)
        return 0;
    if (sched_getaffinity(0, sizeof walk.there, &walk.there) != 0)
        return err_set(err, "threading.set-cpu-affinity: this machine does not tell its CPUs");
    config_each(s->config, "threading.cpu-affinity.", take_affinity, &walk);
    if (CPU_COUNT(&a->workers) == 0)
        a->workers = walk.there;
    if (CPU_COUNT(&a->management) == 0)
        a->management = walk.there;
    return walk.rc;
}

int settings_read_capture(struct settings *s, struct err *err)
{
    uint64_t interval_s = STATS_S_DEFAULT;
    const char *interval = config_get(s->config, "stats.interval");
    if (interval && !text_u64(bytes_str(interval), 1, STATS_S_MAX, &interval_s))
        return err_set(err, "stats.interval: '%s'; wants 1 to %d seconds", interval, STATS_S_MAX);
    s->stats_every_us = interval_s * 1000000;
    return read_ring(s, err) == 0 ? read_affinity(s, err) : -1;
}
