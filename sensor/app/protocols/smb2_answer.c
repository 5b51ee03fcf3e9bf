/* smb2_answer.c - what servers answer with SMB 2 and 3; false from a reader: it is damaged.
 * *settled is set once the transaction was found. */
#include "sensor/app/protocols/smb2_state.h"

static bool negotiate_answer(struct smb_state *s, const struct smb_message *m, bool *settled)
{
    struct cursor c = smb2_body(m);
    cursor_skip(&c, 4);
    uint16_t dialect = cursor_le16(&c);
    cursor_skip(&c, 2);
    struct bytes guid = cursor_take(&c, 16);
    cursor_skip(&c, 8);
    uint32_t max_read = cursor_le32(&c), max_write = cursor_le32(&c);
    bool success = m->status == SMB_SUCCESS;
    if (success && !cursor_ok(&c))
        return false;
    if (success) {
        if (max_read > SMB_TRANSFER_MAX)
            smb_event(s, SMB_NEGOTIATE_MAX_READ_SIZE_TOO_LARGE);
        if (max_write > SMB_TRANSFER_MAX)
            smb_event(s, SMB_NEGOTIATE_MAX_WRITE_SIZE_TOO_LARGE);
        s->dialect = dialect;
        s->max_read_size = max_read;
        s->max_write_size = max_write;
    }
    struct smb_tx *t = smb_tx_find_kind(s, SMB_NEGOTIATE, SMB_KEY_NONE, 0, 2);
    if (!t)
        t = smb_tx_find_kind(s, SMB_NEGOTIATE, SMB_KEY_NONE, 0, 1); /* asked with SMB 1 */
    if (!t)
        return true;
    *settled = true;
    if (success) {
        t->u.negotiate.has_server_guid = true;
        memcpy(t->u.negotiate.server_guid, guid.p, guid.len);
    }
    smb_tx_answer(t, m);
    return true;
}

/* The first request of a session has no session id yet. */
static bool session_setup_answer(struct smb_state *s, const struct smb_message *m, bool *settled)
{
    struct smb_tx *t = smb_tx_find_kind(s, SMB_SESSION_SETUP, SMB_KEY_HEADER, m->session, m->id);
    if (!t)
        t = smb_tx_find_kind(s, SMB_SESSION_SETUP, SMB_KEY_HEADER, 0, m->id);
    if (!t)
        return true;
    *settled = true;
    t->session = t->key.session = m->session;
    t->tree = m->tree;
    smb_tx_answer(t, m);
    return true;
}

static bool tree_connect_answer(struct smb_state *s, const struct smb_message *m, bool *settled)
{
    struct cursor c = smb2_body(m);
    struct smb_tx *t = smb_tx_find_kind(s, SMB_TREE_CONNECT, SMB_KEY_TREE, m->session, m->id);
    cursor_skip(&c, 2);
    uint8_t type = cursor_u8(&c);
    cursor_skip(&c, 13);
    if (m->status == SMB_SUCCESS && !cursor_ok(&c))
        return false;
    if (!t)
        return true;
    *settled = true;
    smb_tx_done(t, TO_SERVER);
    smb_tx_answer(t, m);
    if (m->status != SMB_SUCCESS)
        return true;
    struct smb_memo_key key = smb_key_tree(m);
    struct smb_memo *tree = smb_memo_put(s, &key);
    tree->is_pipe = t->u.tree_connect.is_pipe = type == 2;
    app_text_add(s->app, &tree->text, smb_text(t, SMB_SHARE), SMB_TEXT_MAX);
    t->u.tree_connect.type = type;
    t->tree = m->tree;
    t->key.kind = SMB_KEY_HEADER;
    return true;
}

/* What followed in the chain went on with the file that is known from here on. */
static void name_opened(struct smb_state *s, const struct smb_message *m, const struct smb_fuid *f)
{
    struct smb_fuid before = smb2_file_to_open(m);
    struct smb_memo_key key = smb_key_file(&before);
    key.kind = SMB_MEMO_ALIAS;
    smb_memo_put(s, &key)->fuid = *f;
    smb_file_renamed(s, &before, f);
}

static bool create_answer(struct smb_state *s, const struct smb_message *m, bool *settled)
{
    struct cursor c = smb2_body(m);
    struct smb_opened o;
    if (m->status != SMB_SUCCESS)
        return true;
    cursor_skip(&c, 8);
    smb_take_opened(&c, 8, &o);
    cursor_skip(&c, 8);
    o.file = smb2_take_fuid(&c);
    if (!cursor_ok(&c))
        return false;
    struct smb_tx *t = smb_opened(s, m, &o);
    if (m->chained)
        name_opened(s, m, &o.file);
    if (!t)
        return true;
    *settled = true;
    smb_tx_answer(t, m);
    return true;
}

/* What the request of a read said; it is answered by m, and forgotten. */
static bool take_asked(struct smb_state *s, const struct smb_message *m, struct smb_transfer *x)
{
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_READ);
    const struct smb_memo *asked = smb_memo_find(s, &key);
    if (!asked)
        return false;
    x->fuid = asked->fuid;
    x->offset = asked->offset;
    smb_memo_drop(s, &key);
    key = smb_key_file(&x->fuid);
    key.kind = SMB_MEMO_ALIAS;
    const struct smb_memo *alias = smb_memo_find(s, &key);
    if (alias)
        x->fuid = alias->fuid;
    return true;
}

static bool read_answer(struct smb_state *s, const struct smb_message *m, bool *settled)
{
    struct smb_transfer x = {0};
    *settled = true;
    if (m->status == SMB_END_OF_FILE && take_asked(s, m, &x))
        smb_file_end(s, &x.fuid, m);
    if (m->status != SMB_SUCCESS && m->status != SMB_BUFFER_OVERFLOW)
        return true;
    if (!smb2_read_data(m, &x))
        return false;
    struct bytes data = smb2_data(m, &x);
    if (smb2_is_too_large((uint32_t)x.len, s->max_read_size))
        smb_event(s, SMB_READ_RESPONSE_TOO_LARGE);
    else if (!take_asked(s, m, &x))
        return true;
    else if (!smb_is_pipe(s, m, &x.fuid, data))
        smb_transfer(s, m, TO_CLIENT, &x);
    else if (smb_pipe_carries_dce(s, &x.fuid, data))
        smb_pipe_take(s, m, TO_CLIENT, &x.fuid, data);
    return true;
}

static bool ioctl_answer(struct smb_state *s, const struct smb_message *m, bool *settled)
{
    struct cursor c = smb2_body(m);
    struct bytes out;
    struct smb_tx *t = smb_tx_find(s, m, SMB_KEY_HEADER);
    if (!t)
        t = smb_tx_find(s, m, SMB_KEY_GENERIC); /* its request was damaged */
    cursor_skip(&c, 4);
    uint32_t function = cursor_le32(&c);
    struct smb_fuid f = smb2_take_fuid(&c);
    cursor_skip(&c, 8);
    size_t at = cursor_le32(&c), len = cursor_le32(&c);
    bool ok = cursor_ok(&c) && (len == 0 || smb2_slice(m, at, len, &out));
    *settled = true;
    if (ok && function == SMB2_PIPE_TRANSCEIVE && len > 0 && smb_pipe_carries_dce(s, &f, out)) {
        smb_pipe_take(s, m, TO_CLIENT, &f, out);
        return true;
    }
    if (!t)
        return true;
    smb_tx_answer(t, m);
    if (!ok && m->status == SMB_SUCCESS)
        app_tx_event(&t->tx, SMB_MALFORMED_DATA);
    return true;
}

void smb2_answer(struct smb_state *s, const struct smb_message *m)
{
    static bool (*const readers[])(struct smb_state *, const struct smb_message *, bool *) = {
        [SMB2_NEGOTIATE] = negotiate_answer,
        [SMB2_SESSION_SETUP] = session_setup_answer,
        [SMB2_TREE_CONNECT] = tree_connect_answer,
        [SMB2_CREATE] = create_answer,
        [SMB2_READ] = read_answer,
        [SMB2_IOCTL] = ioctl_answer,
    };
    bool settled = false, ok = true;
    if (m->command < sizeof readers / sizeof *readers && readers[m->command])
        ok = readers[m->command](s, m, &settled);
    if (m->command == SMB2_TREE_DISCONNECT)
        smb2_forget_tree(s, m);
    struct smb_tx *t = settled ? NULL : smb_tx_find(s, m, SMB_KEY_GENERIC);
    if (t)
        smb_tx_answer(t, m);
    if (!ok && t)
        app_tx_event(&t->tx, SMB_MALFORMED_DATA);
    else if (!ok)
        smb_event(s, SMB_MALFORMED_DATA);
}
