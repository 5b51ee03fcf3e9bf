/* sensor/app/tls.h - TLS and SSL handshakes (RFC 8446, RFC 5246, RFC 6101).
 *
 * One tx describes the flow's handshake and lives as long as the flow. Every function takes the
 * struct app_tx of a TLS tx. */
#ifndef APP_TLS_H
#define APP_TLS_H
#include "sensor/app/app.h"

/* Progress of either direction of the handshake. */
enum tls_progress {
    TLS_HELLO = 1, /* this side's hello was read */
    TLS_CERT,      /* this side's certificates were read, or none will be */
    TLS_DONE,      /* this side went over to encryption, or closed */
};

/* Version as on the wire (0x0303 is TLS 1.2; 0x0002 SSL 2.0); supported_versions counts for
 * TLS 1.3. TO_SERVER: the client's hello; TO_CLIENT: what the server chose. 0 before that hello. */
uint16_t tls_version(const struct app_tx *tx, enum direction dir);

/* The leaf certificate that the sender of dir showed: seconds since 1970 UTC; false without one. */
bool tls_cert_dates(const struct app_tx *tx, enum direction dir, int64_t *not_before,
                    int64_t *not_after);
/* How many certificates the chain holds. */
unsigned tls_cert_count(const struct app_tx *tx, enum direction dir);

/* The handshake's latest step, for ssl_state; none of them once other records followed. */
enum tls_state {
    TLS_SAW_CLIENT_HELLO = 1 << 0,
    TLS_SAW_SERVER_HELLO = 1 << 1,
    TLS_SAW_CLIENT_KEYX = 1 << 2,
    TLS_SAW_SERVER_KEYX = 1 << 3,
};

#endif
