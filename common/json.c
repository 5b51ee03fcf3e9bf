/* common/json.c - see json.h. */
#include "common/json.h"
#include "common/text.h"

static char *reserve(struct json *j, size_t n)
{
    if (j->cap - j->len < n) {
        size_t cap = j->cap ? j->cap : 1024;
        while (cap - j->len < n)
            cap *= 2;
        j->text = realloc(j->text, cap);
        ASSERT(j->text);
        j->cap = cap;
    }
    return j->text + j->len;
}

static void put(struct json *j, const void *p, size_t n)
{
    if (n == 0)
        return;
    memcpy(reserve(j, n), p, n);
    j->len += n;
}

static void put_char(struct json *j, char c)
{
    *reserve(j, 1) = c;
    j->len++;
}

void json_release(struct json *j)
{
    free(j->text);
    *j = (struct json){0};
}

/* A comma is due unless the value opens the text, an object, an array or follows a key. */
static void key_put(struct json *j, const char *key)
{
    char last = j->len ? j->text[j->len - 1] : '{';
    if (last != '{' && last != '[' && last != ':')
        put_char(j, ',');
    if (!key)
        return;
    put_char(j, '"');
    put(j, key, strlen(key));
    put(j, "\":", 2);
}

void json_object(struct json *j, const char *key)
{
    key_put(j, key);
    put_char(j, '{');
}

void json_object_end(struct json *j)
{
    put_char(j, '}');
}

void json_object_again(struct json *j)
{
    ASSERT(j->len && j->text[j->len - 1] == '}');
    j->len--;
}

void json_array(struct json *j, const char *key)
{
    key_put(j, key);
    put_char(j, '[');
}

void json_array_end(struct json *j)
{
    put_char(j, ']');
}

static void put_escape(struct json *j, uint8_t c)
{
    static const char hex[] = "0123456789abcdef";
    const char *named = "\"\\\b\f\n\r\t", *letter = "\"\\bfnrt";
    const char *at = c ? strchr(named, c) : NULL;
    if (at) {
        char two[2] = {'\\', letter[at - named]};
        put(j, two, 2);
    } else {
        char six[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        put(j, six, 6);
    }
}

/* Valid UTF-8: runs of plain bytes copied at once, the rest escaped. */
static void put_utf8(struct json *j, struct bytes b)
{
    size_t from = 0;
    for (size_t i = 0; i < b.len; i++) {
        uint8_t c = b.p[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        put(j, b.p + from, i - from);
        put_escape(j, c);
        from = i + 1;
    }
    put(j, b.p + from, b.len - from);
}

static void put_mixed(struct json *j, struct bytes b)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < b.len; i++) {
        uint8_t c = b.p[i];
        if (c < 0x80) {
            put_utf8(j, bytes_of(&b.p[i], 1));
        } else {
            char five[5] = {'\\', '\\', 'x', hex[c >> 4], hex[c & 15]};
            put(j, five, 5);
        }
    }
}

static void put_string(struct json *j, struct bytes value)
{
    put_char(j, '"');
    if (value.len) {
        if (text_utf8_valid(value) == value.len)
            put_utf8(j, value);
        else
            put_mixed(j, value);
    }
    put_char(j, '"');
}

void json_str(struct json *j, const char *key, struct bytes value)
{
    key_put(j, key);
    put_string(j, value);
}

void json_strz(struct json *j, const char *key, const char *value)
{
    json_str(j, key, bytes_str(value));
}

void json_str_dynkey(struct json *j, struct bytes key, struct bytes value)
{
    key_put(j, NULL);
    put_string(j, key);
    put_char(j, ':');
    put_string(j, value);
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
    char digits[20];
    size_t n = 0;
    do {
        digits[sizeof digits - ++n] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    key_put(j, key);
    put(j, digits + sizeof digits - n, n);
}

void json_i64(struct json *j, const char *key, int64_t value)
{
    if (value >= 0) {
        json_u64(j, key, (uint64_t)value);
        return;
    }
    key_put(j, key);
    char text[24] = "";
    put(j, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)value));
}

void json_real(struct json *j, const char *key, double value)
{
    char text[32] = "";
    key_put(j, key);
    if (!(value > -1e15 && value < 1e15)) /* NaN and infinities have no JSON form */
        put(j, "null", 4);
    else
        put(j, text, (size_t)snprintf(text, sizeof text, "%.6g", value));
}

void json_bool(struct json *j, const char *key, bool value)
{
    key_put(j, key);
    put(j, value ? "true" : "false", value ? 4 : 5);
}

void json_null(struct json *j, const char *key)
{
    key_put(j, key);
    put(j, "null", 4);
}

void json_addr(struct json *j, const char *key, const struct addr *a)
{
    char text[ADDR_TEXT_MAX];
    json_str(j, key, bytes_of(text, addr_text(a, text)));
}

void json_time(struct json *j, const char *key, uint64_t ts_us)
{
    char text[TEXT_TIME_MAX];
    json_str(j, key, bytes_of(text, text_time_eve(ts_us, text)));
}

void json_hex(struct json *j, const char *key, struct bytes value)
{
    static const char hex[] = "0123456789abcdef";
    key_put(j, key);
    char *to = reserve(j, 2 * value.len + 2);
    *to++ = '"';
    for (size_t i = 0; i < value.len; i++) {
        *to++ = hex[value.p[i] >> 4];
        *to++ = hex[value.p[i] & 15];
    }
    *to = '"';
    j->len += 2 * value.len + 2;
}

void json_base64(struct json *j, const char *key, struct bytes value)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    key_put(j, key);
    size_t n = (value.len + 2) / 3 * 4 + 2;
    char *to = reserve(j, n);
    *to++ = '"';
    for (size_t i = 0; i < value.len; i += 3) {
        size_t left = value.len - i;
        uint32_t v = (uint32_t)value.p[i] << 16 | (left > 1 ? (uint32_t)value.p[i + 1] << 8 : 0) |
                     (left > 2 ? value.p[i + 2] : 0);
        *to++ = digit[v >> 18];
        *to++ = digit[v >> 12 & 63];
        *to++ = left > 1 ? digit[v >> 6 & 63] : '=';
        *to++ = left > 2 ? digit[v & 63] : '=';
    }
    *to = '"';
    j->len += n;
}

void json_printable(struct json *j, const char *key, struct bytes value)
{
    key_put(j, key);
    put_char(j, '"');
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.p[i];
        bool shown = (c >= 0x20 && c < 0x7f) || c == '\r' || c == '\n';
        uint8_t as = shown ? c : '.';
        if (as == '"' || as == '\\' || as < 0x20)
            put_escape(j, as);
        else
            put_char(j, (char)as);
    }
    put_char(j, '"');
}

void json_raw(struct json *j, const char *key, struct bytes value)
{
    key_put(j, key);
    put(j, value.p, value.len);
}
