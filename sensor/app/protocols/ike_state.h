/* sensor/app/protocols/ike_state.h - what the ike*.c files share.
 * RFC 2408, RFC 2409 (version 1); RFC 7296 (version 2); RFC 3948 (port 4500). */
#ifndef APP_IKE_STATE_H
#define APP_IKE_STATE_H
#include "sensor/app/protocols/oneway.h"

#define IKE_HEADER_BYTES   28u
#define IKE_TRANSFORMS_MAX 32u /* kept of one message */
#define IKE_ATTRIBUTES_MAX 16u /* of one transform: as many as there are kinds */
#define IKE_VENDORS_MAX    32u
#define IKE_NOTIFY_MAX     32u
#define IKE_PAYLOADS_MAX   32u
#define IKE_KEY_MAX        2048u /* bytes of a key exchange or a nonce */
#define IKE_VENDOR_MAX     256u

enum ike_event {
    IKE_EVENT_MALFORMED_DATA,
    IKE_EVENT_NO_ENCRYPTION,
    IKE_EVENT_WEAK_CRYPTO_ENC,
    IKE_EVENT_WEAK_CRYPTO_PRF,
    IKE_EVENT_WEAK_CRYPTO_DH,
    IKE_EVENT_WEAK_CRYPTO_AUTH,
    IKE_EVENT_WEAK_CRYPTO_NO_DH,
    IKE_EVENT_WEAK_CRYPTO_NO_AUTH,
    IKE_EVENT_INVALID_PROPOSAL,
    IKE_EVENT_UNKNOWN_PROPOSAL,
    IKE_EVENT_PAYLOAD_EXTRA_DATA,
    IKE_EVENT_MULTIPLE_SERVER_PROPOSAL,
    IKE_EVENT_COUNT
};

enum ike_flag { IKE_V1_ENCRYPTED = 0x01, IKE_V2_INITIATOR = 0x08 };

struct ike_attribute {
    uint8_t type;   /* 0 for an unknown one */
    uint16_t value; /* or the length of a long one */
    bool has_number;
    uint32_t number;
    uint16_t at, len; /* of a long value, within the message */
};

struct ike_transform {
    uint8_t count;
    struct ike_attribute attributes[IKE_ATTRIBUTES_MAX];
};

/* One end of a version 1 exchange, as its last messages showed it. */
struct ike_end {
    struct app_text key, nonce;
    unsigned transform_count;
    struct ike_transform first; /* its attributes' long values are not kept */
};

struct ike_state {
    struct app *app;
    bool begun, marked; /* marked: IKE and ESP share the ports, and IKE has a marker */
    bool has_doi;
    uint32_t doi;
    struct ike_end end[2];
    uint16_t enc, auth, prf, dh, esn; /* version 2: what the responder chose */
    bool has_chosen;
};

struct ike_tx {
    struct app_tx tx;
    const struct ike_state *state; /* outlives every tx of the flow */
    struct app_text message;       /* without the marker of port 4500 */
    char initiator[17], responder[17];
    uint8_t dir, major, minor, exchange, flags, first_payload;
    uint32_t message_id;
    uint8_t payloads[IKE_PAYLOADS_MAX], payload_count;
    bool payload_seen[256]; /* version 1 */
    struct ike_transform *transforms;
    uint16_t transform_count;
    struct bytes key, nonce; /* within message */
    struct bytes vendors[IKE_VENDORS_MAX];
    uint8_t vendor_count;
    uint16_t notifies[IKE_NOTIFY_MAX];
    uint8_t notify_count;
    uint32_t errors;
};

/* Reads the payloads of t's message into t and s. */
void ike_v1_read(struct ike_state *s, struct ike_tx *t);
void ike_v2_read(struct ike_state *s, struct ike_tx *t);

/* Names by number, a table for each kind: ike_names.c. NULL for none. */
enum ike_names {
    IKE_V1_PAYLOADS,
    IKE_V1_ENCRYPTIONS,
    IKE_V1_HASHES,
    IKE_V1_METHODS,
    IKE_V1_GROUPS,
    IKE_V1_LIFES,
    IKE_PAYLOADS,
    IKE_ENCRYPTIONS,
    IKE_INTEGRITIES,
    IKE_PRFS,
    IKE_GROUPS,
    IKE_ESNS,
    IKE_NOTIFIES,
};
const char *ike_name(enum ike_names table, uint16_t id);
/* A name of version 2, or the number in the form that Suricata's library gives to what it does not
 * know. */
void ike_put_name(struct json *j, const char *key, enum ike_names table, uint16_t id);

void ike_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void ike_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_shape ike_shapes[];
extern const struct app_buffer ike_buffers[]; /* ike_rules.c */

#endif
