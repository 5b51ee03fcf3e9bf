/* smb1_answer.c - what servers answer with SMB 1. */
#include "sensor/app/protocols/smb1_state.h"

#define EXTENDED_WCT 17 /* words of a negotiation from NT LM 0.12 on */

static void set_dialect(struct smb_state *s, struct smb_tx *t, unsigned index)
{
    struct bytes list = smb_text(t, SMB_NAME);
    while (list.len > 0) {
        size_t len = strnlen((const char *)list.p, list.len);
        if (index-- == 0) {
            app_text_free(s->app, &s->dialect_name);
            app_text_add(s->app, &s->dialect_name, bytes_slice(list, 0, len), SMB_TEXT_MAX);
            return;
        }
        list = bytes_slice(list, len + 1, SIZE_MAX);
    }
    app_tx_event(&t->tx, SMB_NEGOTIATE_MALFORMED_DIALECTS);
}

static bool negotiate(struct smb_state *s, const struct smb_message *m, size_t at,
                      struct smb_tx **settled)
{
    struct smb1_block b;
    struct smb_tx *t = smb_tx_find_kind(s, SMB_NEGOTIATE, SMB_KEY_NONE, 0, 1);
    if (!smb1_block(m, at, &b))
        return false;
    if (!t)
        return true;
    struct cursor words = cursor_over(b.words);
    set_dialect(s, t, cursor_le16(&words));
    t->u.negotiate.has_server_guid = b.words.len == 2 * EXTENDED_WCT && b.data.len >= 16;
    if (t->u.negotiate.has_server_guid)
        memcpy(t->u.negotiate.server_guid, b.data.p, 16);
    *settled = t;
    return true;
}

static bool session_setup(struct smb_state *s, const struct smb_message *m, size_t at,
                          struct smb_tx **settled)
{
    struct smb1_block b;
    struct bytes os = {0}, lm = {0};
    struct smb_tx *t = smb_tx_find_kind(s, SMB_SESSION_SETUP, SMB_KEY_HEADER, m->session, m->id);
    if (!t) /* the first one has no user yet */
        t = smb_tx_find_kind(s, SMB_SESSION_SETUP, SMB_KEY_HEADER, 0, m->id);
    if (!t)
        return smb1_block(m, at, &b);
    *settled = t;
    t->session = t->key.session = m->session;
    t->tree = m->tree;
    if (!smb1_block(m, at, &b))
        return false;
    struct cursor words = cursor_over(b.words), data = cursor_over(b.data);
    cursor_skip(&words, 6);
    if (b.words.len == 8)
        cursor_skip(&data, cursor_le16(&words)); /* security blob */
    if (cursor_ok(&data) && smb1_take_text(m, &data, &os) && !smb1_take_text(m, &data, &lm))
        lm = cursor_rest(&data); /* Windows XP cuts the end off the last text */
    t->u.setup.has_response_host = true;
    smb1_set_text(t, SMB_RESPONSE_OS, m, os);
    smb1_set_text(t, SMB_RESPONSE_LM, m, lm);
    return true;
}

static bool tree_connect(struct smb_state *s, const struct smb_message *m, size_t at,
                         struct smb_tx **settled)
{
    struct smb1_block b;
    struct smb_tx *t = smb_tx_find_kind(s, SMB_TREE_CONNECT, SMB_KEY_TREE, m->session, m->id);
    bool ok = smb1_block(m, at, &b);
    *settled = t;
    if (m->status != SMB_SUCCESS || !ok || !t)
        return ok || m->status != SMB_SUCCESS;
    const uint8_t *nul = b.data.len ? memchr(b.data.p, 0, b.data.len) : NULL;
    if (!nul)
        return false;
    struct bytes service = bytes_slice(b.data, 0, (size_t)(nul - b.data.p));
    smb_set_text(t, SMB_RESPONSE_SERVICE, service);
    t->u.tree_connect.has_response_service = true;
    t->u.tree_connect.is_pipe = bytes_eq(service, BYTES_LIT("IPC"));
    t->tree = m->tree;
    t->key.kind = SMB_KEY_HEADER;
    struct smb_memo_key key = smb_key_tree(m);
    struct smb_memo *tree = smb_memo_put(s, &key);
    tree->is_pipe = t->u.tree_connect.is_pipe;
    app_text_add(s->app, &tree->text, smb_text(t, SMB_SHARE), SMB_TEXT_MAX);
    return true;
}

static bool nt_create(struct smb_state *s, const struct smb_message *m, size_t at,
                      struct smb_tx **settled)
{
    struct smb1_block b;
    if (m->status != SMB_SUCCESS)
        return true;
    if (!smb1_block(m, at, &b))
        return false;
    struct cursor c = cursor_over(b.words);
    struct smb_opened o;
    cursor_skip(&c, 5);
    uint16_t fid = cursor_le16(&c);
    cursor_skip(&c, 4);
    smb_take_opened(&c, 12, &o);
    if (!cursor_ok(&c))
        return false;
    o.file = smb1_fuid(m, fid);
    *settled = smb_opened(s, m, &o);
    return true;
}

static bool read_file(struct smb_state *s, const struct smb_message *m, size_t at)
{
    struct smb_transfer x = {0};
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_READ);
    const struct smb_memo *asked = smb_memo_find(s, &key);
    if (m->status != SMB_SUCCESS || !asked)
        return true;
    if (!smb1_read_data(m, at, &x))
        return false;
    x.fuid = asked->fuid;
    x.offset = asked->offset;
    smb_memo_drop(s, &key);
    if (smb1_on_pipe(s, m))
        smb_pipe_take(s, m, TO_CLIENT, &x.fuid, bytes_slice(m->bytes, x.at, (size_t)x.len));
    else
        smb_transfer(s, m, TO_CLIENT, &x);
    return true;
}

static void close_file(struct smb_state *s, const struct smb_message *m)
{
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_FUID);
    const struct smb_memo *closing = smb_memo_find(s, &key);
    if (!closing)
        return;
    struct smb_fuid f = closing->fuid;
    smb_memo_drop(s, &key);
    smb_file_close(s, &f, TO_CLIENT);
}

static bool take(struct smb_state *s, const struct smb_message *m, size_t at,
                 struct smb_tx **settled)
{
    switch (m->command) {
    case SMB1_NEGOTIATE:
        return negotiate(s, m, at, settled);
    case SMB1_SESSION_SETUP_ANDX:
        return session_setup(s, m, at, settled);
    case SMB1_TREE_CONNECT_ANDX:
        return tree_connect(s, m, at, settled);
    case SMB1_NT_CREATE_ANDX:
        return nt_create(s, m, at, settled);
    case SMB1_READ_ANDX:
        return read_file(s, m, at);
    case SMB1_TRANS:
        return smb1_trans_answer(s, m, at);
    case SMB1_CLOSE:
        close_file(s, m);
        return true;
    default:
        return true;
    }
}

/* A logoff's answer belongs to the user that is no more. */
static struct smb_tx *find_logoff(struct smb_state *s)
{
    struct smb_tx *found = NULL;
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct smb_tx *t = (struct smb_tx *)tx;
        if (tx->proto == APP_SMB && t->version == 1 && t->command == SMB1_LOGOFF_ANDX)
            found = t;
    }
    return found;
}

void smb1_answer(struct smb_state *s, const struct smb_message *m, size_t at)
{
    struct smb_tx *t = NULL;
    struct smb_memo_key tree = smb_key_tree(m);
    bool ok = take(s, m, at, &t);
    if (m->command == SMB1_TREE_DISCONNECT)
        smb_memo_drop(s, &tree);
    if (!t)
        t = smb_tx_find(s, m, SMB_KEY_GENERIC);
    if (!t && m->command == SMB1_LOGOFF_ANDX)
        t = find_logoff(s);
    if (t) {
        smb_tx_done(t, TO_SERVER);
        smb_tx_answer(t, m);
    }
    if (!ok && t)
        app_tx_event(&t->tx, SMB_MALFORMED_DATA);
    else if (!ok)
        smb_event(s, SMB_MALFORMED_DATA);
}
