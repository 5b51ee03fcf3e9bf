/* mpm/prefilter.c - the matchers of a rule set: one for each buffer and direction. */
#include "sensor/detect/mpm/prefilter.h"

#include "sensor/detect/mpm/fast_pattern.h"

static bool payload_wants(const struct signature *s, enum payload_kind kind)
{
    switch (kind) {
    case PAYLOAD_TCP_STREAM:
        return signature_wants_proto(s, IPP_TCP) && (s->flags & SIG_STREAM);
    case PAYLOAD_TCP_PACKET:
        return signature_wants_proto(s, IPP_TCP) && (s->flags & SIG_PACKET);
    case PAYLOAD_UDP:
        return signature_wants_proto(s, IPP_UDP);
    default:
        for (unsigned p = 0; p < 256; p++)
            if (p != IPP_TCP && p != IPP_UDP && signature_wants_proto(s, (uint8_t)p))
                return true;
        return false;
    }
}

static void add_rule(struct matcher_builder *b, const struct signature *s)
{
    matcher_add(b, fast_pattern_bytes(s->fast), s->fast->flags & CONTENT_NOCASE,
                fast_pattern_is_whole(s), fast_pattern_ends_by(s->fast), s->index);
}

static struct matcher *build(struct prefilter *p, struct matcher_builder *b)
{
    struct matcher *m = matcher_build(b, p->matcher_count);
    p->matcher_count += m != NULL;
    return m;
}

static void build_payload(struct prefilter *p, const struct ruleset *rs)
{
    for (unsigned kind = 0; kind < PAYLOAD_KINDS; kind++)
        for (unsigned dir = 0; dir < 2; dir++) {
            struct matcher_builder b = {0};
            for (size_t i = 0; i < rs->count; i++) {
                const struct signature *s = rs->signatures[i];
                if (s->fast && s->fast_buffer->kind == BUFFER_PAYLOAD && (s->dirs & DIR_BIT(dir)) &&
                    payload_wants(s, (enum payload_kind)kind))
                    add_rule(&b, s);
            }
            p->payload[kind][dir] = build(p, &b);
        }
}

/* Whether b is nothing but the body of an answer wherever rules can name it. */
static bool is_answer(const struct buffer *b)
{
    for (int proto = 0; proto < APP_PROTO_COUNT; proto++)
        if (b->kind == BUFFER_APP && b->transform_count == 0 && b->rows[proto][TO_CLIENT] &&
            (b->rows[proto][TO_CLIENT]->flags & APP_BUFFER_ANSWER))
            return true;
    return false;
}

/* Bytes that several buffers share are scanned once for all of them. */
static void build_answer(struct prefilter *p, const struct ruleset *rs)
{
    struct matcher_builder b = {0};
    size_t shared = 0;
    for (size_t i = 0; i < rs->buffer_count; i++)
        shared += is_answer(rs->buffers[i]) && p->app[TO_CLIENT][i];
    for (size_t i = 0; shared > 1 && i < rs->count; i++) {
        const struct signature *s = rs->signatures[i];
        if (s->fast && is_answer(s->fast_buffer) && (s->dirs & DIR_BIT(TO_CLIENT)))
            add_rule(&b, s);
    }
    p->answer = build(p, &b);
}

static void build_app(struct prefilter *p, const struct ruleset *rs, unsigned dir)
{
    struct matcher_builder *b = calloc(rs->buffer_count + 1, sizeof *b);
    ASSERT(b);
    for (size_t i = 0; i < rs->count; i++) {
        const struct signature *s = rs->signatures[i];
        if (s->fast &&
            (s->fast_buffer->kind == BUFFER_APP || s->fast_buffer->kind == BUFFER_FRAME) &&
            (s->dirs & DIR_BIT(dir)))
            add_rule(&b[s->fast_buffer->id], s);
    }
    for (size_t i = 0; i < rs->buffer_count; i++)
        p->app[dir][i] = build(p, &b[i]);
    free(b);
}

/* What scans the buffer; NULL: nothing, or another one that is the same bytes. */
static const struct matcher *matcher_of(const struct prefilter *p, const struct buffer *b,
                                        const struct app_buffer *row, unsigned dir)
{
    if (!p->answer || dir != TO_CLIENT || !(row->flags & APP_BUFFER_ANSWER) || !is_answer(b))
        return p->app[dir][b->id];
    return row->flags & APP_BUFFER_MULTI ? p->answer : NULL;
}

static void list_matchers(struct prefilter *p, const struct ruleset *rs, int proto, unsigned dir)
{
    struct tx_matcher *list = calloc(rs->buffer_count + 1, sizeof *list);
    ASSERT(list);
    size_t n = 0;
    for (size_t i = 0; i < rs->buffer_count; i++) {
        const struct app_buffer *row = rs->buffers[i]->rows[proto][dir];
        const struct matcher *m = row ? matcher_of(p, rs->buffers[i], row, dir) : NULL;
        if (m)
            list[n++] = (struct tx_matcher){rs->buffers[i], row, m};
    }
    p->tx[proto][dir] = list;
    p->tx_count[proto][dir] = n;
}

/* Progress a transaction needs for all buffers of s; false when s has none in this protocol. */
static bool plain_rule(const struct signature *s, int proto, unsigned dir, struct tx_rule *out)
{
    if (!(s->flags & SIG_TX) || s->fast || !(s->dirs & DIR_BIT(dir)) ||
        !signature_wants_app(s, (enum app_proto)proto))
        return false;
    *out = (struct tx_rule){.signature = s, .again = s->flags & (SIG_TX_EVENT | SIG_TURNED)};
    for (size_t i = 0; i < s->app_count; i++) {
        const struct app_buffer *row = s->apps[i].buffer->rows[proto][dir];
        if (!row)
            return false;
        if (row->progress[dir] > out->progress)
            out->progress = row->progress[dir];
        out->again |= (row->flags & APP_BUFFER_GROWS) != 0;
        out->files |= (row->flags & APP_BUFFER_FILES) != 0;
    }
    return true;
}

/* A growing buffer tells how far the body has come: a lone one, or one with several instances. */
static const struct app_buffer *find_body(int proto, unsigned dir, bool several)
{
    size_t count;
    const struct app_buffer *rows = app_buffers((enum app_proto)proto, &count);
    for (size_t i = 0; i < count; i++) {
        unsigned way = dir == TO_SERVER ? APP_BUFFER_TO_SERVER : APP_BUFFER_TO_CLIENT;
        if ((rows[i].flags & way) && (rows[i].flags & APP_BUFFER_GROWS) &&
            ((rows[i].flags & APP_BUFFER_MULTI) != 0) == several && !rows[i].number)
            return &rows[i];
    }
    return NULL;
}

static void list_plain(struct prefilter *p, const struct ruleset *rs, int proto, unsigned dir)
{
    struct tx_rule rule;
    size_t n = 0;
    for (size_t i = 0; i < rs->count; i++)
        n += plain_rule(rs->signatures[i], proto, dir, &rule);
    p->plain[proto][dir] = calloc(n + 1, sizeof rule);
    ASSERT(p->plain[proto][dir]);
    for (size_t i = 0; i < rs->count; i++)
        if (plain_rule(rs->signatures[i], proto, dir, &rule))
            p->plain[proto][dir][p->plain_count[proto][dir]++] = rule;
}

static void list_app_frames(struct prefilter *p, const struct ruleset *rs)
{
    p->frame_buffers = calloc(rs->buffer_count + 1, sizeof *p->frame_buffers);
    p->frame_rules = calloc(rs->count + 1, sizeof *p->frame_rules);
    ASSERT(p->frame_buffers && p->frame_rules);
    for (size_t i = 0; i < rs->buffer_count; i++)
        if (rs->buffers[i]->kind == BUFFER_FRAME)
            p->frame_buffers[p->frame_buffer_count++] = rs->buffers[i];
    for (size_t i = 0; i < rs->count; i++)
        if ((rs->signatures[i]->flags & SIG_APP_FRAME) && !rs->signatures[i]->fast)
            p->frame_rules[p->frame_rule_count++] = rs->signatures[i];
}

struct prefilter *prefilter_new(const struct ruleset *rs)
{
    struct prefilter *p = calloc(1, sizeof *p);
    ASSERT(p);
    p->app_count = rs->buffer_count;
    build_payload(p, rs);
    for (unsigned dir = 0; dir < 2; dir++) {
        p->app[dir] = calloc(rs->buffer_count + 1, sizeof *p->app[dir]);
        ASSERT(p->app[dir]);
        build_app(p, rs, dir);
        if (dir == TO_CLIENT)
            build_answer(p, rs);
        for (int proto = 0; proto < APP_PROTO_COUNT; proto++) {
            list_matchers(p, rs, proto, dir);
            list_plain(p, rs, proto, dir);
            p->body[proto][dir] = find_body(proto, dir, false);
            p->files[proto][dir] = find_body(proto, dir, true);
        }
    }
    list_app_frames(p, rs);
    return p;
}

void prefilter_free(struct prefilter *p)
{
    if (!p)
        return;
    for (unsigned dir = 0; dir < 2; dir++) {
        for (unsigned kind = 0; kind < PAYLOAD_KINDS; kind++)
            matcher_free(p->payload[kind][dir]);
        for (size_t i = 0; p->app[dir] && i < p->app_count; i++)
            matcher_free(p->app[dir][i]);
        free(p->app[dir]);
        for (int proto = 0; proto < APP_PROTO_COUNT; proto++) {
            free(p->tx[proto][dir]);
            free(p->plain[proto][dir]);
        }
    }
    matcher_free(p->answer);
    free(p->frame_buffers);
    free(p->frame_rules);
    free(p);
}

void prefilter_grow_seen(const struct prefilter *p, struct literals_seen *s)
{
    if (p->answer)
        matcher_grow_seen(p->answer, s);
    for (unsigned dir = 0; dir < 2; dir++) {
        for (unsigned kind = 0; kind < PAYLOAD_KINDS; kind++)
            if (p->payload[kind][dir])
                matcher_grow_seen(p->payload[kind][dir], s);
        for (size_t i = 0; i < p->app_count; i++)
            if (p->app[dir][i])
                matcher_grow_seen(p->app[dir][i], s);
    }
}
