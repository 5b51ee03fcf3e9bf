/* smb_tx.c - SMB transactions: made by a request, found again by its answer. */
#include "sensor/app/protocols/smb_state.h"
#include "sensor/app/protocols/utf16.h"

struct smb_tx *smb_tx_new(struct smb_state *s, const struct smb_message *m, enum smb_kind kind,
                          enum smb_key_kind key)
{
    struct smb_tx *t = app_alloc(s->app, sizeof *t);
    t->state = s;
    t->kind = (uint8_t)kind;
    t->version = m->version;
    t->command = m->command;
    if (kind != SMB_NEGOTIATE) { /* it comes before both */
        t->session = m->session;
        t->tree = m->tree;
    }
    t->key = (struct smb_key){.kind = (uint8_t)key, .session = m->session, .id = m->id};
    app_tx_add(s->app, s->flow, APP_SMB, &t->tx, s->ts_us);
    return t;
}

void smb_tx_done(struct smb_tx *t, enum direction dir)
{
    app_tx_advance(t->state->flow, &t->tx, dir, SMB_DONE);
}

void smb_tx_status(struct smb_tx *t, const struct smb_message *m)
{
    t->has_status = true;
    t->status = m->status;
    t->dos_error = m->dos_error;
}

static bool is_key(const struct smb_tx *t, enum smb_key_kind kind, uint64_t session, uint64_t id)
{
    return t->key.kind == kind && t->key.session == session && t->key.id == id;
}

/* Transactions of other protocols of the flow may stand in the list. */
static struct smb_tx *smb_tx_of(struct app_tx *tx)
{
    return tx->proto == APP_SMB ? (struct smb_tx *)tx : NULL;
}

void smb_tx_give_up(struct smb_state *s, uint64_t end, enum direction dir)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct smb_tx *t = smb_tx_of(tx);
        if (!t || tx->id >= end || t->kind == SMB_FILE)
            continue;
        smb_tx_done(t, TO_SERVER);
        if (dir == TO_CLIENT)
            smb_tx_done(t, TO_CLIENT);
    }
}

/* Answers come in the order of the requests, mostly: the first behind a gap tells which were lost.
 */
void smb_tx_answer(struct smb_tx *t, const struct smb_message *m)
{
    struct smb_state *s = t->state;
    smb_tx_status(t, m);
    if (m->status == SMB_PENDING)
        return;
    smb_tx_done(t, TO_CLIENT);
    if (!s->doubtful)
        return;
    smb_tx_give_up(s, t->tx.id < s->doubtful ? t->tx.id : s->doubtful, TO_CLIENT);
    if (t->tx.id >= s->doubtful)
        s->doubtful = 0;
}

struct smb_tx *smb_tx_find(struct smb_state *s, const struct smb_message *m, enum smb_key_kind key)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct smb_tx *t = smb_tx_of(tx);
        if (t && t->version == m->version && t->command == m->command &&
            is_key(t, key, m->session, m->id))
            return t;
    }
    return NULL;
}

struct smb_tx *smb_tx_find_kind(struct smb_state *s, enum smb_kind kind, enum smb_key_kind key,
                                uint64_t session, uint64_t id)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct smb_tx *t = smb_tx_of(tx);
        if (t && t->kind == kind && is_key(t, key, session, id))
            return t;
    }
    return NULL;
}

void smb_event(struct smb_state *s, enum smb_event event)
{
    struct app_tx *latest = NULL;
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next)
        if (tx->proto == APP_SMB)
            latest = tx;
    if (!latest) {
        struct smb_message none = {0};
        struct smb_tx *t = smb_tx_new(s, &none, SMB_DAMAGE, SMB_KEY_NONE);
        smb_tx_done(t, TO_SERVER);
        smb_tx_done(t, TO_CLIENT);
        latest = &t->tx;
    }
    app_tx_event(latest, (uint16_t)event);
}

/* ---- texts ---- */

void smb_set_text(struct smb_tx *t, enum smb_text which, struct bytes value)
{
    app_text_free(t->state->app, &t->text[which]);
    app_text_add(t->state->app, &t->text[which], value, SMB_TEXT_MAX);
}

void smb_set_utf16(struct smb_tx *t, enum smb_text which, struct bytes value)
{
    app_text_free(t->state->app, &t->text[which]);
    utf16_add(t->state->app, &t->text[which], value, SMB_TEXT_MAX);
}

struct bytes smb_text(const struct smb_tx *t, enum smb_text which)
{
    return app_text_bytes(&t->text[which]);
}

void smb_tx_free(struct app *a, struct app_tx *tx)
{
    struct smb_tx *t = (struct smb_tx *)tx;
    for (unsigned dir = 0; dir < 2; dir++)
        if (t->state->sides[dir].tx == t)
            t->state->sides[dir].tx = NULL;
    for (unsigned i = 0; i < SMB_TEXTS; i++)
        app_text_free(a, &t->text[i]);
    if (t->kind == SMB_FILE)
        pieces_release(a, &t->u.file.pieces);
    if (t->kind == SMB_DCERPC)
        dcerpc_call_free(a, &t->u.call);
    smb_pipe_let_go(a, t->pipe);
    app_dealloc(a, t, sizeof *t);
}
