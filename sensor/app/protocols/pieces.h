/* sensor/app/protocols/pieces.h - a file out of pieces at offsets, which come in any order.
 *
 * What comes before its turn waits, within PIECES_MAX and PIECES_BYTES; bytes seen twice count
 * once: the first ones stay. */
#ifndef APP_PIECES_H
#define APP_PIECES_H
#include "sensor/app/file.h"

#define PIECES_MAX   64
#define PIECES_BYTES (1u << 20)
#define PIECES_END   ((uint64_t)INT64_MAX) /* no file goes on behind it */

struct piece_held;
struct pieces {
    struct app_file *file; /* NULL: it is not followed */
    uint64_t next;         /* offset up to which the file is complete */
    struct piece_held *queue;
    uint32_t queued, queued_bytes;
    bool over; /* closed: further calls are ignored */
};

enum pieces_result { PIECES_OK, PIECES_TOO_MANY, PIECES_TOO_LARGE };
/* Bytes of the file; not kept unless the answer is PIECES_OK. */
enum pieces_result pieces_add(struct app *a, struct pieces *p, uint64_t offset, struct bytes data);
/* What lies before offset will not come. */
void pieces_skip_to(struct app *a, struct pieces *p, uint64_t offset);
/* Nothing more comes; what is missing is a gap. */
void pieces_close(struct app *a, struct pieces *p);
void pieces_release(struct app *a, struct pieces *p); /* not the file, which is its tx's */

#endif
