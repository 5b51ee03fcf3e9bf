/* smb_file.c - files read and written over SMB: pieces at offsets, in any order, become a file.
 *
 * One transaction is one file in one direction, from its first piece to its close. Pieces that come
 * before their turn wait, within SMB_QUEUE_MAX and SMB_QUEUE_BYTES; bytes seen twice count once. */
#include "sensor/app/protocols/smb_state.h"

/* ---- pieces ---- */

static void drop_chunk(struct app *a, struct smb_tracker *k, struct smb_chunk **at)
{
    struct smb_chunk *c = *at;
    *at = c->next;
    k->queued--;
    k->queued_bytes -= c->data.len;
    app_text_free(a, &c->data);
    app_dealloc(a, c, sizeof *c);
}

void smb_tracker_free(struct app *a, struct smb_tracker *t)
{
    while (t->queue)
        drop_chunk(a, t, &t->queue);
}

/* Hands over what is new of data, which lies at offset <= next. */
static void append(struct app *a, struct smb_tracker *k, uint64_t offset, struct bytes data)
{
    uint64_t seen = k->next - offset;
    if (seen >= data.len)
        return;
    struct bytes fresh = bytes_slice(data, (size_t)seen, SIZE_MAX);
    app_file_data(a, k->file, fresh);
    k->next += fresh.len;
}

static void drain(struct app *a, struct smb_tracker *k)
{
    while (k->queue && k->queue->offset <= k->next) {
        append(a, k, k->queue->offset, app_text_bytes(&k->queue->data));
        drop_chunk(a, k, &k->queue);
    }
}

static void enqueue(struct smb_tx *t, uint64_t offset, struct bytes data)
{
    struct smb_tracker *k = &t->u.file.tracker;
    struct app *a = t->state->app;
    bool reads = t->u.file.dir == TO_CLIENT;
    struct smb_chunk **at = &k->queue;
    if (k->queued_bytes + data.len > SMB_QUEUE_BYTES) {
        app_tx_event(&t->tx, reads ? SMB_READ_QUEUE_SIZE_EXCEEDED : SMB_WRITE_QUEUE_SIZE_EXCEEDED);
        return;
    }
    while (*at && (*at)->offset + (*at)->data.len < offset)
        at = &(*at)->next;
    if (!*at || (*at)->offset + (*at)->data.len != offset) {
        if (k->queued == SMB_QUEUE_MAX) {
            app_tx_event(&t->tx,
                         reads ? SMB_READ_QUEUE_CNT_EXCEEDED : SMB_WRITE_QUEUE_CNT_EXCEEDED);
            return;
        }
        struct smb_chunk *c = app_alloc(a, sizeof *c);
        c->offset = offset;
        while (*at && (*at)->offset < offset)
            at = &(*at)->next;
        c->next = *at;
        *at = c;
        k->queued++;
    }
    app_text_add(a, &(*at)->data, data, SMB_QUEUE_BYTES);
    k->queued_bytes += (uint32_t)data.len;
}

static void take(struct smb_tx *t, uint64_t offset, struct bytes data)
{
    struct smb_tracker *k = &t->u.file.tracker;
    if (k->over || data.len == 0)
        return;
    if (offset > k->next) {
        enqueue(t, offset, data);
        return;
    }
    append(t->state->app, k, offset, data);
    drain(t->state->app, k);
    app_flow_touch(t->state->flow, t->u.file.dir);
}

static void skip_to(struct app *a, struct smb_tracker *k, uint64_t offset)
{
    if (offset <= k->next)
        return;
    app_file_gap(k->file, offset - k->next);
    k->next = offset;
    drain(a, k);
}

/* ---- files ---- */

/* The transfer of f that goes on, or (read to its end) only waits for the file to be closed. */
static struct smb_tx *find_transfer(struct smb_state *s, const struct smb_fuid *f,
                                    enum direction dir, bool waiting)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct smb_tx *t = (struct smb_tx *)tx;
        if (tx->proto == APP_SMB && t->kind == SMB_FILE && t->u.file.dir == dir &&
            tx->progress[TO_CLIENT] < SMB_DONE && (waiting || !t->u.file.tracker.over) &&
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
    t->u.file.tracker.file = app_file_open(s->app, &t->tx, dir, name, APP_FILE_KEEP);
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
    if (x->offset < t->u.file.tracker.next)
        smb_event(s, SMB_FILE_OVERLAP);
    take(t, x->offset, data);
    side->tx = t;
    side->offset = x->offset + data.len;
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
    if (side->tx && !side->tx->u.file.tracker.over && side->offset <= side->tx->u.file.tracker.next)
        skip_to(s->app, &side->tx->u.file.tracker, side->offset + n);
    side->offset += n;
}

static void end_file(struct smb_tx *t)
{
    struct smb_tracker *k = &t->u.file.tracker;
    while (k->queue)
        skip_to(t->state->app, k, k->queue->offset);
    app_file_close(t->state->app, k->file, APP_FILE_CLOSED);
    k->over = true;
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
