/* sensor/detect/build.c - the tools keywords use to put a signature together. */
#include "sensor/detect/build.h"

#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

void *build_alloc(struct build *b, size_t n)
{
    return arena_alloc(b->arena, n);
}

const char *build_text(struct build *b, struct bytes text)
{
    return (const char *)arena_copy(b->arena, text).p;
}

int build_condition(struct build *b, condition_fn *match, const void *arg, struct err *err)
{
    if (b->condition_count == BUILD_CONDITIONS_MAX)
        return err_set(err, "rule has more than %d conditions", BUILD_CONDITIONS_MAX);
    b->conditions[b->condition_count++] = (struct condition){match, arg, b->written};
    return 0;
}

int build_late_condition(struct build *b, condition_fn *match, const void *arg, struct err *err)
{
    if (b->late_count == BUILD_LATE_MAX)
        return err_set(err, "rule has more than %d conditions beyond its flow", BUILD_LATE_MAX);
    b->late[b->late_count++] = (struct condition){match, arg, b->written};
    return 0;
}

int build_action(struct build *b, action_fn *run, const void *arg, struct err *err)
{
    if (b->action_count == BUILD_ACTIONS_MAX)
        return err_set(err, "rule has more than %d actions", BUILD_ACTIONS_MAX);
    b->actions[b->action_count++] = (struct action){run, arg};
    return 0;
}

/* fresh: a buffer with several instances is inspected anew at each naming. */
static struct build_list *list_for(struct build *b, const struct buffer *buffer, bool fresh,
                                   struct err *err)
{
    if (!(fresh && buffer->multi))
        for (size_t i = 0; i < b->list_count; i++)
            if (b->lists[i].buffer == buffer)
                return &b->lists[i];
    if (b->list_count == INSPECTIONS_MAX) {
        err_set(err, "rule looks at more than %d buffers", INSPECTIONS_MAX);
        return NULL;
    }
    struct build_list *l = &b->lists[b->list_count++];
    *l = (struct build_list){.buffer = buffer};
    return l;
}

static struct build_list *list_named(struct build *b, const char *name, bool fresh, struct err *err)
{
    const struct buffer *buffer = buffer_intern(b->ruleset, bytes_str(name), NULL, 0);
    if (!buffer) {
        err_set(err, "unknown buffer '%s'", name);
        return NULL;
    }
    enum app_proto proto = buffer_proto(buffer);
    if (proto != APP_UNKNOWN && build_require_proto(b, proto, err))
        return NULL;
    return list_for(b, buffer, fresh, err);
}

static void append(struct build_list *l, struct item *item)
{
    item->next = NULL;
    if (l->last)
        l->last->next = item;
    else
        l->first = item;
    l->last = item;
}

static struct item *add_item(struct build *b, struct build_list *l, const struct item_kind *kind,
                             const void *arg, bool relative)
{
    struct item *item = build_alloc(b, sizeof *item);
    b->last_list = l;
    *item = (struct item){.kind = kind, .arg = arg, .relative = relative, .written = b->written};
    append(l, item);
    return item;
}

struct item *build_item(struct build *b, const struct item_kind *kind, const void *arg,
                        bool relative, struct err *err)
{
    /* Without a sticky buffer, what is relative follows the item before it into its buffer. */
    struct build_list *l = b->sticky                  ? b->sticky
                           : relative && b->last_list ? b->last_list
                                                      : list_named(b, "payload", false, err);
    if (!l)
        return NULL;
    if (kind == &item_content)
        b->content_list = l;
    return add_item(b, l, kind, arg, relative);
}

struct item *build_item_on(struct build *b, const char *buffer, const struct item_kind *kind,
                           const void *arg, bool relative, struct err *err)
{
    /* Each keyword asks for itself: of several instances not all need to hold for the same. */
    struct build_list *l = list_named(b, buffer, !relative, err);
    return l ? add_item(b, l, kind, arg, relative) : NULL;
}

int build_sticky(struct build *b, const char *name, struct err *err)
{
    b->content = NULL;
    b->sticky = b->last_list = NULL;
    if (!name)
        return 0;
    b->sticky = list_named(b, name, true, err);
    return b->sticky ? 0 : -1;
}

static void take_out(struct build_list *l, struct item *item)
{
    struct item *before = NULL;
    for (struct item *i = l->first; i != item; i = i->next)
        before = i;
    if (before)
        before->next = item->next;
    else
        l->first = item->next;
    if (l->last == item)
        l->last = before;
}

int build_move_content(struct build *b, const char *legacy, struct err *err)
{
    const char *name = buffer_of_legacy(bytes_str(legacy));
    if (!name)
        return err_set(err, "unknown buffer '%s'", legacy);
    if (!b->content)
        return err_set(err, "needs a content before it");
    if (b->sticky)
        return err_set(err, "cannot follow a sticky buffer");
    if (strcmp(b->content_list->buffer->name, "payload") != 0)
        return err_set(err, "the content before looks at %s already",
                       b->content_list->buffer->name);
    if (b->content->flags & CONTENT_RAW)
        return err_set(err, "cannot go with rawbytes");
    struct build_list *to = list_named(b, name, false, err);
    if (!to)
        return -1;
    if (b->content->flags & CONTENT_RELATIVE)
        b->content->flags |= CONTENT_MOVED;
    take_out(b->content_list, b->content_item);
    append(to, b->content_item);
    b->content_list = b->last_list = to;
    return 0;
}

int build_transform(struct build *b, const struct transform_kind *kind, const void *arg,
                    struct bytes written, struct err *err)
{
    if (!b->sticky)
        return err_set(err, "needs a sticky buffer before it");
    const struct buffer *old = b->sticky->buffer;
    if (old->transform_count == TRANSFORMS_MAX)
        return err_set(err, "more than %d transforms", TRANSFORMS_MAX);
    struct transform all[TRANSFORMS_MAX];
    memcpy(all, old->transforms, sizeof all);
    all[old->transform_count] = (struct transform){kind, arg, arena_copy(b->arena, written)};
    const struct buffer *buffer =
        buffer_intern(b->ruleset, bytes_str(old->name), all, old->transform_count + 1u);
    /* A list that was opened for the plain buffer and is still empty goes again. */
    if (b->sticky == &b->lists[b->list_count - 1] && !b->sticky->first)
        b->list_count--;
    b->sticky = list_for(b, buffer, true, err);
    return b->sticky ? 0 : -1;
}

int build_require_proto(struct build *b, enum app_proto proto, struct err *err)
{
    struct signature *s = b->sig;
    bool narrower = s->any_http && proto == APP_HTTP2;
    if (s->proto == APP_SMB && proto == APP_DCERPC) /* the calls in SMB's pipes only */
        return 0;
    if (s->proto != APP_UNKNOWN && s->proto != proto && !narrower)
        return err_set(err, "rule is about %s already, not %s", app_proto_name(s->proto),
                       app_proto_name(proto));
    s->proto = proto;
    s->any_http &= !narrower;
    return 0;
}

int build_byte_var(struct build *b, struct bytes name, bool create, struct err *err)
{
    for (size_t i = 0; i < b->byte_var_count; i++)
        if (bytes_eq(b->byte_vars[i], name))
            return (int)i;
    if (!create)
        return err_set(err, "'%.*s' is no number and no byte_extract or byte_math sets it",
                       WORD_ARG(name));
    if (b->byte_var_count == BYTE_VARS_MAX)
        return err_set(err, "more than %d byte variables", BYTE_VARS_MAX);
    b->byte_vars[b->byte_var_count] = arena_copy(b->arena, name);
    return (int)b->byte_var_count++;
}
