/* smb1.c - SMB 1: one message, with the commands chained to it. Source: [MS-CIFS] 2.2, [MS-SMB]. */
#include "sensor/app/protocols/smb1_state.h"

#define FROM_SERVER 0x80
#define NT_STATUS   0x4000
#define UNICODE     0x8000
#define CHAIN_MAX   16 /* commands of one message */

bool smb1_block(const struct smb_message *m, size_t at, struct smb1_block *b)
{
    struct cursor c = cursor_over(bytes_slice(m->bytes, at, SIZE_MAX));
    b->at = at;
    size_t count = cursor_u8(&c);
    b->words = cursor_take(&c, 2 * count);
    size_t len = cursor_le16(&c);
    b->data_at = at + 3 + b->words.len;
    b->data = bytes_slice(m->bytes, b->data_at, len);
    return cursor_ok(&c);
}

struct smb_fuid smb1_fuid(const struct smb_message *m, uint16_t fid)
{
    uint64_t u = m->session;
    return (struct smb_fuid){.len = 6,
                             .b = {(uint8_t)fid, (uint8_t)(fid >> 8), (uint8_t)(u >> 24),
                                   (uint8_t)(u >> 16), (uint8_t)(u >> 8), (uint8_t)u}};
}

/* UTF-16 is aligned to the start of the message. */
bool smb1_take_text(const struct smb_message *m, struct cursor *c, struct bytes *out)
{
    size_t at = (size_t)(c->at - m->bytes.p), step = m->unicode ? 2 : 1;
    if (m->unicode && at % 2 == 1)
        cursor_skip(c, 1);
    struct bytes rest = bytes_of(c->at, cursor_left(c));
    for (size_t i = 0; i + step <= rest.len; i += step)
        if (rest.p[i] == 0 && rest.p[i + step - 1] == 0) {
            *out = cursor_take(c, i);
            cursor_skip(c, step);
            return true;
        }
    return false;
}

void smb1_set_text(struct smb_tx *t, enum smb_text which, const struct smb_message *m,
                   struct bytes value)
{
    if (m->unicode)
        smb_set_utf16(t, which, value);
    else
        smb_set_text(t, which, value);
}

/* ---- chains ---- */

static bool is_chaining(uint8_t command)
{
    switch (command) {
    case SMB1_LOCKING_ANDX:
    case SMB1_OPEN_ANDX:
    case SMB1_READ_ANDX:
    case SMB1_WRITE_ANDX:
    case SMB1_SESSION_SETUP_ANDX:
    case SMB1_LOGOFF_ANDX:
    case SMB1_TREE_CONNECT_ANDX:
    case SMB1_NT_CREATE_ANDX:
        return true;
    default:
        return false;
    }
}

/* Does the first command name another one, in whatever place? */
static bool has_next(const struct smb_message *m)
{
    struct cursor c = cursor_over(bytes_slice(m->bytes, SMB1_HEADER_BYTES, SIZE_MAX));
    return is_chaining((uint8_t)m->command) && cursor_u8(&c) >= 2 && cursor_u8(&c) != SMB1_NONE &&
           cursor_ok(&c);
}

bool smb1_read(struct smb_message *m, struct bytes payload, uint64_t missing)
{
    struct cursor c = cursor_over(payload);
    *m = (struct smb_message){.version = 1, .bytes = payload, .missing = missing};
    cursor_skip(&c, SMB_MAGIC);
    m->command = cursor_u8(&c);
    m->status = cursor_le32(&c);
    m->response = cursor_u8(&c) & FROM_SERVER;
    uint16_t flags2 = cursor_le16(&c);
    cursor_skip(&c, 12);
    m->tree = cursor_le16(&c);
    cursor_skip(&c, 2);
    m->session = cursor_le16(&c); /* the user */
    m->id = cursor_le16(&c);
    m->unicode = flags2 & UNICODE;
    m->dos_error = m->status != 0 && !(flags2 & NT_STATUS);
    m->chained = has_next(m);
    return cursor_ok(&c);
}

/* The command behind the one at *at; offsets only grow, so that a chain ends. */
static bool next_command(struct smb_message *m, size_t *at)
{
    struct cursor c = cursor_over(bytes_slice(m->bytes, *at, SIZE_MAX));
    bool chains = is_chaining((uint8_t)m->command) && cursor_u8(&c) >= 2;
    uint8_t command = cursor_u8(&c);
    cursor_skip(&c, 1);
    size_t offset = cursor_le16(&c);
    if (!chains || !cursor_ok(&c) || command == SMB1_NONE || offset <= *at ||
        offset >= m->bytes.len)
        return false;
    m->command = command;
    *at = offset;
    return true;
}

void smb1_take(struct smb_state *s, enum direction dir, const struct smb_message *m)
{
    struct smb_message one = *m;
    size_t at = SMB1_HEADER_BYTES;
    unsigned count = 0;
    do
        if (dir == TO_SERVER)
            smb1_request(s, &one, at);
        else
            smb1_answer(s, &one, at);
    while (++count < CHAIN_MAX && next_command(&one, &at));
}

/* ---- file data ---- */

bool smb1_write_data(const struct smb_message *m, size_t at, struct smb_transfer *x)
{
    struct smb1_block b;
    if (!smb1_block(m, at, &b))
        return false;
    struct cursor c = cursor_over(b.words);
    x->unnamed = "<unknown>";
    if (m->command == SMB1_WRITE_ANDX) {
        cursor_skip(&c, 4);
        x->fuid = smb1_fuid(m, cursor_le16(&c));
        x->offset = cursor_le32(&c);
        cursor_skip(&c, 8);
        uint32_t high = cursor_le16(&c);
        x->len = high << 16 | cursor_le16(&c);
        x->at = cursor_le16(&c);
        if (cursor_left(&c) >= 4)
            x->offset |= (uint64_t)cursor_le32(&c) << 32;
    } else {
        x->fuid = smb1_fuid(m, cursor_le16(&c));
        x->len = cursor_le16(&c);
        x->offset = cursor_le32(&c);
        x->at = b.data_at + (m->command == SMB1_WRITE ? 3 : 1); /* format and length, or padding */
    }
    if (x->at < b.data_at)
        x->at = b.data_at;
    return cursor_ok(&c);
}

bool smb1_read_data(const struct smb_message *m, size_t at, struct smb_transfer *x)
{
    struct smb1_block b;
    if (!smb1_block(m, at, &b))
        return false;
    struct cursor c = cursor_over(b.words);
    cursor_skip(&c, 10);
    uint32_t low = cursor_le16(&c);
    x->at = cursor_le16(&c);
    x->len = (uint64_t)cursor_le16(&c) << 16 | low;
    x->unnamed = "";
    if (x->at < b.data_at)
        x->at = b.data_at;
    return cursor_ok(&c);
}

bool smb1_on_pipe(struct smb_state *s, const struct smb_message *m)
{
    struct smb_memo_key key = smb_key_tree(m);
    const struct smb_memo *tree = smb_memo_find(s, &key);
    return tree && tree->is_pipe;
}

bool smb1_streams(struct smb_state *s, enum direction dir, const struct smb_message *m)
{
    struct smb_transfer x = {0};
    if (smb1_on_pipe(s, m))
        return false;
    if (dir == TO_SERVER)
        return m->command == SMB1_WRITE_ANDX && smb1_write_data(m, SMB1_HEADER_BYTES, &x);
    return m->command == SMB1_READ_ANDX && m->status == SMB_SUCCESS &&
           smb1_read_data(m, SMB1_HEADER_BYTES, &x);
}
