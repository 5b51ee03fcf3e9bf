/* sensor/app/http_state.h - what the http_*.c files share. */
#ifndef APP_HTTP_STATE_H
#define APP_HTTP_STATE_H
#include <htp/htp.h>
#include "sensor/app/file.h"
#include "sensor/app/protocols/http.h"
#include "sensor/app/protocols/http_coding.h"
#include "sensor/app/protocols/http_range.h"

enum http_event {
    HTTP_UNKNOWN_ERROR,
    HTTP_GZIP_DECOMPRESSION_FAILED,
    HTTP_REQUEST_FIELD_MISSING_COLON,
    HTTP_RESPONSE_FIELD_MISSING_COLON,
    HTTP_INVALID_REQUEST_CHUNK_LEN,
    HTTP_INVALID_RESPONSE_CHUNK_LEN,
    HTTP_INVALID_TRANSFER_ENCODING_VALUE_IN_REQUEST,
    HTTP_INVALID_TRANSFER_ENCODING_VALUE_IN_RESPONSE,
    HTTP_INVALID_CONTENT_LENGTH_FIELD_IN_REQUEST,
    HTTP_INVALID_CONTENT_LENGTH_FIELD_IN_RESPONSE,
    HTTP_DUPLICATE_CONTENT_LENGTH_FIELD_IN_REQUEST,
    HTTP_DUPLICATE_CONTENT_LENGTH_FIELD_IN_RESPONSE,
    HTTP_100_CONTINUE_ALREADY_SEEN,
    HTTP_UNABLE_TO_MATCH_RESPONSE_TO_REQUEST,
    HTTP_INVALID_SERVER_PORT_IN_REQUEST,
    HTTP_INVALID_AUTHORITY_PORT,
    HTTP_REQUEST_HEADER_INVALID,
    HTTP_RESPONSE_HEADER_INVALID,
    HTTP_MISSING_HOST_HEADER,
    HTTP_HOST_HEADER_AMBIGUOUS,
    HTTP_INVALID_REQUEST_FIELD_FOLDING,
    HTTP_INVALID_RESPONSE_FIELD_FOLDING,
    HTTP_REQUEST_FIELD_TOO_LONG,
    HTTP_RESPONSE_FIELD_TOO_LONG,
    HTTP_REQUEST_SERVER_PORT_TCP_PORT_MISMATCH,
    HTTP_REQUEST_URI_HOST_INVALID,
    HTTP_REQUEST_HEADER_HOST_INVALID,
    HTTP_METHOD_DELIM_NON_COMPLIANT,
    HTTP_URI_DELIM_NON_COMPLIANT,
    HTTP_REQUEST_LINE_LEADING_WHITESPACE,
    HTTP_TOO_MANY_ENCODING_LAYERS,
    HTTP_ABNORMAL_CE_HEADER,
    HTTP_REQUEST_AUTH_UNRECOGNIZED,
    HTTP_REQUEST_HEADER_REPETITION,
    HTTP_RESPONSE_HEADER_REPETITION,
    HTTP_RESPONSE_MULTIPART_BYTERANGES,
    HTTP_RESPONSE_ABNORMAL_TRANSFER_ENCODING,
    HTTP_RESPONSE_CHUNKED_OLD_PROTO,
    HTTP_RESPONSE_INVALID_PROTOCOL,
    HTTP_RESPONSE_INVALID_STATUS,
    HTTP_REQUEST_LINE_INCOMPLETE,
    HTTP_DOUBLE_ENCODED_URI,
    HTTP_REQUEST_LINE_INVALID,
    HTTP_REQUEST_BODY_UNEXPECTED,
    HTTP_LZMA_MEMLIMIT_REACHED,
    HTTP_COMPRESSION_BOMB,
    HTTP_RANGE_INVALID,
    HTTP_REQUEST_CHUNK_EXTENSION,
    HTTP_RESPONSE_CHUNK_EXTENSION,
    HTTP_REQUEST_LINE_MISSING_PROTOCOL,
    HTTP_REQUEST_TOO_MANY_HEADERS,
    HTTP_RESPONSE_TOO_MANY_HEADERS,
    HTTP_MULTIPART_GENERIC_ERROR,
    HTTP_MULTIPART_NO_FILEDATA,
    HTTP_MULTIPART_INVALID_HEADER,
    HTTP_TOO_MANY_WARNINGS,
    HTTP_FAILED_PROTOCOL_CHANGE,
    HTTP_FILE_NAME_TOO_LONG,
    HTTP_EVENT_COUNT
};
extern const char *const http_event_names[HTTP_EVENT_COUNT];

/* One worker. */
struct http_worker {
    htp_cfg_t *cfg;
    struct http_ranges *ranges;
};

/* The framing of a chunked body being received. */
struct http_chunks {
    bool active, found; /* found: an extension */
    uint8_t state;      /* http_chunk.c's */
    unsigned digits;
    uint64_t left; /* of the chunk */
    size_t from;   /* where the rest of the body begins in the piece */
};

/* One flow. */
struct http_state {
    struct app *app;
    struct app_flow *flow;
    htp_connp_t *connp;
    struct http_chunks chunks[2];
    const struct app_input *in; /* being fed */
    struct bytes piece;         /* being given to libhtp */
    struct app_text pending[2]; /* libhtp wants the other direction first (CONNECT) */
    uint64_t ts_us;
    bool closed[2];
    bool connecting;         /* the flow's first request is a CONNECT, not answered yet */
    bool tunnel;             /* a CONNECT or an upgrade: what follows is another protocol */
    bool upgraded;           /* by a 101; libhtp takes no more */
    enum app_proto wanted;   /* which, UNKNOWN after a CONNECT */
    struct app_text context; /* for its open() */
    uint32_t answered;       /* responses completed */
    size_t messages;         /* that libhtp logged */
    enum http_event orphan;  /* raised just before the tx it is about was made; else COUNT */
    enum direction dir;      /* being fed */
};

/* Texts that rules inspect and libhtp does not keep; made when first asked for. */
struct http_made {
    struct app_text text;
    size_t headers; /* how many headers it was made of: trailers may come later */
    bool made;
};

/* A body that is one file. */
struct http_body_file {
    struct app_file *file; /* NULL before, after, and for what is none */
    bool opened;           /* there was something to name; never again */
};

struct http_multipart;
struct http_tx {
    struct app_tx tx;
    struct app *app;
    struct http_state *state;
    uint64_t frame[2];       /* ids; 0: none */
    htp_tx_t *htp;           /* owned by libhtp's connection, destroyed in tx_free */
    struct app_text raw[2];  /* header blocks as sent */
    struct app_text body[2]; /* decoded, up to the cap */
    uint64_t body_bytes[2];
    struct http_decoder *decoder[2]; /* of codings libhtp does not undo; NULL: none, or over */
    bool body_begun[2], body_lost[2];
    const char *answer_coding; /* of the answer, when it is one that libhtp leaves to us */
    struct http_made uri, host, header[2], names[2], start[2];
    struct http_body_file file[2];
    struct http_range_block *range;   /* what the answer adds to a larger file */
    struct http_multipart *multipart; /* of a form's body with files; else NULL */
};

static inline struct bytes http_bstr(const bstr *b)
{
    return b ? bytes_of(bstr_ptr(b), bstr_len(b)) : (struct bytes){0};
}

static inline const htp_table_t *http_headers(const struct http_tx *t, enum direction dir)
{
    return dir == TO_SERVER ? t->htp->request_headers : t->htp->response_headers;
}

/* Value of the header called name (any case; lower case here), repeated ones joined by libhtp. */
bool http_header(const struct http_tx *t, enum direction dir, const char *name,
                 struct bytes *value);

/* libhtp's log hook: a message becomes an event of its tx. */
int http_on_log(htp_log_t *log);
/* libhtp keeps every message; beyond some hundreds the flow is given up. */
bool http_complains_too_much(const struct http_state *s);
/* Events that libhtp tells by flags of the request. */
void http_check_request(struct http_tx *t);

/* The body that begins at `from` of the piece is chunked; the piece was read up to `to`. t, which
 * may be NULL, is the tx it is of. */
void http_chunks_begin(struct http_state *s, enum direction dir, size_t from);
void http_chunks_read(struct http_state *s, enum direction dir, size_t to, struct http_tx *t);

/* The server answered t with 101: both messages end here, and what follows is of a protocol we know
 * or is left alone. t may be NULL. */
void http_upgraded(struct http_state *s, struct http_tx *t);
/* Hands what is left to the next protocol, to be called from feed. */
void http_leave(struct http_state *s);

/* A body as libhtp hands it over; data.p is NULL for a gap. Returns HTP_OK. */
int http_body_data(struct http_tx *t, enum direction dir, struct bytes data);
void http_body_end(struct http_tx *t, enum direction dir);

/* Decoded bytes of a body, before they count into body_bytes; data.p is NULL for a gap. */
void http_file_data(struct http_tx *t, enum direction dir, struct bytes data);
/* The message is complete. */
void http_file_end(struct http_tx *t, enum direction dir);
struct app_file *http_file_open(struct http_tx *t, enum direction dir, struct bytes name,
                                unsigned flags);
/* Value of the parameter that begins with name ("filename=", any case) in a header's value. */
struct bytes http_parameter(struct bytes value, struct bytes name);

/* The files within a form (RFC 7578). begin sets t->multipart if the body is one. */
void http_multipart_begin(struct http_tx *t);
void http_multipart_data(struct http_tx *t, struct bytes data);
void http_multipart_end(struct http_tx *t);
void http_multipart_free(struct app *a, struct http_multipart *m);

enum app_result http_probe(const struct app_endpoints *e, enum direction dir, struct bytes data);
bool http_is_reversed(const struct app_endpoints *e, struct bytes data);
void *http_worker_new(struct app *a); /* a struct http_worker */
void http_worker_free(struct app *a, void *worker);
void http_tx_free(struct app *a, struct app_tx *tx);
void http_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void http_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_buffer http_buffers[];
extern const struct app_shape http_shapes[];
void http_facts(const struct app_tx *tx, struct app_facts *out);

#endif
