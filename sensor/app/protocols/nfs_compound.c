/* nfs_compound.c - compounds of NFS 4: operations on the file that the ones before chose.
 *
 * Operations are read up to the first one that is not known here. Source: RFC 7530, RFC 8881. */
#include "sensor/app/protocols/nfs_state.h"

#define COMPOUND   1
#define OPS_MAX    64
#define STATE_ID   16
#define FILE_SYNC  2
#define CHANGE     20 /* change_info4 */
#define SESSION_ID 16

enum operation {
    OP_ACCESS = 3,
    OP_CLOSE = 4,
    OP_COMMIT = 5,
    OP_CREATE = 6,
    OP_GETATTR = 9,
    OP_GETFH = 10,
    OP_LOOKUP = 15,
    OP_LOOKUPP = 16,
    OP_OPEN = 18,
    OP_OPEN_CONFIRM = 20,
    OP_PUTFH = 22,
    OP_PUTROOTFH = 24,
    OP_READ = 25,
    OP_READDIR = 26,
    OP_REMOVE = 28,
    OP_RENAME = 29,
    OP_RENEW = 30,
    OP_RESTOREFH = 31,
    OP_SAVEFH = 32,
    OP_SETATTR = 34,
    OP_WRITE = 38,
    OP_SEQUENCE = 53,
};

static void skip_bitmap(struct cursor *c)
{
    cursor_skip(c, 4 * (size_t)cursor_u32(c));
}

static void skip_attributes(struct cursor *c)
{
    skip_bitmap(c);
    (void)xdr_take(c);
}

/* ---- calls ---- */

struct compound {
    struct nfs_state *s;
    const struct rpc_call *call;
    struct nfs_pending *pending;
    struct nfs_handle handle; /* chosen by the latest PUTFH */
    uint32_t main;            /* the operation that makes a transaction; 0: none */
};

static void set_name(struct compound *k, struct bytes name)
{
    app_text_free(k->s->app, &k->pending->name);
    app_text_add(k->s->app, &k->pending->name, name, NFS_NAME_MAX);
}

/* False when the rest cannot be read: what is opened is told by other means than a name. */
static bool open_call(struct compound *k, struct cursor *c)
{
    cursor_skip(c, 20); /* sequence, access, deny, client */
    (void)xdr_take(c);  /* owner */
    if (cursor_u32(c)) {
        uint32_t mode = cursor_u32(c);
        if (mode >= 2)
            cursor_skip(c, 8); /* verifier */
        if (mode != 2)
            skip_attributes(c);
    }
    if (cursor_u32(c) != 0)
        return false;
    set_name(k, xdr_take(c));
    return true;
}

static void read_call(struct compound *k, struct cursor *c)
{
    cursor_skip(c, STATE_ID);
    k->pending->offset = cursor_u64(c);
    cursor_skip(c, 4);
    k->pending->handle = k->handle;
    if (cursor_ok(c) && k->handle.len)
        nfs_file_begin(k->s, k->call, OP_READ, &k->handle, TO_CLIENT);
}

static void write_call(struct compound *k, struct cursor *c)
{
    struct nfs_piece p = {.handle = k->handle};
    cursor_skip(c, STATE_ID);
    p.offset = cursor_u64(c);
    p.last = cursor_u32(c) == FILE_SYNC;
    struct cursor at = *c;
    p.len = cursor_u32(&at);
    p.data = bytes_slice(bytes_of(at.at, cursor_left(&at)), 0, (size_t)p.len);
    if (cursor_ok(&at) && k->handle.len)
        nfs_file_piece(nfs_file_begin(k->s, k->call, OP_WRITE, &k->handle, TO_SERVER), k->call->xid,
                       &p);
    (void)xdr_take(c);
}

static void end_file(struct compound *k, enum direction dir)
{
    struct nfs_tx *t = nfs_file_find(k->s, &k->handle, dir);
    if (t)
        nfs_file_end(t, k->call->xid);
}

static void create_call(struct compound *k, struct cursor *c)
{
    uint32_t type = cursor_u32(c);
    if (type == 5)
        (void)xdr_take(c); /* where a link leads */
    if (type == 3 || type == 4)
        cursor_skip(c, 8); /* device */
    set_name(k, xdr_take(c));
    skip_attributes(c);
    k->main = OP_CREATE;
}

static bool read_operation(struct compound *k, struct cursor *c)
{
    switch (cursor_u32(c)) {
    case OP_PUTFH:
        k->handle = nfs_handle_of(xdr_take(c));
        return true;
    case OP_PUTROOTFH:
    case OP_GETFH:
    case OP_SAVEFH:
    case OP_RESTOREFH:
    case OP_LOOKUPP:
        return true;
    case OP_SEQUENCE:
        cursor_skip(c, SESSION_ID + 16);
        return true;
    case OP_ACCESS:
        cursor_skip(c, 4);
        return true;
    case OP_GETATTR:
        skip_bitmap(c);
        return true;
    case OP_SETATTR:
        cursor_skip(c, STATE_ID);
        skip_attributes(c);
        return true;
    case OP_READDIR:
        cursor_skip(c, 24);
        skip_bitmap(c);
        return true;
    case OP_RENEW:
        cursor_skip(c, 8);
        return true;
    case OP_OPEN_CONFIRM:
        cursor_skip(c, STATE_ID + 4);
        return true;
    case OP_LOOKUP:
        set_name(k, xdr_take(c));
        return true;
    case OP_OPEN:
        return open_call(k, c);
    case OP_READ:
        read_call(k, c);
        return true;
    case OP_WRITE:
        write_call(k, c);
        return true;
    case OP_COMMIT:
        cursor_skip(c, 12);
        end_file(k, TO_SERVER);
        return true;
    case OP_CLOSE:
        cursor_skip(c, 4 + STATE_ID);
        end_file(k, TO_SERVER);
        end_file(k, TO_CLIENT);
        return true;
    case OP_CREATE:
        create_call(k, c);
        return true;
    case OP_REMOVE:
        set_name(k, xdr_take(c));
        k->main = OP_REMOVE;
        return true;
    case OP_RENAME:
        (void)xdr_take(c);
        (void)xdr_take(c);
        return true;
    default:
        return false;
    }
}

void nfs_compound_call(struct nfs_state *s, const struct rpc_call *call)
{
    struct compound k = {.s = s, .call = call};
    struct cursor c = cursor_over(call->body);
    if (call->procedure != COMPOUND || call->auth_type == RPC_AUTH_GSS)
        return;
    k.pending = nfs_expect(s, call, call->procedure);
    (void)xdr_take(&c); /* tag */
    cursor_skip(&c, 4);
    uint32_t count = cursor_u32(&c);
    bool ok = cursor_ok(&c);
    for (unsigned i = 0; ok && i < count && i < OPS_MAX && read_operation(&k, &c); i++)
        ok = cursor_ok(&c);
    if (k.main) {
        struct nfs_tx *t = nfs_tx_new(s, call, k.main);
        t->handle = k.handle;
        app_text_add(s->app, &t->name, app_text_bytes(&k.pending->name), NFS_NAME_MAX);
        nfs_tx_done(t, TO_SERVER);
    }
    if (!ok && call->body.len < (1u << 20)) /* not because it was too long to be kept */
        nfs_event(s, NFS_MALFORMED_DATA);
}

/* ---- replies ---- */

struct results {
    struct nfs_state *s;
    struct nfs_pending *asked;
    uint32_t xid, main_status;
    bool has_main, opened;
};

static void read_result(struct results *k, struct cursor *c)
{
    struct nfs_piece p = {.handle = k->asked->handle, .offset = k->asked->offset};
    struct nfs_tx *t = nfs_file_find(k->s, &p.handle, TO_CLIENT);
    p.last = cursor_u32(c);
    struct cursor at = *c;
    p.len = cursor_u32(&at);
    p.data = bytes_slice(bytes_of(at.at, cursor_left(&at)), 0, (size_t)p.len);
    if (t && cursor_ok(&at))
        nfs_file_piece(t, k->xid, &p);
    (void)xdr_take(c);
}

static bool open_result(struct results *k, struct cursor *c)
{
    cursor_skip(c, STATE_ID + CHANGE + 4);
    skip_bitmap(c);
    k->opened = true;
    return cursor_u32(c) == 0; /* no delegation */
}

static bool skip_result(struct cursor *c, uint32_t operation)
{
    switch (operation) {
    case OP_PUTFH:
    case OP_PUTROOTFH:
    case OP_SAVEFH:
    case OP_RESTOREFH:
    case OP_LOOKUP:
    case OP_LOOKUPP:
    case OP_RENEW:
        return true;
    case OP_SEQUENCE:
        cursor_skip(c, SESSION_ID + 20);
        return true;
    case OP_ACCESS:
    case OP_COMMIT:
        cursor_skip(c, 8);
        return true;
    case OP_GETATTR:
        skip_attributes(c);
        return true;
    case OP_CLOSE:
    case OP_OPEN_CONFIRM:
    case OP_WRITE:
        cursor_skip(c, 16);
        return true;
    default:
        return false;
    }
}

static bool take_result(struct results *k, struct cursor *c)
{
    uint32_t operation = cursor_u32(c), status = cursor_u32(c);
    if (operation == OP_CREATE || operation == OP_REMOVE) {
        k->has_main = true;
        k->main_status = status;
    }
    if (status != 0)
        return false; /* the first failure ends a compound */
    switch (operation) {
    case OP_READ:
        read_result(k, c);
        return true;
    case OP_OPEN:
        return open_result(k, c);
    case OP_GETFH: {
        struct nfs_handle h = nfs_handle_of(xdr_take(c));
        if (k->opened && cursor_ok(c))
            nfs_name_handle(k->s, &h, app_text_bytes(&k->asked->name));
        return true;
    }
    case OP_CREATE:
        cursor_skip(c, CHANGE);
        skip_bitmap(c);
        return true;
    case OP_REMOVE:
        cursor_skip(c, CHANGE);
        return true;
    default:
        return skip_result(c, operation);
    }
}

void nfs_compound_reply(struct nfs_state *s, const struct rpc_reply *r, struct nfs_pending *asked)
{
    struct results k = {.s = s, .asked = asked, .xid = r->xid};
    struct cursor c = cursor_over(r->body);
    cursor_skip(&c, 4);
    (void)xdr_take(&c); /* tag */
    uint32_t count = cursor_u32(&c);
    for (unsigned i = 0; r->has_body && cursor_ok(&c) && i < count && i < OPS_MAX; i++)
        if (!take_result(&k, &c))
            break;
    struct nfs_tx *t = nfs_tx_find(s, r->xid);
    if (!t)
        return;
    t->rpc_status = r->state;
    t->nfs_status = k.main_status;
    nfs_tx_done(t, TO_CLIENT);
}
