/* keywords/dnp3.c - "dnp3_obj:22,1" asks for an object by group and variation. */
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

#define TYPE_BYTES 2 /* group, variation: so they stand in the buffer */

static enum item_verdict object_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    for (size_t at = 0; at + TYPE_BYTES <= w->buffer.len; at += TYPE_BYTES)
        if (memcmp(w->buffer.p + at, arg, TYPE_BYTES) == 0)
            return ITEM_YES;
    return ITEM_STOP;
}

static const struct item_kind item_object = {.name = "dnp3_obj", .match = object_match};

static int dnp3_obj_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    uint8_t *type = build_alloc(b, TYPE_BYTES);
    struct bytes rest = word_unquote(value), group, variation;
    int64_t n[TYPE_BYTES];
    if (!word_next(&rest, ',', &group) || !word_next(&rest, ',', &variation) || rest.p ||
        !number_parse(group, 0, UINT8_MAX, &n[0]) || !number_parse(variation, 0, UINT8_MAX, &n[1]))
        return err_set(err, "'%.*s' is not 'group,variation', each up to 255", WORD_ARG(value));
    type[0] = (uint8_t)n[0];
    type[1] = (uint8_t)n[1];
    return build_item_on(b, "dnp3_obj", &item_object, type, false, err) ? 0 : -1;
}

const struct keyword keyword_dnp3_obj = {
    .name = "dnp3_obj",
    .aliases = "dnp3.obj",
    .summary = "an object of this group and variation",
    .example = "dnp3_obj:12,1;",
    .parse = dnp3_obj_parse,
};
