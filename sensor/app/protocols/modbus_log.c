/* modbus_log.c - a Modbus tx as EVE shows it: Suricata 7's record. */
#include "sensor/app/protocols/modbus_state.h"

/* ---- what kind of function it is ---- */

static const char *category_by_number(uint8_t raw)
{
    static const struct {
        uint8_t below;
        const char *name;
    } ranges[] = {
        {1, "NONE"},           {9, "PUBLIC_UNASSIGNED"},
        {15, "RESERVED"},      {41, "PUBLIC_UNASSIGNED"},
        {43, "RESERVED"},      {65, "PUBLIC_UNASSIGNED"},
        {73, "USER_DEFINED"},  {90, "PUBLIC_UNASSIGNED"},
        {92, "RESERVED"},      {100, "PUBLIC_UNASSIGNED"},
        {111, "USER_DEFINED"}, {125, "PUBLIC_UNASSIGNED"},
        {128, "RESERVED"},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (raw < ranges[i].below)
            return ranges[i].name;
    return "NONE";
}

/* Functions with codes of their own are as public as the code. */
const char *modbus_category(struct bytes pdu, bool is_answer)
{
    struct cursor c = cursor_over(pdu);
    uint8_t raw = cursor_u8(&c);
    const struct modbus_function *f = modbus_function_of(raw & MODBUS_FUNCTION_MASK);
    if (f->code == 0)
        return category_by_number(raw);
    if (f->shape != MODBUS_CODED)
        return "PUBLIC_ASSIGNED";
    bool known = f->code == MODBUS_MEI ? modbus_mei_name(cursor_u8(&c)) != NULL
                                       : modbus_diagnostic_name(cursor_u16(&c)) != NULL;
    if (!cursor_ok(&c) || (is_answer && (raw & MODBUS_IS_EXCEPTION)))
        return "NONE";
    return known ? "PUBLIC_ASSIGNED" : "RESERVED";
}

/* ---- records ---- */

static void put_faults(struct json *j, unsigned faults)
{
    static const char *const names[] = {"DATA_VALUE", "DATA_LENGTH", "EXC_CODE", "FUNC_CODE",
                                        "PROTO_ID"};
    char text[64];
    size_t len = 0;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (!(faults & 1u << i))
            continue;
        if (len > 0) {
            memcpy(text + len, " | ", 3);
            len += 3;
        }
        memcpy(text + len, names[i], strlen(names[i]));
        len += strlen(names[i]);
    }
    json_str(j, "error_flags", len ? bytes_of(text, len) : BYTES_LIT("NONE"));
}

static void put_side(struct json *j, const struct modbus_tx *t, enum direction dir)
{
    const struct modbus_message *m = &t->side[dir];
    if (!m->seen)
        return;
    struct bytes pdu = app_text_bytes(&m->pdu);
    const struct modbus_function *f = modbus_function_of(pdu.p[0] & MODBUS_FUNCTION_MASK);
    json_object(j, dir == TO_SERVER ? "request" : "response");
    json_u64(j, "transaction_id", m->transaction);
    json_u64(j, "protocol_id", m->protocol);
    json_u64(j, "unit_id", m->unit);
    json_u64(j, "function_raw", pdu.p[0]);
    json_strz(j, "function_code", f->name);
    json_strz(j, "access_type", f->access);
    json_strz(j, "category", modbus_category(pdu, dir == TO_CLIENT));
    put_faults(j, m->faults);
    modbus_put(j, pdu, dir == TO_CLIENT, app_text_bytes(&t->side[TO_SERVER].pdu));
    json_object_end(j);
}

void modbus_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct modbus_tx *t = (const struct modbus_tx *)tx;
    json_object(j, "modbus");
    json_u64(j, "id", tx->id + 1);
    put_side(j, t, TO_SERVER);
    put_side(j, t, TO_CLIENT);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    modbus_alert_json(tx, j);
}

void modbus_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct modbus_tx *t = (const struct modbus_tx *)tx;
    struct app_record r = {.event_type = "modbus", .dir = TO_SERVER, .encode = encode};
    app_record_once(tx, last, t->side[TO_SERVER].seen || t->side[TO_CLIENT].seen, &r, emit, ctx);
}

#define MESSAGE                                                                                    \
    "{transaction_id: uint, protocol_id: uint, unit_id: uint, function_raw: uint, "                \
    "function_code: string, access_type: string, category: string, error_flags: string, "          \
    "read?: {address?: uint, quantity?: uint, data?: string}, write?: {address: uint, "            \
    "quantity?: uint, data?: uint | string, and_mask?: uint, or_mask?: uint}, "                    \
    "exception?: {raw: uint, code: string}, diagnostic?: {raw: uint, code: string, "               \
    "data: string}, mei?: {raw: uint, code: string, data: string}, data?: string}"
#define MODBUS_SHAPE "{id: uint, request?: " MESSAGE ", response?: " MESSAGE "}"
const struct app_shape modbus_shapes[] = {
    {"modbus", "modbus: " MODBUS_SHAPE},
    {"alert", "modbus: " MODBUS_SHAPE},
    {0},
};
