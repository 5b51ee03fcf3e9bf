/* sensor/settings/config.c - see config.h. */
#include "sensor/settings/config.h"
#include "common/file.h"
#include <ctype.h>
#include <yaml.h>

#define FILE_CAP_BYTES (8u << 20)
#define DEPTH_MAX      16
#define KEY_MAX        256
#define ENTRIES_MAX    10000 /* aliases can make a small file very large */

struct entry {
    char *key, *value, *where;
};

struct config {
    struct entry *entries;
    size_t count, cap;
};

struct config *config_new(void)
{
    struct config *c = calloc(1, sizeof *c);
    ASSERT(c);
    return c;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->count; i++) {
        free(c->entries[i].key);
        free(c->entries[i].value);
        free(c->entries[i].where);
    }
    free(c->entries);
    free(c);
}

static struct entry *entry_of(const struct config *c, const char *key)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->entries[i].key, key) == 0)
            return &c->entries[i];
    return NULL;
}

static char *copy_of(const char *s)
{
    char *copy = strdup(s);
    ASSERT(copy);
    return copy;
}

static void put(struct config *c, const char *key, const char *value, const char *where)
{
    struct entry *e = entry_of(c, key);
    if (!e) {
        if (c->count == c->cap) {
            c->cap = c->cap ? c->cap * 2 : 64;
            c->entries = realloc(c->entries, c->cap * sizeof *c->entries);
            ASSERT(c->entries);
        }
        e = &c->entries[c->count++];
        *e = (struct entry){.key = copy_of(key)};
    }
    free(e->value);
    free(e->where);
    e->value = copy_of(value);
    e->where = copy_of(where);
}

struct walk {
    struct config *config;
    yaml_document_t *document;
    const char *path;
    struct err *err;
};

static int walk_node(const struct walk *w, yaml_node_t *node, const char *key, int depth);

static int walk_child(const struct walk *w, int child, const char *key, const char *name, int depth)
{
    char longer[KEY_MAX];
    yaml_node_t *node = yaml_document_get_node(w->document, child);
    if ((size_t)snprintf(longer, sizeof longer, "%s%s%s", key, *key ? "." : "", name) >=
        sizeof longer)
        return err_set(w->err, "%s:%zu: name longer than %d characters", w->path,
                       node->start_mark.line + 1, KEY_MAX);
    return walk_node(w, node, longer, depth + 1);
}

static int walk_node(const struct walk *w, yaml_node_t *node, const char *key, int depth)
{
    char where[KEY_MAX];
    snprintf(where, sizeof where, "%s:%zu:%zu", w->path, node->start_mark.line + 1,
             node->start_mark.column + 1);
    if (w->config->count >= ENTRIES_MAX)
        return err_set(w->err, "%s: more than %d settings", where, ENTRIES_MAX);
    if (depth > DEPTH_MAX)
        return err_set(w->err, "%s: nested deeper than %d", where, DEPTH_MAX);
    if (node->type == YAML_SCALAR_NODE) {
        if (*key)
            put(w->config, key, (const char *)node->data.scalar.value, where);
        return 0;
    }
    if (node->type == YAML_SEQUENCE_NODE) {
        int number = 0;
        for (yaml_node_item_t *i = node->data.sequence.items.start;
             i < node->data.sequence.items.top; i++) {
            char name[16];
            snprintf(name, sizeof name, "%d", number++);
            if (walk_child(w, *i, key, name, depth) != 0)
                return -1;
        }
        return 0;
    }
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        yaml_node_t *name = yaml_document_get_node(w->document, p->key);
        if (name->type != YAML_SCALAR_NODE)
            return err_set(w->err, "%s: a name must be plain text", where);
        if (walk_child(w, p->value, key, (const char *)name->data.scalar.value, depth) != 0)
            return -1;
    }
    return 0;
}

int config_read(struct config *c, const char *path, struct err *err)
{
    size_t len = 0;
    char *text = file_read(path, FILE_CAP_BYTES, &len, err);
    if (!text)
        return -1;
    yaml_parser_t parser;
    yaml_document_t document;
    int rc = 0;
    ASSERT(yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    if (!yaml_parser_load(&parser, &document)) {
        rc =
            err_set(err, "%s:%zu:%zu: not YAML: %s", path, parser.problem_mark.line + 1,
                    parser.problem_mark.column + 1, parser.problem ? parser.problem : "unreadable");
    } else {
        yaml_node_t *root = yaml_document_get_root_node(&document);
        struct walk w = {c, &document, path, err};
        if (root)
            rc = walk_node(&w, root, "", 0);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    free(text);
    return rc;
}

int config_set(struct config *c, const char *assignment, struct err *err)
{
    const char *equals = strchr(assignment, '=');
    size_t n = equals ? (size_t)(equals - assignment) : 0;
    char key[KEY_MAX];
    if (n == 0 || n >= sizeof key)
        return err_set(err, "--set %s: wants KEY=VALUE, such as stream.midstream=true", assignment);
    memcpy(key, assignment, n);
    key[n] = 0;
    put(c, key, equals + 1, "--set");
    return 0;
}

const char *config_get(const struct config *c, const char *key)
{
    const struct entry *e = entry_of(c, key);
    return e ? e->value : NULL;
}

int config_bool(const struct config *c, const char *key, bool otherwise, bool *out, struct err *err)
{
    static const char *const yes[] = {"yes", "true", "on", "1"}, *const no[] = {"no", "false",
                                                                                "off", "0"};
    const struct entry *e = entry_of(c, key);
    *out = otherwise;
    if (!e)
        return 0;
    for (size_t i = 0; i < 4; i++) {
        if (strcasecmp(e->value, yes[i]) == 0 || strcasecmp(e->value, no[i]) == 0) {
            *out = strcasecmp(e->value, yes[i]) == 0;
            return 0;
        }
    }
    return err_set(err, "%s: %s is '%s'; wants yes or no", e->where, key, e->value);
}

/* kb, mb, gb with or without the b or "ib"; -1 for another word. */
static int unit_shift(const char *unit)
{
    static const char letters[] = "kmg";
    while (*unit == ' ')
        unit++;
    if (!*unit)
        return 0;
    const char *letter = strchr(letters, *unit | 0x20);
    bool whole = !unit[1] || strcasecmp(unit + 1, "b") == 0 || strcasecmp(unit + 1, "ib") == 0;
    return letter && whole ? 10 * (int)(letter - letters + 1) : -1;
}

int config_size(const struct config *c, const char *key, uint64_t otherwise, uint64_t *out,
                struct err *err)
{
    const struct entry *e = entry_of(c, key);
    *out = otherwise;
    if (!e)
        return 0;
    char *end = e->value;
    double number = isdigit((unsigned char)*e->value) ? strtod(e->value, &end) : -1;
    int shift = unit_shift(end);
    double bytes = shift < 0 ? -1 : number * (double)((uint64_t)1 << shift);
    if (!(bytes >= 0 && bytes < 1e18))
        return err_set(err, "%s: %s is '%s'; wants a size such as 64mb", e->where, key, e->value);
    *out = (uint64_t)bytes;
    return 0;
}

void config_each(const struct config *c, const char *prefix, config_fn *each, void *ctx)
{
    size_t n = strlen(prefix);
    for (size_t i = 0; i < c->count; i++)
        if (strncmp(c->entries[i].key, prefix, n) == 0)
            each(ctx, c->entries[i].key, c->entries[i].value);
}

/* known may hold '#' for any number: "sekisho.organisations.#.id". */
static bool key_fits(const char *pattern, const char *key)
{
    while (*pattern && *key) {
        if (*pattern == '#') {
            if (*key < '0' || *key > '9')
                return false;
            while (*key >= '0' && *key <= '9')
                key++;
            pattern++;
        } else if (*pattern++ != *key++) {
            return false;
        }
    }
    return !*pattern && !*key;
}

const char *config_key(const struct config *c, const char *pattern)
{
    for (size_t i = 0; i < c->count; i++)
        if (key_fits(pattern, c->entries[i].key))
            return c->entries[i].key;
    return NULL;
}

int config_check_known(const struct config *c, const char *const *known, size_t count,
                       struct err *err)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct entry *e = &c->entries[i];
        if (strncmp(e->key, "sekisho.", 8) != 0)
            continue;
        size_t k = 0;
        while (k < count && !key_fits(known[k], e->key))
            k++;
        if (k == count)
            return err_set(err, "%s: unknown setting '%s'; sekisho-sensor --help lists them",
                           e->where, e->key);
    }
    return 0;
}
