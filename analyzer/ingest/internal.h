/* analyzer/ingest/internal.h - what consumer.c, batch.c and trim.c share. */
#ifndef INGEST_INTERNAL_H
#define INGEST_INTERNAL_H
#include "analyzer/ingest/consumer.h"

struct stream {
    char key[STREAM_KEY_MAX], dead_key[STREAM_KEY_MAX];
    const char *org;
    enum record_kind kind;
    bool touched; /* acknowledged since the last trim */
    bool broken;  /* not a stream, or not ours to read: left out until the next connection */
    uint64_t length, waiting;
    bool changed; /* these two, since they were noted in the store */
};

/* One entry to acknowledge once its transaction is committed; points into the replies of the batch.
 */
struct done {
    struct stream *stream;
    struct bytes id;
    const char *dead_reason; /* NULL: archived */
    struct bytes body;
};

/* The highest number of a sensor's run that was handled: what is above needs no look-up. */
#define WATERMARKS_MAX 256
struct watermark {
    char sensor[SENSOR_ID_MAX];
    uint64_t epoch, max_seq;
};

struct ingest {
    struct ingest_options o;
    struct redis *redis;
    struct stream *streams;
    size_t stream_count, readable;
    struct done *done;
    size_t done_count, done_cap;
    struct watermark watermarks[WATERMARKS_MAX]; /* of committed and this transaction's records */
    size_t watermark_count;
    size_t batch_bytes; /* of the batch under way */
    unsigned count;     /* entries asked for, per stream */
    uint64_t trim_at_us, claim_at_us, logged_us;
    bool refused; /* an acknowledgement was: its entries wait in our pending list */
    struct err last_error;
    int stop_fd;
    atomic_bool stop;
    struct ingest_counters counters;
};

/* Archives the entries of one stream: an array of [id, [field, value, ...]]. */
int batch_stream(struct ingest *in, struct stream *s, const redisReply *entries, uint64_t now_us,
                 struct err *err);
/* Acknowledges what is done, with dead letters; 0, or -1 (connection lost) and err. */
int batch_acknowledge(struct ingest *in, struct err *err);

/* Trims every touched stream and notes lengths; 0, or -1 (connection lost) and err. */
int trim_streams(struct ingest *in, uint64_t now_us, struct err *err);

#endif
