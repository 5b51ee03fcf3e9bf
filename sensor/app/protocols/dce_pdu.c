/* dce_pdu.c - reads DCE/RPC PDUs, and keeps what was bound. */
#include "sensor/app/protocols/dce_pdu.h"
#include <stdio.h>

#define UUID_BYTES 16

const char *dce_type_name(uint8_t type)
{
    static const char *const names[DCE_TYPES] = {
        "REQUEST",   "PING",     "RESPONSE",      "FAULT",
        "WORKING",   "NOCALL",   "REJECT",        "ACK",
        "CL_CANCEL", "FACK",     "CANCEL_ACK",    "BIND",
        "BINDACK",   "BINDNAK",  "ALTER_CONTEXT", "ALTER_CONTEXT_RESP",
        "AUTH3",     "SHUTDOWN", "CO_CANCEL",     "ORPHANED",
        "RTS"};
    return type < DCE_TYPES ? names[type] : NULL;
}

void dce_put_type(struct json *j, const char *key, uint8_t type)
{
    char number[4];
    const char *name = dce_type_name(type);
    snprintf(number, sizeof number, "%u", type);
    json_strz(j, key, name ? name : number);
}

static uint16_t read16(struct cursor *c, bool little)
{
    return little ? cursor_le16(c) : cursor_u16(c);
}

static uint32_t read32(struct cursor *c, bool little)
{
    return little ? cursor_le32(c) : cursor_u32(c);
}

bool dce_read(struct bytes data, struct dce_pdu *p)
{
    struct cursor c = cursor_over(data);
    uint8_t major = cursor_u8(&c);
    p->minor = cursor_u8(&c);
    p->type = cursor_u8(&c);
    p->flags = cursor_u8(&c);
    p->little = cursor_u8(&c) & 0x10;
    cursor_skip(&c, 3);
    p->length = read16(&c, p->little);
    cursor_skip(&c, 2);
    p->call_id = read32(&c, p->little);
    if (!cursor_ok(&c) || major != 5 || p->minor > 1 || p->length < DCE_HEADER_BYTES)
        return false;
    p->body = bytes_slice(data, DCE_HEADER_BYTES, p->length - DCE_HEADER_BYTES);
    return true;
}

bool dce_read_request(const struct dce_pdu *p, struct dce_call *out)
{
    struct cursor c = cursor_over(p->body);
    cursor_skip(&c, 4);
    out->context_id = read16(&c, p->little);
    out->opnum = read16(&c, p->little);
    out->stub = cursor_rest(&c);
    return cursor_ok(&c);
}

bool dce_read_response(const struct dce_pdu *p, struct dce_call *out)
{
    struct cursor c = cursor_over(p->body);
    cursor_skip(&c, 4);
    out->context_id = read16(&c, p->little);
    out->opnum = 0;
    cursor_skip(&c, 2);
    out->stub = cursor_rest(&c);
    return cursor_ok(&c);
}

/* ---- what was bound ---- */

static struct dce_interface *next_slot(struct app *a, struct dce_interfaces *s)
{
    if (s->count == DCE_INTERFACES_MAX) { /* many at once, so that few are moved for each */
        s->count /= 2;
        memmove(s->list, s->list + s->count, s->count * sizeof *s->list);
    }
    if (s->count == s->cap) {
        uint16_t cap = s->cap ? (uint16_t)(s->cap * 2) : 4;
        s->list = app_realloc(a, s->list, s->cap * sizeof *s->list, cap * sizeof *s->list);
        s->cap = cap;
    }
    s->list[s->count] = (struct dce_interface){0};
    return &s->list[s->count++];
}

/* On the wire the first three fields of a UUID are numbers in the sender's byte order. */
static void order_uuid(const uint8_t *wire, bool little, uint8_t out[UUID_BYTES])
{
    static const uint8_t order[UUID_BYTES] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    for (unsigned i = 0; i < UUID_BYTES; i++)
        out[i] = wire[little ? order[i] : i];
}

bool dce_read_bind(struct app *a, const struct dce_pdu *p, struct dce_interfaces *s)
{
    struct cursor c = cursor_over(p->body);
    cursor_skip(&c, 8); /* fragment sizes, association group */
    unsigned count = cursor_u8(&c);
    cursor_skip(&c, 3);
    s->binds++;
    for (unsigned i = 0; i < count && cursor_ok(&c); i++) {
        uint16_t context_id = read16(&c, p->little);
        unsigned syntaxes = cursor_u8(&c);
        cursor_skip(&c, 1);
        struct bytes uuid = cursor_take(&c, UUID_BYTES);
        uint16_t version = read16(&c, p->little), minor = read16(&c, p->little);
        cursor_skip(&c, syntaxes * 20); /* a transfer syntax: UUID and version */
        if (!cursor_ok(&c))
            return false;
        struct dce_interface *slot = next_slot(a, s);
        order_uuid(uuid.p, p->little, slot->uuid);
        slot->call_id = p->call_id;
        slot->bind = s->binds;
        slot->context_id = context_id;
        slot->version = version;
        slot->minor = minor;
        slot->first = p->flags & DCE_FIRST;
    }
    return cursor_ok(&c);
}

/* Index of the first interface of the latest bind that had this call id. */
static unsigned find_bind(const struct dce_interfaces *s, uint32_t call_id)
{
    unsigned i = s->count;
    while (i > 0 && s->list[i - 1].call_id != call_id)
        i--;
    if (i == 0)
        return s->count;
    uint32_t bind = s->list[i - 1].bind;
    while (i > 0 && s->list[i - 1].bind == bind)
        i--;
    return i;
}

bool dce_read_bind_ack(const struct dce_pdu *p, struct dce_interfaces *s)
{
    struct cursor c = cursor_over(p->body);
    cursor_skip(&c, 8);
    size_t address = read16(&c, p->little);
    cursor_skip(&c, address);
    cursor_skip(&c, (4 - (2 + address) % 4) % 4);
    unsigned count = cursor_u8(&c);
    cursor_skip(&c, 3);
    for (unsigned i = find_bind(s, p->call_id); count-- > 0 && i < s->count; i++) {
        uint16_t result = read16(&c, p->little), reason = read16(&c, p->little);
        cursor_skip(&c, 20);
        if (!cursor_ok(&c) || s->list[i].call_id != p->call_id)
            break;
        s->list[i].result = result;
        s->list[i].reason = reason;
        s->list[i].acked = true;
    }
    return cursor_ok(&c);
}

void dce_interfaces_free(struct app *a, struct dce_interfaces *s)
{
    app_dealloc(a, s->list, s->cap * sizeof *s->list);
    *s = (struct dce_interfaces){0};
}

/* ---- records ---- */

void dce_uuid_text(const uint8_t uuid[UUID_BYTES], char out[DCE_UUID_TEXT])
{
    size_t at = 0;
    for (unsigned i = 0; i < UUID_BYTES; i++)
        at += (size_t)snprintf(out + at, DCE_UUID_TEXT - at,
                               i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
}

static void put_interface(struct json *j, const struct dce_interface *i, bool with_reason)
{
    char uuid[DCE_UUID_TEXT], version[16];
    dce_uuid_text(i->uuid, uuid);
    snprintf(version, sizeof version, "%u.%u", i->version, i->minor);
    json_object(j, NULL);
    json_strz(j, "uuid", uuid);
    json_strz(j, "version", version);
    if (i->acked)
        json_u64(j, "ack_result", i->result);
    if (i->acked && with_reason)
        json_u64(j, "ack_reason", 0); /* Suricata has the field, and never fills it */
    json_object_end(j);
}

void dce_put_bound(struct json *j, const struct dce_interfaces *s, uint32_t bind, bool with_reason)
{
    bool any = false;
    for (unsigned i = 0; i < s->count; i++) {
        if (s->list[i].bind != bind)
            continue;
        if (!any)
            json_array(j, "interfaces");
        any = true;
        put_interface(j, &s->list[i], with_reason);
    }
    if (any)
        json_array_end(j);
}

/* A context that was bound twice stands for what was bound last. */
void dce_put_context(struct json *j, const struct dce_interfaces *s, uint16_t context_id)
{
    for (unsigned i = s->count; i-- > 0;) {
        if (s->list[i].context_id != context_id)
            continue;
        json_array(j, "interfaces");
        put_interface(j, &s->list[i], false);
        json_array_end(j);
        return;
    }
}
