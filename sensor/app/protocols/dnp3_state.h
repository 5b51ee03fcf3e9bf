/* sensor/app/protocols/dnp3_state.h - what the dnp3*.c files share. IEEE 1815-2012. */
#ifndef APP_DNP3_STATE_H
#define APP_DNP3_STATE_H
#include "sensor/app/protocols/framed.h"
#include "sensor/app/protocols/oneway.h"

#define DNP3_LINK_BYTES  10u
#define DNP3_FRAME_BYTES 292u /* the longest: 250 bytes of data and their checksums */
/* Most of one application fragment; outstations rarely take more than 2048 bytes. */
#define DNP3_FRAGMENT_MAX 16384u

enum dnp3_event {
    DNP3_EVENT_FLOODED,
    DNP3_EVENT_LEN_TOO_SMALL,
    DNP3_EVENT_BAD_LINK_CRC,
    DNP3_EVENT_BAD_TRANSPORT_CRC,
    DNP3_EVENT_MALFORMED,
    DNP3_EVENT_UNKNOWN_OBJECT,
    DNP3_EVENT_COUNT
};

enum dnp3_function { DNP3_CONFIRM = 0, DNP3_UNSOLICITED = 130 };

struct dnp3_state;
struct dnp3_tx {
    struct app_tx tx;
    struct dnp3_state *state; /* outlives every tx of the flow */
    bool is_request;          /* from the master */
    bool complete;            /* every object is known and whole */
    bool damaged;             /* carries an event only */
    uint8_t dir;
    uint8_t link_control, app_control, function, sequence; /* the last: of the transport */
    uint16_t source, destination, indications;
    struct app_text fragment; /* application layer, from its control byte on */
};

struct dnp3_state {
    struct app *app;
    struct framed framed[2];
    struct dnp3_tx *open[2]; /* waits for its next segment */
    bool noisy[2];           /* between a bad link header and the next good one */
    unsigned unreplied;
};

/* The objects of a fragment. */
struct bytes dnp3_objects(const struct dnp3_tx *t);

/* How a point of an object is laid out; NULL when nobody knows. */
const char *dnp3_layout(uint8_t group, uint8_t variation);

enum dnp3_decoded { DNP3_WHOLE, DNP3_CUT, DNP3_UNKNOWN };
/* Reads objects and writes them as elements of an array; j may be NULL. */
enum dnp3_decoded dnp3_put_objects(struct json *j, struct bytes objects);
/* Group and variation of each object that can be reached, two bytes each, in scratch. */
struct bytes dnp3_object_types(struct bytes objects, struct arena *scratch);

void dnp3_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void dnp3_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_shape dnp3_shapes[];
extern const struct app_buffer dnp3_buffers[]; /* dnp3_rules.c */

#endif
