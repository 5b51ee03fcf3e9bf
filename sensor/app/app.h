/* sensor/app/app.h - application-layer parsers: bytes in, transactions out.
 *
 * A parser is one file and one row of app_table.h. It takes bytes in any split, keeps bounded state
 * and produces transactions (tx: one request and its answer). Rules inspect the named buffers of a
 * tx (app_buffer), the EVE encoder asks a parser to write a tx. Nothing here knows packets. */
#ifndef APP_APP_H
#define APP_APP_H
#include "common/arena.h"
#include "common/err.h"
#include "common/json.h"
#include "sensor/base.h"
#include <stdio.h>

/* APP_<ID>, the EVE name ("http"), by row of app_table.h; APP_UNKNOWN before, APP_FAILED after. */
#include "sensor/app/app_table.h"
#define APP_ENUM(ID, name) APP_##ID,
enum app_proto { APP_UNKNOWN, APP_TABLE(APP_ENUM) APP_FAILED, APP_PROTO_COUNT };
const char *app_proto_name(enum app_proto p); /* "unknown", "http", ..., "failed" */
int app_proto_find(struct bytes name);        /* rule protocol or EVE name; -1 */

/* Every protocol with its records, files, events and buffers, as a Markdown table. */
void app_list(FILE *out);

enum app_result {
    APP_OK,      /* took the bytes */
    APP_MORE,    /* probe: cannot tell yet */
    APP_DECLINE, /* not this protocol */
    APP_BROKEN,  /* was this protocol, lost its way: no more bytes of this flow, please */
};

#define APP_EVENTS_MAX 12

/* The part of every tx that other rooms see; parsers put it first in their own struct. */
struct app_tx {
    struct app_tx *next; /* oldest first */
    uint64_t id;         /* 0, 1, 2 ... within the flow and protocol */
    uint64_t first_us;   /* time of its first bytes */
    uint8_t progress[2]; /* by direction, only grows; values are the parser's, see its header */
    uint8_t proto;       /* enum app_proto it belongs to: after a CONNECT a flow's txs differ. Pass
                            this wherever a function below wants the protocol of a tx. */
    uint8_t logged;      /* bits of log phases that were written */
    bool inspected[2];   /* set by detect once a direction is done for good */
    uint32_t revised[2]; /* bumped when buffers that rules may have seen hold something else */
    uint16_t events[APP_EVENTS_MAX]; /* the parser's event numbers; names by app_event_name() */
    uint8_t event_count, events_logged;
    void *detect[2];           /* detect's own state per direction; freed through app_hooks */
    struct app_file *files[2]; /* transferred by this tx, oldest first: file.h */
    uint16_t files_opened[2];  /* so many, ever */
    uint32_t files_moved[2];   /* bumped when one opens, closes or is typed */
    uint8_t store_files;       /* directions (bits) whose files are to be stored */
    bool unlogged;             /* a rule does not want its records */
    /* Not 0: what the txs of one exchange have in common where each message is a tx. */
    uint32_t exchange;
};

/* Where the flow comes from, for probing and for nDPI. Addresses in flow order. */
struct app_endpoints {
    struct addr addr[2];
    uint16_t port[2];
    uint8_t transport; /* enum ip_proto value: TCP 6, UDP 17 ... */
};

struct app_flow; /* a flow's application layer */
struct app;      /* one per worker: parser configurations, nDPI module, pools */

struct app_hooks {
    void (*tx_free)(void *ctx, struct app_tx *tx); /* before a tx goes: release tx->detect[] */
    /* With app_options.file_store: bytes of a file, the first or later ones, and its end. sha256 in
     * hex, or empty when it is not to be kept. id: of this worker. Asked for all files with
     * file_store_all, else for those that rules want and those that are too long to wait. */
    void (*file_data)(void *ctx, uint64_t id, bool first, struct bytes data);
    void (*file_end)(void *ctx, uint64_t id, struct bytes sha256);
    void *ctx;
};
struct app_options {
    bool dpi;                /* nDPI second opinion */
    uint32_t body_cap_bytes; /* of an HTTP body kept for inspection; 0 means 100 KiB */
    uint32_t tx_cap; /* live txs of one flow; 0 means 512; beyond it the oldest goes, counted */
    /* Memory of one flow's parsers and txs; 0 means 8 MiB. Beyond it the oldest txs go, counted; if
     * that does not help the flow is given up, counted too. */
    uint64_t flow_budget_bytes;
    unsigned file_digests; /* enum app_digest: what is computed of every file */
    bool file_magic;       /* libmagic's word on every file */
    bool hide_passwords;   /* leave them out of records (MQTT) */
    bool file_store;       /* there is a store behind app_hooks.file_data; needs file_digests 4 */
    bool file_store_all;   /* every file goes there, whatever rules say */
};
struct app *app_new(const struct app_options *o, const struct app_hooks *hooks);
void app_free(struct app *a);
/* What a set of rules needs of files beyond the options; for those that open from now on. */
struct app_file_wants {
    unsigned digests; /* bits as in app_options.file_digests */
    bool magic, store;
};
/* Whether this host has what it takes: OpenSSL's digests, libmagic's database. 0, or -1 and err. */
int app_check_files(const struct app_file_wants *w, struct err *err);
/* Of what was checked. */
void app_want_files(struct app *a, const struct app_file_wants *w);

/* True when the first datagram of a UDP flow, or the first segment of a stream picked up midway, is
 * an answer, so that its sender is the server: the caller swaps its own flow before app_flow_new
 * (as Suricata does). Unless flows may be picked up midway, only answers to the protocol's own port
 * count. */
bool app_is_reversed(const struct app *a, const struct app_endpoints *e, struct bytes first,
                     bool midway);

struct app_flow *app_flow_new(struct app *a, const struct app_endpoints *e);
void app_flow_free(struct app *a, struct app_flow *f);
/* No parser looks at the flow from here on: its protocol is APP_FAILED. */
void app_flow_give_up(struct app *a, struct app_flow *f);

enum app_feed_flag { APP_FEED_GAP = 1 << 0, APP_FEED_EOF = 1 << 1 };
/* Ordered bytes of a stream (TCP) or one datagram (UDP). Detects the protocol first, on any port.
 * gap_bytes with APP_FEED_GAP: so many are missing here and data is empty. */
void app_feed(struct app *a, struct app_flow *f, enum direction dir, struct bytes data,
              unsigned flags, uint64_t gap_bytes, uint64_t ts_us);
/* The same packet for nDPI: an IP datagram from its header. Ignored once nDPI has made up its mind,
 * and once a parser knows the protocol and nDPI could add nothing to it. */
void app_dpi(struct app *a, struct app_flow *f, enum direction dir, struct bytes ip_datagram,
             uint64_t ts_us);

enum app_proto app_flow_proto(const struct app_flow *f); /* what EVE calls app_proto */
enum app_proto app_flow_proto_dir(const struct app_flow *f, enum direction dir); /* _ts, _tc */
enum app_proto
app_flow_proto_orig(const struct app_flow *f); /* before a protocol change, or UNKNOWN */
/* True once encrypted or beyond what the parser wants: no need for raw stream inspection. */
bool app_flow_is_bypassed(const struct app_flow *f);
/* True once rules look at payload no more: SSH once encrypted, TLS from its first record of data
 * on, though its parser goes on. Of others, such as QUIC, they go on looking, as in Suricata. */
bool app_flow_hides_payload(const struct app_flow *f);
/* Nothing more comes from either end. */
bool app_flow_has_ended(const struct app_flow *f);
/* True once a parser lost its way and the flow's bytes are no longer looked at. */
bool app_flow_is_broken(const struct app_flow *f);
/* True when its parser is to see a stream to its end, whatever the depth of streams is. */
bool app_flow_wants_all(const struct app_flow *f);
/* nDPI's opinion: "TLS.YouTube", category, risk names; empty strings when none. Writes the object
 * {"proto","category","risks":[..],"score"} under key "ndpi", or nothing. */
void app_flow_dpi_json(const struct app_flow *f, struct json *j);

/* Transactions that still live, oldest first. */
struct app_tx *app_flow_txs(const struct app_flow *f);
/* Progress at which a direction of a tx is complete. Values in between: http.h, tls.h, dns.h. */
uint8_t app_tx_complete(enum app_proto p, enum direction dir);
bool app_tx_is_done(const struct app_tx *tx); /* both directions complete */
/* Bumped whenever a tx of this direction made progress or a buffer grew: detect skips what stands
 * still. */
uint32_t app_flow_change(const struct app_flow *f, enum direction dir);
/* Bumped whenever a message of this direction is over that rules on the plain stream are to see at
 * once and whole: requests and responses of HTTP, records of TLS, ... */
uint32_t app_flow_flushes(const struct app_flow *f, enum direction dir);
/* Frees txs that are done, inspected and logged; all of them when everything is set (flow end). */
void app_flow_reap(struct app *a, struct app_flow *f, bool everything);

/* Events of the flow rather than of a tx ("applayer_detect_protocol_only_one_direction" ...). */
uint8_t app_flow_events(const struct app_flow *f, const uint16_t **events);
/* EVE name of an event of protocol p, in the case Suricata writes it ("MISSING_HOST_HEADER",
 * "malformed_data"); p APP_UNKNOWN: a flow event ("APPLAYER_..."). app_event_find takes a rule's
 * full name in any case ("http.missing_host_header", "applayer_..."); -1. */
const char *app_event_name(enum app_proto p, uint16_t event);
int app_event_find(struct bytes full_name, enum app_proto *p);

/* EVE records due now for tx: calls log once for each with the event_type ("http", "dns", "tls",
 * ...), the direction the record is shown in, and an encoder that adds the protocol's object(s) to
 * j. last: the flow ends, write what is incomplete too. */
struct app_record {
    const char *event_type;
    enum direction dir;
    void (*encode)(const struct app_tx *tx, unsigned phase, struct json *j);
    unsigned phase;
};
typedef void app_record_fn(void *ctx, const struct app_tx *tx, const struct app_record *r);
void app_tx_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
/* A rule does not want the records of tx, nor those of later ones of the same exchange; files are
 * still recorded. */
void app_tx_unlog(struct app_flow *f, struct app_tx *tx);
bool app_tx_is_unlogged(const struct app_flow *f, const struct app_tx *tx);
/* The records of its files whose transfer is over: those that go in direction dir, which is that of
 * the packet at hand, for with Suricata, too, a file's record belongs to a packet of its sender; of
 * both once both sides have ended; all of them, over or not, when last. */
void app_tx_file_records(struct app_tx *tx, enum direction dir, bool last, app_record_fn *emit,
                         void *ctx);
/* The protocol's object as an alert shows it ("http":{...}, "tls":{...}, "dns":{"query":[...]}). */
void app_tx_alert_json(const struct app_tx *tx, struct json *j);
#define APP_FILE_SHAPE                                                                             \
    "{filename: string, magic?: string, gaps: bool, state: string, md5?: string, sha1?: string, "  \
    "sha256?: string, stored: bool, size: uint, tx_id: uint, start?: uint, end?: uint}"
/* What alerts add to the object of HTTP when they are to show bodies. */
#define APP_HTTP_BODIES_SHAPE                                                                      \
    "http_request_body?: string, http_request_body_printable?: string, "                           \
    "http_response_body?: string, http_response_body_printable?: string"
/* The files of tx in one direction as "files":[{...}], or nothing: for alerts. */
void app_tx_files_json(const struct app_tx *tx, enum direction dir, struct json *j);

/* Files as rules see them: those of tx in one direction of which they have not seen the end yet,
 * the first one with after NULL; NULL when there are no more. */
struct app_file *app_tx_file(const struct app_tx *tx, enum direction dir,
                             const struct app_file *after);
/* Rules looked at them as they are now. */
void app_tx_files_inspected(struct app_tx *tx, enum direction dir);
struct app_file_facts {
    struct bytes name, magic;
    struct bytes digests[3]; /* MD5, SHA-1, SHA-256; empty while unknown */
    uint64_t size;           /* so far, missing bytes too */
    uint64_t taken;          /* bytes that were seen */
    bool open, complete;     /* neither: truncated or broken */
};
void app_file_facts(const struct app_file *f, struct app_file_facts *out);
/* True while a file of tx in this direction is under way. */
bool app_tx_has_open_file(const struct app_tx *tx, enum direction dir);
/* Rules ask for a file of flow, for the files of a tx of it, or for all, past and to come, to be
 * stored. dirs: bits 1 << dir. Nothing happens without app_options.file_store. */
void app_file_store(struct app_flow *flow, struct app_file *f);
void app_tx_store_files(struct app_flow *flow, struct app_tx *tx, unsigned dirs);
void app_flow_store_files(struct app_flow *flow, unsigned dirs);

/* What detectors want to know of a tx in plain words; views into the tx. */
struct app_facts {
    struct bytes host; /* HTTP host, TLS SNI, DNS query name */
    struct bytes uri, user_agent, method;
    struct bytes ja3, ja4; /* hex MD5; JA4 text */
    uint32_t status;       /* HTTP status or DNS rcode */
};
void app_tx_facts(const struct app_tx *tx, struct app_facts *out);

/* ---- frames: what parsers point out of a stream or datagram ------------------------------------
 */
#define APP_FRAME_STREAM 31 /* the whole stream, of any protocol over TCP */
struct app_frame {
    struct app_frame *next; /* oldest first */
    uint8_t type, proto, dir;
    uint64_t id;     /* 1, 2, ... of its direction */
    uint64_t offset; /* in the stream or datagram */
    int64_t length;  /* -1: not known yet */
    uint64_t tx_id;
    bool has_tx;
    bool complete;      /* all its bytes are there */
    bool over;          /* no more of its bytes come, or are kept */
    bool lost;          /* ... for some are missing */
    struct bytes bytes; /* its first ones */
    size_t looked;      /* rules: so many of them were there at the last look */
    bool seen;          /* rules are done with it */
};
/* Its type's number by name ("pdu"), when the protocol goes over one of these; -1. */
int app_frame_find(enum app_proto p, struct bytes name, bool tcp, bool udp);
const char *app_frame_name(enum app_proto p, unsigned type);
/* Which types (bits) rules look at, by protocol; others are not kept. */
void app_want_frames(struct app *a, const uint32_t wanted[APP_PROTO_COUNT]);
/* Those that wait for rules; app_flow_reap takes away what was seen. */
struct app_frame *app_flow_frames(const struct app_flow *f, enum direction dir);

/* ---- inspection buffers ---------------------------------------------------------------------- */
enum app_buffer_flag {
    APP_BUFFER_TO_SERVER = 1 << 0,
    APP_BUFFER_TO_CLIENT = 1 << 1,
    APP_BUFFER_MULTI = 1 << 2,    /* several instances: get() until it returns false */
    APP_BUFFER_GROWS = 1 << 3,    /* a body: inspected as it grows, complete or not; a number that
                                     changes */
    APP_BUFFER_ANY_CASE = 1 << 4, /* contents of rules match it in any case: a hash */
    APP_BUFFER_FILES = 1 << 5,    /* about files: inspected when app_tx.files_moved */
    /* Rules cannot name it, keywords use it; with APP_BUFFER_FILES it has no bytes: it stands for
     * what is asked of each file alone. */
    APP_BUFFER_UNNAMED = 1 << 6,
    APP_BUFFER_APPENDS = 1 << 7, /* GROWS, and what is there stays as it is: a body, a file */
    /* To the client the first instance is the same bytes in all of a protocol's that are so marked:
     * the body of the answer. One of them is MULTI. */
    APP_BUFFER_ANSWER = 1 << 8,
};
/* What a rule may write behind the name of a number. */
struct app_word {
    const char *name; /* in any case */
    uint64_t value;
};
struct app_number {
    uint64_t max;
    const struct app_word *words; /* names of values, ends with a row of zeros; NULL: none */
    enum app_number_bits {
        APP_NUMBER_WHOLE,
        APP_NUMBER_ALL_BITS, /* words are bits; which are set and which not: "username,!will" */
        APP_NUMBER_ANY_BIT,  /* ... of which one is set; a number is a mask */
    } bits;
    bool closed; /* ranges hold their ends: "3-5" is 3, 4 or 5 */
};
/* Something of a transaction that rules look at. With `number` set it is one ("mqtt.type:2"): get
 * gives its eight bytes in host order, which keywords compare and contents cannot look into. */
struct app_buffer {
    const char *name;    /* sticky: "http.uri" */
    const char *aliases; /* older sticky spellings and file_data style, space-separated, or NULL */
    const char *legacy;  /* content modifier: "http_uri", or NULL */
    enum app_proto proto;
    unsigned flags;
    uint8_t progress[2]; /* inspectable once tx->progress[dir] reached this, by direction */
    /* Instance `index` of the buffer for a direction; false when absent. Bytes are views into the
     * tx or live in scratch (reset after each inspection run). */
    bool (*get)(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                struct bytes *out);
    const struct app_number *number;
};
typedef bool app_buffer_get(struct app_tx *tx, enum direction dir, unsigned index,
                            struct arena *scratch, struct bytes *out);
/* The rows of one protocol. One name may have several rows (per protocol or direction). */
const struct app_buffer *app_buffers(enum app_proto p, size_t *count);

/* The shape of a record: what it holds beside the fields every record has. Written as
 *
 *     "name: type, name?: type"      with type one of string, uint, int, number, bool, any,
 *                                    [type], {name: type, *: type}, type | type
 *
 * ? marks what may be missing, * stands for any other name. `--dump-schema` prints them as JSON
 * Schema, and tests hold every record of every case against it. Event type "alert" stands for what
 * alert_json writes, where that differs from the record's own. */
struct app_shape {
    const char *event_type, *shape;
};
/* Ends with a row of zeros; NULL for none. APP_UNKNOWN: what any protocol may write (fileinfo). */
const struct app_shape *app_shapes(enum app_proto p);

struct app_counters {
    uint64_t flows[APP_PROTO_COUNT], txs[APP_PROTO_COUNT], broken[APP_PROTO_COUNT], tx_capped,
        dpi_packets, dpi_flows, memory_bytes, flow_budget_txs, flow_budget_flows, expected,
        expectations_dropped, files, files_not_followed, frames_not_followed;
};
const struct app_counters *app_counters(const struct app *a);

#endif
