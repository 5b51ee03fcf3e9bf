/* nfs_call.c - calls and replies of NFS 2 and 3. Source: RFC 1094, RFC 1813. */
#include "sensor/app/protocols/nfs_state.h"

#define V2_HANDLE_BYTES 32
#define V2_ATTRIBUTES   68
#define V2_SIZE_AT      20 /* of a file, in its attributes */
#define V3_ATTRIBUTES   84
#define FILE_SYNC       2    /* how a write is to be stored: it is the only one, as in Suricata */
#define ENTRIES_MAX     4096 /* of one answer to READDIRPLUS */

/* Numbers of NFS 2 as those of NFS 3. */
static const uint8_t of_v2[] = {NFS_NULL,     NFS_GETATTR, NFS_SETATTR, NFS_NULL,    NFS_LOOKUP,
                                NFS_READLINK, NFS_READ,    NFS_NULL,    NFS_WRITE,   NFS_CREATE,
                                NFS_REMOVE,   NFS_RENAME,  NFS_LINK,    NFS_SYMLINK, NFS_MKDIR,
                                NFS_RMDIR,    NFS_READDIR, NFS_FSSTAT};

static uint32_t procedure_of(const struct rpc_call *call)
{
    if (call->version == 2)
        return call->procedure < sizeof of_v2 ? of_v2[call->procedure] : call->procedure;
    return call->procedure;
}

uint32_t nfs_procedure_sent(uint32_t version, uint32_t procedure)
{
    for (uint32_t i = 0; version == 2 && i < sizeof of_v2; i++)
        if (of_v2[i] == procedure)
            return i;
    return procedure;
}

static struct nfs_handle take_handle(struct cursor *c, uint32_t version)
{
    return nfs_handle_of(version == 2 ? cursor_take(c, V2_HANDLE_BYTES) : xdr_take(c));
}

/* ---- calls ---- */

static bool names_object(uint32_t procedure)
{
    return procedure == NFS_LOOKUP || procedure == NFS_CREATE || procedure == NFS_MKDIR ||
           procedure == NFS_SYMLINK || procedure == NFS_MKNOD || procedure == NFS_REMOVE ||
           procedure == NFS_RMDIR || procedure == NFS_RENAME;
}

static void make_tx(struct nfs_state *s, const struct rpc_call *call, uint32_t procedure)
{
    struct nfs_tx *t = nfs_tx_new(s, call, procedure);
    struct cursor c = cursor_over(call->body);
    nfs_expect(s, call, procedure);
    nfs_tx_done(t, TO_SERVER);
    if (procedure == NFS_NULL || call->wrap == RPC_SEALED)
        return;
    t->handle = take_handle(&c, call->version);
    struct bytes name = names_object(procedure) ? xdr_take(&c) : nfs_name_of(s, &t->handle);
    app_text_add(s->app, &t->name, name, NFS_NAME_MAX);
    if (procedure == NFS_RENAME) {
        (void)take_handle(&c, call->version);
        app_text_add(s->app, &t->new_name, xdr_take(&c), NFS_NAME_MAX);
    }
    if (!cursor_ok(&c))
        app_tx_event(&t->tx, NFS_MALFORMED_DATA);
}

static bool read_call(struct nfs_state *s, const struct rpc_call *call)
{
    struct cursor c = cursor_over(call->body);
    struct nfs_handle h = take_handle(&c, call->version);
    uint64_t offset = call->version == 2 ? cursor_u32(&c) : cursor_u64(&c);
    if (!cursor_ok(&c))
        return false;
    struct nfs_pending *p = nfs_expect(s, call, NFS_READ);
    p->handle = h;
    p->offset = offset;
    nfs_file_begin(s, call, NFS_READ, &h, TO_CLIENT);
    return true;
}

static bool write_call(struct nfs_state *s, const struct rpc_call *call)
{
    struct cursor c = cursor_over(call->body);
    struct nfs_piece p = {.handle = take_handle(&c, call->version)};
    p.offset = cursor_u64(&c);
    cursor_skip(&c, 4);
    p.last = cursor_u32(&c) == FILE_SYNC;
    p.len = cursor_u32(&c);
    p.data = bytes_slice(bytes_of(c.at, cursor_left(&c)), 0, (size_t)p.len);
    if (!cursor_ok(&c))
        return false;
    nfs_file_piece(nfs_file_begin(s, call, NFS_WRITE, &p.handle, TO_SERVER), call->xid, &p);
    return true;
}

static bool commit_call(struct nfs_state *s, const struct rpc_call *call)
{
    struct cursor c = cursor_over(call->body);
    struct nfs_handle h = take_handle(&c, call->version);
    if (!cursor_ok(&c))
        return false;
    struct nfs_tx *t = nfs_file_find(s, &h, TO_SERVER);
    if (!t)
        return true;
    t->chunks++;
    nfs_file_end(t, call->xid);
    return true;
}

void nfs_call(struct nfs_state *s, const struct rpc_call *call)
{
    uint32_t procedure = procedure_of(call);
    /* As with Suricata, what is written with version 2 is no file: each block is on its own. */
    bool writes_file = procedure == NFS_WRITE && call->version != 2;
    bool readable = call->wrap != RPC_SEALED, ok = true;
    if (procedure == NFS_READ && readable)
        ok = read_call(s, call);
    else if (writes_file && readable)
        ok = write_call(s, call);
    else if (procedure == NFS_COMMIT && readable)
        ok = commit_call(s, call);
    else
        make_tx(s, call, procedure);
    if (!ok)
        nfs_event(s, NFS_MALFORMED_DATA);
}

/* ---- replies ---- */

static bool read_reply(struct nfs_state *s, const struct rpc_reply *r,
                       const struct nfs_pending *asked)
{
    struct cursor c = cursor_over(r->body);
    struct nfs_piece p = {.handle = asked->handle, .offset = asked->offset};
    struct nfs_tx *t = nfs_file_find(s, &p.handle, TO_CLIENT);
    uint32_t status = cursor_u32(&c);
    uint64_t size = UINT64_MAX;
    if (!t || !cursor_ok(&c))
        return cursor_ok(&c);
    t->nfs_status = status;
    if (status != 0)
        return true;
    if (asked->version == 2) {
        struct cursor attributes = cursor_over(cursor_take(&c, V2_ATTRIBUTES));
        cursor_skip(&attributes, V2_SIZE_AT);
        size = cursor_u32(&attributes);
    } else {
        cursor_skip(&c, cursor_u32(&c) ? V3_ATTRIBUTES : 0);
        cursor_skip(&c, 4);
        p.last = cursor_u32(&c);
    }
    p.len = cursor_u32(&c);
    p.data = bytes_slice(bytes_of(c.at, cursor_left(&c)), 0, (size_t)p.len);
    p.last |= p.offset + p.len >= size;
    if (cursor_ok(&c))
        nfs_file_piece(t, r->xid, &p);
    return cursor_ok(&c);
}

/* The handle of what was looked up or made, when the reply has it. */
static void name_result(struct nfs_state *s, struct nfs_tx *t, struct cursor *c, uint32_t version)
{
    if (version == 3 && t->procedure != NFS_LOOKUP && !cursor_u32(c))
        return;
    struct nfs_handle h = take_handle(c, version);
    if (!cursor_ok(c))
        return;
    nfs_name_handle(s, &h, app_text_bytes(&t->name));
    if (t->handle.len == 0)
        t->handle = h;
}

/* An entry: fileid, name, cookie, attributes, handle. */
static void name_entries(struct nfs_state *s, struct cursor *c)
{
    cursor_skip(c, cursor_u32(c) ? V3_ATTRIBUTES : 0);
    cursor_skip(c, 8); /* cookie verifier */
    for (unsigned i = 0; i < ENTRIES_MAX && cursor_u32(c); i++) {
        cursor_skip(c, 8);
        struct bytes name = xdr_take(c);
        cursor_skip(c, 8);
        cursor_skip(c, cursor_u32(c) ? V3_ATTRIBUTES : 0);
        struct nfs_handle h = nfs_handle_of(cursor_u32(c) ? xdr_take(c) : (struct bytes){0});
        if (cursor_ok(c))
            nfs_name_handle(s, &h, name);
    }
}

void nfs_reply(struct nfs_state *s, const struct rpc_reply *r, struct nfs_pending *asked)
{
    struct cursor c = cursor_over(r->body);
    struct nfs_tx *t = nfs_tx_find(s, r->xid);
    if (asked->procedure == NFS_READ) {
        if (r->has_body && !read_reply(s, r, asked))
            nfs_event(s, NFS_MALFORMED_DATA);
        return;
    }
    if (!t)
        return;
    t->rpc_status = r->state;
    bool readable = r->has_body && asked->wrap != RPC_SEALED && t->procedure != NFS_NULL;
    t->nfs_status = readable ? cursor_u32(&c) : 0;
    if (readable && !cursor_ok(&c))
        app_tx_event(&t->tx, NFS_MALFORMED_DATA);
    if (readable && t->nfs_status == 0) {
        if (t->procedure == NFS_LOOKUP || t->procedure == NFS_CREATE || t->procedure == NFS_MKDIR)
            name_result(s, t, &c, asked->version);
        else if (t->procedure == NFS_READDIRPLUS && asked->version == 3)
            name_entries(s, &c);
    }
    nfs_tx_done(t, TO_CLIENT);
}
