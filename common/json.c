/* common/json.c - see json.h. */
#include "common/json.h"
#include "common/text.h"

static void grow(struct json *j, size_t n)
{
    size_t cap = j->cap ? j->cap : 1024;
    while (cap - j->len < n)
        cap *= 2;
    j->text = realloc(j->text, cap);
    ASSERT(j->text);
    j->cap = cap;
}

static inline char *reserve(struct json *j, size_t n)
{
    if (j->cap - j->len < n)
        grow(j, n);
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

/* Keys and words are short: two moves that may overlap, not a call. */
static inline char *put_short(char *to, const uint8_t *p, size_t n)
{
    if (n > 16) {
        memcpy(to, p, n);
    } else if (n >= 8) {
        memcpy(to, p, 8);
        memcpy(to + n - 8, p + n - 8, 8);
    } else if (n >= 4) {
        memcpy(to, p, 4);
        memcpy(to + n - 4, p + n - 4, 4);
    } else {
        for (size_t i = 0; i < n; i++)
            to[i] = (char)p[i];
    }
    return to + n;
}

/* Room for n bytes of a value, behind its key and the comma that is due: unless the value opens
 * the text, an object, an array or follows a key. end() takes over what was written there. */
static inline char *member(struct json *j, struct bytes key, size_t n)
{
    char *to = reserve(j, key.len + sizeof ",\"\":" + n);
    char last = j->len ? to[-1] : '{';
    *to = ',';
    to += last != '{' && last != '[' && last != ':';
    if (!key.p)
        return to;
    *to++ = '"';
    to = put_short(to, key.p, key.len);
    *to++ = '"';
    *to++ = ':';
    return to;
}

static inline void end(struct json *j, const char *to)
{
    j->len = (size_t)(to - j->text);
}

void json_put_object(struct json *j, struct bytes key)
{
    char *to = member(j, key, 1);
    *to++ = '{';
    end(j, to);
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

void json_put_array(struct json *j, struct bytes key)
{
    char *to = member(j, key, 1);
    *to++ = '[';
    end(j, to);
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

/* Length of the front of b that is written as it is: ASCII but for controls, '"' and '\\'. Eight
 * bytes at a time; a byte is zero where (x - 1) & ~x has its top bit. */
static size_t plain_length(struct bytes b)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    size_t i = 0;
    for (uint64_t x; b.len - i >= sizeof x; i += sizeof x) {
        memcpy(&x, b.p + i, sizeof x);
        uint64_t quote = x ^ ones * '"', backslash = x ^ ones * '\\', del = x ^ ones * 0x7f;
        uint64_t odd = x | (x - ones * 0x20) | (quote - ones) | (backslash - ones) | (del - ones);
        if (odd & tops) /* a borrow may show one that is none: the bytes decide */
            break;
    }
    while (i < b.len && b.p[i] >= 0x20 && b.p[i] < 0x7f && b.p[i] != '"' && b.p[i] != '\\')
        i++;
    return i;
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

static void put_text(struct json *j, struct bytes value)
{
    if (text_utf8_valid(value) == value.len)
        put_utf8(j, value);
    else
        put_mixed(j, value);
}

void json_put_str(struct json *j, struct bytes key, struct bytes value)
{
    size_t plain = plain_length(value);
    char *to = member(j, key, plain + 2);
    *to++ = '"';
    if (plain)
        memcpy(to, value.p, plain);
    end(j, to + plain);
    if (plain < value.len)
        put_text(j, bytes_slice(value, plain, value.len));
    put_char(j, '"');
}

void json_str_dynkey(struct json *j, struct bytes key, struct bytes value)
{
    json_put_str(j, bytes_of(NULL, 0), key);
    put_char(j, ':');
    json_put_str(j, bytes_of(NULL, 0), value);
}

void json_put_word(struct json *j, struct bytes key, struct bytes value)
{
    char *to = member(j, key, value.len + 2);
    *to++ = '"';
    to = put_short(to, value.p, value.len);
    *to++ = '"';
    end(j, to);
}

void json_put_u64(struct json *j, struct bytes key, uint64_t value)
{
    char *to = member(j, key, TEXT_U64_MAX);
    end(j, to + text_u64_put(value, to));
}

void json_i64(struct json *j, const char *key, int64_t value)
{
    if (value >= 0) {
        json_u64(j, key, (uint64_t)value);
        return;
    }
    char text[24] = "";
    json_raw(j, key, bytes_of(text, (size_t)snprintf(text, sizeof text, "%lld", (long long)value)));
}

void json_real(struct json *j, const char *key, double value)
{
    char text[32] = "";
    if (!(value > -1e15 && value < 1e15)) /* NaN and infinities have no JSON form */
        json_null(j, key);
    else
        json_raw(j, key, bytes_of(text, (size_t)snprintf(text, sizeof text, "%.6g", value)));
}

void json_put_bool(struct json *j, struct bytes key, bool value)
{
    char *to = member(j, key, sizeof "false");
    memcpy(to, value ? "true" : "fals", 4);
    to[4] = 'e';
    end(j, to + (value ? 4 : 5));
}

void json_null(struct json *j, const char *key)
{
    json_raw(j, key, BYTES_LIT("null"));
}

void json_put_addr(struct json *j, struct bytes key, const struct addr *a)
{
    char *to = member(j, key, ADDR_TEXT_MAX + 2);
    *to++ = '"';
    to += addr_text(a, to);
    *to++ = '"';
    end(j, to);
}

void json_put_time(struct json *j, struct bytes key, uint64_t ts_us)
{
    char *to = member(j, key, TEXT_TIME_MAX + 2);
    *to++ = '"';
    to += text_time_eve(ts_us, to);
    *to++ = '"';
    end(j, to);
}

void json_hex(struct json *j, const char *key, struct bytes value)
{
    static const char hex[] = "0123456789abcdef";
    char *to = member(j, bytes_str(key), 2 * value.len + 2);
    *to++ = '"';
    for (size_t i = 0; i < value.len; i++) {
        *to++ = hex[value.p[i] >> 4];
        *to++ = hex[value.p[i] & 15];
    }
    *to++ = '"';
    end(j, to);
}

void json_base64(struct json *j, const char *key, struct bytes value)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *to = member(j, bytes_str(key), (value.len + 2) / 3 * 4 + 2);
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
    *to++ = '"';
    end(j, to);
}

void json_printable(struct json *j, const char *key, struct bytes value)
{
    char *open = member(j, bytes_str(key), 1);
    *open = '"';
    end(j, open + 1);
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

void json_put_raw(struct json *j, struct bytes key, struct bytes value)
{
    char *to = member(j, key, value.len);
    if (value.len)
        memcpy(to, value.p, value.len);
    end(j, to + value.len);
}
