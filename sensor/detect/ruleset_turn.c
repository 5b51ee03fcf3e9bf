/* sensor/detect/ruleset_turn.c - rules about payload that a flowbit makes rules about transactions.
 *
 * When a rule with a buffer sets a flowbit and only rules without one ask for it, those would come
 * too early, before the transactions of their packet. So they are asked beside each transaction
 * instead, and match in the very packet that sets the bit. As in Suricata, a buffer of headers or
 * of a frame is one too, and "toggle" and "isnotset" do not count. */
#include "sensor/detect/keywords/flowbits.h"
#include "sensor/detect/ruleset.h"

enum bit_use {
    BIT_SET = 1 << 0,   /* by a rule with a buffer */
    BIT_ASKED = 1 << 1, /* by isset, in a rule with a buffer */
};

static bool has_buffers(const struct signature *s)
{
    return s->app_count || s->packet_count || (s->flags & SIG_TX_EVENT);
}

static void note_use(const struct signature *s, uint8_t *uses)
{
    for (size_t i = 0; i < s->action_count; i++) {
        const struct flowbits *f = flowbits_set(&s->actions[i]);
        if (f)
            uses[f->bits[0]] |= BIT_SET;
    }
    for (size_t i = 0; i < s->condition_count; i++) {
        const struct flowbits *f = flowbits_asked(&s->conditions[i]);
        for (size_t k = 0; f && k < f->count; k++)
            uses[f->bits[k]] |= BIT_ASKED;
    }
}

static bool asks_for_such(const struct signature *s, const uint8_t *uses)
{
    for (size_t i = 0; i < s->condition_count; i++) {
        const struct flowbits *f = flowbits_asked(&s->conditions[i]);
        for (size_t k = 0; f && k < f->count; k++)
            if (uses[f->bits[k]] == BIT_SET)
                return true;
    }
    return false;
}

/* flow:only_stream does not hold beside a transaction, so such a rule looks in no direction. */
static void turn(struct signature *s)
{
    s->flags |= SIG_TX | SIG_TURNED;
    if (s->flags & SIG_STREAM_ONLY)
        s->dirs = 0;
}

void ruleset_turn(struct ruleset *rs)
{
    uint8_t *uses = calloc(rs->flowbits.count + 1, sizeof *uses);
    ASSERT(uses);
    for (size_t i = 0; i < rs->count; i++)
        if (has_buffers(rs->signatures[i]))
            note_use(rs->signatures[i], uses);
    for (size_t i = 0; i < rs->count; i++) {
        struct signature *s = rs->signatures[i];
        if (s->payload && !has_buffers(s) && asks_for_such(s, uses))
            turn(s);
    }
    free(uses);
}
