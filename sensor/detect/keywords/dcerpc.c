/* keywords/dcerpc.c - which call of which interface, over DCE/RPC's own flows and SMB's pipes.
 *
 * Both look at requests once their first fragment is there. An interface counts when the server
 * accepted it: on a flow of DCE/RPC in its latest answer to a bind, and with the context id of the
 * call; in SMB whatever the call's context id says, as in Suricata. */
#include "sensor/app/protocols/dcerpc.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

#define CALL        "dcerpc.opnum" /* the number that every request has */
#define RANGES_MAX  64
#define UUID_DIGITS 32

/* ---- dcerpc.iface ---- */
struct iface {
    uint8_t uuid[UUID_DIGITS / 2];
    bool any_version, any_fragment;
    struct number_range version;
};

static bool is_wanted(const struct iface *want, const struct dce_interface *i)
{
    return i->acked && i->result == 0 && memcmp(i->uuid, want->uuid, sizeof want->uuid) == 0 &&
           (want->any_version || number_range_holds(&want->version, i->version));
}

static uint32_t latest_answered(const struct dce_interfaces *bound)
{
    for (unsigned i = bound->count; i-- > 0;)
        if (bound->list[i].acked)
            return bound->list[i].bind;
    return 0;
}

static enum item_verdict iface_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct iface *want = arg;
    const struct dce_interfaces *bound;
    const struct dcerpc_call *call = dcerpc_tx_call(w->in->tx, &bound);
    bool piped = w->in->tx->proto == APP_SMB;
    uint32_t latest = latest_answered(bound);
    for (unsigned i = 0; i < bound->count; i++) {
        const struct dce_interface *f = &bound->list[i];
        bool meant = piped || (f->bind == latest && f->context_id == call->context_id &&
                               (f->first || want->any_fragment));
        if (meant && is_wanted(want, f))
            return ITEM_YES;
    }
    return ITEM_STOP;
}

static const struct item_kind item_iface = {.name = "dcerpc.iface", .match = iface_match};

/* "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", the dashes may be left out. */
static bool parse_uuid(struct bytes t, uint8_t out[UUID_DIGITS / 2])
{
    size_t n = 0;
    bool dashed = t.len == UUID_DIGITS + 4;
    for (size_t i = 0; i < t.len; i++) {
        bool dash = dashed && (i == 8 || i == 13 || i == 18 || i == 23);
        int d = dash ? 0 : word_hex_digit(t.p[i]);
        if (d < 0 || (dash && t.p[i] != '-') || (!dash && n == UUID_DIGITS))
            return false;
        if (dash)
            continue;
        out[n / 2] = (uint8_t)(out[n / 2] << 4 | d);
        n++;
    }
    return n == UUID_DIGITS;
}

static int iface_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct iface *want = build_alloc(b, sizeof *want);
    struct bytes rest = word_unquote(value), uuid, option;
    if (!word_next(&rest, ',', &uuid) || !parse_uuid(uuid, want->uuid))
        return err_set(err, "'%.*s' does not begin with a UUID", WORD_ARG(value));
    want->any_version = true;
    while (word_next(&rest, ',', &option)) {
        bool fragment = WORD_IS(option, "any_frag");
        if (want->any_fragment || (!fragment && !want->any_version))
            return err_set(err, "is not 'uuid,version,any_frag'");
        if (fragment)
            want->any_fragment = true;
        else if (number_range_parse(option, UINT16_MAX, &want->version, err))
            return -1;
        want->any_version &= fragment;
    }
    if (build_require_proto(b, APP_DCERPC, err))
        return -1;
    return build_item_on(b, CALL, &item_iface, want, false, err) ? 0 : -1;
}

/* ---- dcerpc.opnum ---- */
struct opnums {
    size_t count;
    struct number_range ranges[RANGES_MAX];
};

static enum item_verdict opnum_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct opnums *want = arg;
    const struct dce_interfaces *bound;
    const struct dcerpc_call *call = dcerpc_tx_call(w->in->tx, &bound);
    for (size_t i = 0; i < want->count; i++)
        if (number_range_holds(&want->ranges[i], call->opnum))
            return ITEM_YES;
    return ITEM_STOP;
}

static const struct item_kind item_opnum = {.name = "dcerpc.opnum", .match = opnum_match};

/* "15" or "15-18", both ends included. */
static bool parse_opnum(struct bytes t, struct number_range *out)
{
    struct bytes low;
    int64_t from, to;
    if (!word_next(&t, '-', &low) || !number_parse(low, 0, UINT32_MAX, &from))
        return false;
    to = from;
    if (t.p && (!number_parse(t, 0, UINT32_MAX, &to) || to < from))
        return false;
    *out = (struct number_range){.low = (uint64_t)from, .high = (uint64_t)to};
    return true;
}

static int opnum_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct opnums *want = build_alloc(b, sizeof *want);
    struct bytes rest = word_unquote(value), range;
    while (word_next(&rest, ',', &range)) {
        if (want->count == RANGES_MAX)
            return err_set(err, "more than %d numbers and ranges", RANGES_MAX);
        if (!parse_opnum(range, &want->ranges[want->count++]))
            return err_set(err, "'%.*s' is no number or range like 15-18", WORD_ARG(range));
    }
    if (build_require_proto(b, APP_DCERPC, err))
        return -1;
    return build_item_on(b, CALL, &item_opnum, want, false, err) ? 0 : -1;
}

const struct keyword keyword_dcerpc_iface = {
    .name = "dcerpc.iface",
    .aliases = "dce_iface",
    .summary = "a call of this accepted interface",
    .example = "dcerpc.iface:367abb81-9844-35f1-ad32-98f038001003,=2,any_frag;",
    .parse = iface_parse,
};
const struct keyword keyword_dcerpc_opnum = {
    .name = "dcerpc.opnum",
    .aliases = "dce_opnum",
    .summary = "a call of one of these operations",
    .example = "dcerpc.opnum:15,20-23;",
    .parse = opnum_parse,
};
