/* keywords/tag.c - "tag:session,10,packets;" "tag:host,600,seconds,src;": record what follows. */
#include "sensor/detect/tags.h"

#include "common/text.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

#define PACKETS_MAX 256

static int read_amount(struct bytes *rest, struct tag *t, struct err *err)
{
    static const char *const names[] = {"packets", "bytes", "seconds"};
    struct bytes count = {0}, metric = {0};
    uint64_t n;
    size_t i = 0;
    word_next(rest, ',', &count);
    word_next(rest, ',', &metric);
    if (!text_u64(count, 0, UINT32_MAX, &n))
        return err_set(err, "'%.*s' is no number", WORD_ARG(count));
    while (i < 3 && !bytes_ieq(metric, bytes_str(names[i])))
        i++;
    if (i == 3)
        return err_set(err, "'%.*s' is none of packets bytes seconds", WORD_ARG(metric));
    t->metric = (enum tag_metric)i;
    t->count = t->metric == TAG_PACKETS && n > PACKETS_MAX ? PACKETS_MAX : (uint32_t)n;
    return 0;
}

/* Without an amount: 256 packets. Hosts: the destination unless said otherwise. */
static int read_tag(struct bytes value, struct tag *t, struct err *err)
{
    struct bytes rest = value, type = {0}, side;
    word_next(&rest, ',', &type);
    bool host = WORD_IS(type, "host");
    if (!host && !WORD_IS(type, "session"))
        return err_set(err, "starts with neither session nor host");
    *t = (struct tag){.where = host ? TAG_HOST_DST : TAG_SESSION, .count = PACKETS_MAX};
    if (rest.p && read_amount(&rest, t, err))
        return -1;
    if (!word_next(&rest, ',', &side))
        return 0;
    if (!WORD_IS(side, "src") && !WORD_IS(side, "dst"))
        return err_set(err, "'%.*s' is neither src nor dst", WORD_ARG(side));
    if (host && WORD_IS(side, "src"))
        t->where = TAG_HOST_SRC;
    return rest.p ? err_set(err, "'%.*s' is one option too many", WORD_ARG(rest)) : 0;
}

static int tag_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct tag *t = build_alloc(b, sizeof *t), **last = &b->sig->tags;
    if (read_tag(word_unquote(value), t, err))
        return -1;
    while (*last)
        last = &(*last)->next;
    *last = t;
    b->ruleset->tags_hosts |= t->where != TAG_SESSION;
    return 0;
}

const struct keyword keyword_tag = {
    .name = "tag",
    .summary = "record the packets that follow an alert, of its flow or of a host",
    .example = "tag:session,10,packets;",
    .flags = KEYWORD_META | KEYWORD_IP_ONLY,
    .parse = tag_parse,
};
