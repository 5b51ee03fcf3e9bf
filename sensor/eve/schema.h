/* sensor/eve/schema.h - everything the sensor can write, as JSON Schema (2020-12). */
#ifndef EVE_SCHEMA_H
#define EVE_SCHEMA_H
#include "common/json.h"

/* One object: under "$defs" a schema for each event type, at the top their union. Written from the
 * shapes beside the encoders (shapes.c, and each parser's own; see app_shape in sensor/app/app.h).
 */
void eve_schema(struct json *j);

#endif
