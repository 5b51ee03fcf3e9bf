/* sensor/batch.h - records on their way from workers to the collector.
 *
 * Replay: each worker leaves the records of a round (rounds.h) in a batch; the collector takes the
 * batches of a round together and puts the records back in packet order. So the result does not
 * depend on the number of workers. Live: rounds are a worker's own. */
#ifndef SENSOR_BATCH_H
#define SENSOR_BATCH_H
#include "sensor/app/app.h"
#include "sensor/capture/capture.h"
#include "sensor/decode/decode.h"
#include "sensor/detect/detect.h"
#include "sensor/flow/exception.h"
#include "sensor/overload.h"
#include "sensor/stream/stream.h"
#include <pthread.h>

enum record_kind {
    RECORD_EVENT,       /* a finished EVE line */
    RECORD_ALERT,       /* an EVE line that thresholds may still hold back */
    RECORD_OBSERVATION, /* for the detectors that look at many flows */
    RECORD_FILE_BEGIN,  /* the first bytes of a file to store, further ones, and its SHA-256 in hex
                         */
    RECORD_FILE_DATA,
    RECORD_FILE_END,
};

/* Where a record belongs: frame, then layer within the frame; records of flow time-outs come after
 * every packet of their round, by the flow's first packet. */
struct record_order {
    uint64_t packet;
    uint64_t tie;
};

struct record {
    struct record_order order;
    uint32_t kind, text_len; /* enum record_kind; text_len bytes follow the record */
    uint32_t extra_len; /* RECORD_ALERT: and behind them so many, members of its "sekisho" object */
    uint64_t ts_us, flow_id;           /* RECORD_FILE_...: flow_id is the file's */
    const struct signature *signature; /* RECORD_ALERT */
    struct addr src, dst;
    int32_t org; /* index of the organisation it is about */
};

/* What a worker counted, copied into each batch so that no thread reads another's counters. */
struct worker_counters {
    uint64_t seen, inspected, ignored_invalid, ignored_not_ip, ignored_bypassed, bytes;
    struct capture_counters kernel; /* live */
    struct overload_counters overload;
    struct flow_counters flow;
    struct exception_counters exceptions;
    struct stream_counters stream;
    struct app_counters app;
    struct detect_counters detect;
    struct decode_counters decode; /* its own decoder's; in replay with worker 0 */
};

struct batch {
    struct batch *next;
    unsigned worker;
    uint64_t end_us, last_number;
    uint64_t flush_before;       /* the run is over: flows that began before that packet end */
    bool last;                   /* nothing comes after */
    const struct ruleset *rules; /* in force for this batch; held from filling until settled */

    uint8_t *records; /* struct record with its text, 16-aligned, one after the other */
    size_t records_used, records_cap, record_count;
    struct record_order newest; /* of the record added last */
    bool disordered;            /* a record came behind one of a later order */
    struct worker_counters counters;
};

struct batch *batch_new(unsigned worker);
void batch_free(struct batch *b);
/* Empties it; room for records is kept up to a few MiB, so that one burst does not stay for ever.
 */
void batch_reset(struct batch *b);
/* Appends a record with n bytes behind it (copied). Returns it, valid until the next call. */
struct record *batch_add_record(struct batch *b, enum record_kind kind, struct record_order order,
                                struct bytes body);
/* Appends extra to the record that was added last; returns it, valid until the next call. */
struct record *batch_add_extra(struct batch *b, struct record *last, struct bytes extra);
/* Puts the records in order; those of equal order stay as they came. */
void batch_put_in_order(struct batch *b);
static inline bool record_order_before(const struct record_order *a, const struct record_order *b)
{
    return a->packet != b->packet ? a->packet < b->packet : a->tie < b->tie;
}
static inline struct bytes record_body(const struct record *r)
{
    return bytes_of(r + 1, r->text_len);
}
static inline struct bytes record_extra(const struct record *r)
{
    return bytes_of((const uint8_t *)(r + 1) + r->text_len, r->extra_len);
}

/* Bytes from one record to the next. */
static inline size_t record_stride(const struct record *r)
{
    return (sizeof *r + r->text_len + r->extra_len + 15) & ~(size_t)15;
}

/* A FIFO between threads; one lock a batch, none a packet. */
struct batch_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct batch *first, **tail;
    bool closed;
};
void batch_queue_init(struct batch_queue *q);
void batch_queue_release(struct batch_queue *q); /* frees what is left in it */
void batch_queue_push(struct batch_queue *q, struct batch *b);
/* Those from first to last, linked by next, with one wake-up. */
void batch_queue_push_all(struct batch_queue *q, struct batch *first, struct batch *last);
/* Waits; NULL when closed and empty, or once timeout_ms (0: none) passed. */
struct batch *batch_queue_pop(struct batch_queue *q, unsigned timeout_ms);
void batch_queue_close(struct batch_queue *q);
bool batch_queue_is_done(struct batch_queue *q); /* closed and empty */

#endif
