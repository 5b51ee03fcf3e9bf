/* http1_fit.c - characters beyond Latin-1 as Windows makes single bytes of them, so that a path in
 * Unicode is found by the letters it stands for.
 *
 * Source: Microsoft's best-fit mapping to code page 1252 (unicode.org, bestfit1252.txt), without
 * those that the code page has. */
#include "sensor/app/protocols/http1.h"

#define NONE '?'

/* clang-format off */
static const struct {
    uint16_t first; /* the code point that the first of the bytes stands for */
    const char *fits;
} fits[] = {
    {0x0100, "AaAaAaCcCcCcCcDd?dEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi?\?JjKk?LlLlLl?\?LlNnNnNn?\?\?OoOoOo?\?RrRrRrSsSsSs?\?TtTtTtUuUuUuUuUuUuWwYy?Z?Zz?\?\?b"},
    {0x0197, "I?\?l"},
    {0x019f, "OOo"},
    {0x01ab, "t?\?TUu"},
    {0x01b6, "z"},
    {0x01c0, "|?\?!"},
    {0x01cd, "AaIiOoUuUuUuUuUu?Aa"},
    {0x01e4, "GgGgKkOoOo?\?j"},
    {0x0261, "g"},
    {0x02b9, "'\042?'"},
    {0x02c4, "^?\?\?'?\?`?_"},
    {0x0300, "`?^~"},
    {0x030e, "\042"},
    {0x0331, "__"},
    {0x037e, ";"},
    {0x0393, "G"},
    {0x0398, "T"},
    {0x03a3, "S?\?F?\?O"},
    {0x03b1, "a?\?de"},
    {0x03c0, "p?\?st?f"},
    {0x04bb, "h"},
    {0x0589, ":"},
    {0x066a, "%"},
    {0x2000, "       "},
    {0x2010, "--"},
    {0x2017, "="},
    {0x2032, "'?\?`"},
    {0x2044, "/"},
    {0x2074, "45678"},
    {0x207f, "n0123456789"},
    {0x20a7, "P"},
    {0x2102, "C"},
    {0x2107, "E?\?gHHHh?IILl?N?\?PPQRRR"},
    {0x2124, "Z?\?\?Z?K?BCeeEF?Mo"},
    {0x2212, "-?\?/\134*?\?v?\?\?8"},
    {0x2223, "|"},
    {0x2229, "n"},
    {0x2236, ":"},
    {0x223c, "~"},
    {0x2261, "=?\?=="},
    {0x2303, "^"},
    {0x2320, "()"},
    {0x2329, "<>"},
    {0x2500, "-"},
    {0x250c, "+?\?\?+?\?\?+?\?\?+?\?\?+"},
    {0x252c, "-"},
    {0x2534, "-"},
    {0x253c, "+"},
    {0x2550, "-?++++++++++++"},
    {0x2564, "------+++"},
    {0x2584, "_"},
    {0x2758, "|"},
    {0x3000, " "},
    {0x3008, "<>"},
    {0x301a, "[]"},
};
/* clang-format on */

uint8_t http1_best_fit(uint32_t code_point)
{
    if (code_point < 0x100)
        return (uint8_t)code_point;
    if (code_point >= 0xff01 && code_point <= 0xff5e) /* full width */
        return (uint8_t)(code_point - 0xfee0);
    for (size_t i = sizeof fits / sizeof *fits; i-- > 0;)
        if (code_point >= fits[i].first) {
            size_t n = code_point - fits[i].first;
            return n < strlen(fits[i].fits) ? (uint8_t)fits[i].fits[n] : NONE;
        }
    return NONE;
}
