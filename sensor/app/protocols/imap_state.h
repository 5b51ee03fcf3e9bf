/* imap_state.h - what the files imap*.c share. */
#ifndef APP_IMAP_STATE_H
#define APP_IMAP_STATE_H
#include "sensor/app/file.h"
#include "sensor/app/protocols/mime.h"

#define IMAP_LINE_MAX  8192u /* of a command with its literals, RFC 7162 4; of others, a piece */
#define IMAP_TAG_MAX   64u
#define IMAP_SHOWN_MAX 256u /* of each argument */
#define IMAP_TEXT_MAX  512u /* of the server's words */
#define IMAP_OPEN_MAX  64u  /* commands without an answer among which its tag is looked for */
#define IMAP_DONE      1

enum imap_event {
    IMAP_TOO_LONG_COMMAND,
    IMAP_UNKNOWN_COMMAND,
    IMAP_MALFORMED_COMMAND,
    IMAP_MALFORMED_RESPONSE,
    IMAP_RESPONSE_WITHOUT_COMMAND,
    IMAP_MIME, /* enum mime_event */
    IMAP_EVENT_COUNT = IMAP_MIME + MIME_EVENT_COUNT
};

/* What of a command's arguments may be shown, and as what. */
enum imap_argument { IMAP_HIDDEN, IMAP_ARGUMENT, IMAP_USER, IMAP_MAILBOX, IMAP_MECHANISM };
enum imap_kind {
    IMAP_PLAIN,
    IMAP_APPEND,
    IMAP_AUTHENTICATE,
    IMAP_COMPRESS,
    IMAP_SELECT,
    IMAP_STARTTLS
};
struct imap_command {
    const char *name;
    uint8_t argument; /* enum imap_argument */
    uint8_t kind;     /* enum imap_kind */
};

enum imap_status { IMAP_NONE, IMAP_OK, IMAP_NO, IMAP_BAD, IMAP_BYE, IMAP_PREAUTH };

/* A command with its answer; the server's greeting; or a mail that went either way. */
struct imap_flow;
struct imap_tx {
    struct app_tx tx;
    struct imap_flow *state;
    bool is_request, is_mail, answered;
    const struct imap_command *command; /* NULL: unknown; of a mail: which brought it */
    struct app_text tag, shown, user, text;
    uint8_t status; /* enum imap_status; NONE: the answer is malformed, or did not come */
    bool has_exists;
    uint32_t exists; /* mails in the mailbox */

    struct mime *mime;
    uint8_t dir;     /* enum direction, of a mail */
    uint64_t number; /* its number in the mailbox; 0: not known */
    uint64_t size;
};

/* Whether a line ends with a literal's length, read byte by byte. */
struct imap_tail {
    uint8_t step;
    bool quoted, escaped, plus; /* plus: the literal follows without a go-ahead */
    uint64_t length;
};

struct imap_side {
    struct imap_tail tail;
    bool in_literal;
    bool continued; /* the line goes on behind a literal */
    bool holds_literals;
    bool is_mail; /* the literal is one */
    bool is_part; /* of it, from offset on */
    uint64_t offset;
    uint64_t literal_length, literal_left;
    struct imap_tx *mail; /* once its first bytes came; NULL again when the core dropped it */
    bool begun;           /* they came */
};

struct imap_flow {
    struct app *app;
    struct app_flow *flow;
    struct lines lines[2];
    struct imap_side side[2];
    struct app_text command; /* being read, its literals as quoted strings */
    struct app_text mailbox; /* selected */
    struct imap_tx *open;    /* oldest command without an answer; later ones follow in the list */
    struct imap_tx *auth;    /* whose user is not known yet; NULL when the core dropped it */
    uint8_t auth_tag[IMAP_TAG_MAX], auth_tag_len;
    bool in_auth;           /* lines of the client are secrets */
    uint64_t fetch;         /* number of the mail that the server's line is about; 0: of none */
    struct imap_tx *parted; /* a mail that is fetched in parts; NULL when the core dropped it */
    uint64_t parted_bytes;  /* of it so far */
    bool greeted;           /* the server's first line came */
    bool tls, compressed;   /* nothing more can be read */
};

/* imap.c */
struct imap_tx *imap_begin_tx(struct imap_flow *s, uint64_t ts_us);
void imap_complete(struct imap_flow *s, struct imap_tx *t);

/* imap_command.c: a line of the client's, or a piece of it, and its literals. */
void imap_client_line(struct imap_flow *s, const struct app_input *in, const struct line *l);
void imap_client_literal(struct imap_flow *s, struct bytes data, bool last);
/* The command ends here, as the server refused its literal. */
void imap_command_finish(struct imap_flow *s, const struct app_input *in);
const struct imap_command *imap_command_of(struct bytes text);
struct bytes imap_take_word(struct bytes *rest);

/* imap_response.c: a line of the server's, or a piece of it; words by enum imap_status. */
extern const char *const imap_statuses[];
void imap_server_line(struct imap_flow *s, const struct app_input *in, const struct line *l);

/* imap_literal.c */
void imap_tail_read(struct imap_tail *t, struct bytes text);
bool imap_tail_is_literal(const struct imap_tail *t);
void imap_literal_begin(struct imap_side *side);
/* Takes bytes of the literal off data. */
void imap_literal_take(struct imap_flow *s, const struct app_input *in, struct bytes *data);
void imap_literal_gap(struct imap_flow *s, const struct app_input *in);

/* imap_mail.c: the literal that comes is a mail, or the next part of one. */
void imap_mail_data(struct imap_flow *s, const struct app_input *in, struct bytes data);
void imap_mail_gap(struct imap_flow *s, const struct app_input *in);
void imap_mail_end(struct imap_flow *s, enum direction dir);
/* Nothing more of it comes. */
void imap_mail_cut(struct imap_flow *s, enum direction dir);
/* A mail that is fetched in parts awaits one at offset. */
bool imap_mail_awaits(const struct imap_flow *s, uint64_t offset);
/* Unless the client asks for a part, there comes no further one. */
void imap_mail_judge_command(struct imap_flow *s, struct bytes arguments);

/* imap_log.c */
extern const struct app_shape imap_shapes[];
void imap_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void imap_alert_json(const struct app_tx *tx, struct json *j);

#endif
