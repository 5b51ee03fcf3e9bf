/* sensor/detect/analysis_engines.c - the buffers a rule looks at, for analysis.h. */
#include "sensor/detect/analysis.h"
#include "sensor/detect/content.h"
#include "sensor/detect/mpm/fast_pattern.h"

#define PATTERN_SHOWN 256

/* As rules write it: "GET |20|/". */
static void put_pattern(struct json *j, const char *key, struct bytes pattern)
{
    char text[6 * PATTERN_SHOWN + 8];
    size_t used = 0;
    bool hex = false;
    pattern = bytes_slice(pattern, 0, PATTERN_SHOWN);
    for (size_t i = 0; i < pattern.len; i++) {
        uint8_t c = pattern.p[i];
        bool plain = c > 0x20 && c < 0x7f && !memchr("\"\\;:|", c, 5);
        if (plain == hex)
            text[used++] = '|';
        if (plain)
            text[used++] = (char)c;
        else
            used += (size_t)snprintf(text + used, sizeof text - used, hex ? " %02X" : "%02X", c);
        hex = !plain;
    }
    if (hex)
        text[used++] = '|';
    json_str(j, key, bytes_of(text, used));
}

static void put_content(struct json *j, const struct signature *s, const struct content *c)
{
    json_object(j, "content");
    put_pattern(j, "pattern", c->pattern);
    json_u64(j, "length", c->pattern.len);
    json_bool(j, "nocase", c->flags & CONTENT_NOCASE);
    json_bool(j, "negated", c->flags & CONTENT_NEGATED);
    json_bool(j, "starts_with", c->flags & CONTENT_STARTS);
    json_bool(j, "ends_with", c->flags & CONTENT_ENDS);
    json_bool(j, "is_mpm", c == s->fast);
    if (c->flags & CONTENT_OFFSET)
        json_i64(j, "offset", c->offset);
    if (c->flags & CONTENT_DEPTH)
        json_i64(j, "depth", c->depth);
    if (c->flags & CONTENT_DISTANCE)
        json_i64(j, "distance", c->distance);
    if (c->flags & CONTENT_WITHIN)
        json_i64(j, "within", c->within);
    json_bool(j, "fast_pattern", c->flags & CONTENT_FAST);
    json_object_end(j);
}

static void put_matches(struct json *j, const struct signature *s, const struct inspection *in)
{
    json_array(j, "matches");
    for (size_t i = 0; i < in->item_count; i++) {
        json_object(j, NULL);
        json_strz(j, "name", in->items[i].kind->name);
        if (in->items[i].kind == &item_content)
            put_content(j, s, in->items[i].arg);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_buffer(struct json *j, const struct signature *s, const struct buffer *b)
{
    json_strz(j, "name", b->name);
    json_bool(j, "is_mpm", b == s->fast_buffer);
    if (!b->transform_count)
        return;
    json_array(j, "transforms");
    for (size_t i = 0; i < b->transform_count; i++) {
        json_object(j, NULL);
        json_strz(j, "name", b->transforms[i].kind->name);
        json_object_end(j);
    }
    json_array_end(j);
}

/* One row for each protocol and direction in which the buffer exists for this rule. */
static void put_app_engines(struct json *j, const struct signature *s, const struct inspection *in)
{
    for (int p = 0; p < APP_PROTO_COUNT; p++)
        for (unsigned dir = 0; dir < 2; dir++) {
            const struct app_buffer *row = in->buffer->rows[p][dir];
            if (!row || !(s->dirs & DIR_BIT(dir)) || !signature_wants_app(s, (enum app_proto)p))
                continue;
            json_object(j, NULL);
            put_buffer(j, s, in->buffer);
            json_strz(j, "direction", dir == TO_SERVER ? "toserver" : "toclient");
            json_strz(j, "app_proto", app_proto_name((enum app_proto)p));
            json_u64(j, "progress", row->progress[dir]);
            put_matches(j, s, in);
            json_object_end(j);
        }
}

/* A frame's buffer has a name of our own. */
static const char *shown_name(const struct buffer *b)
{
    const char *frame = b->kind == BUFFER_FRAME
                            ? app_frame_name((enum app_proto)b->frame_proto, b->frame_type)
                            : NULL;
    return frame ? frame : b->name;
}

static void put_mpm(struct json *j, const struct signature *s)
{
    if (!s->fast)
        return;
    struct bytes pattern = fast_pattern_bytes(s->fast);
    json_object(j, "mpm");
    json_strz(j, "buffer", shown_name(s->fast_buffer));
    put_pattern(j, "pattern", pattern);
    json_u64(j, "length", pattern.len);
    json_bool(j, "nocase", s->fast->flags & CONTENT_NOCASE);
    json_bool(j, "fast_pattern", s->fast->flags & CONTENT_FAST);
    json_object_end(j);
}

static void put_frame_engines(struct json *j, const struct signature *s)
{
    json_array(j, "frame_engines");
    for (size_t i = 0; i < s->app_count; i++) {
        const struct buffer *b = s->apps[i].buffer;
        if (b->kind != BUFFER_FRAME)
            continue;
        json_object(j, NULL);
        json_strz(j, "name", shown_name(b));
        json_strz(j, "app_proto", app_proto_name((enum app_proto)b->frame_proto));
        json_bool(j, "is_mpm", b == s->fast_buffer);
        put_matches(j, s, &s->apps[i]);
        json_object_end(j);
    }
    json_array_end(j);
}

void analysis_engines(struct json *j, const struct signature *s)
{
    json_array(j, "pkt_engines");
    for (size_t i = 0; i < s->packet_count; i++) {
        json_object(j, NULL);
        put_buffer(j, s, s->packets[i].buffer);
        put_matches(j, s, &s->packets[i]);
        json_object_end(j);
    }
    json_array_end(j);
    put_frame_engines(j, s);
    json_array(j, "engines");
    for (size_t i = 0; i < s->app_count; i++)
        put_app_engines(j, s, &s->apps[i]);
    json_array_end(j);
    json_object(j, "lists");
    if (s->payload) {
        json_object(j, "payload");
        put_matches(j, s, s->payload);
        json_object_end(j);
    }
    json_object_end(j);
    put_mpm(j, s);
}
