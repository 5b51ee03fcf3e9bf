/* sensor/app/protocols/ftp_state.h - what the files ftp*.c share. */
#ifndef APP_FTP_STATE_H
#define APP_FTP_STATE_H
#include "sensor/app/protocols/lines.h"

#define FTP_LINE_MAX    4096u        /* of a command or a line of a reply */
#define FTP_REPLIES_MAX (16u * 1024) /* bytes of one command's replies */
#define FTP_DONE        1

enum ftp_event { FTP_REQUEST_COMMAND_TOO_LONG, FTP_RESPONSE_COMMAND_TOO_LONG, FTP_EVENT_COUNT };

/* Those with a meaning here; all others are known by name only. */
enum ftp_kind {
    FTP_PLAIN,
    FTP_PORT,
    FTP_EPRT,
    FTP_PASV,
    FTP_EPSV,
    FTP_UPLOAD,
    FTP_DOWNLOAD,
    FTP_LISTING,
    FTP_RESTART,
    FTP_AUTH,
    FTP_PASS
};

struct ftp_command {
    const char *name;
    uint8_t kind; /* enum ftp_kind */
};

struct ftp_flow;
struct ftp_tx {
    struct app_tx tx;
    struct ftp_flow *state;
    const struct ftp_command *command; /* NULL: a reply to nothing, or an unknown command */
    struct app_text request;           /* the line, without spaces at its end */
    struct app_text replies;           /* lines, each ends with a LF */
    bool request_truncated, reply_truncated;
    bool in_reply;   /* of several lines, up to one with its code and a space */
    uint8_t code[3]; /* of that reply */
    uint16_t port;   /* agreed on for the data connection */
};

struct ftp_flow {
    struct app *app;
    struct app_flow *flow;
    struct lines lines[2];
    struct ftp_tx *open; /* oldest tx without its last reply; later ones follow in the list */
    uint16_t port;       /* of the next data connection; 0: not agreed on */
    bool active;         /* the client listens */
    uint64_t offset;     /* where in its file the next transfer begins */
    bool tls;
};

/* ftp_command.c: the command that line begins with, or NULL. */
const struct ftp_command *ftp_command_of(struct bytes line);
/* ftp_address.c: the port in PORT's or EPRT's argument, or in a reply to PASV or EPSV; 0 if none.
 */
uint16_t ftp_port_of(enum ftp_kind kind, struct bytes text);
/* The address in a PORT command; false if there is none. */
bool ftp_port_address(struct bytes line, uint8_t address[4]);

/* ftp_transfer.c: what a command, or a line of its reply, means for data connections. */
void ftp_act_on_command(struct ftp_flow *s, const struct ftp_tx *t, uint64_t ts_us);
void ftp_act_on_reply(struct ftp_flow *s, struct ftp_tx *t, struct bytes line, uint64_t ts_us);

/* ftp_log.c */
extern const struct app_shape ftp_shapes[];
void ftp_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void ftp_alert_json(const struct app_tx *tx, struct json *j);

#endif
