/* dnp3_objects.c - the objects of an application fragment, by a table of their layouts.
 *
 * A layout is a list of "name:type". Types: 1 to 7, so many bits of an octet, the lowest first; B H
 * W I, unsigned of 1, 2, 3 and 4 bytes; h i, signed of 2 and 4; f d, floating point; t,
 * milliseconds since 1970 in 6 bytes; s and x, text and bytes, as long as the field named after '='
 * says, or with
 * '=*' what the size before the object leaves; a '!' after s keeps it out of records. A layout that
 * starts with '+' is packed: its points share octets. */
#include "sensor/app/protocols/dnp3_state.h"
#include <stdlib.h>

/* Points shown of one object, and fields of one point that can be a length. */
#define POINTS_SHOWN 1024u
#define LENGTHS_MAX  4

#define STATE5  "online:1 restart:1 comm_lost:1 remote_forced:1 local_forced:1 "
#define BINARY  STATE5 "chatter_filter:1 reserved:1 state:1"
#define DOUBLE  STATE5 "chatter_filter:1 state:2"
#define OUTPUT  STATE5 "reserved0:1 reserved1:1 state:1"
#define COUNTER STATE5 "rollover:1 discontinuity:1 reserved0:1 "
#define FROZEN  STATE5 "rollover:1 discontinuity:1 reserved1:1 "
#define DELTA   STATE5 "rollover:1 reserved0:1 reserved1:1 "
#define ANALOG  STATE5 "over_range:1 reference_err:1 reserved0:1 "
#define SECURE  STATE5 "reserved0:1 discontinuity:1 reserved1:1 association_id:H count_value:I"
#define CONTROL "op_type:4 qu:1 cr:1 tcc:2 count:B ontime:I offtime:I status_code:7 reserved:1"
#define COMMAND "status_code:7 reserved0:1 commanded_value:"
#define TIME    " timestamp:t"

static const struct layout {
    uint8_t group, variation;
    const char *fields;
} layouts[] = {
    {1, 1, "+state:1"},
    {1, 2, BINARY},
    {2, 1, "state:B"},
    {2, 2, BINARY TIME},
    {2, 3, BINARY " timestamp:H"},
    {3, 1, "+state:2"},
    {3, 2, DOUBLE},
    {4, 1, DOUBLE},
    {4, 2, DOUBLE TIME},
    {4, 3, DOUBLE " relative_time_ms:H"},
    {10, 1, "+state:1"},
    {10, 2, OUTPUT},
    {11, 1, OUTPUT},
    {11, 2, OUTPUT TIME},
    {12, 1, CONTROL},
    {12, 2, CONTROL},
    {12, 3, "+point:1"},
    {13, 1, "status_code:7 commanded_state:1"},
    {13, 2, "status_code:7 commanded_state:1" TIME},
    {20, 1, COUNTER "count:I"},
    {20, 2, COUNTER "count:H"},
    {20, 3, DELTA "count:I"},
    {20, 4, DELTA "count:H"},
    {20, 5, "count:I"},
    {20, 6, "count:H"},
    {20, 7, "count:I"},
    {20, 8, "count:H"},
    {21, 1, COUNTER "count:I"},
    {21, 2, COUNTER "count:H"},
    {21, 3, DELTA "count:I"},
    {21, 4, DELTA "count:H"},
    {21, 5, FROZEN "count:I" TIME},
    {21, 6, FROZEN "count:H" TIME},
    {21, 7, DELTA "count:I" TIME},
    {21, 8, DELTA "count:H" TIME},
    {21, 9, "count:I"},
    {21, 10, "count:H"},
    {21, 11, "count:I"},
    {21, 12, "count:H"},
    {22, 1, COUNTER "count:I"},
    {22, 2, COUNTER "count:H"},
    {22, 3, DELTA "count:I"},
    {22, 4, DELTA "count:H"},
    {22, 5, DELTA "count:I" TIME},
    {22, 6, COUNTER "count:H" TIME},
    {22, 7, DELTA "count:I" TIME},
    {22, 8, DELTA "count:H" TIME},
    {23, 1, COUNTER "count:I"},
    {23, 2, DELTA "count:H"},
    {23, 3, DELTA "count:I"},
    {23, 4, DELTA "count:H"},
    {23, 5, COUNTER "count:I" TIME},
    {23, 6, COUNTER "count:H" TIME},
    {23, 7, DELTA "count:I" TIME},
    {23, 8, DELTA "count:H" TIME},
    {30, 1, ANALOG "value:i"},
    {30, 2, ANALOG "value:h"},
    {30, 3, "value:i"},
    {30, 4, "value:h"},
    {30, 5, ANALOG "value:f"},
    {30, 6, ANALOG "value:d"},
    {31, 1, ANALOG "value:i"},
    {31, 2, ANALOG "value:h"},
    {31, 3, ANALOG "value:i" TIME},
    {31, 4, ANALOG "value:h" TIME},
    {31, 5, "value:i"},
    {31, 6, "value:h"},
    {31, 7, ANALOG "value:f"},
    {31, 8, ANALOG "value:d"},
    {32, 1, ANALOG "value:i"},
    {32, 2, ANALOG "value:h"},
    {32, 3, ANALOG "value:i" TIME},
    {32, 4, ANALOG "value:h" TIME},
    {32, 5, ANALOG "value:f"},
    {32, 6, ANALOG "value:d"},
    {32, 7, ANALOG "value:f" TIME},
    {32, 8, ANALOG "value:d" TIME},
    {33, 1, ANALOG "value:i"},
    {33, 2, ANALOG "value:h"},
    {33, 3, ANALOG "value:i" TIME},
    {33, 4, ANALOG "value:h" TIME},
    {33, 5, ANALOG "value:f"},
    {33, 6, ANALOG "value:d"},
    {33, 7, ANALOG "value:f" TIME},
    {33, 8, ANALOG "value:d" TIME},
    {34, 1, "deadband_value:H"},
    {34, 2, "deadband_value:I"},
    {34, 3, "deadband_value:f"},
    {40, 1, ANALOG "value:i"},
    {40, 2, ANALOG "value:h"},
    {40, 3, ANALOG "value:f"},
    {40, 4, ANALOG "value:d"},
    {41, 1, "value:i control_status:B"},
    {41, 2, "value:h control_status:B"},
    {41, 3, "value:f control_status:B"},
    {41, 4, "value:d control_status:B"},
    {42, 1, ANALOG "value:i"},
    {42, 2, ANALOG "value:h"},
    {42, 3, ANALOG "value:i" TIME},
    {42, 4, ANALOG "value:h" TIME},
    {42, 5, ANALOG "value:f"},
    {42, 6, ANALOG "value:d"},
    {42, 7, ANALOG "value:f" TIME},
    {42, 8, ANALOG "value:d" TIME},
    {43, 1, COMMAND "i"},
    {43, 2, COMMAND "h"},
    {43, 3, COMMAND "i" TIME},
    {43, 4, COMMAND "h" TIME},
    {43, 5, COMMAND "f"},
    {43, 6, COMMAND "d"},
    {43, 7, COMMAND "f" TIME},
    {43, 8, COMMAND "d" TIME},
    {50, 1, "timestamp:t"},
    {50, 2, "timestamp:t interval:I"},
    {50, 3, "timestamp:t"},
    {50, 4, "timestamp:t interval_count:I interval_units:B"},
    {51, 1, "timestamp:t"},
    {51, 2, "timestamp:t"},
    {52, 1, "delay_secs:H"},
    {52, 2, "delay_ms:H"},
    {70, 1,
     "filename_size:H filetype_code:B attribute_code:B start_record:H end_record:H file_size:I "
     "created_timestamp:t permission:H file_id:I owner_id:I group_id:I file_function_code:B "
     "status_code:B filename:s=filename_size data_size:H data:s=data_size"},
    {70, 2,
     "username_offset:H username_size:H password_offset:H password_size:H authentication_key:I "
     "username:s=username_size password:s!=password_size"},
    {70, 3,
     "filename_offset:H filename_size:H created:t permissions:H authentication_key:I file_size:I "
     "operational_mode:H maximum_block_size:H request_id:H filename:s=filename_size"},
    {70, 4,
     "file_handle:I file_size:I maximum_block_size:H request_id:H status_code:B optional_text:s=*"},
    {70, 5, "file_handle:I block_number:I file_data:s=*"},
    {70, 6, "file_handle:I block_number:I status_code:B optional_text:s=*"},
    {70, 7,
     "filename_offset:H filename_size:H file_type:H file_size:I created_timestamp:t permissions:H "
     "request_id:H filename:s=filename_size"},
    {70, 8, "file_specification:s=*"},
    {80, 1, "+state:1"},
    {81, 1, "fill_percentage:7 overflow_state:1 group:B variation:B"},
    {86, 2, "rd:1 wr:1 st:1 ev:1 df:1 padding0:1 padding1:1 padding2:1"},
    {102, 1, "value:B"},
    {120, 1, "csq:I usr:H mal:B reason:B challenge_data:x=*"},
    {120, 2, "csq:I usr:H mac_value:x=*"},
    {120, 3, "csq:I user_number:H"},
    {120, 4, "user_number:H"},
    {120, 5,
     "ksq:I user_number:H key_wrap_alg:B key_status:B mal:B challenge_data_len:H "
     "challenge_data:x=challenge_data_len mac_value:x=*"},
    {120, 6, "ksq:W usr:H wrapped_key_data:x=*"},
    {120, 7,
     "sequence_number:I usr:H association_id:H error_code:B time_of_error:t error_text:s=*"},
    {120, 8, "key_change_method:B certificate_type:B certificate:x=*"},
    {120, 9, "mac_value:x=*"},
    {120, 10,
     "key_change_method:B operation:B scs:I user_role:H user_role_expiry_interval:H username_len:H "
     "user_public_key_len:H certification_data_len:H username:s=username_len "
     "user_public_key:x=user_public_key_len certification_data:x=certification_data_len"},
    {120, 11,
     "key_change_method:B username_len:H master_challenge_data_len:H username:s=username_len "
     "master_challenge_data:x=master_challenge_data_len"},
    {120, 12, "ksq:I user_number:H challenge_data_len:H challenge_data:x=challenge_data_len"},
    {120, 13,
     "ksq:I user_number:H encrypted_update_key_len:H "
     "encrypted_update_key_data:x=encrypted_update_key_len"},
    {120, 14, "digital_signature:x=*"},
    {120, 15, "mac:x=*"},
    {121, 1, SECURE},
    {122, 1, SECURE},
    {122, 2, SECURE TIME},
};

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
    return bytes_find(name, BYTES_LIT("_size")) >= 0 || bytes_find(name, BYTES_LIT("_len")) >= 0;
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

static const struct layout *layout_of(const struct object *o)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (layouts[i].group == o->group && layouts[i].variation == o->variation)
            return &layouts[i];
    return NULL;
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
static void put_point(struct json *j, const struct object *o, const struct layout *layout,
                      uint32_t number, struct reading *r)
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
    for (const char *at = layout->fields; next_field(&at, &f) && cursor_ok(&own.c);)
        put_field(j, &f, &own);
    if (j)
        json_object_end(j);
    if (!is_size(code))
        *r = own;
    else if (!cursor_ok(&own.c))
        r->c.failed = true;
}

/* All points: as many as are said, each takes at least some bits. */
static bool put_points(struct json *j, const struct object *o, const struct layout *layout,
                       struct cursor *c)
{
    struct reading r = {.c = *c};
    if (j)
        json_array(j, "points");
    for (uint32_t i = 0; i < o->count && cursor_ok(&r.c); i++) {
        if (layout->fields[0] != '+')
            r.bits = 0;
        if (cursor_left(&r.c) == 0 && r.bits == 0)
            r.c.failed = true;
        else
            put_point(i < POINTS_SHOWN ? j : NULL, o, layout, i, &r);
    }
    if (j)
        json_array_end(j);
    *c = r.c;
    return cursor_ok(c);
}

static enum dnp3_decoded put_object(struct json *j, const struct object *o, struct cursor *c)
{
    const struct layout *layout = layout_of(o);
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
