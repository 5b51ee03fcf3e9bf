/* dpi.c - nDPI's second opinion: protocol and application, category, risks.
 *
 * The only file that knows nDPI (4.2; its API changes with every release). One module per worker;
 * modules are made one after the other, for their set-up is not safe to run twice at a time. A flow
 * is watched for its first packets, until nDPI or one of our parsers knows; then its state is given
 * back and the answer kept. */
#include <ndpi/ndpi_api.h>
#include <pthread.h>
#include "sensor/app/parser.h"

#if NDPI_MAJOR != 4 || NDPI_MINOR != 2
#error "dpi.c is written for nDPI 4.2"
#endif

#define PACKETS_MAX    32
#define NAME_MAX_BYTES 64 /* "TLS.YouTube" */

static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;

struct dpi {
    struct app *app;
    struct ndpi_detection_module_struct *module;
};

struct dpi_flow {
    struct dpi *dpi;
    struct ndpi_flow_struct *state; /* NULL once the answer is final */
    ndpi_risk risk;
    ndpi_protocol answer, named; /* named: the last one that was known */
    uint8_t packets;
};

struct dpi *dpi_new(struct app *a)
{
    struct dpi *d = calloc(1, sizeof *d);
    ASSERT(d);
    NDPI_PROTOCOL_BITMASK all;
    pthread_mutex_lock(&init_lock);
    ASSERT(ndpi_detection_get_sizeof_ndpi_flow_struct() == sizeof(struct ndpi_flow_struct));
    d->app = a;
    d->module = ndpi_init_detection_module(ndpi_no_prefs);
    ASSERT(d->module);
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(d->module, &all);
    ndpi_finalize_initialization(d->module);
    pthread_mutex_unlock(&init_lock);
    return d;
}

void dpi_free(struct dpi *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&init_lock);
    ndpi_exit_detection_module(d->module);
    pthread_mutex_unlock(&init_lock);
    free(d);
}

/* nDPI keeps peers and certificates of other flows to guess by. Which other flows a worker has seen
 * depends on the number of workers, so the answer would too: each flow stands for itself. nDPI 4.2
 * has no switch for it, so this takes the place of the library's own look-up and never finds. */
u_int8_t ndpi_lru_find_cache(struct ndpi_lru_cache *cache, u_int32_t key, u_int16_t *value,
                             u_int8_t clean_key_when_found)
{
    (void)cache;
    (void)key;
    (void)value;
    (void)clean_key_when_found;
    return 0;
}

static void drop_state(struct dpi_flow *f)
{
    if (!f->state)
        return;
    ndpi_free_flow_data(f->state);
    app_dealloc(f->dpi->app, f->state, sizeof *f->state);
    f->state = NULL;
}

void dpi_flow_free(struct dpi *d, struct dpi_flow *f)
{
    if (!f)
        return;
    drop_state(f);
    app_dealloc(d->app, f, sizeof *f);
}

static bool is_known(ndpi_protocol p)
{
    return p.master_protocol != NDPI_PROTOCOL_UNKNOWN || p.app_protocol != NDPI_PROTOCOL_UNKNOWN;
}

/* A call costs more than all else that is done for a small packet. Of what a parser reads only the
 * service behind a name is news. */
bool dpi_adds_to(enum app_proto p)
{
    return p == APP_UNKNOWN || p == APP_FAILED || p == APP_HTTP || p == APP_TLS || p == APP_QUIC;
}

static void keep_answer(struct dpi_flow *f, ndpi_protocol answer)
{
    f->risk = f->state->risk;
    f->answer = answer;
    if (is_known(answer))
        f->named = answer;
}

void dpi_finish(struct dpi_flow *f)
{
    uint8_t guessed = 0;
    if (!f || !f->state)
        return;
    keep_answer(f, ndpi_detection_giveup(f->dpi->module, f->state, 1, &guessed));
    drop_state(f);
}

void dpi_packet(struct dpi *d, struct dpi_flow **flow, struct bytes ip_datagram, uint64_t ts_us,
                struct app_counters *count)
{
    struct dpi_flow *f = *flow;
    if (!f) {
        f = *flow = app_alloc(d->app, sizeof *f);
        f->dpi = d;
        f->state = app_alloc(d->app, sizeof *f->state);
        count->dpi_flows++;
    }
    if (!f->state || ip_datagram.len == 0 || ip_datagram.len > UINT16_MAX)
        return;
    count->dpi_packets++;
    ndpi_protocol answer = ndpi_detection_process_packet(
        d->module, f->state, ip_datagram.p, (unsigned short)ip_datagram.len, ts_us / 1000);
    keep_answer(f, answer);
    bool known = is_known(answer) && !ndpi_extra_dissection_possible(d->module, f->state);
    if (known)
        drop_state(f);
    else if (++f->packets >= PACKETS_MAX)
        dpi_finish(f);
}

void dpi_json(const struct dpi_flow *f, struct json *j)
{
    uint16_t client_score, server_score;
    char name[NAME_MAX_BYTES] = "";
    if (is_known(f->named))
        ndpi_protocol2name(f->dpi->module, f->named, name, sizeof name);
    if (!name[0] && f->risk == 0)
        return;
    json_object(j, "ndpi");
    json_strz(j, "proto", name);
    json_strz(j, "category", ndpi_category_get_name(f->dpi->module, f->answer.category));
    json_array(j, "risks");
    for (unsigned i = NDPI_NO_RISK + 1; i < NDPI_MAX_RISK; i++)
        if (NDPI_ISSET_BIT(f->risk, i))
            json_strz(j, NULL, ndpi_risk2str((ndpi_risk_enum)i));
    json_array_end(j);
    json_u64(j, "score", f->risk ? ndpi_risk2score(f->risk, &client_score, &server_score) : 0);
    json_object_end(j);
}
