/* sensor/detect/flow_vars.c - the block detect hangs on a flow. */
#include "sensor/detect/flow_vars.h"

#include "sensor/detect/ruleset.h"
#include "sensor/detect/text_vars.h"

static size_t word_count(const struct ruleset *rs)
{
    return (rs->flowbits.count + 63) / 64;
}

size_t flow_vars_bytes(const struct ruleset *rs)
{
    return sizeof(struct flow_vars) + word_count(rs) * sizeof(uint64_t) +
           rs->flowints.count * sizeof(struct flow_int);
}

void flow_vars_init(struct flow_vars *v, const struct ruleset *rs)
{
    memset(v, 0, flow_vars_bytes(rs));
    v->serial = rs->serial;
    v->words = (uint16_t)word_count(rs);
    v->ints = (uint16_t)rs->flowints.count;
}

void flow_vars_carry(struct flow_vars *v, struct flow_vars *from)
{
    struct flow_vars own = *v;
    *v = *from;
    v->serial = own.serial;
    v->has_header = false; /* that was the other set's */
    v->group_ids[0] = v->group_ids[1] = 0;
    v->groups[0] = v->groups[1] = NULL;
    v->words = own.words;
    v->ints = own.ints;
    memcpy(flow_bits(v), flow_bits(from), from->words * sizeof(uint64_t));
    memcpy(flow_ints(v), flow_ints(from), from->ints * sizeof(struct flow_int));
}

#define TRAFFIC_ID    BYTES_LIT("traffic/id/")
#define TRAFFIC_LABEL BYTES_LIT("traffic/label/")

static bool is_set_below(const struct ruleset *rs, const struct flow_vars *v, unsigned i,
                         struct bytes prefix)
{
    return flow_bit(v, i) && bytes_starts(rs->flowbits.list[i], prefix);
}

static void traffic_list(const struct ruleset *rs, const struct flow_vars *v, struct bytes prefix,
                         const char *key, struct json *j)
{
    bool any = false;
    for (unsigned i = 0; i < rs->flowbits.count; i++) {
        if (!is_set_below(rs, v, i, prefix))
            continue;
        if (!any)
            json_array(j, key);
        any = true;
        json_str(j, NULL, bytes_slice(rs->flowbits.list[i], prefix.len, SIZE_MAX));
    }
    if (any)
        json_array_end(j);
}

/* Flowbits called "traffic/id/..." and "traffic/label/..." tell what the flow carries. */
static void traffic_json(const struct ruleset *rs, const struct flow_vars *v, struct json *j)
{
    bool any = false;
    for (unsigned i = 0; i < rs->flowbits.count; i++)
        any |= is_set_below(rs, v, i, TRAFFIC_ID) || is_set_below(rs, v, i, TRAFFIC_LABEL);
    if (!any)
        return;
    json_object(j, "traffic");
    traffic_list(rs, v, TRAFFIC_ID, "id", j);
    traffic_list(rs, v, TRAFFIC_LABEL, "label", j);
    json_object_end(j);
}

static bool has_bits(struct flow_vars *v)
{
    for (size_t i = 0; i < v->words; i++)
        if (flow_bits(v)[i])
            return true;
    return false;
}

static bool has_ints(struct flow_vars *v)
{
    for (size_t i = 0; i < v->ints; i++)
        if (flow_ints(v)[i].set)
            return true;
    return false;
}

bool detect_flow_is_marked(const struct flow *f)
{
    struct flow_vars *v = f->vars;
    return v && (v->texts || v->tags.count || has_bits(v) || has_ints(v));
}

void detect_vars_json(const struct ruleset *rs, const struct flow *f, const struct text_var *packet,
                      struct json *j)
{
    struct flow_vars *v = f ? f->vars : NULL;
    bool bits = v && has_bits(v), ints = v && has_ints(v), texts = v && v->texts;
    if (!bits && !ints && !texts && !packet)
        return;
    if (v)
        traffic_json(rs, v, j);
    json_object(j, "metadata");
    if (bits) {
        json_array(j, "flowbits");
        for (unsigned i = 0; i < rs->flowbits.count; i++)
            if (flow_bit(v, i))
                json_str(j, NULL, rs->flowbits.list[i]);
        json_array_end(j);
    }
    if (ints) {
        json_object(j, "flowints");
        for (size_t i = 0; i < v->ints; i++)
            if (flow_ints(v)[i].set)
                json_u64(j, (const char *)rs->flowints.list[i].p, flow_ints(v)[i].value);
        json_object_end(j);
    }
    text_vars_json(texts ? v->texts : NULL, &rs->texts, "flowvars", j);
    text_vars_json(packet, &rs->texts, "pktvars", j);
    json_object_end(j);
}
