/* analyzer/ingest/record.h - one stream entry read: EVE JSON to the row that is archived.
 *
 * The text comes from the wire. It is accepted whole or refused with a reason for the dead-letter
 * stream; nothing in between. What the archive shows (names, addresses) is cut to bounds here. */
#ifndef INGEST_RECORD_H
#define INGEST_RECORD_H
#include "analyzer/store/alerts.h"
#include "analyzer/store/sensors.h"
#include "common/addr.h"
#include "common/alert.h"
#include <cjson/cJSON.h>

#define RECORD_BYTES_MAX (1 << 20)

enum record_kind { RECORD_ALERT, RECORD_STATS };

/* Who numbered it. sensor is "" while that is not known. */
struct record_stamp {
    char sensor[SENSOR_ID_MAX], org[ORG_ID_MAX], centre[16];
    uint64_t epoch, seq;
    bool drill;
};

/* Rows point into the tree and the buffers here: valid until record_release. */
struct record {
    enum record_kind kind;
    struct record_stamp stamp;
    struct alert_row alert; /* RECORD_ALERT: all but enrichment, ids and received_us */
    struct stats_row stats; /* RECORD_STATS: all but received_us */
    struct addr src, dst;   /* version 0: none */
    const cJSON *metadata;  /* alert.metadata, or NULL */
    cJSON *tree;
    char src_text[ADDR_TEXT_MAX], dst_text[ADDR_TEXT_MAX];
    char *packets; /* of statistics, as JSON text */
};

/* Reads text as an entry of the stream of `org`. NULL, or the reason it is refused: a literal of a
 * few words. The stamp is filled as far as it can be trusted either way. text is borrowed until
 * record_release, which has to follow in both cases. */
const char *record_read(struct record *r, enum record_kind kind, const char *org,
                        struct bytes text);
void record_release(struct record *r);

#endif
