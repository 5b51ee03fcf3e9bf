/* sensor/eve/tx.c - application-layer records and their anomalies. */
#include "sensor/eve/header.h"

void eve_tx(struct json *j, const struct eve_place *at, const struct app_tx *tx,
            const struct app_record *r)
{
    struct eve_place place = *at;
    place.tx = tx;
    place.dir = r->dir;
    eve_open(j, &place, r->event_type);
    r->encode(tx, r->phase, j);
    json_object_end(j);
}

void eve_app_event(struct json *j, const struct eve_place *at, enum app_proto proto,
                   const char *event, const char *layer)
{
    eve_open(j, at, "anomaly");
    json_object(j, "anomaly");
    if (proto != APP_UNKNOWN)
        json_strz(j, "app_proto", app_proto_name(proto));
    json_strz(j, "type", "applayer");
    json_strz(j, "event", event);
    json_strz(j, "layer", layer);
    json_object_end(j);
    json_object_end(j);
}
