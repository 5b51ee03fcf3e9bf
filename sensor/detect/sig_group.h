/* sensor/detect/sig_group.h - the signatures that fit packets of one kind, and matchers of those
 * alone; Suricata's signature group heads.
 *
 * What ends, ports and protocol of a packet say is the same for all packets of a flow that way, so
 * it is asked once: which headers fit, which rules come up without a pattern, which literals are
 * worth looking for. Packets for which that comes to the same share a group. Groups are made when
 * the first packet of their kind comes, and as many are kept as there is room for; each worker has
 * its own. */
#ifndef DETECT_SIG_GROUP_H
#define DETECT_SIG_GROUP_H
#include "sensor/detect/group_index.h"
#include "sensor/detect/mpm/prefilter.h"
#include "sensor/detect/opening.h"

struct unpicked_rule {
    const struct signature *signature;
    struct opening opening;
};
struct sig_group {
    enum direction dir;
    enum app_proto app; /* as far as it is known */
    uint32_t id;        /* a number that no other group has, nor what is here later; never 0 */
    uint64_t hash;
    const uint64_t *fits;          /* a bit by signature.header */
    struct signature_list ip_only; /* as in struct ruleset */
    struct unpicked_rule *unpicked;
    size_t unpicked_count;
    struct tx_rule *plain; /* as in struct prefilter, for this protocol and direction */
    size_t plain_count;
    uint64_t *tx_matchers; /* a bit for each of its protocol but those known to have no part */
    const struct matcher_part **parts; /* by matcher_number(); see sig_group_part() */
    uint64_t *settled;                 /* a bit for each: it is known */
    struct arena arena;
};
/* Header of s fits, and the application protocol is one it asks for. */
static inline bool sig_group_fits_header(const struct sig_group *g, uint32_t header)
{
    return g->fits[header / 64] >> header % 64 & 1;
}
static inline bool sig_group_fits(const struct sig_group *g, const struct signature *s)
{
    return sig_group_fits_header(g, s->header);
}

struct sig_groups;
struct sig_groups *sig_groups_new(const struct ruleset *rs);
void sig_groups_free(struct sig_groups *g);

/* Valid until the next call; what is kept of it counts as long as its id is the same. */
struct sig_group *sig_group_of(struct sig_groups *g, const struct header_key *key,
                               enum app_proto app);
/* What of m is to be looked for; NULL: nothing. */
const struct matcher_part *sig_group_part(struct sig_groups *all, struct sig_group *g,
                                          const struct matcher *m);

#endif
