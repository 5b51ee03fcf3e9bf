/* sensor/detect/explain.c - see explain.h. */
#include "sensor/detect/explain.h"

#include "sensor/detect/words.h"
#include "sensor/detect/worker_state.h"

/* ---- notes ---- */
/* A later occurrence of an item takes the place of the one that led nowhere. */
static struct explain_note *place_for(struct explain *e, const struct item *item)
{
    for (uint32_t i = 0; i < e->count; i++)
        if (e->notes[i].item == item)
            return &e->notes[i];
    if (e->count < EXPLAIN_NOTES_MAX)
        return &e->notes[e->count++];
    e->truncated = true;
    return NULL;
}

void explain_note(struct walk *w, const struct item *item)
{
    struct explain_note *n = place_for(w->in->explain, item);
    struct bytes match =
        w->found ? bytes_slice(w->buffer, w->from, w->to - w->from) : (struct bytes){0};
    bool found = w->found;
    w->found = false;
    if (!n)
        return;
    *n = (struct explain_note){.item = item,
                               .buffer = w->of,
                               .found = found,
                               .in_stream = w->in_stream,
                               .instance = w->instance,
                               .offset = w->from,
                               .length = match.len,
                               .size = w->buffer.len,
                               .stream_offset = w->stream_at + w->from};
    if (w->of && w->of->number && w->buffer.len == sizeof n->number)
        memcpy(&n->number, w->buffer.p, sizeof n->number);
    if (match.len)
        memcpy(n->bytes, match.p, match.len < EXPLAIN_BYTES_MAX ? match.len : EXPLAIN_BYTES_MAX);
}

void explain_clear(struct explain *e)
{
    e->count = 0;
    e->truncated = e->forgotten = false;
}

void explain_take_back(struct explain *e, uint32_t count)
{
    e->count = count;
    e->truncated &= count == EXPLAIN_NOTES_MAX;
}

/* ---- as long as they are needed ---- */
static size_t bytes_for(uint32_t count)
{
    return sizeof(struct explain) + count * sizeof(struct explain_note);
}

struct explain *explain_new(void)
{
    struct explain *e = calloc(1, bytes_for(EXPLAIN_NOTES_MAX));
    ASSERT(e);
    return e;
}

static void copy(struct explain *to, const struct explain *from)
{
    to->count = from->count;
    to->truncated = from->truncated;
    to->forgotten = from->forgotten;
    memcpy(to->notes, from->notes, from->count * sizeof *from->notes);
}

/* Stands for notes there was no room for. */
static const struct explain not_kept = {.forgotten = true};

void explain_keep(struct detect *d, struct explain **kept)
{
    if (!d->explain)
        return;
    size_t bytes = bytes_for(d->explain->count);
    explain_release(d, *kept);
    if (d->explain_bytes + bytes > EXPLAIN_KEPT_MAX) {
        d->counters.explanations_cut++;
        *kept = (struct explain *)(uintptr_t)&not_kept;
        return;
    }
    d->explain_bytes += bytes;
    *kept = malloc(bytes);
    ASSERT(*kept);
    copy(*kept, d->explain);
}

void explain_recall(struct detect *d, const struct explain *kept)
{
    if (kept)
        copy(d->explain, kept);
}

void explain_release(struct detect *d, struct explain *kept)
{
    if (!kept || kept == &not_kept)
        return;
    d->explain_bytes -= bytes_for(kept->count);
    free(kept);
}

const struct explain *explain_of_match(struct detect *d)
{
    if (!d->explain)
        return NULL;
    struct explain *e = arena_take(&d->arena, bytes_for(d->explain->count));
    copy(e, d->explain);
    return e;
}

/* ---- in words ---- */
/* The option that begins at `from` of a rule, up to the ';' that ends it. */
static struct bytes option_at(const char *rule, uint32_t from)
{
    const char *text = rule + from;
    size_t len = 0;
    while (text[len] && text[len] != ';')
        len += text[len] == '\\' && text[len + 1] ? 2 : 1;
    return bytes_of(text, len);
}

static void put_option(struct json *j, const struct signature *s, uint32_t written)
{
    struct bytes value = option_at(s->public.text, written), name;
    if (!word_next(&value, ':', &name))
        return;
    json_str(j, "keyword", name);
    if (value.p && value.len)
        json_str(j, "value", word_trim(value));
}

/* "http.uri", with its transforms in order: "http.uri|to_lowercase|to_sha256". */
static void put_buffer(struct json *j, const struct buffer *b)
{
    char text[256];
    if (!b || b->kind == BUFFER_FILES)
        return;
    size_t len = (size_t)snprintf(text, sizeof text, "%s", b->name);
    for (size_t i = 0; i < b->transform_count && len < sizeof text; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "|%s", b->transforms[i].kind->name);
    json_strz(j, "buffer", text);
}

static void put_place(struct json *j, const struct explain_note *n)
{
    struct bytes shown = bytes_of(n->bytes, n->length);
    if (shown.len > EXPLAIN_BYTES_MAX)
        shown.len = EXPLAIN_BYTES_MAX;
    json_u64(j, "offset", n->offset);
    json_u64(j, "length", n->length);
    if (n->in_stream)
        json_u64(j, "stream_offset", n->stream_offset);
    json_hex(j, "hex", shown);
    json_printable(j, "printable", shown);
}

static void put_note(struct json *j, const struct signature *s, const struct explain_note *n)
{
    json_object(j, NULL);
    put_option(j, s, n->item->written);
    put_buffer(j, n->buffer);
    if (n->buffer && n->buffer->multi)
        json_u64(j, "instance", n->instance);
    if (n->buffer && n->buffer->number)
        json_u64(j, "number", n->number);
    else if (n->found)
        put_place(j, n);
    else if (n->item->kind->searches)
        json_bool(j, "absent", true);
    else if (n->buffer && n->buffer->kind != BUFFER_FILES)
        json_u64(j, "size", n->size);
    json_object_end(j);
}

static void put_conditions(struct json *j, const struct signature *s,
                           const struct condition *conditions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_object(j, NULL);
        put_option(j, s, conditions[i].written);
        json_object_end(j);
    }
}

void detect_explain_json(const struct detect_alert *a, struct json *j)
{
    const struct explain *e = a->explain;
    const struct signature *s = a->signature;
    if (!e)
        return;
    json_object(j, "explain");
    json_array(j, "matches");
    for (uint32_t i = 0; i < e->count; i++)
        put_note(j, s, &e->notes[i]);
    json_array_end(j);
    json_array(j, "conditions");
    put_conditions(j, s, s->conditions, s->condition_count);
    put_conditions(j, s, s->late, s->late_count);
    json_array_end(j);
    if (e->truncated || e->forgotten)
        json_bool(j, "truncated", true);
    json_object_end(j);
}
