/* common/alert.h - the record that crosses the wire.
 *
 * One EVE JSON object, Suricata's names and types; what is ours stands under "sekisho". This file
 * names the streams, the generator ids and the fields; alert.schema.json beside it is the contract
 * that tests hold every alert against. */
#ifndef COMMON_ALERT_H
#define COMMON_ALERT_H
#include "common/bytes.h"
#include "common/err.h"

enum alert_gid {
    GID_SIGNATURE = 1,
    GID_ANOMALY = 3000,
    GID_INDICATOR = 3001,
    GID_POLICY = 3002,
};

/* Redis keys. ORG is an organisation id: [a-z0-9-], 1 to 63 characters. */
#define STREAM_ALERTS  "sk:{%s}:alerts"
#define STREAM_STATS   "sk:{%s}:stats"
#define STREAM_DEAD    "sk:{%s}:dead"
#define STREAM_FIELD   "eve"
#define STREAM_KEY_MAX 96
#define ORG_ID_MAX     64
#define SENSOR_ID_MAX  64
bool org_id_is_valid(struct bytes id);
/* A sensor id: letters, digits, '-', '_', '.', 1 to 63 characters. */
bool sensor_name_is_valid(struct bytes id);

/* What the sensor stamps on every record it sends, and the analyzer's key for it.
 *   epoch  start of the sensor process, microseconds since 1970; a restart is a new epoch
 *   seq    1, 2, 3 ... per (sensor, epoch), over all streams, without a hole */
struct alert_stamp {
    const char *org, *sensor, *centre;
    uint64_t epoch, seq;
    bool drill;
};

/* The id of a record as people quote it: "SENSOR-EPOCH-SEQ" (epoch in base 36). Returns length. */
#define ALERT_ID_MAX 128
size_t alert_id(const char *sensor, uint64_t epoch, uint64_t seq, char out[ALERT_ID_MAX]);

#endif
