/* keywords/http2.c - "http2.settings:SETTINGS_MAX_FRAME_SIZE>20000" asks for a setting of HTTP/2.
 *
 * Source: RFC 9113 section 6.5: two bytes of identifier, four of value. */
#include "common/cursor.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

#define SETTING_BYTES 6

struct setting {
    uint16_t id;
    bool any_value;
    struct number_range value;
};

static enum item_verdict setting_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct setting *want = arg;
    struct cursor c = cursor_over(w->buffer);
    while (cursor_left(&c) >= SETTING_BYTES) {
        uint16_t id = cursor_u16(&c);
        uint32_t value = cursor_u32(&c);
        if (id == want->id && (want->any_value || number_range_holds(&want->value, value)))
            return ITEM_YES;
    }
    return ITEM_STOP;
}

static const struct item_kind item_setting = {.name = "http2.settings", .match = setting_match};

/* The name, up to a comparison. */
static bool parse_name(struct bytes name, uint16_t *id)
{
    static const char *const names[] = {NULL,
                                        "SETTINGS_HEADER_TABLE_SIZE",
                                        "SETTINGS_ENABLE_PUSH",
                                        "SETTINGS_MAX_CONCURRENT_STREAMS",
                                        "SETTINGS_INITIAL_WINDOW_SIZE",
                                        "SETTINGS_MAX_FRAME_SIZE",
                                        "SETTINGS_MAX_HEADER_LIST_SIZE"};
    for (uint16_t i = 1; i < sizeof names / sizeof *names; i++)
        if (bytes_ieq(name, bytes_str(names[i]))) {
            *id = i;
            return true;
        }
    return false;
}

static int http2_settings_parse(struct build *b, struct bytes value, const void **arg,
                                struct err *err)
{
    (void)arg;
    struct setting *want = build_alloc(b, sizeof *want);
    struct bytes text = word_trim(word_unquote(value));
    size_t len = 0;
    while (len < text.len && !memchr(" <>=!", text.p[len], 5))
        len++;
    struct bytes name = bytes_slice(text, 0, len),
                 rest = word_trim(bytes_slice(text, len, text.len));
    if (!parse_name(name, &want->id))
        return err_set(err, "'%.*s' is no setting like SETTINGS_MAX_FRAME_SIZE", WORD_ARG(name));
    want->any_value = rest.len == 0;
    if (!want->any_value && number_range_parse(rest, UINT32_MAX, &want->value, err))
        return -1;
    return build_item_on(b, "http2.settings", &item_setting, want, false, err) ? 0 : -1;
}

const struct keyword keyword_http2_settings = {
    .name = "http2.settings",
    .summary = "a setting of HTTP/2 and its value",
    .example = "http2.settings:SETTINGS_ENABLE_PUSH=0;",
    .parse = http2_settings_parse,
};
