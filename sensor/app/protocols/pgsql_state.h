/* sensor/app/protocols/pgsql_state.h - what the pgsql*.c files share.
 * Source: the chapter "Frontend/Backend Protocol" of PostgreSQL's documentation, version 3.0. */
#ifndef APP_PGSQL_STATE_H
#define APP_PGSQL_STATE_H
#include "sensor/app/protocols/framed.h"

/* Most of one message that is looked at: of a query, of an error. */
#define PGSQL_KEPT_BYTES 16384u
/* Most of the server's parameters that one tx keeps. */
#define PGSQL_PARAMETERS_MAX 8192u
/* Servers refuse a longer start packet. */
#define PGSQL_STARTUP_MAX 10000u
#define PGSQL_LENGTH_MAX  (1u << 30) /* of any message */

#define PGSQL_VERSION_MAJOR 3
#define PGSQL_CODE_CANCEL   0x04d2162eu
#define PGSQL_CODE_SSL      0x04d2162fu
#define PGSQL_CODE_GSSAPI   0x04d21630u

#define PGSQL_DONE 1

enum pgsql_event { PGSQL_EVENT_MALFORMED_MESSAGE, PGSQL_EVENT_COUNT };

enum pgsql_request {
    PGSQL_NO_REQUEST, /* not seen */
    PGSQL_SSL_REQUEST,
    PGSQL_GSSAPI_REQUEST,
    PGSQL_STARTUP,
    PGSQL_CANCEL,
    PGSQL_PASSWORD,
    PGSQL_SASL_INITIAL,
    PGSQL_SASL_RESPONSE,
    PGSQL_QUERY,
    PGSQL_TERMINATE,
};

enum pgsql_auth {
    PGSQL_AUTH_OK = 0,
    PGSQL_AUTH_CLEARTEXT = 3,
    PGSQL_AUTH_MD5 = 5,
    PGSQL_AUTH_SSPI = 9,
    PGSQL_AUTH_SASL = 10,
    PGSQL_AUTH_SASL_CONTINUE = 11,
    PGSQL_AUTH_SASL_FINAL = 12,
};

/* What of an answer was seen. */
enum pgsql_seen {
    PGSQL_SEEN_ENCRYPTION = 1 << 0, /* the byte that answers a request for encryption */
    PGSQL_SEEN_KEY = 1 << 1,
    PGSQL_SEEN_FIELDS = 1 << 2,
    PGSQL_SEEN_COMMAND = 1 << 3,
    PGSQL_SEEN_ERROR = 1 << 4,
    PGSQL_SEEN_NOTICE = 1 << 5,
    PGSQL_SEEN_NOTIFICATION = 1 << 6,
    PGSQL_SEEN_AUTH = 1 << 7, /* shifted by the kind: one bit each */
};

struct pgsql_state;
struct pgsql_tx {
    struct app_tx tx;
    struct pgsql_state *state; /* outlives every tx of the flow */
    uint8_t request;           /* enum pgsql_request */
    uint16_t major, minor;
    struct app_text
        text; /* of the request: parameters, a query, what SASL says; never a password */
    uint32_t cancel_pid, cancel_key;
    uint32_t seen; /* enum pgsql_seen */
    bool encryption_accepted;
    struct app_text auth;       /* salt, or the last word of SASL or SSPI */
    uint8_t auth_kind;          /* whose that is */
    struct app_text parameters; /* name, NUL, value, NUL, and so on */
    struct app_text error;      /* fields of an error, else of the first notice */
    struct app_text command, channel, payload;
    uint32_t pid, key, notification_pid;
    uint16_t field_count;
    uint64_t rows, row_bytes;
};

static inline bool pgsql_saw_auth(const struct pgsql_tx *t, enum pgsql_auth kind)
{
    return t->seen & (uint32_t)PGSQL_SEEN_AUTH << kind;
}

struct pgsql_state {
    struct app *app;
    struct app_flow *flow;
    struct framed framed[2];
    struct pgsql_tx *current; /* whose answer is due; NULL when it is to be looked for, or gone */
    uint8_t password_kind;    /* enum pgsql_request: what the client's next 'p' message is */
    bool encryption_asked;    /* the server answers with a single byte */
    bool switched;            /* to TLS: what follows is not ours */
    bool over;                /* Kerberos encrypts the rest */
};

enum app_result pgsql_probe(const struct app_endpoints *e, enum direction dir, struct bytes data);
/* Could a message begin so? For finding the way again after a gap. */
bool pgsql_is_start(enum direction dir, struct bytes data);

/* A message of the client, or of the server; length is of the message, its head may be less. False
 * when nothing that follows can be read. */
bool pgsql_request(struct pgsql_state *s, const struct app_input *in, struct bytes head,
                   uint64_t length);
bool pgsql_response(struct pgsql_state *s, const struct app_input *in, struct bytes head,
                    uint64_t length);
struct pgsql_tx *pgsql_tx_new(struct pgsql_state *s, const struct app_input *in);

void pgsql_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void pgsql_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_shape pgsql_shapes[];

#endif
