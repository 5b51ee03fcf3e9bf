/* quic_log.c - a QUIC packet as EVE shows it, and as detectors and rules see it. */
#include "sensor/app/protocols/quic_state.h"

#define LOGGED_QUIC      1
#define VERSION_TEXT_MAX 12

static const struct quic_tx *of(const struct app_tx *tx)
{
    return (const struct quic_tx *)tx;
}

/* "Q046" for Google's, hex without leading zeros for all others. */
static const char *version_text(uint32_t v, char out[VERSION_TEXT_MAX])
{
    if (quic_is_google(v) || v == 0x51303339)
        snprintf(out, VERSION_TEXT_MAX, "%c%c%c%c", (char)(v >> 24), (char)(v >> 16),
                 (char)(v >> 8), (char)v);
    else
        snprintf(out, VERSION_TEXT_MAX, "%x", v);
    return out;
}

static void put_cyu(struct json *j, const struct quic_tx *t)
{
    if (t->cyu_count == 0)
        return;
    json_array(j, "cyu");
    for (unsigned i = 0; i < t->cyu_count; i++) {
        json_object(j, NULL);
        json_strz(j, "hash", t->cyu[i].hash);
        json_str(j, "string", app_text_bytes(&t->cyu[i].string));
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_quic(const struct app_tx *tx, bool with_ja4, struct json *j)
{
    const struct quic_tx *t = of(tx);
    char version[VERSION_TEXT_MAX];
    json_object(j, "quic");
    json_strz(j, "version", version_text(t->version, version));
    if (t->sni.len > 0)
        json_str(j, "sni", app_text_bytes(&t->sni));
    if (t->has_ua)
        json_str(j, "ua", app_text_bytes(&t->ua));
    put_cyu(j, t);
    tls_ja3_json(&t->ja3, t->ja3_hash, t->ja4[0] ? "ja3" : "ja3s", j);
    if (with_ja4 && t->ja4[0])
        json_strz(j, "ja4", t->ja4);
    if (t->ech) /* ours, as for TLS */
        json_bool(j, "ech", true);
    tls_extensions_json(app_text_bytes(&t->extensions), j);
    json_object_end(j);
}

/* As for TLS, Suricata 7 shows JA4 in alerts only. */
void quic_alert_json(const struct app_tx *tx, struct json *j)
{
    put_quic(tx, true, j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    put_quic(tx, false, j);
}

void quic_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {.event_type = "quic", .dir = of(tx)->dir, .encode = encode};
    (void)last;
    if (tx->logged & LOGGED_QUIC)
        return;
    tx->logged |= LOGGED_QUIC;
    emit(ctx, tx, &r);
}

#define QUIC                                                                                       \
    "quic: {version: string, sni?: string, ua?: string, cyu?: [" TLS_JA3_SHAPE                     \
    "], ja3?: " TLS_JA3_SHAPE ", ja3s?: " TLS_JA3_SHAPE                                            \
    ", ja4?: string, ech?: bool, extensions?: [{name?: string, type: uint, values?: [string]}]}"
const struct app_shape quic_shapes[] = {{"quic", QUIC}, {0}};

void quic_facts(const struct app_tx *tx, struct app_facts *out)
{
    const struct quic_tx *t = of(tx);
    out->host = app_text_bytes(&t->sni);
    out->user_agent = app_text_bytes(&t->ua);
    out->ja3 = bytes_str(t->ja4[0] ? t->ja3_hash : NULL);
    out->ja4 = bytes_str(t->ja4);
}

/* ---- for rules ---- */

#define GETTER(getter, expr)                                                                       \
    static bool getter(struct app_tx *tx, enum direction dir, unsigned index,                      \
                       struct arena *scratch, struct bytes *out)                                   \
    {                                                                                              \
        const struct quic_tx *t = of(tx);                                                          \
        (void)scratch;                                                                             \
        (void)dir;                                                                                 \
        *out = (expr);                                                                             \
        return index == 0 && out->len > 0;                                                         \
    }
GETTER(quic_get_version, bytes_of(t->version_bytes, t->is_long ? sizeof t->version_bytes : 0))
GETTER(quic_get_sni, app_text_bytes(&t->sni))
GETTER(quic_get_ua, app_text_bytes(&t->ua))
GETTER(quic_get_ja3_hash, bytes_str(t->ja3_hash))
GETTER(quic_get_ja3_string, app_text_bytes(&t->ja3))
GETTER(quic_get_ja4, bytes_str(t->ja4))

#define CYU_GETTER(getter, expr)                                                                   \
    static bool getter(struct app_tx *tx, enum direction dir, unsigned index,                      \
                       struct arena *scratch, struct bytes *out)                                   \
    {                                                                                              \
        const struct quic_tx *t = of(tx);                                                          \
        (void)scratch;                                                                             \
        (void)dir;                                                                                 \
        if (index >= t->cyu_count)                                                                 \
            return false;                                                                          \
        *out = (expr);                                                                             \
        return true;                                                                               \
    }
CYU_GETTER(quic_get_cyu_hash, bytes_str(t->cyu[index].hash))
CYU_GETTER(quic_get_cyu_string, app_text_bytes(&t->cyu[index].string))

#define TS    APP_BUFFER_TO_SERVER
#define TC    APP_BUFFER_TO_CLIENT
#define MULTI APP_BUFFER_MULTI
#define CASE  APP_BUFFER_ANY_CASE
/* clang-format off */
const struct app_buffer quic_buffers[] = {
    APP_BUFFER(QUIC, "quic.version", "", "", TS | TC, QUIC_DONE, QUIC_DONE, quic_get_version),
    APP_BUFFER(QUIC, "quic.sni", "", "", TS, QUIC_DONE, 0, quic_get_sni),
    APP_BUFFER(QUIC, "quic.ua", "", "", TS, QUIC_DONE, 0, quic_get_ua),
    APP_BUFFER(QUIC, "quic.cyu.hash", "", "", TS | MULTI | CASE, QUIC_DONE, 0, quic_get_cyu_hash),
    APP_BUFFER(QUIC, "quic.cyu.string", "", "", TS | MULTI, QUIC_DONE, 0, quic_get_cyu_string),
    APP_BUFFER(QUIC, "ja3.hash", "ja3_hash", "", TS | CASE, QUIC_DONE, 0, quic_get_ja3_hash),
    APP_BUFFER(QUIC, "ja3.string", "ja3_string", "", TS, QUIC_DONE, 0, quic_get_ja3_string),
    APP_BUFFER(QUIC, "ja3s.hash", "ja3s_hash", "", TC | CASE, 0, QUIC_DONE, quic_get_ja3_hash),
    APP_BUFFER(QUIC, "ja3s.string", "ja3s_string", "", TC, 0, QUIC_DONE, quic_get_ja3_string),
    APP_BUFFER(QUIC, "ja4.hash", "ja4_hash", "", TS, QUIC_DONE, 0, quic_get_ja4),
    {0},
};
/* clang-format on */
