/* sensor/app/protocols/smtp_state.h - what the files smtp*.c share. */
#ifndef APP_SMTP_STATE_H
#define APP_SMTP_STATE_H
#include "sensor/app/file.h"
#include "sensor/app/protocols/mime.h"

#define SMTP_LINE_MAX    4096u        /* of a command or reply that is looked at */
#define SMTP_PENDING_MAX 4096u        /* commands without a reply */
#define SMTP_RCPT_MAX    (64u * 1024) /* bytes of recipients of one mail */
#define SMTP_DONE        1

enum smtp_event {
    SMTP_INVALID_REPLY,
    SMTP_UNABLE_TO_MATCH_REPLY_WITH_REQUEST,
    SMTP_MAX_COMMAND_LINE_LEN_EXCEEDED,
    SMTP_MAX_REPLY_LINE_LEN_EXCEEDED,
    SMTP_INVALID_PIPELINED_SEQUENCE,
    SMTP_BDAT_CHUNK_LEN_EXCEEDED,
    SMTP_NO_SERVER_WELCOME_MESSAGE,
    SMTP_TLS_REJECTED,
    SMTP_DATA_COMMAND_REJECTED,
    SMTP_DUPLICATE_FIELDS,
    SMTP_UNPARSABLE_CONTENT,
    SMTP_TRUNCATED_LINE,
    SMTP_AMBIGUOUS_END_OF_DATA,
    SMTP_FAILED_PROTOCOL_CHANGE, /* never: nothing can be in the way of one */
    SMTP_MIME,                   /* enum mime_event */
    SMTP_EVENT_COUNT = SMTP_MIME + MIME_EVENT_COUNT
};

enum smtp_command {
    SMTP_OTHER,
    SMTP_STARTTLS,
    SMTP_DATA,
    SMTP_DATA_AT_ONCE, /* the mail follows without waiting for a reply */
    SMTP_MESSAGE,      /* not a command: the end of the mail, which has a reply of its own */
    SMTP_RSET
};

struct smtp_flow;
struct smtp_tx {
    struct app_tx tx;
    struct smtp_flow *state;
    struct app_text from;
    struct app_text rcpts; /* each ends with a LF */
    bool has_from, done;
    struct mime *mime; /* the mail, once DATA or BDAT came */
};

enum smtp_mode { SMTP_COMMANDS, SMTP_TEXT, SMTP_CHUNK };

struct smtp_flow {
    struct app *app;
    struct app_flow *flow;
    struct smtp_tx *tx; /* current; NULL before the first and when the core dropped it */
    struct lines lines[2];
    struct app_text helo;
    bool has_helo;
    struct app_text pending; /* enum smtp_command of those sent, a byte each */
    uint32_t answered;       /* of them */
    uint8_t mode;            /* enum smtp_mode, of what the client sends */
    bool text_begun;         /* a line of the mail came */
    bool bare_lf;            /* it ended without a CR */
    bool in_reply;           /* the last reply's line said that another follows */
    bool greeted, pipelining;
    bool tls; /* both sides agreed on TLS */
    uint64_t chunk_left;
    bool chunk_last;
};

/* smtp_command.c: bytes of the client. */
void smtp_from_client(struct smtp_flow *s, const struct app_input *in);
void smtp_end_chunk(struct smtp_flow *s);
/* smtp_reply.c: bytes of the server. */
void smtp_from_server(struct smtp_flow *s, const struct app_input *in);

static inline void smtp_event(struct smtp_flow *s, uint16_t event)
{
    if (s->tx)
        app_tx_event(&s->tx->tx, event);
}
void smtp_complete(struct smtp_flow *s); /* the current tx */

/* smtp_log.c */
extern const struct app_shape smtp_shapes[];
void smtp_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void smtp_alert_json(const struct app_tx *tx, struct json *j);

#endif
