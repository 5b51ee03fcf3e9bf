/* sensor/detect/build_header.c - protocol, addresses and ports of a rule. */
#include "sensor/detect/build.h"
#include "sensor/detect/nearest.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

#define V4            1
#define V6            2
#define ALL_PROTOCOLS -1

struct protocol_row {
    const char *name;
    int first, second; /* IP protocols; ALL_PROTOCOLS; 0: none */
    uint8_t versions;
    bool no_stream, only_stream;
};
static const struct protocol_row protocols[] = {
    {"tcp", IPP_TCP, 0, V4 | V6, false, false},
    {"tcp-pkt", IPP_TCP, 0, V4 | V6, true, false},
    {"tcp-stream", IPP_TCP, 0, V4 | V6, false, true},
    {"udp", IPP_UDP, 0, V4 | V6, false, false},
    {"icmp", IPP_ICMP, IPP_ICMPV6, V4 | V6, false, false},
    {"icmpv4", IPP_ICMP, 0, V4 | V6, false, false},
    {"icmpv6", IPP_ICMPV6, 0, V4 | V6, false, false},
    {"sctp", IPP_SCTP, 0, V4 | V6, false, false},
    {"ip", ALL_PROTOCOLS, 0, V4 | V6, false, false},
    {"ipv4", ALL_PROTOCOLS, 0, V4, false, false},
    {"ip4", ALL_PROTOCOLS, 0, V4, false, false},
    {"ipv6", ALL_PROTOCOLS, 0, V6, false, false},
    {"ip6", ALL_PROTOCOLS, 0, V6, false, false},
    {"pkthdr", ALL_PROTOCOLS, 0, V4 | V6, true, false},
};

static void add_protocol(struct signature *s, int proto)
{
    if (proto == ALL_PROTOCOLS)
        memset(s->protocols, 0xff, sizeof s->protocols);
    else if (proto)
        s->protocols[proto >> 3] |= (uint8_t)(1u << (proto & 7));
}

static int unknown_protocol(struct bytes name, struct err *err)
{
    struct nearest n = nearest_to(name);
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        nearest_offer(&n, protocols[i].name);
    for (int p = APP_UNKNOWN + 1; p < APP_FAILED; p++)
        nearest_offer(&n, app_proto_name((enum app_proto)p));
    if (n.best)
        return err_set(err, "unknown protocol '%.*s'; did you mean '%s'?", WORD_ARG(name), n.best);
    return err_set(err, "unknown protocol '%.*s'", WORD_ARG(name));
}

static int build_protocol(struct build *b, struct err *err)
{
    struct signature *s = b->sig;
    struct bytes name = b->rule->proto;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        const struct protocol_row *row = &protocols[i];
        if (!bytes_ieq(name, bytes_str(row->name)))
            continue;
        add_protocol(s, row->first);
        add_protocol(s, row->second);
        s->ip_versions = row->versions;
        b->no_stream = row->no_stream;
        b->only_stream = row->only_stream;
        return 0;
    }
    int proto = WORD_IS(name, "ssl")     ? APP_TLS
                : WORD_IS(name, "http1") ? APP_HTTP
                                         : app_proto_find(name);
    if (proto <= APP_UNKNOWN || proto >= APP_FAILED)
        return unknown_protocol(name, err);
    s->proto = (enum app_proto)proto;
    s->any_http = WORD_IS(name, "http");
    s->ip_versions = V4 | V6;
    add_protocol(s, IPP_TCP);
    add_protocol(s, IPP_UDP);
    return 0;
}

bool build_ip_version(struct build *b, unsigned version)
{
    b->sig->ip_versions &= version == 4 ? V4 : V6;
    return b->sig->ip_versions != 0;
}

static int intern_group(struct ruleset *rs, enum rule_var_kind kind, struct bytes text,
                        struct err *err)
{
    bool port = kind == RULE_VAR_PORT;
    struct group **sets = port ? &rs->ports : &rs->addresses;
    size_t *count = port ? &rs->port_count : &rs->address_count;
    struct group g;
    if (group_parse(rs->vars, kind, text, &g, err))
        return -1;
    for (size_t i = 0; i < *count; i++)
        if (group_equal(&(*sets)[i], &g)) {
            group_release(&g);
            return (int)i;
        }
    if (*count == UINT16_MAX) {
        group_release(&g);
        return err_set(err, "more than %d distinct groups", UINT16_MAX);
    }
    *sets = realloc(*sets, (*count + 1) * sizeof **sets);
    ASSERT(*sets);
    (*sets)[*count] = g;
    return (int)(*count)++;
}

/* The set a text stands for; equal texts are parsed once. */
static int group_of_text(struct ruleset *rs, enum rule_var_kind kind, struct bytes text,
                         struct err *err)
{
    struct names *texts = kind == RULE_VAR_PORT ? &rs->port_texts : &rs->address_texts;
    uint16_t **sets = kind == RULE_VAR_PORT ? &rs->port_of_text : &rs->address_of_text;
    int known = names_find(texts, text);
    if (known >= 0)
        return (*sets)[known];
    int set = intern_group(rs, kind, text, err);
    if (set < 0)
        return -1;
    known = names_add(texts, &rs->arena, text);
    *sets = realloc(*sets, ((size_t)known + 1) * sizeof **sets);
    ASSERT(*sets);
    (*sets)[known] = (uint16_t)set;
    return set;
}

int ruleset_address(struct ruleset *rs, struct bytes text, struct err *err)
{
    return group_of_text(rs, RULE_VAR_ADDRESS, text, err);
}

int ruleset_port(struct ruleset *rs, struct bytes text, struct err *err)
{
    return group_of_text(rs, RULE_VAR_PORT, text, err);
}

int build_header(struct build *b, struct err *err)
{
    const struct rule *r = b->rule;
    int src, dst, sport, dport;
    b->at = r->proto;
    if (build_protocol(b, err))
        return -1;
    b->at = r->src;
    if ((src = ruleset_address(b->ruleset, r->src, err)) < 0)
        return err_in(err, "source address");
    b->at = r->sport;
    if ((sport = ruleset_port(b->ruleset, r->sport, err)) < 0)
        return err_in(err, "source port");
    b->at = r->dst;
    if ((dst = ruleset_address(b->ruleset, r->dst, err)) < 0)
        return err_in(err, "destination address");
    b->at = r->dport;
    if ((dport = ruleset_port(b->ruleset, r->dport, err)) < 0)
        return err_in(err, "destination port");
    b->sig->src_set = (uint16_t)src;
    b->sig->dst_set = (uint16_t)dst;
    b->sig->sport_set = (uint16_t)sport;
    b->sig->dport_set = (uint16_t)dport;
    return 0;
}
