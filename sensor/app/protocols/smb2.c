/* smb2.c - SMB 2 and 3: one message, and what requests and answers have in common. Source:
 * [MS-SMB2] 2.2. */
#include "sensor/app/protocols/smb2_state.h"

#define FROM_SERVER 0x01
#define ASYNC       0x02 /* there is no tree, but half of a longer identifier */
#define RELATED     0x04
#define READ_AT     16 /* of an answer's body at which data may begin at the earliest */
#define WRITE_AT    48

bool smb2_read(struct smb_message *m, struct bytes payload, uint64_t missing, size_t *next)
{
    struct cursor c = cursor_over(payload);
    *m = (struct smb_message){.version = 2, .unicode = true};
    cursor_skip(&c, 8); /* magic, length of the header, credit charge */
    uint32_t status = cursor_le32(&c);
    m->command = cursor_le16(&c);
    cursor_skip(&c, 2);
    uint32_t flags = cursor_le32(&c);
    m->response = flags & FROM_SERVER;
    m->related = flags & RELATED;
    uint32_t chain = cursor_le32(&c);
    m->chained = chain != 0;
    m->id = smb_le64(&c);
    cursor_skip(&c, 4);
    uint32_t tree = cursor_le32(&c);
    m->tree = flags & ASYNC ? 0 : tree;
    m->session = smb_le64(&c);
    cursor_skip(&c, 16);
    if (!cursor_ok(&c))
        return false;
    m->status = m->response ? status : 0;
    *next = chain >= SMB2_HEADER_BYTES && chain < payload.len ? chain : payload.len;
    m->bytes = bytes_slice(payload, 0, *next);
    m->missing = *next == payload.len ? missing : 0;
    return true;
}

/* Stands for the file that the request with this id opens, until the answer names it. */
struct smb_fuid smb2_file_to_open(const struct smb_message *m)
{
    struct smb_fuid f = {.len = sizeof f.b};
    memset(f.b, 0xff, sizeof f.b / 2);
    memcpy(f.b + sizeof f.b / 2, &m->id, sizeof m->id);
    return f;
}

/* [MS-SMB2] 3.3.5.2.7.2: session and tree are those of the request before, whatever it says. */
void smb2_relate(struct smb_message *m, const struct smb_message *before)
{
    if (!m->related || m->response)
        return;
    m->session = before->session;
    m->tree = before->tree;
    m->file = before->command == SMB2_CREATE ? smb2_file_to_open(before) : before->file;
}

void smb2_find_tree(struct smb_state *s, struct smb_message *m)
{
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_READ);
    const struct smb_memo *asked = m->command == SMB2_READ ? smb_memo_find(s, &key) : NULL;
    if (!m->response || m->tree != 0 || !asked)
        return;
    struct smb_message of_tree = *m;
    of_tree.tree = asked->tree;
    key = smb_key_tree(&of_tree);
    const struct smb_memo *tree = smb_memo_find(s, &key);
    if (tree && !tree->is_pipe)
        m->tree = asked->tree;
}

struct cursor smb2_body(const struct smb_message *m)
{
    return cursor_over(bytes_slice(m->bytes, SMB2_HEADER_BYTES, SIZE_MAX));
}

struct smb_fuid smb2_take_fuid(struct cursor *c)
{
    struct smb_fuid f = {.len = sizeof f.b};
    struct bytes b = cursor_take(c, sizeof f.b);
    if (b.len)
        memcpy(f.b, b.p, b.len);
    return f;
}

/* Of a related request all ones stand for the file of the one before. */
struct smb_fuid smb2_take_file(struct cursor *c, const struct smb_message *m)
{
    static const uint8_t ones[] = {255, 255, 255, 255, 255, 255, 255, 255,
                                   255, 255, 255, 255, 255, 255, 255, 255};
    struct smb_fuid f = smb2_take_fuid(c);
    return m->file.len && memcmp(f.b, ones, sizeof ones) == 0 ? m->file : f;
}

/* len bytes at `at` from the start of the message. */
bool smb2_slice(const struct smb_message *m, size_t at, size_t len, struct bytes *out)
{
    *out = bytes_slice(m->bytes, at, len);
    return out->len == len;
}

void smb2_forget_tree(struct smb_state *s, const struct smb_message *m)
{
    struct smb_memo_key key = smb_key_tree(m);
    smb_memo_drop(s, &key);
}

/* ---- file data ---- */

bool smb2_is_too_large(uint32_t len, uint32_t negotiated)
{
    return len > SMB_TRANSFER_MAX || (negotiated && len > negotiated);
}

bool smb2_write_data(const struct smb_message *m, struct smb_transfer *x)
{
    struct cursor c = smb2_body(m);
    cursor_skip(&c, 2);
    x->at = cursor_le16(&c);
    x->len = cursor_le32(&c);
    x->offset = smb_le64(&c);
    x->fuid = smb2_take_file(&c, m);
    cursor_skip(&c, 16);
    if (x->at < SMB2_HEADER_BYTES + WRITE_AT)
        x->at = SMB2_HEADER_BYTES + WRITE_AT;
    x->unnamed = "";
    return cursor_ok(&c);
}

struct bytes smb2_data(const struct smb_message *m, const struct smb_transfer *x)
{
    return bytes_slice(m->bytes, x->at, (size_t)x->len);
}

bool smb2_read_data(const struct smb_message *m, struct smb_transfer *x)
{
    struct cursor c = smb2_body(m);
    cursor_skip(&c, 2);
    x->at = cursor_u8(&c);
    cursor_skip(&c, 1);
    x->len = cursor_le32(&c);
    cursor_skip(&c, 8);
    if (x->at < SMB2_HEADER_BYTES + READ_AT)
        x->at = SMB2_HEADER_BYTES + READ_AT;
    x->unnamed = "<unknown>";
    return cursor_ok(&c);
}

void smb2_take(struct smb_state *s, enum direction dir, const struct smb_message *m)
{
    if (dir == TO_SERVER)
        smb2_request(s, m);
    else
        smb2_answer(s, m);
}

bool smb2_streams(struct smb_state *s, enum direction dir, const struct smb_message *m)
{
    struct smb_transfer x = {0};
    if (dir == TO_SERVER)
        return m->command == SMB2_WRITE && smb2_write_data(m, &x) &&
               !smb_is_pipe(s, m, &x.fuid, smb2_data(m, &x));
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_READ);
    const struct smb_memo *asked = smb_memo_find(s, &key);
    if (m->command != SMB2_READ || (m->status != SMB_SUCCESS && m->status != SMB_BUFFER_OVERFLOW) ||
        !smb2_read_data(m, &x))
        return false;
    return !asked || !smb_is_pipe(s, m, &asked->fuid, smb2_data(m, &x));
}
