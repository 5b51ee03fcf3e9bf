/* schema.c - shapes to JSON Schema. The mini language is described at app_shape (sensor/app/app.h).
 *
 * Shapes are ours, so what cannot be read is a mistake of ours: it ends the program, and the test
 * that prints the schema with it. */
#include "sensor/eve/schema.h"
#include "sensor/eve/shapes.h"

/* ---- the mini language ---- */

static struct bytes trim(struct bytes b)
{
    while (b.len && b.p[0] == ' ')
        b = bytes_slice(b, 1, SIZE_MAX);
    while (b.len && b.p[b.len - 1] == ' ')
        b.len--;
    return b;
}

/* Takes what stands before the first `separator` outside brackets off rest; false at its end. */
static bool next_part(struct bytes *rest, char separator, struct bytes *part)
{
    int depth = 0;
    size_t i = 0;
    if (trim(*rest).len == 0)
        return false;
    for (; i < rest->len; i++) {
        char c = (char)rest->p[i];
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        ASSERT(depth >= 0);
        if (c == separator && depth == 0)
            break;
    }
    ASSERT(depth == 0);
    *part = trim(bytes_slice(*rest, 0, i));
    *rest = bytes_slice(*rest, i + 1, SIZE_MAX);
    return true;
}

struct member {
    struct bytes name, type;
    bool optional;
};

static bool next_member(struct bytes *rest, struct member *m)
{
    struct bytes part;
    if (!next_part(rest, ',', &part))
        return false;
    ASSERT(next_part(&part, ':', &m->name));
    m->type = trim(part);
    ASSERT(m->name.len && m->type.len);
    m->optional = m->name.p[m->name.len - 1] == '?';
    m->name.len -= m->optional;
    return true;
}

/* ---- types ---- */

static void put_members(struct json *j, struct bytes members);

static void put_word(struct json *j, struct bytes word)
{
    static const struct {
        const char *word, *type;
    } types[] = {{"string", "string"},
                 {"int", "integer"},
                 {"uint", "integer"},
                 {"number", "number"},
                 {"bool", "boolean"}};
    if (bytes_eq(word, BYTES_LIT("any")))
        return;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (bytes_eq(word, bytes_str(types[i].word))) {
            json_strz(j, "type", types[i].type);
            if (word.p[0] == 'u')
                json_u64(j, "minimum", 0);
            return;
        }
    ASSERT(!"a shape names no known type");
}

static void put_type(struct json *j, struct bytes type)
{
    struct bytes rest = type, part, second;
    ASSERT(next_part(&rest, '|', &part));
    if (next_part(&rest, '|', &second)) {
        json_array(j, "anyOf");
        for (rest = type; next_part(&rest, '|', &part);) {
            json_object(j, NULL);
            put_type(j, part);
            json_object_end(j);
        }
        json_array_end(j);
    } else if (part.p[0] == '[') {
        json_strz(j, "type", "array");
        json_object(j, "items");
        put_type(j, bytes_slice(part, 1, part.len - 2));
        json_object_end(j);
    } else if (part.p[0] == '{') {
        put_members(j, bytes_slice(part, 1, part.len - 2));
    } else {
        put_word(j, part);
    }
}

/* ---- objects: members from several places, where equal names mean either type ---- */

#define PARTS_MAX 128
struct parts {
    struct {
        struct bytes members;
        bool optional; /* all of them may be missing */
    } part[PARTS_MAX];
    size_t count;
};

static void add_part(struct parts *p, const char *members, bool optional)
{
    ASSERT(p->count < PARTS_MAX);
    p->part[p->count].members = bytes_str(members);
    p->part[p->count++].optional = optional;
}

/* Member `name` in any part, the how-manieth; false: no more. */
static bool nth_of_name(const struct parts *p, struct bytes name, size_t n, struct member *out)
{
    for (size_t i = 0; i < p->count; i++)
        for (struct bytes rest = p->part[i].members; next_member(&rest, out);)
            if (bytes_eq(out->name, name) && n-- == 0)
                return true;
    return false;
}

static bool is_first_of_name(const struct parts *p, const struct member *m)
{
    struct member first;
    return nth_of_name(p, m->name, 0, &first) && first.name.p == m->name.p;
}

static void put_member(struct json *j, const struct parts *p, const struct member *m)
{
    struct member other;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)m->name.len, (const char *)m->name.p);
    json_object(j, name);
    if (nth_of_name(p, m->name, 1, &other)) {
        json_array(j, "anyOf");
        for (size_t n = 0; nth_of_name(p, m->name, n, &other); n++) {
            json_object(j, NULL);
            put_type(j, other.type);
            json_object_end(j);
        }
        json_array_end(j);
    } else {
        put_type(j, m->type);
    }
    json_object_end(j);
}

static void put_object(struct json *j, const struct parts *p)
{
    struct member m, any = {0};
    json_strz(j, "type", "object");
    json_object(j, "properties");
    for (size_t i = 0; i < p->count; i++)
        for (struct bytes rest = p->part[i].members; next_member(&rest, &m);) {
            if (bytes_eq(m.name, BYTES_LIT("*")))
                any = m;
            else if (is_first_of_name(p, &m))
                put_member(j, p, &m);
        }
    json_object_end(j);
    json_array(j, "required");
    for (size_t i = 0; i < p->count; i++)
        for (struct bytes rest = p->part[i].members; next_member(&rest, &m);)
            if (!m.optional && !p->part[i].optional && !bytes_eq(m.name, BYTES_LIT("*")))
                json_str(j, NULL, m.name);
    json_array_end(j);
    if (!any.type.len) {
        json_bool(j, "additionalProperties", false);
        return;
    }
    json_object(j, "additionalProperties");
    put_type(j, any.type);
    json_object_end(j);
}

static void put_members(struct json *j, struct bytes members)
{
    struct parts p = {.count = 1};
    p.part[0].members = members;
    put_object(j, &p);
}

/* ---- records ---- */

/* The objects that a parser adds to alerts, and to records about its files. */
static void add_alert_parts(struct parts *p)
{
    for (int proto = APP_UNKNOWN + 1; proto < APP_FAILED; proto++) {
        const struct app_shape *own = NULL, *s = app_shapes((enum app_proto)proto);
        for (; s && s->event_type; s++)
            if (!own || strcmp(s->event_type, "alert") == 0)
                own = s;
        if (own)
            add_part(p, own->shape, true);
    }
}

static void put_record(struct json *j, const char *shape, bool with_alert_parts)
{
    struct parts p = {0};
    add_part(&p, eve_common_shape, false);
    add_part(&p, shape, false);
    if (with_alert_parts)
        add_alert_parts(&p);
    json_object(j, NULL);
    put_object(j, &p);
    json_object_end(j);
}

/* Every shape of event_type, whoever writes it, as alternatives. */
static void put_definition(struct json *j, const char *event_type)
{
    json_object(j, event_type);
    json_array(j, "anyOf");
    for (const struct app_shape *s = eve_own_shapes; s->event_type; s++)
        if (strcmp(s->event_type, event_type) == 0)
            put_record(j, s->shape, strcmp(event_type, "alert") == 0);
    for (int proto = APP_UNKNOWN; proto < APP_FAILED; proto++)
        for (const struct app_shape *s = app_shapes((enum app_proto)proto); s && s->event_type; s++)
            if (strcmp(s->event_type, event_type) == 0 && strcmp(event_type, "alert") != 0)
                put_record(j, s->shape, proto == APP_UNKNOWN);
    json_array_end(j);
    json_object_end(j);
}

void eve_schema(struct json *j)
{
    const char *type;
    json_reset(j);
    json_object(j, NULL);
    json_strz(j, "$schema", "https://json-schema.org/draft/2020-12/schema");
    json_strz(j, "title", "What sekisho-sensor writes, one object a line");
    json_object(j, "$defs");
    for (size_t i = 0; (type = eve_type_at(i)) != NULL; i++)
        put_definition(j, type);
    json_object_end(j);
    json_array(j, "anyOf");
    for (size_t i = 0; (type = eve_type_at(i)) != NULL; i++) {
        char ref[80];
        snprintf(ref, sizeof ref, "#/$defs/%s", type);
        json_object(j, NULL);
        json_strz(j, "$ref", ref);
        json_object_end(j);
    }
    json_array_end(j);
    json_object_end(j);
}
