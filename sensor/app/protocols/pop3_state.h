/* pop3_state.h - what the files pop3*.c share. */
#ifndef APP_POP3_STATE_H
#define APP_POP3_STATE_H
#include "sensor/app/file.h"
#include "sensor/app/protocols/mime.h"

#define POP3_LINE_MAX     1024u /* RFC 2449 allows 255 and 512; of a mail's line, a piece */
#define POP3_ARGUMENT_MAX 256u
#define POP3_STATUS_MAX   512u
#define POP3_DONE         1

enum pop3_event {
    POP3_TOO_LONG_COMMAND,
    POP3_TOO_LONG_RESPONSE,
    POP3_UNKNOWN_COMMAND,
    POP3_MALFORMED_RESPONSE,
    POP3_MIME, /* enum mime_event */
    POP3_EVENT_COUNT = POP3_MIME + MIME_EVENT_COUNT
};

/* What of a command's argument may be shown. */
enum pop3_argument { POP3_HIDDEN, POP3_SHOWN, POP3_FIRST_WORD };
/* What follows an answer that agrees, up to a line with a dot. */
enum pop3_rest { POP3_NOTHING, POP3_LINES, POP3_LINES_OF_ALL, POP3_MAIL, POP3_MAIL_TOP };
struct pop3_command {
    const char *name;
    uint8_t argument; /* enum pop3_argument */
    uint8_t rest;     /* enum pop3_rest; LINES_OF_ALL: unless the command asks for one mail */
};
/* pop3_command.c: the command that line begins with, or NULL. */
const struct pop3_command *pop3_command_of(struct bytes line);

struct pop3_flow;
struct pop3_tx {
    struct app_tx tx;
    struct pop3_flow *state;
    const struct pop3_command *command; /* NULL: the greeting, or unknown */
    struct app_text argument, user, status;
    struct mime *mime; /* the mail that came */
    bool answered, ok, malformed, greeting, has_argument;
};

struct pop3_flow {
    struct app *app;
    struct app_flow *flow;
    struct lines lines[2];
    struct pop3_tx *open;      /* oldest tx without an answer; later ones follow in the list */
    struct pop3_tx *answering; /* whose lines come; NULL when the core dropped it */
    struct pop3_tx *auth;      /* whose exchange goes on; likewise */
    bool in_answer;            /* between its first line and the dot */
    bool in_auth;              /* lines of the client are secrets */
    bool tls;
};

/* pop3_log.c */
extern const struct app_shape pop3_shapes[];
void pop3_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void pop3_alert_json(const struct app_tx *tx, struct json *j);

#endif
