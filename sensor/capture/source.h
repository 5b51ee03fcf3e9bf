/* sensor/capture/source.h - the bytes of a capture file, unpacked when it is gzip.
 *
 * Read in large pieces and never mapped: a file that shrinks under us then is an error line, not a
 * SIGBUS. */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H
#include "common/bytes.h"
#include "common/err.h"

struct source;

/* NULL and err when it cannot be opened or is no regular file or pipe. */
struct source *source_open(const char *path, struct err *err);
void source_close(struct source *s);

/* At least `want` bytes from the current position, fewer only at the end or after a failure; often
 * more. want is at most SOURCE_PEEK_MAX. Valid until the next call; what was there when
 * source_turned() was called last, until a call after the next one that says so. */
#define SOURCE_PEEK_MAX ((1u << 20) + 64)
struct bytes source_peek(struct source *s, size_t want);

/* Whether the bytes stand in another piece of memory than at the last call; there are two. */
bool source_turned(struct source *s);

/* Moves on by n bytes; false when the end comes first. */
bool source_skip(struct source *s, uint64_t n);

/* Position of the next byte, counted in the unpacked data. */
uint64_t source_offset(const struct source *s);

/* Says why no more bytes came: a failure to read or unpack when there was one, else that the file
 * is cut off. `what` names what was being read. CAPTURE_ERROR, or CAPTURE_CUT. */
int source_explain(const struct source *s, const char *what, struct err *err);
/* "file.pcap: byte 1234: " and the message. Always -1. */
int source_fail(const struct source *s, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* True when reading failed, so that what looks like the end is none. */
bool source_has_failed(const struct source *s);

#endif
