/* sensor/app/protocols/sasl.h - who logs in, in a client's answer of a SASL exchange (RFC 4422).
 *
 * The name only: what proves it is never handed out. */
#ifndef APP_SASL_H
#define APP_SASL_H
#include "common/bytes.h"

#define SASL_USER_MAX 256u

/* The user in response (base64, the first one of the client) by mechanism; a view into room, empty
 * when it tells none. */
struct bytes sasl_user(struct bytes mechanism, struct bytes response, uint8_t room[SASL_USER_MAX]);

#endif
