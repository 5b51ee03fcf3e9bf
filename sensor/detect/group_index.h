/* sensor/detect/group_index.h - which rule headers fit a packet, by bit tests.
 *
 * All address groups of the rule set cut the address space into intervals; addresses of one class
 * lie in exactly the same groups. Ports likewise. So an address is looked up once, and "is it in
 * group 7" is one bit. A rule list keeps, for each class, which of its rules want it: the rules
 * that fit a packet are the AND of five rows. */
#ifndef DETECT_GROUP_INDEX_H
#define DETECT_GROUP_INDEX_H
#include "sensor/detect/ruleset.h"

struct rule_groups;
struct rule_groups *rule_groups_new(const struct ruleset *rs);
void rule_groups_free(struct rule_groups *g);

/* The ends of what is inspected, looked up. */
struct header_key {
    uint32_t src, dst, sport, dport; /* classes */
    uint8_t proto, version_bit;      /* IP protocol; signature.ip_versions bit */
    enum direction dir;
};
void header_key_make(const struct rule_groups *g, const struct addr *src, const struct addr *dst,
                     uint16_t sport, uint16_t dport, uint8_t proto, enum direction dir,
                     struct header_key *out);
/* Of what comes back. */
struct header_key header_key_back(const struct header_key *key);
/* What it is about has no ports to tell: only rules that ask for none fit. */
void header_key_portless(const struct rule_groups *g, struct header_key *key);
/* s asks for no protocol, version or port: what is no IP packet fits, whatever the addresses. */
bool header_fits_no_ip(const struct rule_groups *g, const struct signature *s);
/* Protocol, addresses, ports and direction of s fit. */
bool header_fits(const struct rule_groups *g, const struct signature *s,
                 const struct header_key *k);

/* ---- which of many rules fit ---- */
struct rule_list;
struct rule_list *rule_list_new(const struct rule_groups *g, struct signature *const *rules,
                                size_t count);
void rule_list_free(struct rule_list *l);
size_t rule_list_count(const struct rule_list *l);
/* The rules that fit, a bit each; rule_list_count() / 64 + 1 words. */
void rule_list_fitting(const struct rule_list *l, const struct header_key *k, uint64_t *out);
const struct signature *rule_list_rule(const struct rule_list *l, size_t i);

#endif
