/* sensor/detect/build_finish.c - from option lists to what the packet path reads. */
#include "sensor/detect/build.h"
#include "sensor/detect/keywords/base64.h"
#include "sensor/detect/keywords/sizes.h"
#include "sensor/detect/mpm/fast_pattern.h"
#include "sensor/detect/ruleset.h"

/* Whether a content counts from the match before it so that another start of that may help: where a
 * "distance" alone finds nothing, a later start does not. Suricata asks no more than that, and does
 * not ask after a legacy modifier moved the content. */
static bool depends_on_start(const struct content *c)
{
    return (c->flags & (CONTENT_WITHIN | CONTENT_MOVED)) ||
           (c->flags & (CONTENT_DISTANCE | CONTENT_NEGATED)) ==
               (CONTENT_DISTANCE | CONTENT_NEGATED);
}

/* Whether what follows an item that searches depends on which of its occurrences was taken. Without
 * a sticky buffer, a number counts from the item just before it only. */
static bool relative_follows(const struct item *item, bool sticky)
{
    for (const struct item *i = item->next, *before = item; i; before = i, i = i->next) {
        if (i->kind->searches && item->kind == &item_content && i->kind == &item_content)
            return depends_on_start(i->arg);
        if (i->relative && (sticky || i->kind->searches || before == item))
            return true;
        if (i->kind->searches)
            return false;
    }
    return false;
}

/* Which items have second thoughts. */
static void settle_retries(struct item *item, const struct item *built, bool sticky)
{
    *item = *built;
    bool content = item->kind == &item_content;
    bool negated = content && ((const struct content *)item->arg)->flags & CONTENT_NEGATED;
    item->recurs = item->kind->searches && !negated;
    item->again = item->recurs && relative_follows(built, sticky);
    item->final = content && !negated;
}

static void lower_pattern(struct build *b, struct content *c)
{
    struct bytes copy = arena_copy(b->arena, c->pattern);
    uint8_t *p = (uint8_t *)(uintptr_t)copy.p;
    for (size_t i = 0; i < copy.len; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] |= 0x20;
    c->pattern = copy;
}

/* The least a buffer has to hold for the item. */
static uint32_t least_for(const struct item *item)
{
    const struct content *c = item->arg;
    if (item->kind == &item_isdataat)
        return isdataat_least(item->arg);
    if (item->kind != &item_content || (c->flags & CONTENT_NEGATED))
        return 0;
    bool placed = !(c->flags & (CONTENT_RELATIVE | CONTENT_OFFSET_VAR)) && c->offset > 0;
    return (placed ? (uint32_t)c->offset : 0) + (uint32_t)c->pattern.len;
}

static void settle_least(struct inspection *in)
{
    for (size_t i = 0; i < in->item_count && !in->items[i].kind->acts; i++) {
        uint32_t least = least_for(&in->items[i]);
        in->least = least > in->least ? least : in->least;
    }
}

static int flatten(struct build *b, const struct build_list *l, struct inspection *out,
                   struct err *err)
{
    size_t count = 0;
    for (const struct item *i = l->first; i; i = i->next)
        count++;
    if (count == 0)
        return err_set(err, "nothing is asked of buffer '%s'", l->buffer->name);
    *out = (struct inspection){.buffer = l->buffer, .item_count = (uint16_t)count};
    out->items = build_alloc(b, count * sizeof *out->items);
    size_t n = 0;
    for (const struct item *i = l->first; i; i = i->next) {
        settle_retries(&out->items[n++], i, l->buffer->kind != BUFFER_PAYLOAD);
        /* The keywords are done with it: the one place where a content still changes. */
        struct content *c = (struct content *)(uintptr_t)i->arg;
        if (i->kind == &item_content && l->buffer->any_case)
            c->flags |= CONTENT_NOCASE;
        if (i->kind == &item_content && (c->flags & CONTENT_NOCASE))
            lower_pattern(b, c);
    }
    settle_least(out);
    return 0;
}

static size_t count_kind(const struct build *b, enum buffer_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < b->list_count; i++)
        n += b->lists[i].buffer->kind == kind;
    return n;
}

static int place_list(struct build *b, const struct build_list *l, struct err *err)
{
    struct signature *s = b->sig;
    struct inspection *to = NULL;
    switch (l->buffer->kind) {
    case BUFFER_PAYLOAD:
        to = s->payload = build_alloc(b, sizeof *to);
        break;
    case BUFFER_PACKET:
        to = &s->packets[s->packet_count++];
        break;
    case BUFFER_APP:
    case BUFFER_FILES:
    case BUFFER_FRAME:
        to = &s->apps[s->app_count++];
        break;
    case BUFFER_BASE64:
        if (!b->base64)
            return err_set(err, "base64_data needs a base64_decode before it");
        to = &b->base64->data;
        break;
    }
    return flatten(b, l, to, err);
}

static int place_lists(struct build *b, struct err *err)
{
    struct signature *s = b->sig;
    s->packets = build_alloc(b, count_kind(b, BUFFER_PACKET) * sizeof *s->packets);
    size_t apps =
        count_kind(b, BUFFER_APP) + count_kind(b, BUFFER_FILES) + count_kind(b, BUFFER_FRAME);
    s->apps = build_alloc(b, apps * sizeof *s->apps);
    for (size_t i = 0; i < b->list_count; i++) {
        /* A legacy modifier may have taken the last content out of the payload. */
        bool emptied = b->lists[i].buffer->kind == BUFFER_PAYLOAD && !b->lists[i].first;
        if (!emptied && place_list(b, &b->lists[i], err))
            return -1;
    }
    return 0;
}

/* Some protocol has to have all buffers: nothing else can match. */
static int check_protocols(const struct signature *s, struct err *err)
{
    uint64_t common = UINT64_MAX;
    for (size_t i = 0; i < s->app_count; i++) {
        const struct buffer *buffer = s->apps[i].buffer;
        if (buffer->kind != BUFFER_APP)
            continue;
        common &= buffer_protos(buffer);
        if (common == 0)
            return err_set(err, "no protocol has both '%s' and '%s'", s->apps[0].buffer->name,
                           buffer->name);
    }
    return 0;
}

/* Every app buffer must exist in the direction that is left. */
static int settle_direction(struct build *b, struct err *err)
{
    struct signature *s = b->sig;
    for (size_t i = 0; i < s->app_count; i++) {
        const struct buffer *buffer = s->apps[i].buffer;
        if (buffer->kind == BUFFER_FRAME)
            continue;
        uint8_t dirs = buffer_dirs(buffer, s->proto);
        if (s->any_http)
            dirs |= buffer_dirs(buffer, APP_HTTP2);
        if (dirs == 0)
            return err_set(err, "buffer '%s' does not exist in %s", buffer->name,
                           app_proto_name(s->proto));
        if ((s->dirs & dirs) == 0)
            return err_set(err, "buffer '%s' does not go the way the rule looks", buffer->name);
        s->dirs &= dirs;
    }
    return 0;
}

static bool payload_is_placed(const struct signature *s)
{
    for (size_t i = 0; s->payload && i < s->payload->item_count; i++) {
        const struct item *item = &s->payload->items[i];
        if (item->kind == &item_content &&
            (((const struct content *)item->arg)->flags & (CONTENT_DEPTH | CONTENT_OFFSET)))
            return true;
    }
    return false;
}

/* Packet bytes, stream bytes or both: for TCP the stream, and the packet too when the rule says
 * where in it a content stands, as Suricata decides it. */
static void settle_payload(struct build *b)
{
    struct signature *s = b->sig;
    if (b->no_stream || b->packet_payload)
        s->flags |= SIG_PACKET;
    if (b->only_stream)
        s->flags |= SIG_STREAM;
    if (b->never_packet)
        s->flags |= SIG_STREAM_ONLY;
    if (!s->payload || (s->flags & (SIG_PACKET | SIG_STREAM)))
        return;
    if (!signature_wants_proto(s, IPP_TCP)) {
        s->flags |= SIG_PACKET;
        return;
    }
    s->flags |= SIG_STREAM;
    if (b->packet_too || payload_is_placed(s))
        s->flags |= SIG_PACKET;
}

/* Contents that are there, wherever, and what follows them: where the bytes looked at begin makes
 * no difference. */
static bool is_placeless(const struct inspection *in)
{
    const uint32_t fixed =
        CONTENT_NEGATED | CONTENT_OFFSET | CONTENT_DEPTH | CONTENT_STARTS | CONTENT_ENDS;
    if (in->items[0].relative) /* to where the bytes begin */
        return false;
    for (size_t i = 0; i < in->item_count; i++) {
        const struct item *item = &in->items[i];
        const struct content *c = item->arg;
        if (item->kind == &item_content ? (c->flags & fixed) != 0 : !item->relative)
            return false;
    }
    return true;
}

/* Negated addresses make a rule look at every packet, though it says nothing else. */
static bool is_ip_only(const struct build *b)
{
    const struct ruleset *rs = b->ruleset;
    return !rs->addresses[b->sig->src_set].negated && !rs->addresses[b->sig->dst_set].negated;
}

/* Suricata's prefilter looks for a content of a payload that must be absent when a rule has no
 * other, and rules it out wherever it stands: endswith means nothing then. */
static void settle_absence(struct build *b)
{
    struct content *bare = NULL;
    for (size_t i = 0; i < b->list_count; i++)
        for (struct item *item = b->lists[i].first; item; item = item->next) {
            struct content *c = (struct content *)(uintptr_t)item->arg;
            if (item->kind != &item_content)
                continue;
            if (!(c->flags & CONTENT_NEGATED))
                return;
            if (b->lists[i].buffer->kind == BUFFER_PAYLOAD &&
                !(c->flags & (CONTENT_RELATIVE | CONTENT_OFFSET | CONTENT_DEPTH)))
                bare = c;
        }
    if (!bare)
        return;
    bare->flags &= ~(uint32_t)CONTENT_ENDS;
    b->sig->flags |= SIG_ABSENCE;
}

static bool no_match(const void *arg, struct inspect *in)
{
    (void)arg;
    (void)in;
    return false;
}

/* flow:only_stream holds for a match in the stream; a rule without one, or about transactions, has
 * none when it is asked. */
static int settle_only_stream(struct build *b, struct err *err)
{
    const struct signature *s = b->sig;
    bool never = b->never_packet && (!s->payload || s->app_count);
    return never ? build_condition(b, no_match, NULL, err) : 0;
}

static void settle_kind(struct build *b)
{
    struct signature *s = b->sig;
    bool bytes = s->payload || s->packet_count || s->app_count;
    if (s->app_count)
        s->flags |= b->frames ? SIG_APP_FRAME : SIG_TX;
    if (bytes)
        return;
    if (b->event_condition && !b->other_condition)
        s->flags |= SIG_EVENT_ONLY;
    else if (b->proto_condition && !b->other_condition && !b->flow_state)
        s->flags |= SIG_PROTO_ONLY;
    else if (s->proto == APP_UNKNOWN && !b->ip_only_spoiled)
        s->flags |= is_ip_only(b) ? SIG_IP_ONLY : SIG_FLOW_ACTION;
    else if (b->condition_count + b->late_count == 0)
        s->flags |= SIG_FLOW_ACTION;
}

static void keep_conditions(struct build *b)
{
    struct signature *s = b->sig;
    s->conditions = build_alloc(b, b->condition_count * sizeof *s->conditions);
    s->actions = build_alloc(b, b->action_count * sizeof *s->actions);
    if (b->condition_count)
        memcpy(s->conditions, b->conditions, b->condition_count * sizeof *s->conditions);
    if (b->action_count)
        memcpy(s->actions, b->actions, b->action_count * sizeof *s->actions);
    s->late = build_alloc(b, b->late_count * sizeof *s->late);
    if (b->late_count)
        memcpy(s->late, b->late, b->late_count * sizeof *s->late);
    s->late_count = (uint8_t)b->late_count;
    s->condition_count = (uint8_t)b->condition_count;
    s->action_count = (uint8_t)b->action_count;
}

static void settle_file_needs(struct build *b)
{
    struct signature *s = b->sig;
    struct app_file_wants *w = &b->ruleset->file_wants;
    for (size_t i = 0; i < s->app_count; i++) {
        if (strcmp(s->apps[i].buffer->name, "file.name") == 0)
            s->file_needs |= FILE_NEED_NAME;
        if (strcmp(s->apps[i].buffer->name, "file.magic") == 0)
            s->file_needs |= FILE_NEED_MAGIC;
    }
    w->digests |= s->file_needs & (FILE_NEED_MD5 | FILE_NEED_SHA1 | FILE_NEED_SHA256);
    w->magic |= (s->file_needs & FILE_NEED_MAGIC) != 0;
    w->store |= (s->file_needs & FILE_NEED_STORE) != 0;
}

/* They have their own time to be looked at. */
static int check_frames(const struct build *b, struct err *err)
{
    const struct signature *s = b->sig;
    if (!b->frames)
        return 0;
    for (size_t i = 0; i < s->app_count; i++)
        if (s->apps[i].buffer->kind != BUFFER_FRAME)
            return err_set(err, "frames and '%s' cannot go together", s->apps[i].buffer->name);
    if (s->payload)
        return err_set(err, "frames and the payload cannot go together");
    for (size_t i = 0; i < s->app_count; i++)
        b->ruleset->frame_wants[s->apps[i].buffer->frame_proto] |= 1u
                                                                   << s->apps[i].buffer->frame_type;
    return 0;
}

int build_finish(struct build *b, struct err *err)
{
    settle_absence(b);
    if (build_check(b, err) || place_lists(b, err) || check_protocols(b->sig, err) ||
        settle_direction(b, err) || check_frames(b, err))
        return -1;
    settle_payload(b);
    if ((b->sig->flags & SIG_STREAM) && b->sig->payload && is_placeless(b->sig->payload))
        b->sig->flags |= SIG_SPANS;
    if (settle_only_stream(b, err))
        return -1;
    settle_kind(b);
    settle_file_needs(b);
    keep_conditions(b);
    fast_pattern_choose(b->sig);
    build_public(b);
    return 0;
}
