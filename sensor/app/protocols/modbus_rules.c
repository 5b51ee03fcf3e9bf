/* modbus_rules.c - a Modbus request as rules ask for it. */
#include "sensor/app/protocols/modbus.h"
#include "sensor/app/protocols/modbus_state.h"

static void set_range(struct modbus_question *q, uint16_t address, uint32_t quantity)
{
    q->has_range = quantity > 0 && address + quantity <= UINT16_MAX;
    q->first = address + 1u;
    q->last = address + quantity;
}

static void read_several(struct modbus_question *q, struct cursor *c, bool coils)
{
    uint16_t address = cursor_u16(c), quantity = cursor_u16(c);
    cursor_skip(c, 1); /* bytes that follow */
    set_range(q, address, quantity);
    q->coils = coils;
    q->written = cursor_rest(c);
}

static void read_addresses(struct modbus_question *q, struct cursor c)
{
    uint16_t address, quantity;
    const struct modbus_function *f = modbus_function_of(q->function);
    switch (f->shape) {
    case MODBUS_READ_BITS:
    case MODBUS_READ_WORDS:
        address = cursor_u16(&c);
        quantity = cursor_u16(&c);
        set_range(q, address, quantity);
        break;
    case MODBUS_WRITE_COIL:
    case MODBUS_WRITE_WORD:
        set_range(q, cursor_u16(&c), 1);
        q->written = cursor_take(&c, 2);
        q->coils = f->shape == MODBUS_WRITE_COIL;
        break;
    case MODBUS_WRITE_MASK:
        set_range(q, cursor_u16(&c), 1);
        break;
    case MODBUS_READ_WRITE: /* where it reads comes first */
        cursor_skip(&c, 4);
        read_several(q, &c, false);
        break;
    case MODBUS_WRITE_BITS:
    case MODBUS_WRITE_WORDS:
        read_several(q, &c, f->shape == MODBUS_WRITE_BITS);
        break;
    default:
        return;
    }
    q->has_range &= cursor_ok(&c);
}

bool modbus_question_of(const struct app_tx *tx, struct modbus_question *out)
{
    const struct modbus_tx *t = (const struct modbus_tx *)tx;
    enum direction dir = t->side[TO_SERVER].seen ? TO_SERVER : TO_CLIENT;
    const struct modbus_message *m = &t->side[dir];
    if (!m->seen || m->pdu.len == 0)
        return false;
    struct cursor c = cursor_over(app_text_bytes(&m->pdu));
    *out = (struct modbus_question){.unit = m->unit, .subfunction = -1};
    out->function = cursor_u8(&c) & MODBUS_FUNCTION_MASK;
    out->category = modbus_category(app_text_bytes(&m->pdu), dir == TO_CLIENT);
    out->access = modbus_function_of(out->function)->access;
    if (out->function == MODBUS_DIAGNOSTIC && cursor_left(&c) >= 2)
        out->subfunction = cursor_u16(&c);
    else if (dir == TO_SERVER)
        read_addresses(out, c);
    return true;
}

bool modbus_written_at(const struct modbus_question *q, uint32_t address, uint16_t *out)
{
    if (!q->has_range || address < q->first || address > q->last)
        return false;
    size_t at = address - q->first;
    if (q->coils && q->first == q->last && q->written.len == 2) {
        *out = (q->written.p[0] | q->written.p[1]) != 0; /* one coil: on or off as a word */
    } else if (q->coils) {
        if (at / 8 >= q->written.len)
            return false;
        *out = q->written.p[at / 8] >> at % 8 & 1;
    } else {
        if (2 * at + 2 > q->written.len)
            return false;
        *out = (uint16_t)(q->written.p[2 * at] << 8 | q->written.p[2 * at + 1]);
    }
    return true;
}

static bool get_function(struct app_tx *tx, enum direction dir, unsigned index,
                         struct arena *scratch, struct bytes *out)
{
    struct modbus_question q;
    (void)dir;
    return index == 0 && modbus_question_of(tx, &q) && app_number_bytes(q.function, scratch, out);
}

const struct app_buffer modbus_buffers[] = {
    APP_NUMBER(MODBUS, "modbus", "", APP_BUFFER_TO_SERVER, 0, 0, get_function, &app_u8),
    {0},
};
