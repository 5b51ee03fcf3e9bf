/* Unit tests of sensor/app/probes.c: a parser that is not asked would have said no. */
#include "talk.h"
#include "sensor/app/state.h"

static struct probes *probes_new(void)
{
    struct probes *t = calloc(1, sizeof *t);
    ASSERT(t);
    probes_init(t);
    return t;
}

static void assert_left_out_say_no(const struct probes *t, const struct app_endpoints *e,
                                   struct bytes data)
{
    probe_set worth = probes_worth(t, e, data);
    unsigned transport = e->transport == 17 ? APP_OVER_UDP : APP_OVER_TCP;
    for (int p = APP_UNKNOWN + 1; p < APP_FAILED; p++) {
        const struct app_parser *parser = app_parser_of((enum app_proto)p);
        if (!(parser->transports & transport) || worth & (probe_set)1 << p)
            continue;
        bool no = parser->probe(e, TO_SERVER, data) == APP_DECLINE &&
                  parser->probe(e, TO_CLIENT, data) == APP_DECLINE &&
                  !(parser->is_reversed && parser->is_reversed(e, data));
        if (!no)
            fail_msg("%s is not asked about %zu bytes that begin with %02x",
                     app_proto_name((enum app_proto)p), data.len, data.p[0]);
    }
}

/* Beginnings of messages, whatever protocol they are of. */
static const struct bytes starts[] = {
    BYTES_LIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    BYTES_LIT("INVITE sip:bob@example.org SIP/2.0\r\nVia: x\r\n\r\n"),
    BYTES_LIT("SIP/2.0 200 OK\r\n\r\n"),
    BYTES_LIT("SSH-2.0-x\r\n"),
    BYTES_LIT("RFB 003.008\n"),
    BYTES_LIT("d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"),
    BYTES_LIT("\x05\x64\x05\xc0\x01\x00\x00\x04\xe9\x21"),
    BYTES_LIT("welcome to DNP3 outstation"),
    BYTES_LIT("\x05\x00\x0b\x03\x10\0\0\0\x48\0\0\0\x01\0\0\0\xd0\x16\xd0\x16\0\0\0\0"),
    BYTES_LIT("\x04\x00\x08\x00\x10\0\0\0................................................"
              "................................................"),
    BYTES_LIT("\x80\0\0\x28\x12\x34\x56\x78\0\0\0\0\0\0\0\x02\0\x01\x86\xa3\0\0\0\x03\0\0\0\0"
              "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    BYTES_LIT("\x80\0\0\x18\x12\x34\x56\x78\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    BYTES_LIT("\x12\x34\x56\x78\0\0\0\0\0\0\0\x02\0\x01\x86\xa3\0\0\0\x03\0\0\0\0\0\0\0\0\0\0"
              "\0\0\0\0\0\0\0\0\0\0"),
    BYTES_LIT("\x6a\x81\x40\x30\x81\x3d\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a"),
    BYTES_LIT("\x7e\x1a\x30\x18\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x1e\x00\x00"),
    BYTES_LIT("\0\0\0\x1c\x7e\x1a\x30\x18\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x1e\x00\x00"),
    BYTES_LIT("\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0"),
    BYTES_LIT("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0"),
    BYTES_LIT("\x30\x1d\x02\x01\x01\x04\x06public\xa0\x10\x02\x01\x01\x02\x01\0\x02\x01\0\x30\x05"
              "\x30\x03\x06\x01\x01"),
    BYTES_LIT("\x65\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0"),
    BYTES_LIT("\x1b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
              "\0\0\0\0\0\0\0\0\0"),
    BYTES_LIT("<34>Oct 11 22:14:15 mymachine su: text"),
    BYTES_LIT("38 <34>1 2003-10-11T22:14:15Z host app - ID47 - text"),
    BYTES_LIT("\0\1name\0octet\0"),
    BYTES_LIT("\0\4\0\0"),
    BYTES_LIT("\x12\x34\1\0\0\1\0\0\0\0\0\0\7example\3org\0\0\1\0\1"),
    BYTES_LIT("\xc0\0\0\0\1\x08\1\2\3\4\5\6\7\x08\0\0\x04\1\2\3\4"),
    BYTES_LIT("\x09\1\2\3\4\5\6\7\x08Q043\1\0\0\0\0\0\0\0\0\0\0\0\0"),
    BYTES_LIT("\x0d\1\2\3\4\5\6\7\x08Q043\1\0\0\0\0\0\0\0\0\0\0\0\0"),
    BYTES_LIT("\0\0\0\x18\xffSMB\x72\0\0\0\0\x98\1\x28\0\0\0\0\0\0\0\0\0\0\0\0"),
};

static void every_end(struct probes *t, uint8_t transport, struct bytes data)
{
    static const uint16_t ports[] = {53,  67,  69,  80,  88,  102,  123,  137,  161,  389,   443,
                                     445, 500, 502, 514, 601, 1883, 2049, 4500, 5353, 20000, 44818};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        struct app_endpoints e = {.port = {40000, ports[i]}, .transport = transport};
        assert_left_out_say_no(t, &e, data);
        e.port[0] = ports[i];
        e.port[1] = 40000;
        assert_left_out_say_no(t, &e, data);
    }
}

static void probes_worth__leaves_out_only_who_would_decline(void **state)
{
    (void)state;
    struct probes *t = probes_new();
    uint8_t message[256];
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        for (unsigned first = 0; first < 256; first++)
            for (size_t len = 1; len <= starts[i].len; len += len < 5 ? 1 : starts[i].len / 3) {
                memcpy(message, starts[i].p, starts[i].len);
                message[0] = (uint8_t)first;
                every_end(t, 6, bytes_of(message, len));
                every_end(t, 17, bytes_of(message, len));
                message[0] = starts[i].p[0]; /* as it is, and with another byte somewhere */
                message[first % starts[i].len] ^= (uint8_t)(first * 7 + len);
                if (message[0] == starts[i].p[0])
                    every_end(t, (first & 1) ? 6 : 17, bytes_of(message, starts[i].len));
            }
    free(t);
}

static void probes_worth__asks_who_it_may_be(void **state)
{
    (void)state;
    struct probes *t = probes_new();
    struct app_endpoints e = {.port = {40000, 53}, .transport = 17};
    struct bytes query = BYTES_LIT("\x12\x34\1\0\0\1\0\0\0\0\0\0\0\0\1\0\1");
    probe_set worth = probes_worth(t, &e, query);
    assert_true(worth & (probe_set)1 << APP_DNS);
    assert_false(worth & (probe_set)1 << APP_SNMP);
    assert_false(worth & (probe_set)1 << APP_NTP);
    assert_false(worth & (probe_set)1 << APP_HTTP); /* over TCP only */
    e.port[0] = 123;
    assert_true(probes_worth(t, &e, query) & (probe_set)1 << APP_NTP);
    enum app_proto first = probes_next(&worth), second = probes_next(&worth);
    assert_true(first < second);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probes_worth__leaves_out_only_who_would_decline),
        cmocka_unit_test(probes_worth__asks_who_it_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
