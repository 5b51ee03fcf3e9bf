/* Random cuts, orders, overlaps, losses and acknowledgements against a plain oracle.
 *
 * The oracle is an array: the first (or the last) value seen at each offset before it was handed
 * on, and whether it was seen. Whatever the engine hands on must be exactly that, in order, once; a
 * gap must be bytes never seen and acknowledged; without inline mode nothing may come before it was
 * acknowledged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "common/err.h"
#include "sensor/stream/stream.h"

enum { STREAM_BYTES = 30000, SEGMENT_MAX = 900, SHUFFLE = 12, ROUNDS = 300 };

struct trial {
    uint32_t seed, isn, peer_isn;
    struct stream_engine *e;
    struct flow f;
    uint8_t kept[STREAM_BYTES];
    bool seen[STREAM_BYTES];
    uint64_t out, acked, raw_out;
    int eofs;
    bool flushing, inline_mode, lossy, last_wins;
};

static uint32_t chance(struct trial *t, uint32_t below)
{
    t->seed = t->seed * 1664525 + 1013904223;
    return (t->seed >> 8) % below;
}

static void on_data(void *ctx, struct flow *f, enum direction dir, struct bytes data,
                    unsigned notes, uint64_t gap_bytes)
{
    struct trial *t = ctx;
    (void)f;
    if (dir != TO_SERVER)
        return;
    t->eofs += (notes & STREAM_EOF) != 0;
    if (notes & STREAM_GAP) {
        assert_true(gap_bytes > 0 && t->out + gap_bytes <= STREAM_BYTES);
        assert_true(t->flushing || t->acked >= t->out + gap_bytes);
        for (uint64_t i = 0; i < gap_bytes; i++)
            assert_false(t->seen[t->out + i]);
        t->out += gap_bytes;
    }
    assert_true(t->out + data.len <= STREAM_BYTES);
    if (data.len)
        assert_memory_equal(data.p, t->kept + t->out, data.len);
    t->out += data.len;
    if (!t->inline_mode && !t->flushing)
        assert_true(t->out <= t->acked);
}

static void packet(struct trial *t, enum direction dir, uint8_t flags, uint32_t seq, uint32_t ack,
                   struct bytes data, struct packet *p)
{
    *p = (struct packet){.proto = IPP_TCP, .payload = data, .ts_us = 1};
    p->tcp.seq = seq;
    p->tcp.ack = ack;
    p->tcp.flags = flags;
    p->tcp.window = UINT16_MAX;
    p->tcp.wscale = -1;
    stream_packet(t->e, &t->f, p, &dir);
}

static void open_session(struct trial *t)
{
    struct packet p;
    struct bytes none = {0};
    t->isn = chance(t, 2) ? UINT32_MAX - chance(t, STREAM_BYTES) : chance(t, UINT32_MAX);
    t->peer_isn = chance(t, UINT32_MAX);
    packet(t, TO_SERVER, TCP_SYN, t->isn, 0, none, &p);
    packet(t, TO_CLIENT, TCP_SYN | TCP_ACK, t->peer_isn, t->isn + 1, none, &p);
    packet(t, TO_SERVER, TCP_ACK, t->isn + 1, t->peer_isn + 1, none, &p);
    assert_int_equal(p.event_count, 0);
}

/* The oracle's view of a segment, before the engine may hand it on. True when it contradicts bytes
 * that still wait. */
static bool learn(struct trial *t, uint32_t at, struct bytes data)
{
    bool contradicts = false;
    for (uint32_t i = at; i < at + data.len; i++) {
        if (i < t->out)
            continue;
        if (t->seen[i])
            contradicts |= t->kept[i] != data.p[i - at];
        if (!t->seen[i] || t->last_wins)
            t->kept[i] = data.p[i - at];
        t->seen[i] = true;
    }
    return contradicts;
}

/* Sends [at, at + len), once in a while with other values than usual. */
static void send(struct trial *t, uint32_t at, uint32_t len)
{
    uint8_t bytes[SEGMENT_MAX];
    uint8_t version = chance(t, 10) == 0 ? 1 : 0;
    for (uint32_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)((at + i) * 31 + (at + i) / 256 + version);
    bool contradicts = learn(t, at, bytes_of(bytes, len));
    struct packet p;
    packet(t, TO_SERVER, TCP_ACK, t->isn + 1 + at, t->peer_isn + 1, bytes_of(bytes, len), &p);
    if (contradicts)
        assert_true(packet_has_event(&p, EVENT_STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA));
}

/* The receiver acknowledges what is there in one piece; a lossy capture misses bytes it has. */
static void acknowledge(struct trial *t, uint64_t sent_until)
{
    uint64_t ack = t->acked;
    while (ack < sent_until && (t->seen[ack] || t->lossy))
        ack++;
    t->acked = ack;
    struct packet p;
    packet(t, TO_CLIENT, TCP_ACK, t->peer_isn + 1, t->isn + 1 + (uint32_t)ack, (struct bytes){0},
           &p);
}

static void inspect_raw(struct trial *t)
{
    for (struct stream_raw w = stream_raw(&t->f, TO_SERVER); w.bytes.len > w.fresh;
         w = stream_raw(&t->f, TO_SERVER)) {
        assert_true(w.offset + w.fresh >= t->raw_out);
        assert_true(w.offset + w.bytes.len <= t->out);
        assert_memory_equal(w.bytes.p, t->kept + w.offset, w.bytes.len);
        t->raw_out = w.offset + w.bytes.len;
        stream_raw_done(&t->f, TO_SERVER);
    }
}

struct cut {
    uint32_t at, len;
};

/* Cuts of a stretch of the stream, some twice, some overlapping, some missing, in random order. */
static uint32_t make_cuts(struct trial *t, uint32_t at, struct cut *cuts)
{
    uint32_t n = 0;
    while (n < SHUFFLE && at < STREAM_BYTES) {
        uint32_t back = at > 200 && chance(t, 4) == 0 ? chance(t, 200) : 0;
        uint32_t len = 1 + chance(t, chance(t, 3) ? SEGMENT_MAX - 200 : 5) + back;
        if (at - back + len > STREAM_BYTES)
            len = STREAM_BYTES - at + back;
        cuts[n++] = (struct cut){at - back, len};
        at += len - back;
    }
    return at;
}

static void stretch(struct trial *t, struct cut *cuts, uint32_t count, uint32_t end)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = chance(t, i);
        struct cut c = cuts[i - 1];
        cuts[i - 1] = cuts[j];
        cuts[j] = c;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (t->lossy && chance(t, 12) == 0)
            continue;
        send(t, cuts[i].at, cuts[i].len);
        if (chance(t, 6) == 0)
            send(t, cuts[i].at, cuts[i].len);
        if (chance(t, 3) == 0 && !t->lossy)
            acknowledge(t, end);
        inspect_raw(t);
    }
    acknowledge(t, end);
    inspect_raw(t);
}

static void run(uint32_t seed, bool inline_mode, bool lossy, bool last_wins)
{
    struct err err;
    struct host_policies *policies = host_policies_new();
    struct trial *t = calloc(1, sizeof *t);
    ASSERT(t);
    t->seed = seed;
    t->inline_mode = inline_mode;
    t->lossy = lossy;
    t->last_wins = last_wins;
    addr_parse(BYTES_LIT("192.0.2.2"), &t->f.tuple.addr[TO_CLIENT]);
    host_policies_add(policies, last_wins ? BYTES_LIT("last") : BYTES_LIT("first"),
                      BYTES_LIT("192.0.2.0/24"), &err);
    struct stream_options o = {.inline_mode = inline_mode, .host_policies = policies};
    struct stream_sink sink = {.data = on_data, .ctx = t};
    t->e = stream_engine_new(&o, &sink);
    open_session(t);
    for (uint32_t at = 0; at < STREAM_BYTES;) {
        struct cut cuts[SHUFFLE] = {0};
        uint32_t end = make_cuts(t, at, cuts), count = 0;
        while (count < SHUFFLE && cuts[count].len)
            count++;
        stretch(t, cuts, count, end);
        at = end;
    }
    t->flushing = true;
    stream_flush(t->e, &t->f, TO_SERVER);
    assert_int_equal(t->eofs, 1);
    if (!lossy)
        assert_int_equal(t->out, STREAM_BYTES);
    stream_session_free(t->e, &t->f);
    assert_int_equal(stream_counters(t->e)->active, 0);
    stream_engine_free(t->e);
    host_policies_free(policies);
    free(t);
}

static void stream_packet__any_order_gives_the_same_bytes(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= ROUNDS; seed++)
        run(seed, false, false, seed % 2);
}

static void stream_packet__any_order_gives_the_same_bytes_inline(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= ROUNDS; seed++)
        run(seed, true, false, false);
}

static void stream_packet__losses_become_gaps_of_unseen_bytes(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= ROUNDS; seed++)
        run(seed, seed % 2, true, seed % 4 == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_packet__any_order_gives_the_same_bytes),
        cmocka_unit_test(stream_packet__any_order_gives_the_same_bytes_inline),
        cmocka_unit_test(stream_packet__losses_become_gaps_of_unseen_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
