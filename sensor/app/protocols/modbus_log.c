/* modbus_log.c - reads Modbus messages, and shows a tx as Suricata 7 does. */
#include "sensor/app/protocols/modbus_state.h"

enum function {
    READ_COILS = 1,
    READ_DISCRETES = 2,
    READ_HOLDING = 3,
    READ_INPUT = 4,
    WRITE_COIL = 5,
    WRITE_REGISTER = 6,
    DIAGNOSTIC = 8,
    WRITE_COILS = 15,
    WRITE_REGISTERS = 16,
    MASK_WRITE = 22,
    READ_WRITE = 23,
    MEI = 43,
};

#define IS_EXCEPTION 0x80

static const struct {
    uint8_t function;
    const char *name, *access;
} functions[] = {
    {1, "RdCoils", "READ | COILS"},
    {2, "RdDiscreteInputs", "READ | DISCRETES"},
    {3, "RdHoldRegs", "READ | HOLDING"},
    {4, "RdInputRegs", "READ | INPUT"},
    {5, "WrSingleCoil", "WRITE | COILS | SINGLE"},
    {6, "WrSingleReg", "WRITE | HOLDING | SINGLE"},
    {7, "RdExcStatus", "NONE"},
    {8, "Diagnostic", "NONE"},
    {9, "Program484", "NONE"},
    {10, "Poll484", "NONE"},
    {11, "GetCommEventCtr", "NONE"},
    {12, "GetCommEventLog", "NONE"},
    {13, "ProgramController", "NONE"},
    {14, "PollController", "NONE"},
    {15, "WrMultCoils", "WRITE | COILS | MULTIPLE"},
    {16, "WrMultRegs", "WRITE | HOLDING | MULTIPLE"},
    {17, "ReportServerID", "NONE"},
    {18, "Program884", "NONE"},
    {19, "ResetCommLink", "NONE"},
    {20, "RdFileRec", "NONE"},
    {21, "WrFileRec", "NONE"},
    {22, "MaskWrReg", "WRITE | HOLDING | SINGLE"},
    {23, "RdWrMultRegs", "READ | WRITE | HOLDING | MULTIPLE"},
    {24, "RdFIFOQueue", "NONE"},
    {43, "MEI", "NONE"},
};

static size_t index_of(uint8_t function)
{
    size_t i = 0;
    while (i < sizeof functions / sizeof *functions && functions[i].function != function)
        i++;
    return i;
}

static const char *category_of(uint8_t function)
{
    static const uint8_t reserved[] = {9, 10, 13, 14, 18, 19, 40, 41, 42, 90, 91, 125, 126, 127};
    if (memchr(reserved, function, sizeof reserved))
        return "RESERVED";
    if ((function >= 65 && function <= 72) || (function >= 100 && function <= 110))
        return "USER_DEFINED";
    return index_of(function) < sizeof functions / sizeof *functions ? "PUBLIC_ASSIGNED"
                                                                     : "PUBLIC_UNASSIGNED";
}

/* ---- what a message holds ---- */

static void put_number(struct json *j, const char *key, uint64_t value)
{
    if (j)
        json_u64(j, key, value);
}

static void open_object(struct json *j, const char *key)
{
    if (j)
        json_object(j, key);
}

static void close_object(struct json *j)
{
    if (j)
        json_object_end(j);
}

static void put_data(struct json *j, struct bytes data)
{
    if (j)
        json_str(j, "data", data);
}

/* Largest quantity of a read or a write of several. */
static unsigned quantity_max(uint8_t function)
{
    switch (function) {
    case READ_COILS:
    case READ_DISCRETES:
        return 2000;
    case WRITE_COILS:
        return 1968;
    case WRITE_REGISTERS:
        return 123;
    default:
        return 125;
    }
}

static unsigned bytes_for(uint8_t function, unsigned quantity)
{
    bool bits = function == READ_COILS || function == READ_DISCRETES || function == WRITE_COILS;
    return bits ? (quantity + 7) / 8 : 2 * quantity;
}

static unsigned read_request(struct json *j, struct cursor *c, uint8_t function)
{
    uint16_t address = cursor_u16(c), quantity = cursor_u16(c);
    open_object(j, "read");
    put_number(j, "address", address);
    put_number(j, "quantity", quantity);
    close_object(j);
    return cursor_ok(c) && (quantity == 0 || quantity > quantity_max(function)) ? MODBUS_BAD_VALUE
                                                                                : 0;
}

/* As many bytes as the request's quantity takes. */
static unsigned read_response(struct json *j, struct cursor *c, uint8_t function,
                              struct bytes request)
{
    struct cursor asked = cursor_over(bytes_slice(request, 3, SIZE_MAX));
    unsigned count = cursor_u8(c), quantity = cursor_u16(&asked);
    struct bytes data = cursor_take(c, count);
    open_object(j, "read");
    put_data(j, data);
    close_object(j);
    return cursor_ok(&asked) && count != bytes_for(function, quantity) ? MODBUS_BAD_VALUE : 0;
}

static unsigned write_single(struct json *j, struct cursor *c, uint8_t function)
{
    uint16_t address = cursor_u16(c), data = cursor_u16(c);
    open_object(j, "write");
    put_number(j, "address", address);
    put_number(j, "data", data);
    close_object(j);
    return function == WRITE_COIL && data != 0 && data != 0xff00 ? MODBUS_BAD_VALUE : 0;
}

static unsigned write_several(struct json *j, struct cursor *c, uint8_t function)
{
    uint16_t address = cursor_u16(c), quantity = cursor_u16(c);
    unsigned count = cursor_u8(c);
    struct bytes data = cursor_take(c, count);
    open_object(j, "write");
    put_number(j, "address", address);
    put_number(j, "quantity", quantity);
    put_data(j, data);
    close_object(j);
    bool fits = quantity > 0 && quantity <= quantity_max(function) &&
                count == bytes_for(function, quantity);
    return cursor_ok(c) && !fits ? MODBUS_BAD_VALUE : 0;
}

static void write_mask(struct json *j, struct cursor *c)
{
    uint16_t address = cursor_u16(c), with = cursor_u16(c), or_with = cursor_u16(c);
    open_object(j, "write");
    put_number(j, "address", address);
    put_number(j, "and_mask", with);
    put_number(j, "or_mask", or_with);
    close_object(j);
}

static void put_coded(struct json *j, const char *key, uint64_t raw, const char *code,
                      struct bytes data)
{
    open_object(j, key);
    put_number(j, "raw", raw);
    if (j)
        json_strz(j, "code", code);
    put_data(j, data);
    close_object(j);
}

static const char *diagnostic_code(uint16_t code)
{
    static const char *const names[] = {
        "RetQueryData",
        "RestartCommOpt",
        "RetDiagReg",
        "ChangeInputDelimiter",
        "ForceListenOnlyMode",
        NULL,
        NULL,
        NULL,
        NULL,
        NULL,
        "ClearCtrDiagReg",
        "RetBusMsgCount",
        "RetBusCommErrCount",
        "RetBusExcErrCount",
        "RetServerMsgCount",
        "RetServerNoRespCount",
        "RetServerNAKCount",
        "RetServerBusyCount",
        "RetBusCharOverrunCount",
        NULL,
        "ClearOverrunCounterFlag",
    };
    bool known = code < sizeof names / sizeof *names && names[code];
    return known ? names[code] : "Reserved";
}

static unsigned exception(struct json *j, struct cursor *c)
{
    static const char *const names[] = {NULL,
                                        "IllegalFunction",
                                        "IllegalDataAddr",
                                        "IllegalDataValue",
                                        "ServerDeviceFail",
                                        "Ack",
                                        "ServerDeviceBusy",
                                        "NegAck",
                                        "MemParityErr",
                                        NULL,
                                        "GatewayPathUnavailable",
                                        "GatewayTargetFailToResp"};
    uint8_t code = cursor_u8(c);
    bool known = code < sizeof names / sizeof *names && names[code];
    open_object(j, "exception");
    put_number(j, "raw", code);
    if (j)
        json_strz(j, "code", known ? names[code] : "Unknown");
    close_object(j);
    return cursor_ok(c) && !known ? MODBUS_BAD_EXCEPTION : 0;
}

static unsigned body(struct json *j, struct cursor *c, uint8_t function, bool is_response,
                     struct bytes request)
{
    unsigned faults = 0;
    switch (function) {
    case READ_COILS:
    case READ_DISCRETES:
    case READ_HOLDING:
    case READ_INPUT:
        return is_response ? read_response(j, c, function, request) : read_request(j, c, function);
    case WRITE_COIL:
    case WRITE_REGISTER:
        return write_single(j, c, function);
    case WRITE_COILS:
    case WRITE_REGISTERS:
        return is_response ? write_single(j, c, function) : write_several(j, c, function);
    case MASK_WRITE:
        write_mask(j, c);
        return 0;
    case READ_WRITE:
        if (is_response)
            return read_response(j, c, function, request);
        faults = read_request(j, c, function);
        return faults | write_several(j, c, WRITE_REGISTERS);
    case DIAGNOSTIC: {
        uint16_t code = cursor_u16(c);
        put_coded(j, "diagnostic", code, diagnostic_code(code), cursor_rest(c));
        return 0;
    }
    case MEI: {
        uint8_t type = cursor_u8(c);
        put_coded(j, "mei", type,
                  type == 13   ? "CANOpenGenRefReqResp"
                  : type == 14 ? "RdDevId"
                               : "Unknown",
                  cursor_rest(c));
        return 0;
    }
    default:
        if (cursor_left(c) > 0)
            put_data(j, cursor_rest(c));
        return index_of(function) < sizeof functions / sizeof *functions ? 0 : MODBUS_BAD_FUNCTION;
    }
}

unsigned modbus_put(struct json *j, struct bytes pdu, bool is_response, struct bytes request)
{
    struct cursor c = cursor_over(pdu);
    uint8_t function = cursor_u8(&c);
    unsigned faults;
    if (is_response && (function & IS_EXCEPTION))
        faults = exception(j, &c);
    else
        faults = body(j, &c, function, is_response, request);
    if (!cursor_ok(&c) || cursor_left(&c) > 0)
        faults |= MODBUS_BAD_LENGTH;
    return faults;
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
    uint8_t raw = m->pdu.p[0], function = raw & 0x7f;
    size_t i = index_of(function);
    bool known = i < sizeof functions / sizeof *functions;
    json_object(j, dir == TO_SERVER ? "request" : "response");
    json_u64(j, "transaction_id", m->transaction);
    json_u64(j, "protocol_id", m->protocol);
    json_u64(j, "unit_id", m->unit);
    json_u64(j, "function_raw", raw);
    json_strz(j, "function_code", known ? functions[i].name : "Unknown");
    json_strz(j, "access_type", known ? functions[i].access : "NONE");
    json_strz(j, "category", category_of(function));
    put_faults(j, m->faults);
    modbus_put(j, app_text_bytes(&m->pdu), dir == TO_CLIENT,
               app_text_bytes(&t->side[TO_SERVER].pdu));
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
    if (tx->logged || (!last && !app_tx_is_done(tx)))
        return;
    tx->logged = 1;
    if (t->side[TO_SERVER].seen || t->side[TO_CLIENT].seen)
        emit(ctx, tx, &r);
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
