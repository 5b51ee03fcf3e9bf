/* tests/unit/analyzer/eve_sample.h - makes EVE records as a sensor sends them. */
#ifndef TESTS_EVE_SAMPLE_H
#define TESTS_EVE_SAMPLE_H
#include "common/alert.h"
#include "common/json.h"

struct sample {
    const char *org, *sensor, *src, *dst, *signature, *category, *host, *ja4, *detector, *tag;
    uint64_t epoch, seq, ts_us, sid;
    unsigned gid, severity, dst_port;
    bool drill;
};

/* 2026-04-01T00:00:00Z */
#define SAMPLE_TS UINT64_C(1775001600000000)

static inline struct sample sample_default(void)
{
    return (struct sample){.org = "min-a",
                           .sensor = "s-a",
                           .src = "203.0.113.7",
                           .dst = "192.0.2.10",
                           .signature = "SEKISHO test",
                           .category = "A Network Trojan was detected",
                           .epoch = 1000,
                           .seq = 1,
                           .ts_us = SAMPLE_TS,
                           .sid = 9000001,
                           .gid = 1,
                           .severity = 1,
                           .dst_port = 443};
}

static inline void sample_stamp(struct json *j, const struct sample *s)
{
    json_object(j, "sekisho");
    json_strz(j, "org", s->org);
    json_strz(j, "sensor", s->sensor);
    json_u64(j, "epoch", s->epoch);
    json_u64(j, "seq", s->seq);
    json_strz(j, "centre", "nisc");
    if (s->drill)
        json_bool(j, "drill", true);
    if (s->detector)
        json_strz(j, "detector", s->detector);
}

/* One alert; valid until j is reset. */
static inline struct bytes sample_alert(struct json *j, const struct sample *s)
{
    json_reset(j);
    json_object(j, NULL);
    json_time(j, "timestamp", s->ts_us);
    json_u64(j, "flow_id", 1234567890123);
    json_strz(j, "event_type", "alert");
    json_strz(j, "src_ip", s->src);
    json_u64(j, "src_port", 40000);
    json_strz(j, "dest_ip", s->dst);
    json_u64(j, "dest_port", s->dst_port);
    json_strz(j, "proto", "TCP");
    json_strz(j, "community_id", "1:wCb3OG7yAFWelaUydu0D+125CLM=");
    json_object(j, "alert");
    json_strz(j, "action", "allowed");
    json_u64(j, "gid", s->gid);
    json_u64(j, "signature_id", s->sid);
    json_u64(j, "rev", 1);
    json_strz(j, "signature", s->signature);
    json_strz(j, "category", s->category);
    json_u64(j, "severity", s->severity);
    if (s->tag) {
        json_object(j, "metadata");
        json_array(j, "stage");
        json_strz(j, NULL, s->tag);
        json_array_end(j);
        json_object_end(j);
    }
    json_object_end(j);
    if (s->host || s->ja4) {
        json_object(j, "tls");
        if (s->host)
            json_strz(j, "sni", s->host);
        if (s->ja4)
            json_strz(j, "ja4", s->ja4);
        json_object_end(j);
    }
    sample_stamp(j, s);
    json_object_end(j);
    json_object_end(j);
    return json_bytes(j);
}

/* One statistics record with a ledger of this epoch. */
static inline struct bytes sample_stats(struct json *j, const struct sample *s, uint64_t generated,
                                        uint64_t sent, uint64_t shed)
{
    json_reset(j);
    json_object(j, NULL);
    json_time(j, "timestamp", s->ts_us);
    json_strz(j, "event_type", "stats");
    json_object(j, "stats");
    json_u64(j, "uptime", 10);
    json_object_end(j);
    sample_stamp(j, s);
    json_object(j, "ledger");
    json_strz(j, "sensor", s->sensor);
    json_array(j, "epochs");
    json_object(j, NULL);
    json_u64(j, "epoch", s->epoch);
    json_u64(j, "generated", generated);
    json_u64(j, "sent", sent);
    json_u64(j, "spooled", generated - sent - shed);
    json_object(j, "shed");
    json_u64(j, "spool_full", shed);
    json_u64(j, "spool_error", 0);
    json_object_end(j);
    json_object_end(j);
    json_array_end(j);
    json_object_end(j);
    json_object(j, "packets");
    json_u64(j, "seen", 1000);
    json_u64(j, "inspected", 990);
    json_object(j, "ignored");
    json_u64(j, "not_ip", 7);
    json_object_end(j);
    json_u64(j, "dropped", 3);
    json_object_end(j);
    json_object_end(j);
    json_object_end(j);
    return json_bytes(j);
}

/* A directory of three organisations, as a file's text. */
#define SAMPLE_ORGS                                                                                    \
    "centres:\n"                                                                                       \
    "  - {id: nisc, name: {ja: 第一監視センター, en: Centre One}, contacts: [{lane: working, " \
    "language: ja, name: 監視班, email: soc@centre1.example}]}\n"                                   \
    "  - {id: ipa, name: {ja: 第二監視センター, en: Centre Two}, contacts: []}\n"              \
    "organisations:\n"                                                                                 \
    "  - {id: min-a, name: {ja: 甲省, en: Ministry A}, kind: ministry, centre: nisc, state: "        \
    "monitored, consent: none, networks: [192.0.2.0/24], internal_networks: [10.0.0.0/8], "            \
    "contacts: [{lane: working, language: ja, name: 甲CSIRT, email: csirt@a.example}, {lane: "        \
    "management, language: ja, name: 官房, email: office@a.example}]}\n"                             \
    "  - {id: min-b, name: {ja: 乙省, en: Ministry B}, kind: ministry, centre: nisc, state: "        \
    "monitored, consent: none, networks: [198.51.100.0/24], internal_networks: [10.0.0.0/8], "         \
    "contacts: [{lane: working, language: en, name: CSIRT, email: csirt@b.example}]}\n"                \
    "  - {id: ag-c, name: {ja: 丙機構, en: Agency C}, kind: agency, centre: ipa, "                  \
    "competent_ministry: min-a, state: monitored, consent: none, networks: [203.0.113.128/25], "       \
    "contacts: [{lane: working, language: en, name: IT, email: it@c.example}]}\n"

#endif
