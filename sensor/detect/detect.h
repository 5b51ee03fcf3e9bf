/* sensor/detect/detect.h - the rule engine as the packet path and main see it.
 *
 * A ruleset is compiled once, immutable and shared by all workers; a struct detect is one worker's
 * scratch for it. Thresholds span flows, so they are not decided here: an alert carries its
 * signature, and the collector asks threshold_decide() in packet order. */
#ifndef DETECT_DETECT_H
#define DETECT_DETECT_H
#include "sensor/app/app.h"
#include "sensor/decode/packet.h"
#include "sensor/flow/flow.h"
#include "sensor/stream/stream.h"

/* ---- variables of rule headers: $HOME_NET, $HTTP_PORTS ---- */
struct rule_vars;
struct rule_vars *rule_vars_new(void); /* with Suricata's defaults */
void rule_vars_free(struct rule_vars *v);
enum rule_var_kind { RULE_VAR_ADDRESS, RULE_VAR_PORT };
/* Sets or replaces one; value is a rule-language group. Nothing is resolved until a rule uses it.
 */
void rule_vars_set(struct rule_vars *v, enum rule_var_kind kind, const char *name,
                   const char *value);
/* All of them, in the order of setting. */
typedef void rule_var_fn(void *ctx, enum rule_var_kind kind, const char *name, const char *value);
void rule_vars_each(const struct rule_vars *v, rule_var_fn *each, void *ctx);
/* Whether a lies in an address group ("$HOME_NET"), for detectors; false when it does not resolve.
 */
struct rule_address_set;
struct rule_address_set *rule_vars_address(const struct rule_vars *v, const char *group,
                                           struct err *err);
bool rule_address_holds(const struct rule_address_set *s, const struct addr *a);
bool rule_address_holds_ipv6(const struct rule_address_set *s); /* any of it */
void rule_address_free(struct rule_address_set *s);

/* ---- a rule set ---- */
struct dataset_wish;      /* dataset.h */
struct dataset_options {  /* sets that rules look up and change; texts are borrowed */
    const char *data_dir; /* where they are kept; NULL: here */
    const char *rule_dir; /* where rules and what they load lie; NULL: beside the rule file only */
    uint64_t cap_bytes;   /* of one set; 0: 100 MiB */
    bool forbid_write, allow_absolute;
    const struct dataset_wish *sets; /* that are there without a rule that defines them */
    size_t set_count;
};
struct reputation_options {
    const char *categories_file; /* NULL: there is no reputation, and no rule may ask */
    const char *dir;             /* where files lie; NULL: here */
    const char *const *files;
    size_t file_count;
};
#define PACKET_ALERT_MAX 15 /* unless set: Suricata's too */
struct rule_seen;
typedef void rule_seen_fn(void *ctx, const struct rule_seen *seen);
struct ruleset_options {
    const char *const *files; /* rule files; each may be a glob; directories are not taken */
    size_t file_count;
    const char *classification_file, *reference_file, *threshold_file; /* NULL: none */
    const char *attack_file; /* classtypes to ATT&CK; NULL: none */
    const char *geoip_file;  /* .mmdb with country data; NULL: geoip never matches, rules load */
    const struct rule_vars *vars;
    struct dataset_options datasets;
    struct reputation_options reputation;
    bool ips;                 /* drop and reject act (simulated): verdicts are computed */
    bool guess_tx;            /* a match in a packet is shown with the flow's only transaction */
    uint8_t packet_alert_max; /* alerts a packet may raise; 0: Suricata's 15 */
    bool references;          /* alerts show what their rule refers to */
    /* Analysis: called for each rule, those somebody switched off too, instead of making a set that
     * can be used. */
    rule_seen_fn *see;
    void *see_ctx;
    /* A reload: flowbits and flow integers keep the numbers they have in the set before, so that
     * flows carry theirs over; read while loading. NULL: none. */
    const struct ruleset *before;
};
#define PROBLEMS_KEPT   10000
#define RULE_TEXT_SHOWN 4096
struct ruleset_report {
    uint64_t files, rules, loaded, failed, skipped_disabled;
    struct ruleset_problem {
        char *text; /* "file:line:column: sid N: unknown keyword 'x'", of the parts below */
        char *file, *error, *rule;  /* rule: its text, cut at RULE_TEXT_SHOWN */
        uint32_t line, column, sid; /* column from 1; sid 0: not found */
    } * problems;
    size_t problem_count; /* at most PROBLEMS_KEPT of the failed */
};
struct ruleset;
/* Loads what it can; a rule that cannot be used is a line in the report, not a failure. NULL and
 * err only when nothing can go on (a file unreadable, memory, a broken threshold file). */
struct ruleset *ruleset_load(const struct ruleset_options *o, struct ruleset_report *report,
                             struct err *err);
void ruleset_report_free(struct ruleset_report *r);
void ruleset_free(struct ruleset *rs);
size_t ruleset_count(const struct ruleset *rs);
/* 16 hex digits over the loaded rules and variables. */
const char *ruleset_version(const struct ruleset *rs);
/* The texts of its rules, one a line, in the order in which they are asked. */
void ruleset_print(const struct ruleset *rs, FILE *out);
/* What its rules need of files: for app_want_files. */
const struct app_file_wants *ruleset_file_wants(const struct ruleset *rs);
/* Types of frames its rules look at, as bits by protocol: for app_want_frames. */
const uint32_t *ruleset_frame_wants(const struct ruleset *rs);
/* --engine-analysis: what each rule is to this engine, one JSON object a line; see analysis.c. 0,
 * or -1 and err when a file cannot be read. */
int rules_analyse(const struct ruleset_options *o, FILE *out, struct err *err);
void keywords_print(FILE *out, bool with_help); /* --list-keywords */

/* ---- a signature as others see it ---- */
enum rule_action { ACTION_ALERT, ACTION_PASS, ACTION_DROP, ACTION_REJECT };
enum reject_target { REJECT_NONE, REJECT_SOURCE, REJECT_DESTINATION, REJECT_BOTH };
struct signature_public {
    uint32_t gid, sid, rev;
    uint8_t severity; /* 1 high ... 4 low: EVE's */
    enum rule_action action;
    const char *msg, *category; /* category: text of the classtype, "" when none */
    const char *classtype;
    const char *metadata_json;   /* object text for alert.metadata, or NULL */
    const char *references_json; /* array text, or NULL: none, or not asked for */
    const char *attack_json;     /* array text (attack.h), or NULL */
    const char *text;            /* the rule as written */
    uint8_t reject;              /* enum reject_target: whom ACTION_REJECT would tell */
    uint8_t target;              /* 0 none, 1 src_ip, 2 dest_ip */
};
struct signature; /* compiled */
const struct signature_public *signature_public(const struct signature *s);

/* ---- inspection ---- */
/* What the rules that matched at a packet come to. */
struct detect_verdict {
    bool drops, by_rate; /* ips: it would be dropped; by a rate_filter's action */
    bool passes;         /* a pass rule ended it */
    uint8_t reject;      /* enum reject_target: an active sensor would answer with a reset */
};
struct text_var;
struct detect_alert {
    const struct signature *signature;
    const struct packet *packet;
    struct flow *flow; /* NULL for a packet without one */
    struct app_tx *tx; /* NULL when the match is not on a transaction, nor likely of one */
    bool tx_guessed;   /* the match is in a stream's bytes that tx may be made of */
    const struct app_frame *frame; /* NULL when the match is not in a frame */
    enum direction dir;            /* of what matched: src is the sender of these bytes */
    bool stream;  /* matched in what reassembly gave rather than this packet's payload */
    bool dropped; /* "blocked": its action refuses the packet */
    struct detect_verdict verdict; /* of the packet */
    struct bytes payload; /* what the payload fields show: stream bytes or the packet's payload */
    const struct text_var *packet_texts; /* pieces that rules caught for this packet */
    const struct explain *explain;       /* NULL unless detect_explain() */
};
typedef void detect_alert_fn(void *ctx, const struct detect_alert *a);

/* ---- what spans flows: marks on hosts ---- */
struct shared;
/* in_order (replay): workers wait for each other so that it changes in packet order, whatever their
 * number. Otherwise (live): as packets come. */
struct shared *shared_new(unsigned workers, bool in_order);
void shared_free(struct shared *s);
/* Before rs comes into force: the sets its rules change are shared from now on; what was shared
 * under the same name and type stays, and is written where rs says. s must live longer than rs. */
void shared_adopt(struct shared *s, struct ruleset *rs);
/* Once rs, which was adopted last, is the only rule set in use: sets it does not name are written
 * and gone. 0, or -1 and what the first failure to write was. */
int shared_settle(struct shared *s, const struct ruleset *rs, struct err *err);
/* Writes the sets that have a file. 0, or -1 and what the first failure was. */
int shared_save(const struct shared *s, struct err *err);

struct detect;
struct detect *detect_new(const struct ruleset *rs, detect_alert_fn *on_alert, void *ctx);
void detect_free(struct detect *d);
/* Before the first packet: what d shares with others, and its number among them. Without it nothing
 * beyond a flow is remembered. */
void detect_join(struct detect *d, struct shared *s, unsigned worker);
/* Before the first packet: so many stream bytes an alert can show. */
#define PAYLOAD_SHOWN_MAX 4096
void detect_show_payload(struct detect *d, size_t cap);
/* Before the first packet: alerts are to say why their rules matched. */
void detect_explain(struct detect *d);
/* "explain":{"matches":[...],"conditions":[...]}: what of the rule found what and where, and what
 * else held, in the order it was asked. Nothing without detect_explain(). */
void detect_explain_json(const struct detect_alert *a, struct json *j);
/* Whatever d does from now on belongs to this place or a later one; see turn.h. */
void detect_at(struct detect *d, uint64_t major, uint64_t minor);
/* Goes on with another set, loaded with the one in use as its `before`. Between two packets. What
 * flows remember stays; a transaction's half-found rules are looked for anew, found ones are not.
 */
void detect_switch(struct detect *d, const struct ruleset *rs);
/* Everything due at this packet: packet rules, and what its direction's stream and transactions
 * became since the last packet that way; detect_flow_end() takes the rest. f may be NULL. Alerts
 * come in rule order (action, flowbits, priority, sid) through on_alert; pass rules, flowbits and
 * noalert are settled here. Marks txs as inspected. */
void detect_packet(struct detect *d, struct packet *p, struct flow *f, enum direction dir);
/* The rule that would have dropped the last packet, or NULL (ruleset_options.ips). */
const struct signature *detect_dropped_by(const struct detect *d);
const struct detect_verdict *detect_verdict(const struct detect *d);
/* Whether a tag holds for the last packet: it is recorded as it is. */
bool detect_is_tagged(const struct detect *d);
/* The flow ends: stream and tx inspection of what is left of a direction, complete or not; to the
 * server first, and before the other direction's last bytes are taken in. p is a PACKET_REPLAYED
 * packet made by the worker that carries the flow's tuple and last time. */
void detect_flow_end(struct detect *d, struct packet *p, struct flow *f, enum direction dir);
/* Hooks for other rooms' memory: app_hooks.tx_free, and f->vars at flow end. */
void detect_tx_free(void *detect, struct app_tx *tx);
void detect_flow_free(struct detect *d, struct flow *f);
/* Whether rules left something on f that others may build on: flowbits, integers, pieces of
 * traffic, tags. */
bool detect_flow_is_marked(const struct flow *f);
/* Adds "metadata":{"flowbits":[...]} style variables of f (NULL: none) and of a packet to an alert
 * or flow record, or nothing. */
void detect_vars_json(const struct ruleset *rs, const struct flow *f, const struct text_var *packet,
                      struct json *j);

struct detect_counters {
    uint64_t packets, mpm_scans, mpm_bytes, candidates, inspected, matches, alerts, alert_overflow,
        passed, shared_looks, xbits_evicted, tags_evicted, suppressed, limited, explanations_cut,
        variables_not_kept;
};
const struct detect_counters *detect_counters(const struct detect *d);

/* ---- thresholds: decided once for all workers, in packet order ---- */
struct thresholds;
struct thresholds *thresholds_new(const struct ruleset *rs, size_t cap_entries);
void thresholds_free(struct thresholds *t);
enum threshold_verdict {
    THRESHOLD_ALERT,
    THRESHOLD_SUPPRESSED, /* silent; what the rule does beside speaking is done */
    THRESHOLD_LIMITED,    /* the same: it has spoken often enough */
    THRESHOLD_UNREACHED,  /* too few events yet: as if it had not matched */
};
/* For an alert on its way out. Of a rule whose limit was asked at the packet: THRESHOLD_ALERT. */
enum threshold_verdict threshold_decide(struct thresholds *t, const struct signature *s,
                                        const struct addr *src, const struct addr *dst,
                                        uint64_t flow_id, uint64_t ts_us);
/* For a match at a packet; a rate_filter that acts replaces *action and sets *changed. */
enum threshold_verdict threshold_ask(struct thresholds *t, const struct signature *s,
                                     const struct addr *src, const struct addr *dst,
                                     uint64_t flow_id, uint64_t ts_us, enum rule_action *action,
                                     bool *changed);

#endif
