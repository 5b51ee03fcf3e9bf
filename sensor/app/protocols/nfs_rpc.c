/* nfs_rpc.c - ONC RPC calls and replies. Source: RFC 5531, RFC 4506, RFC 2203. */
#include "sensor/app/protocols/nfs_state.h"

#define NFS_PROGRAM 100003

struct bytes xdr_take(struct cursor *c)
{
    size_t len = cursor_u32(c);
    struct bytes b = cursor_take(c, len);
    if (len % 4 && cursor_left(c) >= 4 - len % 4)
        cursor_skip(c, 4 - len % 4);
    return b;
}

bool rpc_is_call(struct bytes message)
{
    struct cursor c = cursor_over(message);
    cursor_skip(&c, 4);
    uint32_t type = cursor_u32(&c), rpc = cursor_u32(&c), program = cursor_u32(&c),
             version = cursor_u32(&c), procedure = cursor_u32(&c);
    return cursor_ok(&c) && type == 0 && rpc == 2 && program == NFS_PROGRAM && version >= 2 &&
           version <= 4 && procedure < NFS_PROCEDURES;
}

bool rpc_is_reply(struct bytes message)
{
    struct cursor c = cursor_over(message);
    cursor_skip(&c, 4);
    uint32_t type = cursor_u32(&c), state = cursor_u32(&c);
    return cursor_ok(&c) && type == 1 && state <= 1;
}

bool rpc_is_foreign(struct bytes message)
{
    struct cursor c = cursor_over(message);
    cursor_skip(&c, 4);
    uint32_t type = cursor_u32(&c), rpc = cursor_u32(&c), program = cursor_u32(&c);
    return cursor_ok(&c) && type == 0 && rpc == 2 && program != NFS_PROGRAM;
}

static void read_unix(struct bytes credentials, struct rpc_call *out)
{
    struct cursor c = cursor_over(credentials);
    cursor_skip(&c, 4); /* stamp */
    out->machine = xdr_take(&c);
    out->uid = cursor_u32(&c);
    out->gid = cursor_u32(&c);
}

/* Data is procedure 0; services are 1 (none), 2 (integrity) and 3 (privacy). */
static uint8_t read_gss(struct bytes credentials)
{
    struct cursor c = cursor_over(credentials);
    cursor_skip(&c, 4);
    uint32_t procedure = cursor_u32(&c);
    cursor_skip(&c, 4); /* sequence */
    uint32_t service = cursor_u32(&c);
    if (!cursor_ok(&c) || procedure != 0 || service < 1 || service > 2)
        return RPC_SEALED;
    return service == 1 ? RPC_PLAIN : RPC_SIGNED;
}

struct bytes rpc_signed_body(struct bytes body)
{
    struct cursor c = cursor_over(body);
    size_t len = cursor_u32(&c);
    struct cursor inside = cursor_over(bytes_slice(cursor_rest(&c), 0, len)); /* may be cut off */
    cursor_skip(&inside, 4);                                                  /* sequence */
    return cursor_rest(&inside);
}

bool rpc_read_call(struct bytes message, struct rpc_call *out)
{
    struct cursor c = cursor_over(message);
    *out = (struct rpc_call){.xid = cursor_u32(&c)};
    cursor_skip(&c, 8);
    uint32_t program = cursor_u32(&c);
    out->version = cursor_u32(&c);
    out->procedure = cursor_u32(&c);
    out->auth_type = cursor_u32(&c);
    struct bytes credentials = xdr_take(&c);
    cursor_skip(&c, 4);
    (void)xdr_take(&c); /* verifier */
    if (!cursor_ok(&c) || program != NFS_PROGRAM)
        return false;
    if (out->auth_type == RPC_AUTH_UNIX)
        read_unix(credentials, out);
    if (out->auth_type == RPC_AUTH_GSS)
        out->wrap = read_gss(credentials);
    out->body = cursor_rest(&c);
    if (out->wrap == RPC_SIGNED)
        out->body = rpc_signed_body(out->body);
    return true;
}

bool rpc_read_reply(struct bytes message, struct rpc_reply *out)
{
    struct cursor c = cursor_over(message);
    *out = (struct rpc_reply){.xid = cursor_u32(&c)};
    cursor_skip(&c, 4);
    out->state = cursor_u32(&c);
    if (!cursor_ok(&c))
        return false;
    if (out->state != 0)
        return true;
    cursor_skip(&c, 4);
    (void)xdr_take(&c); /* verifier */
    out->has_body = cursor_u32(&c) == 0 && cursor_ok(&c);
    out->body = cursor_rest(&c);
    return true;
}
