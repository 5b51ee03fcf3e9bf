/* analyzer/http/ring.c - see ring.h. */
#include "analyzer/http/ring.h"
#include "common/text.h"

/* Alerts a second and in a burst that one viewer is given, by severity; 0 is never held back. A
 * person reads a few lines a second; the rest is counted and waits in the archive. */
static const struct {
    double per_s, burst;
} allowed[RING_SEVERITIES] = {{0, 0}, {100, 400}, {50, 200}, {30, 200}};

enum { FILL_BYTES = 32 * 1024, HEARTBEAT_US = 15 * 1000000, LOST_EVERY_US = 1000000 };

static char *copy(const char *p, size_t len)
{
    char *c = malloc(len + 1);
    ASSERT(c);
    memcpy(c, p, len);
    c[len] = '\0';
    return c;
}

static void slot_release(struct ring_slot *s)
{
    free(s->orgs);
    free(s->json);
    *s = (struct ring_slot){0};
}

void ring_add(struct ring *r, const struct push_event *e)
{
    struct ring_slot *s = &r->slots[++r->head % RING_SLOTS];
    slot_release(s);
    s->name = e->name;
    s->orgs = e->orgs ? copy(e->orgs, strlen(e->orgs)) : NULL;
    s->severity = e->severity < RING_SEVERITIES ? e->severity : RING_SEVERITIES - 1;
    s->json = copy((const char *)e->json.p, e->json.len);
    s->len = e->json.len;
}

void ring_skip(struct ring *r)
{
    r->floor = ++r->head;
}

void ring_release(struct ring *r)
{
    for (size_t i = 0; i < RING_SLOTS; i++)
        slot_release(&r->slots[i]);
}

/* Oldest event still in the ring. */
static uint64_t ring_tail(const struct ring *r)
{
    uint64_t gone = r->head > RING_SLOTS ? r->head - RING_SLOTS : 0;
    return (gone > r->floor ? gone : r->floor) + 1;
}

static bool last_id_parse(const char *id, uint64_t *epoch, uint64_t *number)
{
    const char *dash = strchr(id, '-');
    return dash && text_u64(bytes_of(id, (size_t)(dash - id)), 0, UINT64_MAX, epoch) &&
           text_u64(bytes_str(dash + 1), 0, UINT64_MAX, number);
}

void ring_reader_init(struct ring_reader *rr, const struct ring *r, const struct push_viewer *v,
                      const char *last_id, uint64_t now_us)
{
    *rr = (struct ring_reader){.viewer = *v, .next = r->head + 1, .refilled_us = now_us};
    for (size_t i = 0; i < RING_SEVERITIES; i++)
        rr->allowance[i] = allowed[i].burst;
    if (!last_id || !*last_id)
        return;
    uint64_t epoch, number;
    if (last_id_parse(last_id, &epoch, &number) && epoch == r->epoch && number <= r->head &&
        number + 1 >= ring_tail(r))
        rr->next = number + 1;
    else
        rr->lost = 1;
}

void ring_reader_release(struct ring_reader *rr)
{
    free(rr->out.p);
    rr->out = (struct ring_text){0};
}

/* Is `word` (len bytes) one of the space-separated words of `list`? */
static bool list_has(const char *list, const char *word, size_t len)
{
    while (*list) {
        size_t n = strcspn(list, " ");
        if (n == len && memcmp(list, word, len) == 0)
            return true;
        list += n + strspn(list + n, " ");
    }
    return false;
}

static bool may_see(const struct push_viewer *v, const char *orgs)
{
    if (!v->bound)
        return true;
    for (const char *at = orgs ? orgs : ""; *at;) {
        size_t n = strcspn(at, " ");
        if (list_has(v->orgs, at, n))
            return true;
        at += n + strspn(at + n, " ");
    }
    return false;
}

static void refill(struct ring_reader *rr, uint64_t now_us)
{
    double s = (double)(now_us - rr->refilled_us) / 1e6;
    rr->refilled_us = now_us;
    for (size_t i = 1; i < RING_SEVERITIES; i++) {
        double a = rr->allowance[i] + s * allowed[i].per_s;
        rr->allowance[i] = a < allowed[i].burst ? a : allowed[i].burst;
    }
}

static bool spend(struct ring_reader *rr, unsigned severity)
{
    if (severity == 0)
        return true;
    if (rr->allowance[severity] < 1)
        return false;
    rr->allowance[severity] -= 1;
    return true;
}

static void put(struct ring_text *out, const char *text, size_t len)
{
    if (out->cap - out->len < len) {
        size_t cap = out->cap ? out->cap : 4096;
        while (cap - out->len < len)
            cap *= 2;
        out->p = realloc(out->p, cap);
        ASSERT(out->p);
        out->cap = cap;
    }
    memcpy(out->p + out->len, text, len);
    out->len += len;
}

size_t ring_reader_take(struct ring_reader *rr, char *buf, size_t cap)
{
    struct ring_text *out = &rr->out;
    size_t n = out->len - out->at < cap ? out->len - out->at : cap;
    if (n)
        memcpy(buf, out->p + out->at, n);
    out->at += n;
    if (out->at == out->len)
        out->len = out->at = 0;
    return n;
}

static void lose(struct ring_reader *rr, uint64_t n)
{
    rr->lost += n;
    rr->lost_total += n;
}

static void write_event(struct ring_reader *rr, const struct ring *r, uint64_t number,
                        const struct ring_slot *s)
{
    char head[128];
    int n = snprintf(head, sizeof head,
                     "id: %llu-%llu\nevent: %s\ndata: ", (unsigned long long)r->epoch,
                     (unsigned long long)number, s->name);
    put(&rr->out, head, (size_t)n);
    put(&rr->out, s->json, s->len);
    put(&rr->out, "\n\n", 2);
    rr->delivered++;
}

/* An id goes with the report, so that a reconnect does not report the same loss again. */
static void tell_lost(struct ring_reader *rr, const struct ring *r, uint64_t now_us)
{
    char text[160];
    int n = snprintf(text, sizeof text, "id: %llu-%llu\nevent: lost\ndata: {\"count\":%llu}\n\n",
                     (unsigned long long)r->epoch, (unsigned long long)(rr->next - 1),
                     (unsigned long long)rr->lost);
    put(&rr->out, text, (size_t)n);
    rr->lost = 0;
    rr->lost_told_us = now_us;
}

void ring_reader_fill(struct ring_reader *rr, const struct ring *r, uint64_t now_us)
{
    size_t before = rr->out.len;
    refill(rr, now_us);
    if (rr->next < ring_tail(r)) {
        /* A bound viewer is not told how much others had. */
        lose(rr, rr->viewer.bound ? 1 : ring_tail(r) - rr->next);
        rr->next = ring_tail(r);
    }
    for (; rr->next <= r->head && rr->out.len < FILL_BYTES; rr->next++) {
        const struct ring_slot *s = &r->slots[rr->next % RING_SLOTS];
        if (!may_see(&rr->viewer, s->orgs))
            continue;
        if (spend(rr, s->severity))
            write_event(rr, r, rr->next, s);
        else
            lose(rr, 1);
    }
    if (rr->lost && (!rr->lost_told_us || now_us - rr->lost_told_us >= LOST_EVERY_US))
        tell_lost(rr, r, now_us);
    if (!rr->wrote_us || (rr->out.len == before && now_us - rr->wrote_us >= HEARTBEAT_US))
        put(&rr->out, ": sekisho\n\n", 11);
    if (rr->out.len != before)
        rr->wrote_us = now_us;
}
