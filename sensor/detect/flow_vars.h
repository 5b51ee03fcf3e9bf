/* sensor/detect/flow_vars.h - what detect remembers of a flow: flowbits, flow integers, what was
 * looked at already. One block from the worker's pool, sized for its rule set. */
#ifndef DETECT_FLOW_VARS_H
#define DETECT_FLOW_VARS_H
#include "common/bytes.h"
#include "sensor/base.h"
#include "sensor/detect/group_index.h"
#include "sensor/detect/tags.h"

struct ruleset;
struct text_var;  /* text_vars.h */
struct sig_group; /* sig_group.h */
struct flow_int {
    uint32_t value;
    bool set;
};
struct flow_vars {
    union {
        struct flow_vars *next_free; /* in the pool */
        struct text_var *texts;      /* pieces of traffic */
    };
    struct sig_group *groups[2]; /* of its packets that way, when ... */
    uint32_t group_ids[2];       /* ... that is still their number; 0: none */
    struct tag_list tags;        /* of rules that matched in it */
    struct header_key header;    /* of its packets one way or the other, where ... */
    bool has_header;             /* ... it is known; and what flow.turned was then */
    bool turned;
    bool dark;               /* no payload to inspect from here on */
    bool established;        /* TCP: the packet before found the handshake over */
    uint8_t dark_seen;       /* DIR_BIT()s: what came before it was looked at */
    uint8_t ip_only_done[2]; /* DIR_BIT()s; of the flow's packets, and of ICMP errors about it */
    uint8_t proto_due;       /* DIR_BIT()s: rules about the protocol alone are to run */
    uint8_t proto_told[2];   /* enum app_proto they last were due for */
    uint8_t events_seen;     /* of app_flow_events() */
    uint8_t tx_seen;         /* DIR_BIT()s: change[] is valid */
    uint32_t change[2];      /* app_flow_change() at the last transaction run */
    uint32_t flushes[2];     /* app_flow_flushes() at the last look at the stream */
    uint32_t serial;         /* of the rule set it is sized for */
    uint16_t ints, words;    /* how much stands behind it: flowbits, then flow integers */
};

/* Flowbits, by number. */
static inline uint64_t *flow_bits(struct flow_vars *v)
{
    return (uint64_t *)(v + 1);
}
/* Flow integers, by number. */
static inline struct flow_int *flow_ints(struct flow_vars *v)
{
    return (struct flow_int *)(flow_bits(v) + v->words);
}

size_t flow_vars_bytes(const struct ruleset *rs);
static inline size_t flow_vars_size(const struct flow_vars *v)
{
    return sizeof *v + v->words * sizeof(uint64_t) + v->ints * sizeof(struct flow_int);
}
/* Makes a block of that size empty. */
void flow_vars_init(struct flow_vars *v, const struct ruleset *rs);

/* Takes over what a block made for an earlier rule set remembers: the same names have the same
 * numbers, there may only be more of them. */
void flow_vars_carry(struct flow_vars *v, struct flow_vars *from);

/* A block may be of an earlier rule set, which knew fewer. */
static inline bool flow_bit(const struct flow_vars *v, unsigned bit)
{
    return v && bit / 64 < v->words && ((const uint64_t *)(v + 1))[bit / 64] >> (bit % 64) & 1;
}

#endif
