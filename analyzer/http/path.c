/* analyzer/http/path.c - see path.h. */
#include "analyzer/http/path.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte at *at, decoded, moving on; -1 when it is not allowed in a path. */
static int next_byte(const char **at)
{
    unsigned char c = (unsigned char)**at;
    if (c != '%') {
        *at += 1;
        return c < 0x20 || c == 0x7f || c == '\\' ? -1 : c;
    }
    int high = hex_digit((*at)[1]);
    int low = high < 0 ? -1 : hex_digit((*at)[2]);
    if (low < 0)
        return -1;
    int byte = high << 4 | low;
    *at += 3;
    return byte < 0x20 || byte == 0x7f || byte == '\\' || byte == '/' ? -1 : byte;
}

/* No empty segment but the one after a last slash, none that steps. */
static bool segments_are_plain(const char *path)
{
    for (const char *at = path; *at;) {
        at++; /* the slash */
        size_t n = strcspn(at, "/");
        bool steps = (n == 1 && at[0] == '.') || (n == 2 && at[0] == '.' && at[1] == '.');
        if (steps || (n == 0 && *at))
            return false;
        at += n;
    }
    return true;
}

bool path_decode(const char *target, char out[PATH_MAX_BYTES])
{
    size_t n = 0;
    if (*target != '/')
        return false;
    while (*target && *target != '?' && *target != '#') {
        int byte = next_byte(&target);
        if (byte < 0 || n + 1 >= PATH_MAX_BYTES)
            return false;
        out[n++] = (char)byte;
    }
    out[n] = '\0';
    return segments_are_plain(out);
}
