/* sensor/app/protocols/dcerpc.h - what other rooms may ask a DCE/RPC call. */
#ifndef APP_DCERPC_H
#define APP_DCERPC_H
#include "sensor/app/protocols/dce_pdu.h"

/* Stub data kept of one direction of a call, for rules; its size is counted beyond. */
#define DCERPC_STUB_MAX (128u << 10)

/* One call, of SMB's pipes as well. */
struct dcerpc_call {
    uint8_t request, response; /* enum dce_type */
    bool has_request, has_response;
    bool little;
    uint16_t opnum, context_id;
    uint32_t call_id;
    uint32_t bind; /* of a bind: which one, see dce_interface */
    uint16_t fragments[2];
    uint64_t stub_bytes[2];
    struct app_text stub[2];
};
void dcerpc_call_stub(struct app *a, struct dcerpc_call *c, enum direction dir, struct bytes stub);
void dcerpc_call_free(struct app *a, struct dcerpc_call *c);

/* The call of a DCE/RPC or SMB transaction and the interfaces bound on its flow, or NULL. */
const struct dcerpc_call *dcerpc_tx_call(const struct app_tx *tx,
                                         const struct dce_interfaces **bound);

#endif
