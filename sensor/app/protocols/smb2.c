/* smb2.c - SMB 2 and 3: one message, request or answer. Source: [MS-SMB2] 2.2. */
#include "sensor/app/protocols/smb_state.h"
#include <stdio.h>

#define HEADER_BYTES 64
#define FROM_SERVER  0x01
#define RELATED      0x04
#define ASYNC        0x02        /* there is no tree, but half of a longer identifier */
#define PIPE_FSCTL   0x0011c017u /* FSCTL_PIPE_TRANSCEIVE */
#define READ_AT      16          /* of an answer's body at which data may begin at the earliest */
#define WRITE_AT     48

enum command {
    NEGOTIATE,
    SESSION_SETUP,
    LOGOFF,
    TREE_CONNECT,
    TREE_DISCONNECT,
    CREATE,
    CLOSE,
    FLUSH,
    READ,
    WRITE,
    LOCK,
    IOCTL,
    GET_INFO = 16,
    SET_INFO = 17,
};

static uint64_t le64(struct cursor *c)
{
    uint64_t low = cursor_le32(c);
    return low | (uint64_t)cursor_le32(c) << 32;
}

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
    m->id = le64(&c);
    cursor_skip(&c, 4);
    uint32_t tree = cursor_le32(&c);
    m->tree = flags & ASYNC ? 0 : tree;
    m->session = le64(&c);
    cursor_skip(&c, 16);
    if (!cursor_ok(&c))
        return false;
    m->status = m->response ? status : 0;
    *next = chain >= HEADER_BYTES && chain < payload.len ? chain : payload.len;
    m->bytes = bytes_slice(payload, 0, *next);
    m->missing = *next == payload.len ? missing : 0;
    return true;
}

/* Stands for the file that the request with this id opens, until the answer names it. */
static struct smb_fuid file_to_open(const struct smb_message *m)
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
    m->file = before->command == CREATE ? file_to_open(before) : before->file;
}

static struct cursor body_of(const struct smb_message *m)
{
    return cursor_over(bytes_slice(m->bytes, HEADER_BYTES, SIZE_MAX));
}

static struct smb_fuid take_fuid(struct cursor *c)
{
    struct smb_fuid f = {.len = sizeof f.b};
    struct bytes b = cursor_take(c, sizeof f.b);
    if (b.len)
        memcpy(f.b, b.p, b.len);
    return f;
}

/* Of a related request all ones stand for the file of the one before. */
static struct smb_fuid take_file(struct cursor *c, const struct smb_message *m)
{
    static const uint8_t ones[] = {255, 255, 255, 255, 255, 255, 255, 255,
                                   255, 255, 255, 255, 255, 255, 255, 255};
    struct smb_fuid f = take_fuid(c);
    return m->file.len && memcmp(f.b, ones, sizeof ones) == 0 ? m->file : f;
}

/* len bytes at `at` from the start of the message. */
static bool slice_at(const struct smb_message *m, size_t at, size_t len, struct bytes *out)
{
    *out = bytes_slice(m->bytes, at, len);
    return out->len == len;
}

/* Requests that are no transaction by themselves: what they do to a file is. */
static bool makes_tx(uint16_t command)
{
    return command != READ && command != WRITE && command != GET_INFO && command != SET_INFO;
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

/* ---- requests: false when they are damaged ---- */

static bool negotiate_request(struct smb_state *s, const struct smb_message *m)
{
    struct cursor c = body_of(m);
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
    struct cursor c = body_of(m);
    struct bytes blob;
    cursor_skip(&c, 12);
    size_t at = cursor_le16(&c), len = cursor_le16(&c);
    cursor_skip(&c, 8);
    if (!cursor_ok(&c))
        return false;
    if (!slice_at(m, at, len, &blob))
        blob = cursor_rest(&c);
    struct smb_tx *t = smb_tx_new(s, m, SMB_SESSION_SETUP, SMB_KEY_HEADER);
    smb_read_auth(t, blob);
    smb_tx_done(t, TO_SERVER);
    return true;
}

/* Whether it is a share or a pipe only the answer says: until then the request is not complete. */
static bool tree_connect_request(struct smb_state *s, const struct smb_message *m)
{
    struct cursor c = body_of(m);
    struct bytes path;
    cursor_skip(&c, 4);
    size_t at = cursor_le16(&c), len = cursor_le16(&c);
    if (!cursor_ok(&c))
        return false;
    if (!slice_at(m, at, len, &path))
        path = cursor_rest(&c);
    struct smb_tx *t = smb_tx_new(s, m, SMB_TREE_CONNECT, SMB_KEY_TREE);
    smb_set_utf16(t, SMB_SHARE, path);
    app_tx_advance(s->flow, &t->tx, TO_SERVER, SMB_ASKED);
    return true;
}

static bool create_request(struct smb_state *s, const struct smb_message *m)
{
    struct cursor c = body_of(m);
    struct bytes name;
    cursor_skip(&c, 36);
    uint32_t disposition = cursor_le32(&c), options = cursor_le32(&c);
    size_t at = cursor_le16(&c), len = cursor_le16(&c);
    cursor_skip(&c, 8);
    if (!cursor_ok(&c) || (len > 0 && !slice_at(m, at, len, &name)))
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
        struct smb_fuid f = file_to_open(m);
        key = smb_key_file(&f);
        app_text_add(s->app, &smb_memo_put(s, &key)->text, smb_text(t, SMB_NAME), SMB_TEXT_MAX);
    }
    smb_tx_done(t, TO_SERVER);
    return true;
}

static bool close_request(struct smb_state *s, const struct smb_message *m)
{
    struct cursor c = body_of(m);
    cursor_skip(&c, 8);
    struct smb_fuid f = take_file(&c, m);
    if (!cursor_ok(&c))
        return false;
    smb_file_close(s, &f, TO_SERVER);
    smb_file_close(s, &f, TO_CLIENT);
    smb_pipe_close(s, &f);
    return true;
}

static bool is_too_large(uint32_t len, uint32_t negotiated)
{
    return len > SMB_TRANSFER_MAX || (negotiated && len > negotiated);
}

static bool read_request(struct smb_state *s, const struct smb_message *m)
{
    struct cursor c = body_of(m);
    cursor_skip(&c, 4);
    uint32_t len = cursor_le32(&c);
    uint64_t offset = le64(&c);
    struct smb_fuid f = take_file(&c, m);
    if (!cursor_ok(&c))
        return false;
    if (is_too_large(len, s->max_read_size)) {
        smb_event(s, SMB_READ_REQUEST_TOO_LARGE);
        return true;
    }
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_READ);
    struct smb_memo *memo = smb_memo_put(s, &key);
    memo->fuid = f;
    memo->offset = offset;
    return true;
}

static bool read_write(const struct smb_message *m, struct smb_transfer *x)
{
    struct cursor c = body_of(m);
    cursor_skip(&c, 2);
    x->at = cursor_le16(&c);
    x->len = cursor_le32(&c);
    x->offset = le64(&c);
    x->fuid = take_file(&c, m);
    cursor_skip(&c, 16);
    if (x->at < HEADER_BYTES + WRITE_AT)
        x->at = HEADER_BYTES + WRITE_AT;
    x->unnamed = "";
    return cursor_ok(&c);
}

static struct bytes data_of(const struct smb_message *m, const struct smb_transfer *x)
{
    return bytes_slice(m->bytes, x->at, (size_t)x->len);
}

static bool write_request(struct smb_state *s, const struct smb_message *m)
{
    struct smb_transfer x;
    if (!read_write(m, &x))
        return false;
    struct bytes data = data_of(m, &x);
    if (is_too_large((uint32_t)x.len, s->max_write_size))
        smb_event(s, SMB_WRITE_REQUEST_TOO_LARGE);
    else if (!smb_is_pipe(s, m, &x.fuid, data))
        smb_transfer(s, m, TO_SERVER, &x);
    else if (smb_pipe_carries_dce(s, &x.fuid, data))
        smb_pipe_take(s, m, TO_SERVER, &x.fuid, data);
    return true;
}

static bool ioctl_request(struct smb_state *s, const struct smb_message *m)
{
    struct cursor c = body_of(m);
    struct bytes in;
    cursor_skip(&c, 4);
    uint32_t function = cursor_le32(&c);
    struct smb_fuid f = take_fuid(&c);
    size_t at = cursor_le32(&c), len = cursor_le32(&c);
    cursor_skip(&c, 24);
    if (!cursor_ok(&c) || (len > 0 && !slice_at(m, at, len, &in)))
        return false;
    if (function == PIPE_FSCTL && len > 0 && smb_pipe_carries_dce(s, &f, in)) {
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
    struct cursor c = body_of(m);
    struct bytes info;
    cursor_skip(&c, 2);
    unsigned type = cursor_u8(&c), class = cursor_u8(&c);
    size_t len = cursor_le32(&c), at = cursor_le16(&c);
    cursor_skip(&c, 6);
    struct smb_fuid f = take_fuid(&c);
    if (!cursor_ok(&c) || !slice_at(m, at, len, &info))
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

static void forget_tree(struct smb_state *s, const struct smb_message *m)
{
    struct smb_memo_key key = smb_key_tree(m);
    smb_memo_drop(s, &key);
}

static void take_request(struct smb_state *s, const struct smb_message *m)
{
    static bool (*const readers[])(struct smb_state *, const struct smb_message *) = {
        [NEGOTIATE] = negotiate_request,
        [SESSION_SETUP] = session_setup_request,
        [TREE_CONNECT] = tree_connect_request,
        [CREATE] = create_request,
        [READ] = read_request,
        [WRITE] = write_request,
        [IOCTL] = ioctl_request,
        [SET_INFO] = set_info_request,
    };
    bool known = m->command < sizeof readers / sizeof *readers && readers[m->command];
    if (m->command == TREE_DISCONNECT)
        forget_tree(s, m);
    if (m->command == CLOSE)
        take_other_request(s, m, !close_request(s, m));
    else if (!known)
        take_other_request(s, m, false);
    else if (!readers[m->command](s, m))
        take_other_request(s, m, true);
}

/* ---- answers: false when they are damaged; *settled once their transaction was found ---- */

static bool negotiate_answer(struct smb_state *s, const struct smb_message *m, bool *settled)
{
    struct cursor c = body_of(m);
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
    struct cursor c = body_of(m);
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
    struct smb_fuid before = file_to_open(m);
    struct smb_memo_key key = smb_key_file(&before);
    key.kind = SMB_MEMO_ALIAS;
    smb_memo_put(s, &key)->fuid = *f;
    smb_file_renamed(s, &before, f);
}

static bool create_answer(struct smb_state *s, const struct smb_message *m, bool *settled)
{
    struct cursor c = body_of(m);
    uint32_t times[4];
    if (m->status != SMB_SUCCESS)
        return true;
    cursor_skip(&c, 8);
    for (unsigned i = 0; i < 4; i++)
        times[i] = smb_unix_seconds(le64(&c));
    cursor_skip(&c, 8);
    uint64_t size = le64(&c);
    cursor_skip(&c, 8);
    struct smb_fuid f = take_fuid(&c);
    if (!cursor_ok(&c))
        return false;
    smb_file_opened(s, m, &f);
    if (m->chained)
        name_opened(s, m, &f);
    struct smb_tx *t = smb_tx_find_kind(s, SMB_CREATE, SMB_KEY_GENERIC, m->session, m->id);
    if (!t)
        return true;
    *settled = true;
    memcpy(t->u.create.times, times, sizeof times);
    t->u.create.size = size;
    t->fuid = f;
    smb_tx_answer(t, m);
    return true;
}

static bool read_answer_data(const struct smb_message *m, struct smb_transfer *x)
{
    struct cursor c = body_of(m);
    cursor_skip(&c, 2);
    x->at = cursor_u8(&c);
    cursor_skip(&c, 1);
    x->len = cursor_le32(&c);
    cursor_skip(&c, 8);
    if (x->at < HEADER_BYTES + READ_AT)
        x->at = HEADER_BYTES + READ_AT;
    x->unnamed = "<unknown>";
    return cursor_ok(&c);
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
    if (!read_answer_data(m, &x))
        return false;
    struct bytes data = data_of(m, &x);
    if (is_too_large((uint32_t)x.len, s->max_read_size))
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
    struct cursor c = body_of(m);
    struct bytes out;
    struct smb_tx *t = smb_tx_find(s, m, SMB_KEY_HEADER);
    if (!t)
        t = smb_tx_find(s, m, SMB_KEY_GENERIC); /* its request was damaged */
    cursor_skip(&c, 4);
    uint32_t function = cursor_le32(&c);
    struct smb_fuid f = take_fuid(&c);
    cursor_skip(&c, 8);
    size_t at = cursor_le32(&c), len = cursor_le32(&c);
    bool ok = cursor_ok(&c) && (len == 0 || slice_at(m, at, len, &out));
    *settled = true;
    if (ok && function == PIPE_FSCTL && len > 0 && smb_pipe_carries_dce(s, &f, out)) {
        smb_pipe_take(s, m, TO_CLIENT, &f, out);
        return true;
    }
    if (!t)
        return true;
    smb_tx_status(t, m);
    if (m->status != SMB_PENDING)
        smb_tx_done(t, TO_CLIENT);
    if (!ok && m->status == SMB_SUCCESS)
        app_tx_event(&t->tx, SMB_MALFORMED_DATA);
    return true;
}

static void take_answer(struct smb_state *s, const struct smb_message *m)
{
    static bool (*const readers[])(struct smb_state *, const struct smb_message *, bool *) = {
        [NEGOTIATE] = negotiate_answer,
        [SESSION_SETUP] = session_setup_answer,
        [TREE_CONNECT] = tree_connect_answer,
        [CREATE] = create_answer,
        [READ] = read_answer,
        [IOCTL] = ioctl_answer,
    };
    bool settled = false, ok = true;
    if (m->command < sizeof readers / sizeof *readers && readers[m->command])
        ok = readers[m->command](s, m, &settled);
    if (m->command == TREE_DISCONNECT)
        forget_tree(s, m);
    struct smb_tx *t = settled ? NULL : smb_tx_find(s, m, SMB_KEY_GENERIC);
    if (t) {
        smb_tx_status(t, m);
        if (m->status != SMB_PENDING)
            smb_tx_done(t, TO_CLIENT);
    }
    if (!ok && t)
        app_tx_event(&t->tx, SMB_MALFORMED_DATA);
    else if (!ok)
        smb_event(s, SMB_MALFORMED_DATA);
}

void smb2_take(struct smb_state *s, enum direction dir, const struct smb_message *m)
{
    if (dir == TO_SERVER)
        take_request(s, m);
    else
        take_answer(s, m);
}

bool smb2_streams(struct smb_state *s, enum direction dir, const struct smb_message *m)
{
    struct smb_transfer x = {0};
    if (dir == TO_SERVER)
        return m->command == WRITE && read_write(m, &x) &&
               !smb_is_pipe(s, m, &x.fuid, data_of(m, &x));
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_READ);
    const struct smb_memo *asked = smb_memo_find(s, &key);
    if (m->command != READ || (m->status != SMB_SUCCESS && m->status != SMB_BUFFER_OVERFLOW) ||
        !read_answer_data(m, &x))
        return false;
    return !asked || !smb_is_pipe(s, m, &asked->fuid, data_of(m, &x));
}
