/* keywords/flow.c - "flow:established,to_server;": state and direction. */
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

static bool established(const void *arg, struct inspect *in)
{
    (void)arg;
    return in->established;
}

static bool not_established(const void *arg, struct inspect *in)
{
    (void)arg;
    return in->flow && !in->established;
}

static bool only_frag(const void *arg, struct inspect *in)
{
    (void)arg;
    return in->packet->flags & PACKET_REASSEMBLED;
}

static bool no_frag(const void *arg, struct inspect *in)
{
    (void)arg;
    return !(in->packet->flags & PACKET_REASSEMBLED);
}

static int direction_option(struct build *b, enum direction dir, struct err *err)
{
    b->sig->dirs &= (uint8_t)DIR_BIT(dir);
    return b->sig->dirs ? 0 : err_set(err, "to_server and to_client exclude each other");
}

static bool is_direction(struct bytes word)
{
    return WORD_IS(word, "to_server") || WORD_IS(word, "from_client") ||
           WORD_IS(word, "to_client") || WORD_IS(word, "from_server");
}

static int flow_option(struct build *b, struct bytes word, struct err *err)
{
    if (WORD_IS(word, "established"))
        return build_condition(b, established, NULL, err);
    if (WORD_IS(word, "not_established"))
        return build_condition(b, not_established, NULL, err);
    if (WORD_IS(word, "stateless"))
        return 0;
    if (WORD_IS(word, "to_server") || WORD_IS(word, "from_client"))
        return direction_option(b, TO_SERVER, err);
    if (WORD_IS(word, "to_client") || WORD_IS(word, "from_server"))
        return direction_option(b, TO_CLIENT, err);
    if (WORD_IS(word, "only_frag"))
        return build_condition(b, only_frag, NULL, err);
    if (WORD_IS(word, "no_frag"))
        return build_condition(b, no_frag, NULL, err);
    if (WORD_IS(word, "only_stream"))
        b->only_stream = b->never_packet = true;
    else if (WORD_IS(word, "no_stream"))
        b->no_stream = true;
    else
        return err_set(err, "unknown option '%.*s'", WORD_ARG(word));
    return b->only_stream && b->no_stream
               ? err_set(err, "only_stream and no_stream exclude each other")
               : 0;
}

static int flow_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct bytes rest = word_unquote(value), word;
    bool more = false, directed = false;
    if (b->flow_settled)
        return err_set(err, "given twice");
    while (word_next(&rest, ',', &word)) {
        if (flow_option(b, word, err))
            return -1;
        *(is_direction(word) ? &directed : &more) = true;
    }
    /* A packet without a flow goes to the server; so much of it is asked, and no more. */
    if (more && (directed || !b->no_stream))
        b->sig->flags |= SIG_FLOW;
    b->flow_state |= more;
    b->flow_settled = more && !b->no_stream; /* these may be followed by another, as in Suricata */
    return 0;
}

const struct keyword keyword_flow = {
    .name = "flow",
    .summary = "state and direction of the flow",
    .example = "flow:established,to_server;",
    .parse = flow_parse,
};

/* Seconds from the flow's first packet to this one. */
static bool flow_age_match(const void *arg, struct inspect *in)
{
    const struct flow *f = in->flow;
    return f && number_range_holds(arg, f->last_us / 1000000 - f->first_us / 1000000);
}

const struct keyword keyword_flow_age = {
    .name = "flow.age",
    .summary = "seconds the flow has lasted",
    .example = "flow.age:>3600;",
    .flags = KEYWORD_PACKET,
    .parse = keyword_parse_u32,
    .match = flow_age_match,
};
