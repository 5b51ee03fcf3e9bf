/* sensor/app/protocols/ldap_state.h - what ldap.c reads and ldap_log.c writes. */
#ifndef APP_LDAP_STATE_H
#define APP_LDAP_STATE_H
#include "sensor/app/protocols/ber.h"
#include "sensor/app/parser.h"

/* RFC 4511 section 4: tags of operations. */
enum ldap_operation {
    LDAP_UNBIND = 0x42,
    LDAP_DELETE = 0x4a,
    LDAP_ABANDON = 0x50,
    LDAP_BIND = BER_APPLICATION(0),
    LDAP_BIND_RESPONSE = BER_APPLICATION(1),
    LDAP_SEARCH = BER_APPLICATION(3),
    LDAP_ENTRY = BER_APPLICATION(4),
    LDAP_SEARCH_DONE = BER_APPLICATION(5),
    LDAP_MODIFY = BER_APPLICATION(6),
    LDAP_MODIFY_RESPONSE = BER_APPLICATION(7),
    LDAP_ADD = BER_APPLICATION(8),
    LDAP_ADD_RESPONSE = BER_APPLICATION(9),
    LDAP_DELETE_RESPONSE = BER_APPLICATION(11),
    LDAP_MODIFY_DN = BER_APPLICATION(12),
    LDAP_MODIFY_DN_RESPONSE = BER_APPLICATION(13),
    LDAP_COMPARE = BER_APPLICATION(14),
    LDAP_COMPARE_RESPONSE = BER_APPLICATION(15),
    LDAP_REFERENCE = BER_APPLICATION(19),
    LDAP_EXTENDED = 0x77,
    LDAP_EXTENDED_RESPONSE = 0x78,
    LDAP_INTERMEDIATE = 0x79,
};

#define LDAP_DONE 1

struct ldap_state;
struct ldap_tx {
    struct app_tx tx;
    struct ldap_state *state;
    struct app_text request;   /* the operation's content, as far as kept */
    struct app_text responses; /* each: tag, two bytes of length, content */
    uint32_t message_id;
    uint8_t operation; /* of the request; 0 when it was not seen */
    bool has_sasl, has_starttls, is_damage;
};

/* Result codes of answers that have one; false for others or when it is cut off. */
bool ldap_result(uint8_t operation, struct bytes content, uint32_t *code);

/* ldap_log.c */
void ldap_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void ldap_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_shape ldap_shapes[];

#endif
