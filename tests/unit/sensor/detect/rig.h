/* rig.h - rules against conversations: decoder, flows, streams and parsers as a worker runs them.
 *
 * A test opens a rig on some rules, lets client (10.0.0.1:40000) and server (203.0.113.5) speak and
 * reads which rules fired. All of it is packets made here; nothing is mocked. */
#ifndef TEST_DETECT_RIG_H
#define TEST_DETECT_RIG_H
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>
#include "sensor/decode/decode.h"
#include "sensor/detect/detect.h"

#define LINKTYPE_RAW   101
#define RIG_ALERTS_MAX 512

struct rig {
    struct ruleset *rules;
    struct ruleset_report report;
    struct decoder *decoder;
    struct flow_table *flows;
    struct stream_engine *stream;
    struct app *app;
    struct detect *detect;
    struct shared *shared;
    uint64_t number, ts_us;
    uint16_t client_port, server_port;
    uint32_t seq[2];
    struct packet *packet;
    struct {
        uint32_t sid;
        enum direction dir;
        bool stream, dropped, tx;
        uint64_t packet;
    } alerts[RIG_ALERTS_MAX];
    size_t alert_count;
    struct json vars; /* detect_vars_json at the last alert */
    struct json why;  /* detect_explain_json of it */
    const struct signature_public *last;
};

static inline void rig_on_alert(void *ctx, const struct detect_alert *a)
{
    struct rig *r = ctx;
    assert_true(r->alert_count < RIG_ALERTS_MAX);
    size_t i = r->alert_count++;
    r->last = signature_public(a->signature);
    r->alerts[i].sid = signature_public(a->signature)->sid;
    r->alerts[i].dir = a->dir;
    r->alerts[i].stream = a->stream;
    r->alerts[i].dropped = a->dropped;
    r->alerts[i].tx = a->tx != NULL;
    r->alerts[i].packet = a->packet->number;
    json_reset(&r->vars);
    json_object(&r->vars, NULL);
    detect_vars_json(r->rules, a->flow, a->packet_texts, &r->vars);
    json_object_end(&r->vars);
    json_reset(&r->why);
    detect_explain_json(a, &r->why);
}

static inline void rig_open_app(struct rig *r, struct flow *f)
{
    struct app_endpoints e = {.addr = {f->tuple.addr[0], f->tuple.addr[1]},
                              .port = {f->tuple.port[0], f->tuple.port[1]},
                              .transport = f->tuple.proto};
    if (!f->app)
        f->app = app_flow_new(r->app, &e);
}

static inline void rig_on_data(void *ctx, struct flow *f, enum direction dir, struct bytes data,
                               unsigned notes, uint64_t gap_bytes)
{
    struct rig *r = ctx;
    unsigned flags =
        (notes & STREAM_GAP ? APP_FEED_GAP : 0) | (notes & STREAM_EOF ? APP_FEED_EOF : 0);
    rig_open_app(r, f);
    app_feed(r->app, f->app, dir, data, flags, gap_bytes, r->ts_us);
}

static inline void rig_on_end(void *ctx, struct flow *f)
{
    struct rig *r = ctx;
    struct packet last = {.number = r->number,
                          .ts_us = r->ts_us,
                          .flags = PACKET_REPLAYED,
                          .ip_version = 4,
                          .proto = f->tuple.proto,
                          .src = f->tuple.addr[0],
                          .dst = f->tuple.addr[1],
                          .sport = f->tuple.port[0],
                          .dport = f->tuple.port[1]};
    for (int dir = TO_SERVER; dir <= TO_CLIENT; dir++) {
        if (f->tcp)
            stream_flush(r->stream, f, (enum direction)dir);
        detect_flow_end(r->detect, &last, f, (enum direction)dir);
    }
    if (f->app) {
        app_flow_reap(r->app, f->app, true);
        app_flow_free(r->app, f->app);
    }
    detect_flow_free(r->detect, f);
    if (f->tcp)
        stream_session_free(r->stream, f);
}

static inline void rig_on_tx_free(void *ctx, struct app_tx *tx)
{
    struct rig *r = ctx;
    detect_tx_free(r->detect, tx);
}

/* Rules from text; failures stay in the report. */
static inline struct ruleset *rig_load(const char *text, const struct ruleset_options *more,
                                       struct ruleset_report *report, struct err *err)
{
    char path[] = "/tmp/sekisho-rules-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    const char *files[] = {path};
    struct ruleset_options o = more ? *more : (struct ruleset_options){0};
    o.files = files;
    o.file_count = 1;
    struct ruleset *rs = ruleset_load(&o, report, err);
    unlink(path);
    return rs;
}

static inline struct rig *rig_open_with(const char *rules, const struct ruleset_options *more)
{
    struct rig *r = calloc(1, sizeof *r);
    struct err err = {""};
    assert_non_null(r);
    r->rules = rig_load(rules, more, &r->report, &err);
    if (!r->rules || r->report.failed)
        print_error("%s %s\n", err.text, r->report.failed ? r->report.problems[0].text : "");
    assert_non_null(r->rules);
    assert_int_equal(r->report.failed, 0);
    struct stream_sink sink = {.data = rig_on_data, .ctx = r};
    struct app_hooks hooks = {.tx_free = rig_on_tx_free, .ctx = r};
    r->decoder = decoder_new(&(struct decoder_options){.checksums = CHECKSUM_NONE});
    r->flows = flow_table_new(&(struct flow_options){.buckets = 64}, rig_on_end, r);
    r->stream = stream_engine_new(&(struct stream_options){.ignore_checksums = true}, &sink);
    r->app = app_new(&(struct app_options){0}, &hooks);
    app_want_files(r->app, ruleset_file_wants(r->rules));
    app_want_frames(r->app, ruleset_frame_wants(r->rules));
    r->detect = detect_new(r->rules, rig_on_alert, r);
    r->shared = shared_new(1, true);
    shared_adopt(r->shared, r->rules);
    detect_join(r->detect, r->shared, 0);
    r->ts_us = 1700000000000000;
    r->client_port = 40000;
    r->server_port = 80;
    r->seq[TO_SERVER] = 1000;
    r->seq[TO_CLIENT] = 5000;
    return r;
}

static inline struct rig *rig_open(const char *rules)
{
    return rig_open_with(rules, NULL);
}

/* Ends all flows. */
static inline void rig_end(struct rig *r)
{
    flow_table_flush(r->flows, UINT64_MAX);
}

static inline void rig_close(struct rig *r)
{
    rig_end(r);
    flow_table_free(r->flows);
    stream_engine_free(r->stream);
    app_free(r->app);
    detect_free(r->detect);
    shared_free(r->shared);
    decoder_free(r->decoder);
    ruleset_report_free(&r->report);
    ruleset_free(r->rules);
    json_release(&r->vars);
    json_release(&r->why);
    free(r);
}

static inline void rig_on_packet(void *ctx, struct packet *p)
{
    struct rig *r = ctx;
    enum direction dir = TO_SERVER;
    struct flow *f = flow_table_packet(r->flows, p, &dir);
    if (f && p->proto == IPP_TCP)
        stream_packet(r->stream, f, p, &dir);
    else if (f && p->proto == IPP_UDP && p->payload.len) {
        rig_open_app(r, f);
        app_feed(r->app, f->app, dir, p->payload, 0, 0, p->ts_us);
    }
    detect_packet(r->detect, p, f, dir);
    if (f && f->app)
        app_flow_reap(r->app, f->app, false);
}

static inline void put16(uint8_t *p, unsigned n)
{
    p[0] = (uint8_t)(n >> 8);
    p[1] = (uint8_t)n;
}

static inline void put32(uint8_t *p, uint32_t n)
{
    put16(p, n >> 16);
    put16(p + 2, n & 0xffff);
}

/* One IPv4 datagram of a transport; l4 holds header and payload. */
static inline void rig_ip(struct rig *r, enum direction dir, uint8_t proto, struct bytes l4)
{
    static uint8_t frame[70000];
    static const uint8_t ends[2][4] = {{10, 0, 0, 1}, {203, 0, 113, 5}};
    memset(frame, 0, 20);
    frame[0] = 0x45;
    put16(frame + 2, (unsigned)(20 + l4.len));
    put16(frame + 4, 0x1234);
    frame[8] = 64;
    frame[9] = proto;
    memcpy(frame + 12, ends[dir], 4);
    memcpy(frame + 16, ends[!dir], 4);
    memcpy(frame + 20, l4.p, l4.len);
    struct frame f = {.number = ++r->number,
                      .ts_us = r->ts_us += 1000,
                      .linktype = LINKTYPE_RAW,
                      .wire_len = (uint32_t)(20 + l4.len),
                      .data = {frame, 20 + l4.len}};
    decode_frame(r->decoder, &f, rig_on_packet, r);
}

static inline void rig_segment(struct rig *r, enum direction dir, uint8_t flags, struct bytes data)
{
    static uint8_t l4[66000];
    memset(l4, 0, 20);
    put16(l4, dir == TO_SERVER ? r->client_port : r->server_port);
    put16(l4 + 2, dir == TO_SERVER ? r->server_port : r->client_port);
    put32(l4 + 4, r->seq[dir]);
    put32(l4 + 8, flags & TCP_ACK ? r->seq[!dir] : 0);
    l4[12] = 5 << 4;
    l4[13] = flags;
    put16(l4 + 14, 60000);
    if (data.len)
        memcpy(l4 + 20, data.p, data.len);
    r->seq[dir] += (uint32_t)data.len + ((flags & (TCP_SYN | TCP_FIN)) != 0);
    rig_ip(r, dir, IPP_TCP, bytes_of(l4, 20 + data.len));
}

static inline void rig_connect(struct rig *r)
{
    rig_segment(r, TO_SERVER, TCP_SYN, (struct bytes){0});
    rig_segment(r, TO_CLIENT, TCP_SYN | TCP_ACK, (struct bytes){0});
    rig_segment(r, TO_SERVER, TCP_ACK, (struct bytes){0});
}

/* A segment and its acknowledgement. */
static inline void rig_say_bytes(struct rig *r, enum direction dir, struct bytes data)
{
    rig_segment(r, dir, TCP_PSH | TCP_ACK, data);
    rig_segment(r, OTHER(dir), TCP_ACK, (struct bytes){0});
}

static inline void rig_say(struct rig *r, enum direction dir, const char *text)
{
    rig_say_bytes(r, dir, bytes_str(text));
}

static inline void rig_udp(struct rig *r, enum direction dir, struct bytes data)
{
    static uint8_t l4[66000];
    put16(l4, dir == TO_SERVER ? r->client_port : r->server_port);
    put16(l4 + 2, dir == TO_SERVER ? r->server_port : r->client_port);
    put16(l4 + 4, (unsigned)(8 + data.len));
    put16(l4 + 6, 0);
    if (data.len)
        memcpy(l4 + 8, data.p, data.len);
    rig_ip(r, dir, IPP_UDP, bytes_of(l4, 8 + data.len));
}

static inline size_t rig_fired(const struct rig *r, uint32_t sid)
{
    size_t n = 0;
    for (size_t i = 0; i < r->alert_count; i++)
        n += r->alerts[i].sid == sid;
    return n;
}

/* One rule of options on one UDP datagram: did it fire? */
static inline bool rig_matches(const char *options, struct bytes payload)
{
    char rule[4096];
    snprintf(rule, sizeof rule, "alert udp any any -> any any (%s sid:1;)", options);
    struct rig *r = rig_open(rule);
    r->server_port = 9999;
    rig_udp(r, TO_SERVER, payload);
    bool fired = rig_fired(r, 1) > 0;
    rig_close(r);
    return fired;
}

/* What loading one rule complains about, as "line: sid N: what" without its column; "" when it
 * loads. Valid until the next call. */
static inline const char *rig_complaint(const char *rule)
{
    static char text[1024];
    struct ruleset_report report;
    struct err err = {""};
    struct ruleset *rs = rig_load(rule, NULL, &report, &err);
    snprintf(text, sizeof text, "%s", err.text);
    if (report.failed) {
        const struct ruleset_problem *p = &report.problems[0];
        int len = snprintf(text, sizeof text, "%u: ", p->line);
        if (p->sid)
            len += snprintf(text + len, sizeof text - (size_t)len, "sid %u: ", p->sid);
        snprintf(text + len, sizeof text - (size_t)len, "%s", p->error);
    }
    ruleset_report_free(&report);
    ruleset_free(rs);
    return text;
}

static inline const char *rig_option_complaint(const char *options)
{
    char rule[4096];
    snprintf(rule, sizeof rule, "alert tcp any any -> any any (%s sid:7;)", options);
    return rig_complaint(rule);
}

#endif
