/* analyzer/account/books.h - where every record of every sensor run is, from all places that know.
 *
 * Places are read in the order records travel: spool, Redis, archive. What moves on meanwhile is
 * seen twice, never missed, and counts at the farthest place only; what is numbered later than the
 * spool's ledger was read is left out. So the equation holds while everything runs. */
#ifndef ACCOUNT_BOOKS_H
#define ACCOUNT_BOOKS_H
#include "analyzer/store/sensors.h"
#include "common/alert.h"
#include "common/redis.h"

/* One run of a sensor. */
struct run {
    char sensor[SENSOR_ID_MAX];
    uint64_t epoch;
    bool spool_read; /* its spool directory was: generated, shed and spooled are exact */
    bool reported;   /* or its last statistics tell */
    uint64_t generated;
    uint64_t shed_full, shed_error, sent; /* sent: confirmed by Redis when last told */
    uint64_t in_spool, in_redis;
    struct arrivals arrived;
    uint64_t seen, inspected, ignored, dropped; /* packets; seen 0: not told */
    char *packets;                              /* JSON text with the ignored reasons, or NULL */
};

struct sighting {
    uint32_t run;
    uint32_t place; /* greater is farther */
    uint64_t seq;
};

struct books {
    struct run *runs;
    size_t run_count, run_cap;
    struct sighting *sightings; /* in spools and in Redis */
    size_t sighting_count, sighting_cap;
    uint64_t unstamped; /* entries in Redis that name no record */
    bool redis_read, store_read;
};

/* Each adds what its place knows; -1 and err when the place cannot be read, the rest stays. Call in
 * this order, then books_close. */
int books_read_spool(struct books *b, const char *dir, struct err *err);
int books_read_redis(struct books *b, const struct redis_options *o, struct err *err);
int books_read_store(struct books *b, const char *dir, struct err *err);
/* Counts each record once. */
void books_close(struct books *b, const char *data_dir);
void books_release(struct books *b);

/* generated minus everything that is accounted for: 0 when balanced. */
int64_t run_missing(const struct run *r);
int64_t run_packets_missing(const struct run *r);

#endif
