/* smb1_request.c - what clients ask for with SMB 1. */
#include "sensor/app/protocols/smb1_state.h"

#define DIALECTS_MAX     64
#define ENCAPSULATED_WCT 12 /* words of a session setup with a security blob */

/* The texts of these commands are no transaction by themselves. */
static bool makes_tx(uint16_t command)
{
    return command != SMB1_READ_ANDX && command != SMB1_WRITE_ANDX && command != SMB1_TRANS &&
           command != SMB1_TRANS2;
}

static bool negotiate(struct smb_state *s, const struct smb_message *m, size_t at)
{
    struct smb1_block b;
    if (!smb1_block(m, at, &b))
        return false;
    struct smb_tx *t = smb_tx_find_kind(s, SMB_NEGOTIATE, SMB_KEY_NONE, 0, 1);
    if (t) {
        app_tx_event(&t->tx, SMB_DUPLICATE_NEGOTIATE);
        return true;
    }
    t = smb_tx_new(s, m, SMB_NEGOTIATE, SMB_KEY_NONE);
    t->key = (struct smb_key){.id = m->version};
    struct bytes left = b.data;
    for (unsigned i = 0; i < DIALECTS_MAX && left.len > 0; i++) {
        const uint8_t *nul = memchr(left.p, 0, left.len);
        size_t len = nul ? (size_t)(nul - left.p) : left.len;
        if (len <= 1) /* a byte 2, then the name */
            app_tx_event(&t->tx, SMB_NEGOTIATE_MALFORMED_DIALECTS);
        if (nul && len >= 1)
            app_text_add(s->app, &t->text[SMB_NAME], bytes_slice(left, 1, len), SMB_TEXT_MAX);
        left = bytes_slice(left, nul ? len + 1 : len, SIZE_MAX);
    }
    smb_tx_done(t, TO_SERVER);
    return true;
}

static bool session_setup(struct smb_state *s, const struct smb_message *m, size_t at)
{
    struct smb1_block b;
    struct bytes os = {0}, lm = {0};
    if (!smb1_block(m, at, &b))
        return false;
    struct smb_tx *t = smb_tx_new(s, m, SMB_SESSION_SETUP, SMB_KEY_HEADER);
    struct cursor words = cursor_over(b.words), data = cursor_over(b.data);
    cursor_skip(&words, 14);
    size_t first = cursor_le16(&words), second = cursor_le16(&words);
    if (b.words.len == 2 * ENCAPSULATED_WCT) {
        smb_read_auth(t, cursor_take(&data, first));
    } else { /* password hashes, then account and domain */
        struct bytes account = {0}, domain = {0};
        cursor_skip(&data, first);
        cursor_skip(&data, second);
        if (cursor_ok(&data) && smb1_take_text(m, &data, &account))
            smb1_take_text(m, &data, &domain);
    }
    if (cursor_ok(&data) && smb1_take_text(m, &data, &os))
        smb1_take_text(m, &data, &lm);
    t->u.setup.has_request_host = true;
    smb1_set_text(t, SMB_REQUEST_OS, m, os);
    smb1_set_text(t, SMB_REQUEST_LM, m, lm);
    smb_tx_done(t, TO_SERVER);
    return true;
}

static bool tree_connect(struct smb_state *s, const struct smb_message *m, size_t at)
{
    struct smb1_block b;
    struct bytes path;
    if (!smb1_block(m, at, &b))
        return false;
    struct cursor words = cursor_over(b.words), data = cursor_over(b.data);
    cursor_skip(&words, 6);
    cursor_skip(&data, cursor_le16(&words)); /* password */
    if (!cursor_ok(&words) || !cursor_ok(&data) || !smb1_take_text(m, &data, &path))
        return false;
    struct smb_tx *t = smb_tx_new(s, m, SMB_TREE_CONNECT, SMB_KEY_TREE);
    struct bytes service = cursor_rest(&data); /* never UTF-16 */
    const uint8_t *nul = service.len ? memchr(service.p, 0, service.len) : NULL;
    size_t step = m->unicode ? 2 : 1;
    if (path.len > step) /* records and rules know it by one backslash, as Suricata's */
        path = bytes_slice(path, step, SIZE_MAX);
    smb1_set_text(t, SMB_SHARE, m, path);
    smb_set_text(t, SMB_REQUEST_SERVICE,
                 bytes_slice(service, 0, nul ? (size_t)(nul - service.p) : SIZE_MAX));
    app_tx_advance(s->flow, &t->tx, TO_SERVER, SMB_ASKED); /* it may yet turn out to be a pipe */
    return true;
}

static bool nt_create(struct smb_state *s, const struct smb_message *m, size_t at)
{
    struct smb1_block b;
    if (!smb1_block(m, at, &b))
        return false;
    struct cursor words = cursor_over(b.words), data = cursor_over(m->bytes);
    cursor_skip(&words, 5);
    size_t len = cursor_le16(&words);
    cursor_skip(&words, 28);
    uint32_t disposition = cursor_le32(&words), options = cursor_le32(&words);
    cursor_skip(&data, b.data_at + (m->unicode && b.data_at % 2));
    struct bytes name = cursor_take(&data, len);
    if (!cursor_ok(&words) || !cursor_ok(&data))
        return false;
    struct smb_tx *t = smb_tx_new(s, m, SMB_CREATE, SMB_KEY_GENERIC);
    t->u.create.disposition = disposition;
    t->u.create.delete_on_close = options & 0x1000;
    t->u.create.directory = options & 0x1;
    smb1_set_text(t, SMB_NAME, m, name);
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_NAME);
    app_text_add(s->app, &smb_memo_put(s, &key)->text, smb_text(t, SMB_NAME), SMB_TEXT_MAX);
    smb_tx_done(t, TO_SERVER);
    return true;
}

static bool rename_file(struct smb_state *s, const struct smb_message *m, size_t at)
{
    struct smb1_block b;
    struct bytes from, to;
    if (!smb1_block(m, at, &b))
        return false;
    struct cursor data = cursor_over(b.data);
    cursor_skip(&data, 1);
    if (!smb1_take_text(m, &data, &from))
        return false;
    cursor_skip(&data, 1);
    if (!smb1_take_text(m, &data, &to))
        return false;
    struct smb_tx *t = smb_tx_new(s, m, SMB_RENAME, SMB_KEY_GENERIC);
    smb1_set_text(t, SMB_NAME, m, from);
    smb1_set_text(t, SMB_SHARE, m, to);
    smb_tx_done(t, TO_SERVER);
    return true;
}

static bool read_file(struct smb_state *s, const struct smb_message *m, size_t at)
{
    struct smb1_block b;
    if (!smb1_block(m, at, &b))
        return false;
    struct cursor c = cursor_over(b.words);
    cursor_skip(&c, 4);
    struct smb_fuid f = smb1_fuid(m, cursor_le16(&c));
    uint64_t offset = cursor_le32(&c);
    cursor_skip(&c, 10);
    if (!cursor_ok(&c))
        return false;
    if (cursor_left(&c) >= 4)
        offset |= (uint64_t)cursor_le32(&c) << 32;
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_READ);
    struct smb_memo *memo = smb_memo_put(s, &key);
    memo->fuid = f;
    memo->offset = offset;
    return true;
}

static bool write_file(struct smb_state *s, const struct smb_message *m, size_t at)
{
    struct smb_transfer x = {0};
    if (!smb1_write_data(m, at, &x))
        return false;
    if (smb1_on_pipe(s, m))
        smb_pipe_take(s, m, TO_SERVER, &x.fuid, bytes_slice(m->bytes, x.at, (size_t)x.len));
    else
        smb_transfer(s, m, TO_SERVER, &x);
    if (m->command == SMB1_WRITE_AND_CLOSE)
        smb_file_close(s, &x.fuid, TO_SERVER);
    return true;
}

/* What was read is closed by the answer. */
static bool close_file(struct smb_state *s, const struct smb_message *m, size_t at)
{
    struct smb1_block b;
    if (!smb1_block(m, at, &b))
        return false;
    struct cursor c = cursor_over(b.words);
    struct smb_fuid f = smb1_fuid(m, cursor_le16(&c));
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_FUID);
    if (!cursor_ok(&c))
        return false;
    smb_memo_put(s, &key)->fuid = f;
    smb_file_close(s, &f, TO_SERVER);
    smb_pipe_close(s, &f);
    return true;
}

/* True once m has its transaction, or needs none. */
static bool take(struct smb_state *s, const struct smb_message *m, size_t at, bool *ok)
{
    bool made = false;
    switch (m->command) {
    case SMB1_NEGOTIATE:
        return *ok = negotiate(s, m, at);
    case SMB1_SESSION_SETUP_ANDX:
        return *ok = session_setup(s, m, at);
    case SMB1_TREE_CONNECT_ANDX:
        return *ok = tree_connect(s, m, at);
    case SMB1_NT_CREATE_ANDX:
        return *ok = nt_create(s, m, at);
    case SMB1_RENAME:
        return *ok = rename_file(s, m, at);
    case SMB1_READ_ANDX:
        return *ok = read_file(s, m, at);
    case SMB1_TRANS:
        return *ok = smb1_trans_request(s, m, at);
    case SMB1_TRANS2:
        *ok = smb1_trans2_request(s, m, at, &made);
        return made;
    case SMB1_WRITE:
    case SMB1_WRITE_ANDX:
    case SMB1_WRITE_AND_CLOSE:
        *ok = write_file(s, m, at);
        return false;
    case SMB1_CLOSE:
        *ok = close_file(s, m, at);
        return false;
    default:
        return false;
    }
}

void smb1_request(struct smb_state *s, const struct smb_message *m, size_t at)
{
    bool ok = true;
    struct smb_memo_key tree = smb_key_tree(m);
    if (m->command == SMB1_TREE_DISCONNECT)
        smb_memo_drop(s, &tree);
    if (take(s, m, at, &ok) || (!makes_tx(m->command) && ok))
        return;
    struct smb_tx *t = smb_tx_new(s, m, SMB_GENERIC, SMB_KEY_GENERIC);
    if (!ok)
        app_tx_event(&t->tx, SMB_MALFORMED_DATA);
    smb_tx_done(t, TO_SERVER);
    if (m->command == SMB1_NT_CANCEL || m->command == SMB1_TRANS2_SECONDARY ||
        m->command == SMB1_LOCKING_ANDX)
        smb_tx_done(t, TO_CLIENT); /* often not answered */
}
