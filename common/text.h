/* common/text.h - small text helpers: safe for terminals, times, numbers. */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H
#include "common/bytes.h"

/* Replaces control characters (C0, DEL, C1) in place by '?'; a terminal never obeys the wire. */
void text_scrub(char *s);

/* Length of the longest valid UTF-8 prefix (RFC 3629: no surrogates, no overlongs). */
size_t text_utf8_valid(struct bytes b);

/* Whole-string decimal number within [min, max]; false when it is anything else. */
bool text_u64(struct bytes b, uint64_t min, uint64_t max, uint64_t *out);

/* Decimal digits of n, without a NUL; out holds TEXT_U64_MAX. Returns how many. */
#define TEXT_U64_MAX 20
size_t text_u64_put(uint64_t n, char out[TEXT_U64_MAX]);

/* EVE's form, "2026-11-22T15:03:35.000001+0000", in UTC. out holds TEXT_TIME_MAX. Returns length.
 */
#define TEXT_TIME_MAX 40
size_t text_time_eve(uint64_t ts_us, char out[TEXT_TIME_MAX]);

/* Reads that form and RFC 3339 ("Z", "+09:00", any number of fraction digits); false if malformed.
 */
bool text_time_parse(struct bytes b, uint64_t *ts_us);

/* "1,234,567" into out (at least 27 bytes); returns out. */
char *text_thousands(uint64_t n, char *out);

/* Value of a base64 digit, RFC 4648 section 4; -1 for any other byte. */
int text_base64_digit(uint8_t c);
/* Three bytes of out for each four digits that text begins with, up to max times, and no further
 * than where another byte stands. Returns how many times. */
size_t text_base64_quads(struct bytes text, size_t max, uint8_t *out);

/* Lower-case hex of b; out holds 2 * b.len + 1. */
void text_hex(struct bytes b, char *out);

#endif
