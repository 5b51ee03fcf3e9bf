/* ssh_log.c - SSH's sides as EVE shows them, and what rules look at. Names as in Suricata 7. */
#include "sensor/app/protocols/ssh_state.h"

#define LOGGED 1

static void put_peer(struct json *j, const char *key, const struct ssh_peer *p)
{
    if (p->proto.len == 0)
        return;
    json_object(j, key);
    json_str(j, "proto_version", app_text_bytes(&p->proto));
    json_str(j, "software_version", app_text_bytes(&p->software));
    if (p->hassh[0]) {
        json_object(j, "hassh");
        json_strz(j, "hash", p->hassh);
        json_str(j, "string", app_text_bytes(&p->hassh_string));
        json_object_end(j);
    }
    json_object_end(j);
}

void ssh_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct ssh_tx *t = (const struct ssh_tx *)tx;
    json_object(j, "ssh");
    put_peer(j, "client", &t->peer[TO_SERVER]);
    put_peer(j, "server", &t->peer[TO_CLIENT]);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    ssh_alert_json(tx, j);
}

/* Once both proposals are there, or at the end if somebody said who they are. */
void ssh_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct ssh_tx *t = (const struct ssh_tx *)tx;
    bool due = tx->progress[TO_SERVER] >= SSH_KEX && tx->progress[TO_CLIENT] >= SSH_KEX;
    if ((tx->logged & LOGGED) || (!last && !due))
        return;
    tx->logged |= LOGGED;
    struct app_record r = {.event_type = "ssh", .dir = TO_SERVER, .encode = encode};
    if (t->peer[TO_SERVER].proto.len || t->peer[TO_CLIENT].proto.len)
        emit(ctx, tx, &r);
}

#define PEER                                                                                       \
    "{proto_version: string, software_version: string, hassh?: {hash: string, string: string}}"
const struct app_shape ssh_shapes[] = {
    {"ssh", "ssh: {client?: " PEER ", server?: " PEER "}"},
    {0},
};

#define GETTER(getter, expr)                                                                       \
    static bool getter(struct app_tx *tx, enum direction dir, unsigned index,                      \
                       struct arena *scratch, struct bytes *out)                                   \
    {                                                                                              \
        const struct ssh_peer *p = &((struct ssh_tx *)tx)->peer[dir];                              \
        (void)scratch;                                                                             \
        *out = (expr);                                                                             \
        return index == 0 && out->len > 0;                                                         \
    }
GETTER(get_proto, app_text_bytes(&p->proto))
GETTER(get_software, app_text_bytes(&p->software))
GETTER(get_hassh, bytes_str(p->hassh))
GETTER(get_hassh_string, app_text_bytes(&p->hassh_string))

/* clang-format off */
#define TS APP_BUFFER_TO_SERVER
#define TC APP_BUFFER_TO_CLIENT
#define CASE APP_BUFFER_ANY_CASE
const struct app_buffer ssh_buffers[] = {
    APP_BUFFER(SSH, "ssh.proto", "ssh_proto", "", TS | TC, SSH_BANNER, SSH_BANNER, get_proto),
    APP_BUFFER(SSH, "ssh.software", "ssh_software", "", TS | TC, SSH_BANNER, SSH_BANNER, get_software),
    APP_BUFFER(SSH, "ssh.hassh", "ssh-hassh", "", TS | CASE, SSH_KEX, 0, get_hassh),
    APP_BUFFER(SSH, "ssh.hassh.string", "ssh-hassh-string", "", TS, SSH_KEX, 0, get_hassh_string),
    APP_BUFFER(SSH, "ssh.hassh.server", "ssh-hassh-server", "", TC | CASE, 0, SSH_KEX, get_hassh),
    APP_BUFFER(SSH, "ssh.hassh.server.string", "ssh-hassh-server-string", "", TC, 0, SSH_KEX, get_hassh_string),
    {0},
};
/* clang-format on */
