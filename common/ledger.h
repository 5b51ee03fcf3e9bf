/* common/ledger.h - a sensor's own book of what it generated, kept in its spool directory.
 *
 * One file, `ledger`: for each epoch that may still matter what was numbered, what Redis confirmed,
 * what waits, what was shed and why. The sensor writes it, `sekisho account` and the analyzer
 * (through the stats stream) read the same object.
 *
 * The file holds two slots of LEDGER_SLOT_BYTES, written in turn and each with its checksum, so
 * that one is whole whenever the writer dies, and so that a full disk cannot stop it: the space is
 * taken when the file is made. It may be behind the segments (common/segment.h) by what was
 * appended since it was written; ledger_read() counts that too.
 *
 * For every epoch: generated = sent + spooled + shed_spool_full + shed_spool_error. */
#ifndef COMMON_LEDGER_H
#define COMMON_LEDGER_H
#include "common/bytes.h"
#include "common/err.h"
#include "common/json.h"

#define LEDGER_EPOCHS_MAX 64
#define LEDGER_FILE       "ledger"
#define LEDGER_SLOT_BYTES 32768

struct ledger_epoch {
    uint64_t epoch, generated, sent, spooled;
    uint64_t shed_spool_full, shed_spool_error;
};
struct ledger {
    char sensor[64];
    uint64_t mark_segment, mark_offset;            /* Redis confirmed every record before it */
    struct ledger_epoch epochs[LEDGER_EPOCHS_MAX]; /* newest last */
    unsigned count;
};
/* {"sensor":"...","mark":{"segment":..,"offset":..},"epochs":[{"epoch":..,"generated":..,"sent":..,
 * "spooled":..,"shed":{"spool_full":..,"spool_error":..}}]}; no mark before the first segment. */
void ledger_json(const struct ledger *l, struct json *j);
int ledger_parse(struct bytes text, struct ledger *out, struct err *err);
/* Reads DIR/ledger and brings it up to date from the spool's segments (a crash may have left it
 * behind), also while a sensor is at work there. 0 or -1. */
int ledger_read(const char *spool_dir, struct ledger *out, struct err *err);

/* The epoch's line, added at the end when it is new; NULL when there is no room for one more. */
struct ledger_epoch *ledger_epoch(struct ledger *l, uint64_t epoch);

/* ---- for the sensor, which writes it ---- */

/* One slot's content: the object and a newline, then its generation and checksum. Returns its
 * length. */
size_t ledger_slot_write(const struct ledger *l, uint64_t generation, char out[LEDGER_SLOT_BYTES]);
bool ledger_slot_read(struct bytes slot, struct ledger *out, uint64_t *generation);
/* The newer whole slot of DIR/ledger, as it stands. 0; 1 when there is no such file; -1. */
int ledger_file_read(const char *spool_dir, struct ledger *out, uint64_t *generation,
                     struct err *err);

/* What one segment still holds after the mark. bytes is where its last whole record ends; epoch 0
 * means that its header is missing or damaged. */
struct ledger_segment {
    uint64_t number, epoch, records, bytes;
};
typedef void ledger_segment_fn(void *ctx, const struct ledger_segment *s);
/* Counts the records after the mark into l and calls back for each segment, oldest first
 * (on_segment may be NULL). 0; 1 when a segment vanished under it (confirmed meanwhile: read the
 * file again); -1. */
int ledger_scan(const char *spool_dir, struct ledger *l, ledger_segment_fn *on_segment, void *ctx,
                struct err *err);
#endif
