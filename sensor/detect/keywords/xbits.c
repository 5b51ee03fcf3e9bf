/* keywords/xbits.c - marks on hosts and pairs of hosts: "xbits" and the older "hostbits".
 *
 * Both name the same marks of a host. What is asked waits for its turn (shared.h), so it is asked
 * last, once everything else of the rule holds. */
#include <xxhash.h>

#include "common/text.h"
#include "sensor/detect/keywords/bit_command.h"
#include "sensor/detect/shared.h"
#include "sensor/detect/worker_state.h"

#define XBITS_EXPIRE_S    30
#define HOSTBITS_EXPIRE_S 300

enum xbits_track { XBITS_SRC, XBITS_DST, XBITS_PAIR };
struct xbits {
    uint64_t name; /* its hash */
    enum xbits_track track;
    uint32_t expire_s;
};

static uint64_t key_of(const struct xbits *x, const struct inspect *in)
{
    const struct addr *src = inspect_src(in), *dst = inspect_dst(in);
    return host_bit_key(x->name, x->track == XBITS_DST ? dst : src,
                        x->track == XBITS_PAIR ? dst : NULL);
}

static uint64_t now_s(const struct inspect *in)
{
    return in->packet->ts_us / 1000000;
}

static bool is_set(const void *arg, struct inspect *in)
{
    struct shared *s = shared_enter(in->detect);
    if (!s)
        return false;
    bool set = host_bit_is_set(&s->bits, key_of(arg, in), now_s(in));
    shared_leave(s);
    return set;
}

static bool is_not_set(const void *arg, struct inspect *in)
{
    return !is_set(arg, in);
}

static void set(const void *arg, struct inspect *in)
{
    const struct xbits *x = arg;
    struct shared *s = shared_enter(in->detect);
    if (!s)
        return;
    in->detect->counters.xbits_evicted +=
        host_bit_set(&s->bits, key_of(x, in), now_s(in), now_s(in) + x->expire_s);
    shared_leave(s);
}

static void unset(const void *arg, struct inspect *in)
{
    struct shared *s = shared_enter(in->detect);
    if (!s)
        return;
    host_bit_unset(&s->bits, key_of(arg, in));
    shared_leave(s);
}

static void toggle(const void *arg, struct inspect *in)
{
    const struct xbits *x = arg;
    struct shared *s = shared_enter(in->detect);
    if (!s)
        return;
    uint64_t key = key_of(x, in);
    if (host_bit_is_set(&s->bits, key, now_s(in)))
        host_bit_unset(&s->bits, key);
    else
        in->detect->counters.xbits_evicted +=
            host_bit_set(&s->bits, key, now_s(in), now_s(in) + x->expire_s);
    shared_leave(s);
}

/* ---- grammar ---- */
static const struct bit_command commands[BIT_COMMANDS] = {{"set", NULL, set},
                                                          {"unset", NULL, unset},
                                                          {"toggle", NULL, toggle},
                                                          {"isset", is_set, NULL},
                                                          {"isnotset", is_not_set, NULL}};

static int add(struct build *b, struct bytes command, const struct xbits *x, struct err *err)
{
    const struct bit_command *c = bit_command_find(commands, command, err);
    if (!c)
        return -1;
    return c->test ? build_late_condition(b, c->test, x, err) : build_action(b, c->act, x, err);
}

/* Hosts and pairs have names of their own. */
static int take_name(struct xbits *x, struct bytes name, struct err *err)
{
    if (name.len == 0 || name.len > 255)
        return err_set(err, "'%.*s' is no name", WORD_ARG(name));
    x->name = XXH3_64bits_withSeed(name.p, name.len, x->track == XBITS_PAIR);
    return 0;
}

/* "track ip_src" gives "ip_src"; false when the word is not there. */
static bool after_word(struct bytes text, const char *word, struct bytes *value)
{
    struct bytes first;
    *value = text;
    return word_next_blank(value, &first) && bytes_ieq(first, bytes_str(word)) &&
           (*value = word_trim(*value)).len;
}

static int read_track(struct bytes text, struct xbits *x, struct err *err)
{
    struct bytes value;
    if (!after_word(text, "track", &value))
        return err_set(err, "'%.*s' is not 'track ip_src', ip_dst or ip_pair", WORD_ARG(text));
    x->track = WORD_IS(value, "ip_src")   ? XBITS_SRC
               : WORD_IS(value, "ip_dst") ? XBITS_DST
                                          : XBITS_PAIR;
    return x->track == XBITS_PAIR && !WORD_IS(value, "ip_pair")
               ? err_set(err, "cannot track '%.*s': ip_src, ip_dst or ip_pair", WORD_ARG(value))
               : 0;
}

static int read_expire(struct bytes text, struct xbits *x, struct err *err)
{
    struct bytes value;
    uint64_t n;
    if (!after_word(text, "expire", &value) || !text_u64(value, 1, UINT32_MAX, &n))
        return err_set(err, "'%.*s' is not 'expire' and seconds from 1 on", WORD_ARG(text));
    x->expire_s = (uint32_t)n;
    return 0;
}

static int xbits_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct bytes rest = word_unquote(value), command = {0}, name = {0}, option;
    word_next(&rest, ',', &command);
    if (WORD_IS(command, "noalert")) {
        b->sig->flags |= SIG_NOALERT;
        return 0;
    }
    struct xbits *x = build_alloc(b, sizeof *x);
    x->expire_s = XBITS_EXPIRE_S;
    if (!word_next(&rest, ',', &name) || !word_next(&rest, ',', &option))
        return err_set(err, "is not 'command,name,track ip_src'");
    if (read_track(option, x, err) || take_name(x, name, err))
        return -1;
    if (word_next(&rest, ',', &option) && read_expire(option, x, err))
        return -1;
    if (rest.p)
        return err_set(err, "'%.*s' is one option too many", WORD_ARG(rest));
    if (WORD_IS(command, "isset") || WORD_IS(command, "isnotset"))
        b->sig->xbits_use |= x->track == XBITS_PAIR ? XBITS_READS_PAIR : XBITS_READS_HOST;
    return add(b, command, x, err);
}

static int hostbits_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct bytes rest = word_unquote(value), command = {0}, name = {0}, side = {0};
    word_next(&rest, ',', &command);
    if (WORD_IS(command, "noalert")) {
        b->sig->flags |= SIG_NOALERT;
        return 0;
    }
    struct xbits *x = build_alloc(b, sizeof *x);
    x->expire_s = HOSTBITS_EXPIRE_S;
    if (!word_next(&rest, ',', &name) || take_name(x, name, err))
        return name.len ? -1 : err_set(err, "is not 'command,name'");
    if (word_next(&rest, ',', &side) && !WORD_IS(side, "src") && !WORD_IS(side, "dst"))
        return err_set(err, "cannot track '%.*s': src or dst", WORD_ARG(side));
    if (WORD_IS(side, "dst"))
        x->track = XBITS_DST;
    if (WORD_IS(command, "set") || WORD_IS(command, "unset") || WORD_IS(command, "toggle"))
        b->sig->xbits_use |= HOSTBITS_WRITES;
    return add(b, command, x, err);
}

const struct keyword keyword_xbits = {
    .name = "xbits",
    .summary = "set or test a mark on a host or a pair of hosts",
    .example = "xbits:set,a.seen,track ip_pair,expire 60;",
    .flags = KEYWORD_IP_ONLY,
    .parse = xbits_parse,
};
const struct keyword keyword_hostbits = {
    .name = "hostbits",
    .summary = "set or test a mark on a host",
    .example = "hostbits:isset,a.seen,src;",
    .flags = KEYWORD_IP_ONLY,
    .parse = hostbits_parse,
};
