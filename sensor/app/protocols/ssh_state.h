/* sensor/app/protocols/ssh_state.h - what ssh.c reads and ssh_log.c writes. */
#ifndef APP_SSH_STATE_H
#define APP_SSH_STATE_H
#include "sensor/app/parser.h"

enum ssh_progress { SSH_NOTHING, SSH_BANNER, SSH_KEX, SSH_DONE };

struct ssh_peer {
    struct app_text proto, software, hassh_string;
    char hassh[33]; /* empty until the proposal was read */
};

struct ssh_tx {
    struct app_tx tx;
    struct ssh_state *state;
    struct ssh_peer peer[2]; /* by direction: what its sender said */
};

/* ssh_log.c */
void ssh_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void ssh_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_shape ssh_shapes[];
extern const struct app_buffer ssh_buffers[];

#endif
