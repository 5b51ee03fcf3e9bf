/* ike_rules.c - what rules ask of a message of IKE, in the direction it went. */
#include "common/text.h"
#include "sensor/app/protocols/ike.h"
#include "sensor/app/protocols/ike_state.h"

static bool ike_is_chosen(const struct ike_tx *t)
{
    return t->major == 1 ? t->transform_count > 0 : t->state->has_chosen;
}

#define GETTER(name, expr)                                                                         \
    static bool name(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch, \
                     struct bytes *out)                                                            \
    {                                                                                              \
        const struct ike_tx *t = (const struct ike_tx *)tx;                                        \
        (void)scratch;                                                                             \
        *out = (expr);                                                                             \
        return index == 0 && t->dir == dir && out->len > 0;                                        \
    }
GETTER(get_initiator, bytes_str(t->initiator))
GETTER(get_responder, bytes_str(t->responder))
GETTER(get_nonce, t->nonce)
GETTER(get_key, t->key)

static bool get_vendor(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                       struct bytes *out)
{
    const struct ike_tx *t = (const struct ike_tx *)tx;
    if (t->dir != dir || index >= t->vendor_count)
        return false;
    struct bytes vendor = t->vendors[index];
    char *text = arena_alloc(scratch, 2 * vendor.len + 1);
    text_hex(vendor, text);
    *out = bytes_of(text, 2 * vendor.len);
    return true;
}

/* ---- numbers ---- */

#define NUMBER(name, condition, expr)                                                              \
    static bool name(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch, \
                     struct bytes *out)                                                            \
    {                                                                                              \
        const struct ike_tx *t = (const struct ike_tx *)tx;                                        \
        return index == 0 && t->dir == dir && (condition) &&                                       \
               app_number_bytes((expr), scratch, out);                                             \
    }
NUMBER(get_exchange, t->major > 0, t->exchange)
NUMBER(get_key_length, t->key.len > 0, t->key.len)
NUMBER(get_nonce_length, t->nonce.len > 0, t->nonce.len)
NUMBER(get_chosen, ike_is_chosen(t), 1) /* what it is, ike_chosen tells */

/* Version 1 answers with one transform, version 2 with one of each kind. */
static bool ike_chosen_v2(const struct ike_state *s, const char *name, uint32_t *value)
{
    const struct {
        const char *name;
        uint16_t value;
    } chosen[] = {
        {"alg_enc", s->enc}, {"alg_auth", s->auth}, {"alg_prf", s->prf}, {"alg_dh", s->dh}};
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++)
        if (strcmp(name, chosen[i].name) == 0) {
            *value = chosen[i].value;
            return true;
        }
    return false;
}

bool ike_chosen(const struct app_tx *tx, const char *name, uint32_t *value)
{
    const struct ike_tx *t = (const struct ike_tx *)tx;
    if (t->major != 1)
        return ike_chosen_v2(t->state, name, value);
    for (unsigned i = 0; i < t->transforms[0].count; i++) {
        const struct ike_attribute *a = &t->transforms[0].attributes[i];
        if (a->has_number && strcmp(ike_attribute_key(a->type), name) == 0) {
            *value = a->number;
            return true;
        }
    }
    return false;
}

#define BOTH (APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT)
#define DONE ONEWAY_DONE
/* clang-format off */
const struct app_buffer ike_buffers[] = {
    APP_BUFFER(IKE, "ike.init_spi",             "", "", APP_BUFFER_TO_SERVER, DONE, DONE, get_initiator),
    APP_BUFFER(IKE, "ike.resp_spi",             "", "", APP_BUFFER_TO_CLIENT, DONE, DONE, get_responder),
    APP_BUFFER(IKE, "ike.nonce_payload",        "", "", BOTH,                 DONE, DONE, get_nonce),
    APP_BUFFER(IKE, "ike.key_exchange_payload", "", "", BOTH,                 DONE, DONE, get_key),
    APP_BUFFER(IKE, "ike.vendor", "", "", APP_BUFFER_TO_SERVER | APP_BUFFER_MULTI, DONE, DONE, get_vendor),
    APP_NUMBER(IKE, "ike.exchtype", "", BOTH, DONE, DONE, get_exchange, &app_u8),
    APP_NUMBER(IKE, "ike.key_exchange_payload_length", "", BOTH, DONE, DONE, get_key_length, &app_u32),
    APP_NUMBER(IKE, "ike.nonce_payload_length", "", BOTH, DONE, DONE, get_nonce_length, &app_u32),
    APP_NUMBER(IKE, "ike.chosen_sa_attribute", "", APP_BUFFER_TO_CLIENT, 0, DONE, get_chosen, &app_u32),
    {0},
};
/* clang-format on */
