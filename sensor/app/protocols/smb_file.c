/* smb_file.c - files read and written over SMB: one transaction is one file in one direction, from
 * its first piece to its close. */
#include "sensor/app/protocols/smb_state.h"

static void take(struct smb_tx *t, uint64_t offset, struct bytes data)
{
    bool reads = t->u.file.dir == TO_CLIENT;
    switch (pieces_add(t->state->app, &t->u.file.pieces, offset, data)) {
    case PIECES_TOO_LARGE:
        app_tx_event(&t->tx, reads ? SMB_READ_QUEUE_SIZE_EXCEEDED : SMB_WRITE_QUEUE_SIZE_EXCEEDED);
        break;
    case PIECES_TOO_MANY:
        app_tx_event(&t->tx, reads ? SMB_READ_QUEUE_CNT_EXCEEDED : SMB_WRITE_QUEUE_CNT_EXCEEDED);
        break;
    default:
        app_flow_touch(t->state->flow, t->u.file.dir);
    }
}

/* The transfer of f that goes on, or (read to its end) only waits for the file to be closed. */
static struct smb_tx *find_transfer(struct smb_state *s, const struct smb_fuid *f,
                                    enum direction dir, bool waiting)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct smb_tx *t = (struct smb_tx *)tx;
        if (tx->proto == APP_SMB && t->kind == SMB_FILE && t->u.file.dir == dir &&
            tx->progress[TO_CLIENT] < SMB_DONE && (waiting || !t->u.file.pieces.over) &&
            memcmp(&t->fuid, f, sizeof *f) == 0)
            return t;
    }
    return NULL;
}

static struct smb_tx *open_file(struct smb_state *s, const struct smb_message *m,
                                enum direction dir, const struct smb_transfer *x)
{
    struct smb_tx *t = smb_tx_new(s, m, SMB_FILE, SMB_KEY_NONE);
    struct bytes name = smb_file_name(s, &x->fuid, x->unnamed);
    struct smb_memo_key key = smb_key_tree(m);
    const struct smb_memo *tree = smb_memo_find(s, &key);
    t->fuid = x->fuid;
    t->u.file.dir = dir;
    smb_set_text(t, SMB_NAME, name);
    if (tree)
        smb_set_text(t, SMB_SHARE, app_text_bytes(&tree->text));
    t->u.file.pieces.file = app_file_open(s->app, &t->tx, dir, name, APP_FILE_KEEP);
    return t;
}

void smb_transfer(struct smb_state *s, const struct smb_message *m, enum direction dir,
                  const struct smb_transfer *x)
{
    struct smb_side *side = &s->sides[dir];
    struct smb_tx *t = find_transfer(s, &x->fuid, dir, false);
    struct bytes data = bytes_slice(m->bytes, x->at, x->len < SIZE_MAX ? (size_t)x->len : SIZE_MAX);
    if (!t)
        t = open_file(s, m, dir, x);
    uint64_t offset = x->offset == SMB_AT_END ? t->u.file.pieces.next : x->offset;
    if (offset < t->u.file.pieces.next)
        smb_event(s, SMB_FILE_OVERLAP);
    take(t, offset, data);
    side->tx = t;
    side->offset = offset + data.len;
    side->pad = x->at > m->bytes.len ? x->at - m->bytes.len : 0;
    side->file = x->len - data.len;
    if (side->pad > m->missing)
        side->pad = m->missing;
    if (side->file > m->missing - side->pad)
        side->file = m->missing - side->pad;
}

void smb_transfer_data(struct smb_state *s, enum direction dir, struct bytes data)
{
    struct smb_side *side = &s->sides[dir];
    if (side->tx)
        take(side->tx, side->offset, data);
    side->offset += data.len;
}

void smb_transfer_gap(struct smb_state *s, enum direction dir, uint64_t n)
{
    struct smb_side *side = &s->sides[dir];
    if (side->tx && !side->tx->u.file.pieces.over && side->offset <= side->tx->u.file.pieces.next)
        pieces_skip_to(s->app, &side->tx->u.file.pieces, side->offset + n);
    side->offset += n;
}

void smb_file_renamed(struct smb_state *s, const struct smb_fuid *before, const struct smb_fuid *f)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct smb_tx *t = (struct smb_tx *)tx;
        if (tx->proto == APP_SMB && t->kind == SMB_FILE &&
            memcmp(&t->fuid, before, sizeof *before) == 0)
            t->fuid = *f;
    }
}

static void end_file(struct smb_tx *t)
{
    pieces_close(t->state->app, &t->u.file.pieces);
    smb_tx_done(t, TO_SERVER);
}

void smb_file_end(struct smb_state *s, const struct smb_fuid *f, const struct smb_message *m)
{
    struct smb_tx *t = find_transfer(s, f, TO_CLIENT, false);
    if (!t)
        return;
    end_file(t);
    smb_tx_status(t, m);
}

void smb_file_close(struct smb_state *s, const struct smb_fuid *f, enum direction dir)
{
    struct smb_tx *t;
    while ((t = find_transfer(s, f, dir, true))) {
        end_file(t);
        t->has_status = true;
        t->status = SMB_SUCCESS;
        smb_tx_done(t, TO_CLIENT);
    }
}
