/* http2_state.h - what the http2_*.c files share. */
#ifndef APP_HTTP2_STATE_H
#define APP_HTTP2_STATE_H
#include <nghttp2/nghttp2.h>
#include "sensor/app/file.h"
#include "sensor/app/protocols/http2.h"
#include "sensor/app/protocols/http_coding.h"
#include "sensor/app/protocols/http_range.h"

enum http2_event {
    HTTP2_INVALID_FRAME_HEADER,
    HTTP2_INVALID_CLIENT_MAGIC,
    HTTP2_INVALID_FRAME_DATA,
    HTTP2_INVALID_HEADER,
    HTTP2_INVALID_FRAME_LENGTH,
    HTTP2_EXTRA_HEADER_DATA,
    HTTP2_LONG_FRAME_DATA,
    HTTP2_STREAM_ID_REUSE,
    HTTP2_INVALID_HTTP1_SETTINGS,
    HTTP2_FAILED_DECOMPRESSION,
    HTTP2_INVALID_RANGE,
    HTTP2_HEADER_INTEGER_OVERFLOW,
    HTTP2_TOO_MANY_STREAMS,
    HTTP2_AUTHORITY_HOST_MISMATCH,
    HTTP2_USERINFO_IN_URI,
    HTTP2_REASSEMBLY_LIMIT_REACHED,
    HTTP2_DATA_STREAM_ZERO,
    HTTP2_TOO_MANY_FRAMES,
    HTTP2_EVENT_COUNT
};

enum http2_type {
    FRAME_DATA,
    FRAME_HEADERS,
    FRAME_PRIORITY,
    FRAME_RST_STREAM,
    FRAME_SETTINGS,
    FRAME_PUSH_PROMISE,
    FRAME_PING,
    FRAME_GOAWAY,
    FRAME_WINDOW_UPDATE,
    FRAME_CONTINUATION
};
enum http2_flag {
    FLAG_ACK = 0x1,
    FLAG_END_STREAM = 0x1,
    FLAG_END_HEADERS = 0x4,
    FLAG_PADDED = 0x8,
    FLAG_PRIORITY = 0x20
};

#define HTTP2_HEADER_LEN 9
#define HTTP2_PREFACE    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
/* A frame other than DATA is held whole; longer ones are skipped. */
#define HTTP2_FRAME_MAX 65535u
/* Names and values kept of one direction of a stream. */
#define HTTP2_FIELDS_CAP (64u << 10)
/* Settings kept of one frame. */
#define HTTP2_SETTINGS_CAP (6u * 64)
/* Numbers kept of one direction and kind, for rules. */
#define HTTP2_NUMBERS_CAP (4u * 64)

struct http2_frame {
    uint32_t length, stream;
    uint8_t type, flags;
};
static inline bool http2_has_headers(const struct http2_frame *f)
{
    return f->type == FRAME_HEADERS || f->type == FRAME_PUSH_PROMISE ||
           f->type == FRAME_CONTINUATION;
}

/* What one direction of a stream showed. */
struct http2_part {
    struct app_text fields;   /* see http2_next_field */
    uint32_t nth, nth_at;     /* the field found last by its number, and what is behind it */
    struct app_text settings; /* as sent, 6 bytes each */
    /* Of its frames, for rules: which types came; weights; increments and sizes, 4 bytes each. */
    uint16_t types;
    struct app_text weights, windows, table_sizes;
    uint32_t error_code;
    uint8_t priority; /* the first one */
    bool has_error, has_priority;
    const char *multiple;         /* what came more than once: "error_code", "priority" or NULL */
    struct http_decoder *decoder; /* of its Content-Encoding, or NULL */
    bool encoded;                 /* the decoder was chosen */
};

struct http2_tx {
    struct app_tx tx;
    struct http2_flow *flow;
    struct http2_tx *next_stream; /* in the flow's bucket */
    uint32_t stream, frames;
    struct http2_part part[2];
    struct http_range_block *range; /* what the answer adds to a larger file */
};

/* One direction of the connection. */
struct http2_side {
    uint8_t header[HTTP2_HEADER_LEN];
    uint8_t header_len, preface_len;
    struct http2_frame frame;
    bool in_frame, skip; /* skip: this frame's payload is not wanted */
    bool pad_read;
    uint32_t left, data_left; /* of the frame; of its content, padding not counted */
    struct app_text held;     /* payload of a frame that is not whole yet */
    bool lost;                /* frames cannot be told apart any more */
    nghttp2_hd_inflater *inflater;
    bool deaf;            /* its table is out of step: headers cannot be read any more */
    bool within_field;    /* the last piece of a block ended in the middle of one */
    uint32_t table_limit; /* what the other side's settings allow */
    bool in_block;        /* CONTINUATION has to follow */
    bool block_ends_stream;
    uint32_t block_frames; /* stream of the frames of this block */
    uint32_t block_stream; /* and that which it is about: another one when promised */
};

#define HTTP2_BUCKETS 64
struct http2_flow {
    struct app *app;
    struct app_flow *flow;
    uint64_t ts_us;
    struct http2_side side[2];
    struct http2_tx *streams[HTTP2_BUCKETS];
    unsigned live; /* streams that have a tx */
    nghttp2_mem memory;
    struct app_text upgrade; /* from HTTP/1, until the first bytes come */
    struct app_text early;   /* of a server that spoke first */
    bool client_spoke;       /* HTTP/2, that is: or nobody will tell any more */
};

/* ---- http2.c ---- */
void http2_event(struct http2_tx *t, enum http2_event e);
/* A new tx; stream 0 is the connection, whose tx is complete at once. */
struct http2_tx *http2_new_tx(struct http2_flow *s, uint32_t stream);
/* The live tx of a stream, or NULL. */
struct http2_tx *http2_find(struct http2_flow *s, uint32_t stream);
void http2_advance(struct http2_tx *t, enum direction dir, enum http2_progress progress);

/* ---- http2_frame.c: a whole frame other than DATA; payload is valid for the call ---- */
void http2_take_frame(struct http2_flow *s, enum direction dir, struct bytes payload);
void http2_take_settings(struct http2_flow *s, struct http2_tx *t, enum direction dir,
                         struct bytes payload);

/* ---- http2_field.c: headers ---- */
struct http2_field {
    struct bytes name, value;
};
/* Walks over part.fields: c = cursor_over(app_text_bytes(&part->fields)). */
bool http2_next_field(struct cursor *c, struct http2_field *out);
void http2_add_field(struct http2_tx *t, enum direction dir, struct bytes name, struct bytes value);
/* The first value of a name, compared exactly. */
bool http2_first(const struct http2_tx *t, enum direction dir, const char *name,
                 struct bytes *value);
/* Inflates a piece of a header block into t (NULL: only to keep the table in step). */
void http2_inflate(struct http2_flow *s, struct http2_tx *t, enum direction dir, struct bytes block,
                   bool final);
/* A representation of a field begins in block. True when one of its numbers exceeds 32 bits. */
bool http2_overflows(struct bytes block);
/* A block is complete: what has to hold between its fields. */
void http2_check_fields(struct http2_tx *t);

/* ---- http2_body.c ---- */
void http2_take_data(struct http2_tx *t, enum direction dir, struct bytes data);
/* n bytes of the body are missing. */
void http2_lose_data(struct http2_tx *t, enum direction dir, uint64_t n);
/* The direction is over; failed: not by its sender's will. */
void http2_end_body(struct http2_tx *t, enum direction dir, bool failed);

/* ---- http2_upgrade.c: the HTTP/1 request that asked for the upgrade becomes stream 1 ---- */
void http2_take_upgrade(struct http2_flow *s, struct bytes context);

/* ---- http2_rules.c: what rules ask of frames ---- */
/* A frame of this type belongs to t. */
void http2_note_frame(struct http2_tx *t, enum direction dir, enum http2_type type);
void http2_note_number(struct http2_tx *t, struct app_text *list, uint32_t number);
/* Sizes of the dynamic table that a block of fields begins with (RFC 7541 section 6.3). */
void http2_note_table_sizes(struct http2_tx *t, enum direction dir, struct bytes block);
app_buffer_get http2_get_type, http2_get_error, http2_get_priority, http2_get_window,
    http2_get_table_size, http2_get_settings;
extern const struct app_number http2_types, http2_errors;

enum app_result http2_probe(const struct app_endpoints *e, enum direction dir, struct bytes data);
void http2_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void http2_alert_json(const struct app_tx *tx, struct json *j);
void http2_facts(const struct app_tx *tx, struct app_facts *out);
extern const struct app_buffer http2_buffers[];
extern const struct app_shape http2_shapes[];

#endif
