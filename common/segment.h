/* common/segment.h - the files a spool is made of.
 *
 * A segment is an append-only file "<16 hex digits>.seg" of one epoch: a header, then records. Each
 * record carries a checksum seeded with the segment's number, so that a torn tail, a flipped bit or
 * old content of the disk is never taken for a record. Numbers are little-endian.
 *
 *   header  8 "SKSPOOL1" | 8 number | 8 epoch | 8 XXH64 of these
 *   record  4 payload length | 1 key length | 1 severity | 2 zero | 8 seq
 *           | 8 shed_full | 8 shed_error | 8 XXH64 of key, payload and this header
 *           | key | payload
 *
 * The sensor writes and reads segments; `sekisho account` counts what is in them. */
#ifndef COMMON_SEGMENT_H
#define COMMON_SEGMENT_H
#include "common/bytes.h"
#include "common/err.h"

#define SEGMENT_HEADER_BYTES 32
#define SEGMENT_RECORD_BYTES 40 /* of a record before its key */
#define SEGMENT_PAYLOAD_MAX  (16u << 20)
#define SEGMENT_NAME_MAX     24

struct segment_header {
    uint64_t number, epoch;
};
/* shed_full and shed_error: what the epoch had shed when this record was numbered, so that a crash
 * cannot lose the count. */
struct segment_record {
    uint64_t seq, shed_full, shed_error;
    uint8_t severity;
    struct bytes key, payload;
};

/* File name of a segment, and back; false when name is none. */
void segment_name(uint64_t number, char out[SEGMENT_NAME_MAX]);
bool segment_number(const char *name, uint64_t *number);

void segment_header_write(const struct segment_header *h, uint8_t out[SEGMENT_HEADER_BYTES]);
bool segment_header_read(struct bytes b, struct segment_header *out);

/* Bytes the record takes. Its key is at most 255 bytes, its payload SEGMENT_PAYLOAD_MAX. */
size_t segment_record_size(const struct segment_record *r);
/* out holds segment_record_size(r). */
void segment_record_write(const struct segment_record *r, uint64_t number, uint8_t *out);

enum segment_result {
    SEGMENT_OK,    /* out is filled, *size is what the record takes */
    SEGMENT_SHORT, /* *size bytes are needed to go on */
    SEGMENT_BAD,   /* no record here, nor anything after it */
};
/* Reads the record at the start of b; key and payload are views of b. */
enum segment_result segment_record_read(struct bytes b, uint64_t number, struct segment_record *out,
                                        size_t *size);

/* Reads one segment's records in order through a buffer of its own. */
struct segment_reader {
    struct segment_header header;
    int fd;          /* -1: closed */
    uint64_t offset; /* of the next record */
    uint64_t limit;  /* nothing at or after this offset is read; UINT64_MAX: to the end of file */
    uint8_t *buffer;
    size_t from, to, cap;
};
#define SEGMENT_READER_CLOSED ((struct segment_reader){.fd = -1})
/* Opens DIR/<number>.seg and stands before the record at offset (0: the first). A file whose header
 * is missing (the writer died) or damaged has epoch 0 and no records. 0; 1 when there is no such
 * file; -1 and err when it cannot be opened. */
int segment_reader_open(struct segment_reader *r, const char *dir, uint64_t number, uint64_t offset,
                        struct err *err);
/* The next record, its views valid until the next call. SEGMENT_SHORT: the end, clean or within a
 * torn record (r->offset tells where the last whole one ended). SEGMENT_BAD: damaged or unreadable.
 */
enum segment_result segment_reader_next(struct segment_reader *r, struct segment_record *out);
void segment_reader_close(struct segment_reader *r); /* keeps the buffer for the next segment */
void segment_reader_release(struct segment_reader *r);

/* Numbers of all segments in dir, ascending, in *numbers (owned by the caller). Count, or -1. */
ptrdiff_t segment_list(const char *dir, uint64_t **numbers, struct err *err);

#endif
