/* tls_log.c - a TLS tx as EVE shows it (extended), and as detectors and rules see it. */
#include "sensor/app/protocols/tls_state.h"

#define LOGGED_TLS 1

static const struct tls_tx *of(const struct app_tx *tx)
{
    return (const struct tls_tx *)tx;
}

const char *tls_version_text(uint16_t version, char buffer[TLS_VERSION_TEXT_MAX])
{
    switch (version) {
    case 0:
        return "UNDETERMINED";
    case 0x0002:
        return "SSLv2";
    case 0x0300:
        return "SSLv3";
    case 0x0301:
        return "TLSv1";
    case 0x0302:
        return "TLS 1.1";
    case 0x0303:
        return "TLS 1.2";
    case 0x0304:
        return "TLS 1.3";
    default:
        if (version >> 8 == 0x7f && (version & 0xff) < 16)
            return "TLS 1.3 draft-<16";
        if (version >> 8 == 0x7f)
            snprintf(buffer, TLS_VERSION_TEXT_MAX, "TLS 1.3 draft-%02u", version & 0xffu);
        else if (version >> 8 == 0xfb) /* Facebook's */
            snprintf(buffer, TLS_VERSION_TEXT_MAX, "TLS 1.3 draft-%02u-fb", version & 0xffu);
        else
            snprintf(buffer, TLS_VERSION_TEXT_MAX, "0x%04x", version);
        return buffer;
    }
}

/* ---- EVE ---- */

static void put(struct json *j, const char *key, const struct app_text *t)
{
    if (t->len > 0)
        json_str(j, key, app_text_bytes(t));
}

static void put_time(struct json *j, const char *key, int64_t seconds)
{
    char text[32];
    struct tm tm;
    time_t at = (time_t)seconds;
    if (gmtime_r(&at, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm) > 0)
        json_strz(j, key, text);
}

void tls_ja3_json(const struct app_text *string, const char *hash, const char *key, struct json *j)
{
    if (string->len == 0)
        return;
    json_object(j, key);
    json_strz(j, "hash", hash);
    json_str(j, "string", app_text_bytes(string));
    json_object_end(j);
}

/* As Suricata 8 shows them. */
static void put_alpns(struct json *j, const char *key, const struct tls_peer *peer)
{
    struct cursor c = cursor_over(app_text_bytes(&peer->alpns));
    if (cursor_left(&c) == 0)
        return;
    json_array(j, key);
    while (cursor_left(&c) > 0) {
        struct bytes one = cursor_take(&c, cursor_u8(&c));
        if (cursor_ok(&c))
            json_str(j, NULL, one);
    }
    json_array_end(j);
}

static void put_validity(struct json *j, const struct tls_peer *peer)
{
    if (!peer->leaf_read)
        return;
    put_time(j, "notbefore", peer->not_before);
    put_time(j, "notafter", peer->not_after);
}

static bool is_named(const struct tls_peer *peer)
{
    return peer->subject.len > 0 || peer->issuer.len > 0;
}

static void put_client_cert(struct json *j, const struct tls_peer *client)
{
    if (!is_named(client))
        return;
    json_object(j, "client");
    put(j, "subject", &client->subject);
    put(j, "issuerdn", &client->issuer);
    put(j, "fingerprint", &client->fingerprint);
    put(j, "serial", &client->serial);
    put_validity(j, client);
    json_object_end(j);
}

/* What the client offered to go on with; whether the server took it, its certificate's absence
 * tells. */
static bool offers_to_resume(const struct tls_tx *t)
{
    const struct tls_peer *client = &t->peer[TO_SERVER], *server = &t->peer[TO_CLIENT];
    return t->ticket_offered ||
           (server->session_id_len > 0 && server->session_id_len == client->session_id_len &&
            memcmp(server->session_id, client->session_id, server->session_id_len) == 0);
}

static bool hides_certificate(const struct tls_peer *server)
{
    return server->hello && server->version >= 0x0304;
}

/* Suricata 7 shows JA4 in alerts, not in the tls record. */
static void put_tls(const struct app_tx *tx, bool with_ja4, struct json *j)
{
    const struct tls_tx *t = of(tx);
    const struct tls_peer *client = &t->peer[TO_SERVER], *server = &t->peer[TO_CLIENT];
    char version[TLS_VERSION_TEXT_MAX];
    json_object(j, "tls");
    put(j, "subject", &server->subject);
    put(j, "issuerdn", &server->issuer);
    if (server->hello && !hides_certificate(server) && !is_named(server) && offers_to_resume(t))
        json_bool(j, "session_resumed", true);
    put(j, "serial", &server->serial);
    put(j, "fingerprint", &server->fingerprint);
    put(j, "sni", &t->sni);
    json_strz(j, "version", tls_version_text(server->version, version));
    put_validity(j, server);
    tls_ja3_json(&client->ja3, client->ja3_hash, "ja3", j);
    tls_ja3_json(&server->ja3, server->ja3_hash, "ja3s", j);
    if (with_ja4 && t->ja4[0])
        json_strz(j, "ja4", t->ja4);
    put_client_cert(j, client);
    put_alpns(j, "client_alpns", client);
    put_alpns(j, "server_alpns", server);
    if (t->from_proto != APP_UNKNOWN)
        json_strz(j, "from_proto", app_proto_name(t->from_proto));
    if (t->ech) /* ours: the name above is then not the one that was asked for */
        json_bool(j, "ech", true);
    json_object_end(j);
}

void tls_alert_json(const struct app_tx *tx, struct json *j)
{
    put_tls(tx, true, j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    put_tls(tx, false, j);
}

/* As Suricata: a handshake is worth a record when the server showed who it is, or need not. */
static bool is_worth_a_record(const struct tls_tx *t)
{
    const struct tls_peer *server = &t->peer[TO_CLIENT];
    return (server->subject.len > 0 && server->issuer.len > 0) || hides_certificate(server) ||
           offers_to_resume(t);
}

/* A client that is asked for a certificate tells who it is, after the server did. */
static bool both_are_known(const struct tls_tx *t)
{
    if (t->tx.progress[TO_CLIENT] >= TLS_DONE)
        return true;
    return t->hello_done && (!t->asks_client || t->tx.progress[TO_SERVER] >= TLS_CERT);
}

#define CLIENT                                                                                     \
    "{subject?: string, issuerdn?: string, fingerprint?: string, serial?: string, "                \
    "notbefore?: string, notafter?: string}"
#define TLS                                                                                        \
    "tls: {subject?: string, issuerdn?: string, session_resumed?: bool, serial?: string, "         \
    "fingerprint?: string, sni?: string, version: string, notbefore?: string, notafter?: string, " \
    "ja3?: " TLS_JA3_SHAPE ", ja3s?: " TLS_JA3_SHAPE ", ja4?: string, client?: " CLIENT            \
    ", client_alpns?: [string], "                                                                  \
    "server_alpns?: [string], from_proto?: string, ech?: bool}"
const struct app_shape tls_shapes[] = {{"tls", TLS}, {0}};

void tls_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    if ((tx->logged & LOGGED_TLS) || (!last && !both_are_known(of(tx))))
        return;
    tx->logged |= LOGGED_TLS;
    struct app_record r = {.event_type = "tls", .dir = TO_SERVER, .encode = encode};
    if (is_worth_a_record(of(tx)))
        emit(ctx, tx, &r);
}

void tls_facts(const struct app_tx *tx, struct app_facts *out)
{
    const struct tls_tx *t = of(tx);
    out->host = app_text_bytes(&t->sni);
    out->ja3 = bytes_str(t->peer[TO_SERVER].ja3_hash);
    out->ja4 = bytes_str(t->ja4);
}

/* ---- for rules ---- */

uint16_t tls_version(const struct app_tx *tx, enum direction dir)
{
    return of(tx)->peer[dir].version;
}

bool tls_cert_dates(const struct app_tx *tx, enum direction dir, int64_t *not_before,
                    int64_t *not_after)
{
    const struct tls_peer *peer = &of(tx)->peer[dir];
    *not_before = peer->not_before;
    *not_after = peer->not_after;
    return peer->leaf_read;
}

unsigned tls_cert_count(const struct app_tx *tx, enum direction dir)
{
    return of(tx)->peer[dir].cert_count;
}

#define NUMBER(getter, expr)                                                                       \
    static bool getter(struct app_tx *tx, enum direction dir, unsigned index,                      \
                       struct arena *scratch, struct bytes *out)                                   \
    {                                                                                              \
        const struct tls_tx *t = of(tx);                                                           \
        const struct tls_peer *peer = &t->peer[dir];                                               \
        (void)peer;                                                                                \
        return index == 0 && app_number_bytes((uint64_t)(expr), scratch, out);                     \
    }
NUMBER(tls_get_version, peer->version)
NUMBER(tls_get_state, t->state)
NUMBER(tls_get_cert_count, peer->cert_count)
NUMBER(tls_get_not_before, peer->not_before)
NUMBER(tls_get_not_after, peer->not_after)

#define GETTER(getter, expr)                                                                       \
    static bool getter(struct app_tx *tx, enum direction dir, unsigned index,                      \
                       struct arena *scratch, struct bytes *out)                                   \
    {                                                                                              \
        const struct tls_tx *t = of(tx);                                                           \
        const struct tls_peer *peer = &t->peer[dir];                                               \
        (void)scratch;                                                                             \
        (void)peer;                                                                                \
        *out = (expr);                                                                             \
        return index == 0 && out->len > 0;                                                         \
    }
GETTER(tls_get_sni, app_text_bytes(&t->sni))
GETTER(tls_get_random, bytes_of(peer->random, peer->hello ? 32 : 0))
GETTER(tls_get_random_time, bytes_of(peer->random, peer->hello ? 4 : 0))
GETTER(tls_get_random_bytes, bytes_of(peer->random + 4, peer->hello ? 28 : 0))
GETTER(tls_get_cert_subject, app_text_bytes(&peer->subject))
GETTER(tls_get_cert_issuer, app_text_bytes(&peer->issuer))
GETTER(tls_get_cert_serial, app_text_bytes(&peer->serial))
GETTER(tls_get_cert_fingerprint, app_text_bytes(&peer->fingerprint))
GETTER(tls_get_ja3_hash, bytes_str(peer->ja3_hash))
GETTER(tls_get_ja3_string, app_text_bytes(&peer->ja3))
GETTER(tls_get_ja4, bytes_str(t->ja4))

static bool tls_get_certs(struct app_tx *tx, enum direction dir, unsigned index,
                          struct arena *scratch, struct bytes *out)
{
    const struct tls_peer *peer = &of(tx)->peer[dir];
    (void)scratch;
    if (index >= peer->cert_count)
        return false;
    *out = bytes_slice(app_text_bytes(&peer->chain), peer->certs[index].at, peer->certs[index].len);
    return true;
}

#define TS    APP_BUFFER_TO_SERVER
#define TC    APP_BUFFER_TO_CLIENT
#define MULTI APP_BUFFER_MULTI
#define GROWS APP_BUFFER_GROWS
#define CASE  APP_BUFFER_ANY_CASE
/* clang-format off */
const struct app_buffer tls_buffers[] = {
    APP_BUFFER(TLS, "tls.sni", "tls_sni", "", TS, TLS_HELLO, 0, tls_get_sni),
    APP_BUFFER(TLS, "tls.random", "", "", TS | TC, TLS_HELLO, TLS_HELLO, tls_get_random),
    APP_BUFFER(TLS, "tls.random_time", "", "", TS | TC, TLS_HELLO, TLS_HELLO, tls_get_random_time),
    APP_BUFFER(TLS, "tls.random_bytes", "", "", TS | TC, TLS_HELLO, TLS_HELLO, tls_get_random_bytes),
    APP_BUFFER(TLS, "tls.cert_subject", "tls_cert_subject", "", TS | TC, TLS_CERT, TLS_CERT, tls_get_cert_subject),
    APP_BUFFER(TLS, "tls.cert_issuer", "tls_cert_issuer", "", TS | TC, TLS_CERT, TLS_CERT, tls_get_cert_issuer),
    APP_BUFFER(TLS, "tls.cert_serial", "tls_cert_serial", "", TS | TC | CASE, TLS_CERT, TLS_CERT, tls_get_cert_serial),
    APP_BUFFER(TLS, "tls.cert_fingerprint", "tls_cert_fingerprint", "", TS | TC | CASE, TLS_CERT, TLS_CERT, tls_get_cert_fingerprint),
    APP_BUFFER(TLS, "tls.certs", "tls_certs", "", TS | TC | MULTI, TLS_CERT, TLS_CERT, tls_get_certs),
    APP_BUFFER(TLS, "ja3.hash", "ja3_hash", "", TS | CASE, TLS_HELLO, 0, tls_get_ja3_hash),
    APP_BUFFER(TLS, "ja3.string", "ja3_string", "", TS, TLS_HELLO, 0, tls_get_ja3_string),
    APP_BUFFER(TLS, "ja3s.hash", "ja3s_hash", "", TC | CASE, 0, TLS_HELLO, tls_get_ja3_hash),
    APP_BUFFER(TLS, "ja3s.string", "ja3s_string", "", TC, 0, TLS_HELLO, tls_get_ja3_string),
    APP_BUFFER(TLS, "ja4.hash", "ja4_hash", "", TS, TLS_HELLO, 0, tls_get_ja4),
    APP_NUMBER(TLS, "tls.version", "", TS | TC, TLS_HELLO, TLS_HELLO, tls_get_version, &app_u16),
    APP_NUMBER(TLS, "ssl_state", "", TS | TC | GROWS, 0, 0, tls_get_state, &app_u32),
    APP_NUMBER(TLS, "tls.cert_chain_len", "", TC, 0, TLS_CERT, tls_get_cert_count, &app_u32),
    APP_NUMBER(TLS, "tls_cert_notbefore", "", TC, 0, TLS_CERT, tls_get_not_before, &app_u64),
    APP_NUMBER(TLS, "tls_cert_notafter", "", TC, 0, TLS_CERT, tls_get_not_after, &app_u64),
    {0},
};
/* clang-format on */
