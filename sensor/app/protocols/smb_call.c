/* smb_call.c - DCE/RPC over SMB's named pipes: a call is one transaction, whatever carried it. */
#include "sensor/app/protocols/smb_state.h"

/* Reading and writing are messages of their own; an ioctl holds question and answer. */
static bool is_one_exchange(const struct smb_message *m)
{
    return m->version == 2 && m->command == 11;
}

static struct smb_tx *find_call(struct smb_state *s, const struct smb_message *m,
                                const struct smb_pipe *pipe, uint32_t call_id)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct smb_tx *t = (struct smb_tx *)tx;
        if (tx->proto == APP_SMB && t->kind == SMB_DCERPC && t->pipe == pipe &&
            t->u.call.call_id == call_id && (!is_one_exchange(m) || t->key.id == m->id) &&
            tx->progress[TO_CLIENT] < SMB_DONE)
            return t;
    }
    return NULL;
}

static struct smb_tx *new_call(struct smb_state *s, const struct smb_message *m,
                               struct smb_pipe *pipe, const struct dce_pdu *p)
{
    struct smb_tx *t = smb_tx_new(s, m, SMB_DCERPC, SMB_KEY_HEADER);
    t->pipe = smb_pipe_keep(pipe);
    t->u.call.call_id = p->call_id;
    t->u.call.little = p->little;
    return t;
}

static void add_stub(struct smb_tx *t, enum direction dir, const struct dce_pdu *p,
                     struct bytes stub)
{
    dcerpc_call_stub(t->state->app, &t->u.call, dir, stub);
    app_flow_touch(t->state->flow, dir);
    if (p->flags & DCE_LAST)
        smb_tx_done(t, dir);
}

static void take_request(struct smb_state *s, const struct smb_message *m, struct smb_pipe *pipe,
                         const struct dce_pdu *p)
{
    struct dce_call call;
    bool ok = dce_read_request(p, &call), first = p->flags & DCE_FIRST;
    struct smb_tx *t = first ? new_call(s, m, pipe, p) : find_call(s, m, pipe, p->call_id);
    if (!t)
        return;
    if (first)
        t->u.call.has_request = true;
    if (!ok) {
        app_tx_event(&t->tx, SMB_MALFORMED_DATA);
        smb_tx_done(t, TO_SERVER);
        return;
    }
    if (first) {
        t->u.call.opnum = call.opnum;
        t->u.call.context_id = call.context_id;
    }
    add_stub(t, TO_SERVER, p, call.stub);
}

static void take_bind(struct smb_tx *t, const struct dce_pdu *p)
{
    struct dce_interfaces *bound = &t->pipe->bound;
    if (p->type == DCE_BIND)
        bound->count = 0; /* a pipe is bound anew */
    if (!dce_read_bind(t->state->app, p, bound))
        app_tx_event(&t->tx, SMB_MALFORMED_DATA);
    t->u.call.bind = bound->binds;
}

static void take_question(struct smb_state *s, const struct smb_message *m, struct smb_pipe *pipe,
                          const struct dce_pdu *p)
{
    if (p->type == DCE_REQUEST) {
        take_request(s, m, pipe, p);
        return;
    }
    struct smb_tx *t = new_call(s, m, pipe, p);
    t->u.call.request = p->type;
    t->u.call.has_request = true;
    if (p->type == DCE_BIND || p->type == DCE_ALTER_CONTEXT)
        take_bind(t, p);
    else if (p->type >= DCE_TYPES)
        app_tx_event(&t->tx, SMB_MALFORMED_DATA);
    smb_tx_done(t, TO_SERVER);
}

static bool acknowledges(const struct dce_pdu *p)
{
    return p->type == DCE_BIND_ACK || p->type == DCE_ALTER_CONTEXT_RESP;
}

static void take_answer(struct smb_state *s, const struct smb_message *m, struct smb_pipe *pipe,
                        const struct dce_pdu *p)
{
    struct smb_tx *t = find_call(s, m, pipe, p->call_id);
    struct dce_call call;
    if (!t && p->type == DCE_BIND_ACK)
        return;
    if (!t) {
        t = new_call(s, m, pipe, p);
        smb_tx_done(t, TO_SERVER);
    }
    t->u.call.has_response = true;
    t->u.call.response = p->type;
    smb_tx_status(t, m);
    if (p->type == DCE_RESPONSE && dce_read_response(p, &call)) {
        add_stub(t, TO_CLIENT, p, call.stub);
        return;
    }
    if (p->type == DCE_RESPONSE || p->type >= DCE_TYPES ||
        (acknowledges(p) && !dce_read_bind_ack(p, &pipe->bound)))
        app_tx_event(&t->tx, SMB_MALFORMED_DATA);
    smb_tx_done(t, TO_CLIENT);
}

void smb_call_take(struct smb_state *s, const struct smb_message *m, struct smb_pipe *pipe,
                   enum direction dir, const struct dce_pdu *p)
{
    if (dir == TO_SERVER)
        take_question(s, m, pipe, p);
    else
        take_answer(s, m, pipe, p);
}
