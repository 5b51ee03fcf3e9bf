/* sensor/stream/raw_text.c - the window of raw inspection as records show it: with what is kept on
 * the other side of gaps, and a word for what is missing. */
#include "sensor/stream/session.h"

struct text {
    uint8_t *out;
    size_t len, cap;
};

static void put(struct text *t, struct bytes data)
{
    data = bytes_slice(data, 0, t->cap - t->len);
    if (data.len)
        memcpy(t->out + t->len, data.p, data.len);
    t->len += data.len;
}

static void put_gap(struct text *t, uint64_t gap_bytes)
{
    char word[48];
    int n = snprintf(word, sizeof word, "[%llu bytes missing]", (unsigned long long)gap_bytes);
    put(t, bytes_of(word, (size_t)n));
}

static void put_part(struct text *t, const struct stream *st, uint64_t from, uint64_t to)
{
    const struct ready *kept = &reassembly_of(st)->ready;
    if (from < kept->head)
        from = kept->head;
    if (from < to)
        put(t, ready_view(kept, from, to));
}

bool stream_raw_has_gaps(const struct flow *f, enum direction dir)
{
    const struct stream_extra *x = f->tcp ? reassembly_of(&f->tcp->stream[dir])->extra : NULL;
    return x && (x->break_count || x->passed_gap_bytes);
}

size_t stream_raw_text(const struct flow *f, enum direction dir, uint8_t *out, size_t cap)
{
    const struct stream *st = &f->tcp->stream[dir];
    const struct stream_extra *x = reassembly_of(st)->extra;
    struct text t = {.out = out, .cap = cap};
    uint64_t from = raw_keep(st);
    if (x->passed_gap_bytes && from == reassembly_of(st)->raw_from) {
        put_part(&t, st, x->passed_from, from);
        put_gap(&t, x->passed_gap_bytes);
    }
    for (unsigned i = 0; i < x->break_count; i++) {
        put_part(&t, st, from, x->breaks[i].at);
        put_gap(&t, x->breaks[i].gap_bytes);
        from = x->breaks[i].at;
    }
    put_part(&t, st, from, reassembly_of(st)->sent);
    return t.len;
}
