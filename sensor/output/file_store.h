/* sensor/output/file_store.h - files seen in transit, kept under their SHA-256.
 *
 * DIR/aa/aabb... is a file, DIR/tmp holds what is not complete yet. What is there already is not
 * written twice, and once the quota is reached nothing more is taken: the oldest evidence is not
 * thrown away for newer. One thread, the collector's, calls these. */
#ifndef OUTPUT_FILE_STORE_H
#define OUTPUT_FILE_STORE_H
#include "common/bytes.h"
#include "common/err.h"

struct file_store_options {
    const char *dir;
    uint64_t quota_bytes;
};
struct file_store_counters {
    uint64_t stored, duplicates, discarded, over_quota, failed, bytes; /* bytes: now there */
};

struct file_store;
/* Makes the folders and counts what is there. NULL and err. */
struct file_store *file_store_open(const struct file_store_options *o, struct err *err);
void file_store_close(struct file_store *s); /* what is not complete goes; s may be NULL */

/* Bytes of the file called id: the first ones, or later ones. An error gives the file up. */
void file_store_begin(struct file_store *s, uint64_t id, struct bytes data);
void file_store_data(struct file_store *s, uint64_t id, struct bytes data);
/* It is over; sha256: in hex, empty when it is not to be kept. */
void file_store_end(struct file_store *s, uint64_t id, struct bytes sha256);

const struct file_store_counters *file_store_counters(const struct file_store *s);

#endif
