/* quic_state.h - what the quic_*.c files share. */
#ifndef APP_QUIC_STATE_H
#define APP_QUIC_STATE_H
#include "sensor/app/protocols/quic.h"
#include "sensor/app/protocols/tls_state.h"

enum quic_event {
    QUIC_FAILED_DECRYPT,
    QUIC_ERROR_ON_DATA,
    QUIC_ERROR_ON_HEADER,
    QUIC_CRYPTO_FRAG_TOO_LONG,
    QUIC_EVENT_COUNT
};

enum quic_type {
    QUIC_INITIAL,
    QUIC_ZERO_RTT,
    QUIC_HANDSHAKE,
    QUIC_RETRY,
    QUIC_VERSION_NEGOTIATION,
    QUIC_SHORT /* nothing to see without keys */
};

#define QUIC_V1 1u
#define QUIC_V2 0x6b3343cfu

/* A packet's header, views into the datagram. The payload follows head_len bytes of header. */
struct quic_header {
    enum quic_type type;
    bool is_long;
    uint32_t version;
    struct bytes version_bytes, dcid;
    size_t head_len, payload_len;
};

/* Reads the header at the start of datagram, in the form of its version (RFC 8999, RFC 9000 17.2,
 * RFC 9369 3.2; Google's QUIC Q039 to Q050). False when it does not fit. */
bool quic_read_header(struct bytes datagram, struct quic_header *out);
/* A variable-length integer, RFC 9000 16. */
uint64_t quic_varint(struct cursor *c);
/* Google's own versions with frames of their own, not encrypted before the keys are agreed on. */
bool quic_is_google(uint32_t version);
bool quic_version_is_known(uint32_t version);

/* ---- protection of Initial packets (RFC 9001 5, RFC 9369 3.3) ---- */
struct quic_side_keys {
    uint8_t key[16], iv[12], header[16];
};
struct quic_keys {
    uint32_t version;
    struct quic_side_keys side[2]; /* by direction of the packet */
};

/* Longest packet that is opened; a datagram over Ethernet is far below. */
#define QUIC_PACKET_MAX 16384

/* Per worker: ciphers fetched once, and room for one opened packet. */
struct quic_worker {
    EVP_CIPHER *ecb, *gcm;
    EVP_CIPHER_CTX *cipher;
    uint8_t head[QUIC_PACKET_MAX];
    uint8_t plain[QUIC_PACKET_MAX];
};
struct quic_worker *quic_worker_new(struct app *a);
void quic_worker_free(struct app *a, struct quic_worker *w);

/* True when this version seals its Initials, with a salt we know. */
bool quic_is_sealed(uint32_t version);
/* Keys from the Destination Connection ID of the client's first Initial. False when this version's
 * salt is not known. */
bool quic_derive_keys(uint32_t version, struct bytes dcid, struct quic_keys *out);
/* Removes protection of an Initial packet; *frames is a view into w, valid until the next call.
 * False when it was not sealed with these keys. */
bool quic_open_packet(struct quic_worker *w, const struct quic_keys *keys, enum direction dir,
                      struct bytes packet, const struct quic_header *h, struct bytes *frames);

/* ---- one packet is one tx, as in Suricata ---- */
#define QUIC_CYU_MAX 4
struct quic_cyu {
    struct app_text string;
    char hash[33];
};

struct quic_tx {
    struct app_tx tx;
    enum direction dir;
    enum quic_type type;
    bool is_long, has_ua, ech;
    uint32_t version;
    uint8_t version_bytes[4];
    struct app_text sni, ua, ja3;
    char ja3_hash[33];
    char ja4[TLS_JA4_LEN + 1];
    struct app_text extensions; /* of the hello, as sent */
    struct quic_cyu cyu[QUIC_CYU_MAX];
    uint8_t cyu_count;
};

/* Bytes of the handshake of one direction, in any order. */
#define QUIC_CRYPTO_MAX 32768u
#define QUIC_RANGES_MAX 64
struct quic_range {
    uint32_t from, to;
};
struct quic_crypto {
    struct app_text bytes; /* holes are zero */
    struct quic_range ranges[QUIC_RANGES_MAX];
    unsigned range_count;
};
/* Keeps data at offset. False when it is too far out or too scattered. */
bool quic_crypto_add(struct app *a, struct quic_crypto *c, uint64_t offset, struct bytes data);
/* What is there from offset 0 on without a hole. */
struct bytes quic_crypto_front(const struct quic_crypto *c);
void quic_crypto_free(struct app *a, struct quic_crypto *c);

struct quic_flow {
    struct app *app;
    struct app_flow *flow;
    struct quic_worker *worker;
    struct tls_worker *tls;
    struct quic_keys keys;
    bool has_keys;
    bool hello[2]; /* seen: what follows this way is encrypted */
    struct quic_crypto crypto[2];
    unsigned packets, faults;
};

/* Reads the frames of an opened packet into t, raising events where they do not fit. */
void quic_take_frames(struct quic_flow *s, struct quic_tx *t, struct bytes frames);

enum app_result quic_probe(const struct app_endpoints *e, enum direction dir, struct bytes data);
bool quic_begins(unsigned transport, uint8_t first);
void quic_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx);
void quic_alert_json(const struct app_tx *tx, struct json *j);
void quic_facts(const struct app_tx *tx, struct app_facts *out);
extern const struct app_buffer quic_buffers[];
extern const struct app_shape quic_shapes[];

#endif
