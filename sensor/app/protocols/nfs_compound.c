/* nfs_compound.c - compounds of NFS 4: operations on the file that the ones before chose.
 *
 * Operations are read up to the first one that is not known here. Source: RFC 7530, RFC 8881. */
#include "sensor/app/protocols/nfs4_state.h"

#define COMPOUND  1
#define STATE_ID  16
#define FILE_SYNC 2

/* What the arguments of operations are that only have to be passed over. */
static const char *const arguments[NFS4_OPERATIONS] = {
    [3] = "4",       /* ACCESS */
    [7] = "8",       /* DELEGPURGE */
    [8] = "s",       /* DELEGRETURN */
    [9] = "b",       /* GETATTR */
    [10] = "",       /* GETFH */
    [11] = "o",      /* LINK */
    [13] = "4888o",  /* LOCKT */
    [14] = "44s88",  /* LOCKU */
    [17] = "a",      /* NVERIFY */
    [19] = "4",      /* OPENATTR */
    [20] = "s4",     /* OPEN_CONFIRM */
    [21] = "s444",   /* OPEN_DOWNGRADE */
    [26] = "8844b",  /* READDIR */
    [27] = "",       /* READLINK */
    [29] = "oo",     /* RENAME */
    [30] = "8",      /* RENEW */
    [33] = "o",      /* SECINFO */
    [34] = "sa",     /* SETATTR */
    [35] = "8o4oo4", /* SETCLIENTID */
    [36] = "88",     /* SETCLIENTID_CONFIRM */
    [37] = "a",      /* VERIFY */
    [39] = "8o",     /* RELEASE_LOCKOWNER */
    [41] = "s44",    /* BIND_CONN_TO_SESSION */
    [44] = "s",      /* DESTROY_SESSION */
    [45] = "s",      /* FREE_STATEID */
    [52] = "4",      /* SECINFO_NO_NAME */
    [53] = "s4444",  /* SEQUENCE */
    [57] = "8",      /* DESTROY_CLIENTID */
    [58] = "4",      /* RECLAIM_COMPLETE */
    [59] = "s88",    /* ALLOCATE */
    [62] = "s88",    /* DEALLOCATE */
    [63] = "s88b",   /* IO_ADVISE */
    [69] = "s84",    /* SEEK */
};

struct compound {
    struct nfs_state *s;
    const struct rpc_call *call;
    struct nfs_pending *pending;
    struct nfs_handle handle;        /* current: chosen by PUTFH, or standing for what was opened */
    struct nfs_handle saved, parent; /* parent: of what main is about */
    uint32_t main;                   /* the operation that makes a transaction; 0: none */
    uint32_t index;                  /* of the operation being read */
};

static void set_name(struct compound *k, struct bytes name)
{
    app_text_free(k->s->app, &k->pending->name);
    app_text_add(k->s->app, &k->pending->name, name, NFS_NAME_MAX);
}

/* From here on the compound is about what has this name, whose handle only the reply tells. */
static void enter(struct compound *k, struct bytes name)
{
    const uint32_t stand_in[] = {k->call->xid, k->index};
    set_name(k, name);
    k->handle = nfs_handle_of(bytes_of(stand_in, sizeof stand_in));
    nfs_name_handle(k->s, &k->handle, name);
}

static void set_main(struct compound *k, uint32_t operation)
{
    k->main = operation;
    k->parent = k->handle;
}

static void open_call(struct compound *k, struct cursor *c)
{
    static const char *const claims[] = {NULL, "4", "s", "", "", "s", ""};
    (void)nfs4_skip(c, "4448o"); /* sequence, access, deny, client and owner */
    if (cursor_u32(c)) {
        uint32_t mode = cursor_u32(c);
        if (mode >= 2)
            cursor_skip(c, 8); /* verifier */
        if (mode != 2)
            (void)nfs4_skip(c, "a");
    }
    uint32_t claim = cursor_u32(c);
    if (claim > 6)
        c->failed = true;
    else
        (void)nfs4_skip(c, claims[claim]);
    if (claim == 0 || claim == 2 || claim == 3) /* the others go by handle, or are known */
        enter(k, xdr_take(c));
}

static void read_call(struct compound *k, struct cursor *c)
{
    cursor_skip(c, STATE_ID);
    k->pending->offset = cursor_u64(c);
    cursor_skip(c, 4);
    k->pending->handle = k->handle;
    if (cursor_ok(c) && k->handle.len)
        nfs_file_begin(k->s, k->call, NFS4_READ, &k->handle, TO_CLIENT);
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
        nfs_file_piece(nfs_file_begin(k->s, k->call, NFS4_WRITE, &k->handle, TO_SERVER),
                       k->call->xid, &p);
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
    set_main(k, NFS4_CREATE);
    enter(k, xdr_take(c));
    (void)nfs4_skip(c, "a");
}

static void lock_call(struct cursor *c)
{
    (void)nfs4_skip(c, "4488"); /* type, reclaim, range */
    (void)nfs4_skip(c, cursor_u32(c) ? "4s48o" : "s4");
}

static bool read_operation(struct compound *k, struct cursor *c)
{
    uint32_t operation = cursor_u32(c);
    switch (operation) {
    case NFS4_PUTFH:
        k->handle = nfs_handle_of(xdr_take(c));
        return true;
    case NFS4_PUTROOTFH:
    case NFS4_PUTPUBFH:
    case NFS4_LOOKUPP:
        k->handle.len = 0;
        return true;
    case NFS4_SAVEFH:
        k->saved = k->handle;
        return true;
    case NFS4_RESTOREFH:
        k->handle = k->saved;
        return true;
    case NFS4_LOOKUP:
        enter(k, xdr_take(c));
        return true;
    case NFS4_OPEN:
        open_call(k, c);
        return true;
    case NFS4_READ:
        read_call(k, c);
        return true;
    case NFS4_WRITE:
        write_call(k, c);
        return true;
    case NFS4_LOCK:
        lock_call(c);
        return true;
    case NFS4_COMMIT:
        cursor_skip(c, 12);
        end_file(k, TO_SERVER);
        return true;
    case NFS4_CLOSE:
        cursor_skip(c, 4 + STATE_ID);
        end_file(k, TO_SERVER);
        end_file(k, TO_CLIENT);
        return true;
    case NFS4_CREATE:
        create_call(k, c);
        return true;
    case NFS4_REMOVE:
        set_name(k, xdr_take(c));
        set_main(k, NFS4_REMOVE);
        return true;
    default:
        return operation < NFS4_OPERATIONS && nfs4_skip(c, arguments[operation]);
    }
}

void nfs_compound_call(struct nfs_state *s, const struct rpc_call *call)
{
    struct compound k = {.s = s, .call = call};
    struct cursor c = cursor_over(call->body);
    if (call->procedure != COMPOUND || call->wrap == RPC_SEALED)
        return;
    k.pending = nfs_expect(s, call, call->procedure);
    (void)xdr_take(&c); /* tag */
    cursor_skip(&c, 4);
    uint32_t count = cursor_u32(&c);
    bool ok = cursor_ok(&c);
    for (; ok && k.index < count && k.index < NFS4_OPS_MAX && read_operation(&k, &c); k.index++)
        ok = cursor_ok(&c);
    if (k.main) {
        struct nfs_tx *t = nfs_tx_new(s, call, k.main);
        t->handle = k.parent;
        app_text_add(s->app, &t->name, app_text_bytes(&k.pending->name), NFS_NAME_MAX);
        nfs_tx_done(t, TO_SERVER);
    }
    if (!ok && call->body.len < (1u << 20)) /* not because it was too long to be kept */
        nfs_event(s, NFS_MALFORMED_DATA);
}
