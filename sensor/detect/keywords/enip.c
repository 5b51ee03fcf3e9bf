/* keywords/enip.c - "cip_service:16,2,!3" asks for a CIP service, its class and its attribute.
 *
 * The buffer's instances are services as they are requested: service, path in words, data. Source:
 * The CIP Networks Library, volume 1, appendix C. */
#include "common/cursor.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

enum { GET_LIST = 0x03, SET_LIST = 0x04, GET_ONE = 0x0e, SET_ONE = 0x10 };
enum { CLASS8 = 0x20, CLASS16 = 0x21, INSTANCE8 = 0x24, INSTANCE16 = 0x25, ATTRIBUTE8 = 0x30 };
#define SERVICE_MAX 127

struct cip {
    uint8_t service;
    bool has_class, has_attribute, negated;
    uint16_t class, attribute;
};

static bool is_list(uint8_t service)
{
    return service == GET_LIST || service == SET_LIST;
}

/* A count, then attributes, each with its value when they are set: of those the first tells. */
static bool lists_attribute(const struct cip *want, struct bytes data)
{
    struct cursor c = cursor_over(data);
    unsigned count = cursor_le16(&c);
    if (want->service == SET_LIST && count > 1)
        count = 1;
    for (unsigned i = 0; i < count; i++) {
        uint16_t attribute = cursor_le16(&c);
        if (!cursor_ok(&c))
            return false;
        if (attribute == want->attribute)
            return true;
    }
    return false;
}

static bool path_fits(const struct cip *want, struct bytes path, struct bytes data)
{
    struct cursor c = cursor_over(path);
    bool in_class = false;
    while (cursor_left(&c) > 0) {
        uint8_t type = cursor_u8(&c);
        bool wide = type == CLASS16 || type == INSTANCE16;
        if (wide)
            cursor_skip(&c, 1);
        uint16_t value = wide ? cursor_le16(&c) : cursor_u8(&c);
        if (!cursor_ok(&c))
            break;
        if (type == CLASS8 || type == CLASS16)
            in_class |= value == want->class;
        else if (type == ATTRIBUTE8 && in_class && want->has_attribute)
            return (value == want->attribute) != want->negated;
        else if (type != INSTANCE8 && type != INSTANCE16 && type != ATTRIBUTE8)
            return false;
    }
    if (!in_class || !want->has_attribute)
        return in_class;
    return is_list(want->service) && lists_attribute(want, data) != want->negated;
}

static enum item_verdict cip_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct cip *want = arg;
    struct cursor c = cursor_over(w->buffer);
    if (cursor_u8(&c) != want->service || !cursor_ok(&c))
        return ITEM_STOP;
    if (!want->has_class)
        return ITEM_YES;
    bool addresses = is_list(want->service) || want->service == GET_ONE || want->service == SET_ONE;
    struct bytes path = cursor_take(&c, 2 * (size_t)cursor_u8(&c));
    return addresses && path_fits(want, path, cursor_rest(&c)) ? ITEM_YES : ITEM_STOP;
}

static const struct item_kind item_cip = {.name = "cip_service", .match = cip_match};

static int parse_number(struct bytes text, int64_t max, uint16_t *out, struct err *err)
{
    int64_t n;
    if (!number_parse(text, 0, max, &n))
        return err_set(err, "'%.*s' is no number up to %lld", WORD_ARG(text), (long long)max);
    *out = (uint16_t)n;
    return 0;
}

static int cip_service_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct cip *want = build_alloc(b, sizeof *want);
    struct bytes rest = word_unquote(value), word;
    uint16_t service = 0;
    for (unsigned i = 0; word_next(&rest, ',', &word); i++) {
        int rc = 0;
        if (i == 0) {
            rc = parse_number(word, SERVICE_MAX, &service, err);
        } else if (i == 1) {
            want->has_class = true;
            rc = parse_number(word, UINT16_MAX, &want->class, err);
        } else if (i == 2) {
            want->has_attribute = true;
            want->negated = word.len && word.p[0] == '!';
            word = bytes_slice(word, want->negated, word.len);
            rc = parse_number(word, UINT16_MAX, &want->attribute, err);
        } else {
            rc = err_set(err, "is not 'service,class,attribute'");
        }
        if (rc)
            return rc;
    }
    want->service = (uint8_t)service;
    return build_item_on(b, "cip_service", &item_cip, want, false, err) ? 0 : -1;
}

const struct keyword keyword_cip_service = {
    .name = "cip_service",
    .summary = "a CIP service that is asked for: service, class, attribute",
    .example = "cip_service:16,246,6;",
    .parse = cip_service_parse,
};
