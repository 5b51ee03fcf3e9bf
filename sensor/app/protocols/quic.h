/* quic.h - QUIC handshakes (RFC 9000, RFC 9001, RFC 9369, Google QUIC).
 *
 * Each packet with a long header up to the hello of its direction is one tx, as in Suricata. */
#ifndef APP_QUIC_H
#define APP_QUIC_H
#include "sensor/app/app.h"

enum quic_progress { QUIC_DONE = 1 };

#endif
