/* tests/unit/sensor/decode/test_defrag_policy.c - which copy of overlapping fragments each kind of
 * host keeps, by the fragments that Novak's paper sends and the answers it found. */
#include "tests/unit/sensor/decode/build.h"

/* A letter, where its fragment begins and how long it is, both in units of eight bytes. */
static const struct {
    char letter;
    unsigned at, len;
} sent[] = {
    {'A', 0, 3},  {'B', 4, 2},  {'C', 6, 3},  {'D', 10, 1}, {'E', 13, 2}, {'F', 15, 3},
    {'G', 18, 2}, {'H', 20, 2}, {'I', 22, 1}, {'J', 1, 4},  {'K', 6, 3},  {'L', 9, 3},
    {'M', 12, 3}, {'N', 16, 1}, {'O', 19, 1}, {'P', 20, 1}, {'Q', 22, 2},
};
enum { SENT = sizeof sent / sizeof sent[0], UNITS = 24, FIRST_OVERLAP = 9 };

static const struct {
    enum host_policy policy;
    const char *kept; /* the letter of each eight bytes */
} hosts[] = {
    {HOST_BSD, "AAAJJBCCCLLLMMMFFFGGHHIQ"},        {HOST_HPUX10, "AAAJJBCCCLLLMMMFFFGGHHIQ"},
    {HOST_IRIX, "AAAJJBCCCLLLMMMFFFGGHHIQ"},       {HOST_BSD_RIGHT, "AJJJBBKKKLDLMEEFNFGOPHQQ"},
    {HOST_LINUX, "AAAJJBKKKLLLMMMFFFGGPHQQ"},      {HOST_OLD_LINUX, "AAAJJBKKKLLLMMMFFFGGPHQQ"},
    {HOST_WINDOWS, "AAAJBBCCCLLLMEEFFFGGHHIQ"},    {HOST_VISTA, "AAAJBBCCCLLLMEEFFFGGHHIQ"},
    {HOST_WINDOWS2K3, "AAAJBBCCCLLLMEEFFFGGHHIQ"}, {HOST_SOLARIS, "AAAJBBCCCLLLMMMFFFGGHHIQ"},
    {HOST_FIRST, "AAAJBBCCCLDLMEEFFFGGHHIQ"},      {HOST_OLD_SOLARIS, "AAAJBBCCCLDLMEEFFFGGHHIQ"},
    {HOST_HPUX11, "AAAJBBCCCLDLMEEFFFGGHHIQ"},     {HOST_MACOS, "AAAJBBCCCLDLMEEFFFGGHHIQ"},
    {HOST_LAST, "AJJJJBKKKLLLMMMFNFGOPHQQ"},
};
enum { HOSTS = sizeof hosts / sizeof hosts[0] };

static struct built letters(char letter, unsigned units)
{
    struct built out = {.len = units * 8};
    memset(out.b, letter, out.len);
    return out;
}

static struct built fragment(unsigned version, unsigned i)
{
    bool more = i + 1 < SENT;
    struct built data = letters(sent[i].letter, sent[i].len);
    if (version == 4)
        return ipv4_with(253, sent[i].at | (more ? 0x2000u : 0), hex(""), data);
    struct built header = hex("fd 00");
    put_u16(&header, sent[i].at * 8 | more);
    return ipv6(44, join(join(header, hex("00 00 00 2a")), data));
}

/* Sends all of it to a host of that policy and returns what it would see. */
static struct bytes seen_by(struct decoder *d, struct seen *s, unsigned version)
{
    const char *event = version == 4 ? "decoder.ipv4.frag_overlap" : "decoder.ipv6.frag_overlap";
    for (unsigned i = 0; i < SENT; i++) {
        decode_at(d, s, 1000000, LINK_RAW, fragment(version, i));
        assert_int_equal(s->count, i + 1 < SENT ? 1 : 2);
        assert_int_equal(raised(&s->p[0], event), i >= FIRST_OVERLAP);
    }
    return s->p[1].l4;
}

static void assert_kept(const struct host_policies *policies, unsigned version, const char *want)
{
    struct decoder_options o = {.checksums = CHECKSUM_ALL, .host_policies = policies};
    struct decoder *d = decoder_new(&o);
    struct seen s = {.count = 0};
    char found[UNITS + 1] = {0};
    struct bytes payload = seen_by(d, &s, version);
    assert_int_equal(payload.len, UNITS * 8);
    for (unsigned i = 0; i < UNITS; i++) {
        struct built eight = letters((char)payload.p[i * 8], 1);
        found[i] = (char)payload.p[i * 8];
        assert_memory_equal(payload.p + i * 8, eight.b, 8);
    }
    assert_string_equal(found, want);
    seen_release(&s);
    decoder_free(d);
}

static void defrag__each_kind_of_host_keeps_its_copy(void **state)
{
    (void)state;
    for (size_t i = 0; i < HOSTS; i++) {
        struct host_policies *policies = host_policies_new();
        struct err err;
        struct bytes name = bytes_str(host_policy_name(hosts[i].policy));
        assert_int_equal(
            host_policies_add(policies, name, BYTES_LIT("198.51.100.2, 2001:db8::2"), &err), 0);
        assert_kept(policies, 4, hosts[i].kept);
        assert_kept(policies, 6, hosts[i].kept);
        host_policies_free(policies);
    }
}

static void defrag__a_host_nothing_is_said_of_is_taken_for_bsd(void **state)
{
    (void)state;
    assert_kept(NULL, 4, hosts[0].kept);
    struct host_policies *policies = host_policies_new();
    struct err err;
    /* the source's kind does not matter */
    assert_int_equal(host_policies_add(policies, BYTES_LIT("last"), BYTES_LIT("192.0.2.1"), &err),
                     0);
    assert_kept(policies, 4, hosts[0].kept);
    host_policies_free(policies);
}

/* The oracle keeps whole fragments in order of arrival and asks for each byte by itself. */
static char oracle(enum host_policy policy, const unsigned (*f)[2], unsigned count, unsigned at)
{
    int owner = -1;
    for (unsigned i = 0; i < count; i++) {
        if (at < f[i][0] || at >= f[i][1])
            continue;
        if (owner < 0 || policy == HOST_LAST)
            owner = (int)i;
    }
    return owner < 0 ? 0 : (char)('a' + owner);
}

static void defrag__random_overlaps_agree_with_a_byte_by_byte_search(void **state)
{
    (void)state;
    static const enum host_policy policies[] = {HOST_FIRST, HOST_LAST};
    uint32_t seed = 4711;
    for (int round = 0; round < 400; round++) {
        enum host_policy policy = policies[round % 2];
        struct host_policies *map = host_policies_new();
        struct err err;
        host_policies_add(map, bytes_str(host_policy_name(policy)), BYTES_LIT("default"), &err);
        struct decoder_options o = {.host_policies = map};
        struct decoder *d = decoder_new(&o);
        struct seen s = {.count = 0};
        unsigned f[26][2], count = 0;
        for (; count < 26 && s.count < 2; count++) {
            seed = seed * 1664525 + 1013904223;
            unsigned at = (seed >> 8) % 12, len = (seed >> 16) % 5 + 1;
            if (count == 0)
                at = 11, len = 1; /* the last one comes first, so the length is known */
            if (at + len > 12)
                len = 12 - at;
            f[count][0] = at;
            f[count][1] = at + len;
            bool more = at + len < 12;
            decode_at(d, &s, 1000000, LINK_RAW,
                      ipv4_with(253, at | (more ? 0x2000u : 0), hex(""),
                                letters((char)('a' + count), len)));
        }
        for (unsigned i = 0; s.count == 2 && i < 12; i++)
            assert_int_equal(s.p[1].l4.p[i * 8], oracle(policy, f, count, i));
        seen_release(&s);
        decoder_free(d);
        host_policies_free(map);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defrag__each_kind_of_host_keeps_its_copy),
        cmocka_unit_test(defrag__a_host_nothing_is_said_of_is_taken_for_bsd),
        cmocka_unit_test(defrag__random_overlaps_agree_with_a_byte_by_byte_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
