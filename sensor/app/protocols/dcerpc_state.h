/* sensor/app/protocols/dcerpc_state.h - what the DCE/RPC parser's files share: dcerpc*.c only. */
#ifndef APP_DCERPC_STATE_H
#define APP_DCERPC_STATE_H
#include "sensor/app/protocols/dcerpc.h"
#include "sensor/app/protocols/framed.h"

#define DCERPC_DONE 1

enum dcerpc_event { DCERPC_MALFORMED_DATA, DCERPC_EVENT_COUNT };

struct dcerpc_state {
    struct app *app;
    struct app_flow *flow;
    uint64_t ts_us;
    struct framed sides[2];
    bool astray[2]; /* looking for the next PDU */
    struct dce_interfaces bound;
};

struct dcerpc_tx {
    struct app_tx tx;
    struct dcerpc_state *state;
    struct dcerpc_call call;
    uint8_t minor;
    bool datagram;
    bool damaged;         /* carries an event, has no record */
    uint8_t activity[16]; /* datagram: whose call it is, and which one */
    uint32_t sequence;
};

struct dcerpc_tx *dcerpc_new_tx(struct dcerpc_state *s, bool datagram);
void dcerpc_done(struct dcerpc_tx *t, enum direction dir);
void dcerpc_damage(struct dcerpc_state *s, bool datagram); /* raises the event */

/* dcerpc_udp.c */
bool dcerpc_is_datagram(struct bytes data);
enum app_result dcerpc_feed_datagram(struct dcerpc_state *s, const struct app_input *in);

/* dcerpc_log.c */
extern const struct app_buffer dcerpc_buffers[];
extern const struct app_shape dcerpc_shapes[];
void dcerpc_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);

#endif
