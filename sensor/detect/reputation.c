/* sensor/detect/reputation.c - see reputation.h. */
#include "sensor/detect/reputation.h"

#include <stdlib.h>

#include "common/file.h"
#include "common/text.h"
#include "sensor/detect/value_set.h"
#include "sensor/detect/words.h"

#define FILE_CAP   ((size_t)1 << 30)
#define MEMORY_CAP ((size_t)1 << 30)
#define NAME_CAP   32
#define KEY_BYTES  18

struct reputation {
    char names[REPUTATION_CATEGORIES][NAME_CAP];
    struct value_set hosts;  /* category, version, address; the number is its reputation */
    struct value_set listed; /* the same without the category: all that are in a list */
    struct prefix_map *networks[REPUTATION_CATEGORIES];
};

static struct bytes key_of(const struct addr *a, unsigned category, uint8_t key[KEY_BYTES])
{
    key[0] = (uint8_t)category;
    key[1] = a->version;
    memcpy(key + 2, a->b, 16);
    return bytes_of(key, KEY_BYTES);
}

/* ---- lines ---- */
typedef void line_fn(struct reputation *r, struct bytes line);

static int each_line(struct reputation *r, const char *path, line_fn *take, struct err *err)
{
    size_t len;
    char *text = file_read(path, FILE_CAP, &len, err);
    if (!text)
        return -1;
    struct bytes rest = bytes_of(text, len), line;
    while (word_next(&rest, '\n', &line))
        if (line.len && line.p[0] != '#')
            take(r, line);
    free(text);
    return 0;
}

static void take_category(struct reputation *r, struct bytes line)
{
    struct bytes rest = line, number, name;
    uint64_t n;
    if (!word_next(&rest, ',', &number) || !word_next(&rest, ',', &name) || name.len == 0 ||
        !text_u64(number, 0, REPUTATION_CATEGORIES - 1, &n))
        return;
    snprintf(r->names[n], NAME_CAP, "%.*s", (int)(name.len < NAME_CAP ? name.len : NAME_CAP - 1),
             (const char *)name.p);
}

static void take_network(struct reputation *r, struct bytes text, unsigned category, int value)
{
    struct prefix prefix;
    if (!prefix_parse(text, &prefix))
        return;
    if (!r->networks[category])
        r->networks[category] = prefix_map_new();
    prefix_map_add(r->networks[category], &prefix, value);
}

static void take_host(struct reputation *r, struct bytes text, unsigned category, uint16_t value)
{
    uint8_t key[KEY_BYTES];
    struct addr a;
    if (!addr_parse(text, &a))
        return;
    struct bytes host = key_of(&a, category, key);
    value_remove(&r->hosts, host); /* the last line counts */
    value_add(&r->hosts, host, value);
    value_add(&r->listed, bytes_slice(host, 1, KEY_BYTES), 0);
}

static void take_entry(struct reputation *r, struct bytes line)
{
    struct bytes rest = line, where, category, value;
    uint64_t c, v;
    if (!word_next(&rest, ',', &where) || !word_next(&rest, ',', &category) ||
        !word_next(&rest, ',', &value) || !text_u64(category, 0, REPUTATION_CATEGORIES - 1, &c) ||
        !text_u64(value, 0, REPUTATION_MAX, &v))
        return;
    if (memchr(where.p, '/', where.len))
        take_network(r, where, (unsigned)c, (int)v);
    else
        take_host(r, where, (unsigned)c, (uint16_t)v);
}

/* ---- the whole ---- */
static int load_lists(struct reputation *r, const struct reputation_options *o, struct err *err)
{
    char path[4096];
    if (each_line(r, o->categories_file, take_category, err))
        return -1;
    for (size_t i = 0; i < o->file_count; i++) {
        bool below = o->dir && o->files[i][0] != '/';
        snprintf(path, sizeof path, "%s%s%s", below ? o->dir : "", below ? "/" : "", o->files[i]);
        if (each_line(r, path, take_entry, err))
            return -1;
    }
    return 0;
}

struct reputation *reputation_load(const struct reputation_options *o, struct err *err)
{
    struct reputation *r = calloc(1, sizeof *r);
    ASSERT(r);
    value_set_init(&r->hosts, KEY_BYTES, MEMORY_CAP);
    value_set_init(&r->listed, KEY_BYTES - 1, MEMORY_CAP);
    if (load_lists(r, o, err) == 0)
        return r;
    reputation_free(r);
    return NULL;
}

void reputation_free(struct reputation *r)
{
    if (!r)
        return;
    value_set_release(&r->hosts);
    value_set_release(&r->listed);
    for (size_t i = 0; i < REPUTATION_CATEGORIES; i++)
        prefix_map_free(r->networks[i]);
    free(r);
}

unsigned reputation_category(const struct reputation *r, struct bytes name)
{
    for (unsigned i = 1; r && i < REPUTATION_CATEGORIES; i++)
        if (name.len && bytes_eq(bytes_str(r->names[i]), name))
            return i;
    return 0;
}

int reputation_of(const struct reputation *r, const struct addr *a, unsigned category)
{
    uint8_t key[KEY_BYTES];
    struct bytes host = key_of(a, category, key);
    ptrdiff_t i = value_find(&r->hosts, host);
    if (i >= 0)
        return value_reputation(&r->hosts, (size_t)i);
    if (value_find(&r->listed, bytes_slice(host, 1, KEY_BYTES)) >= 0)
        return 0;
    return r->networks[category] ? prefix_map_find(r->networks[category], a) : -1;
}
