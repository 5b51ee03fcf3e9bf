/* nfs_file.c - files read and written over NFS, by handle and direction. */
#include "sensor/app/protocols/nfs_state.h"

struct nfs_tx *nfs_file_find(struct nfs_state *s, const struct nfs_handle *h, enum direction dir)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct nfs_tx *t = (struct nfs_tx *)tx;
        if (tx->proto == APP_NFS && t->is_file && t->dir == dir && !t->pieces.over &&
            memcmp(&t->handle, h, sizeof *h) == 0)
            return t;
    }
    return NULL;
}

struct nfs_tx *nfs_file_begin(struct nfs_state *s, const struct rpc_call *call, uint32_t procedure,
                              const struct nfs_handle *h, enum direction dir)
{
    struct nfs_tx *t = nfs_file_find(s, h, dir);
    if (t)
        return t;
    t = nfs_tx_new(s, call, procedure);
    struct bytes name = nfs_name_of(s, h);
    t->is_file = true;
    t->dir = dir;
    t->handle = *h;
    app_text_add(s->app, &t->name, name, NFS_NAME_MAX);
    t->pieces.file = app_file_open(s->app, &t->tx, dir, name, APP_FILE_KEEP);
    return t;
}

void nfs_file_piece(struct nfs_tx *t, uint32_t xid, const struct nfs_piece *p)
{
    struct app *a = t->state->app;
    t->chunks++;
    pieces_add(a, &t->pieces, p->offset, p->data); /* what is not kept is a gap in the end */
    if (p->len > p->data.len && t->pieces.next == p->offset + p->data.len)
        pieces_skip_to(a, &t->pieces, p->offset + p->len);
    app_flow_touch(t->state->flow, t->dir);
    if (p->last)
        nfs_file_end(t, xid);
}

void nfs_file_end(struct nfs_tx *t, uint32_t xid)
{
    pieces_close(t->state->app, &t->pieces);
    t->last = true;
    t->last_xid = xid;
    nfs_tx_done(t, TO_SERVER);
    nfs_tx_done(t, TO_CLIENT);
}
