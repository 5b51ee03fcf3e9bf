/* sensor/app/file.h - files in transit: one transfer in one direction of a tx.
 *
 * A parser opens a file on its tx, hands over its bytes in order and closes it; the core counts,
 * digests and types it, keeps its beginning for rules, and writes the fileinfo record when it is
 * over. Files die with their tx. Field names and states are Suricata's (fileinfo of EVE). */
#ifndef APP_FILE_H
#define APP_FILE_H
#include "sensor/app/parser.h"

enum app_digest { APP_MD5 = 1 << 0, APP_SHA1 = 1 << 1, APP_SHA256 = 1 << 2 };
enum app_file_state { APP_FILE_OPEN, APP_FILE_CLOSED, APP_FILE_TRUNCATED, APP_FILE_ERROR };

/* Longest name kept, as in Suricata. */
#define APP_FILE_NAME_MAX 4096
/* Files beyond so many on one direction of a tx are counted, not followed. */
#define APP_FILES_MAX 128

struct app_file {
    struct app_file *next;
    struct app_text name;    /* as the protocol says it, may be empty */
    struct app_text content; /* its first bytes, when kept */
    struct app_text magic;   /* libmagic's text; empty when not asked for or not closed yet */
    uint64_t size;           /* bytes, missing ones too */
    uint64_t missing;
    bool gaps;   /* some were missing */
    bool ranged; /* part of a larger one: first and last byte, counted from 0 */
    uint64_t range_start, range_end;
    uint8_t state; /* enum app_file_state */
    bool keep, logged;
    bool inspected;        /* rules saw how it ended */
    bool types, stores;    /* its type is asked for; it may be stored: as when it began */
    bool typed;            /* magic was settled */
    bool wanted, spilled;  /* to be stored; its bytes went to the store */
    struct app_text held;  /* its bytes while nobody has said whether it is to be stored */
    uint64_t store_id;     /* of the store; 0: none yet */
    bool shared;           /* it outlives flows: its memory is the worker's */
    uint8_t dir;           /* of tx */
    struct app_tx *tx;     /* whose it is; NULL: nobody's yet */
    struct app_flow *flow; /* of tx */
    struct app_file_digests *digests;
};

enum app_file_flag {
    APP_FILE_KEEP = 1 << 0, /* keep content up to app_options.body_cap_bytes, for file.data */
};
/* A new open file of tx, within feed; NULL when the tx has APP_FILES_MAX already. Owned by tx. */
struct app_file *app_file_open(struct app *a, struct app_tx *tx, enum direction dir,
                               struct bytes name, unsigned flags);
/* The next bytes. f may be NULL, here and below: nothing happens. */
void app_file_data(struct app *a, struct app_file *f, struct bytes data);
/* n bytes are missing. They count into size; digests are void, and the file cannot be closed but as
 * truncated. */
void app_file_gap(struct app_file *f, uint64_t n);
/* Nothing more comes. Further calls are ignored. */
void app_file_close(struct app *a, struct app_file *f, enum app_file_state state);

/* A file that several flows bring together, of no tx yet. Call these, and data and close for it,
 * between app_shared_begin and app_shared_end. It ends with app_file_free, or with the tx that
 * adopts it, which is the one that completed it. */
struct app_file *app_file_new_shared(struct app *a, struct bytes name, unsigned flags);
void app_file_free(struct app *a, struct app_file *f);
void app_file_adopt(struct app_tx *tx, enum direction dir, struct app_file *f);

/* Getters for a parser's buffer rows: file.data (needs APP_FILE_KEEP), file.name, file.magic; index
 * runs over the files of the tx in that direction. The last one has no bytes to give. */
app_buffer_get app_file_get_data, app_file_get_name, app_file_get_magic, app_file_get_nothing;
/* file.data that waits for a good part of a file that is still coming, as Suricata's
 * content-inspect-min-size: rules see a file from its start, and few times. */
app_buffer_get app_file_get_good_part;

/* The rows of every protocol with files, beside file.data: how is APP_BUFFER_TO_... of those ways
 * that files go. The last one stands for filesize, filemd5, filestore ... */
#define APP_FILE_ROWS(ID, how)                                                                     \
    APP_BUFFER(ID, "file.name", "", "filename", (how) | APP_BUFFER_MULTI | APP_BUFFER_FILES, 0, 0, \
               app_file_get_name),                                                                 \
        APP_BUFFER(ID, "file.magic", "", "filemagic", (how) | APP_BUFFER_MULTI | APP_BUFFER_FILES, \
                   0, 0, app_file_get_magic),                                                      \
        APP_BUFFER(ID, "files", "", "", (how) | APP_BUFFER_FILES | APP_BUFFER_UNNAMED, 0, 0,       \
                   app_file_get_nothing)

/* Whether all of it is to be followed, however long. */
bool app_file_is_wanted(const struct app *a, const struct app_file *f);

/* Core: their end. */
void app_files_free(struct app *a, struct app_tx *tx);

/* Core, file_keep.c: bytes for the store, and their end. */
void app_file_keep(struct app *a, struct app_file *f, struct bytes data);
void app_file_keep_end(struct app *a, struct app_file *f);
/* As far as is known here: the store may yet be full. */
bool app_file_is_stored(const struct app_file *f);
/* The digest i (MD5, SHA-1, SHA-256), empty while there is none. */
struct bytes app_file_digest(const struct app_file *f, unsigned i);
extern const struct app_shape app_file_shapes[];

#endif
