/* sensor/app/protocols/smb_state.h - what the SMB parser's files share: smb*.c only.
 *
 * smb.c frames; smb1.c and smb2.c read messages into transactions (smb_tx.c); smb_file.c follows
 * what is read and written, smb_pipe.c and smb_call.c the DCE/RPC inside, smb_auth.c who logs in.
 * What becomes a transaction, and how it is written, is as in Suricata 7. */
#ifndef APP_SMB_STATE_H
#define APP_SMB_STATE_H
#include "sensor/app/file.h"
#include "sensor/app/protocols/dcerpc.h"
#include "sensor/app/protocols/pieces.h"

#define SMB_ASKED    1 /* a share: whether it is a pipe is not known yet */
#define SMB_DONE     2
#define SMB_TEXT_MAX 2048 /* kept of a name */
#define SMB_MAGIC    4    /* bytes of a message's magic */
/* Most of one message that is read at once; file data is not part of it. */
#define SMB_RECORD_MAX (128u << 10)
/* Longest session request, keep-alive and the like: a longer one is none. */
#define SMB_NBSS_MAX 256u
/* Most that one read or write may ask for, as in Suricata. */
#define SMB_TRANSFER_MAX (16u << 20)
/* Bytes after which a message with file data can be recognised as such. */
#define SMB_HEAD_BYTES 512u

enum smb_event {
    SMB_INTERNAL_ERROR,
    SMB_MALFORMED_DATA,
    SMB_RECORD_OVERFLOW,
    SMB_MALFORMED_NTLMSSP_REQUEST,
    SMB_MALFORMED_NTLMSSP_RESPONSE,
    SMB_DUPLICATE_NEGOTIATE,
    SMB_NEGOTIATE_MALFORMED_DIALECTS,
    SMB_FILE_OVERLAP,
    SMB_REQUEST_TO_CLIENT,
    SMB_RESPONSE_TO_SERVER,
    SMB_NEGOTIATE_MAX_READ_SIZE_TOO_LARGE,
    SMB_NEGOTIATE_MAX_WRITE_SIZE_TOO_LARGE,
    SMB_READ_REQUEST_TOO_LARGE,
    SMB_READ_RESPONSE_TOO_LARGE,
    SMB_READ_QUEUE_SIZE_EXCEEDED,
    SMB_READ_QUEUE_CNT_EXCEEDED,
    SMB_WRITE_REQUEST_TOO_LARGE,
    SMB_WRITE_QUEUE_SIZE_EXCEEDED,
    SMB_WRITE_QUEUE_CNT_EXCEEDED,
    SMB_UNUSUAL_NTLMSSP_ORDER,
    SMB_TOO_MANY_TRANSACTIONS,
    SMB_EVENT_COUNT
};

enum smb_status {
    SMB_SUCCESS = 0,
    SMB_PENDING = 0x103,
    SMB_BUFFER_OVERFLOW = 0x80000005u,
    SMB_END_OF_FILE = 0xc0000011u,
};

/* A file as the peers call it: 16 bytes with SMB 2, with SMB 1 the FID and the session. */
struct smb_fuid {
    uint8_t len, b[16];
};

/* One message, SMB 1 or 2, with what both have in common. */
struct smb_message {
    uint8_t version;
    bool response, dos_error, unicode;
    bool chained;         /* other messages or commands follow, maybe behind its data */
    bool related;         /* goes on with what the one before it in its chain did */
    struct smb_fuid file; /* which that was, with SMB 2; empty when it opened none */
    uint16_t command;
    uint32_t status, tree;
    uint64_t session, id;
    struct bytes bytes; /* from its magic on, as far as it is there */
    uint64_t missing;   /* bytes of it that are still to come */
};

static inline uint64_t smb_le64(struct cursor *c)
{
    uint64_t low = cursor_le32(c);
    return low | (uint64_t)cursor_le32(c) << 32;
}

/* ---- transactions ---- */

enum smb_kind {
    SMB_GENERIC,
    SMB_DAMAGE, /* carries an event, has no record */
    SMB_NEGOTIATE,
    SMB_SESSION_SETUP,
    SMB_TREE_CONNECT,
    SMB_CREATE,
    SMB_FILE,
    SMB_RENAME,
    SMB_SET_INFO,
    SMB_IOCTL,
    SMB_DCERPC,
};

/* What a transaction is found by; keys of different kinds never match. */
enum smb_key_kind { SMB_KEY_NONE, SMB_KEY_GENERIC, SMB_KEY_HEADER, SMB_KEY_TREE };
struct smb_key {
    uint8_t kind;
    uint64_t session, id;
};

/* Texts of a transaction; what they are depends on its kind. */
enum smb_text {
    SMB_NAME,  /* file, or what it was called before; dialects, each with a NUL */
    SMB_SHARE, /* share; of a rename: the new name */
    SMB_USER,
    SMB_DOMAIN,
    SMB_HOST,
    SMB_REALM,
    SMB_SNAMES, /* each with a NUL */
    SMB_REQUEST_OS,
    SMB_REQUEST_LM,
    SMB_RESPONSE_OS,
    SMB_RESPONSE_LM,
    SMB_TEXTS,
    SMB_REQUEST_SERVICE = SMB_REQUEST_OS,
    SMB_RESPONSE_SERVICE = SMB_RESPONSE_OS,
};

struct smb_ntlm_version {
    uint8_t major, minor, revision;
    uint16_t build;
};

/* A pipe that carries DCE/RPC; kept by the flow and by every call on it. */
struct smb_pipe {
    struct smb_pipe *next; /* of the flow, latest used first */
    struct smb_fuid fuid;
    unsigned users;
    struct dce_interfaces bound;
    struct app_text part[2]; /* the start of a PDU, by direction */
};

struct smb_tx {
    struct app_tx tx;
    struct smb_state *state;
    struct smb_pipe *pipe; /* of a call */
    struct smb_key key;
    uint8_t kind, version;
    uint16_t command;
    uint32_t status, tree;
    uint64_t session;
    bool has_status, dos_error;
    struct app_text text[SMB_TEXTS];
    struct smb_fuid fuid;
    union {
        struct {
            uint8_t client_guid[16], server_guid[16];
            bool has_client_guid, has_server_guid;
        } negotiate;
        struct {
            bool has_ntlmssp, has_version, has_ticket, has_request_host, has_response_host;
            struct smb_ntlm_version version;
        } setup;
        struct {
            bool is_pipe;
            uint8_t type;
            bool has_response_service;
        } tree_connect;
        struct {
            uint32_t disposition;
            bool delete_on_close, directory;
            uint32_t times[4]; /* created, accessed, modified, changed */
            uint64_t size;
        } create;
        struct {
            uint16_t subcommand, level;
            bool delete_on_close;
        } set_info;
        struct {
            enum direction dir;
            struct pieces pieces;
        } file;
        uint32_t function;
        struct dcerpc_call call;
    } u;
};

/* ---- a flow ---- */

/* What requests leave for their answers and for later requests. */
enum smb_memo_kind {
    SMB_MEMO_NAME = 1, /* session, id: a file that is being opened */
    SMB_MEMO_FILE,     /* fuid: its name */
    SMB_MEMO_READ,     /* session, id: fuid, offset and tree */
    SMB_MEMO_FUID,     /* session, id: fuid */
    SMB_MEMO_TREE,     /* session, tree: share, and whether it is a pipe */
    SMB_MEMO_ALIAS,    /* fuid that stood for a file not opened yet: its fuid */
};
struct smb_memo_key {
    uint64_t session, id;
    uint32_t tree;
    uint8_t kind;
    struct smb_fuid fuid;
    uint8_t zero[2];
};
struct smb_memo {
    struct smb_memo *next; /* newest first */
    struct smb_memo_key key;
    struct app_text text;
    uint64_t offset;
    struct smb_fuid fuid;
    uint32_t tree;
    bool is_pipe;
};
#define SMB_MEMO_BUCKETS 256
#define SMB_MEMO_PER     8 /* kept in a bucket; the oldest goes */

struct smb_side {
    struct app_text held;     /* the start of a message, with its NetBIOS header */
    uint64_t pad, file, skip; /* bytes to come: before file data, file data, after it */
    struct smb_tx *tx;        /* which the file data belongs to */
    uint64_t offset;          /* in the file, of the next byte */
    bool lost;                /* looking for the next message */
    bool begun;
};

struct smb_state {
    struct app *app;
    const struct app_input *in; /* being fed */
    size_t behind;              /* bytes of it that follow those being looked at */
    struct app_flow *flow;
    uint64_t ts_us; /* of the bytes being read */
    struct smb_side sides[2];
    uint64_t doubtful;            /* txs below this id may have lost their answer in a gap */
    uint16_t dialect;             /* SMB 2; 0: not known or SMB 1 */
    struct app_text dialect_name; /* SMB 1 */
    uint32_t max_read_size, max_write_size;
    struct smb_pipe *pipes;
    struct smb_memo *memos[SMB_MEMO_BUCKETS];
};

/* smb_tx.c */
struct smb_tx *smb_tx_new(struct smb_state *s, const struct smb_message *m, enum smb_kind kind,
                          enum smb_key_kind key);
void smb_tx_done(struct smb_tx *t, enum direction dir);
/* Those with an id below end wait no longer for what comes in dir; files do. */
void smb_tx_give_up(struct smb_state *s, uint64_t end, enum direction dir);
void smb_tx_answer(struct smb_tx *t,
                   const struct smb_message *m); /* status; done unless it is interim */
void smb_tx_status(struct smb_tx *t, const struct smb_message *m);
void smb_tx_free(struct app *a, struct app_tx *tx);
struct smb_tx *smb_tx_find(struct smb_state *s, const struct smb_message *m, enum smb_key_kind key);
struct smb_tx *smb_tx_find_kind(struct smb_state *s, enum smb_kind kind, enum smb_key_kind key,
                                uint64_t session, uint64_t id);
/* On the latest transaction, or on one made for it. */
void smb_event(struct smb_state *s, enum smb_event event);
void smb_set_text(struct smb_tx *t, enum smb_text which, struct bytes value);
void smb_set_utf16(struct smb_tx *t, enum smb_text which, struct bytes value);
struct bytes smb_text(const struct smb_tx *t, enum smb_text which);

/* smb_memo.c */
struct smb_memo *smb_memo_put(struct smb_state *s, const struct smb_memo_key *key);
struct smb_memo *smb_memo_find(struct smb_state *s, const struct smb_memo_key *key);
void smb_memo_drop(struct smb_state *s, const struct smb_memo_key *key);
void smb_memo_release(struct smb_state *s);
struct smb_memo_key smb_key_message(const struct smb_message *m, enum smb_memo_kind kind);
struct smb_memo_key smb_key_tree(const struct smb_message *m);
struct smb_memo_key smb_key_file(const struct smb_fuid *f);
/* The name of a file that was opened, or `otherwise`. */
struct bytes smb_file_name(struct smb_state *s, const struct smb_fuid *f, const char *otherwise);

/* What an answer says of the file it opened. */
struct smb_opened {
    struct smb_fuid file;
    uint32_t times[4]; /* seconds since 1970: creation, access, write, change */
    uint64_t size;     /* to its end */
};
/* The times, and the size that follows `between` bytes behind them. */
void smb_take_opened(struct cursor *c, size_t between, struct smb_opened *out);
/* m answers a request to open a file: from now on that has the name that was asked for. The
 * request's tx, with what is known now; NULL when it is gone. */
struct smb_tx *smb_opened(struct smb_state *s, const struct smb_message *m,
                          const struct smb_opened *o);

/* smb_file.c: data of a file begins in m at `at`; len bytes of it are announced. */
#define SMB_AT_END UINT64_MAX
struct smb_transfer {
    struct smb_fuid fuid;
    uint64_t offset; /* SMB_AT_END: behind what is there */
    size_t at;
    uint64_t len;
    const char *unnamed; /* what a file is called whose opening was not seen */
};
void smb_transfer(struct smb_state *s, const struct smb_message *m, enum direction dir,
                  const struct smb_transfer *x);
/* Bytes of the transfer that goes on; and n bytes that are missing. */
void smb_transfer_data(struct smb_state *s, enum direction dir, struct bytes data);
void smb_transfer_gap(struct smb_state *s, enum direction dir, uint64_t n);
/* It was read to its end, as m says; and it was closed. */
/* What was called `before` is `f`, now that it is open. */
void smb_file_renamed(struct smb_state *s, const struct smb_fuid *before, const struct smb_fuid *f);
void smb_file_end(struct smb_state *s, const struct smb_fuid *f, const struct smb_message *m);
void smb_file_close(struct smb_state *s, const struct smb_fuid *f, enum direction dir);

/* smb_pipe.c: what is written to or read from a pipe is DCE/RPC by the pipe's name, or when it
 * begins like that. */
bool smb_pipe_carries_dce(struct smb_state *s, const struct smb_fuid *f, struct bytes data);
/* The share of a message is a pipe; a tree nobody saw connected becomes one when data looks like
 * DCE/RPC. */
bool smb_is_pipe(struct smb_state *s, const struct smb_message *m, const struct smb_fuid *f,
                 struct bytes data);
void smb_pipe_take(struct smb_state *s, const struct smb_message *m, enum direction dir,
                   const struct smb_fuid *f, struct bytes data);
void smb_pipe_close(struct smb_state *s, const struct smb_fuid *f);
void smb_pipes_release(struct smb_state *s);
struct smb_pipe *smb_pipe_keep(struct smb_pipe *p);
void smb_pipe_let_go(struct app *a, struct smb_pipe *p); /* p may be NULL */

/* smb_call.c: one PDU of a pipe. */
void smb_call_take(struct smb_state *s, const struct smb_message *m, struct smb_pipe *pipe,
                   enum direction dir, const struct dce_pdu *p);

/* smb_auth.c */
void smb_read_auth(struct smb_tx *t, struct bytes blob);

/* smb1.c, smb2.c: one message; smb2: one NetBIOS payload, which may chain several. Nothing is
 * returned: what is damaged raises an event. */
bool smb1_read(struct smb_message *m, struct bytes payload, uint64_t missing);
bool smb2_read(struct smb_message *m, struct bytes payload, uint64_t missing, size_t *next);
/* Answers that come late do not say of which tree they are: that of the read they answer, if it is
 * a share; what comes late out of a pipe is shown as a file, as in Suricata. */
void smb2_find_tree(struct smb_state *s, struct smb_message *m);
void smb2_relate(struct smb_message *m, const struct smb_message *before);
void smb1_take(struct smb_state *s, enum direction dir, const struct smb_message *m);
void smb2_take(struct smb_state *s, enum direction dir, const struct smb_message *m);
/* Does m carry file data that may be handed over as it comes? */
bool smb1_streams(struct smb_state *s, enum direction dir, const struct smb_message *m);
bool smb2_streams(struct smb_state *s, enum direction dir, const struct smb_message *m);

/* smb_names.c, smb_status.c */
struct smb_name {
    uint32_t value;
    const char *text;
};
/* Rows are ordered by value; NULL: no name. */
const char *smb_name_find(const struct smb_name *rows, size_t count, uint32_t value);
const char *smb1_command_name(uint16_t command);
const char *smb2_command_name(uint16_t command);
const char *smb2_dialect_name(uint16_t dialect);
const char *smb_status_name(uint32_t status);
const char *smb_fsctl_name(uint32_t function);

/* smb_probe.c, smb_log.c */
enum app_result smb_probe(const struct app_endpoints *e, enum direction dir, struct bytes data);
bool smb_is_reversed(const struct app_endpoints *e, struct bytes data);
/* Is this the first byte of a NetBIOS message that carries none of SMB? */
bool smb_is_nbss_control(uint8_t type);
/* Where a NetBIOS header with a message behind it begins, or -1. */
ptrdiff_t smb_find_record(struct bytes data);
extern const struct app_buffer smb_buffers[];
extern const struct app_shape smb_shapes[];
void smb_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void smb_alert_json(const struct app_tx *tx, struct json *j);

#endif
