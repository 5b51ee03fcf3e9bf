/* sensor/detect/tx_state.h - what detection keeps with a transaction, by direction. */
#ifndef DETECT_TX_STATE_H
#define DETECT_TX_STATE_H

#include "sensor/detect/worker_state.h"

/* The state of one direction, made with the first call; rules have the numbers of the rule set in
 * force. It goes back with detect_tx_free(). */
struct tx_detect *tx_state_of(struct detect *d, struct app_tx *tx, enum direction dir);

/* The rule's, or NULL. Valid until the next tx_state_keep(). */
struct tx_partial *tx_state_find(const struct tx_detect *t, uint32_t rule);
void tx_state_keep(struct tx_detect *t, const struct tx_partial *kept);

/* What the rule says of files is to be found again. */
void tx_state_forget_files(const struct signature *s, struct tx_partial *p);

/* With another file, what was decided by those before is open again. True when files opened, closed
 * or were typed since the last call. */
bool tx_state_note_files(const struct detect *d, struct tx_detect *t, const struct app_tx *tx,
                         enum direction dir);

/* Bytes of an instance of a growing buffer that a matcher was through with; NULL: not kept. */
size_t *tx_state_scanned(struct tx_detect *t, size_t matcher, unsigned instance);

/* What was looked at is something else by now: only rules that have raised something stay so. */
void tx_state_note_revision(struct tx_detect *t, uint32_t revised);

#endif
