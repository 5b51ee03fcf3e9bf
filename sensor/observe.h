/* sensor/observe.h - what a packet or flow tells the detectors that look at many flows.
 *
 * An observation is flattened into a record: the struct with its views, then the bytes they show.
 */
#ifndef SENSOR_OBSERVE_H
#define SENSOR_OBSERVE_H
#include "sensor/anomaly/anomaly.h"
#include "sensor/batch.h"

/* OBS_ATTEMPT, OBS_ANSWERED, OBS_REFUSED where this packet is one. */
void observe_packet(struct batch *b, struct record_order order,
                    const struct rule_address_set *inside, const struct flow *f,
                    const struct packet *p, enum direction dir);
/* OBS_REQUEST for an HTTP request or TLS hello. */
void observe_request(struct batch *b, struct record_order order,
                     const struct rule_address_set *inside, const struct flow *f,
                     const struct app_tx *tx, const struct packet *p);
/* OBS_SILENT or OBS_END. */
void observe_end(struct batch *b, struct record_order order, const struct rule_address_set *inside,
                 const struct flow *f);
/* The observation of a RECORD_OBSERVATION, its views pointing into the record. */
struct observation observe_read(const struct record *r);

#endif
