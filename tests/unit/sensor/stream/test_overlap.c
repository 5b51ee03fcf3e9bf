/* Which copy of a byte stays, by the receiving host's habits. */
#include "tests/unit/sensor/stream/rig.h"

enum { OLD_BEGIN = 10, OLD_END = 20, SHIFT = 2 };

/* For each policy nine letters, o: the older copy stays, n: the newer one. The newer segment begins
 * before, with and behind the older; within each it ends before, with and behind it. */
static const struct {
    const char *policy, *stays;
} habits[] = {
    {"bsd", "nnnoooooo"},        {"bsd-right", "nnnoooooo"},   {"hpux10", "nnnoooooo"},
    {"irix", "nnnoooooo"},       {"macos", "nnnoooooo"},       {"windows", "nnnoooooo"},
    {"windows2k3", "nnnoooooo"}, {"linux", "nnnoonooo"},       {"old-linux", "nnnonnooo"},
    {"solaris", "onnonnoon"},    {"old-solaris", "onnonnoon"}, {"hpux11", "onnonnoon"},
    {"first", "ooooooooo"},      {"vista", "ooooooooo"},       {"last", "nnnnnnnnn"},
};

static void client_fill(struct rig *r, uint32_t begin, uint32_t end, char with)
{
    char text[64] = {0};
    memset(text, with, end - begin);
    rig_client(r, begin, 0, text);
}

/* Both copies, and then whatever the host acknowledges. in_order: the older one did not have to
 * wait for its turn. Returns the copy of the bytes that both segments hold. */
static char winner(struct host_policies *h, bool in_order, uint32_t begin, uint32_t end)
{
    struct rig r;
    rig_init(&r, (struct stream_options){.host_policies = h});
    for (int d = 0; d < 2; d++)
        addr_parse(bytes_str(d ? "192.0.2.2" : "198.51.100.1"), &r.f.tuple.addr[d]);
    rig_handshake(&r);
    if (in_order)
        client_fill(&r, 0, OLD_BEGIN, 'f');
    client_fill(&r, OLD_BEGIN, OLD_END, 'o');
    client_fill(&r, begin, end, 'n');
    assert_event(&r, STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA);
    if (!in_order)
        client_fill(&r, 0, OLD_BEGIN, 'f');
    rig_server(&r, 0, OLD_END, "");
    assert_int_equal(r.got[TO_SERVER].len, OLD_END);
    uint32_t first = begin > OLD_BEGIN ? begin : OLD_BEGIN, last = end < OLD_END ? end : OLD_END;
    char won = (char)r.got[TO_SERVER].bytes[first];
    for (uint32_t i = OLD_BEGIN; i < OLD_END; i++)
        assert_int_equal(r.got[TO_SERVER].bytes[i], i >= first && i < last ? won : 'o');
    rig_release(&r);
    return won;
}

static void stream_packet__the_receivers_habit_decides(void **state)
{
    (void)state;
    struct err err;
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++) {
        struct host_policies *h = host_policies_new();
        assert_int_equal(
            host_policies_add(h, bytes_str(habits[i].policy), BYTES_LIT("192.0.2.0/24"), &err), 0);
        for (uint32_t n = 0; n < 18; n++) {
            uint32_t begin = OLD_BEGIN - SHIFT + n % 9 / 3 * SHIFT,
                     end = OLD_END - SHIFT + n % 3 * SHIFT;
            assert_int_equal(winner(h, n >= 9, begin, end), habits[i].stays[n % 9]);
        }
        host_policies_free(h);
    }
}

/* The senders of one flow are each other's receivers. */
static void stream_packet__each_end_has_its_own_habit(void **state)
{
    (void)state;
    struct err err;
    struct rig r;
    struct host_policies *h = host_policies_new();
    host_policies_add(h, BYTES_LIT("last"), BYTES_LIT("198.51.100.1"), &err);
    rig_init(&r, (struct stream_options){.host_policies = h});
    addr_parse(BYTES_LIT("198.51.100.1"), &r.f.tuple.addr[TO_SERVER]); /* the client */
    addr_parse(BYTES_LIT("192.0.2.2"), &r.f.tuple.addr[TO_CLIENT]);
    rig_handshake(&r);
    rig_client(&r, 0, 0, "older");
    rig_client(&r, 0, 0, "newer");
    rig_server(&r, 0, 5, "older");
    rig_server(&r, 0, 5, "newer");
    rig_client(&r, 5, 5, "");
    assert_got(&r, TO_SERVER, "older");
    assert_got(&r, TO_CLIENT, "newer");
    rig_release(&r);
    host_policies_free(h);
}

/* One segment over many: those that begin behind its beginning yield, the first one does not. */
static void stream_packet__a_long_segment_meets_many_short_ones(void **state)
{
    (void)state;
    for (int in_order = 0; in_order < 2; in_order++) {
        struct rig r;
        rig_open(&r, (struct stream_options){0});
        if (in_order)
            rig_client(&r, 0, 0, "0123");
        rig_client(&r, 4, 0, "aaaa");
        rig_client(&r, 8, 0, "bbbb");
        rig_client(&r, 12, 0, "cccc");
        rig_client(&r, 6, 0, "XXXXXXXX");
        if (!in_order)
            rig_client(&r, 0, 0, "0123");
        rig_server(&r, 0, 16, "");
        assert_got(&r, TO_SERVER, "0123aaaaXXXXXXcc");
        rig_release(&r);
    }
}

static void stream_packet__what_was_handed_on_stays(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, (struct stream_options){0});
    rig_client(&r, 0, 0, "aaaa");
    rig_server(&r, 0, 4, "");
    rig_client(&r, 4, 0, "bbbb");
    rig_client(&r, 0, 0, "XXXXXXXXXX");
    assert_event(&r, STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA);
    rig_server(&r, 0, 10, "");
    assert_got(&r, TO_SERVER, "aaaaXXXXXX");
    rig_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_packet__the_receivers_habit_decides),
        cmocka_unit_test(stream_packet__each_end_has_its_own_habit),
        cmocka_unit_test(stream_packet__a_long_segment_meets_many_short_ones),
        cmocka_unit_test(stream_packet__what_was_handed_on_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
