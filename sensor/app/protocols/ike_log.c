/* ike_log.c - an IKE message as EVE shows it: Suricata 7's record. */
#include "sensor/app/protocols/ike_state.h"
#include "common/text.h"
#include <stdio.h>

static const struct ike_tx *of(const struct app_tx *tx)
{
    return (const struct ike_tx *)tx;
}

struct name {
    uint16_t id;
    const char *text;
};

static const char *find(const struct name *names, size_t count, uint16_t id)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].id == id)
            return names[i].text;
    return NULL;
}

/* A name, or the number in the form that Suricata's library gives to what it does not know. */
static void put_name(struct json *j, const char *key, const struct name *names, size_t count,
                     uint16_t id, const char *kind)
{
    const char *text = find(names, count, id);
    char number[64];
    if (!text) {
        snprintf(number, sizeof number, "%s(%u / 0x%x)", kind, id, id);
        text = number;
    }
    json_strz(j, key, text);
}
#define PUT_NAME(j, key, names, id, kind)                                                          \
    put_name(j, key, names, sizeof(names) / sizeof *(names), id, kind)

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

static const struct name v1_encryptions[] = {
    {1, "EncDesCbc"},       {2, "EncIdeaCbc"}, {3, "EncBlowfishCbc"}, {4, "EncRc5R16B64Cbc"},
    {5, "EncTripleDesCbc"}, {6, "EncCastCbc"}, {7, "EncAesCbc"},      {8, "EncCamelliaCbc"},
};
static const struct name v1_hashes[] = {
    {1, "HashMd5"},      {2, "HashSha"},      {3, "HashTiger"},
    {4, "HashSha2_256"}, {5, "HashSha2_384"}, {6, "HashSha2_512"},
};
static const struct name v1_methods[] = {
    {1, "AuthPreSharedKey"},
    {2, "AuthDssSignatures"},
    {3, "AuthRsaSignatures"},
    {4, "AuthEncryptionWithRsa"},
    {5, "AuthRevisedEncryptionWithRsa"},
    {6, "AuthReserved"},
    {7, "AuthReserved"},
    {8, "AuthReserved"},
    {9, "AuthEcdsaSha256"},
    {10, "AuthEcdsaSha384"},
    {11, "AuthEcdsaSha512"},
};
static const struct name v1_groups[] = {
    {1, "GroupDefault768BitModp"},
    {2, "GroupAlternate1024BitModpGroup"},
    {3, "GroupEc2nOnGp2p155"},
    {4, "GroupEc2nOnGp2p185"},
    {5, "GroupModp1536Bit"},
    {6, "GroupEc2nOverGf2p163"},
    {7, "GroupEc2nOverGf2p163"},
    {8, "GroupEc2nOverGf2p283"},
    {9, "GroupEc2nOverGf2p283"},
    {10, "GroupEc2nOverGf2p409"},
    {11, "GroupEc2nOverGf2p409"},
    {12, "GroupEc2nOverGf2p571"},
    {13, "GroupEc2nOverGf2p571"},
    {14, "GroupModp2048Bit"},
    {15, "GroupModp3072Bit"},
    {16, "GroupModp4096Bit"},
    {17, "GroupModp6144Bit"},
    {18, "GroupModp8192Bit"},
    {19, "GroupRandomEcp256"},
    {20, "GroupRandomEcp384"},
    {21, "GroupRandomEcp521"},
    {22, "GroupModp1024With160BitPrime"},
    {23, "GroupModp2048With224BitPrime"},
    {24, "GroupModp2048With256BitPrime"},
    {25, "GroupRandomEcp192"},
    {26, "GroupRandomEcp224"},
    {27, "GroupBrainpoolEcp224"},
    {28, "GroupBrainpoolEcp256"},
    {29, "GroupBrainpoolEcp384"},
    {30, "GroupBrainpoolEcp512"},
};
static const struct name v1_life_types[] = {{1, "LifeTypeSeconds"}, {2, "LifeTypeKilobytes"}};
#define FIND(names, id) find(names, sizeof(names) / sizeof *(names), id)

static const char *value_name(const struct ike_attribute *a)
{
    const char *name = NULL;
    switch (a->type) {
    case 1:
        name = FIND(v1_encryptions, a->value);
        break;
    case 2:
        name = FIND(v1_hashes, a->value);
        break;
    case 3:
        name = FIND(v1_methods, a->value);
        break;
    case 4:
        name = FIND(v1_groups, a->value);
        break;
    case 11:
        name = FIND(v1_life_types, a->value);
        break;
    default:
        break;
    }
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
    static const struct name names[] = {
        {0, "None"},
        {1, "SecurityAssociation"},
        {2, "Proposal"},
        {3, "Transform"},
        {4, "KeyExchange"},
        {5, "Identification"},
        {6, "Certificate"},
        {7, "CertificateRequest"},
        {8, "Hash"},
        {9, "Signature"},
        {10, "Nonce"},
        {11, "Notification"},
        {12, "Delete"},
        {13, "VendorID"},
        {15, "SaKekPayload"},
        {16, "SaTekPayload"},
        {17, "KeyDownload"},
        {18, "SequenceNumber"},
        {19, "ProofOfPossession"},
        {20, "NatDiscovery"},
        {21, "NatOriginalAddress"},
        {22, "GroupAssociatedPolicy"},
    };
    for (uint16_t i = 0; i < 256; i++)
        if (t->payload_seen[i] && FIND(names, i))
            json_strz(j, NULL, FIND(names, i));
}

/* ---- version 2 ---- */

static const struct name encryptions[] = {
    {1, "ENCR_DES_IV64"},
    {2, "ENCR_DES"},
    {3, "ENCR_3DES"},
    {4, "ENCR_RC5"},
    {5, "ENCR_IDEA"},
    {6, "ENCR_CAST"},
    {7, "ENCR_BLOWFISH"},
    {8, "ENCR_3IDEA"},
    {9, "ENCR_DES_IV32"},
    {11, "ENCR_NULL"},
    {12, "ENCR_AES_CBC"},
    {13, "ENCR_AES_CTR"},
    {14, "ENCR_AES_CCM_8"},
    {15, "ENCR_AES_CCM_12"},
    {16, "ENCR_AES_CCM_16"},
    {18, "ENCR_AES_GCM_8"},
    {19, "ENCR_AES_GCM_12"},
    {20, "ENCR_AES_GCM_16"},
    {21, "ENCR_NULL_AUTH_AES_GMAC"},
    {23, "ENCR_CAMELLIA_CBC"},
    {24, "ENCR_CAMELLIA_CTR"},
    {25, "ENCR_CAMELLIA_CCM_8"},
    {26, "ENCR_CAMELLIA_CCM_12"},
    {27, "ENCR_CAMELLIA_CCM_16"},
    {28, "ENCR_CHACHA20_POLY1305"},
};
static const struct name integrities[] = {
    {0, "NONE"},
    {1, "AUTH_HMAC_MD5_96"},
    {2, "AUTH_HMAC_SHA1_96"},
    {3, "AUTH_DES_MAC"},
    {4, "AUTH_KPDK_MD5"},
    {5, "AUTH_AES_XCBC_96"},
    {6, "AUTH_HMAC_MD5_128"},
    {7, "AUTH_HMAC_SHA1_160"},
    {8, "AUTH_AES_CMAC_96"},
    {9, "AUTH_AES_128_GMAC"},
    {10, "AUTH_AES_192_GMAC"},
    {11, "AUTH_AES_256_GMAC"},
    {12, "AUTH_HMAC_SHA2_256_128"},
    {13, "AUTH_HMAC_SHA2_384_192"},
    {14, "AUTH_HMAC_SHA2_512_256"},
};
static const struct name prfs[] = {
    {0, "PRF_NULL"},          {1, "PRF_HMAC_MD5"},      {2, "PRF_HMAC_SHA1"},
    {3, "PRF_HMAC_TIGER"},    {4, "PRF_AES128_XCBC"},   {5, "PRF_HMAC_SHA2_256"},
    {6, "PRF_HMAC_SHA2_384"}, {7, "PRF_HMAC_SHA2_512"}, {8, "PRF_AES128_CMAC"},
};
static const struct name groups[] = {
    {0, "None"},
    {1, "Modp768"},
    {2, "Modp1024"},
    {5, "Modp1536"},
    {14, "Modp2048"},
    {15, "Modp3072"},
    {16, "Modp4096"},
    {17, "Modp6144"},
    {18, "Modp8192"},
    {19, "Ecp256"},
    {20, "Ecp384"},
    {21, "Ecp521"},
    {22, "Modp1024s160"},
    {23, "Modp2048s224"},
    {24, "Modp2048s256"},
    {25, "Ecp192"},
    {26, "Ecp224"},
    {27, "BrainpoolP224r1"},
    {28, "BrainpoolP256r1"},
    {29, "BrainpoolP384r1"},
    {30, "BrainpoolP512r1"},
    {31, "Curve25519"},
    {32, "Curve448"},
};
static const struct name esns[] = {{0, "NoESN"}, {1, "ESN"}};
static const struct name notifies[] = {
    {1, "UNSUPPORTED_CRITICAL_PAYLOAD"},
    {4, "INVALID_IKE_SPI"},
    {5, "INVALID_MAJOR_VERSION"},
    {7, "INVALID_SYNTAX"},
    {9, "INVALID_MESSAGE_ID"},
    {11, "INVALID_SPI"},
    {14, "NO_PROPOSAL_CHOSEN"},
    {17, "INVALID_KE_PAYLOAD"},
    {24, "AUTHENTICATION_FAILED"},
    {34, "SINGLE_PAIR_REQUIRED"},
    {35, "NO_ADDITIONAL_SAS"},
    {36, "INTERNAL_ADDRESS_FAILURE"},
    {37, "FAILED_CP_REQUIRED"},
    {38, "TS_UNACCEPTABLE"},
    {39, "INVALID_SELECTORS"},
    {43, "TEMPORARY_FAILURE"},
    {44, "CHILD_SA_NOT_FOUND"},
    {16384, "INITIAL_CONTACT"},
    {16385, "SET_WINDOW_SIZE"},
    {16386, "ADDITIONAL_TS_POSSIBLE"},
    {16387, "IPCOMP_SUPPORTED"},
    {16388, "NAT_DETECTION_SOURCE_IP"},
    {16389, "NAT_DETECTION_DESTINATION_IP"},
    {16390, "COOKIE"},
    {16391, "USE_TRANSPORT_MODE"},
    {16392, "HTTP_CERT_LOOKUP_SUPPORTED"},
    {16393, "REKEY_SA"},
    {16394, "ESP_TFC_PADDING_NOT_SUPPORTED"},
    {16395, "NON_FIRST_FRAGMENTS_ALSO"},
    {16404, "MULTIPLE_AUTH_SUPPORTED"},
    {16405, "ANOTHER_AUTH_FOLLOWS"},
    {16406, "REDIRECT_SUPPORTED"},
    {16430, "IKEV2_FRAGMENTATION_SUPPORTED"},
    {16431, "SIGNATURE_HASH_ALGORITHMS"},
};

static void put_chosen(struct json *j, const struct ike_tx *t)
{
    const struct ike_state *s = t->state;
    json_strz(j, "role", t->flags & IKE_V2_INITIATOR ? "initiator" : "responder");
    if (t->flags & IKE_V2_INITIATOR)
        return;
    PUT_NAME(j, "alg_enc", encryptions, s->enc, "IkeTransformEncType");
    PUT_NAME(j, "alg_auth", integrities, s->auth, "IkeTransformAuthType");
    PUT_NAME(j, "alg_prf", prfs, s->prf, "IkeTransformPRFType");
    PUT_NAME(j, "alg_dh", groups, s->dh, "IkeTransformDHType");
    PUT_NAME(j, "alg_esn", esns, s->esn, "IkeTransformESNType");
}

/* As Suricata lists them: for each payload the type of the one that follows it. */
static void put_v2_payloads(struct json *j, const struct ike_tx *t)
{
    static const struct name names[] = {
        {0, "NoNextPayload"},
        {33, "SecurityAssociation"},
        {34, "KeyExchange"},
        {35, "IdentInitiator"},
        {36, "IdentResponder"},
        {37, "Certificate"},
        {38, "CertificateRequest"},
        {39, "Authentication"},
        {40, "Nonce"},
        {41, "Notify"},
        {42, "Delete"},
        {43, "VendorID"},
        {44, "TrafficSelectorInitiator"},
        {45, "TrafficSelectorResponder"},
        {46, "EncryptedAndAuthenticated"},
        {47, "Configuration"},
        {48, "ExtensibleAuthentication"},
    };
    for (unsigned i = 0; i < t->payload_count; i++)
        PUT_NAME(j, NULL, names, t->payloads[i], "IkePayloadType");
}

static void put_v2(struct json *j, const struct ike_tx *t)
{
    json_object(j, "ikev2");
    json_u64(j, "errors", t->errors);
    if (t->notify_count > 0) {
        json_array(j, "notify");
        for (unsigned i = 0; i < t->notify_count; i++)
            PUT_NAME(j, NULL, notifies, t->notifies[i], "NotifyType");
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
    (void)last;
    if (is_readable(t))
        oneway_record(tx, &r, emit, ctx);
    tx->logged = 1;
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
