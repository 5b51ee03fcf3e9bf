/* sensor/eve/header.h - the fields every record of this room opens with. */
#ifndef EVE_HEADER_H
#define EVE_HEADER_H
#include "sensor/eve/eve.h"

/* Opens the object: timestamp to proto, community_id, tx_id. The caller adds its own and closes. */
void eve_open(struct json *j, const struct eve_place *at, const char *event_type);
/* {"pkts_toserver",...,"start"} without braces: shared by alert and flow. */
void eve_flow_counts(struct json *j, const struct flow *f);
void eve_app_proto(struct json *j, const struct flow *f);

#endif
