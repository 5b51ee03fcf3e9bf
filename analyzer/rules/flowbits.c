/* analyzer/rules/flowbits.c - see flowbits.h. */
#include "analyzer/rules/flowbits.h"

static struct bytes trim(struct bytes b)
{
    while (b.len && b.p[0] == ' ')
        b = bytes_slice(b, 1, b.len);
    while (b.len && b.p[b.len - 1] == ' ')
        b.len--;
    return b;
}

/* Up to the separator, which is gone from *rest; false when *rest is used up. */
static bool next(struct bytes *rest, char separator, struct bytes *word)
{
    if (!rest->p)
        return false;
    const uint8_t *at = rest->len ? memchr(rest->p, separator, rest->len) : NULL;
    size_t len = at ? (size_t)(at - rest->p) : rest->len;
    *word = trim(bytes_slice(*rest, 0, len));
    *rest = at ? bytes_slice(*rest, len + 1, rest->len) : (struct bytes){0};
    return true;
}

bool flowbit_at(const struct rule_row *r, int k, struct flowbit *out)
{
    static const char *const setters[] = {"set", "unset", "toggle"};
    static const char *const testers[] = {"isset", "isnotset"};
    const char *text = row_flowbit(r, k);
    struct bytes rest = text ? bytes_str(text) : (struct bytes){0}, command;
    *out = (struct flowbit){.sets = false};
    if (!text || !next(&rest, ',', &command))
        return false;
    out->names = trim(rest);
    for (size_t i = 0; i < OPTIONS_COUNT(setters); i++)
        out->sets |= bytes_ieq(command, bytes_str(setters[i]));
    for (size_t i = 0; i < OPTIONS_COUNT(testers); i++)
        out->tests |= bytes_ieq(command, bytes_str(testers[i]));
    return true;
}

void bit_set_add(struct bit_set *s, struct bytes names)
{
    struct bytes name;
    while (next(&names, '|', &name)) {
        if (s->count == s->cap) {
            s->cap = s->cap ? s->cap * 2 : 256;
            s->names = realloc(s->names, s->cap * sizeof *s->names);
            ASSERT(s->names);
        }
        s->names[s->count++] = name;
    }
}

static int by_text(const void *a, const void *b)
{
    const struct bytes *x = a, *y = b;
    size_t least = x->len < y->len ? x->len : y->len;
    int order = least ? memcmp(x->p, y->p, least) : 0;
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

void bit_set_sort(struct bit_set *s)
{
    if (s->count)
        qsort(s->names, s->count, sizeof *s->names, by_text);
}

bool bit_set_holds(const struct bit_set *s, struct bytes names)
{
    struct bytes name;
    while (next(&names, '|', &name))
        if (s->count && bsearch(&name, s->names, s->count, sizeof *s->names, by_text))
            return true;
    return false;
}

void bit_set_release(struct bit_set *s)
{
    free(s->names);
    *s = (struct bit_set){.count = 0};
}
