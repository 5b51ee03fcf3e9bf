/* tests/unit/sensor/decode/test_counters.c - what a stats record tells of decoding. */
#include "tests/unit/sensor/decode/build.h"
#include <cjson/cJSON.h>

static cJSON *counted(struct decoder *d)
{
    struct json j = {0};
    json_object(&j, NULL);
    decode_counters_json(decode_counters(d), &j);
    json_object_end(&j);
    cJSON *root = cJSON_ParseWithLength(j.text, j.len);
    json_release(&j);
    assert_non_null(root);
    return root;
}

/* "decoder.event.ipv4.pkt_too_small"; -1 when it is not there. */
static int number(const cJSON *at, const char *path)
{
    char copy[128], *rest = copy;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *name; at && (name = strsep(&rest, "."));)
        at = cJSON_GetObjectItemCaseSensitive(at, name);
    return cJSON_IsNumber(at) ? at->valueint : -1;
}

static void decode_counters_json__counts_headers_and_events(void **state)
{
    (void)state;
    struct decoder_options o = {.checksums = CHECKSUM_NONE};
    struct decoder *d = decoder_new(&o);
    struct seen s = {.count = 0};
    struct built deep = ipv4(47, join(hex("00 00 86 dd"), ipv6(4, ipv4(17, hex("00")))));
    decode_at(d, &s, 1, LINK_ETHERNET, ethernet(0x8100, join(hex("00 05 08 00"), deep)));
    decode_at(d, &s, 1, LINK_ETHERNET, hex("01 02"));
    decode_at(d, &s, 1, LINK_ETHERNET, ethernet(0xcafe, hex("01 02")));
    for (unsigned i = 0; i < 40; i++)
        deep = ipv4(4, cut(deep, deep.len < 2000 ? deep.len : 2000));
    decode_at(d, &s, 1, LINK_RAW, deep);
    cJSON *root = counted(d);
    static const struct {
        const char *path;
        int count;
    } want[] = {
        {"decoder.pkts", 4},          {"decoder.ethernet", 3},
        {"decoder.vlan", 1},          {"decoder.gre", 1},
        {"decoder.ipv4_in_ipv6", 1},  {"decoder.unknown_ethertype", 1},
        {"decoder.raw", 1},           {"decoder.event.udp.hlen_too_small", 1},
        {"decoder.invalid", 3},       {"decoder.event.ethernet.pkt_too_small", 1},
        {"decoder.teredo", 0},        {"decoder.event.too_many_layers", 1},
        {"defrag.ipv4.fragments", 0}, {"decoder.event.ipv4.pkt_too_small", -1},
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        assert_int_equal(number(root, want[i].path), want[i].count);
    cJSON_Delete(root);
    seen_release(&s);
    decoder_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_counters_json__counts_headers_and_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
