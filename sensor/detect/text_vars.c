/* sensor/detect/text_vars.c - named pieces of traffic. */
#include "sensor/detect/text_vars.h"

#include "common/err.h"

const struct text_var *text_var_find(const struct text_var *list, uint16_t name)
{
    while (list && (list->key.p || list->name != name))
        list = list->next;
    return list;
}

/* The place of the piece of that name, or where a new one goes; NULL when there are too many. */
static struct text_var **place_of(struct text_var **list, uint16_t name)
{
    size_t count = 0;
    for (; *list && (*list)->name != name; list = &(*list)->next)
        count++;
    return *list || count < FLOW_TEXTS_MAX ? list : NULL;
}

static size_t bytes_of_var(const struct text_var *v)
{
    return v ? sizeof *v + v->value.len : 0;
}

bool flow_text_set(struct text_var **list, uint16_t name, struct bytes value, size_t *used)
{
    struct text_var **at = place_of(list, name);
    if (!at || value.len > TEXT_VAR_MAX)
        return false;
    size_t others = *used - bytes_of_var(*at), bytes = sizeof **at + value.len;
    if (others + bytes > TEXT_VARS_BYTES_MAX)
        return false;
    struct text_var *next = *at ? (*at)->next : NULL;
    struct text_var *v = realloc(*at, bytes);
    ASSERT(v);
    *used = others + bytes;
    uint8_t *text = (uint8_t *)(v + 1);
    if (value.len)
        memcpy(text, value.p, value.len);
    *v = (struct text_var){.next = next, .name = name, .value = bytes_of(text, value.len)};
    *at = v;
    return true;
}

void flow_texts_free(struct text_var **list, size_t *used)
{
    while (*list) {
        struct text_var *v = *list;
        *list = v->next;
        *used -= bytes_of_var(v);
        free(v);
    }
}

void text_vars_json(const struct text_var *list, const struct names *names, const char *key,
                    struct json *j)
{
    if (!list)
        return;
    json_array(j, key);
    for (; list; list = list->next) {
        json_object(j, NULL);
        json_str_dynkey(j, list->key.p ? list->key : names->list[list->name], list->value);
        json_object_end(j);
    }
    json_array_end(j);
}
