/* dcerpc_log.c - DCE/RPC calls as EVE shows them, and what rules look at. Names as in Suricata. */
#include "sensor/app/protocols/dcerpc_state.h"
#include "sensor/app/protocols/smb_state.h"
#include <stdio.h>

static void put_request(struct json *j, const struct dcerpc_tx *t)
{
    const struct dcerpc_call *c = &t->call;
    if (!c->has_request) {
        json_strz(j, "request", "REQUEST_LOST");
        return;
    }
    dce_put_type(j, "request", c->request);
    if (c->request == DCE_REQUEST) {
        json_object(j, "req");
        json_u64(j, "opnum", c->opnum);
        json_u64(j, "frag_cnt", c->fragments[TO_SERVER]);
        json_u64(j, "stub_data_size", c->stub_bytes[TO_SERVER]);
        json_object_end(j);
    }
    if (t->datagram)
        return;
    if (c->request == DCE_REQUEST)
        dce_put_context(j, &t->state->bound, c->context_id);
    else if (c->request == DCE_BIND || c->request == DCE_ALTER_CONTEXT)
        dce_put_bound(j, &t->state->bound, c->bind, false);
}

static void put_response(struct json *j, const struct dcerpc_tx *t)
{
    const struct dcerpc_call *c = &t->call;
    if (!c->has_response) {
        json_strz(j, "response", "UNREPLIED");
        return;
    }
    dce_put_type(j, "response", c->response);
    if (c->response != DCE_RESPONSE)
        return;
    json_object(j, "res");
    json_u64(j, "frag_cnt", c->fragments[TO_CLIENT]);
    json_u64(j, "stub_data_size", c->stub_bytes[TO_CLIENT]);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    const struct dcerpc_tx *t = (const struct dcerpc_tx *)tx;
    char text[DCE_UUID_TEXT];
    (void)phase;
    json_object(j, "dcerpc");
    put_request(j, t);
    put_response(j, t);
    if (t->datagram) {
        dce_uuid_text(t->activity, text);
        json_strz(j, "activityuuid", text);
        json_u64(j, "seqnum", t->sequence);
        json_strz(j, "rpc_version", "4.0");
    } else {
        json_u64(j, "call_id", t->call.call_id);
        snprintf(text, sizeof text, "5.%u", t->minor);
        json_strz(j, "rpc_version", text);
    }
    json_object_end(j);
}

void dcerpc_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {.event_type = "dcerpc", .dir = TO_SERVER, .encode = encode};
    app_record_once(tx, last, !((const struct dcerpc_tx *)tx)->damaged, &r, emit, ctx);
}

const struct app_shape dcerpc_shapes[] = {
    {"dcerpc", "dcerpc: {request: string, response: string, "
               "req?: {opnum: uint, frag_cnt: uint, stub_data_size: uint}, "
               "res?: {frag_cnt: uint, stub_data_size: uint}, "
               "interfaces?: " DCE_INTERFACES_SHAPE ", call_id?: uint, activityuuid?: string, "
               "seqnum?: uint, rpc_version: string}"},
    {"alert", ""},
    {0},
};

static bool get_stub(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                     struct bytes *out)
{
    const struct dcerpc_tx *t = (const struct dcerpc_tx *)tx;
    (void)scratch;
    if (index > 0 || t->call.stub[dir].len == 0)
        return false;
    *out = app_text_bytes(&t->call.stub[dir]);
    return true;
}

/* Calls in datagrams have none for rules, as in Suricata. */
static bool get_opnum(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                      struct bytes *out)
{
    const struct dcerpc_tx *t = (const struct dcerpc_tx *)tx;
    (void)dir;
    return index == 0 && !t->datagram && t->call.has_request && t->call.request == DCE_REQUEST &&
           app_number_bytes(t->call.opnum, scratch, out);
}

#define BOTH (APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT | APP_BUFFER_GROWS)
const struct app_buffer dcerpc_buffers[] = {
    APP_BUFFER(DCERPC, "dcerpc.stub_data", "dce_stub_data", "", BOTH, 0, 0, get_stub),
    APP_NUMBER(DCERPC, "dcerpc.opnum", "", APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT, 0, 0,
               get_opnum, &app_u16),
    {0},
};

const struct dcerpc_call *dcerpc_tx_call(const struct app_tx *tx,
                                         const struct dce_interfaces **bound)
{
    if (tx->proto == APP_DCERPC) {
        const struct dcerpc_tx *t = (const struct dcerpc_tx *)tx;
        *bound = &t->state->bound;
        return &t->call;
    }
    const struct smb_tx *t = (const struct smb_tx *)tx;
    if (tx->proto != APP_SMB || t->kind != SMB_DCERPC)
        return NULL;
    *bound = &t->pipe->bound;
    return &t->u.call;
}
