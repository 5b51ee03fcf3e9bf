/* modbus_message.c - what a Modbus message holds and what is wrong with it, as Suricata 7 judges.
 */
#include "sensor/app/protocols/modbus_state.h"

#define READ_BYTES_MAX 250u /* of a read's answer */
#define COIL_ON        0xff00

/* What a function does: in which shape its messages come, and for whom the names are. */
static const struct modbus_function functions[] = {
    {1, MODBUS_READ_BITS, "RdCoils", "READ | COILS"},
    {2, MODBUS_READ_BITS, "RdDiscreteInputs", "READ | DISCRETES"},
    {3, MODBUS_READ_WORDS, "RdHoldRegs", "READ | HOLDING"},
    {4, MODBUS_READ_WORDS, "RdInputRegs", "READ | INPUT"},
    {5, MODBUS_WRITE_COIL, "WrSingleCoil", "WRITE | COILS | SINGLE | WRITE_SINGLE"},
    {6, MODBUS_WRITE_WORD, "WrSingleReg", "WRITE | HOLDING | SINGLE | WRITE_SINGLE"},
    {7, MODBUS_BYTES, "RdExcStatus", "NONE"},
    {MODBUS_DIAGNOSTIC, MODBUS_CODED, "Diagnostic", "NONE"},
    {9, MODBUS_BYTES, "Program484", "NONE"},
    {10, MODBUS_BYTES, "Poll484", "NONE"},
    {11, MODBUS_BYTES, "GetCommEventCtr", "NONE"},
    {12, MODBUS_BYTES, "GetCommEventLog", "NONE"},
    {13, MODBUS_BYTES, "ProgramController", "NONE"},
    {14, MODBUS_BYTES, "PollController", "NONE"},
    {15, MODBUS_WRITE_BITS, "WrMultCoils", "WRITE | COILS | MULTIPLE | WRITE_MULTIPLE"},
    {16, MODBUS_WRITE_WORDS, "WrMultRegs", "WRITE | HOLDING | MULTIPLE | WRITE_MULTIPLE"},
    {17, MODBUS_BYTES, "ReportServerID", "NONE"},
    {18, MODBUS_BYTES, "Program884", "NONE"},
    {19, MODBUS_BYTES, "ResetCommLink", "NONE"},
    {20, MODBUS_BYTES, "RdFileRec", "NONE"},
    {21, MODBUS_BYTES, "WrFileRec", "NONE"},
    {22, MODBUS_WRITE_MASK, "MaskWrReg", "WRITE | HOLDING"},
    {23, MODBUS_READ_WRITE, "RdWrMultRegs", "READ | WRITE | HOLDING | MULTIPLE | WRITE_MULTIPLE"},
    {24, MODBUS_BYTES, "RdFIFOQueue", "NONE"},
    {MODBUS_MEI, MODBUS_CODED, "MEI", "NONE"},
};

const struct modbus_function *modbus_function_of(uint8_t function)
{
    static const struct modbus_function unknown = {0, MODBUS_BYTES, "Unknown", "NONE"};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (functions[i].code == function)
            return &functions[i];
    return &unknown;
}

/* ---- fields: read, and written where j is not NULL ---- */

static void put_number(struct json *j, const char *key, uint64_t value)
{
    if (j)
        json_u64(j, key, value);
}

static void put_code(struct json *j, uint64_t raw, const char *name)
{
    put_number(j, "raw", raw);
    if (j)
        json_strz(j, "code", name);
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

/* What is too short for its shape is shown as bytes. */
static unsigned put_short(struct json *j, struct cursor *c)
{
    put_data(j, cursor_rest(c));
    return MODBUS_BAD_LENGTH;
}

/* ---- reads ---- */

static unsigned bytes_for(bool bits, unsigned quantity)
{
    return bits ? (quantity + 7) / 8 : 2 * quantity;
}

static unsigned read_request(struct json *j, struct cursor *c, bool bits)
{
    if (cursor_left(c) < 4)
        return put_short(j, c);
    uint16_t address = cursor_u16(c), quantity = cursor_u16(c);
    open_object(j, "read");
    put_number(j, "address", address);
    put_number(j, "quantity", quantity);
    close_object(j);
    return quantity == 0 || quantity > (bits ? 2000 : 125) ? MODBUS_BAD_VALUE : 0;
}

/* As many bytes as are counted, and as the request's quantity takes. */
static unsigned read_answer(struct json *j, struct cursor *c, bool bits, struct bytes request)
{
    struct cursor asked = cursor_over(bytes_slice(request, 3, SIZE_MAX));
    unsigned quantity = cursor_u16(&asked);
    if (cursor_left(c) == 0)
        return MODBUS_BAD_LENGTH;
    unsigned count = cursor_u8(c);
    struct bytes data = cursor_rest(c);
    open_object(j, "read");
    put_data(j, data);
    close_object(j);
    bool fits = count > 0 && count <= READ_BYTES_MAX && count == data.len &&
                (!cursor_ok(&asked) || count == bytes_for(bits, quantity));
    return fits ? 0 : MODBUS_BAD_VALUE;
}

/* ---- writes ---- */

static unsigned write_single(struct json *j, struct cursor *c, uint16_t *data)
{
    if (cursor_left(c) < 4)
        return put_short(j, c);
    uint16_t address = cursor_u16(c);
    *data = cursor_u16(c);
    open_object(j, "write");
    put_number(j, "address", address);
    put_number(j, "data", *data);
    close_object(j);
    return 0;
}

static unsigned write_several(struct json *j, struct cursor *c, bool bits)
{
    uint16_t address = cursor_u16(c), quantity = cursor_u16(c);
    unsigned count = cursor_u8(c), faults = 0;
    struct bytes data = cursor_rest(c);
    open_object(j, "write");
    put_number(j, "address", address);
    put_number(j, "quantity", quantity);
    put_data(j, data);
    close_object(j);
    if (quantity == 0 || count != data.len)
        faults |= MODBUS_BAD_LENGTH;
    if (quantity > (bits ? 1968 : 123) || count != bytes_for(bits, quantity))
        faults |= MODBUS_BAD_VALUE;
    return faults;
}

static unsigned write_mask(struct json *j, struct cursor *c)
{
    if (cursor_left(c) < 6)
        return put_short(j, c);
    uint16_t address = cursor_u16(c), and_mask = cursor_u16(c), or_mask = cursor_u16(c);
    open_object(j, "write");
    put_number(j, "address", address);
    put_number(j, "and_mask", and_mask);
    put_number(j, "or_mask", or_mask);
    close_object(j);
    return 0;
}

/* The answer to a write repeats where it went and what or how much it was. */
static unsigned write_answer(struct json *j, struct cursor *c, enum modbus_shape shape,
                             struct bytes request)
{
    bool mask = shape == MODBUS_WRITE_MASK,
         several = shape == MODBUS_WRITE_BITS || shape == MODBUS_WRITE_WORDS;
    size_t repeated = mask ? 6 : 4;
    struct bytes said = bytes_slice(bytes_of(c->at, cursor_left(c)), 0, repeated),
                 asked = bytes_slice(request, 1, repeated);
    uint16_t data = 1;
    unsigned faults = mask ? write_mask(j, c) : write_single(j, c, &data);
    if ((several && data == 0) || (request.len > 0 && !bytes_eq(said, asked)))
        faults |= MODBUS_BAD_VALUE;
    return faults;
}

/* ---- functions with codes of their own ---- */

const char *modbus_diagnostic_name(uint16_t code)
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
        "RetOverrunErrCount",
        "ClearOverrunCounterFlag",
        "GetClearPlusStats",
    };
    return code < sizeof names / sizeof *names ? names[code] : NULL;
}

const char *modbus_mei_name(uint8_t type)
{
    return type == 13 ? "CANOpenGenRefReqResp" : type == 14 ? "RdDevId" : NULL;
}

/* Most requests carry zeros; those that carry something say what. */
static bool diagnostic_fits(uint16_t code, struct bytes data)
{
    if (data.len != 2 || !modbus_diagnostic_name(code))
        return true;
    switch (code) {
    case 0: /* any bytes, to be sent back */
    case 4:
        return true;
    case 1: /* whether the log is to be cleared */
        return data.p[1] == 0 && (data.p[0] == 0 || data.p[0] == 0xff);
    case 3: /* a character */
        return data.p[1] == 0;
    default:
        return data.p[0] == 0 && data.p[1] == 0;
    }
}

static unsigned diagnostic(struct json *j, struct cursor *c, bool is_answer)
{
    unsigned faults = cursor_left(c) != 4 && !is_answer ? MODBUS_BAD_LENGTH : 0;
    if (cursor_left(c) < 2)
        return MODBUS_BAD_LENGTH;
    uint16_t code = cursor_u16(c);
    struct bytes data = cursor_rest(c);
    const char *name = modbus_diagnostic_name(code);
    open_object(j, "diagnostic");
    put_code(j, code, name ? name : "Reserved");
    put_data(j, data);
    close_object(j);
    return is_answer || diagnostic_fits(code, data) ? faults : faults | MODBUS_BAD_VALUE;
}

static unsigned encapsulated(struct json *j, struct cursor *c)
{
    if (cursor_left(c) == 0)
        return MODBUS_BAD_LENGTH;
    uint8_t type = cursor_u8(c);
    const char *name = modbus_mei_name(type);
    open_object(j, "mei");
    put_code(j, type, name ? name : "Unknown");
    put_data(j, cursor_rest(c));
    close_object(j);
    return 0;
}

static unsigned exception(struct json *j, struct cursor *c, uint8_t function)
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
    enum { MEMORY_PARITY = 8, READ_FILE = 20, WRITE_FILE = 21 };
    if (cursor_left(c) == 0)
        return put_short(j, c);
    uint8_t code = cursor_u8(c);
    bool known = code < sizeof names / sizeof *names && names[code];
    open_object(j, "exception");
    put_code(j, code, known ? names[code] : "Unknown");
    close_object(j);
    bool fits = code != MEMORY_PARITY || function == READ_FILE || function == WRITE_FILE;
    return known && fits ? 0 : MODBUS_BAD_EXCEPTION;
}

/* ---- functions whose content is not looked into ---- */

static bool length_fits(uint8_t function, size_t length, bool is_answer)
{
    switch (function) {
    case 7: /* exception status */
        return length == is_answer;
    case 11: /* event counter */
        return length == (is_answer ? 4 : 0);
    case 12: /* event log */
    case 17: /* server id */
        return is_answer || length == 0;
    case 20: /* file record */
    case 21:
        return is_answer || length > 0;
    case 24: /* FIFO queue */
        return is_answer || length == 2;
    default:
        return true;
    }
}

static unsigned content(struct json *j, struct cursor *c, uint8_t raw, bool is_answer)
{
    uint8_t function = raw & MODBUS_FUNCTION_MASK;
    unsigned faults = length_fits(function, cursor_left(c), is_answer) ? 0 : MODBUS_BAD_LENGTH;
    if (!is_answer && (function == 0 || raw & MODBUS_IS_EXCEPTION))
        faults |= MODBUS_BAD_FUNCTION;
    put_data(j, cursor_rest(c));
    return faults;
}

/* ---- a message ---- */

static unsigned request_body(struct json *j, struct cursor *c, uint8_t raw,
                             const struct modbus_function *f)
{
    uint16_t data = 0;
    unsigned faults = 0;
    switch (f->shape) {
    case MODBUS_READ_BITS:
    case MODBUS_READ_WORDS:
        return read_request(j, c, f->shape == MODBUS_READ_BITS);
    case MODBUS_WRITE_COIL:
        faults = write_single(j, c, &data);
        return data != 0 && data != COIL_ON ? MODBUS_BAD_VALUE : faults;
    case MODBUS_WRITE_WORD:
        return write_single(j, c, &data);
    case MODBUS_WRITE_BITS:
    case MODBUS_WRITE_WORDS:
        return cursor_left(c) < 5 ? put_short(j, c)
                                  : write_several(j, c, f->shape == MODBUS_WRITE_BITS);
    case MODBUS_WRITE_MASK:
        return write_mask(j, c);
    case MODBUS_READ_WRITE:
        faults = read_request(j, c, false);
        return faults | (cursor_left(c) < 5 ? MODBUS_BAD_LENGTH : write_several(j, c, false));
    case MODBUS_CODED:
        return f->code == MODBUS_MEI ? encapsulated(j, c) : diagnostic(j, c, false);
    default:
        return content(j, c, raw, false);
    }
}

static unsigned answer_body(struct json *j, struct cursor *c, uint8_t raw,
                            const struct modbus_function *f, struct bytes request)
{
    switch (f->shape) {
    case MODBUS_READ_BITS:
    case MODBUS_READ_WORDS:
    case MODBUS_READ_WRITE:
        return read_answer(j, c, f->shape == MODBUS_READ_BITS, request);
    case MODBUS_WRITE_COIL:
    case MODBUS_WRITE_WORD:
    case MODBUS_WRITE_BITS:
    case MODBUS_WRITE_WORDS:
    case MODBUS_WRITE_MASK:
        return write_answer(j, c, f->shape, request);
    case MODBUS_CODED:
        return f->code == MODBUS_MEI ? encapsulated(j, c) : diagnostic(j, c, true);
    default:
        return content(j, c, raw, true);
    }
}

unsigned modbus_put(struct json *j, struct bytes pdu, bool is_answer, struct bytes request)
{
    struct cursor c = cursor_over(pdu);
    uint8_t raw = cursor_u8(&c), function = raw & MODBUS_FUNCTION_MASK;
    const struct modbus_function *f = modbus_function_of(function);
    unsigned faults = is_answer && (raw & MODBUS_IS_EXCEPTION) ? exception(j, &c, function)
                      : is_answer                              ? answer_body(j, &c, raw, f, request)
                                                               : request_body(j, &c, raw, f);
    return cursor_left(&c) > 0 ? faults | MODBUS_BAD_LENGTH : faults;
}
