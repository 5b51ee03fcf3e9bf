/* sensor/eve/xff.h - for whom a proxy spoke: the address in X-Forwarded-For or a header like it.
 *
 * As Suricata's eve-log.xff: a reverse proxy's own client comes last in the list, what a forward
 * proxy's client says of itself first. HTTP/1 and, beyond Suricata, HTTP/2. The header is anybody's
 * to write: what is no address is as good as not there. */
#ifndef EVE_XFF_H
#define EVE_XFF_H
#include "sensor/eve/eve.h"

#define XFF_TEXT_MAX 48
struct eve_client {
    char text[XFF_TEXT_MAX]; /* as the header has it */
    struct addr addr;
};

/* The address in one header's value, "192.0.2.1, [2001:db8::1]:443"; false: none. */
bool eve_xff_read(struct bytes value, bool forward, struct eve_client *out);
/* Of the alert's transaction; without one, of the first of its flow that names a client. scratch:
 * for the header's bytes. */
bool eve_xff_find(const struct eve_xff *x, const struct detect_alert *a, struct arena *scratch,
                  struct eve_client *out);

#endif
