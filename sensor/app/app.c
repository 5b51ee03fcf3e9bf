/* app.c - workers and flows of the application layer, and what the other rooms ask about them. */
#include "sensor/app/file.h"
#include "sensor/app/state.h"

#define APP_NAME(ID, name) name,
static const char *const names[APP_PROTO_COUNT] = {"unknown", APP_TABLE(APP_NAME) "failed"};

#define APP_PARSER_ROW(ID, name) &app_parser_##ID,
const struct app_parser *const app_parsers[APP_PROTO_COUNT] = {NULL,
                                                               APP_TABLE(APP_PARSER_ROW) NULL};

#define TX_CAP_DEFAULT   512
#define BODY_CAP_DEFAULT (100u << 10)
#define BUDGET_DEFAULT   (8u << 20)

const char *app_proto_name(enum app_proto p)
{
    return p < APP_PROTO_COUNT ? names[p] : "unknown";
}

int app_proto_find(struct bytes name)
{
    for (int p = APP_UNKNOWN + 1; p < APP_FAILED; p++)
        if (bytes_ieq(name, bytes_str(names[p])))
            return p;
    if (bytes_ieq(name, BYTES_LIT("http1")))
        return APP_HTTP;
    if (bytes_ieq(name, BYTES_LIT("ssl")))
        return APP_TLS;
    return -1;
}

struct app *app_new(const struct app_options *o, const struct app_hooks *hooks)
{
    struct app *a = calloc(1, sizeof *a);
    ASSERT(a);
    if (o)
        a->options = *o;
    if (hooks)
        a->hooks = *hooks;
    if (a->options.body_cap_bytes == 0)
        a->options.body_cap_bytes = BODY_CAP_DEFAULT;
    if (a->options.tx_cap == 0)
        a->options.tx_cap = TX_CAP_DEFAULT;
    if (a->options.flow_budget_bytes == 0)
        a->options.flow_budget_bytes = BUDGET_DEFAULT;
    probes_init(&a->probes);
    a->files = app_files_new();
    app_want_files(a, &(struct app_file_wants){0});
    a->memory.block_bytes = ARENA_HUGE;
    for (int p = 0; p < APP_PROTO_COUNT; p++)
        if (app_parsers[p] && app_parsers[p]->worker_new)
            a->worker[p] = app_parsers[p]->worker_new(a);
    if (a->options.dpi)
        a->dpi = dpi_new(a);
    return a;
}

void app_free(struct app *a)
{
    if (!a)
        return;
    for (int p = 0; p < APP_PROTO_COUNT; p++)
        if (app_parsers[p] && app_parsers[p]->worker_free)
            app_parsers[p]->worker_free(a, a->worker[p]);
    dpi_free(a->dpi);
    app_files_delete(a->files);
    app_expect_free(a);
    arena_release(&a->memory);
    free(a);
}

struct app_flow *app_flow_new(struct app *a, const struct app_endpoints *e)
{
    struct app_flow *f = app_alloc(a, sizeof *f);
    f->ends = *e;
    f->app = a;
    return f;
}

const struct app_flow_extra app_no_extra;

/* As the flow itself it is nothing that the flow's budget could give back. */
struct app_flow_extra *app_extra(struct app_flow *f)
{
    if (f->extra)
        return f->extra;
    struct app_flow *current = app_shared_begin(f->app);
    f->extra = app_alloc(f->app, sizeof *f->extra);
    app_shared_end(f->app, current);
    return f->extra;
}

static void extra_free(struct app *a, struct app_flow_extra *x)
{
    app_text_free(a, &x->context);
    app_text_free(a, &x->early[TO_SERVER]);
    app_text_free(a, &x->early[TO_CLIENT]);
    dpi_flow_free(a->dpi, x->dpi);
    struct app_flow *current = app_shared_begin(a);
    app_dealloc(a, x, sizeof *x);
    app_shared_end(a, current);
}

static void close_layer(struct app *a, enum app_proto proto, void *state)
{
    app_parser_of(proto)->close(a, state);
}

void app_flow_free(struct app *a, struct app_flow *f)
{
    if (!f)
        return;
    app_flow_reap(a, f, true);
    a->current = f;
    for (unsigned i = 0; i + 1 < f->layer_count; i++)
        close_layer(a, f->extra->earlier[i].proto, f->extra->earlier[i].state);
    if (f->layer_count > 0)
        close_layer(a, f->layer_proto, f->state);
    if (f->extra)
        extra_free(a, f->extra);
    a->current = NULL;
    app_dealloc(a, f, sizeof *f);
}

const struct app_number app_u8 = {.max = UINT8_MAX}, app_u16 = {.max = UINT16_MAX},
                        app_u32 = {.max = UINT32_MAX}, app_u64 = {.max = UINT64_MAX};

const struct app_buffer *app_buffers(enum app_proto p, size_t *count)
{
    const struct app_parser *parser = app_parser_of(p);
    const struct app_buffer *rows = parser ? parser->buffers : NULL;
    *count = 0;
    while (rows && rows[*count].name)
        ++*count;
    return rows;
}

const struct app_shape *app_shapes(enum app_proto p)
{
    const struct app_parser *parser = app_parser_of(p);
    if (p == APP_UNKNOWN)
        return app_file_shapes;
    return parser ? parser->shapes : NULL;
}

const struct app_options *app_options(const struct app *a)
{
    return &a->options;
}

void *app_worker(const struct app *a, enum app_proto p)
{
    return a->worker[p];
}

const struct app_endpoints *app_flow_endpoints(const struct app_flow *f)
{
    return &f->ends;
}

uint8_t app_flow_note(const struct app_flow *f)
{
    return f->note;
}

void app_flow_set_note(struct app_flow *f, uint8_t note)
{
    f->note = note;
}

struct bytes app_flow_context(const struct app_flow *f)
{
    return app_text_bytes(&app_extra_of(f)->context);
}

const struct app_counters *app_counters(const struct app *a)
{
    return &a->counters;
}

enum app_proto app_flow_proto(const struct app_flow *f)
{
    return f->proto;
}

static bool has_early(const struct app_flow *f)
{
    const struct app_text *early = app_extra_of(f)->early;
    return early[TO_SERVER].len + early[TO_CLIENT].len > 0;
}

enum app_proto app_flow_proto_dir(const struct app_flow *f, enum direction dir)
{
    const struct app_probe *mine = &f->probe[dir];
    /* A protocol that is to change still is what it was until there are bytes of the next one. */
    if (!f->decided && mine->proto == APP_UNKNOWN && !has_early(f))
        return mine->before;
    /* One side in vain says nothing while the other may still tell. */
    return mine->proto == APP_FAILED && !f->decided && f->proto != APP_FAILED ? APP_UNKNOWN
                                                                              : mine->proto;
}

enum app_proto app_flow_proto_orig(const struct app_flow *f)
{
    return f->orig;
}

bool app_flow_is_broken(const struct app_flow *f)
{
    return f->broken;
}

bool app_flow_is_bypassed(const struct app_flow *f)
{
    return f->bypassed;
}

bool app_flow_has_ended(const struct app_flow *f)
{
    return f->ended == BOTH_DIRS;
}

bool app_flow_wants_all(const struct app_flow *f)
{
    const struct app_parser *parser = app_parser_of(f->proto);
    return parser && (parser->wants_all || f->stores) && !f->quiet;
}

uint64_t app_fed(const struct app_flow *f, enum direction dir)
{
    return app_extra_of(f)->fed[dir];
}

void app_flow_bypass(struct app_flow *f)
{
    f->bypassed = true;
}

bool app_flow_hides_payload(const struct app_flow *f)
{
    return f->hidden && !f->plain;
}

void app_flow_hide_payload(struct app_flow *f)
{
    f->hidden = true;
}

uint32_t app_flow_change(const struct app_flow *f, enum direction dir)
{
    return f->change[dir];
}

void app_flow_touch(struct app_flow *f, enum direction dir)
{
    f->change[dir]++;
}

uint32_t app_flow_flushes(const struct app_flow *f, enum direction dir)
{
    return f->flushes[dir];
}

void app_flow_flush(struct app_flow *f, enum direction dir)
{
    f->flushes[dir] += !f->plain;
}

void app_dpi(struct app *a, struct app_flow *f, enum direction dir, struct bytes ip_datagram,
             uint64_t ts_us)
{
    (void)dir; /* nDPI tells directions by address and port itself */
    if (!a->dpi)
        return;
    a->current = f;
    if (dpi_adds_to(f->proto)) {
        dpi_packet(a->dpi, &app_extra(f)->dpi, ip_datagram, ts_us, &a->counters);
    } else if (f->extra) {
        dpi_flow_free(a->dpi, f->extra->dpi);
        f->extra->dpi = NULL;
    }
    a->current = NULL;
}

void app_flow_dpi_json(const struct app_flow *f, struct json *j)
{
    if (app_extra_of(f)->dpi)
        dpi_json(f->extra->dpi, j);
}
