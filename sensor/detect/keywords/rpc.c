/* keywords/rpc.c - "rpc:100003,3,*" asks for an RPC call by program, version and procedure.
 *
 * Looks at the packet's own payload, where the call has to begin: over TCP behind the length of its
 * record. Source: RFC 5531 sections 9 and 11. */
#include "common/cursor.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

#define CALL 0

struct rpc {
    uint32_t number[3]; /* program, version, procedure */
    bool asked[3];
};

static bool rpc_match(const void *arg, struct inspect *in)
{
    const struct rpc *want = arg;
    const struct packet *p = in->packet;
    struct cursor c = cursor_over(p->payload);
    if (p->proto != IPP_TCP && p->proto != IPP_UDP)
        return false;
    cursor_skip(&c, p->proto == IPP_TCP ? 8 : 4); /* record's length; transaction id */
    bool fits = cursor_u32(&c) == CALL;
    cursor_skip(&c, 4); /* RPC's version */
    for (size_t i = 0; i < 3; i++)
        fits &= cursor_u32(&c) == want->number[i] || !want->asked[i];
    return fits && cursor_ok(&c);
}

static int rpc_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct rpc *want = build_alloc(b, sizeof *want);
    struct bytes rest = word_unquote(value), word;
    int64_t n;
    *arg = want;
    for (size_t i = 0; word_next(&rest, ',', &word); i++) {
        bool any = i > 0 && bytes_eq(word, BYTES_LIT("*"));
        if (i == 3 || (!any && !number_parse(word, 0, UINT32_MAX, &n)))
            return err_set(err, "'%.*s' is not 'program,version,procedure'", WORD_ARG(value));
        want->asked[i] = !any;
        want->number[i] = any ? 0 : (uint32_t)n;
    }
    return 0;
}

const struct keyword keyword_rpc = {
    .name = "rpc",
    .summary = "an RPC call: program, version, procedure",
    .example = "rpc:100003,3,*;",
    .flags = KEYWORD_PACKET,
    .parse = rpc_parse,
    .match = rpc_match,
};
