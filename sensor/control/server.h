/* sensor/control/server.h - the control socket: commands in, answers out, one JSON object each.
 *
 * The protocol is that of Suricata's Unix socket, so its clients work: a greeting {"version":"0.2"}
 * answered {"return":"OK"}, then {"command":"uptime"} or {"command":...,"arguments":{...}} answered
 * {"message":...,"return":"OK"}; "NOK" when it could not be done. Whoever may connect (file mode
 * 0660) may still be hostile: clients, the length of a message and what waits to be read are
 * bounded, and nothing here blocks. Source: the Suricata user guide, "Interacting via Unix Socket".
 */
#ifndef CONTROL_SERVER_H
#define CONTROL_SERVER_H
#include "common/err.h"
#include "common/json.h"
#include <cjson/cJSON.h>
#include <poll.h>

#define CONTROL_CLIENTS_MAX 8
#define CONTROL_FDS_MAX     (CONTROL_CLIENTS_MAX + 1)

enum control_outcome {
    CONTROL_OK,
    CONTROL_NOK,
    CONTROL_LATER, /* control_server_settle() will answer */
};
/* Writes the answer's "message" member. arguments is NULL when there are none. */
typedef enum control_outcome control_fn(void *ctx, const char *command, const cJSON *arguments,
                                        struct json *answer);

struct control_server;
/* Binds and listens. A socket nobody answers on any more is replaced, one in use is an error. NULL
 * and err. */
struct control_server *control_server_new(const char *path, control_fn *command, void *ctx,
                                          struct err *err);
/* Closes all; the socket's name goes too where that is allowed. */
void control_server_free(struct control_server *s);

/* What to poll() for; returns how many. */
size_t control_server_poll(const struct control_server *s, struct pollfd fds[CONTROL_FDS_MAX]);
/* Serves what the poll found. */
void control_server_run(struct control_server *s, const struct pollfd *fds, size_t count);
/* Answers every command that was put off. */
void control_server_settle(struct control_server *s, enum control_outcome outcome,
                           const char *message);

#endif
