/* sensor/app/protocols/modbus.h - what other rooms may ask a Modbus transaction. */
#ifndef APP_MODBUS_H
#define APP_MODBUS_H
#include "sensor/app/app.h"

/* A request; where it was not seen, its answer. */
struct modbus_question {
    uint8_t unit, function;
    const char *category; /* "PUBLIC_ASSIGNED", "RESERVED" ... as EVE writes it */
    const char *access;   /* "READ | COILS" ..., "NONE" */
    int32_t subfunction;  /* of a diagnostic; else -1 */
    bool has_range;       /* addresses from 1 on, as documents count them */
    uint32_t first, last; /* both included */
    bool coils;           /* what is written: bits, not words */
    struct bytes written; /* from `first` on, bits from the lowest of each byte on */
};
bool modbus_question_of(const struct app_tx *tx, struct modbus_question *out);
/* What is written to an address. False: nothing is. */
bool modbus_written_at(const struct modbus_question *q, uint32_t address, uint16_t *out);

#endif
