/* analyzer/store/store.h - what the centre keeps: one SQLite database behind these functions.
 *
 * DIR/sekisho.db holds the alert archive, its roll-ups, incidents, notices, sensor health, dead
 * letters and correlation state, in WAL mode: readers never wait for the writer. All SQL stays in
 * this folder. Times are microseconds since 1970-01-01 UTC; strings handed to callbacks are valid
 * for the call, NUL-terminated, never NULL. A handle may be used by several threads (calls take
 * turns); give busy threads their own. */
#ifndef STORE_STORE_H
#define STORE_STORE_H
#include "common/bytes.h"
#include "common/err.h"
#include "common/json.h"

#define STORE_FILE "sekisho.db"

struct store;

enum store_mode {
    STORE_WRITER, /* makes directory, file and schema when missing */
    STORE_READER, /* refuses a missing file; may not write */
};

/* NULL and err: no directory, no permission, not a database, made by a newer version. */
struct store *store_open(const char *dir, enum store_mode mode, struct err *err);
void store_close(struct store *s); /* rolls back what is open; NULL is fine */

/* One transaction. Writes outside of one commit by themselves. The calling thread keeps the handle
 * to itself from begin to commit or rollback. 0, or -1 and err (disk full, locked for 10 s). */
int store_begin(struct store *s, struct err *err);
int store_commit(struct store *s, struct err *err);
void store_rollback(struct store *s);

/* Which organisations a reader may see. count 0: all. At most STORE_SCOPE_MAX are looked at. */
#define STORE_SCOPE_MAX 256
struct store_scope {
    const char *const *orgs;
    size_t count;
};

/* Exercises are kept apart from real records unless a reader asks for both. */
enum store_drill { STORE_REAL, STORE_DRILL, STORE_REAL_AND_DRILL };

#endif
