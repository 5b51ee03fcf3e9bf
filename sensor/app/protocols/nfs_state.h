/* sensor/app/protocols/nfs_state.h - what the NFS parser's files share: nfs*.c only.
 *
 * nfs.c takes messages off the wire, nfs_rpc.c reads what is RPC of them, nfs_call.c what is NFS 2
 * and 3, nfs_compound.c and nfs_result.c what is NFS 4; nfs_file.c follows what is read and
 * written. A transfer of a file is one transaction, every other call with its reply is one, as in
 * Suricata 7. */
#ifndef APP_NFS_STATE_H
#define APP_NFS_STATE_H
#include "sensor/app/protocols/framed.h"
#include "sensor/app/protocols/pieces.h"

#define NFS_DONE       1
#define NFS_HANDLE_MAX 128 /* RFC 7530; NFS 3 has 64, NFS 2 has 32 */
#define NFS_NAME_MAX   1024
#define NFS_NAMES      512 /* handles whose name is remembered; a newer one takes a slot over */
#define NFS_PENDING    256 /* calls whose reply is waited for; likewise, by xid */

enum nfs_event {
    NFS_MALFORMED_DATA,
    NFS_NON_EXISTING_VERSION,
    NFS_UNSUPPORTED_VERSION,
    NFS_TOO_MANY_TRANSACTIONS,
    NFS_EVENT_COUNT
};

/* NFS 3 (RFC 1813); nfs_call.c turns the numbers of NFS 2 into these. */
enum nfs_procedure {
    NFS_NULL,
    NFS_GETATTR,
    NFS_SETATTR,
    NFS_LOOKUP,
    NFS_ACCESS,
    NFS_READLINK,
    NFS_READ,
    NFS_WRITE,
    NFS_CREATE,
    NFS_MKDIR,
    NFS_SYMLINK,
    NFS_MKNOD,
    NFS_REMOVE,
    NFS_RMDIR,
    NFS_RENAME,
    NFS_LINK,
    NFS_READDIR,
    NFS_READDIRPLUS,
    NFS_FSSTAT,
    NFS_FSINFO,
    NFS_PATHCONF,
    NFS_COMMIT,
    NFS_PROCEDURES
};

enum rpc_auth { RPC_AUTH_UNIX = 1, RPC_AUTH_GSS = 6 };
/* How the bodies of a call and its reply are wrapped, RFC 2203 section 5.3. */
enum rpc_wrap { RPC_PLAIN, RPC_SIGNED, RPC_SEALED };

struct rpc_call {
    uint32_t xid, version, procedure, auth_type;
    uint32_t uid, gid;    /* with RPC_AUTH_UNIX */
    struct bytes machine; /* likewise */
    uint8_t wrap;         /* enum rpc_wrap; what is sealed cannot be read */
    struct bytes body;
};
struct rpc_reply {
    uint32_t xid, state; /* 0: accepted */
    bool has_body;       /* accepted, and carried out */
    struct bytes body;
};

struct nfs_handle {
    uint8_t len, b[NFS_HANDLE_MAX];
};

struct nfs_tx {
    struct app_tx tx;
    struct nfs_state *state;
    uint32_t xid, procedure, version; /* procedure: of NFS 3, or operation of NFS 4 */
    uint32_t auth_type, uid, gid, rpc_status, nfs_status;
    struct app_text name, new_name, machine;
    struct nfs_handle handle;
    bool damaged;       /* carries an event, has no record */
    bool is_file, last; /* last: its last piece was announced */
    enum direction dir; /* of a file */
    uint32_t chunks, last_xid;
    struct pieces pieces;
};

/* What the reply needs to know of its call. */
struct nfs_pending {
    bool used;
    uint8_t wrap; /* enum rpc_wrap */
    uint32_t xid, version, procedure;
    uint64_t offset;
    struct nfs_handle handle;
    struct app_text name; /* of the file a compound opens or looks up */
};

/* One direction of a stream: records, each of which is a message or a fragment of one. */
struct nfs_side {
    struct framed records;
    struct app_text message; /* the fragments of it so far */
    bool joining;            /* more of them follow */
    bool astray;             /* looking for the next message */
};

struct nfs_state {
    struct app *app;
    struct app_flow *flow;
    uint64_t ts_us;
    uint32_t version; /* of the latest call */
    struct nfs_side sides[2];
    struct nfs_pending *pending; /* NFS_PENDING of them, or NULL */
    struct nfs_name {
        uint64_t handle; /* its hash */
        struct app_text name;
    } * names; /* NFS_NAMES of them, or NULL */
};

/* nfs_rpc.c */
bool rpc_is_call(struct bytes message);
bool rpc_is_reply(struct bytes message);
bool rpc_is_foreign(struct bytes message); /* a call of another program */
bool rpc_read_call(struct bytes message, struct rpc_call *out);
bool rpc_read_reply(struct bytes message, struct rpc_reply *out);
/* A body that is signed, without what was put around it. */
struct bytes rpc_signed_body(struct bytes body);
/* XDR's counted bytes, with what fills them up to four. */
struct bytes xdr_take(struct cursor *c);

/* nfs.c */
struct nfs_tx *nfs_tx_new(struct nfs_state *s, const struct rpc_call *call, uint32_t procedure);
void nfs_tx_done(struct nfs_tx *t, enum direction dir);
struct nfs_tx *nfs_tx_find(struct nfs_state *s, uint32_t xid);
/* On the latest tx, or on one made for it. */
void nfs_event(struct nfs_state *s, enum nfs_event event);
struct nfs_pending *nfs_expect(struct nfs_state *s, const struct rpc_call *call,
                               uint32_t procedure);
struct nfs_pending *nfs_expected(struct nfs_state *s, uint32_t xid);
struct nfs_handle nfs_handle_of(struct bytes b);
void nfs_name_handle(struct nfs_state *s, const struct nfs_handle *h, struct bytes name);
struct bytes nfs_name_of(const struct nfs_state *s, const struct nfs_handle *h);

/* nfs_call.c, nfs_compound.c, nfs_result.c */
void nfs_call(struct nfs_state *s, const struct rpc_call *call);
/* The number a call was sent with, from that of nfs_tx. */
uint32_t nfs_procedure_sent(uint32_t version, uint32_t procedure);
void nfs_reply(struct nfs_state *s, const struct rpc_reply *r, struct nfs_pending *asked);
void nfs_compound_call(struct nfs_state *s, const struct rpc_call *call);
void nfs_compound_reply(struct nfs_state *s, const struct rpc_reply *r, struct nfs_pending *asked);

/* nfs_file.c */
struct nfs_piece {
    struct nfs_handle handle;
    uint64_t offset;
    uint64_t len; /* announced; more than data.len when the message was too long to be kept */
    struct bytes data;
    bool last;
};
/* The file of a read begins with its call, that of a write with its first piece. */
struct nfs_tx *nfs_file_begin(struct nfs_state *s, const struct rpc_call *call, uint32_t procedure,
                              const struct nfs_handle *h, enum direction dir);
struct nfs_tx *nfs_file_find(struct nfs_state *s, const struct nfs_handle *h, enum direction dir);
void nfs_file_piece(struct nfs_tx *t, uint32_t xid, const struct nfs_piece *p);
void nfs_file_end(struct nfs_tx *t, uint32_t xid);

/* nfs_log.c */
extern const struct app_buffer nfs_buffers[];
extern const struct app_shape nfs_shapes[];
void nfs_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void nfs_alert_json(const struct app_tx *tx, struct json *j);

#endif
