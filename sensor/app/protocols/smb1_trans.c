/* smb1_trans.c - SMB 1's transactions within commands: pipes, and what is set of files. */
#include "sensor/app/protocols/smb1_state.h"

#define SET_PATH_INFO   6
#define SET_FILE_INFO   8
#define SET_RENAME      1010
#define SET_DISPOSITION 1013

/* What is common to requests of TRANS and TRANS2. */
struct parts {
    struct bytes setup, parameters, data;
};

static bool read_request(const struct smb_message *m, size_t at, struct parts *p)
{
    struct smb1_block b;
    if (!smb1_block(m, at, &b))
        return false;
    struct cursor c = cursor_over(b.words);
    cursor_skip(&c, 18);
    size_t parameters = cursor_le16(&c), parameters_at = cursor_le16(&c);
    size_t data = cursor_le16(&c), data_at = cursor_le16(&c), setup = cursor_u8(&c);
    cursor_skip(&c, 1);
    p->setup = cursor_take(&c, 2 * setup);
    p->parameters = bytes_slice(m->bytes, parameters_at, parameters);
    p->data = bytes_slice(m->bytes, data_at, data);
    return cursor_ok(&c) && p->parameters.len == parameters && p->data.len == data;
}

bool smb1_trans_request(struct smb_state *s, const struct smb_message *m, size_t at)
{
    struct parts p;
    if (!read_request(m, at, &p))
        return false;
    if (p.setup.len == 0) { /* what goes on inside is not DCERPC: remote administration, exploits */
        smb_tx_done(smb_tx_new(s, m, SMB_GENERIC, SMB_KEY_GENERIC), TO_SERVER);
        return true;
    }
    struct cursor setup = cursor_over(p.setup);
    cursor_skip(&setup, 2); /* what to do with the pipe */
    struct smb_fuid f = smb1_fuid(m, cursor_le16(&setup));
    if (!cursor_ok(&setup) || p.data.len == 0)
        return true;
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_FUID);
    smb_memo_put(s, &key)->fuid = f;
    if (smb_pipe_carries_dce(s, &f, p.data))
        smb_pipe_take(s, m, TO_SERVER, &f, p.data);
    return true;
}

bool smb1_trans_answer(struct smb_state *s, const struct smb_message *m, size_t at)
{
    struct smb1_block b;
    if (!smb1_block(m, at, &b))
        return false;
    struct cursor c = cursor_over(b.words);
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_FUID);
    const struct smb_memo *asked = smb_memo_find(s, &key);
    if (b.words.len == 0 || !asked) /* an error */
        return true;
    struct smb_fuid f = asked->fuid;
    smb_memo_drop(s, &key);
    cursor_skip(&c, 12);
    size_t len = cursor_le16(&c), data_at = cursor_le16(&c);
    struct bytes data = bytes_slice(m->bytes, data_at, len);
    if (!cursor_ok(&c) || data.len != len)
        return false;
    if (smb_pipe_carries_dce(s, &f, data))
        smb_pipe_take(s, m, TO_CLIENT, &f, data);
    return true;
}

/* ---- TRANS2 ---- */

static bool set_disposition(struct smb_state *s, const struct smb_message *m, struct bytes name,
                            const struct smb_fuid *f, const struct parts *p, uint16_t subcommand)
{
    if (p->data.len == 0)
        return false;
    struct smb_tx *t = smb_tx_new(s, m, SMB_SET_INFO, SMB_KEY_GENERIC);
    if (f) {
        t->fuid = *f;
        smb_set_text(t, SMB_NAME, name);
    } else {
        smb1_set_text(t, SMB_NAME, m, name);
    }
    t->u.set_info.subcommand = subcommand;
    t->u.set_info.level = SET_DISPOSITION;
    t->u.set_info.delete_on_close = p->data.p[0] & 1;
    smb_tx_done(t, TO_SERVER);
    return true;
}

static bool set_name(struct smb_state *s, const struct smb_message *m, struct bytes from,
                     const struct smb_fuid *f, const struct parts *p)
{
    struct cursor c = cursor_over(p->data);
    cursor_skip(&c, 8);
    struct bytes to = cursor_take(&c, cursor_le32(&c));
    if (!cursor_ok(&c))
        return false;
    struct smb_tx *t = smb_tx_new(s, m, SMB_RENAME, SMB_KEY_GENERIC);
    if (f) {
        t->fuid = *f;
        smb_set_text(t, SMB_NAME, from);
    } else {
        smb1_set_text(t, SMB_NAME, m, from);
    }
    smb_set_utf16(t, SMB_SHARE, to);
    smb_tx_done(t, TO_SERVER);
    return true;
}

bool smb1_trans2_request(struct smb_state *s, const struct smb_message *m, size_t at, bool *made)
{
    struct parts p;
    struct smb_fuid f, *file = NULL;
    struct bytes name;
    if (!read_request(m, at, &p))
        return false;
    struct cursor setup = cursor_over(p.setup), c = cursor_over(p.parameters);
    uint16_t subcommand = cursor_le16(&setup), level;
    if (subcommand == SET_PATH_INFO) {
        level = cursor_le16(&c);
        cursor_skip(&c, 4);
        name = cursor_rest(&c);
    } else if (subcommand == SET_FILE_INFO) {
        f = smb1_fuid(m, cursor_le16(&c));
        level = cursor_le16(&c);
        name = smb_file_name(s, &f, "<unknown>");
        file = &f;
    } else {
        return true;
    }
    if (!cursor_ok(&c))
        return false;
    if (level == SET_DISPOSITION)
        return *made = set_disposition(s, m, name, file, &p, subcommand);
    if (level == SET_RENAME)
        return *made = set_name(s, m, name, file, &p);
    return true;
}
