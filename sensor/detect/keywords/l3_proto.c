/* keywords/l3_proto.c - "l3_proto:ipv6;": which version of IP carries the packet. */
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

static int l3_proto_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    unsigned version = WORD_IS(value, "ipv4") || WORD_IS(value, "ip4")   ? 4
                       : WORD_IS(value, "ipv6") || WORD_IS(value, "ip6") ? 6
                                                                         : 0;
    if (!version)
        return err_set(err, "'%.*s' is none of ipv4 ip4 ipv6 ip6", WORD_ARG(value));
    if (!build_ip_version(b, version))
        return err_set(err, "rule is about the other version of IP already");
    return 0;
}

const struct keyword keyword_l3_proto = {
    .name = "l3_proto",
    .summary = "version of IP",
    .example = "l3_proto:ipv6;",
    .flags = KEYWORD_META | KEYWORD_IP_ONLY,
    .parse = l3_proto_parse,
};
