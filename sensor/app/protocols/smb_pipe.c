/* smb_pipe.c - DCE/RPC over SMB's named pipes: a call is one transaction, whatever carried it. */
#include "sensor/app/protocols/smb_state.h"

#define PART_MAX (64u << 10)        /* kept of a PDU that comes in several answers */
#define UNSEEN   "suricata::dcerpc" /* what a pipe is called whose opening was not seen */

bool smb_pipe_carries_dce(struct smb_state *s, const struct smb_fuid *f)
{
    static const char *const services[] = {"svcctl", "srvsvc",  "atsvc",  "lsarpc",
                                           "samr",   "spoolss", "winreg", UNSEEN};
    struct bytes name = smb_file_name(s, f, "");
    if (name.len > 1 && name.p[0] == '\\')
        name = bytes_slice(name, 1, SIZE_MAX);
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (bytes_eq(name, bytes_str(services[i])))
            return true;
    return false;
}

bool smb_pipe_looks_dce(struct bytes data)
{
    struct dce_pdu p;
    return dce_read(data, &p) && p.type < DCE_TYPES;
}

bool smb_is_pipe(struct smb_state *s, const struct smb_message *m, const struct smb_fuid *f,
                 struct bytes data)
{
    struct smb_memo_key key = smb_key_tree(m), file = smb_key_file(f);
    struct smb_memo *tree = smb_memo_find(s, &key);
    if (tree)
        return tree->is_pipe;
    if (!smb_pipe_looks_dce(data))
        return false;
    tree = smb_memo_put(s, &key);
    tree->is_pipe = true;
    app_text_add(s->app, &tree->text, bytes_str(UNSEEN), SMB_TEXT_MAX);
    if (!smb_pipe_carries_dce(s, f))
        app_text_add(s->app, &smb_memo_put(s, &file)->text, bytes_str(UNSEEN), SMB_TEXT_MAX);
    return true;
}

/* ---- calls ---- */

/* Reading and writing are messages of their own; an ioctl holds question and answer. */
static bool is_one_exchange(const struct smb_message *m)
{
    return m->version == 2 && m->command == 11;
}

static struct smb_tx *find_call(struct smb_state *s, const struct smb_message *m, uint32_t call_id)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct smb_tx *t = (struct smb_tx *)tx;
        if (tx->proto == APP_SMB && t->kind == SMB_DCERPC && t->key.session == m->session &&
            t->u.call.call_id == call_id && (!is_one_exchange(m) || t->key.id == m->id) &&
            tx->progress[TO_CLIENT] < SMB_DONE)
            return t;
    }
    return NULL;
}

static struct smb_tx *new_call(struct smb_state *s, const struct smb_message *m,
                               const struct dce_pdu *p)
{
    struct smb_tx *t = smb_tx_new(s, m, SMB_DCERPC, SMB_KEY_HEADER);
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

static void take_request(struct smb_state *s, const struct smb_message *m, const struct dce_pdu *p)
{
    struct dce_call call;
    bool ok = dce_read_request(p, &call), first = p->flags & DCE_FIRST;
    struct smb_tx *t = first ? new_call(s, m, p) : find_call(s, m, p->call_id);
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

static void take_bind(struct smb_state *s, struct smb_tx *t, const struct dce_pdu *p)
{
    s->bound.count = 0; /* the latest bind counts, as in Suricata */
    if (!dce_read_bind(s->app, p, &s->bound))
        app_tx_event(&t->tx, SMB_MALFORMED_DATA);
    t->u.call.bind = s->bound.binds;
}

void smb_pipe_write(struct smb_state *s, const struct smb_message *m, struct bytes data)
{
    struct dce_pdu p;
    if (!dce_read(data, &p)) {
        smb_event(s, SMB_MALFORMED_DATA);
        return;
    }
    if (p.type == DCE_REQUEST) {
        take_request(s, m, &p);
        return;
    }
    struct smb_tx *t = new_call(s, m, &p);
    t->u.call.request = p.type;
    t->u.call.has_request = true;
    if (p.type == DCE_BIND)
        take_bind(s, t, &p);
    else if (p.type >= DCE_TYPES)
        app_tx_event(&t->tx, SMB_MALFORMED_DATA);
    smb_tx_done(t, TO_SERVER);
}

static void take_answer(struct smb_state *s, const struct smb_message *m, const struct dce_pdu *p)
{
    struct smb_tx *t = find_call(s, m, p->call_id);
    struct dce_call call;
    if (!t && p->type == DCE_BIND_ACK)
        return;
    if (!t) {
        t = new_call(s, m, p);
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
        (p->type == DCE_BIND_ACK && !dce_read_bind_ack(p, &s->bound)))
        app_tx_event(&t->tx, SMB_MALFORMED_DATA);
    smb_tx_done(t, TO_CLIENT);
}

static struct smb_memo_key part_key(const struct smb_message *m, const struct smb_fuid *f)
{
    struct smb_memo_key key = smb_key_tree(m);
    key.kind = SMB_MEMO_PIPE_PART;
    key.fuid = *f;
    return key;
}

/* What came before of the PDU that data goes on with; the caller frees it. */
static struct app_text join_part(struct smb_state *s, const struct smb_memo_key *key,
                                 struct bytes data)
{
    struct app_text whole = {0};
    struct smb_memo *part = smb_memo_find(s, key);
    if (part)
        app_text_add(s->app, &whole, app_text_bytes(&part->text), PART_MAX);
    app_text_add(s->app, &whole, data, PART_MAX + SMB_RECORD_MAX);
    smb_memo_drop(s, key);
    return whole;
}

void smb_pipe_read(struct smb_state *s, const struct smb_message *m, const struct smb_fuid *f,
                   struct bytes data)
{
    struct smb_memo_key key = part_key(m, f);
    struct dce_pdu p;
    if (m->status != SMB_SUCCESS && m->status != SMB_BUFFER_OVERFLOW) {
        struct smb_tx *t = smb_tx_find(s, m, SMB_KEY_HEADER);
        if (t)
            smb_tx_answer(t, m);
        return;
    }
    struct app_text whole = join_part(s, &key, data);
    if (whole.len > 0 && !dce_read(app_text_bytes(&whole), &p))
        smb_event(s, SMB_MALFORMED_DATA);
    else if (whole.len > 0 && m->status == SMB_BUFFER_OVERFLOW && whole.len < p.length)
        app_text_add(s->app, &smb_memo_put(s, &key)->text, app_text_bytes(&whole), PART_MAX);
    else if (whole.len > 0)
        take_answer(s, m, &p);
    app_text_free(s->app, &whole);
}
