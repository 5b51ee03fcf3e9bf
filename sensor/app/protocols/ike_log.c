/* ike_log.c - an IKE message as EVE shows it: Suricata 7's record. */
#include "sensor/app/protocols/ike.h"
#include "sensor/app/protocols/ike_state.h"
#include "common/text.h"

static const struct ike_tx *of(const struct app_tx *tx)
{
    return (const struct ike_tx *)tx;
}

/* ---- version 1 ---- */

static const char *const attribute_keys[] = {
    "unknown",
    "alg_enc",
    "alg_hash",
    "alg_auth",
    "alg_dh",
    "sa_group_type",
    "sa_group_prime",
    "sa_group_generator_one",
    "sa_group_generator_two",
    "sa_group_curve_a",
    "sa_group_curve_b",
    "sa_life_type",
    "sa_life_duration",
    "alg_prf",
    "sa_key_length",
    "sa_field_size",
    "sa_group_order",
};
static const char *const raw_keys[] = {
    "unknown_raw",
    "alg_enc_raw",
    "alg_hash_raw",
    "alg_auth_raw",
    "alg_dh_raw",
    "sa_group_type_raw",
    "sa_group_prime_raw",
    "sa_group_generator_one_raw",
    "sa_group_generator_two_raw",
    "sa_group_curve_a_raw",
    "sa_group_curve_b_raw",
    "sa_life_type_raw",
    "sa_life_duration_raw",
    "alg_prf_raw",
    "sa_key_length_raw",
    "sa_field_size_raw",
    "sa_group_order_raw",
};

const char *ike_attribute_key(unsigned type)
{
    return type < sizeof attribute_keys / sizeof *attribute_keys ? attribute_keys[type] : NULL;
}

static const char *value_name(const struct ike_attribute *a)
{
    static const struct {
        uint8_t type;
        enum ike_names names;
    } of_type[] = {
        {1, IKE_V1_ENCRYPTIONS}, {2, IKE_V1_HASHES}, {3, IKE_V1_METHODS},
        {4, IKE_V1_GROUPS},      {11, IKE_V1_LIFES},
    };
    const char *name = NULL;
    for (size_t i = 0; i < sizeof of_type / sizeof *of_type; i++)
        if (of_type[i].type == a->type)
            name = ike_name(of_type[i].names, a->value);
    return name ? name : "Unknown";
}

/* Attributes, each kind once: a second lifetime would repeat its key. */
static void put_attributes(struct json *j, const struct ike_transform *t, struct bytes message)
{
    uint32_t seen = 0;
    for (unsigned i = 0; i < t->count; i++) {
        const struct ike_attribute *a = &t->attributes[i];
        if (seen & 1u << a->type)
            continue;
        seen |= 1u << a->type;
        json_strz(j, attribute_keys[a->type], value_name(a));
        if (a->has_number)
            json_u64(j, raw_keys[a->type], a->number);
        else if (a->len > 0 && message.len > 0)
            json_hex(j, raw_keys[a->type], bytes_slice(message, a->at, a->len));
    }
}

static void put_proposals(struct json *j, const char *key, const struct ike_tx *t)
{
    json_array(j, key);
    for (unsigned i = 0; i < t->transform_count; i++) {
        json_object(j, NULL);
        put_attributes(j, &t->transforms[i], app_text_bytes(&t->message));
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_end(struct json *j, const struct ike_tx *t, enum direction dir)
{
    const struct ike_end *e = &t->state->end[dir];
    json_object(j, dir == TO_SERVER ? "client" : "server");
    if (e->key.len > 0) {
        json_hex(j, "key_exchange_payload", app_text_bytes(&e->key));
        json_u64(j, "key_exchange_payload_length", e->key.len);
    }
    if (e->nonce.len > 0) {
        json_hex(j, "nonce_payload", app_text_bytes(&e->nonce));
        json_u64(j, "nonce_payload_length", e->nonce.len);
    }
    if (dir == TO_SERVER && t->dir == TO_SERVER && t->transform_count > 0)
        put_proposals(j, "proposals", t);
    json_object_end(j);
}

static void put_v1(struct json *j, const struct ike_tx *t)
{
    bool encrypted = t->flags & IKE_V1_ENCRYPTED;
    json_object(j, "ikev1");
    if (t->state->has_doi)
        json_u64(j, "doi", t->state->doi);
    json_bool(j, "encrypted_payloads", encrypted);
    if (!encrypted) {
        put_end(j, t, TO_SERVER);
        put_end(j, t, TO_CLIENT);
        if (t->vendor_count > 0) {
            json_array(j, "vendor_ids");
            for (unsigned i = 0; i < t->vendor_count; i++)
                json_hex(j, NULL, t->vendors[i]);
            json_array_end(j);
        }
    }
    json_object_end(j);
}

static void put_v1_payloads(struct json *j, const struct ike_tx *t)
{
    for (uint16_t i = 0; i < 256; i++)
        if (t->payload_seen[i] && ike_name(IKE_V1_PAYLOADS, i))
            json_strz(j, NULL, ike_name(IKE_V1_PAYLOADS, i));
}

/* ---- version 2 ---- */

static void put_chosen(struct json *j, const struct ike_tx *t)
{
    const struct ike_state *s = t->state;
    json_strz(j, "role", t->flags & IKE_V2_INITIATOR ? "initiator" : "responder");
    if (t->flags & IKE_V2_INITIATOR || !s->has_chosen) /* agreed on elsewhere: another port */
        return;
    ike_put_name(j, "alg_enc", IKE_ENCRYPTIONS, s->enc);
    ike_put_name(j, "alg_auth", IKE_INTEGRITIES, s->auth);
    ike_put_name(j, "alg_prf", IKE_PRFS, s->prf);
    ike_put_name(j, "alg_dh", IKE_GROUPS, s->dh);
    ike_put_name(j, "alg_esn", IKE_ESNS, s->esn);
}

/* As Suricata lists them: for each payload the type of the one that follows it. */
static void put_v2_payloads(struct json *j, const struct ike_tx *t)
{
    for (unsigned i = 0; i < t->payload_count; i++)
        ike_put_name(j, NULL, IKE_PAYLOADS, t->payloads[i]);
}

static void put_v2(struct json *j, const struct ike_tx *t)
{
    json_object(j, "ikev2");
    json_u64(j, "errors", t->errors);
    if (t->notify_count > 0) {
        json_array(j, "notify");
        for (unsigned i = 0; i < t->notify_count; i++)
            ike_put_name(j, NULL, IKE_NOTIFIES, t->notifies[i]);
        json_array_end(j);
    }
    json_object_end(j);
}

/* ---- records ---- */

static void put_v1_chosen(struct json *j, const struct ike_tx *t)
{
    const struct ike_end *server = &t->state->end[TO_CLIENT];
    if (server->transform_count > 0)
        put_attributes(j, &server->first, (struct bytes){0});
    if (t->dir == TO_CLIENT && t->transform_count > 1)
        put_proposals(j, "server_proposals", t);
}

static bool is_readable(const struct ike_tx *t)
{
    return t->major == 1 || t->major == 2;
}

void ike_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct ike_tx *t = of(tx);
    if (!is_readable(t))
        return;
    json_object(j, "ike");
    json_u64(j, "version_major", t->major);
    json_u64(j, "version_minor", t->minor);
    json_strz(j, "init_spi", t->initiator);
    json_strz(j, "resp_spi", t->responder);
    json_u64(j, "message_id", t->message_id);
    json_u64(j, "exchange_type", t->exchange);
    if (t->major == 1)
        put_v1_chosen(j, t);
    else
        put_chosen(j, t);
    json_array(j, "payload");
    if (t->major == 1)
        put_v1_payloads(j, t);
    else
        put_v2_payloads(j, t);
    json_array_end(j);
    if (t->major == 1)
        put_v1(j, t);
    else
        put_v2(j, t);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    ike_alert_json(tx, j);
}

void ike_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct ike_tx *t = of(tx);
    struct app_record r = {.event_type = "ike", .dir = (enum direction)t->dir, .encode = encode};
    app_record_once(tx, last, is_readable(t), &r, emit, ctx);
}

#define RAW "uint | string"
#define ATTRIBUTES                                                                                 \
    "unknown?: string, alg_enc?: string, alg_hash?: string, alg_auth?: string, alg_dh?: string, "  \
    "sa_group_type?: string, sa_group_prime?: string, sa_group_generator_one?: string, "           \
    "sa_group_generator_two?: string, sa_group_curve_a?: string, sa_group_curve_b?: string, "      \
    "sa_life_type?: string, sa_life_duration?: string, alg_prf?: string, sa_key_length?: string, " \
    "sa_field_size?: string, sa_group_order?: string, unknown_raw?: " RAW ", alg_enc_raw?: " RAW   \
    ", alg_hash_raw?: " RAW ", alg_auth_raw?: " RAW ", alg_dh_raw?: " RAW                          \
    ", sa_group_type_raw?: " RAW ", sa_group_prime_raw?: " RAW                                     \
    ", sa_group_generator_one_raw?: " RAW ", sa_group_generator_two_raw?: " RAW                    \
    ", sa_group_curve_a_raw?: " RAW ", sa_group_curve_b_raw?: " RAW ", sa_life_type_raw?: " RAW    \
    ", sa_life_duration_raw?: " RAW ", alg_prf_raw?: " RAW ", sa_key_length_raw?: " RAW            \
    ", sa_field_size_raw?: " RAW ", sa_group_order_raw?: " RAW
#define END                                                                                        \
    "{key_exchange_payload?: string, key_exchange_payload_length?: uint, nonce_payload?: string, " \
    "nonce_payload_length?: uint, proposals?: [{" ATTRIBUTES "}]}"
#define IKE_SHAPE                                                                                  \
    "{version_major: uint, version_minor: uint, init_spi: string, resp_spi: string, "              \
    "message_id: uint, exchange_type: uint, role?: string, alg_esn?: string, " ATTRIBUTES          \
    ", server_proposals?: [{" ATTRIBUTES "}], payload: [string], ikev1?: {doi?: uint, "            \
    "encrypted_payloads: bool, client?: " END ", server?: " END                                    \
    ", vendor_ids?: [string]}, ikev2?: {errors: uint, notify?: [string]}}"
const struct app_shape ike_shapes[] = {
    {"ike", "ike: " IKE_SHAPE},
    {"alert", "ike?: " IKE_SHAPE},
    {0},
};
