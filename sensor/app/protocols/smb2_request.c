/* smb2_request.c - what clients ask for with SMB 2 and 3; false from a reader: it is damaged. */
#include "sensor/app/protocols/smb2_state.h"
#include <stdio.h>

/* Requests that are no transaction by themselves: what they do to a file is. */
static bool makes_tx(uint16_t command)
{
    return command != SMB2_READ && command != SMB2_WRITE && command != SMB2_GET_INFO &&
           command != SMB2_SET_INFO;
}

static void take_other_request(struct smb_state *s, const struct smb_message *m, bool malformed)
{
    if (!makes_tx(m->command)) {
        if (malformed)
            smb_event(s, SMB_MALFORMED_DATA);
        return;
    }
    struct smb_tx *t = smb_tx_new(s, m, SMB_GENERIC, SMB_KEY_GENERIC);
    if (malformed)
        app_tx_event(&t->tx, SMB_MALFORMED_DATA);
    smb_tx_done(t, TO_SERVER);
}

static bool negotiate_request(struct smb_state *s, const struct smb_message *m)
{
    struct cursor c = smb2_body(m);
    cursor_skip(&c, 2);
    unsigned count = cursor_le16(&c);
    cursor_skip(&c, 8);
    struct bytes guid = cursor_take(&c, 16);
    cursor_skip(&c, 8);
    struct cursor dialects = cursor_over(cursor_take(&c, count * 2));
    if (!cursor_ok(&c))
        return false;
    if (smb_tx_find_kind(s, SMB_NEGOTIATE, SMB_KEY_NONE, 0, 2))
        return true;
    struct smb_tx *t = smb_tx_new(s, m, SMB_NEGOTIATE, SMB_KEY_NONE);
    t->key = (struct smb_key){.id = m->version};
    t->u.negotiate.has_client_guid = true;
    memcpy(t->u.negotiate.client_guid, guid.p, guid.len);
    while (cursor_left(&dialects) >= 2) {
        char number[8];
        uint16_t dialect = cursor_le16(&dialects);
        const char *name = smb2_dialect_name(dialect);
        snprintf(number, sizeof number, "%u", dialect);
        name = name ? name : number;
        app_text_add(s->app, &t->text[SMB_NAME], bytes_of(name, strlen(name) + 1), SMB_TEXT_MAX);
    }
    smb_tx_done(t, TO_SERVER);
    return true;
}

static bool session_setup_request(struct smb_state *s, const struct smb_message *m)
{
    struct cursor c = smb2_body(m);
    struct bytes blob;
    cursor_skip(&c, 12);
    size_t at = cursor_le16(&c), len = cursor_le16(&c);
    cursor_skip(&c, 8);
    if (!cursor_ok(&c))
        return false;
    if (!smb2_slice(m, at, len, &blob))
        blob = cursor_rest(&c);
    struct smb_tx *t = smb_tx_new(s, m, SMB_SESSION_SETUP, SMB_KEY_HEADER);
    smb_read_auth(t, blob);
    smb_tx_done(t, TO_SERVER);
    return true;
}

/* Whether it is a share or a pipe only the answer says: until then the request is not complete. */
static bool tree_connect_request(struct smb_state *s, const struct smb_message *m)
{
    struct cursor c = smb2_body(m);
    struct bytes path;
    cursor_skip(&c, 4);
    size_t at = cursor_le16(&c), len = cursor_le16(&c);
    if (!cursor_ok(&c))
        return false;
    if (!smb2_slice(m, at, len, &path))
        path = cursor_rest(&c);
    struct smb_tx *t = smb_tx_new(s, m, SMB_TREE_CONNECT, SMB_KEY_TREE);
    smb_set_utf16(t, SMB_SHARE, path);
    app_tx_advance(s->flow, &t->tx, TO_SERVER, SMB_ASKED);
    return true;
}

static bool create_request(struct smb_state *s, const struct smb_message *m)
{
    struct cursor c = smb2_body(m);
    struct bytes name;
    cursor_skip(&c, 36);
    uint32_t disposition = cursor_le32(&c), options = cursor_le32(&c);
    size_t at = cursor_le16(&c), len = cursor_le16(&c);
    cursor_skip(&c, 8);
    if (!cursor_ok(&c) || (len > 0 && !smb2_slice(m, at, len, &name)))
        return false;
    struct smb_tx *t = smb_tx_new(s, m, SMB_CREATE, SMB_KEY_GENERIC);
    t->u.create.disposition = disposition;
    t->u.create.delete_on_close = options & 0x1000;
    t->u.create.directory = options & 0x1;
    if (len > 0)
        smb_set_utf16(t, SMB_NAME, name);
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_NAME);
    app_text_add(s->app, &smb_memo_put(s, &key)->text, smb_text(t, SMB_NAME), SMB_TEXT_MAX);
    if (m->chained) {
        struct smb_fuid f = smb2_file_to_open(m);
        key = smb_key_file(&f);
        app_text_add(s->app, &smb_memo_put(s, &key)->text, smb_text(t, SMB_NAME), SMB_TEXT_MAX);
    }
    smb_tx_done(t, TO_SERVER);
    return true;
}

static bool close_request(struct smb_state *s, const struct smb_message *m)
{
    struct cursor c = smb2_body(m);
    cursor_skip(&c, 8);
    struct smb_fuid f = smb2_take_file(&c, m);
    if (!cursor_ok(&c))
        return false;
    smb_file_close(s, &f, TO_SERVER);
    smb_file_close(s, &f, TO_CLIENT);
    smb_pipe_close(s, &f);
    return true;
}

static bool read_request(struct smb_state *s, const struct smb_message *m)
{
    struct cursor c = smb2_body(m);
    cursor_skip(&c, 4);
    uint32_t len = cursor_le32(&c);
    uint64_t offset = smb_le64(&c);
    struct smb_fuid f = smb2_take_file(&c, m);
    if (!cursor_ok(&c))
        return false;
    if (smb2_is_too_large(len, s->max_read_size)) {
        smb_event(s, SMB_READ_REQUEST_TOO_LARGE);
        return true;
    }
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_READ);
    struct smb_memo *memo = smb_memo_put(s, &key);
    memo->fuid = f;
    memo->offset = offset;
    memo->tree = m->tree;
    return true;
}

static bool write_request(struct smb_state *s, const struct smb_message *m)
{
    struct smb_transfer x;
    if (!smb2_write_data(m, &x))
        return false;
    struct bytes data = smb2_data(m, &x);
    if (smb2_is_too_large((uint32_t)x.len, s->max_write_size))
        smb_event(s, SMB_WRITE_REQUEST_TOO_LARGE);
    else if (!smb_is_pipe(s, m, &x.fuid, data))
        smb_transfer(s, m, TO_SERVER, &x);
    else if (smb_pipe_carries_dce(s, &x.fuid, data))
        smb_pipe_take(s, m, TO_SERVER, &x.fuid, data);
    return true;
}

static bool ioctl_request(struct smb_state *s, const struct smb_message *m)
{
    struct cursor c = smb2_body(m);
    struct bytes in;
    cursor_skip(&c, 4);
    uint32_t function = cursor_le32(&c);
    struct smb_fuid f = smb2_take_fuid(&c);
    size_t at = cursor_le32(&c), len = cursor_le32(&c);
    cursor_skip(&c, 24);
    if (!cursor_ok(&c) || (len > 0 && !smb2_slice(m, at, len, &in)))
        return false;
    if (function == SMB2_PIPE_TRANSCEIVE && len > 0 && smb_pipe_carries_dce(s, &f, in)) {
        smb_pipe_take(s, m, TO_SERVER, &f, in);
        return true;
    }
    struct smb_tx *t = smb_tx_new(s, m, SMB_IOCTL, SMB_KEY_HEADER);
    t->u.function = function;
    smb_tx_done(t, TO_SERVER);
    return true;
}

/* The file's name; a chained request does not know its file by identifier yet. */
static struct bytes name_to_set(struct smb_state *s, const struct smb_message *m,
                                const struct smb_fuid *f)
{
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_NAME);
    key.id--;
    const struct smb_memo *before = m->id > 0 ? smb_memo_find(s, &key) : NULL;
    struct bytes name = smb_file_name(s, f, NULL);
    if (name.p)
        return name;
    return before ? app_text_bytes(&before->text) : BYTES_LIT("<unknown>");
}

static bool rename_request(struct smb_state *s, const struct smb_message *m,
                           const struct smb_fuid *f, struct bytes info)
{
    struct cursor c = cursor_over(info);
    cursor_skip(&c, 16);
    struct bytes name = cursor_take(&c, cursor_le32(&c));
    if (!cursor_ok(&c))
        return false;
    struct smb_tx *t = smb_tx_new(s, m, SMB_RENAME, SMB_KEY_GENERIC);
    t->fuid = *f;
    smb_set_text(t, SMB_NAME, name_to_set(s, m, f));
    smb_set_utf16(t, SMB_SHARE, name);
    smb_tx_done(t, TO_SERVER);
    return true;
}

static bool set_info_request(struct smb_state *s, const struct smb_message *m)
{
    struct cursor c = smb2_body(m);
    struct bytes info;
    cursor_skip(&c, 2);
    unsigned type = cursor_u8(&c), class = cursor_u8(&c);
    size_t len = cursor_le32(&c), at = cursor_le16(&c);
    cursor_skip(&c, 6);
    struct smb_fuid f = smb2_take_fuid(&c);
    if (!cursor_ok(&c) || !smb2_slice(m, at, len, &info))
        return false;
    if (type == 1 && class == 10) /* FileRenameInformation, [MS-FSCC] 2.4 */
        return rename_request(s, m, &f, info);
    if (type != 1 || class != 13 || len == 0) /* FileDispositionInformation */
        return true;
    struct smb_tx *t = smb_tx_new(s, m, SMB_SET_INFO, SMB_KEY_GENERIC);
    t->fuid = f;
    t->u.set_info.subcommand = (uint16_t)type;
    t->u.set_info.level = (uint16_t) class;
    t->u.set_info.delete_on_close = info.p[0] & 1;
    smb_set_text(t, SMB_NAME, name_to_set(s, m, &f));
    smb_tx_done(t, TO_SERVER);
    return true;
}

void smb2_request(struct smb_state *s, const struct smb_message *m)
{
    static bool (*const readers[])(struct smb_state *, const struct smb_message *) = {
        [SMB2_NEGOTIATE] = negotiate_request,
        [SMB2_SESSION_SETUP] = session_setup_request,
        [SMB2_TREE_CONNECT] = tree_connect_request,
        [SMB2_CREATE] = create_request,
        [SMB2_READ] = read_request,
        [SMB2_WRITE] = write_request,
        [SMB2_IOCTL] = ioctl_request,
        [SMB2_SET_INFO] = set_info_request,
    };
    bool known = m->command < sizeof readers / sizeof *readers && readers[m->command];
    if (m->command == SMB2_TREE_DISCONNECT)
        smb2_forget_tree(s, m);
    if (m->command == SMB2_CLOSE)
        take_other_request(s, m, !close_request(s, m));
    else if (!known)
        take_other_request(s, m, false);
    else if (!readers[m->command](s, m))
        take_other_request(s, m, true);
}
