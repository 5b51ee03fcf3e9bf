/* sensor/output/output.h - records leave the sensor: eve.json, spool, Redis.
 *
 * One thread (the collector's) writes; the sender has a thread of its own that reads the spool and
 * talks to Redis. A record for the wire is numbered and appended to the spool before anything else
 * can lose it; the spool is trimmed only after Redis confirmed. */
#ifndef OUTPUT_OUTPUT_H
#define OUTPUT_OUTPUT_H
#include "common/alert.h"
#include "common/err.h"
#include "common/json.h"
#include "common/ledger.h"

/* ---- eve.json ---- */
struct eve_file;
/* dir/eve.json, created or appended to. NULL and err. */
struct eve_file *eve_file_open(const char *dir, struct err *err);
/* One line without its newline. Buffered; a write that fails (disk full) is counted, said once on
 * standard error, and tried again with the next line. */
void eve_file_write(struct eve_file *e, struct bytes line);
void eve_file_flush(struct eve_file *e);
void eve_file_reopen(struct eve_file *e);         /* SIGHUP: after rotation */
uint64_t eve_file_lost(const struct eve_file *e); /* lines lost */
int eve_file_close(struct eve_file *e);           /* -1 when lines were lost */

/* ---- the wire ---- */
enum shed_reason { SHED_SPOOL_FULL, SHED_SPOOL_ERROR, SHED_REASONS };
const char *shed_reason_name(enum shed_reason r);

struct wire_options {
    const char *spool_dir;
    uint64_t spool_cap_bytes; /* 0 means 1 GiB; spool.h says what is shed when it fills */
    const char *sensor, *centre;
    bool drill;
    const char *redis_address, *redis_user, *redis_password_file; /* address NULL: spool only */
    uint32_t batch; /* entries in flight; 0 means 256 */
};
struct wire;
/* Opens (and repairs) the spool, takes the lock of the directory, starts a new epoch and the sender
 * thread. Redis need not be there. NULL and err. */
struct wire *wire_open(const struct wire_options *o, struct err *err);
/* Stamps `line` (a JSON object text with its final brace) with the "sekisho" object - id, org,
 * sensor, epoch, seq, centre, drill, and what extra holds (members without braces, may be empty) -
 * and appends it to the spool for the org's stream. severity 1..4 decides what is shed first; 0 is
 * never shed before alerts (stats). stamped receives the whole line for eve.json (valid until the
 * next call); it is stamped even when shed. Returns false when shed. */
enum wire_stream { WIRE_ALERTS, WIRE_STATS };
bool wire_put(struct wire *w, enum wire_stream stream, const char *org, unsigned severity,
              struct bytes line, struct bytes extra, struct bytes *stamped);
/* Writes what was put, so that it survives the process, and wakes the sender. Comes before
 * eve_file_flush(), so that eve.json never shows a number the spool does not know. */
void wire_flush(struct wire *w);

/* generated = sent + spooled + sum(shed), this epoch; older epochs still in the spool are apart. */
struct wire_counters {
    uint64_t epoch, generated, sent, spooled, shed[SHED_REASONS];
    uint64_t older_spooled, reconnects, spool_bytes;
    bool connected;
    char last_error[256];
};
void wire_counters(struct wire *w, struct wire_counters *out);
/* The same for every epoch the ledger holds: the object of the stats stream (common/ledger.h). */
void wire_ledger(struct wire *w, struct ledger *out);
/* Waits until all is confirmed by Redis or timeout_ms passed. True when the spool is empty. */
bool wire_drain(struct wire *w, unsigned timeout_ms);
void wire_close(struct wire *w);
#endif
