/* sensor/eve/shapes.h - the record types of this room, and all there are. */
#ifndef EVE_SHAPES_H
#define EVE_SHAPES_H
#include "sensor/eve/eve.h"

extern const char eve_common_shape[];           /* what any record may open with */
extern const struct app_shape eve_own_shapes[]; /* ends with zeros */
/* Number i of the record types, each once: this room's, then the parsers'. NULL after the last. */
const char *eve_type_at(size_t i);

#endif
