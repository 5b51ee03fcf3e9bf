/* common/ledger.h - a sensor's own book of what it generated, kept in its spool directory.
 *
 * One file, `ledger`, replaced whole: for each epoch that may still matter what was numbered, what
 * Redis confirmed, what waits, what was shed and why. The sensor writes it, `sekisho account` and
 * the analyzer (through the stats stream) read the same object. */
#ifndef COMMON_LEDGER_H
#define COMMON_LEDGER_H
#include "common/bytes.h"
#include "common/err.h"
#include "common/json.h"

#define LEDGER_EPOCHS_MAX 64
struct ledger_epoch {
    uint64_t epoch, generated, sent, spooled;
    uint64_t shed_spool_full, shed_spool_error;
};
struct ledger {
    char sensor[64];
    struct ledger_epoch epochs[LEDGER_EPOCHS_MAX]; /* newest last */
    unsigned count;
};
/* {"sensor":"...","epochs":[{"epoch":..,"generated":..,"sent":..,"spooled":..,"shed":{...}}]} */
void ledger_json(const struct ledger *l, struct json *j);
int ledger_parse(struct bytes text, struct ledger *out, struct err *err);
/* Reads DIR/ledger and brings it up to date from the spool's segments (a crash may have left it
 * behind). 0 or -1. */
int ledger_read(const char *spool_dir, struct ledger *out, struct err *err);
#endif
