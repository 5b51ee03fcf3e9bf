/* smb_log.c - SMB transactions as EVE shows them, and what rules look at. Names as in Suricata 7.
 */
#include "sensor/app/protocols/smb_state.h"
#include <stdio.h>

static void put_number_name(struct json *j, const char *key, const char *name, uint32_t value)
{
    char number[16];
    snprintf(number, sizeof number, "%u", value);
    json_strz(j, key, name ? name : number);
}

static void put_dialect(struct json *j, const struct smb_state *s)
{
    if (s->dialect)
        put_number_name(j, "dialect", smb2_dialect_name(s->dialect), s->dialect);
    else if (s->dialect_name.len)
        json_str(j, "dialect", app_text_bytes(&s->dialect_name));
    else
        json_strz(j, "dialect", "unknown");
}

static const char *dos_error_name(unsigned class, unsigned code)
{
    static const char *const dos[] = {"DOS_SUCCESS",
                                      "DOS_BAD_FUNC",
                                      "DOS_BAD_FILE",
                                      "DOS_BAD_PATH",
                                      "DOS_TOO_MANY_OPEN_FILES",
                                      "DOS_ACCESS_DENIED"};
    static const char *const server[] = {NULL, "SRV_ERROR", "SRV_BADPW", "SRV_BADTYPE",
                                         "SRV_ACCESS"};
    if (class == 1)
        return code < sizeof dos / sizeof *dos ? dos[code] : NULL;
    return code == 91 ? "SRV_BADUID" : code < sizeof server / sizeof *server ? server[code] : NULL;
}

static void put_dos_error(struct json *j, const struct smb_tx *t)
{
    char text[32];
    unsigned class = t->status & 0xff, code = t->status >> 16;
    if (class == 1 || class == 2) {
        put_number_name(j, "status", dos_error_name(class, code), code);
    } else {
        snprintf(text, sizeof text, "UNKNOWN_%02x_%04x", class, code);
        json_strz(j, "status", text);
    }
    snprintf(text, sizeof text, "0x%04x", code);
    json_strz(j, "status_code", text);
}

static void put_status(struct json *j, const struct smb_tx *t)
{
    char text[16];
    if (!t->has_status)
        return;
    if (t->dos_error) {
        put_dos_error(j, t);
        return;
    }
    put_number_name(j, "status", smb_status_name(t->status), t->status);
    snprintf(text, sizeof text, "0x%x", t->status);
    json_strz(j, "status_code", text);
}

/* The order of bytes is Suricata's: the second half is turned round in words. */
static void put_guid(struct json *j, const char *key, const uint8_t g[16])
{
    static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 9, 8, 11, 10, 15, 14, 13, 12};
    uint8_t turned[16];
    char text[DCE_UUID_TEXT];
    for (unsigned i = 0; i < 16; i++)
        turned[i] = g[order[i]];
    dce_uuid_text(turned, text);
    json_strz(j, key, text);
}

static void put_fuid(struct json *j, const struct smb_fuid *f)
{
    char fid[8];
    if (f->len == 16) {
        put_guid(j, "fuid", f->b);
        return;
    }
    snprintf(fid, sizeof fid, "%02x%02x", f->b[1], f->b[0]);
    json_strz(j, "fuid", f->len ? fid : "");
}

/* Texts that each end in a NUL. */
static void put_list(struct json *j, const char *key, struct bytes list)
{
    json_array(j, key);
    while (list.len > 0) {
        size_t len = strnlen((const char *)list.p, list.len);
        json_str(j, NULL, bytes_slice(list, 0, len));
        list = bytes_slice(list, len + 1, SIZE_MAX);
    }
    json_array_end(j);
}

static void put_negotiate(struct json *j, const struct smb_tx *t)
{
    put_list(j, "client_dialects", smb_text(t, SMB_NAME));
    if (t->u.negotiate.has_client_guid)
        put_guid(j, "client_guid", t->u.negotiate.client_guid);
    if (t->u.negotiate.has_server_guid)
        put_guid(j, "server_guid", t->u.negotiate.server_guid);
    else
        json_strz(j, "server_guid", "");
    if (t->state->max_read_size)
        json_u64(j, "max_read_size", t->state->max_read_size);
    if (t->state->max_write_size)
        json_u64(j, "max_write_size", t->state->max_write_size);
}

static void put_ntlmssp(struct json *j, const struct smb_tx *t)
{
    const struct smb_ntlm_version *v = &t->u.setup.version;
    char version[48];
    json_object(j, "ntlmssp");
    json_str(j, "domain", smb_text(t, SMB_DOMAIN));
    json_str(j, "user", smb_text(t, SMB_USER));
    json_str(j, "host", smb_text(t, SMB_HOST));
    if (t->u.setup.has_version) {
        snprintf(version, sizeof version, "%u.%u build %u rev %u", v->major, v->minor, v->build,
                 v->revision);
        json_strz(j, "version", version);
    }
    json_object_end(j);
}

static void put_host(struct json *j, const char *key, const struct smb_tx *t, enum smb_text os,
                     enum smb_text lm)
{
    json_object(j, key);
    json_str(j, "native_os", smb_text(t, os));
    json_str(j, "native_lm", smb_text(t, lm));
    json_object_end(j);
}

static void put_setup(struct json *j, const struct smb_tx *t)
{
    if (t->u.setup.has_ntlmssp)
        put_ntlmssp(j, t);
    if (t->u.setup.has_ticket) {
        json_object(j, "kerberos");
        json_str(j, "realm", smb_text(t, SMB_REALM));
        put_list(j, "snames", smb_text(t, SMB_SNAMES));
        json_object_end(j);
    }
    if (t->u.setup.has_request_host)
        put_host(j, "request", t, SMB_REQUEST_OS, SMB_REQUEST_LM);
    if (t->u.setup.has_response_host)
        put_host(j, "response", t, SMB_RESPONSE_OS, SMB_RESPONSE_LM);
}

static void put_tree_connect(struct json *j, const struct smb_tx *t)
{
    static const char *const types[] = {"UNKNOWN", "FILE", "PIPE", "PRINT"};
    json_str(j, t->u.tree_connect.is_pipe ? "named_pipe" : "share", smb_text(t, SMB_SHARE));
    if (t->version == 2) {
        json_strz(j, "share_type", types[t->u.tree_connect.type < 4 ? t->u.tree_connect.type : 0]);
        return;
    }
    json_object(j, "service");
    json_str(j, "request", smb_text(t, SMB_REQUEST_SERVICE));
    if (t->u.tree_connect.has_response_service)
        json_str(j, "response", smb_text(t, SMB_RESPONSE_SERVICE));
    json_object_end(j);
}

static void put_name(struct json *j, const char *key, const struct smb_tx *t)
{
    struct bytes name = smb_text(t, SMB_NAME);
    if (name.len)
        json_str(j, key, name);
    else
        json_strz(j, "filename", "<share_root>");
}

static void put_create(struct json *j, const struct smb_tx *t)
{
    static const char *const dispositions[] = {"FILE_SUPERSEDE", "FILE_OPEN",
                                               "FILE_CREATE",    "FILE_OPEN_IF",
                                               "FILE_OVERWRITE", "FILE_OVERWRITE_IF"};
    static const char *const times[] = {"created", "accessed", "modified", "changed"};
    uint32_t disposition = t->u.create.disposition;
    put_name(j, t->u.create.directory ? "directory" : "filename", t);
    json_strz(j, "disposition", disposition < 6 ? dispositions[disposition] : "UNKNOWN");
    json_strz(j, "access", t->u.create.delete_on_close ? "delete on close" : "normal");
    for (unsigned i = 0; i < 4; i++)
        json_u64(j, times[i], t->u.create.times[i]);
    json_u64(j, "size", t->u.create.size);
    put_fuid(j, &t->fuid);
}

static void put_set_info(struct json *j, const struct smb_tx *t)
{
    put_name(j, "filename", t);
    json_strz(j, "access", t->u.set_info.delete_on_close ? "delete on close" : "normal");
    if (t->u.set_info.subcommand == 8)
        json_strz(j, "subcmd", "SET_FILE_INFO");
    else if (t->u.set_info.subcommand == 6)
        json_strz(j, "subcmd", "SET_PATH_INFO");
    if (t->u.set_info.level == 1013)
        json_strz(j, "level_of_interest", "Set Disposition Information");
    put_fuid(j, &t->fuid);
}

static void put_rename(struct json *j, const struct smb_tx *t)
{
    if (t->version == 2) {
        json_object(j, "set_info");
        json_strz(j, "class", "FILE_INFO");
        json_strz(j, "info_level", "SMB2_FILE_RENAME_INFO");
        json_object_end(j);
    }
    json_object(j, "rename");
    json_str(j, "from", smb_text(t, SMB_NAME));
    json_str(j, "to", smb_text(t, SMB_SHARE));
    json_object_end(j);
    put_fuid(j, &t->fuid);
}

static void put_stub(struct json *j, const char *key, const struct dcerpc_call *c,
                     enum direction dir)
{
    json_object(j, key);
    json_u64(j, "frag_cnt", c->fragments[dir]);
    json_u64(j, "stub_data_size", c->stub_bytes[dir]);
    json_object_end(j);
}

static void put_call(struct json *j, const struct smb_tx *t)
{
    const struct dcerpc_call *c = &t->u.call;
    json_object(j, "dcerpc");
    if (c->has_request)
        dce_put_type(j, "request", c->request);
    else
        json_strz(j, "request", "REQUEST_LOST");
    if (c->has_response)
        dce_put_type(j, "response", c->response);
    else
        json_strz(j, "response", "UNREPLIED");
    if (c->has_request && c->request == DCE_REQUEST) {
        json_u64(j, "opnum", c->opnum);
        put_stub(j, "req", c, TO_SERVER);
        dce_put_context(j, &t->pipe->bound, c->context_id);
    } else if (c->has_request && (c->request == DCE_BIND || c->request == DCE_ALTER_CONTEXT)) {
        dce_put_bound(j, &t->pipe->bound, c->bind, true);
    }
    if (c->has_response && c->response == DCE_RESPONSE)
        put_stub(j, "res", c, TO_CLIENT);
    json_u64(j, "call_id", c->call_id);
    json_object_end(j);
}

static void put_file(struct json *j, const struct smb_tx *t)
{
    json_str(j, "filename", smb_text(t, SMB_NAME));
    json_str(j, "share", smb_text(t, SMB_SHARE));
    put_fuid(j, &t->fuid);
}

static void put_kind(struct json *j, const struct smb_tx *t)
{
    switch (t->kind) {
    case SMB_NEGOTIATE:
        put_negotiate(j, t);
        break;
    case SMB_SESSION_SETUP:
        put_setup(j, t);
        break;
    case SMB_TREE_CONNECT:
        put_tree_connect(j, t);
        break;
    case SMB_CREATE:
        put_create(j, t);
        break;
    case SMB_FILE:
        put_file(j, t);
        break;
    case SMB_RENAME:
        put_rename(j, t);
        break;
    case SMB_SET_INFO:
        put_set_info(j, t);
        break;
    case SMB_IOCTL:
        put_number_name(j, "function", smb_fsctl_name(t->u.function), t->u.function);
        break;
    case SMB_DCERPC:
        put_call(j, t);
        break;
    default:
        break;
    }
}

void smb_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct smb_tx *t = (const struct smb_tx *)tx;
    if (t->kind == SMB_DAMAGE)
        return;
    const char *command =
        t->version == 1 ? smb1_command_name(t->command) : smb2_command_name(t->command);
    json_object(j, "smb");
    json_u64(j, "id", tx->id + 1);
    put_dialect(j, t->state);
    put_number_name(j, "command", command, t->command);
    put_status(j, t);
    json_u64(j, "session_id", t->session);
    json_u64(j, "tree_id", t->tree);
    put_kind(j, t);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    smb_alert_json(tx, j);
}

void smb_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {.event_type = "smb", .dir = TO_SERVER, .encode = encode};
    app_record_once(tx, last, ((const struct smb_tx *)tx)->kind != SMB_DAMAGE, &r, emit, ctx);
}

#define SMB_SHAPE                                                                                  \
    "{id: uint, dialect: string, command: string, status?: string, status_code?: string, "         \
    "session_id: uint, tree_id: uint, client_dialects?: [string], client_guid?: string, "          \
    "server_guid?: string, max_read_size?: uint, max_write_size?: uint, "                          \
    "ntlmssp?: {domain: string, user: string, host: string, version?: string}, "                   \
    "kerberos?: {realm: string, snames: [string]}, "                                               \
    "request?: {native_os: string, native_lm: string}, "                                           \
    "response?: {native_os: string, native_lm: string}, named_pipe?: string, share?: string, "     \
    "share_type?: string, service?: {request: string, response?: string}, filename?: string, "     \
    "directory?: string, disposition?: string, access?: string, created?: uint, accessed?: uint, " \
    "modified?: uint, changed?: uint, size?: uint, fuid?: string, subcmd?: string, "               \
    "level_of_interest?: string, set_info?: {class: string, info_level: string}, "                 \
    "rename?: {from: string, to: string}, function?: string, dcerpc?: {request: string, "          \
    "response: string, opnum?: uint, req?: {frag_cnt: uint, stub_data_size: uint}, "               \
    "interfaces?: " DCE_INTERFACES_SHAPE                                                           \
    ", res?: {frag_cnt: uint, stub_data_size: uint}, call_id: uint}}"
const struct app_shape smb_shapes[] = {
    {"smb", "smb: " SMB_SHAPE},
    {"alert", "smb?: " SMB_SHAPE},
    {0},
};

/* ---- buffers for rules ---- */

/* A name of no letters, as who stays anonymous has, is none. */
static bool get_text(const struct smb_tx *t, enum smb_kind kind, enum smb_text which,
                     unsigned index, struct bytes *out)
{
    if (index > 0 || t->kind != kind)
        return false;
    *out = smb_text(t, which);
    return out->len > 0;
}

#define GETTER(name, condition, kind, which)                                                       \
    static bool name(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch, \
                     struct bytes *out)                                                            \
    {                                                                                              \
        const struct smb_tx *t = (const struct smb_tx *)tx;                                        \
        (void)dir;                                                                                 \
        (void)scratch;                                                                             \
        return get_text(t, kind, which, index, out) && (condition);                                \
    }
GETTER(get_named_pipe, t->u.tree_connect.is_pipe, SMB_TREE_CONNECT, SMB_SHARE)
GETTER(get_share, !t->u.tree_connect.is_pipe, SMB_TREE_CONNECT, SMB_SHARE)
GETTER(get_user, t->u.setup.has_ntlmssp, SMB_SESSION_SETUP, SMB_USER)
GETTER(get_domain, t->u.setup.has_ntlmssp, SMB_SESSION_SETUP, SMB_DOMAIN)

static bool get_stub(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                     struct bytes *out)
{
    const struct smb_tx *t = (const struct smb_tx *)tx;
    (void)scratch;
    if (index > 0 || t->kind != SMB_DCERPC || t->u.call.stub[dir].len == 0)
        return false;
    *out = app_text_bytes(&t->u.call.stub[dir]);
    return true;
}

static bool get_opnum(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                      struct bytes *out)
{
    const struct smb_tx *t = (const struct smb_tx *)tx;
    (void)dir;
    return index == 0 && t->kind == SMB_DCERPC && t->u.call.has_request &&
           t->u.call.request == DCE_REQUEST && app_number_bytes(t->u.call.opnum, scratch, out);
}

#define TS    APP_BUFFER_TO_SERVER
#define TC    APP_BUFFER_TO_CLIENT
#define MULTI APP_BUFFER_MULTI
#define GROWS APP_BUFFER_GROWS
/* clang-format off */
const struct app_buffer smb_buffers[] = {
    APP_BUFFER(SMB, "smb.named_pipe", "smb_named_pipe", "", TS, SMB_DONE, 0, get_named_pipe),
    APP_BUFFER(SMB, "smb.share", "smb_share", "", TS, SMB_ASKED, 0, get_share),
    APP_BUFFER(SMB, "smb.ntlmssp_user", "", "", TS, SMB_DONE, 0, get_user),
    APP_BUFFER(SMB, "smb.ntlmssp_domain", "", "", TS, SMB_DONE, 0, get_domain),
    APP_BUFFER(SMB, "dcerpc.stub_data", "dce_stub_data", "", TS | TC | GROWS, 0, 0, get_stub),
    APP_NUMBER(SMB, "dcerpc.opnum", "", TS | TC, 0, 0, get_opnum, &app_u16),
    APP_BUFFER(SMB, "file.data", "file_data", "", TS | TC | MULTI | GROWS | APP_BUFFER_APPENDS, 0, 0, app_file_get_data),
    APP_FILE_ROWS(SMB, TS | TC),
    {0},
};
/* clang-format on */
