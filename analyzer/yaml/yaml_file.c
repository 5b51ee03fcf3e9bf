/* analyzer/yaml/yaml_file.c - libcyaml for the structs, a libyaml document for the positions. */
#include "analyzer/yaml/yaml_file.h"
#include "common/file.h"
#include <ctype.h>
#include <yaml.h>

#define YAML_BYTES_MAX (16 << 20)

struct yaml_file {
    char *path, *text;
    size_t len;
    yaml_document_t document;
    bool has_document;
    const cyaml_schema_value_t *schema;
    void *data;
};

/* What libcyaml said: the first message, then where, innermost first. */
struct complaint {
    char text[256], field[64];
    unsigned line, column;
};

static void complaint_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
    struct complaint *c = ctx;
    char text[256], field[64] = "";
    unsigned line = 0, column = 0;
    vsnprintf(text, sizeof text, fmt, args);
    text[strcspn(text, "\n")] = 0;
    const char *at = strstr(text, "(line: ");
    if (level < CYAML_LOG_ERROR || strstr(text, "Backtrace"))
        return;
    if (!at) {
        if (!c->text[0])
            snprintf(c->text, sizeof c->text, "%.*s", 250,
                     strncmp(text, "Load: ", 6) == 0 ? text + 6 : text);
        return;
    }
    if (c->line || sscanf(at, "(line: %u, column: %u)", &line, &column) != 2)
        return;
    c->line = line;
    c->column = column;
    if (sscanf(text, "  in mapping field '%63[^']'", field) == 1)
        snprintf(c->field, sizeof c->field, "%s", field);
}

static cyaml_config_t config(struct complaint *c)
{
    return (cyaml_config_t){.log_fn = complaint_log,
                            .log_ctx = c,
                            .mem_fn = cyaml_mem,
                            .log_level = CYAML_LOG_WARNING,
                            .flags = CYAML_CFG_NO_ALIAS};
}

/* The words an enum field called `key` may have, from the first such field in the schema. */
static bool choices(const cyaml_schema_value_t *v, const char *key, char *out, size_t cap)
{
    if (v->type == CYAML_SEQUENCE || v->type == CYAML_SEQUENCE_FIXED)
        return choices(v->sequence.entry, key, out, cap);
    if (v->type != CYAML_MAPPING)
        return false;
    for (const cyaml_schema_field_t *f = v->mapping.fields; f->key; f++) {
        if (f->value.type == CYAML_ENUM && strcmp(f->key, key) == 0) {
            for (uint32_t i = 0; i < f->value.enumeration.count && strlen(out) + 32 < cap; i++)
                snprintf(out + strlen(out), cap - strlen(out), "%s%s", i ? ", " : "",
                         f->value.enumeration.strings[i].str);
            return true;
        }
        if (choices(&f->value, key, out, cap))
            return true;
    }
    return false;
}

/* Position of an unknown key: in the last mapping before the place libcyaml names that has it. */
static void key_locate(const struct yaml_file *f, const char *key, struct complaint *c)
{
    yaml_document_t *d = (yaml_document_t *)&f->document;
    for (int id = 1; yaml_document_get_node(d, id); id++) {
        const yaml_node_t *n = yaml_document_get_node(d, id);
        if (n->type != YAML_MAPPING_NODE || n->start_mark.line + 1 > c->line)
            continue;
        for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top;
             p++) {
            const yaml_node_t *k = yaml_document_get_node(d, p->key);
            if (k->type != YAML_SCALAR_NODE || strcmp((char *)k->data.scalar.value, key) != 0)
                continue;
            c->column = (unsigned)k->start_mark.column + 1;
            if (k->start_mark.line + 1 >= c->line)
                c->line = (unsigned)k->start_mark.line + 1;
            else
                continue;
            return;
        }
    }
}

/* libcyaml's messages in the words of someone who edits the file. */
static int complain(const struct yaml_file *f, struct complaint *c, cyaml_err_t rc, struct err *err)
{
    char name[128] = "", words[256] = "";
    if (sscanf(c->text, "Unexpected key: %127[^\n]", name) == 1) {
        key_locate(f, name, c);
        return err_set(err, "%s:%u:%u: unknown key '%s'; correct its spelling or remove it",
                       f->path, c->line, c->column, name);
    }
    if (sscanf(c->text, "Missing required mapping field: %127[^\n]", name) == 1)
        return err_set(err, "%s:%u:%u: '%s' is missing here; add it", f->path, c->line, c->column,
                       name);
    if (sscanf(c->text, "Mapping field already seen: %127[^\n]", name) == 1)
        return err_set(err, "%s:%u:%u: '%s' stands here twice; keep one", f->path, c->line,
                       c->column, name);
    if (sscanf(c->text, "Invalid ENUM value: %127[^\n]", name) == 1 &&
        choices(f->schema, c->field, words, sizeof words))
        return err_set(err, "%s:%u:%u: %s '%s' is not known; use one of: %s", f->path, c->line,
                       c->column, c->field, name, words);
    return err_set(err, "%s:%u:%u: %s%s%s; correct the value", f->path, c->line, c->column,
                   c->field, c->field[0] ? ": " : "", c->text[0] ? c->text : cyaml_strerror(rc));
}

static int document_load(struct yaml_file *f, struct err *err)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return err_set(err, "%s: out of memory", f->path);
    yaml_parser_set_input_string(&parser, (const unsigned char *)f->text, f->len);
    int rc = 0;
    if (yaml_parser_load(&parser, &f->document))
        f->has_document = true;
    else
        rc = err_set(err, "%s:%zu:%zu: not YAML: %s; check indentation, quotes and brackets here",
                     f->path, parser.problem_mark.line + 1, parser.problem_mark.column + 1,
                     parser.problem ? parser.problem : "unreadable");
    yaml_parser_delete(&parser);
    return rc;
}

static int data_load(struct yaml_file *f, struct err *err)
{
    struct complaint c = {.line = 0};
    const cyaml_config_t cfg = config(&c);
    cyaml_err_t rc =
        cyaml_load_data((const uint8_t *)f->text, f->len, &cfg, f->schema, &f->data, NULL);
    if (rc != CYAML_OK) {
        f->data = NULL;
        return complain(f, &c, rc, err);
    }
    if (!f->data)
        return err_set(err, "%s:1:1: the file is empty", f->path);
    return 0;
}

struct yaml_file *yaml_file_load(const char *path, const cyaml_schema_value_t *schema, void **data,
                                 struct err *err)
{
    struct yaml_file *f = calloc(1, sizeof *f);
    ASSERT(f);
    f->schema = schema;
    f->path = strdup(path);
    ASSERT(f->path);
    f->text = file_read(path, YAML_BYTES_MAX, &f->len, err);
    if (f->text && document_load(f, err) == 0 && data_load(f, err) == 0) {
        *data = f->data;
        return f;
    }
    yaml_file_free(f);
    return NULL;
}

void yaml_file_free(struct yaml_file *f)
{
    if (!f)
        return;
    if (f->data) {
        struct complaint c = {.line = 0};
        const cyaml_config_t cfg = config(&c);
        cyaml_free(&cfg, f->schema, f->data, 0);
    }
    if (f->has_document)
        yaml_document_delete(&f->document);
    free(f->text);
    free(f->path);
    free(f);
}

static yaml_node_t *child_by_key(yaml_document_t *d, const yaml_node_t *n, const char *key,
                                 size_t len)
{
    if (n->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top; p++) {
        const yaml_node_t *k = yaml_document_get_node(d, p->key);
        if (k->type == YAML_SCALAR_NODE && k->data.scalar.length == len &&
            memcmp(k->data.scalar.value, key, len) == 0)
            return yaml_document_get_node(d, p->value);
    }
    return NULL;
}

static yaml_node_t *child_by_index(yaml_document_t *d, const yaml_node_t *n, size_t index)
{
    if (n->type != YAML_SEQUENCE_NODE)
        return NULL;
    size_t count = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
    return index < count ? yaml_document_get_node(d, n->data.sequence.items.start[index]) : NULL;
}

/* Follows "a.b[3].c" as far as it exists. */
static yaml_mark_t locate(const struct yaml_file *f, const char *where)
{
    yaml_document_t *d = (yaml_document_t *)&f->document;
    const yaml_node_t *at = yaml_document_get_root_node(d);
    yaml_mark_t mark = {0};
    while (at) {
        mark = at->start_mark;
        where += *where == '.' || *where == ']';
        where += *where == '.';
        if (*where == '[') {
            at = child_by_index(d, at, strtoul(where + 1, NULL, 10));
            where += strcspn(where, "]");
        } else if (*where) {
            size_t len = strcspn(where, ".[");
            at = child_by_key(d, at, where, len);
            where += len;
        } else {
            break;
        }
    }
    return mark;
}

int yaml_file_fail(const struct yaml_file *f, struct err *err, const char *where, const char *fmt,
                   ...)
{
    yaml_mark_t mark = locate(f, where);
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_set(err, "%s:%zu:%zu: %s", f->path, mark.line + 1, mark.column + 1, text);
}
