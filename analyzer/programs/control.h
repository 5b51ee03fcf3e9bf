/* analyzer/programs/control.h - asks a running sensor over its control socket.
 *
 * The protocol is Suricata's (see sensor/control/README.md), so a Suricata answers too. */
#ifndef PROGRAMS_CONTROL_H
#define PROGRAMS_CONTROL_H
#include "common/err.h"
#include <cjson/cJSON.h>
#include <stdbool.h>

#define CONTROL_SOCKET "/run/sekisho/sensor.socket" /* where a sensor listens unless told */
/* ... and where one does that runs as a service, each in a folder named after its interface. */
#define CONTROL_SOCKETS "/run/sekisho*/sensor.socket"

/* One command with its arguments (NULL: none; borrowed). *done tells whether it was done; the
 * answer's message is the caller's to delete. NULL and err when nobody answers within ten minutes,
 * or what answers does not speak the protocol. */
cJSON *control_ask(const char *path, const char *command, const cJSON *arguments, bool *done,
                   struct err *err);

#endif
