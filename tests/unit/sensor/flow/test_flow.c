/* The flow table: directions, time-outs, reuse, ICMP, eviction, and independence of spreading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "common/err.h"
#include "sensor/flow/flow.h"
#include "sensor/flow/flow_pool.h"

enum { LOG_MAX = 4096, SECOND = 1000000, SEED = 7 };
static const uint64_t T0 = UINT64_C(1700000000000000);

struct ended {
    uint64_t id, first_packet, packets[2], bytes[2];
    uint8_t end;
};
struct rig {
    struct flow_table *t;
    struct ended log[LOG_MAX];
    size_t count;
    uint64_t number;
    enum direction dir;
};

static void on_end(void *ctx, struct flow *f)
{
    struct rig *r = ctx;
    assert_true(r->count < LOG_MAX);
    r->log[r->count++] = (struct ended){.id = f->id,
                                        .first_packet = f->first_packet,
                                        .packets = {f->packets[0], f->packets[1]},
                                        .bytes = {f->bytes[0], f->bytes[1]},
                                        .end = f->end};
}

static struct rig *rig_new(size_t cap_bytes)
{
    struct rig *r = calloc(1, sizeof *r);
    ASSERT(r);
    struct flow_options o = {.buckets = 64, .cap_bytes = cap_bytes, .seed = SEED};
    r->t = flow_table_new(&o, on_end, r);
    return r;
}

static void rig_free(struct rig *r)
{
    flow_table_flush(r->t, UINT64_MAX);
    flow_table_free(r->t);
    free(r);
}

static struct packet packet_of(uint8_t proto, const char *src, uint16_t sport, const char *dst,
                               uint16_t dport, uint64_t ts_us)
{
    static const uint8_t raw[100];
    struct packet p = {.proto = proto, .ts_us = ts_us, .sport = sport, .dport = dport, .ttl = 64};
    assert_true(addr_parse(bytes_str(src), &p.src));
    assert_true(addr_parse(bytes_str(dst), &p.dst));
    p.ip_version = p.src.version;
    p.raw = bytes_of(raw, sizeof raw);
    p.l4 = bytes_of(raw, 40);
    return p;
}

static struct packet tcp_packet(uint8_t flags, uint32_t seq, uint64_t ts_us)
{
    struct packet p = packet_of(IPP_TCP, "10.0.0.1", 40000, "10.0.0.2", 80, ts_us);
    p.tcp.flags = flags;
    p.tcp.seq = seq;
    return p;
}

static struct flow *see(struct rig *r, struct packet p)
{
    p.number = ++r->number;
    return flow_table_packet(r->t, &p, &r->dir);
}

static void flow_table_packet__counts_both_directions(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    struct flow *f = see(r, packet_of(IPP_UDP, "10.0.0.1", 5000, "10.0.0.2", 53, T0));
    assert_int_equal(r->dir, TO_SERVER);
    assert_string_equal(flow_state_name(f), "new");
    struct packet answer = packet_of(IPP_UDP, "10.0.0.2", 53, "10.0.0.1", 5000, T0 + 1);
    answer.ttl = 50;
    assert_ptr_equal(see(r, answer), f);
    assert_int_equal(r->dir, TO_CLIENT);
    assert_string_equal(flow_state_name(f), "established");
    assert_int_equal(f->bytes[TO_SERVER], 100);
    assert_int_equal(f->bytes[TO_CLIENT], 100);
    assert_int_equal(f->ttl_min[TO_CLIENT], 50);
    assert_int_equal(f->ttl_max[TO_SERVER], 64);
    assert_int_equal(f->last_us, T0 + 1);
    assert_true(f->id > 0 && f->id < UINT64_C(1) << 53);
    rig_free(r);
}

static void flow_table_packet__vlan_and_recursion_tell_flows_apart(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    struct packet p = packet_of(IPP_UDP, "10.0.0.1", 5000, "10.0.0.2", 53, T0);
    struct flow *plain = see(r, p);
    p.vlan[0] = 7;
    p.vlan_count = 1;
    struct flow *tagged = see(r, p);
    p.recursion = 1;
    struct flow *inner = see(r, p);
    assert_ptr_not_equal(plain, tagged);
    assert_ptr_not_equal(tagged, inner);
    assert_ptr_equal(see(r, p), inner);
    rig_free(r);
}

static void flow_table_packet__ends_a_flow_by_the_packets_own_time(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    uint64_t first = see(r, packet_of(IPP_UDP, "10.0.0.1", 1, "10.0.0.2", 2, T0))->id;
    see(r, packet_of(IPP_UDP, "10.0.0.1", 1, "10.0.0.2", 2, T0 + 30 * (uint64_t)SECOND));
    assert_int_equal(r->count, 0);
    struct flow *f =
        see(r, packet_of(IPP_UDP, "10.0.0.2", 2, "10.0.0.1", 1, T0 + 61 * (uint64_t)SECOND));
    assert_int_equal(r->count, 1);
    assert_int_equal(r->log[0].end, FLOW_END_TIMEOUT);
    assert_int_equal(r->log[0].packets[TO_SERVER], 2);
    assert_true(f->id != first);
    assert_int_equal(r->dir, TO_SERVER);
    rig_free(r);
}

static void flow_table_packet__keeps_a_flow_together_when_time_jumps_back(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    uint64_t late = T0 + 400 * (uint64_t)SECOND;
    uint64_t first = see(r, packet_of(IPP_UDP, "10.0.0.1", 1, "10.0.0.2", 2, late))->id;
    flow_table_expire(r->t, T0); /* a capture in disorder: the last frame was an early one */
    assert_int_equal(see(r, packet_of(IPP_UDP, "10.0.0.2", 2, "10.0.0.1", 1, T0))->id, first);
    assert_int_equal(r->count, 0);
    rig_free(r);
}

static void flow_table_expire__goes_by_state(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    struct flow *f = see(r, tcp_packet(TCP_SYN, 1, T0));
    f->state = FLOW_ESTABLISHED; /* as stream does, after the packet */
    see(r, packet_of(IPP_UDP, "10.0.0.1", 1, "10.0.0.2", 2, T0));
    flow_table_expire(r->t, T0 + 31 * (uint64_t)SECOND);
    assert_int_equal(r->count, 1);
    flow_table_expire(r->t, T0 + 600 * (uint64_t)SECOND);
    assert_int_equal(r->count, 1);
    f->state = FLOW_CLOSED;
    flow_table_expire(r->t, T0 + 600 * (uint64_t)SECOND);
    assert_int_equal(r->count, 1);
    flow_table_expire(r->t, T0 + 601 * (uint64_t)SECOND);
    assert_int_equal(r->count, 2);
    assert_int_equal(flow_counters(r->t)->active, 0);
    assert_int_equal(flow_counters(r->t)->timeout, 2);
    rig_free(r);
}

static void flow_table_packet__syn_on_a_closed_flow_makes_a_new_one(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    struct flow *f = see(r, tcp_packet(TCP_SYN, 100, T0));
    uint64_t first = f->id;
    f->tcp_isn = 100;
    assert_int_equal(see(r, tcp_packet(TCP_SYN, 200, T0))->id, first); /* not closed yet */
    f->tcp_done = true;
    assert_int_equal(see(r, tcp_packet(TCP_SYN, 100, T0))->id, first); /* sent again */
    assert_int_equal(see(r, tcp_packet(TCP_ACK, 300, T0))->id, first);
    f = see(r, tcp_packet(TCP_SYN, 300, T0));
    assert_true(f->id != first);
    assert_int_equal(r->log[0].end, FLOW_END_TCP_REUSE);
    assert_int_equal(f->packets[TO_SERVER], 1);
    assert_int_equal(flow_counters(r->t)->tcp_reuse, 1);
    rig_free(r);
}

static struct packet icmp_packet(const char *src, const char *dst, uint8_t type)
{
    struct packet p = packet_of(IPP_ICMP, src, 0, dst, 0, T0);
    p.icmp.type = type;
    return p;
}

static void flow_table_packet__echo_and_its_reply_share_a_flow(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    struct flow *f = see(r, icmp_packet("10.0.0.1", "10.0.0.2", 8));
    struct packet reply = icmp_packet("10.0.0.2", "10.0.0.1", 0);
    reply.icmp.code = 9;
    assert_ptr_equal(see(r, reply), f);
    assert_int_equal(f->icmp_answer[0], 0);
    assert_int_equal(f->icmp_answer[1], 9);
    assert_int_equal(r->dir, TO_CLIENT);
    assert_ptr_not_equal(see(r, icmp_packet("10.0.0.2", "10.0.0.1", 8)), f);
    rig_free(r);
}

static struct packet with_macs(struct packet p, uint8_t src, uint8_t dst)
{
    p.has_mac = true;
    p.src_mac[5] = src;
    p.dst_mac[5] = dst;
    return p;
}

static void flow_table_packet__keeps_the_first_link_addresses_of_each_end(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    struct packet there = packet_of(IPP_UDP, "10.0.0.1", 5000, "10.0.0.2", 53, T0),
                  back = packet_of(IPP_UDP, "10.0.0.2", 53, "10.0.0.1", 5000, T0);
    struct flow *f = see(r, with_macs(there, 1, 2));
    see(r, with_macs(back, 3, 1)); /* the way back leads over another router */
    see(r, with_macs(there, 1, 2));
    see(r, there);
    assert_int_equal(f->links->macs[TO_SERVER].count, 1);
    assert_int_equal(f->links->macs[TO_CLIENT].count, 2);
    assert_int_equal(f->links->macs[TO_CLIENT].mac[0][5], 2);
    assert_int_equal(f->links->macs[TO_CLIENT].mac[1][5], 3);
    for (uint8_t i = 10; i < 20; i++)
        see(r, with_macs(there, i, 2));
    assert_int_equal(f->links->macs[TO_SERVER].count, FLOW_MACS_MAX);
    assert_int_equal(f->links->macs[TO_SERVER].mac[FLOW_MACS_MAX - 1][5], 12);
    flow_swap(f);
    assert_int_equal(f->links->macs[TO_SERVER].count, 2);
    rig_free(r);
}

static void flow_table_packet__unreachable_belongs_to_the_flow_it_quotes(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    struct packet udp = packet_of(IPP_UDP, "10.0.0.1", 5000, "10.0.0.2", 53, T0);
    struct packet error = icmp_packet("192.0.2.1", "10.0.0.1", 3);
    error.flags = PACKET_ICMP_EMBEDDED;
    error.inner_src = udp.src;
    error.inner_dst = udp.dst;
    error.inner_sport = udp.sport;
    error.inner_dport = udp.dport;
    error.inner_proto = IPP_UDP;
    assert_null(see(r, error));
    struct flow *f = see(r, udp);
    assert_ptr_equal(see(r, error), f);
    assert_int_equal(r->dir, TO_CLIENT);
    see(r, udp);
    assert_string_equal(flow_state_name(f), "new");
    assert_true(flow_hash(&error, SEED) == flow_hash(&udp, SEED));
    error.icmp.type = 11;
    assert_null(see(r, error));
    assert_true(flow_hash(&error, SEED) == flow_hash(&udp, SEED));
    rig_free(r);
}

static void flow_table_packet__esp_goes_by_its_spi(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    static const uint8_t one[8] = {0, 0, 0, 1}, two[8] = {0, 2, 0, 0};
    struct packet p = packet_of(IPP_ESP, "10.0.0.1", 0, "10.0.0.2", 0, T0);
    p.l4 = bytes_of(one, sizeof one);
    struct flow *f = see(r, p);
    assert_int_equal(f->tuple.port[1], 1);
    struct packet back = packet_of(IPP_ESP, "10.0.0.2", 0, "10.0.0.1", 0, T0);
    back.l4 = bytes_of(one, sizeof one);
    assert_ptr_equal(see(r, back), f);
    assert_int_equal(r->dir, TO_CLIENT);
    p.l4 = bytes_of(two, sizeof two);
    assert_ptr_not_equal(see(r, p), f);
    rig_free(r);
}

static void flow_table_packet__ipv6_over_ipv4_is_a_flow(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    struct flow *f = see(r, packet_of(IPP_IPV6, "10.0.0.1", 0, "10.0.0.2", 0, T0));
    assert_non_null(f);
    assert_ptr_equal(see(r, packet_of(IPP_IPV6, "10.0.0.2", 0, "10.0.0.1", 0, T0)), f);
    assert_int_equal(r->dir, TO_CLIENT);
    assert_null(see(r, packet_of(IPP_IPIP, "10.0.0.1", 0, "10.0.0.2", 0, T0)));
    rig_free(r);
}

static void flow_table_packet__has_no_flow_for_fragments_and_broken_packets(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    struct packet p = packet_of(IPP_UDP, "10.0.0.1", 1, "10.0.0.2", 2, T0);
    p.flags = PACKET_FRAGMENT;
    assert_null(see(r, p));
    p.flags = PACKET_INVALID;
    assert_null(see(r, p));
    assert_int_equal(flow_hash(&p, SEED), 0);
    p.flags = 0;
    p.proto = IPP_GRE;
    assert_null(see(r, p));
    rig_free(r);
}

static void flow_table_packet__evicts_the_longest_idle_at_the_cap(void **state)
{
    (void)state;
    struct rig *r = rig_new(3 * sizeof(struct flow_room));
    uint64_t id[3];
    for (uint16_t i = 0; i < 3; i++)
        id[i] = see(r, packet_of(IPP_UDP, "10.0.0.1", i, "10.0.0.2", 9, T0 + i * SECOND))->id;
    see(r, packet_of(IPP_UDP, "10.0.0.1", 0, "10.0.0.2", 9, T0 + 4 * SECOND));
    see(r, packet_of(IPP_UDP, "10.0.0.1", 77, "10.0.0.2", 9, T0 + 5 * SECOND));
    assert_int_equal(r->count, 1);
    assert_true(r->log[0].id == id[1]);
    assert_int_equal(r->log[0].end, FLOW_END_FORCED);
    assert_int_equal(flow_counters(r->t)->evicted, 1);
    rig_free(r);
}

static void flow_table_expire__hurries_in_an_emergency(void **state)
{
    (void)state;
    struct rig *r = rig_new(10 * sizeof(struct flow_room));
    for (uint16_t i = 0; i < 11; i++) /* the last one finds the table full */
        see(r, packet_of(IPP_UDP, "10.0.0.1", i, "10.0.0.2", 9,
                         T0 + (i < 5 ? 0 : 8 * (uint64_t)SECOND)));
    assert_int_equal(flow_counters(r->t)->emergencies, 1);
    flow_table_expire(r->t, T0 + 11 * (uint64_t)SECOND); /* new: 10 s now, not 30 */
    assert_int_equal(flow_counters(r->t)->timeout, 4);
    assert_int_equal(flow_counters(r->t)->emergencies_over, 1); /* 6 of 10 are left */
    flow_table_expire(r->t, T0 + 19 * (uint64_t)SECOND);
    assert_int_equal(flow_counters(r->t)->timeout, 4);
    rig_free(r);
}

static void flow_table_expire__goes_by_the_timeouts_it_was_given(void **state)
{
    (void)state;
    struct flow_timeouts seconds = flow_timeout_defaults;
    seconds.normal_s[TIMEOUT_UDP][TIMEOUT_NEW] = 3;
    seconds.normal_s[TIMEOUT_TCP][TIMEOUT_BYPASSED] = 7;
    struct flow_options o = {.timeouts = &seconds};
    struct rig *r = rig_new(0);
    flow_table_free(r->t);
    r->t = flow_table_new(&o, on_end, r);
    see(r, packet_of(IPP_UDP, "10.0.0.1", 1, "10.0.0.2", 9, T0));
    see(r, tcp_packet(TCP_SYN, 1, T0))->action = FLOW_ACTION_BYPASS;
    flow_table_expire(r->t, T0 + 4 * (uint64_t)SECOND);
    assert_int_equal(r->count, 1);
    flow_table_expire(r->t, T0 + 8 * (uint64_t)SECOND);
    assert_int_equal(r->count, 2);
    rig_free(r);
}

/* A hash worked out ahead of time leads to the same flow. */
static void flow_table_expect__changes_nothing(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    struct packet p = packet_of(IPP_UDP, "10.0.0.1", 5000, "10.0.0.2", 53, T0), back = p;
    struct flow *f = see(r, p);
    back.src = p.dst;
    back.dst = p.src;
    back.sport = p.dport;
    back.dport = p.sport;
    flow_table_expect(r->t, &back);
    flow_table_approach(r->t, &back);
    assert_true(back.flow_hash == f->hash);
    assert_ptr_equal(see(r, back), f);
    back.flags = PACKET_INVALID;
    back.flow_hash = 0;
    flow_table_expect(r->t, &back);
    flow_table_approach(r->t, &back);
    assert_true(back.flow_hash == 0);
    rig_free(r);
}

/* Sets of link addresses are remembered up to a number; a flow beyond it goes without. */
static void flow_table_packet__too_many_link_addresses_are_counted(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    for (uint32_t i = 0; i < 10000; i++) {
        struct packet p = packet_of(IPP_UDP, "10.0.0.1", 5000, "10.0.0.2", 53, T0);
        memcpy(p.src_mac, &i, sizeof i);
        p.has_mac = true;
        p.vlan[0] = (uint16_t)(i + 1); /* a flow each */
        p.vlan_count = 1;
        r->count = 0;
        see(r, p);
    }
    assert_true(flow_counters(r->t)->macs_unkept > 0);
    assert_true(flow_counters(r->t)->macs_unkept < 10000);
    flow_table_free(r->t);
    free(r);
}

static void flow_table_flush__goes_on_where_it_stopped(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    for (uint16_t i = 0; i < 20; i++)
        see(r, packet_of(IPP_UDP, "10.0.0.1", i, "10.0.0.2", 9, T0));
    flow_table_flush(r->t, 8);
    assert_int_equal(r->count, 7); /* numbers begin with 1 */
    flow_table_flush(r->t, 8);
    assert_int_equal(r->count, 7);
    flow_table_flush(r->t, UINT64_MAX);
    assert_int_equal(r->count, 20);
    assert_int_equal(flow_counters(r->t)->active, 0);
    see(r, packet_of(IPP_UDP, "10.0.0.1", 3, "10.0.0.2", 9, T0)); /* as new as on the first day */
    rig_free(r);
}

static void flow_table_begin__false_finds_flows_and_makes_none(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    struct flow *f = see(r, tcp_packet(TCP_SYN, 1, T0));
    flow_table_begin(r->t, false);
    assert_ptr_equal(see(r, tcp_packet(TCP_ACK, 2, T0)), f);
    assert_null(see(r, packet_of(IPP_UDP, "10.0.0.1", 1, "10.0.0.2", 2, T0)));
    assert_int_equal(flow_counters(r->t)->not_begun, 1);
    flow_table_begin(r->t, true);
    assert_non_null(see(r, packet_of(IPP_UDP, "10.0.0.1", 1, "10.0.0.2", 2, T0)));
    assert_int_equal(flow_counters(r->t)->created, 2);
    rig_free(r);
}

static void flow_table_flush__ends_in_order_of_first_packet(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    for (uint16_t i = 0; i < 200; i++)
        see(r, packet_of(IPP_UDP, "10.0.0.1", i, "10.0.0.2", 9, T0));
    for (uint16_t i = 0; i < 200; i += 3)
        see(r, packet_of(IPP_UDP, "10.0.0.2", 9, "10.0.0.1", i, T0));
    flow_table_flush(r->t, UINT64_MAX);
    assert_int_equal(r->count, 200);
    for (size_t i = 1; i < r->count; i++)
        assert_true(r->log[i - 1].first_packet < r->log[i].first_packet);
    rig_free(r);
}

static uint32_t chance(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static int by_id(const void *a, const void *b)
{
    const struct ended *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Random traffic of few tuples over much time, spread over `workers` tables by hash, expired at
 * random moments: the flows must be the same. */
static size_t spread(unsigned workers, uint32_t expire_seed, struct ended *out)
{
    struct rig *r[4];
    uint32_t seed = 42;
    uint64_t now = T0;
    for (unsigned w = 0; w < workers; w++)
        r[w] = rig_new(0);
    for (uint64_t i = 1; i <= 6000; i++) {
        uint16_t port = (uint16_t)(chance(&seed) % 40);
        bool back = chance(&seed) % 3 == 0;
        now += chance(&seed) % (2 * SECOND);
        struct packet p = back ? packet_of(IPP_UDP, "10.0.0.2", 9, "10.0.0.1", port, now)
                               : packet_of(IPP_UDP, "10.0.0.1", port, "10.0.0.2", 9, now);
        p.number = i;
        struct rig *own = r[flow_hash(&p, SEED) % workers];
        assert_non_null(flow_table_packet(own->t, &p, &own->dir));
        if (chance(&expire_seed) % 16 == 0)
            flow_table_expire(r[chance(&expire_seed) % workers]->t, now);
    }
    size_t count = 0;
    for (unsigned w = 0; w < workers; w++) {
        flow_table_flush(r[w]->t, UINT64_MAX);
        for (size_t i = 0; i < r[w]->count; i++) {
            out[count] = r[w]->log[i];
            out[count++].end = 0; /* the last ones end by time-out or flush, as expire ran */
        }
        rig_free(r[w]);
    }
    qsort(out, count, sizeof *out, by_id);
    return count;
}

static void flow_table__gives_the_same_flows_for_any_spreading(void **state)
{
    (void)state;
    struct ended *one = calloc(LOG_MAX, sizeof *one), *other = calloc(LOG_MAX, sizeof *other);
    assert_non_null(one);
    assert_non_null(other);
    size_t count = spread(1, 1, one);
    assert_true(count > 100);
    for (unsigned workers = 2; workers <= 4; workers++) {
        assert_int_equal(spread(workers, workers * 77, other), count);
        assert_memory_equal(one, other, count * sizeof *one);
    }
    free(one);
    free(other);
}

static void flow_swap__turns_ends_and_counters_round(void **state)
{
    (void)state;
    struct rig *r = rig_new(0);
    struct flow *f = see(r, tcp_packet(TCP_SYN | TCP_ACK, 1, T0));
    flow_swap(f);
    assert_int_equal(f->tuple.port[TO_SERVER], 80);
    assert_int_equal(f->packets[TO_CLIENT], 1);
    assert_ptr_equal(see(r, tcp_packet(TCP_ACK, 2, T0)), f);
    assert_int_equal(r->dir, TO_CLIENT);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flow_table_packet__counts_both_directions),
        cmocka_unit_test(flow_table_packet__vlan_and_recursion_tell_flows_apart),
        cmocka_unit_test(flow_table_packet__ends_a_flow_by_the_packets_own_time),
        cmocka_unit_test(flow_table_packet__keeps_a_flow_together_when_time_jumps_back),
        cmocka_unit_test(flow_table_expire__goes_by_state),
        cmocka_unit_test(flow_table_packet__syn_on_a_closed_flow_makes_a_new_one),
        cmocka_unit_test(flow_table_packet__echo_and_its_reply_share_a_flow),
        cmocka_unit_test(flow_table_packet__keeps_the_first_link_addresses_of_each_end),
        cmocka_unit_test(flow_table_packet__unreachable_belongs_to_the_flow_it_quotes),
        cmocka_unit_test(flow_table_packet__esp_goes_by_its_spi),
        cmocka_unit_test(flow_table_packet__ipv6_over_ipv4_is_a_flow),
        cmocka_unit_test(flow_table_packet__has_no_flow_for_fragments_and_broken_packets),
        cmocka_unit_test(flow_table_packet__evicts_the_longest_idle_at_the_cap),
        cmocka_unit_test(flow_table_expire__hurries_in_an_emergency),
        cmocka_unit_test(flow_table_expire__goes_by_the_timeouts_it_was_given),
        cmocka_unit_test(flow_table_expect__changes_nothing),
        cmocka_unit_test(flow_table_packet__too_many_link_addresses_are_counted),
        cmocka_unit_test(flow_table_flush__goes_on_where_it_stopped),
        cmocka_unit_test(flow_table_begin__false_finds_flows_and_makes_none),
        cmocka_unit_test(flow_table_flush__ends_in_order_of_first_packet),
        cmocka_unit_test(flow_table__gives_the_same_flows_for_any_spreading),
        cmocka_unit_test(flow_swap__turns_ends_and_counters_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
