/* sensor/eve/header.h - the fields every record of this room opens with. */
#ifndef EVE_HEADER_H
#define EVE_HEADER_H
#include "sensor/eve/eve.h"

/* Who is source and who destination: the flow's ends in the place's direction, or the packet's. */
struct eve_ends {
    const struct addr *src, *dst;
    uint16_t sport, dport;
    uint8_t proto, version;
};
struct eve_ends eve_ends(const struct eve_place *at);
bool eve_has_ports(uint8_t proto); /* TCP, UDP, SCTP */

/* "ether": link addresses of the packet, in the record's direction; of all the flow's packets when
 * the place has none. Nothing when they are not known. */
void eve_ether(struct json *j, const struct eve_place *at);

/* Opens the object: timestamp to proto, community_id, tx_id. The caller adds its own and closes. */
void eve_open(struct json *j, const struct eve_place *at, const char *event_type);
/* {"pkts_toserver",...,"start"} without braces: shared by alert and flow. */
void eve_flow_counts(struct json *j, const struct flow *f);
void eve_alert_object(struct json *j, const struct signature_public *s, bool dropped);
/* The buffer of that name in tx's protocol, or NULL. */
const struct app_buffer *eve_buffer(const struct app_tx *tx, const char *name);
/* "verdict": what became of the packet, or would have. */
void eve_verdict(struct json *j, const struct detect_verdict *v, bool drops, uint8_t proto);
void eve_app_proto(struct json *j, const struct flow *f);

#endif
