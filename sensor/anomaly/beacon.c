/* sensor/anomaly/beacon.c - finds programs that call home by the clock.
 *
 * One series per client and server name and port (HTTP and TLS requests that name a host), and one
 * per client, server address and port (any flow; not judged once its flows turn out to name hosts).
 * Beats less than a second apart are one. Judged are the last 48 intervals, once there are 8 beats
 * over a minute and the median interval is at least 2 s: quicker repetition is a page refreshing
 * itself.
 *
 * The score adds up to 1, in terms that each ask one question (scores by RITA 5 ask some of the
 * same with equal weights; here regularity counts most, because a human cannot fake it): regularity
 * MAD / median of the intervals. A jitter of +-J % of the period gives J / 2; people's heavy-tailed
 * pauses give 0.6 and more. Full points at 0, none at 0.5. steadiness   median / mean of the
 * intervals: 1 when beats fill their span evenly, about 0.7 for a random (Poisson) series, less for
 * bursts. None at 0.5. symmetry     Bowley's skew of the intervals: jitter is symmetric, pauses are
 * not. size         MAD / median of what the client sent, over ended flows; half the points when
 * fewer than 4 are known. count        beats so far, on a logarithmic scale from 4 to 64. rarity
 * other clients of the same host and port: points when nobody else calls it, points taken away when
 * many do. Updaters and portals are everyone's, a C2 is not. service      points taken away for
 * services that are periodic by design (NTP, DNS, SNMP ...).
 *
 * Alert at 0.70, severity 2, from 0.90 severity 1; 3000:200 with a name, 3000:201 without; at most
 * once per series and hour. Clients outside calling servers inside are not judged. */
#include "sensor/anomaly/detector.h"
#include "sensor/anomaly/distinct.h"
#include "sensor/anomaly/keyed.h"
#include "sensor/anomaly/spread.h"
#include <math.h>

#define INTERVALS      48
#define SIZES          24
#define BEATS_MIN      8
#define SPAN_MIN_MS    60000
#define MEDIAN_MIN_MS  2000
#define MERGE_US       1000000
#define ALERT_EVERY_US (UINT64_C(3600) * 1000000)
#define ALERT_AT       700 /* thousandths */
#define SEVERE_AT      900
#define HUMAN_SPREAD   0.5
#define FLOWS_MAX      65536
#define HOST_MAX       255

struct beacon {
    uint64_t last_us, alerted_us;
    uint32_t beats;
    uint32_t intervals_ms[INTERVALS]; /* ring: number beats - 2 is the latest */
    uint32_t sizes[SIZES];            /* ring */
    uint32_t size_count;
    bool named; /* its flows name hosts: judged there */
    uint8_t host_len;
    char *host; /* NULL for a series by address */
};

struct beacons {
    struct anomaly *anomaly;
    struct keyed *series; /* struct beacon */
    struct keyed *hosts;  /* struct distinct of clients, by host and port */
    struct keyed *flows;  /* key of the series by name, by flow */
    size_t other_bytes;   /* host names and sets */
    struct score score;
};

static const struct score_term beacon_terms[] = {
    {"regularity", 350, "intervals alike: MAD/median 0 gives all, 0.5 (people) nothing"},
    {"steadiness", 200, "beats fill their span: median/mean of intervals, nothing at 0.5"},
    {"symmetry", 50, "Bowley skew of intervals, all at 0"},
    {"size", 100, "bytes sent alike: MAD/median 0 gives all, 0.5 nothing; half when unknown"},
    {"count", 200, "beats, on a logarithmic scale from 4 to 64"},
    {"rarity", 100, "clients calling this host and port: 1 gives all, 2-3 half, 4-9 nothing"},
    {"prevalence", -300, "10 or more clients calling it take 0.15, 25 or more 0.3"},
    {"service", -400, "periodic by design: NTP, DNS, SNMP, syslog, mDNS, SSDP, STUN"},
    {NULL, 0, NULL},
};

/* ---- keys ------------------------------------------------------------------------------------ */

struct text_key {
    uint8_t text[2 * sizeof(struct addr) + 8 + HOST_MAX];
    size_t len;
};

static void key_put(struct text_key *k, const void *p, size_t n)
{
    memcpy(k->text + k->len, p, n);
    k->len += n;
}

/* Client, port and transport, then the name or the address. A NULL client leaves it out. */
static struct keyed_key key_of(const struct keyed *t, const struct observation *o, bool with_client,
                               bool by_name)
{
    struct text_key k = {.len = 0};
    if (with_client)
        key_put(&k, &o->client, sizeof o->client);
    key_put(&k, &o->server_port, sizeof o->server_port);
    key_put(&k, &o->transport, sizeof o->transport);
    key_put(&k, by_name ? "n" : "a", 1);
    if (by_name)
        key_put(&k, o->host.p, o->host.len < HOST_MAX ? o->host.len : HOST_MAX);
    else
        key_put(&k, &o->server, sizeof o->server);
    return keyed_digest(t, bytes_of(k.text, k.len));
}

static struct keyed_key flow_key(const struct beacons *b, uint64_t flow_id)
{
    return keyed_digest(b->flows, bytes_of(&flow_id, sizeof flow_id));
}

/* ---- the score ------------------------------------------------------------------------------- */

static bool is_periodic_service(uint8_t transport, uint16_t port)
{
    static const uint16_t udp[] = {53, 123, 161, 514, 1900, 3478, 5353};
    for (size_t i = 0; transport == IP_UDP && i < sizeof udp / sizeof udp[0]; i++)
        if (udp[i] == port)
            return true;
    return transport == IP_TCP && port == 853;
}

static double rarity(uint32_t clients)
{
    if (clients <= 3)
        return clients <= 1 ? 0.1 : 0.05;
    return clients < 10 ? 0 : clients < 25 ? -0.15 : -0.3;
}

static void add_size(struct score *s, const struct beacon *series)
{
    double sizes[SIZES];
    size_t known = series->size_count < SIZES ? series->size_count : SIZES;
    double dispersion = HUMAN_SPREAD / 2; /* of which half the points come */
    for (size_t i = 0; i < known; i++)
        sizes[i] = series->sizes[i];
    if (known >= 4)
        dispersion = spread_of(sizes, known).dispersion;
    score_add(s, "size", dispersion, HUMAN_SPREAD, 0.1 * unit(1 - dispersion / HUMAN_SPREAD));
}

static void add_terms(struct score *s, const struct beacon *series, const struct spread *pace,
                      uint32_t clients, const struct observation *o)
{
    double steadiness = pace->median / pace->mean;
    score_begin(s);
    score_add(s, "regularity", pace->dispersion, HUMAN_SPREAD,
              0.35 * unit(1 - pace->dispersion / HUMAN_SPREAD));
    score_add(s, "steadiness", steadiness, 0.5, 0.2 * unit((steadiness - 0.5) / 0.5));
    score_add(s, "symmetry", fabs(pace->skew), 1, 0.05 * (1 - fabs(pace->skew)));
    add_size(s, series);
    score_add(s, "count", series->beats, 4, 0.2 * unit(log2(series->beats / 4.0) / 4));
    double points = rarity(clients);
    score_add(s, points < 0 ? "prevalence" : "rarity", clients, 4, points);
    if (is_periodic_service(o->transport, o->server_port))
        score_add(s, "service", o->server_port, 0, -0.4);
    score_add(s, "period_seconds", pace->median / 1000, 0, 0);
    score_end(s);
}

/* ---- judging --------------------------------------------------------------------------------- */

/* The pace of the intervals kept; false when it is too early or too quick to judge. */
static bool pace_of(const struct beacon *series, struct spread *out)
{
    double intervals[INTERVALS], span_ms = 0;
    if (series->beats < BEATS_MIN)
        return false;
    size_t count = series->beats - 1 < INTERVALS ? series->beats - 1 : INTERVALS;
    for (size_t i = 0; i < count; i++) {
        intervals[i] = series->intervals_ms[i];
        span_ms += intervals[i];
    }
    *out = spread_of(intervals, count);
    return span_ms >= SPAN_MIN_MS && out->median >= MEDIAN_MIN_MS;
}

static void judge(struct beacons *b, struct beacon *series, uint32_t clients,
                  const struct observation *o)
{
    struct spread pace;
    bool lately = series->alerted_us && o->ts_us < series->alerted_us + ALERT_EVERY_US;
    if (series->named || lately || !pace_of(series, &pace))
        return;
    add_terms(&b->score, series, &pace, clients, o);
    if (b->score.thousandths < ALERT_AT)
        return;
    series->alerted_us = o->ts_us;
    struct anomaly_alert alert = {
        .sid = series->host ? 200 : 201,
        .detector = "beacon",
        .signature = series->host ? "SEKISHO beacon: a program calls this host by the clock"
                                  : "SEKISHO beacon: a program calls this address by the clock",
        .category = "Malware Command and Control Activity Detected",
        .severity = b->score.thousandths >= SEVERE_AT ? 1 : 2,
        .ts_us = anomaly_now(b->anomaly),
        .flow_id = o->flow_id,
        .packet = o->packet,
        .src = o->client,
        .dst = o->server,
        .sport = o->client_port,
        .dport = o->server_port,
        .transport = o->transport,
        .host = bytes_of(series->host, series->host_len)};
    anomaly_raise(b->anomaly, &alert, &b->score);
}

/* ---- beats ----------------------------------------------------------------------------------- */

static uint32_t clients_of(struct beacons *b, const struct observation *o, bool by_name)
{
    struct distinct *clients = keyed_use(b->hosts, key_of(b->hosts, o, false, by_name));
    size_t before = distinct_memory(clients);
    distinct_add(clients, bytes_of(&o->client, sizeof o->client));
    b->other_bytes += distinct_memory(clients) - before;
    return distinct_count(clients);
}

/* Adds a beat at ts_us; false when it belongs to the one before. */
static bool add_beat(struct beacon *series, uint64_t ts_us)
{
    if (series->beats == 0) {
        series->last_us = ts_us;
        series->beats = 1;
        return true;
    }
    if (ts_us < series->last_us + MERGE_US)
        return false;
    uint64_t ms = (ts_us - series->last_us) / 1000;
    series->intervals_ms[(series->beats - 1) % INTERVALS] =
        ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
    series->last_us = ts_us;
    series->beats += series->beats < UINT32_MAX;
    return true;
}

static void on_beat(struct beacons *b, const struct observation *o, bool by_name)
{
    uint32_t clients = clients_of(b, o, by_name);
    struct beacon *series = keyed_use(b->series, key_of(b->series, o, true, by_name));
    if (by_name && !series->host) {
        series->host_len = (uint8_t)(o->host.len < HOST_MAX ? o->host.len : HOST_MAX);
        series->host = malloc(series->host_len);
        ASSERT(series->host);
        memcpy(series->host, o->host.p, series->host_len);
        b->other_bytes += series->host_len;
    }
    if (add_beat(series, o->ts_us))
        judge(b, series, clients, o);
}

/* The flow names a host: its series by address is not to be judged, its size counts for the name.
 */
static void on_named(struct beacons *b, const struct observation *o)
{
    struct beacon *by_address = keyed_find(b->series, key_of(b->series, o, true, false));
    if (by_address)
        by_address->named = true;
    struct keyed_key *name = keyed_use(b->flows, flow_key(b, o->flow_id));
    *name = key_of(b->series, o, true, true);
    on_beat(b, o, true);
}

static void on_end(struct beacons *b, const struct observation *o)
{
    struct keyed_key flow = flow_key(b, o->flow_id);
    const struct keyed_key *name = keyed_find(b->flows, flow);
    struct beacon *series = keyed_find(b->series, name ? *name : key_of(b->series, o, true, false));
    if (name)
        keyed_remove(b->flows, flow);
    if (!series)
        return;
    uint64_t sent = o->bytes_to_server;
    series->sizes[series->size_count++ % SIZES] = sent < UINT32_MAX ? (uint32_t)sent : UINT32_MAX;
}

static void beacon_observe(void *state, const struct observation *o)
{
    struct beacons *b = state;
    if ((!o->client_inside && o->server_inside) || !addr_is_one_host(&o->server) ||
        is_late_answer(o))
        return;
    if (o->kind == OBS_ATTEMPT)
        on_beat(b, o, false);
    else if (o->kind == OBS_REQUEST && o->host.len)
        on_named(b, o);
    else if (o->kind == OBS_END || o->kind == OBS_SILENT)
        on_end(b, o);
}

/* ---- the detector ---------------------------------------------------------------------------- */

static void series_gone(void *ctx, void *state)
{
    struct beacons *b = ctx;
    struct beacon *series = state;
    if (series->host)
        b->other_bytes -= series->host_len;
    free(series->host);
}

static void host_gone(void *ctx, void *state)
{
    struct beacons *b = ctx;
    b->other_bytes -= distinct_memory(state);
    distinct_release(state);
}

static void *beacon_make(const struct anomaly_options *o, struct anomaly *a)
{
    struct beacons *b = calloc(1, sizeof *b);
    ASSERT(b);
    b->anomaly = a;
    b->series = keyed_new(o->cap_entries, sizeof(struct beacon), series_gone, b);
    b->hosts = keyed_new(o->cap_entries, sizeof(struct distinct), host_gone, b);
    b->flows = keyed_new(FLOWS_MAX, sizeof(struct keyed_key), NULL, NULL);
    return b;
}

static void beacon_free(void *state)
{
    struct beacons *b = state;
    keyed_free(b->series);
    keyed_free(b->hosts);
    keyed_free(b->flows);
    json_release(&b->score.reasons);
    free(b);
}

static void beacon_count(const void *state, struct anomaly_counters *out)
{
    const struct beacons *b = state;
    out->evicted += keyed_evicted(b->series) + keyed_evicted(b->hosts) + keyed_evicted(b->flows);
    out->memory_bytes +=
        keyed_memory(b->series) + keyed_memory(b->hosts) + keyed_memory(b->flows) + b->other_bytes;
}

const struct detector detector_beacon = {
    .name = "beacon",
    .summary = "a client calls a host (200) or an address (201) by the clock",
    .sids = "200,201",
    .terms = beacon_terms,
    .make = beacon_make,
    .release = beacon_free,
    .observe = beacon_observe,
    .count = beacon_count,
};
