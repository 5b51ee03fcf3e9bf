/* dnp3_objects.c - reads the objects of an application fragment by their layouts, and writes them.
 */
#include "sensor/app/protocols/dnp3_state.h"

/* Points shown of one object, the size of a record from which on no more are (a point may be a
 * bit), and fields of one point that can be a length. */
#define POINTS_SHOWN     1024u
#define RECORD_BYTES_MAX (256u << 10)
#define LENGTHS_MAX      4

/* Where reading a point is. */
struct reading {
    struct cursor c; /* the point's bytes, or all that is left without a size before it */
    uint8_t octet;   /* bits are taken from here */
    unsigned bits;   /* that are left of it */
    struct {
        const char *name;
        size_t len;
        uint32_t value;
    } lengths[LENGTHS_MAX];
    unsigned length_count;
};

/* One "name:type" of a layout. */
struct field {
    const char *name;
    size_t name_len;
    char type;
    bool hidden;
    struct bytes length_of; /* after '=' */
};

static bool next_field(const char **at, struct field *f)
{
    while (**at == ' ' || **at == '+')
        (*at)++;
    if (!**at)
        return false;
    size_t len = strcspn(*at, " ");
    const char *colon = memchr(*at, ':', len), *equals = memchr(*at, '=', len), *end = *at + len;
    *f = (struct field){.name = *at, .name_len = (size_t)(colon - *at), .type = colon[1]};
    f->hidden = colon[2] == '!';
    if (equals)
        f->length_of = bytes_of(equals + 1, (size_t)(end - equals - 1));
    *at = end;
    return true;
}

static uint32_t take_bits(struct reading *r, unsigned width)
{
    if (r->bits == 0) {
        r->octet = cursor_u8(&r->c);
        r->bits = 8;
    }
    uint32_t value = r->octet & ((1u << width) - 1);
    r->octet = (uint8_t)(r->octet >> width);
    r->bits -= width;
    return value;
}

static size_t length_for(struct reading *r, struct bytes name)
{
    if (bytes_eq(name, BYTES_LIT("*")))
        return cursor_left(&r->c);
    if (name.p[0] >= '1' && name.p[0] <= '9')
        return name.p[0] - (size_t)'0';
    for (unsigned i = 0; i < r->length_count; i++)
        if (bytes_eq(name, bytes_of(r->lengths[i].name, r->lengths[i].len)))
            return r->lengths[i].value;
    r->c.failed = true;
    return 0;
}

/* A field may say how long a later one is. */
static void remember(struct reading *r, const struct field *f, uint32_t value)
{
    if (r->length_count == LENGTHS_MAX)
        return;
    r->lengths[r->length_count].name = f->name;
    r->lengths[r->length_count].len = f->name_len;
    r->lengths[r->length_count++].value = value;
}

static bool is_length(const struct field *f)
{
    struct bytes name = bytes_of(f->name, f->name_len);
    return bytes_find(name, BYTES_LIT("_size")) >= 0 || bytes_find(name, BYTES_LIT("len")) >= 0;
}

static uint64_t take_le(struct cursor *c, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)cursor_u8(c) << (8 * i);
    return value;
}

static double take_real(struct cursor *c, unsigned bytes)
{
    uint64_t bits = take_le(c, bytes);
    uint32_t bits32 = (uint32_t)bits;
    double value;
    float value32;
    memcpy(&value, &bits, sizeof value);
    memcpy(&value32, &bits32, sizeof value32);
    return bytes == sizeof value ? value : (double)value32;
}

static void put_bytes(struct json *j, const char *key, const struct field *f, struct reading *r)
{
    struct bytes b = cursor_take(&r->c, length_for(r, f->length_of));
    if (!j || f->hidden || !cursor_ok(&r->c))
        return;
    if (f->type == 's')
        json_str(j, key, b);
    else
        json_base64(j, key, b);
}

static void put_unsigned(struct json *j, const char *key, const struct field *f, struct reading *r,
                         unsigned bytes)
{
    uint64_t value = take_le(&r->c, bytes);
    if (is_length(f))
        remember(r, f, (uint32_t)value);
    if (j)
        json_u64(j, key, value);
}

static void put_signed(struct json *j, const char *key, struct reading *r, unsigned bytes)
{
    uint64_t raw = take_le(&r->c, bytes);
    if (j)
        json_i64(j, key, bytes == 2 ? (int16_t)raw : (int32_t)raw);
}

static void put_real(struct json *j, const char *key, struct reading *r, unsigned bytes)
{
    double value = take_real(&r->c, bytes);
    if (j && value - value == 0) /* neither infinite nor no number: JSON has no word for these */
        json_real(j, key, value);
}

static void put_bits(struct json *j, const char *key, struct reading *r, unsigned width)
{
    uint32_t value = take_bits(r, width);
    if (j)
        json_u64(j, key, value);
}

/* Bytes of a number by the letter of its type; 0 for bits, text and bytes. */
static unsigned width_of(char type)
{
    static const struct {
        char type;
        uint8_t bytes;
    } widths[] = {{'B', 1}, {'H', 2}, {'W', 3}, {'I', 4}, {'t', 6},
                  {'h', 2}, {'i', 4}, {'f', 4}, {'d', 8}};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (widths[i].type == type)
            return widths[i].bytes;
    return 0;
}

static void put_field(struct json *j, const struct field *f, struct reading *r)
{
    char key[48];
    unsigned bytes = width_of(f->type);
    memcpy(key, f->name, f->name_len);
    key[f->name_len] = 0;
    if (f->type == 's' || f->type == 'x')
        put_bytes(j, key, f, r);
    else if (f->type == 'f' || f->type == 'd')
        put_real(j, key, r, bytes);
    else if (f->type == 'h' || f->type == 'i')
        put_signed(j, key, r, bytes);
    else if (bytes > 0)
        put_unsigned(j, key, f, r, bytes);
    else
        put_bits(j, key, r, (unsigned)(f->type - '0'));
}

/* ---- objects ---- */

struct object {
    uint8_t group, variation, qualifier;
    uint32_t start, stop, count;
};

static unsigned prefix_code(const struct object *o)
{
    return o->qualifier >> 4 & 7;
}

static unsigned range_code(const struct object *o)
{
    return o->qualifier & 15;
}

static bool read_header(struct cursor *c, struct object *o)
{
    static const uint8_t range_bytes[] = {1, 2, 4, 1, 2, 4}, count_bytes[] = {1, 2, 4, 0, 1};
    *o = (struct object){0};
    o->group = cursor_u8(c);
    o->variation = cursor_u8(c);
    o->qualifier = cursor_u8(c);
    unsigned range = range_code(o);
    if (range < 6) {
        o->start = (uint32_t)take_le(c, range_bytes[range]);
        o->stop = (uint32_t)take_le(c, range_bytes[range]);
        o->count = o->stop - o->start + 1;
    } else if (range >= 7 && range <= 11 && range != 10) {
        o->count = (uint32_t)take_le(c, count_bytes[range - 7]);
    } else if (range != 6) {
        c->failed = true;
    }
    return cursor_ok(c);
}

static void put_header(struct json *j, const struct object *o)
{
    if (!j)
        return;
    json_u64(j, "group", o->group);
    json_u64(j, "variation", o->variation);
    json_u64(j, "qualifier", o->qualifier);
    json_u64(j, "prefix_code", prefix_code(o));
    json_u64(j, "range_code", range_code(o));
    json_u64(j, "start", o->start);
    json_u64(j, "stop", o->stop);
    json_u64(j, "count", o->count);
}

/* Index or size before a point. */
static uint32_t take_prefix(struct cursor *c, unsigned code)
{
    static const uint8_t bytes[] = {0, 1, 2, 4, 1, 2, 4, 0};
    return (uint32_t)take_le(c, bytes[code]);
}

static bool is_size(unsigned code)
{
    return code >= 4 && code <= 6;
}

/* One point; r holds what is left of the object list, or of an octet that points share. */
static void put_point(struct json *j, const struct object *o, const char *layout, uint32_t number,
                      struct reading *r)
{
    unsigned code = prefix_code(o);
    uint32_t prefix = take_prefix(&r->c, code);
    struct reading own = *r;
    struct field f;
    if (is_size(code)) {
        own.c = cursor_over(cursor_take(&r->c, prefix));
        own.c.failed = r->c.failed;
    }
    if (j) {
        json_object(j, NULL);
        json_u64(j, "prefix", prefix);
        json_u64(j, "index", o->start + number);
        if (is_size(code))
            json_u64(j, "size", prefix);
    }
    own.length_count = 0;
    for (const char *at = layout; next_field(&at, &f) && cursor_ok(&own.c);)
        put_field(j, &f, &own);
    if (j)
        json_object_end(j);
    if (!is_size(code))
        *r = own;
    else if (!cursor_ok(&own.c))
        r->c.failed = true;
}

static bool shows_point(const struct json *j, uint32_t number)
{
    return j && number < POINTS_SHOWN && json_bytes(j).len < RECORD_BYTES_MAX;
}

/* All points: as many as are said, each takes at least some bits. */
static bool put_points(struct json *j, const struct object *o, const char *layout, struct cursor *c)
{
    struct reading r = {.c = *c};
    if (j)
        json_array(j, "points");
    for (uint32_t i = 0; i < o->count && cursor_ok(&r.c); i++) {
        if (layout[0] != '+')
            r.bits = 0;
        if (cursor_left(&r.c) == 0 && r.bits == 0)
            r.c.failed = true;
        else
            put_point(shows_point(j, i) ? j : NULL, o, layout, i, &r);
    }
    if (j)
        json_array_end(j);
    *c = r.c;
    return cursor_ok(c);
}

static enum dnp3_decoded put_object(struct json *j, const struct object *o, struct cursor *c)
{
    const char *layout = dnp3_layout(o->group, o->variation);
    put_header(j, o);
    if (o->variation == 0 || o->count == 0)
        return DNP3_WHOLE;
    if (!layout)
        return DNP3_UNKNOWN;
    return put_points(j, o, layout, c) ? DNP3_WHOLE : DNP3_CUT;
}

enum dnp3_decoded dnp3_put_objects(struct json *j, struct bytes objects)
{
    struct cursor c = cursor_over(objects);
    enum dnp3_decoded d = DNP3_WHOLE;
    struct object o;
    while (d == DNP3_WHOLE && cursor_left(&c) > 0) {
        if (!read_header(&c, &o))
            return DNP3_CUT;
        if (j)
            json_object(j, NULL);
        d = put_object(j, &o, &c);
        if (j)
            json_object_end(j);
    }
    return d;
}

struct bytes dnp3_object_types(struct bytes objects, struct arena *scratch)
{
    struct cursor c = cursor_over(objects);
    uint8_t *types = arena_alloc(scratch, objects.len + 2);
    size_t len = 0;
    struct object o;
    while (cursor_left(&c) > 0 && read_header(&c, &o)) {
        types[len++] = o.group;
        types[len++] = o.variation;
        if (put_object(NULL, &o, &c) != DNP3_WHOLE)
            break;
    }
    return bytes_of(types, len);
}
