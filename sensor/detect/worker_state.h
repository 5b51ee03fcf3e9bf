/* sensor/detect/worker_state.h - struct detect: one worker's scratch for a rule set. */
#ifndef DETECT_WORKER_STATE_H
#define DETECT_WORKER_STATE_H
#include "sensor/detect/inspect.h"
#include "sensor/detect/sig_group.h"
#include "sensor/detect/vars_pool.h"

#define MATCHES_MAX 256 /* kept of one packet before they are put in order */

/* A rule that matched at this packet. */
struct match {
    const struct signature *signature;
    struct app_tx *tx;
    enum app_proto proto;
    enum direction dir;
    const struct app_frame *frame;
    bool stream, whole_flow, guessed;
    struct bytes payload;
    enum rule_action action; /* the rule's, or what a rate_filter makes of it */
    bool rate_filtered;
    const struct explain *explain;
};

/* Rules found by the matchers, each once. */
struct candidates {
    uint32_t *rules; /* indices; room for all */
    size_t count;
    uint32_t *stamps; /* by rule: epoch in which it was added */
    uint32_t epoch;
};

/* What is known of a transaction in one direction, between packets. */
struct tx_partial {
    uint32_t rule;
    uint32_t gid, sid;       /* its name in another rule set */
    uint32_t matched;        /* bit per entry of signature.apps */
    bool done;               /* settled: not again in this transaction */
    bool fresh;              /* looked at for the first time */
    bool by_file;            /* ... unless another file comes */
    bool has_payload;        /* what it asks of the payload was found */
    bool files_again;        /* files that fit are to be found again: some are to be stored */
    bool raised;             /* it matched once */
    struct explain *explain; /* what was found so far; NULL when nobody asks */
};
#define TX_MATCHER_WORDS 2
/* How far a matcher has come in a buffer that grows at its end. */
struct scanned_part {
    uint16_t matcher, instance;
    size_t bytes;
};
#define SCANNED_PARTS_MAX 6
struct tx_detect {
    struct tx_detect *next_free;
    uint32_t serial;                    /* of the rule set the numbers below belong to */
    uint64_t scanned[TX_MATCHER_WORDS]; /* a bit for each matcher that need not run again */
    struct scanned_part parts[SCANNED_PARTS_MAX];
    uint8_t part_count;
    size_t body_next;                   /* length of a growing body for its next look */
    uint32_t files_moved, files_opened; /* of the tx, at the last look */
    uint8_t progress;                   /* plus one: 0 is "never looked at" */
    uint32_t revised;                   /* of the tx, at the last look */
    struct tx_partial *partials;
    uint32_t count, cap;
};

struct detect {
    const struct ruleset *ruleset;
    detect_alert_fn *on_alert;
    void *ctx;
    struct shared *shared; /* what spans flows (shared.h); NULL: nothing is remembered of it */
    unsigned worker;       /* its number among those that share */
    struct detect_counters counters;
    struct literals_seen seen;
    struct regex_scratch *regex;
    struct explain *explain; /* of the rule at hand; NULL: off */
    size_t explain_bytes;    /* that wait with transactions */
    size_t text_bytes;       /* of pieces of traffic kept with flows */
    size_t payload_cap;      /* of stream bytes that an alert shows, where there are gaps */
    struct arena arena;      /* transformed buffers; reset with each packet */
    struct candidates found, tx_found[2];
    struct candidates turned_missed[2]; /* of this packet: rules whose payload does not hold */
    struct sig_groups *groups;
    struct match matches[MATCHES_MAX];
    size_t match_count;
    const struct signature *dropped_by; /* ips: the first that drops this packet */
    struct detect_verdict verdict;      /* of this packet */
    bool refused, tagged;               /* a rule says drop or reject; a tag holds for it */
    struct vars_pool vars_pool;
    struct tx_detect *free_txs;

    /* of the packet under inspection */
    const struct packet *packet;
    struct flow *flow;
    enum direction dir;
    struct text_var *packet_texts; /* caught so far, in the arena */
    bool last;                     /* the flow ends: what is there is all there will be */
    bool ends_open;                /* and was not ended: it says once more what it was */
    bool own;  /* the packet is one of its flow's, no ICMP error that quotes one */
    bool dark; /* the flow is encrypted by now: its streams are looked at once more */
    /* The flow was dark before this packet, or what the packet carries is looked at instead. */
    bool no_payload;
    struct flow_vars *group_keeper; /* of its flow; NULL: others of the flow are not like it */
    struct header_key keys[2];
    bool has_key[2];
    struct stream_raw raw[2];
    bool raw_waits; /* it is time to look at the stream, and bytes wait, if only to be looked at */
    struct inspect in;
};

/* candidates.c */
void candidates_init(struct candidates *c, size_t rules);
void candidates_release(struct candidates *c);
void candidates_clear(struct candidates *c);
void candidates_add(struct candidates *c, uint32_t rule);
void candidates_sort(struct candidates *c);
/* Those of g whose literal is in view, into d->found. */
void candidates_find(struct detect *d, struct sig_group *g, const struct matcher *m,
                     struct literals_view view);
static inline bool candidates_has(const struct candidates *c, uint32_t rule)
{
    return c->stamps[rule] == c->epoch;
}

/* worker_state.c */
/* The flow has variables of this rule set from here on; f may be NULL. */
void detect_need_vars(struct detect *d, struct flow *f);
/* The stream has bytes nobody looked at. */
static inline bool detect_has_fresh(const struct detect *d, enum direction dir)
{
    return d->raw[dir].bytes.len > d->raw[dir].fresh;
}
/* What the packet before came to is not this one's. */
static inline void detect_forget_verdict(struct detect *d)
{
    d->match_count = 0;
    d->dropped_by = NULL;
    d->verdict = (struct detect_verdict){0};
    d->refused = d->tagged = false;
}

/* inspect.c */
const struct header_key *detect_key(struct detect *d, enum direction dir);
/* Where the groups of the packet at hand are kept: with its flow; NULL: nowhere. */
struct flow_vars *detect_group_keeper(const struct detect *d);
struct sig_group *detect_find_group(struct detect *d, enum direction dir, enum app_proto app);
/* The signatures that fit it, in transactions of that protocol; valid until the next call. */
static inline struct sig_group *detect_group(struct detect *d, enum direction dir,
                                             enum app_proto app)
{
    const struct flow_vars *v = d->group_keeper;
    struct sig_group *g = v ? v->groups[dir] : NULL;
    return g && g->id == v->group_ids[dir] && g->app == app ? g : detect_find_group(d, dir, app);
}
/* Makes d->in ready for a signature in a direction. */
void detect_begin(struct detect *d, enum direction dir);
bool detect_conditions(struct detect *d, const struct signature *s);
/* What looks beyond the flow: for a rule of which all else holds. */
bool detect_late_conditions(struct detect *d, const struct signature *s);
/* Header buffers of the packet (tcp.hdr ...). */
bool detect_packet_buffers(struct detect *d, const struct signature *s);

/* payload.c: in packet or stream; *stream tells where it was found. */
bool detect_payload(struct detect *d, const struct signature *s, enum direction dir, bool *stream);
/* The n-th piece of the stream to look at, behind the n-th gap; d->raw[dir] is the first. */
bool detect_next_piece(const struct detect *d, enum direction dir, unsigned n,
                       struct stream_raw *out);
/* Whether an alert of a match shows the stream's bytes, and which bytes it shows. */
bool detect_shows_stream(const struct detect *d, const struct app_tx *tx, bool stream);
struct bytes detect_shown_payload(struct detect *d, enum direction dir, bool stream);

/* matched.c */
/* What the expressions of the signature at hand caught becomes variables of flow and packet. */
void detect_keep_captured(struct detect *d);
/* Takes note of a match and runs its actions. */
void detect_matched(struct detect *d, const struct signature *s, struct app_tx *tx,
                    enum direction dir, bool stream);

/* packet_rules.c: ip-only, frame, packet and stream rules. */
void run_frame_rules(struct detect *d);
void run_ip_only(struct detect *d);
void run_packet_rules(struct detect *d, enum direction dir);
/* file_rules.c: what a rule asks about files, of each of tx; needs d->in set up. */
enum files_verdict {
    FILES_MATCH,
    FILES_MATCH_ONE, /* others are still under way */
    FILES_WAIT,      /* not yet */
    FILES_NO,        /* no, unless another one comes */
};
enum files_verdict inspect_files(struct detect *d, const struct signature *s,
                                 const struct inspection *in);
/* app_frames.c */
void run_app_frames(struct detect *d, enum direction dir);
/* tx_rules.c */
void run_tx_rules(struct detect *d, enum direction dir);
/* tags.c: the tags a match sets; whether one holds for the packet. */
void tags_put(struct detect *d, const struct match *m);
bool tags_hold(struct detect *d);
/* alerts.c: order, pass, overflow, on_alert. */
void deliver_matches(struct detect *d);

#endif
