/* sensor/app/state.h - what the core of this folder keeps: app.c, proto.c, tx.c, pool.c only. */
#ifndef APP_STATE_H
#define APP_STATE_H
#include "common/arena.h"
#include "sensor/app/probes.h"

#define EXPECT_BUCKETS  1024
#define EXPECT_LIVE_MAX 4096u /* of a worker; about 2 MiB */

/* Sizes served from free lists: multiples of 64 bytes up to 1 KiB, then powers of two to 8 KiB. */
#define POOL_CLASSES 19
struct pool_item {
    struct pool_item *next;
};

struct kept_frame {
    struct app_frame frame;
    struct app_text text; /* frame.bytes */
};

struct app {
    struct app_options options;
    struct app_hooks hooks;
    struct app_counters counters;
    struct pool_item *pool[POOL_CLASSES];
    struct arena memory; /* where items come from that were not given back before */
    struct probes probes;
    void *worker[APP_PROTO_COUNT];
    struct app_files *files;
    uint32_t frames_wanted[APP_PROTO_COUNT];
    struct app_file_wants wants; /* of options and rules together */
    uint64_t files_stored;       /* ids given */
    struct expectation *expected[EXPECT_BUCKETS];
    uint32_t expected_live, expected_hand; /* how many there are, and the bucket that is next to be
                                              looked through */
    struct app_flow *current;              /* whose memory is being taken and given back */
    struct dpi *dpi;
};

/* A protocol a flow spoke; the last one is current, earlier ones live on for their txs. */
#define FLOW_LAYERS_MAX 3
struct app_layer {
    void *state;
    enum app_proto proto;
};

/* Protocol detection, one direction. */
struct app_probe {
    enum app_proto proto : 8;  /* UNKNOWN, what was found, or FAILED */
    enum app_proto before : 8; /* what it was before a change of protocol */
    uint8_t strange;           /* datagrams that nobody knew */
    bool lost;                 /* bytes before or in early are gone: a gap for whoever reads it */
};

/* What a question and its answer by datagrams do without. All zero where a flow has none. */
#define FLOW_EVENTS_MAX 4
#define UNLOGGED_MAX    8
struct app_flow_extra {
    struct app_text early[2]; /* first bytes of a direction, kept while they may still be wanted */
    struct app_text context;  /* for the next open() */
    uint64_t fed[2];          /* TCP: bytes of each direction so far, missing ones too */
    struct app_layer earlier[FLOW_LAYERS_MAX - 1];
    struct app_frame *frames[2];
    uint64_t frame_ids[2];
    uint32_t unlogged[UNLOGGED_MAX]; /* exchanges, a ring */
    uint8_t unlogged_at;
    uint8_t event_count;
    uint16_t events[FLOW_EVENTS_MAX];
    struct dpi_flow *dpi;
};

#define BOTH_DIRS (1u << TO_SERVER | 1u << TO_CLIENT)
struct app_flow {
    struct app_endpoints ends;
    struct app_probe probe[2];
    enum app_proto proto : 8;
    enum app_proto orig : 8;
    enum app_proto wanted : 8;    /* after a switch: what was agreed on */
    enum direction first_dir : 1; /* whose early bytes came first */
    enum app_proto layer_proto : 8;
    unsigned layer_count : 2;
    unsigned store_files : 2; /* directions (bits) whose files rules want stored */
    unsigned ended : 2;       /* directions (bits) of which nothing more comes */
    bool decided : 1;         /* detection is over: layers' last one, or nobody, gets the bytes */
    bool quiet : 1;           /* nobody gets them any more */
    bool broken : 1;          /* see app_flow_is_broken */
    bool bypassed : 1;        /* see app_flow_is_bypassed */
    bool hidden : 1;          /* see app_flow_hides_payload */
    bool plain : 1;           /* one of its protocols is plain_to_rules */
    bool switching : 1;       /* the parser asked for detection afresh */
    bool begun : 1;           /* the first bytes were seen */
    bool announced : 1;       /* by another flow: what either side sends is the protocol */
    bool stores : 1; /* a file of it is to be stored: so its streams are followed to the end */
    uint8_t note;    /* see app_flow_note */
    uint32_t tx_count, next_id;
    uint32_t change[2], flushes[2];
    void *state; /* of its last layer, whose protocol is layer_proto */
    struct app *app;
    struct app_tx *first, *last;
    uint64_t memory_bytes;        /* of its parsers and txs */
    struct app_flow_extra *extra; /* NULL: not needed yet */
};
_Static_assert(sizeof(struct app_flow) <= 128, "two cache lines: there are millions of them");

extern const struct app_parser *const app_parsers[APP_PROTO_COUNT];
static inline const struct app_parser *app_parser_of(enum app_proto p)
{
    return p < APP_PROTO_COUNT ? app_parsers[p] : NULL; /* NULL for UNKNOWN and FAILED */
}
extern const struct app_flow_extra app_no_extra; /* of a flow that needs none: all zero */
static inline const struct app_flow_extra *app_extra_of(const struct app_flow *f)
{
    return f->extra ? f->extra : &app_no_extra;
}
struct app_flow_extra *app_extra(struct app_flow *f); /* made if missing */

void app_flow_event(struct app_flow *f, uint16_t event);
void app_tx_drop(struct app *a, struct app_tx *tx); /* hooks, then the parser; not the list */
void app_flow_keep_budget(struct app *a, struct app_flow *f);
/* The protocol an earlier flow announced for this one, whose context it takes; or APP_UNKNOWN. */
enum app_proto app_expected(struct app *a, struct app_flow *f, uint64_t ts_us);
void app_expect_free(struct app *a);

/* frame.c: the next bytes of a direction, or a gap; their end. */
void app_frames_take(struct app *a, struct app_flow *flow, enum direction dir, uint64_t offset,
                     struct bytes data, uint64_t gap_bytes);
void app_frames_free(struct app *a, struct app_flow *flow, bool all);

struct app_files *app_files_new(void); /* one per worker */
void app_files_delete(struct app_files *s);
bool app_files_are_over(const struct app_tx *tx); /* every file was recorded */

#endif
