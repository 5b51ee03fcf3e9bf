/* keywords/bytenum.c - a number read out of a buffer. */
#include "sensor/detect/keywords/bytenum.h"

#include "sensor/app/protocols/dcerpc.h"
#include "sensor/detect/words.h"
#include <errno.h>

#define TEXT_DIGITS_MAX 23 /* 2^64 in octal, and a sign */

int operand_parse(struct build *b, struct bytes t, int64_t min, int64_t max, struct operand *out,
                  struct err *err)
{
    *out = (struct operand){.var = -1};
    if (number_parse(t, min, max, &out->number))
        return 0;
    if (t.len == 0 || (t.p[0] | 0x20) < 'a' || (t.p[0] | 0x20) > 'z')
        return err_set(err, "'%.*s' is no number within [%lld, %lld]", WORD_ARG(t), (long long)min,
                       (long long)max);
    out->var = build_byte_var(b, t, false, err);
    return out->var < 0 ? -1 : 0;
}

int bytenum_option(struct bytenum *n, struct bytes option, struct err *err)
{
    static const struct {
        const char *name;
        int base;
    } bases[] = {{"hex", 16}, {"dec", 10}, {"oct", 8}};
    if (WORD_IS(option, "relative")) {
        n->relative = true;
    } else if (WORD_IS(option, "little") || WORD_IS(option, "big")) {
        n->ordered = true;
        n->little = WORD_IS(option, "little");
    } else if (WORD_IS(option, "string")) {
        n->text = true;
    } else if (bytes_starts(option, BYTES_LIT("bitmask"))) {
        int64_t mask;
        if (!number_parse(bytes_slice(option, 7, option.len), 1, UINT32_MAX, &mask))
            return err_set(err, "'%.*s' is no 32-bit mask", WORD_ARG(option));
        n->masked = true;
        n->mask = (uint64_t)mask;
    } else if (WORD_IS(option, "dce")) {
        n->dce = true;
    } else {
        for (size_t i = 0; i < 3; i++)
            if (bytes_ieq(option, bytes_str(bases[i].name))) {
                n->base = bases[i].base;
                return 1;
            }
        return 0;
    }
    return 1;
}

int bytenum_check(struct build *b, const struct bytenum *n, struct err *err)
{
    if (n->bytes.var < 0 && n->bytes.number > (n->text ? TEXT_DIGITS_MAX : 8))
        return err_set(err, "%lld bytes are too many for a number", (long long)n->bytes.number);
    if (n->dce && (n->ordered || n->text || n->base))
        return err_set(err, "'dce' cannot go with little, big, string or a base");
    return n->dce ? build_require_proto(b, APP_DCERPC, err) : 0;
}

/* Big-endian where no call says otherwise. */
static bool is_little(const struct bytenum *n, const struct inspect *in)
{
    const struct dce_interfaces *bound;
    if (!n->dce)
        return n->little;
    const struct dcerpc_call *call = in->tx ? dcerpc_tx_call(in->tx, &bound) : NULL;
    return call && call->little;
}

static bool read_text(const struct bytenum *n, struct bytes t, uint64_t *value, size_t *used)
{
    char copy[TEXT_DIGITS_MAX + 1];
    if (t.len > TEXT_DIGITS_MAX)
        return false;
    memcpy(copy, t.p, t.len);
    copy[t.len] = 0;
    char *end;
    errno = 0;
    *value = strtoull(copy, &end, n->base);
    *used = (size_t)(end - copy);
    return end != copy && errno != ERANGE;
}

static bool read_binary(struct bytes t, bool little, uint64_t *value)
{
    if (t.len > 8)
        return false;
    *value = 0;
    for (size_t i = 0; i < t.len; i++)
        *value = *value << 8 | t.p[little ? t.len - 1 - i : i];
    return true;
}

bool bytenum_read(const struct bytenum *n, struct walk *w, uint64_t *value, size_t *end)
{
    int64_t len = operand_value(&n->bytes, w->in);
    int64_t offset = (int32_t)operand_value(&n->offset, w->in); /* a variable may hold anything */
    int64_t start = offset + (n->relative ? (int64_t)w->at : 0);
    size_t used;
    if (start < 0 || len < 0 || len > TEXT_DIGITS_MAX || start + len > (int64_t)w->buffer.len)
        return false;
    /* Text of length 0 goes on as far as there are digits. */
    if (n->text && len == 0)
        len = TEXT_DIGITS_MAX;
    struct bytes at = bytes_slice(w->buffer, (size_t)start, (size_t)len);
    used = at.len;
    *value = 0;
    if (at.len &&
        !(n->text ? read_text(n, at, value, &used) : read_binary(at, is_little(n, w->in), value)))
        return false;
    *end = (size_t)start + used;
    walk_found(w, (size_t)start, *end);
    return true;
}

uint64_t bytenum_masked(const struct bytenum *n, uint64_t value)
{
    return n->masked ? (value & n->mask) >> __builtin_ctzll(n->mask) : value;
}
