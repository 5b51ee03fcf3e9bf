/* keywords/bytenum.h - a number read out of a buffer: what byte_test, byte_jump, byte_extract and
 * byte_math have in common. */
#ifndef DETECT_KEYWORDS_BYTENUM_H
#define DETECT_KEYWORDS_BYTENUM_H
#include "sensor/detect/keyword.h"

/* A number of the rule or a byte variable. */
struct operand {
    int64_t number;
    int var; /* index of inspect.bytes, or -1 */
};
struct bytenum {
    struct operand bytes, offset;
    bool relative, little, text, masked;
    bool dce;     /* in the byte order of the DCE/RPC call that is looked at */
    bool ordered; /* "little" or "big" was written */
    int base;     /* of text: 8, 10, 16; 0: as its prefix says */
    uint64_t mask;
};

int operand_parse(struct build *b, struct bytes t, int64_t min, int64_t max, struct operand *out,
                  struct err *err);
static inline int64_t operand_value(const struct operand *o, const struct inspect *in)
{
    return o->var < 0 ? o->number : (int64_t)in->bytes[o->var];
}

/* An option all of them share ("relative", "little", "string", "hex", "bitmask 0xff"). 1: taken, 0:
 * not one of them, -1: wrong. */
int bytenum_option(struct bytenum *n, struct bytes option, struct err *err);
/* Checks that the options agree, once all are read. */
int bytenum_check(struct build *b, const struct bytenum *n, struct err *err);
/* Reads it; *end is the offset behind. False when it lies outside or is no number. */
bool bytenum_read(const struct bytenum *n, struct walk *w, uint64_t *value, size_t *end);
/* The bits of a value that "bitmask" leaves, moved to the right; the value itself without one. */
uint64_t bytenum_masked(const struct bytenum *n, uint64_t value);

#endif
