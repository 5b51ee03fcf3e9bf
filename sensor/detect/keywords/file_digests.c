/* keywords/file_digests.c - filemd5, filesha1, filesha256: files whose digest is in a list.
 *
 * A list is a text file with a digest in hex at the beginning of each line; what follows it and
 * lines without one are comments. It is kept sorted and compact: 16, 20 or 32 bytes an entry. */
#include "common/file.h"
#include "common/text.h"
#include "sensor/detect/keywords/files.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"
#include <limits.h>
#include <stdlib.h>

#define LIST_CAP (1u << 30) /* bytes of a list's file */

static const struct digest_kind {
    const char *name;
    size_t len;
} kinds[] = {{"MD5", 16}, {"SHA-1", 20}, {"SHA-256", 32}};

struct digest_list {
    unsigned kind; /* in kinds, and of app_file_facts.digests */
    bool negated;
    size_t count;
    uint8_t *sorted; /* count digests, one behind the other */
};

static bool holds(const struct digest_list *l, struct bytes digest)
{
    size_t len = kinds[l->kind].len, low = 0, high = l->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = memcmp(l->sorted + mid * len, digest.p, len);
        if (order == 0)
            return true;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

static enum item_verdict digest_match(const void *arg, struct walk *w, size_t *again)
{
    const struct digest_list *l = arg;
    const struct app_file_facts *f = w->in->facts;
    (void)again;
    if (!f->complete || f->digests[l->kind].len != kinds[l->kind].len)
        return ITEM_NO;
    return holds(l, f->digests[l->kind]) != l->negated ? ITEM_YES : ITEM_NO;
}

static const struct item_kind item_digest = {.name = "digest", .match = digest_match};

/* ---- loading ---- */

static int order_16(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

static int order_20(const void *a, const void *b)
{
    return memcmp(a, b, 20);
}

static int order_32(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct bytes hex_start(struct bytes line)
{
    size_t n = 0;
    while (n < line.len && hex_digit(line.p[n]) >= 0)
        n++;
    return bytes_slice(line, 0, n);
}

static void add(struct digest_list *l, struct bytes hex)
{
    uint8_t *to = l->sorted + l->count++ * kinds[l->kind].len;
    for (size_t i = 0; i < hex.len; i += 2)
        to[i / 2] = (uint8_t)(hex_digit(hex.p[i]) << 4 | hex_digit(hex.p[i + 1]));
}

static int read_lines(struct digest_list *l, struct bytes text, const char *path, struct err *err)
{
    struct bytes line;
    for (unsigned number = 1; word_next(&text, '\n', &line); number++) {
        struct bytes hex = hex_start(line);
        if (hex.len == 0)
            continue;
        if (hex.len != 2 * kinds[l->kind].len)
            return err_set(err, "%s:%u: '%.*s' has %zu hex digits, %s has %zu", path, number,
                           WORD_ARG(hex), hex.len, kinds[l->kind].name, 2 * kinds[l->kind].len);
        add(l, hex);
    }
    return 0;
}

static int fill(struct build *b, struct digest_list *l, struct bytes text, const char *path,
                struct err *err)
{
    static int (*const orders[])(const void *, const void *) = {order_16, order_20, order_32};
    size_t len = kinds[l->kind].len;
    l->sorted = malloc(text.len / 2 + len); /* two digits a byte: more cannot be in it */
    ASSERT(l->sorted);
    uint8_t *filled = l->sorted;
    int rc = read_lines(l, text, path, err);
    qsort(filled, l->count, len, orders[l->kind]);
    l->sorted = build_alloc(b, l->count * len + 1);
    memcpy(l->sorted, filled, l->count * len);
    free(filled);
    return rc;
}

/* Beside the rule file, or as named. */
static char *read_list(const struct build *b, const char *name, char path[PATH_MAX], size_t *len,
                       struct err *err)
{
    const char *rules = b->ruleset->rule_file, *slash = rules ? strrchr(rules, '/') : NULL;
    struct err first = {""};
    if (name[0] != '/' && slash) {
        snprintf(path, PATH_MAX, "%.*s/%s", (int)(slash - rules), rules, name);
        char *text = file_read(path, LIST_CAP, len, &first);
        if (text)
            return text;
    }
    snprintf(path, PATH_MAX, "%s", name);
    return file_read(path, LIST_CAP, len, err);
}

static int digest_parse(struct build *b, struct bytes value, unsigned kind, struct err *err)
{
    struct digest_list *l = build_alloc(b, sizeof *l);
    struct bytes name = word_trim(value);
    char path[PATH_MAX];
    size_t len;
    l->kind = kind;
    l->negated = name.len && name.p[0] == '!';
    name = word_unquote(word_trim(bytes_slice(name, l->negated, name.len)));
    if (name.len == 0)
        return err_set(err, "needs the name of a file with digests");
    char *text = read_list(b, build_text(b, name), path, &len, err);
    if (!text)
        return -1;
    int rc = fill(b, l, bytes_of(text, len), path, err);
    free(text);
    return rc ? rc : build_file_item(b, &item_digest, l, 1u << kind, err);
}

#define DIGEST(ID, label, index)                                                                   \
    static int ID##_parse(struct build *b, struct bytes value, const void **arg, struct err *err)  \
    {                                                                                              \
        (void)arg;                                                                                 \
        return digest_parse(b, value, index, err);                                                 \
    }                                                                                              \
    const struct keyword keyword_##ID = {                                                          \
        .name = #ID,                                                                               \
        .summary = label " of a file is in a list, or not with '!'",                               \
        .example = #ID ":bad-files.list;",                                                         \
        .parse = ID##_parse,                                                                       \
    };
DIGEST(filemd5, "MD5", 0)
DIGEST(filesha1, "SHA-1", 1)
DIGEST(filesha256, "SHA-256", 2)
