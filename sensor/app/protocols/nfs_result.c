/* nfs_result.c - what servers answer to compounds of NFS 4. Source: RFC 7530, RFC 8881. */
#include "sensor/app/protocols/nfs4_state.h"

/* What successful results are that only have to be passed over. */
static const char *const results[NFS4_OPERATIONS] = {
    [3] = "44",      /* ACCESS */
    [4] = "s",       /* CLOSE */
    [5] = "8",       /* COMMIT */
    [6] = "488b",    /* CREATE */
    [7] = "",        /* DELEGPURGE */
    [8] = "",        /* DELEGRETURN */
    [9] = "a",       /* GETATTR */
    [11] = "488",    /* LINK */
    [12] = "s",      /* LOCK */
    [13] = "",       /* LOCKT */
    [14] = "s",      /* LOCKU */
    [15] = "",       /* LOOKUP */
    [16] = "",       /* LOOKUPP */
    [17] = "",       /* NVERIFY */
    [19] = "",       /* OPENATTR */
    [20] = "s",      /* OPEN_CONFIRM */
    [21] = "s",      /* OPEN_DOWNGRADE */
    [22] = "",       /* PUTFH */
    [23] = "",       /* PUTPUBFH */
    [24] = "",       /* PUTROOTFH */
    [27] = "o",      /* READLINK */
    [28] = "488",    /* REMOVE */
    [29] = "488488", /* RENAME */
    [30] = "",       /* RENEW */
    [31] = "",       /* RESTOREFH */
    [32] = "",       /* SAVEFH */
    [34] = "b",      /* SETATTR */
    [35] = "88",     /* SETCLIENTID */
    [36] = "",       /* SETCLIENTID_CONFIRM */
    [37] = "",       /* VERIFY */
    [38] = "448",    /* WRITE */
    [39] = "",       /* RELEASE_LOCKOWNER */
    [41] = "s44",    /* BIND_CONN_TO_SESSION */
    [44] = "",       /* DESTROY_SESSION */
    [45] = "",       /* FREE_STATEID */
    [53] = "s44444", /* SEQUENCE */
    [57] = "",       /* DESTROY_CLIENTID */
    [58] = "",       /* RECLAIM_COMPLETE */
    [59] = "",       /* ALLOCATE */
    [62] = "",       /* DEALLOCATE */
    [69] = "48",     /* SEEK */
};

struct reply {
    struct nfs_state *s;
    struct nfs_pending *asked;
    uint32_t xid, main_status;
};

static void read_result(struct reply *k, struct cursor *c)
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

/* A delegation: none, for reading, for writing with a limit of space, or none with a reason. */
static bool open_result(struct cursor *c)
{
    static const char *const kinds[] = {"", "s4444o", "s448444o"};
    (void)nfs4_skip(c, "s4884b"); /* state, change of the directory, flags, attributes */
    uint32_t kind = cursor_u32(c);
    if (kind < 3)
        return nfs4_skip(c, kinds[kind]);
    uint32_t why = cursor_u32(c);
    if (why == 1 || why == 2) /* contention, resources: whether the client will be told */
        cursor_skip(c, 4);
    return kind == 3;
}

static void name_handle(struct reply *k, struct cursor *c)
{
    struct nfs_handle h = nfs_handle_of(xdr_take(c));
    if (cursor_ok(c))
        nfs_name_handle(k->s, &h, app_text_bytes(&k->asked->name));
}

static void readdir_result(struct cursor *c)
{
    cursor_skip(c, 8);
    while (cursor_u32(c)) /* ends with the bytes at the latest */
        (void)nfs4_skip(c, "8oa");
    cursor_skip(c, 4);
}

static bool take_result(struct reply *k, struct cursor *c)
{
    uint32_t operation = cursor_u32(c), status = cursor_u32(c);
    if (operation == NFS4_CREATE || operation == NFS4_REMOVE)
        k->main_status = status;
    if (status != 0)
        return false; /* the first failure ends a compound */
    switch (operation) {
    case NFS4_READ:
        read_result(k, c);
        return true;
    case NFS4_OPEN:
        return open_result(c);
    case NFS4_GETFH:
        name_handle(k, c);
        return true;
    case NFS4_READDIR:
        readdir_result(c);
        return true;
    default:
        return operation < NFS4_OPERATIONS && nfs4_skip(c, results[operation]);
    }
}

void nfs_compound_reply(struct nfs_state *s, const struct rpc_reply *r, struct nfs_pending *asked)
{
    struct reply k = {.s = s, .asked = asked, .xid = r->xid};
    struct cursor c = cursor_over(r->body);
    cursor_skip(&c, 4);
    (void)xdr_take(&c); /* tag */
    uint32_t count = cursor_u32(&c);
    for (unsigned i = 0; r->has_body && cursor_ok(&c) && i < count && i < NFS4_OPS_MAX; i++)
        if (!take_result(&k, &c))
            break;
    struct nfs_tx *t = nfs_tx_find(s, r->xid);
    if (!t)
        return;
    t->rpc_status = r->state;
    t->nfs_status = k.main_status;
    nfs_tx_done(t, TO_CLIENT);
}
