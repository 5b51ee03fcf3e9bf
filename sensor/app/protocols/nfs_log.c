/* nfs_log.c - NFS transactions as EVE shows them, and what rules look at. Names as in Suricata 7.
 */
#include "sensor/app/protocols/nfs_state.h"
#include <stdio.h>
#include <zlib.h>

static const char *const procedures[NFS_PROCEDURES] = {
    "NULL",    "GETATTR",     "SETATTR", "LOOKUP", "ACCESS",   "READLINK", "READ",   "WRITE",
    "CREATE",  "MKDIR",       "SYMLINK", "MKNOD",  "REMOVE",   "RMDIR",    "RENAME", "LINK",
    "READDIR", "READDIRPLUS", "FSSTAT",  "FSINFO", "PATHCONF", "COMMIT"};

/* Operations of NFS 4 that a transaction may be of. */
static const char *operation_name(uint32_t operation)
{
    switch (operation) {
    case 0:
        return "NULL";
    case 6:
        return "CREATE";
    case 25:
        return "READ";
    case 28:
        return "REMOVE";
    case 38:
        return "WRITE";
    default:
        return NULL;
    }
}

static const char *status_name(uint32_t status)
{
    static const struct {
        uint32_t status;
        const char *name;
    } names[] = {{0, "OK"},
                 {1, "ERR_PERM"},
                 {2, "ERR_NOENT"},
                 {5, "ERR_IO"},
                 {6, "ERR_NXIO"},
                 {13, "ERR_ACCES"},
                 {17, "ERR_EXIST"},
                 {18, "ERR_XDEV"},
                 {19, "ERR_NODEV"},
                 {20, "ERR_NOTDIR"},
                 {21, "ERR_ISDIR"},
                 {22, "ERR_INVAL"},
                 {27, "ERR_FBIG"},
                 {28, "ERR_NOSPC"},
                 {30, "ERR_ROFS"},
                 {31, "ERR_MLINK"},
                 {63, "ERR_NAMETOOLONG"},
                 {66, "ERR_NOTEMPTY"},
                 {69, "ERR_DQUOT"},
                 {70, "ERR_STALE"},
                 {71, "ERR_REMOTE"},
                 {10001, "ERR_BADHANDLE"},
                 {10002, "ERR_NOT_SYNC"},
                 {10003, "ERR_BAD_COOKIE"},
                 {10004, "ERR_NOTSUPP"},
                 {10005, "ERR_TOOSMALL"},
                 {10006, "ERR_SERVERFAULT"},
                 {10007, "ERR_BADTYPE"},
                 {10008, "ERR_JUKEBOX"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].status == status)
            return names[i].name;
    return NULL;
}

static void put_name(struct json *j, const char *key, const char *name, uint32_t value)
{
    char number[16];
    snprintf(number, sizeof number, "%u", value);
    json_strz(j, key, name ? name : number);
}

static void put_rpc(struct json *j, const struct nfs_tx *t)
{
    static const char *const auth[] = {"NULL", "UNIX", "SHORT", "DH", "KERB", "RSA", "GSS"};
    static const char *const states[] = {"ACCEPTED", "DENIED"};
    json_object(j, "rpc");
    json_u64(j, "xid", t->xid);
    put_name(j, "status", t->rpc_status < 2 ? states[t->rpc_status] : NULL, t->rpc_status);
    put_name(j, "auth_type", t->auth_type < 7 ? auth[t->auth_type] : NULL, t->auth_type);
    if (t->auth_type == RPC_AUTH_UNIX) {
        json_object(j, "creds");
        json_str(j, "machine_name", app_text_bytes(&t->machine));
        json_u64(j, "uid", t->uid);
        json_u64(j, "gid", t->gid);
        json_object_end(j);
    }
    json_object_end(j);
}

static void put_transfer(struct json *j, const struct nfs_tx *t)
{
    json_object(j, t->dir == TO_CLIENT ? "read" : "write");
    json_bool(j, "first", t->is_file);
    json_bool(j, "last", t->last);
    json_u64(j, "last_xid", t->last_xid);
    json_u64(j, "chunks", t->chunks);
    json_object_end(j);
}

static const char *procedure_name(const struct nfs_tx *t)
{
    if (t->version == 4)
        return operation_name(t->procedure);
    return t->procedure < NFS_PROCEDURES ? procedures[t->procedure] : NULL;
}

static void put_nfs(struct json *j, const struct nfs_tx *t)
{
    char hash[16];
    json_object(j, "nfs");
    json_u64(j, "version", t->version);
    put_name(j, "procedure", procedure_name(t), t->procedure);
    json_str(j, "filename", app_text_bytes(&t->name));
    if (t->handle.len) {
        snprintf(hash, sizeof hash, "%lx", crc32(0, t->handle.b, t->handle.len));
        json_strz(j, "hhash", hash);
    }
    json_u64(j, "id", t->tx.id + 1);
    json_bool(j, "file_tx", t->is_file);
    json_strz(j, "type", "response");
    put_name(j, "status", status_name(t->nfs_status), t->nfs_status);
    if (t->version < 4 && t->is_file)
        put_transfer(j, t);
    if (t->version < 4 && t->procedure == NFS_RENAME) {
        json_object(j, "rename");
        json_str(j, "from", app_text_bytes(&t->name));
        json_str(j, "to", app_text_bytes(&t->new_name));
        json_object_end(j);
    }
    json_object_end(j);
}

void nfs_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct nfs_tx *t = (const struct nfs_tx *)tx;
    if (t->damaged)
        return;
    put_rpc(j, t);
    put_nfs(j, t);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    nfs_alert_json(tx, j);
}

/* Questions about attributes are too many to be worth a record, as in Suricata. */
void nfs_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct nfs_tx *t = (const struct nfs_tx *)tx;
    struct app_record r = {.event_type = "nfs", .dir = TO_CLIENT, .encode = encode};
    app_record_once(tx, last, !t->damaged && (t->version == 4 || t->procedure != NFS_GETATTR), &r,
                    emit, ctx);
}

#define NFS_SHAPE(how)                                                                             \
    "rpc" how ": {xid: uint, status: string, auth_type: string, creds?: {machine_name: string, "   \
    "uid: uint, gid: uint}}, nfs" how ": {version: uint, procedure: string, filename: string, "    \
    "hhash?: string, id: uint, file_tx: bool, type: string, status: string, "                      \
    "read?: {first: bool, last: bool, last_xid: uint, chunks: uint}, "                             \
    "write?: {first: bool, last: bool, last_xid: uint, chunks: uint}, "                            \
    "rename?: {from: string, to: string}}"
const struct app_shape nfs_shapes[] = {
    {"nfs", NFS_SHAPE("")},
    {"alert", NFS_SHAPE("?")},
    {0},
};

static bool get_version(struct app_tx *tx, enum direction dir, unsigned index,
                        struct arena *scratch, struct bytes *out)
{
    (void)dir;
    return index == 0 && app_number_bytes(((struct nfs_tx *)tx)->version, scratch, out);
}

static bool get_procedure(struct app_tx *tx, enum direction dir, unsigned index,
                          struct arena *scratch, struct bytes *out)
{
    const struct nfs_tx *t = (const struct nfs_tx *)tx;
    (void)dir;
    return index == 0 &&
           app_number_bytes(nfs_procedure_sent(t->version, t->procedure), scratch, out);
}

static const struct app_number numbers = {.max = UINT32_MAX, .closed = true};

#define TS   APP_BUFFER_TO_SERVER
#define BOTH (APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT | APP_BUFFER_MULTI | APP_BUFFER_GROWS)
const struct app_buffer nfs_buffers[] = {
    APP_NUMBER(NFS, "nfs.version", "nfs_version", TS, 0, 0, get_version, &numbers),
    APP_NUMBER(NFS, "nfs_procedure", "", TS, 0, 0, get_procedure, &numbers),
    APP_BUFFER(NFS, "file.data", "file_data", "", BOTH | APP_BUFFER_APPENDS, 0, 0,
               app_file_get_data),
    APP_FILE_ROWS(NFS, APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT),
    {0},
};
