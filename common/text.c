/* common/text.c - see text.h. */
#include "common/text.h"
#include <stdio.h>
#include <time.h>

void text_scrub(char *s)
{
    for (unsigned char *u = (unsigned char *)s; *u; u++) {
        if (*u < 0x20 || *u == 0x7f)
            *u = '?';
        else if (*u == 0xc2 && u[1] >= 0x80 && u[1] <= 0x9f) /* C1 in UTF-8 */
            u[0] = u[1] = '?';
    }
}

/* Length of the UTF-8 sequence at b.p[0], or 0 when it is not a valid one. */
static size_t utf8_sequence(struct bytes b)
{
    uint8_t c = b.p[0];
    if (c < 0x80)
        return 1;
    size_t n = c >= 0xc2 && c <= 0xdf   ? 2
               : c >= 0xe0 && c <= 0xef ? 3
               : c >= 0xf0 && c <= 0xf4 ? 4
                                        : 0;
    if (n == 0 || b.len < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((b.p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (c == 0xe0 && b.p[1] < 0xa0) || (c == 0xf0 && b.p[1] < 0x90);
    bool out_of_range = (c == 0xed && b.p[1] > 0x9f) || (c == 0xf4 && b.p[1] > 0x8f);
    return overlong || out_of_range ? 0 : n;
}

size_t text_utf8_valid(struct bytes b)
{
    size_t at = 0;
    while (at < b.len) {
        size_t n = utf8_sequence(bytes_slice(b, at, 4));
        if (n == 0)
            break;
        at += n;
    }
    return at;
}

bool text_u64(struct bytes b, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;
    if (b.len == 0)
        return false;
    for (size_t i = 0; i < b.len; i++) {
        if (b.p[i] < '0' || b.p[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(b.p[i] - '0');
        if (n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    if (n < min || n > max)
        return false;
    *out = n;
    return true;
}

static const char pairs[] = "0001020304050607080910111213141516171819"
                            "2021222324252627282930313233343536373839"
                            "4041424344454647484950515253545556575859"
                            "6061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

/* width: even. */
static inline void put_digits(char *out, uint32_t n, size_t width)
{
    for (; width; width -= 2, n /= 100)
        memcpy(out + width - 2, pairs + n % 100 * 2, 2);
}

static size_t digits_of(uint64_t n)
{
    size_t digits = 1;
    for (; n >= 10000; n /= 10000)
        digits += 4;
    return digits + (n >= 10) + (n >= 100) + (n >= 1000);
}

size_t text_u64_put(uint64_t n, char out[TEXT_U64_MAX])
{
    size_t digits = digits_of(n), at = digits;
    for (; at >= 2; n /= 100)
        memcpy(out + (at -= 2), pairs + n % 100 * 2, 2);
    if (at)
        out[0] = (char)('0' + n);
    return digits;
}

/* Year, month and day of the Gregorian calendar: days are counted from 1 March of the year 0, so
 * that a leap day ends its year, era and quarter of an era alike; months from March have a regular
 * length. After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". gmtime_r() takes the
 * time zone's lock for the same. */
static void put_date(char *out, uint64_t days_since_1970)
{
    uint64_t days = days_since_1970 + 719468, era = days / 146097, day_of_era = days % 146097;
    uint64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t month_from_march = (5 * day_of_year + 2) / 153;
    uint64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    put_digits(out, (uint32_t)((era * 400 + year_of_era + (month <= 2)) % 10000), 4);
    put_digits(out + 5, (uint32_t)month, 2);
    put_digits(out + 8, (uint32_t)(day_of_year - (153 * month_from_march + 2) / 5 + 1), 2);
}

size_t text_time_eve(uint64_t ts_us, char out[TEXT_TIME_MAX])
{
    uint64_t s = ts_us / 1000000;
    uint32_t of_day = (uint32_t)(s % 86400);
    memcpy(out, "0000-00-00T00:00:00.000000+0000", 32);
    put_date(out, s / 86400);
    put_digits(out + 11, of_day / 3600, 2);
    put_digits(out + 14, of_day / 60 % 60, 2);
    put_digits(out + 17, of_day % 60, 2);
    put_digits(out + 20, (uint32_t)(ts_us % 1000000), 6);
    return 31;
}

/* Reads n digits at *at and moves on; false when they are not digits. */
static bool get_digits(struct bytes b, size_t *at, size_t n, int *out)
{
    uint64_t v = 0;
    if (*at > b.len || b.len - *at < n || !text_u64(bytes_slice(b, *at, n), 0, 9999, &v))
        return false;
    *at += n;
    *out = (int)v;
    return true;
}

static bool get_char(struct bytes b, size_t *at, const char *any)
{
    if (*at >= b.len || !strchr(any, b.p[*at]) || b.p[*at] == 0)
        return false;
    *at += 1;
    return true;
}

/* Fraction digits of a second after the dot, as microseconds. */
static uint64_t get_fraction(struct bytes b, size_t *at)
{
    uint64_t us = 0, unit = 100000;
    for (; *at < b.len && b.p[*at] >= '0' && b.p[*at] <= '9'; *at += 1, unit /= 10)
        us += (uint64_t)(b.p[*at] - '0') * unit;
    return us;
}

bool text_time_parse(struct bytes b, uint64_t *ts_us)
{
    struct tm tm = {0};
    size_t at = 0;
    uint64_t us = 0;
    int zone_h = 0, zone_m = 0;
    if (!get_digits(b, &at, 4, &tm.tm_year) || !get_char(b, &at, "-") ||
        !get_digits(b, &at, 2, &tm.tm_mon) || !get_char(b, &at, "-") ||
        !get_digits(b, &at, 2, &tm.tm_mday) || !get_char(b, &at, "Tt ") ||
        !get_digits(b, &at, 2, &tm.tm_hour) || !get_char(b, &at, ":") ||
        !get_digits(b, &at, 2, &tm.tm_min) || !get_char(b, &at, ":") ||
        !get_digits(b, &at, 2, &tm.tm_sec))
        return false;
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
        tm.tm_min > 59 || tm.tm_sec > 60 || tm.tm_year < 1970)
        return false;
    if (get_char(b, &at, "."))
        us = get_fraction(b, &at);
    bool west = at < b.len && b.p[at] == '-';
    if (get_char(b, &at, "+-")) {
        if (!get_digits(b, &at, 2, &zone_h) ||
            (get_char(b, &at, ":"), !get_digits(b, &at, 2, &zone_m)))
            return false;
    } else if (!get_char(b, &at, "Zz")) {
        return false;
    }
    if (at != b.len)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int64_t zone_s = (int64_t)zone_h * 3600 + (int64_t)zone_m * 60;
    int64_t s = (int64_t)timegm(&tm) + (west ? zone_s : -zone_s);
    if (s < 0)
        return false;
    *ts_us = (uint64_t)s * 1000000 + us;
    return true;
}

char *text_thousands(uint64_t n, char *out)
{
    char plain[24];
    int len = snprintf(plain, sizeof plain, "%llu", (unsigned long long)n);
    char *to = out;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            *to++ = ',';
        *to++ = plain[i];
    }
    *to = 0;
    return out;
}

void text_hex(struct bytes b, char *out)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < b.len; i++) {
        out[2 * i] = digit[b.p[i] >> 4];
        out[2 * i + 1] = digit[b.p[i] & 15];
    }
    out[2 * b.len] = 0;
}

/* Digits with their seventh bit set, so that it is in the conjunction of four when all are. */
#define BASE64_DIGIT 0x40
/* clang-format off */
static const uint8_t base64_digits[256] = {
    ['A'] = 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89,
    ['a'] = 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112,
            113, 114, 115,
    ['0'] = 116, 117, 118, 119, 120, 121, 122, 123, 124, 125,
    ['+'] = 126, ['/'] = 127,
};
/* clang-format on */

int text_base64_digit(uint8_t c)
{
    return base64_digits[c] ? base64_digits[c] & ~BASE64_DIGIT : -1;
}

size_t text_base64_quads(struct bytes text, size_t max, uint8_t *out)
{
    size_t n = text.len / 4 < max ? text.len / 4 : max, i;
    for (i = 0; i < n; i++, out += 3) {
        const uint8_t *q = text.p + 4 * i;
        uint8_t a = base64_digits[q[0]], b = base64_digits[q[1]], c = base64_digits[q[2]],
                d = base64_digits[q[3]];
        if (!(a & b & c & d & BASE64_DIGIT))
            break;
        out[0] = (uint8_t)(a << 2 | (b >> 4 & 3));
        out[1] = (uint8_t)(b << 4 | (c >> 2 & 15));
        out[2] = (uint8_t)(c << 6 | (d & 63));
    }
    return i;
}
