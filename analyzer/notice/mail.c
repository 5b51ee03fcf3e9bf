/* analyzer/notice/mail.c - see mail.h. */
#include "analyzer/notice/mail.h"
#include "common/text.h"
#include <time.h>

#define WORD_BYTES 39 /* 52 characters, 64 as an encoded word: fits a line after "Subject: " */
#define LINE_BYTES 57 /* become the 76 characters of a base64 line */

static void put_base64(FILE *o, const uint8_t *p, size_t n)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) |
                     (i + 2 < n ? p[i + 2] : 0);
        fputc(digit[v >> 18 & 63], o);
        fputc(digit[v >> 12 & 63], o);
        fputc(i + 1 < n ? digit[v >> 6 & 63] : '=', o);
        fputc(i + 2 < n ? digit[v & 63] : '=', o);
    }
}

static bool is_plain(const char *s)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        if (s[i] < 0x20 || s[i] > 0x7e || strchr("\"\\=<>,;:()@", s[i]))
            return false;
    return n < 60;
}

/* Unstructured or phrase text: as it is when harmless, else encoded words, split between characters
 * and folded. Base64 leaves no byte of the text in the header. */
static void put_words(FILE *o, const char *text)
{
    const char *separator = "";
    size_t left = strlen(text);
    if (is_plain(text)) {
        fputs(text, o);
        return;
    }
    while (left > 0) {
        size_t n = left < WORD_BYTES ? left : WORD_BYTES;
        size_t whole = text_utf8_valid(bytes_of(text, n));
        n = whole ? whole : n; /* bytes that are no UTF-8 still go on */
        fprintf(o, "%s=?UTF-8?B?", separator);
        put_base64(o, (const uint8_t *)text, n);
        fputs("?=", o);
        separator = "\r\n ";
        text += n;
        left -= n;
    }
}

/* Addresses were checked when the directory was read; here once more, for the header's sake. */
static void put_address(FILE *o, const char *address)
{
    fputc('<', o);
    for (const char *p = address; *p; p++)
        if (*p > 0x20 && *p < 0x7f && !strchr("<>,;:()[]\\\"", *p))
            fputc(*p, o);
    fputc('>', o);
}

/* "Sun, 22 Nov 2026 15:03:35 +0000", whatever the locale. */
static void put_date(FILE *o, uint64_t us)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t t = (time_t)(us / 1000000);
    struct tm tm = {0};
    gmtime_r(&t, &tm);
    fprintf(o, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d +0000\r\n", days + 3 * tm.tm_wday,
            tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
            tm.tm_sec);
}

static void put_headers(FILE *o, const struct notice_row *n, const char *from)
{
    const char *at = strchr(from, '@');
    put_date(o, n->created_us);
    fputs("From: Sekisho ", o);
    put_address(o, from);
    fputs("\r\nTo: ", o);
    put_words(o, n->name);
    fputs("\r\n ", o);
    put_address(o, n->address);
    fputs("\r\nSubject: ", o);
    put_words(o, n->subject);
    fprintf(o, "\r\nMessage-ID: <notice-%lld.%llu@%s>\r\n", (long long)n->id,
            (unsigned long long)n->created_us, at ? at + 1 : "localhost");
    fprintf(o, "X-Sekisho-Notice: %lld\r\nX-Sekisho-Lane: %s\r\n", (long long)n->id, n->lane);
    fputs("X-TLP: AMBER+STRICT\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
          "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
          o);
}

/* Line ends become CRLF before encoding, as text in mail has them. */
static char *canonical(const char *body, size_t *len)
{
    size_t n = 0, bytes = strlen(body);
    char *out = malloc(2 * bytes + 1);
    ASSERT(out);
    for (size_t i = 0; i < bytes; i++) {
        if (body[i] == '\n')
            out[n++] = '\r';
        out[n++] = body[i];
    }
    *len = n;
    return out;
}

char *mail_format(const struct notice_row *n, const char *from, size_t *len)
{
    char *text = NULL;
    size_t bytes;
    FILE *o = open_memstream(&text, len);
    ASSERT(o);
    put_headers(o, n, from);
    char *body = canonical(n->body, &bytes);
    for (size_t i = 0; i < bytes; i += LINE_BYTES) {
        put_base64(o, (const uint8_t *)body + i, bytes - i < LINE_BYTES ? bytes - i : LINE_BYTES);
        fputs("\r\n", o);
    }
    free(body);
    ASSERT(fclose(o) == 0);
    return text;
}
