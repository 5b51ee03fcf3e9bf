/* sensor/detect/signature.h - a compiled rule, as the rooms of detect/ share it.
 *
 * Immutable once the rule set is loaded; inspection state lives in struct inspect, struct walk and
 * the flow, never here. All of it lies in the rule set's arena. */
#ifndef DETECT_SIGNATURE_H
#define DETECT_SIGNATURE_H
#include "common/arena.h"
#include "sensor/detect/detect.h"

#define TRANSFORMS_MAX  8
#define BYTE_VARS_MAX   16
#define INSPECTIONS_MAX 24

struct inspect;
struct walk;

/* ---- conditions: yes or no about the packet, the flow, the transaction as a whole ---- */
typedef bool condition_fn(const void *arg, struct inspect *in);
struct condition {
    condition_fn *match;
    const void *arg;
    uint32_t written; /* where its option begins in public.text */
};
/* What a match leaves behind: flowbits set, counters. Run in rule order when the rule matched. */
typedef void action_fn(const void *arg, struct inspect *in);
struct action {
    action_fn *run;
    const void *arg;
};

/* ---- items: steps through one buffer ---- */
enum item_verdict {
    ITEM_NO,
    ITEM_YES,
    ITEM_STOP, /* no, and no other occurrence of what came before can change it */
};
struct item_kind {
    const char *name;
    /* Looks from w->at or the start of w->buffer on; moves w->at behind what it matched. A kind
     * that searches starts no earlier than *again and leaves there where to go on. */
    enum item_verdict (*match)(const void *arg, struct walk *w, size_t *again);
    bool searches;
    bool acts; /* something may stay of it, even where what follows does not match */
};
struct item {
    const struct item_kind *kind;
    const void *arg;
    struct item *next; /* while the rule is built */
    bool relative;     /* counts from the end of the match before */
    bool recurs;       /* may have another occurrence: it searches, and not for what is absent */
    bool again;        /* tries its next occurrence when what follows fails */
    bool final; /* when what follows fails and it does not try again, nothing before it does */
    uint32_t written; /* where its option begins in public.text */
};

/* ---- buffers ---- */
/* BUFFER_FILES: no bytes; its items ask about the files of a transaction, one by one. */
enum buffer_kind {
    BUFFER_PAYLOAD,
    BUFFER_PACKET,
    BUFFER_APP,
    BUFFER_BASE64,
    BUFFER_FILES,
    BUFFER_FRAME
};
#define BUFFER_FRAME_PREFIX "frame:" /* and "protocol.type": no keyword is called so */
struct transform_kind {
    const char *name;
    /* Bytes live in scratch; in may be returned as it is. */
    struct bytes (*run)(const void *arg, struct bytes in, struct arena *scratch,
                        struct inspect *state);
};
struct transform {
    const struct transform_kind *kind;
    const void *arg;
    struct bytes written; /* the argument as text: two transforms are equal by name and this */
};
/* One thing rules look at: a named buffer after its transforms. Interned: equal ones are one. */
struct buffer {
    const char *name;
    enum buffer_kind kind;
    uint16_t id;                                               /* index in ruleset.buffers */
    bool (*packet)(const struct packet *p, struct bytes *out); /* BUFFER_PACKET */
    struct bytes (*place)(const struct inspect *in);           /* ... or this: by direction */
    const struct app_buffer *rows[APP_PROTO_COUNT][2];         /* BUFFER_APP */
    const struct app_number *number;                           /* BUFFER_APP: it is one */
    uint8_t frame_proto, frame_type;                           /* BUFFER_FRAME */
    bool multi, any_case, unnamed;
    struct transform transforms[TRANSFORMS_MAX];
    uint8_t transform_count;
};
struct inspection {
    const struct buffer *buffer;
    struct item *items;
    uint16_t item_count;
    uint32_t least; /* in fewer bytes they do not match, and nothing stays of trying */
};

/* ---- thresholds, from keywords and from threshold.config ---- */
enum threshold_type { LIMIT_FIRST, LIMIT_EVERY, LIMIT_BOTH, LIMIT_RATE, LIMIT_DETECTION };
enum threshold_track { TRACK_SRC, TRACK_DST, TRACK_RULE, TRACK_BOTH, TRACK_FLOW, TRACK_EITHER };
struct threshold {
    enum threshold_type type;
    enum threshold_track track;
    uint32_t count, seconds;
    uint32_t timeout;            /* LIMIT_RATE: seconds the new action holds */
    enum rule_action new_action; /* LIMIT_RATE */
};
struct suppression {
    enum threshold_track track; /* TRACK_RULE: whatever the address */
    struct rule_address_set *addresses;
    struct suppression *next;
};

/* ---- the signature ---- */
enum signature_flag {
    SIG_PACKET = 1 << 0,      /* payload conditions look at the packet's own payload */
    SIG_STREAM = 1 << 1,      /* ... and at reassembled bytes */
    SIG_STREAM_ONLY = 1 << 6, /* ... and never at those of a packet that are not in the stream */
    SIG_IP_ONLY = 1 << 2,     /* addresses alone: once per flow and direction */
    SIG_EVENT_ONLY = 1 << 3,  /* decoder events: also packets without a valid header */
    SIG_PROTO_ONLY = 1 << 4,  /* when the protocol becomes known: once per flow and direction */
    SIG_NOALERT = 1 << 5,
    SIG_FLOW_ACTION = 1 << 7, /* pass and drop take the whole flow */
    SIG_TX = 1 << 8,          /* inspected per transaction */
    SIG_APP_FRAME = 1 << 15,  /* ... per frame */
    SIG_TURNED = 1 << 16,     /* about payload, but inspected per transaction (ruleset_turn.c) */
    SIG_PREFILTERED = 1 << 9, /* comes up by its fast pattern only */
    SIG_TX_EVENT = 1 << 10,   /* waits for an event of a transaction */
    SIG_FLOW = 1 << 12,       /* a state of the flow was asked for: no flow, no match */
    SIG_SPANS = 1 << 25,    /* its contents may stand anywhere: also across two looks at a stream */
    SIG_ABSENCE = 1 << 24,  /* its contents are all negated, one of them wherever it may stand */
    SIG_REPLACED = 1 << 11, /* while loading: a later revision came */
    SIG_DECIDES = 1 << 13,  /* its limit decides over more than its alert: asked at once */
    SIG_PASS_ALERTS = 1 << 14, /* a pass rule that speaks */
    SIG_MIRROR = 1 << 26,      /* of a rule with "<>": the way from right to left */
};
enum file_need {
    FILE_NEED_MD5 = 1 << 0, /* as in app_options.file_digests */
    FILE_NEED_SHA1 = 1 << 1,
    FILE_NEED_SHA256 = 1 << 2,
    FILE_NEED_NAME = 1 << 3,
    FILE_NEED_MAGIC = 1 << 4,
    FILE_NEED_END = 1 << 5, /* nothing more comes */
    FILE_NEED_STORE = 1 << 6,
};
/* Rules that set flowbits run before rules that test them, within one packet too. */
enum flowbits_rank { FLOWBITS_SET, FLOWBITS_SET_AND_TEST, FLOWBITS_TEST, FLOWBITS_NONE };
/* By these Suricata orders rules too; that of hostbits only setting counts is its way. */
enum xbits_use { XBITS_READS_HOST = 1, XBITS_READS_PAIR = 2, HOSTBITS_WRITES = 4 };
#define DIR_BIT(dir) (1u << (dir))

struct content;
struct tag; /* tags.h */
struct signature {
    struct signature_public public;
    uint32_t index; /* rule order: actions, flowbits, priority, then as loaded */
    uint32_t load_order;
    uint32_t flags;
    uint8_t dirs;                                    /* DIR_BIT()s this rule can match in */
    uint8_t ip_versions;                             /* bit 0: IPv4, bit 1: IPv6 */
    uint8_t priority_text;                           /* 0 unless priority: was given */
    uint8_t protocols[32];                           /* bitmap of IP protocols */
    enum app_proto proto;                            /* APP_UNKNOWN: any */
    bool any_http;                                   /* "http" is HTTP/2 too, "http1" is not */
    uint16_t src_set, dst_set, sport_set, dport_set; /* indices in ruleset.addresses / ports */
    uint32_t header; /* index in ruleset.headers of the one whose header is the same */
    struct condition *conditions;
    struct condition *late; /* what looks beyond the flow, asked last */
    struct action *actions;
    struct inspection *payload; /* NULL: none */
    struct inspection *packets; /* buffers of the packet's headers */
    struct inspection *apps;    /* buffers of the transaction */
    uint8_t condition_count, late_count, action_count, packet_count, app_count;
    uint8_t file_needs;         /* enum file_need: files without it are not asked about */
    uint8_t flowbits_rank;      /* enum flowbits_rank */
    uint8_t xbits_use;          /* enum xbits_use, or-ed */
    const struct content *fast; /* NULL: no fast pattern */
    const struct buffer *fast_buffer;
    uint8_t fast_app;            /* its place in apps[] */
    struct threshold *threshold; /* NULL: none */
    struct tag *tags;            /* put on flow or hosts when it matches; NULL: none */
    struct suppression *suppressions;
};

static inline bool signature_wants_proto(const struct signature *s, uint8_t ip_proto)
{
    return s->protocols[ip_proto >> 3] & 1u << (ip_proto & 7);
}

static inline bool signature_wants_app(const struct signature *s, enum app_proto proto)
{
    return s->proto == APP_UNKNOWN || s->proto == proto || (s->any_http && proto == APP_HTTP2) ||
           (s->proto == APP_HTTP && proto == APP_WEBSOCKET) || /* to Suricata 7 still HTTP */
           (s->proto == APP_DCERPC && proto == APP_SMB);       /* whose pipes carry it */
}

#endif
