/* sensor/app/tls_state.h - what the tls_*.c files share. */
#ifndef APP_TLS_STATE_H
#define APP_TLS_STATE_H
#include <openssl/evp.h>
#include "sensor/app/parser.h"
#include "sensor/app/protocols/tls.h"

enum tls_event {
    TLS_INVALID_SSLV2_HEADER,
    TLS_INVALID_TLS_HEADER,
    TLS_INVALID_RECORD_VERSION,
    TLS_INVALID_RECORD_TYPE,
    TLS_INVALID_RECORD_LENGTH,
    TLS_INVALID_HANDSHAKE_MESSAGE,
    TLS_HANDSHAKE_INVALID_LENGTH,
    TLS_MULTIPLE_SNI_EXTENSIONS,
    TLS_INVALID_SNI_TYPE,
    TLS_INVALID_SNI_LENGTH,
    TLS_TOO_MANY_RECORDS_IN_PACKET,
    TLS_INVALID_ALERT_MESSAGE,
    TLS_HEARTBEAT_MESSAGE,
    TLS_INVALID_HEARTBEAT_MESSAGE,
    TLS_OVERFLOW_HEARTBEAT_MESSAGE,
    TLS_DATALEAK_HEARTBEAT_MISMATCH,
    TLS_CERTIFICATE_MISSING_ELEMENT,
    TLS_CERTIFICATE_UNKNOWN_ELEMENT,
    TLS_CERTIFICATE_INVALID_LENGTH,
    TLS_CERTIFICATE_INVALID_VERSION,
    TLS_CERTIFICATE_INVALID_SERIAL,
    TLS_CERTIFICATE_INVALID_ALGORITHMIDENTIFIER,
    TLS_CERTIFICATE_INVALID_X509NAME,
    TLS_CERTIFICATE_INVALID_DATE,
    TLS_CERTIFICATE_INVALID_EXTENSIONS,
    TLS_CERTIFICATE_INVALID_DER,
    TLS_CERTIFICATE_INVALID_SUBJECT,
    TLS_CERTIFICATE_INVALID_ISSUER,
    TLS_CERTIFICATE_INVALID_VALIDITY,
    TLS_CERTIFICATE_INVALID_STRING,
    TLS_ERROR_MESSAGE_ENCOUNTERED,
    TLS_INVALID_CERTIFICATE,
    TLS_INVALID_SSL_RECORD,
    TLS_EVENT_COUNT
};

/* Numbers of one hello are read up to this many; the rest does not enter the fingerprints. */
#define TLS_LIST_MAX 512
struct tls_list {
    uint16_t n;
    uint16_t v[TLS_LIST_MAX];
};

enum tls_hello_fault {
    TLS_HELLO_SNI_TWICE = 1 << 0,
    TLS_HELLO_SNI_TYPE = 1 << 1,
    TLS_HELLO_SNI_LENGTH = 1 << 2,
    TLS_HELLO_LENGTH = 1 << 3, /* a length that does not fit */
};

/* A hello as read; views into the message, valid while that is. */
struct tls_hello {
    uint16_t version;      /* legacy_version */
    uint16_t best_version; /* client: highest offered; server: chosen */
    struct bytes random, session_id, sni;
    struct bytes alpn, alpns;     /* the first protocol; the list of them, each behind its length */
    struct bytes extension_bytes; /* all of them, as sent */
    unsigned faults;              /* enum tls_hello_fault */
    bool has_sni, has_ticket, is_retry;
    bool has_ech; /* and no mere show of one, as far as that can be told */
    struct tls_list ciphers, extensions, groups, formats, signatures;
};

#define TLS_CERTS_MAX 32
struct tls_cert_place {
    uint32_t at, len; /* within chain */
};

/* What one side showed. */
struct tls_peer {
    uint16_t version;
    bool hello;
    uint8_t random[32];
    uint8_t session_id_len;
    uint8_t session_id[32];
    struct app_text alpns; /* offered or chosen, each behind its length */
    struct app_text ja3;
    char ja3_hash[33];
    struct app_text chain; /* DER certificates, one after the other */
    struct tls_cert_place certs[TLS_CERTS_MAX];
    uint8_t cert_count;
    bool leaf_read;
    struct app_text subject, issuer, serial, fingerprint; /* of the leaf */
    int64_t not_before, not_after;
};

#define TLS_SSL2    0x0002
#define TLS_JA4_LEN 36
struct tls_tx {
    struct app_tx tx;
    struct tls_peer peer[2]; /* by who sent it: [TO_SERVER] is the client */
    struct app_text sni;
    char ja4[TLS_JA4_LEN + 1];
    bool ticket_offered, ech;
    bool asks_client, hello_done; /* what the server said after its certificate */
    unsigned state;               /* enum tls_state, or 0 */
    uint8_t from_proto;           /* enum app_proto before a CONNECT or STARTTLS */
};

/* Per worker: digests fetched once, and room for the hello being read. */
struct tls_worker {
    EVP_MD *md5, *sha1, *sha256;
    EVP_MD_CTX *digest;
    struct tls_hello hello;
};

/* Reads the body of a ClientHello or ServerHello. False when its lengths do not fit; *out then
 * holds what came before. */
bool tls_read_hello(enum direction dir, struct bytes body, struct tls_hello *out);
/* An SSL 2.0 ClientHello from its message type on. */
bool tls_read_hello_v2(struct bytes body, struct tls_hello *out);
static inline bool tls_is_grease(uint16_t v)
{
    return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff); /* RFC 8701 */
}

/* JA3 of a client's or JA3S of a server's hello: the string and its MD5. */
void tls_make_ja3(struct app *a, struct tls_worker *w, enum direction dir,
                  const struct tls_hello *h, struct app_text *string, char hash[33]);
/* JA4 of a client's hello over transport 't' (TCP) or 'q' (QUIC). */
void tls_make_ja4(struct tls_worker *w, const struct tls_hello *h, char transport,
                  char out[TLS_JA4_LEN + 1]);
/* {"hash","string"} under key; nothing when there is no string. */
void tls_ja3_json(const struct app_text *string, const char *hash, const char *key, struct json *j);
#define TLS_JA3_SHAPE "{hash: string, string: string}"
void tls_md5_hex(struct tls_worker *w, struct bytes data, char out[33]);
/* The array "extensions" of a hello's extensions as sent; nothing when there are none. */
void tls_extensions_json(struct bytes extensions, struct json *j);

/* Views into a certificate: names and times as whole elements, the serial number's content. */
struct tls_cert_parts {
    unsigned version; /* 2: X.509 version 3 */
    struct bytes serial, issuer, subject, limits[2];
};
/* TLS_EVENT_COUNT, or what is wrong with it. */
enum tls_event tls_read_cert(struct bytes der, struct tls_cert_parts *out);
/* Keeps the certificates of a Certificate message's body (TLS up to 1.2). */
void tls_take_certs(struct app *a, struct tls_worker *w, struct tls_tx *t, enum direction dir,
                    struct bytes body);

/* "TLS 1.2", "TLSv1", "SSLv3" ... or hex, as EVE writes it. */
#define TLS_VERSION_TEXT_MAX 24
const char *tls_version_text(uint16_t version, char buffer[TLS_VERSION_TEXT_MAX]);

void tls_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void tls_alert_json(const struct app_tx *tx, struct json *j);
extern const struct app_buffer tls_buffers[];
extern const struct app_shape tls_shapes[];
void tls_facts(const struct app_tx *tx, struct app_facts *out);

#define TLS_RECORD_MAX  (16384u + 2048u)
#define TLS_MESSAGE_MAX (64u << 10)

enum record_type {
    REC_CCS = 20,
    REC_ALERT = 21,
    REC_HANDSHAKE = 22,
    REC_DATA = 23,
    REC_HEARTBEAT = 24
};
enum handshake_type {
    HS_CLIENT_HELLO = 1,
    HS_SERVER_HELLO = 2,
    HS_CERTIFICATE = 11,
    HS_SERVER_KEYX = 12,
    HS_CERTIFICATE_REQUEST = 13,
    HS_SERVER_HELLO_DONE = 14,
    HS_CLIENT_KEYX = 16
};

/* The record layer of one direction. */
struct tls_side {
    uint8_t header[5];
    uint8_t header_len;
    uint8_t type;
    uint32_t left;                     /* bytes of the record's content still to come */
    bool record_fresh;                 /* none of them came yet */
    uint8_t lead[3], lead_len;         /* first bytes of a heartbeat */
    bool lead_asks;                    /* which is no answer */
    struct app_text messages;          /* handshake bytes that are no whole message yet */
    uint8_t empty_records;             /* in a row */
    bool started, v2, encrypted, deaf; /* deaf: handshake bytes make no sense any more */
    bool done;                         /* SSL 2.0 goes on, which is not followed */
};

struct tls_flow {
    struct app *app;
    const struct app_input *in; /* being fed */
    struct app_flow *flow;
    struct tls_worker *worker;
    struct tls_tx *t;
    struct tls_side side[2];
    uint32_t heartbeat_len; /* of one that waits for its answer; 0: none does */
    enum direction heartbeat_dir;
};

/* What rules know by name: see tls.c. */
enum tls_frame {
    TLS_FRAME_PDU,
    TLS_FRAME_HDR,
    TLS_FRAME_DATA,
    TLS_FRAME_ALERT,
    TLS_FRAME_HEARTBEAT,
    TLS_FRAME_V2_HDR,
    TLS_FRAME_V2_PDU
};

/* Bytes of a direction that begins with SSL 2.0; in *rest what follows as TLS records. */
enum app_result tls_take_v2(struct tls_flow *s, enum direction dir, struct bytes data,
                            struct app_text *rest);
extern const char *const tls_event_names[TLS_EVENT_COUNT];
void tls_event(struct tls_flow *s, enum tls_event e);
/* This direction shows nothing more. */
void tls_go_dark(struct tls_flow *s, enum direction dir);
void tls_advance(struct tls_flow *s, enum direction dir, enum tls_progress progress);
void tls_step(struct tls_flow *s, unsigned state); /* enum tls_state, or 0 */
/* Content of handshake records, in any cut; whole messages are read at once, the rest is held. */
void tls_take_handshake(struct tls_flow *s, enum direction dir, struct bytes data);
enum app_result tls_probe(const struct app_endpoints *e, enum direction dir, struct bytes data);

#endif
