/* sensor/app/http_state.h - what the http_*.c files share. */
#ifndef APP_HTTP_STATE_H
#define APP_HTTP_STATE_H
#include "sensor/app/file.h"
#include "sensor/app/protocols/http.h"
#include "sensor/app/protocols/http1.h"
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
    struct http_ranges *ranges;
};

/* Whether a direction goes on, and why not. */
enum http_flow_status {
    HTTP_FLOWS,
    HTTP_WAITS,  /* for the other direction */
    HTTP_TUNNEL, /* it is HTTP no more */
    HTTP_ERROR,
    HTTP_CLOSED, /* its end is being read */
};

/* What a step of reading came to. */
enum http_step {
    HTTP_GO_ON,
    HTTP_WANTS_MORE,
    HTTP_WANTS_OTHER, /* the other direction has to be heard first */
    HTTP_BROKEN,
};

/* One direction as it is read. */
struct http_side {
    struct http_tx *tx; /* of the message being read; NULL between them */
    uint8_t state;      /* http_request.c's and http_response.c's */
    uint8_t status;     /* enum http_flow_status */
    bool raw;           /* what is read is part of a header block */
    bool held_cr;       /* a line held back ends with a CR that may be its end */
    bool lfcr;          /* the line before ended with LF CR */
    bool odd_chunks;    /* sizes no one could follow: their extensions mean nothing */
    bool closed;
    struct bytes piece;      /* being read; p is NULL for a gap */
    size_t at;               /* so much of it was */
    int64_t left;            /* of the body, or of its chunk; -1 unknown */
    struct app_text carried; /* begins the next message */
};

/* One flow. */
struct http_state {
    struct app *app;
    struct app_flow *flow;
    struct http_side side[2];
    struct http_tx *unanswered, *last_unanswered; /* oldest first */
    uint32_t unanswered_count;
    uint32_t forgotten;         /* requests before the oldest, whose answers are to come first */
    const struct app_input *in; /* being fed */
    struct app_text pending[2]; /* the other direction has to be read first (CONNECT) */
    uint64_t ts_us;
    bool connecting;         /* the flow's first request is a CONNECT, not answered yet */
    bool tunnel;             /* a CONNECT or an upgrade: what follows is another protocol */
    bool upgraded;           /* by a 101 */
    bool yields;             /* behind the answer being read the client is heard first */
    enum app_proto wanted;   /* which, UNKNOWN after a CONNECT */
    struct app_text context; /* for its open() */
    uint32_t answered;       /* responses completed */
    size_t messages;         /* complaints so far */
    enum http_event orphan;  /* raised just before the tx it is about was made; else COUNT */
};

/* Texts that rules inspect and that are not there as such; made when first asked for. */
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

enum http_method {
    HTTP_M_UNKNOWN,
    HTTP_M_ANY,
    HTTP_M_CONNECT,
    HTTP_M_HEAD,
    HTTP_M_POST,
    HTTP_M_PUT
};

/* How far a message was read. */
enum http_stage {
    HTTP_NOT_STARTED,
    HTTP_IN_LINE,
    HTTP_IN_HEADERS,
    HTTP_IN_BODY,
    HTTP_IN_TRAILER,
    HTTP_READ,
};

/* What delimits a body. */
enum http_framing { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED, HTTP_UNTIL_END };

enum http_request_flag {
    HTTP_INVALID_T_E = 1 << 0,
    HTTP_INVALID_C_L = 1 << 1,
    HTTP_NO_HOST = 1 << 2,
    HTTP_HOST_AMBIGUOUS = 1 << 3,
    HTTP_HOSTU_INVALID = 1 << 4,
    HTTP_HOSTH_INVALID = 1 << 5,
    HTTP_AUTH_UNKNOWN = 1 << 6,
};

/* Codings of a body: three as libhtp has it, and brotli inside of them. */
#define HTTP_CODINGS_MAX 4
enum http_layer { HTTP_LAYER_NONE, HTTP_LAYER_GZIP, HTTP_LAYER_DEFLATE, HTTP_LAYER_BROTLI };

struct http_multipart;
struct http_tx {
    struct app_tx tx;
    struct app *app;
    struct http_state *state;
    struct http_tx *next_unanswered, *previous_unanswered;
    uint32_t forgotten_behind; /* requests between it and the next one in line */
    bool shown;        /* rules and records know it: else it went and its messages did not */
    uint64_t frame[2]; /* ids; 0: none */

    struct http1_message m[2];
    uint8_t stage[2];                                       /* enum http_stage */
    uint8_t framing[2];                                     /* enum http_framing */
    uint8_t flags;                                          /* enum http_request_flag */
    bool told_colon, told_invalid, told_folding, told_many; /* of either direction's headers */

    /* The request. */
    uint8_t method_id; /* enum http_method */
    bool is_0_9;
    struct http1_span method, target;
    struct http1_span path, query, fragment, target_host; /* decoded, but for the query */
    struct http1_span hostname;                           /* of the target, else of Host */
    int target_port, port; /* -1 without one; of either, 0 before the headers */
    int64_t length;        /* Content-Length; -1 without */

    /* The answer. */
    struct http1_span status, reason;
    int status_code; /* 0 before, -1 where it is none */
    bool seen_100;
    uint64_t answer_len; /* of the body as it came */

    struct app_text body[2]; /* decoded, up to the cap */
    uint64_t body_bytes[2];
    uint8_t layers[2][HTTP_CODINGS_MAX];               /* enum http_layer, outermost first */
    struct http_decoder *decoder[2][HTTP_CODINGS_MAX]; /* theirs, once there is a body */
    uint64_t coded_bytes[2], decoded_bytes[2]; /* as it came; what all decoders together gave */
    bool body_begun[2], body_lost[2];
    struct http_made uri, host, header[2], names[2], start[2];
    struct http_body_file file[2];
    struct http_range_block *range;   /* what the answer adds to a larger file */
    struct http_multipart *multipart; /* of a form's body with files; else NULL */
};

static inline struct bytes http_bytes(const struct http_tx *t, enum direction dir,
                                      struct http1_span s)
{
    return http1_bytes(&t->m[dir], s);
}

/* Value of a well-known header, repeated ones joined; false when there is none. */
static inline bool http_header(const struct http_tx *t, enum direction dir, enum http1_name id,
                               struct bytes *value)
{
    const struct http1_header *h = http1_find(&t->m[dir], id);
    *value = h ? http_bytes(t, dir, h->value) : (struct bytes){0};
    return h != NULL;
}

/* Something is odd about t, which may be NULL; COUNT: nothing that has an event. Beyond some
 * hundreds of them the flow is given up. */
void http_complain(struct http_state *s, struct http_tx *t, enum http_event event);
bool http_complains_too_much(const struct http_state *s);
/* Events that the request's flags stand for. */
void http_check_request(struct http_tx *t);

/* Reads the piece or the end of a direction; returns what became of it. http_request.c,
 * http_response.c. */
enum http_flow_status http_request_read(struct http_state *s);
enum http_flow_status http_response_read(struct http_state *s);

/* Whether the request being read has no line yet; what an answer makes of it: complete but for what
 * may follow, or complete. */
bool http_is_in_request_line(const struct http_state *s);
void http_await_next_request(struct http_state *s);
void http_finish_dangling_request(struct http_state *s);

/* ---- what both do: http_side.c ---- */

/* Adds the piece up to `end` to the line being received; all of that with `over`. False when it is
 * too long. */
bool http_keep_line(struct http_state *s, enum direction dir, size_t end, bool over);
/* The line being received; it is read, or was none of the head. */
struct http1_span http_line(const struct http_side *side, enum direction dir);
void http_take_line(struct http_side *side, enum direction dir);
void http_drop_line(struct http_side *side, enum direction dir);
/* What stands before `end` of the piece, with what was held of it, without taking it. False when it
 * is too long. Then it is either given to the body or left to the next message. */
bool http_look(struct http_state *s, enum direction dir, size_t end, struct bytes *out);
void http_give_to_body(struct http_state *s, enum direction dir, size_t end,
                       struct bytes looked_at);
void http_leave_to_next(struct http_state *s, enum direction dir, size_t end);
/* What was left to it. */
void http_take_carried(struct http_side *side, enum direction dir);
/* So much of the body or chunk as is there; HTTP_GO_ON when that was all of it. */
enum http_step http_read_counted(struct http_state *s, enum direction dir);
/* The size of a chunk in line, whose extension is told. */
int64_t http_read_chunk_size(struct http_state *s, enum direction dir, struct bytes line);

bool http_is_empty_line(struct bytes line); /* with its end, of whatever kind */

/* What a direction makes of the piece at hand, step by step. */
struct http_reader {
    enum http_step (*step)(struct http_state *s);
    enum http_step (*over)(struct http_state *s); /* a gap behind a message: it is over */
    unsigned bears_gap;                           /* bits of the states in which a gap is borne */
    unsigned finish;                              /* the state behind a message */
};
/* State 0 is between messages. */
enum http_flow_status http_side_read(struct http_state *s, enum direction dir,
                                     const struct http_reader *reader);

/* ---- header lines: http_head.c; false when the flow cannot be followed ---- */

/* A line with its end; next is the byte behind it, -1 unknown. */
bool http_head_line(struct http_tx *t, enum direction dir, struct http1_span line, int next);
/* No more lines. */
bool http_head_end(struct http_tx *t, enum direction dir);

/* ---- what is told: http_hooks.c ---- */
struct http_tx *http_tx_new(struct http_state *s); /* waits for its answer from here on */
/* Makes it known, at any sign of life: it may have been known before, and gone. */
void http_tx_show(struct http_tx *t);
/* The oldest request that does, which waits no more; NULL: none. */
struct http_tx *http_next_unanswered(struct http_state *s);
/* Of a request of which nothing is known but that it went; waits for nothing. */
struct http_tx *http_tx_forgotten(struct http_state *s);
/* Gives t the name of a request that was not seen. */
void http_tx_lacks_request(struct http_tx *t);
void http_request_started(struct http_tx *t);
void http_request_line_read(struct http_tx *t);
void http_request_headers_read(struct http_tx *t);
void http_request_over(struct http_tx *t);
void http_response_started(struct http_tx *t);
void http_response_line_read(struct http_tx *t);
void http_response_headers_read(struct http_tx *t);
void http_response_over(struct http_tx *t);
/* A tx that is read to its end on both sides, or whose flow ends, and that was never shown. */
void http_tx_discard(struct http_tx *t);

/* The server answered t with 101: both messages end here, and what follows is of a protocol we know
 * or is left alone. t may be NULL. */
void http_upgraded(struct http_state *s, struct http_tx *t);
/* Hands what is left to the next protocol, to be called from feed. */
void http_leave(struct http_state *s);

/* What Content-Encoding says, odd or not. */
void http_find_codings(struct http_tx *t, enum direction dir);
/* A body as it came; data.p is NULL for a gap. */
void http_body_data(struct http_tx *t, enum direction dir, struct bytes data);
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
