/* sensor/detect/inspect.h - the state of inspecting one signature; per worker, reused. */
#ifndef DETECT_INSPECT_H
#define DETECT_INSPECT_H
#include "sensor/detect/explain.h"
#include "sensor/detect/signature.h"

/* Steps one inspection may take over all its items and retries, so hostile bytes cost a bounded
 * time; Suricata's inspection-recursion-limit. */
#define WALK_STEPS_MAX     3000
#define BASE64_CAP         65536
#define INSPECT_STORED_MAX 15

struct regex_scratch; /* keywords/pcre.c */

/* A piece of traffic an expression caught; it becomes a variable when its rule matches. */
struct captured {
    struct captured *next;
    const void *by; /* the item: a later match of it takes the place of this one */
    bool of_packet; /* else of the flow */
    uint16_t name;
    struct bytes key, value; /* key.p set: it gives the name */
};
/* What is being inspected: set up per packet and direction, then per signature. */
struct inspect {
    const struct ruleset *ruleset;
    const struct packet *packet;
    struct flow *flow;      /* NULL: none */
    struct flow_vars *vars; /* NULL: the flow has none yet, or there is no flow */
    enum direction dir;     /* of what is inspected */
    bool established;       /* the flow was, before this packet; TCP: its handshake is over */
    enum app_proto proto;   /* the flow's */
    struct app_tx *tx;      /* NULL outside of transactions */
    struct app_file *file;  /* BUFFER_FILES: the one that is asked about, and what is */
    const struct app_frame *frame;               /* that matched */
    const struct app_file_facts *facts;          /* known of it */
    struct app_file *stored[INSPECT_STORED_MAX]; /* those a filestore took, should the rule match */
    unsigned stored_count;
    uint64_t bytes[BYTE_VARS_MAX]; /* byte_extract and byte_math results of this signature */
    bool extracted;                /* there are some */
    struct captured *captured;     /* in scratch */
    struct explain *explain;       /* NULL: nobody asks why a rule matches */
    struct arena *scratch;
    struct regex_scratch *regex;
    struct detect *detect;
    uint32_t steps;
};

/* Bytes of the stream wait to be looked at with this packet. */
bool detect_has_stream(const struct inspect *in);

/* Source and destination of what is inspected: at a flow's end one packet stands for both ways. */
static inline const struct addr *inspect_src(const struct inspect *in)
{
    bool made_up = in->flow && (in->packet->flags & PACKET_REPLAYED);
    return made_up ? &in->flow->tuple.addr[in->dir] : &in->packet->src;
}
static inline const struct addr *inspect_dst(const struct inspect *in)
{
    bool made_up = in->flow && (in->packet->flags & PACKET_REPLAYED);
    return made_up ? &in->flow->tuple.addr[OTHER(in->dir)] : &in->packet->dst;
}

/* A walk through one buffer. Offsets count from its start: of a stream, from the bytes that are
 * there. */
struct walk {
    struct inspect *in;
    struct bytes buffer;
    size_t at;       /* end of the last match */
    bool unfinished; /* more bytes may come: this is not where it ends */
    size_t reach;    /* how far the match depends on the bytes */
    size_t needs;    /* a match that reaches no further does not count; 0: any does */
    bool stale;      /* while walking: one was found that did not */

    /* For explanations: what the buffer is, and where the item before found something. */
    const struct buffer *of;
    bool in_stream;     /* it is a window of a stream ... */
    uint64_t stream_at; /* ... that begins here */
    unsigned instance;
    bool found;
    size_t from, to;
};

static inline void walk_reach(struct walk *w, size_t end)
{
    if (end > w->reach)
        w->reach = end;
}

/* An item looked at these bytes and found what it wants there. */
static inline void walk_found(struct walk *w, size_t from, size_t to)
{
    w->found = true;
    w->from = from;
    w->to = to;
    walk_reach(w, to);
}

/* Whether all items match; w is set up with in, buffer and of, all else that is not known zero. */
bool walk_items(struct walk *w, const struct item *items, size_t count);
static inline bool walk_inspection(struct walk *w, const struct inspection *i)
{
    return w->buffer.len >= i->least && walk_items(w, i->items, i->item_count);
}

#endif
