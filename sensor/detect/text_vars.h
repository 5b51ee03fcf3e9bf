/* sensor/detect/text_vars.h - pieces of traffic that expressions caught, kept under a name with a
 * flow (until it ends) or a packet. */
#ifndef DETECT_TEXT_VARS_H
#define DETECT_TEXT_VARS_H
#include "common/arena.h"
#include "common/json.h"
#include "sensor/detect/names.h"

/* Of one flow and of all flows of a worker: hostile traffic may not make rules hoard. More, and
 * longer pieces, are not kept. */
#define FLOW_TEXTS_MAX      16
#define TEXT_VAR_MAX        1024
#define TEXT_VARS_BYTES_MAX ((size_t)32 << 20)

struct text_var {
    struct text_var *next;
    uint16_t name;    /* in ruleset.texts, unless ... */
    struct bytes key; /* ... its name comes from the traffic, too: .p set */
    struct bytes value;
};

/* Sets the flow's piece of that name; allocated here, freed by flow_texts_free. *used: bytes of the
 * worker's budget. False: not kept, what was there before stays. */
bool flow_text_set(struct text_var **list, uint16_t name, struct bytes value, size_t *used);
const struct text_var *text_var_find(const struct text_var *list, uint16_t name);
void flow_texts_free(struct text_var **list, size_t *used);
/* [{"name":"value"}, ...] under key; nothing for an empty list. */
void text_vars_json(const struct text_var *list, const struct names *names, const char *key,
                    struct json *j);

#endif
