/* sensor/anomaly/scan.c - finds who knocks at many doors.
 *
 * Sequential hypothesis testing on the outcome of first contacts (Jung, Paxson, Berger,
 * Balakrishnan: Fast Portscan Detection Using Sequential Hypothesis Testing, IEEE S&P 2004): a
 * benign client's first contact succeeds with probability THETA_0 = 0.8, a scanner's with THETA_1 =
 * 0.2. Each failure multiplies the likelihood ratio by (1 - 0.2) / (1 - 0.8) = 4, each success by
 * 0.2 / 0.8 = 1/4, so the ratio is 4^walk with a walk of whole steps, and the test accepts
 * "scanner" at beta / alpha = 0.99 / 0.01 = 99, that is at walk 4.
 *
 * Differences from the paper, and why:
 *   - The walk goes on after a decision instead of ending, and is held within [-8, 8]. A busy
 * client with mostly successes sits at -8 and cannot climb 12 net failures by chance, while a host
 * that turns bad is still found within 12. A benign past hides nothing for ever.
 *   - The walk alone is not enough: at least 5 addresses (horizontal) or 8 ports (vertical) must
 *     have failed, and a horizontal scan is about few ports: at most 4, or a quarter as many as
 *     addresses. A peer-to-peer client fails at many addresses, each on a port of its own.
 *   - First contact means the first attempt at an address and port within the window. Later ones
 *     add to the targets that failed, not to the walk.
 *
 * Windows: a source that is quiet for two hours (outside) or a day (inside) starts anew, and so
 * does every count after a day. Who knocks less than every two hours from outside stays below this
 * detector by design; the analyzer sees him across organisations.
 *
 * One alert per source and kind (3000:100 horizontal, 3000:101 vertical) and window, and one more
 * when the count of targets first passes 100, 1000 and 10000. */
#include "sensor/anomaly/attempts.h"
#include "sensor/anomaly/distinct.h"
#include "sensor/anomaly/keyed.h"
#include <math.h>

#define WALK_ACCEPT      4
#define WALK_MIN         (-8)
#define WALK_MAX         8
#define ADDRESSES_MIN    5
#define PORTS_MIN        8
#define PORTS_FEW        4
#define TRIED_MAX        1200 /* a quarter of the map: at most so many first contacts are missed */
#define HOUR_US          (UINT64_C(3600) * 1000000)
#define QUIET_OUTSIDE_US (2 * HOUR_US)
#define QUIET_INSIDE_US  (24 * HOUR_US)
#define WINDOW_US        (24 * HOUR_US)

enum scan_kind { SCAN_HORIZONTAL, SCAN_VERTICAL, SCAN_KINDS };

/* Attempts of one source, or of one source at one address. */
struct contacts {
    uint64_t window_us, last_us; /* start of the window, latest attempt */
    uint32_t attempts, failures; /* first contacts with an outcome */
    int8_t walk;
    struct distinct failed_addresses, failed_ports;
};

struct source {
    struct contacts contacts;
    struct distinct tried;      /* address and port */
    uint8_t raised[SCAN_KINDS]; /* levels reported in this window */
};

struct scan {
    struct anomaly *anomaly;
    struct attempts *attempts;
    struct keyed *sources; /* struct source by client */
    struct keyed *pairs;   /* struct contacts by client and server */
    size_t distinct_bytes; /* of all sets */
    struct score score;
};

static const struct score_term scan_terms[] = {
    {"failure_ratio", 400, "share of first contacts that failed; a benign client fails at 0.2"},
    {"targets", 400, "addresses or ports that failed, on a logarithmic scale to 1000"},
    {"likelihood", 200, "likelihood ratio of scanner to benign client, 4^4 to 4^8; accepted at 99"},
    {NULL, 0, NULL},
};

/* ---- windows --------------------------------------------------------------------------------- */

static void forget(struct scan *s, struct distinct *d)
{
    s->distinct_bytes -= distinct_memory(d);
    distinct_release(d);
}

static void contacts_release(struct scan *s, struct contacts *c)
{
    forget(s, &c->failed_addresses);
    forget(s, &c->failed_ports);
}

static void source_release(struct scan *s, struct source *source)
{
    contacts_release(s, &source->contacts);
    forget(s, &source->tried);
}

/* True when what is known of this host is too old to count. */
static bool is_over(const struct contacts *c, uint64_t ts_us, bool inside)
{
    uint64_t quiet_us = inside ? QUIET_INSIDE_US : QUIET_OUTSIDE_US;
    return c->window_us && (ts_us > c->last_us + quiet_us || ts_us > c->window_us + WINDOW_US);
}

static void contacts_seen(struct contacts *c, uint64_t ts_us)
{
    if (!c->window_us)
        c->window_us = ts_us;
    if (ts_us > c->last_us)
        c->last_us = ts_us;
}

static bool remember(struct scan *s, struct distinct *d, const void *p, size_t n)
{
    size_t before = distinct_memory(d);
    bool added = distinct_add(d, bytes_of(p, n));
    s->distinct_bytes += distinct_memory(d) - before;
    return added;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static struct keyed_key source_key(const struct scan *s, const struct addr *client)
{
    return keyed_digest(s->sources, bytes_of(client, sizeof *client));
}

static struct keyed_key pair_key(const struct scan *s, const struct addr *client,
                                 const struct addr *server)
{
    struct addr both[2] = {*client, *server};
    return keyed_digest(s->pairs, bytes_of(both, sizeof both));
}

/* ---- alerts ---------------------------------------------------------------------------------- */

/* 0 below the minimum, then 1, and one more at 100, 1000 and 10000. */
static uint8_t level_of(uint32_t targets, uint32_t minimum)
{
    return (uint8_t)((targets >= minimum) + (targets >= 100) + (targets >= 1000) +
                     (targets >= 10000));
}

static void raise_alert(struct scan *s, enum scan_kind kind, const struct contacts *c,
                        uint32_t targets, const struct attempt *a)
{
    double minimum = kind == SCAN_HORIZONTAL ? ADDRESSES_MIN : PORTS_MIN;
    double ratio = (double)c->failures / c->attempts;
    score_begin(&s->score);
    score_add(&s->score, "failure_ratio", ratio, 0.2, 0.4 * ratio);
    score_add(&s->score, "targets", targets, minimum, 0.4 * unit(log10(targets) / 3));
    score_add(&s->score, "likelihood", pow(4, c->walk), 99, 0.2 * unit(c->walk / (double)WALK_MAX));
    score_end(&s->score);
    struct anomaly_alert alert = {.sid = kind == SCAN_HORIZONTAL ? 100 : 101,
                                  .detector = "scan",
                                  .signature =
                                      kind == SCAN_HORIZONTAL
                                          ? "SEKISHO scan: one source, many addresses"
                                          : "SEKISHO scan: one source, many ports of one address",
                                  .category = "Detection of a Network Scan",
                                  .severity = a->client_inside ? 2 : 3,
                                  .ts_us = anomaly_now(s->anomaly),
                                  .flow_id = a->flow_id,
                                  .packet = a->packet,
                                  .src = a->client,
                                  .dst = a->server,
                                  .transport = a->transport};
    if (kind == SCAN_HORIZONTAL && distinct_count(&c->failed_ports) == 1)
        alert.dport = a->server_port;
    anomaly_raise(s->anomaly, &alert, &s->score);
}

static void judge(struct scan *s, struct source *source, enum scan_kind kind,
                  const struct contacts *c, const struct attempt *a)
{
    uint32_t addresses = distinct_count(&c->failed_addresses);
    uint32_t ports = distinct_count(&c->failed_ports);
    uint32_t targets = kind == SCAN_HORIZONTAL ? addresses : ports;
    uint8_t level = level_of(targets, kind == SCAN_HORIZONTAL ? ADDRESSES_MIN : PORTS_MIN);
    if (c->walk < WALK_ACCEPT || level <= source->raised[kind])
        return;
    if (kind == SCAN_HORIZONTAL && ports > PORTS_FEW && ports > addresses / 4)
        return;
    source->raised[kind] = level;
    raise_alert(s, kind, c, targets, a);
}

/* ---- outcomes -------------------------------------------------------------------------------- */

static void count_outcome(struct scan *s, struct contacts *c, const struct attempt *a,
                          bool answered)
{
    c->attempts += a->first;
    c->failures += a->first && !answered;
    if (a->first && answered && c->walk > WALK_MIN)
        c->walk--;
    if (a->first && !answered && c->walk < WALK_MAX)
        c->walk++;
    if (answered)
        return;
    remember(s, &c->failed_addresses, &a->server, sizeof a->server);
    remember(s, &c->failed_ports, &a->server_port, sizeof a->server_port);
}

/* The pair of client and server: made with its first failure, so that the many who never fail cost
 * nothing. */
static struct contacts *pair_for(struct scan *s, const struct attempt *a, bool answered)
{
    struct keyed_key key = pair_key(s, &a->client, &a->server);
    struct contacts *pair = keyed_find(s->pairs, key);
    if (!pair && answered)
        return NULL;
    pair = keyed_use(s->pairs, key);
    if (is_over(pair, a->ts_us, a->client_inside)) {
        contacts_release(s, pair);
        *pair = (struct contacts){0};
    }
    contacts_seen(pair, a->ts_us);
    return pair;
}

static void on_outcome(void *ctx, const struct attempt *a, bool answered)
{
    struct scan *s = ctx;
    struct source *source = keyed_find(s->sources, source_key(s, &a->client));
    if (!source)
        return; /* evicted since */
    struct contacts *pair = pair_for(s, a, answered);
    count_outcome(s, &source->contacts, a, answered);
    if (pair)
        count_outcome(s, pair, a, answered);
    if (answered)
        return;
    judge(s, source, SCAN_HORIZONTAL, &source->contacts, a);
    judge(s, source, SCAN_VERTICAL, pair, a);
}

static void on_attempt(struct scan *s, const struct observation *o)
{
    if (!addr_is_one_host(&o->server) || !addr_is_one_host(&o->client) || is_late_answer(o))
        return;
    struct source *source = keyed_use(s->sources, source_key(s, &o->client));
    if (is_over(&source->contacts, o->ts_us, o->client_inside)) {
        source_release(s, source);
        *source = (struct source){0};
    }
    contacts_seen(&source->contacts, o->ts_us);
    uint8_t door[sizeof o->server + 3];
    memcpy(door, &o->server, sizeof o->server);
    door[sizeof o->server] = o->transport;
    memcpy(door + sizeof o->server + 1, &o->server_port, 2);
    if (distinct_count(&source->tried) > TRIED_MAX)
        forget(s, &source->tried);
    attempts_open(s->attempts, o, remember(s, &source->tried, door, sizeof door));
}

static void scan_observe(void *state, const struct observation *o)
{
    struct scan *s = state;
    attempts_expire(s->attempts, anomaly_now(s->anomaly));
    if (o->kind == OBS_ATTEMPT)
        on_attempt(s, o);
    else
        attempts_settle(s->attempts, o);
}

/* ---- the detector ---------------------------------------------------------------------------- */

static void source_gone(void *ctx, void *state)
{
    source_release(ctx, state);
}

static void pair_gone(void *ctx, void *state)
{
    contacts_release(ctx, state);
}

static void *scan_make(const struct anomaly_options *o, struct anomaly *a)
{
    struct scan *s = calloc(1, sizeof *s);
    ASSERT(s);
    s->anomaly = a;
    s->attempts = attempts_new(on_outcome, s);
    s->sources = keyed_new(o->cap_entries, sizeof(struct source), source_gone, s);
    s->pairs = keyed_new(o->cap_entries, sizeof(struct contacts), pair_gone, s);
    return s;
}

static void scan_free(void *state)
{
    struct scan *s = state;
    attempts_free(s->attempts);
    keyed_free(s->sources);
    keyed_free(s->pairs);
    json_release(&s->score.reasons);
    free(s);
}

static void scan_count(const void *state, struct anomaly_counters *out)
{
    const struct scan *s = state;
    out->evicted += keyed_evicted(s->sources) + keyed_evicted(s->pairs);
    out->memory_bytes += attempts_memory(s->attempts) + keyed_memory(s->sources) +
                         keyed_memory(s->pairs) + s->distinct_bytes;
}

const struct detector detector_scan = {
    .name = "scan",
    .summary = "one source knocks at many addresses (100) or at many ports of one (101)",
    .sids = "100,101",
    .terms = scan_terms,
    .make = scan_make,
    .release = scan_free,
    .observe = scan_observe,
    .count = scan_count,
};
