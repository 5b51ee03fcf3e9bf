/* ike_v2.c - payloads of IKE version 2, and what is weak about what they propose. RFC 7296. */
#include "sensor/app/protocols/ike_state.h"

enum payload { SECURITY_ASSOCIATION = 33, NOTIFY = 41, ENCRYPTED = 46, ENCRYPTED_FRAGMENT = 53 };
enum transform_type { ENCRYPTION = 1, PRF = 2, INTEGRITY = 3, DIFFIE_HELLMAN = 4, ESN = 5 };

#define PROTOCOL_AH     2
#define NOTIFY_STATUS   16384 /* types below are errors */
#define IN_SET(set, id) ((id) < 32 && (set) >> (id)&1)
#define BIT(id)         (1u << (id))

/* Ids that Suricata calls weak: DES, 3DES, RC5, IDEA, CAST, Blowfish and no encryption at all;
 * MD5 and SHA-1; groups 1, 2, 5 and 22. */
#define WEAK_ENCRYPTION                                                                            \
    (BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(9) | BIT(11))
#define WEAK_PRF       (BIT(1) | BIT(2))
#define WEAK_INTEGRITY (BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7))
#define WEAK_GROUP     (BIT(1) | BIT(2) | BIT(5) | BIT(22))
/* Encryption that brings its integrity along. */
#define AEAD                                                                                       \
    (BIT(14) | BIT(15) | BIT(16) | BIT(18) | BIT(19) | BIT(20) | BIT(25) | BIT(26) | BIT(27) |     \
     BIT(28))

struct proposal {
    bool has_group, has_integrity, has_aead;
};

static void judge(struct ike_tx *t, uint8_t type, uint16_t id, struct proposal *p)
{
    switch (type) {
    case ENCRYPTION:
        p->has_aead |= IN_SET(AEAD, id);
        if (IN_SET(WEAK_ENCRYPTION, id))
            app_tx_event(&t->tx, IKE_EVENT_WEAK_CRYPTO_ENC);
        break;
    case PRF:
        if (id == 0)
            app_tx_event(&t->tx, IKE_EVENT_INVALID_PROPOSAL);
        if (IN_SET(WEAK_PRF, id))
            app_tx_event(&t->tx, IKE_EVENT_WEAK_CRYPTO_PRF);
        break;
    case INTEGRITY:
        p->has_integrity |= id != 0;
        if (IN_SET(WEAK_INTEGRITY, id))
            app_tx_event(&t->tx, IKE_EVENT_WEAK_CRYPTO_AUTH);
        break;
    case DIFFIE_HELLMAN:
        p->has_group = true;
        if (id == 0)
            app_tx_event(&t->tx, IKE_EVENT_INVALID_PROPOSAL);
        if (IN_SET(WEAK_GROUP, id))
            app_tx_event(&t->tx, IKE_EVENT_WEAK_CRYPTO_DH);
        break;
    case ESN:
        break;
    default:
        app_tx_event(&t->tx, IKE_EVENT_UNKNOWN_PROPOSAL);
    }
}

/* What the responder names is what both will use. */
static void choose(struct ike_state *s, uint8_t type, uint16_t id)
{
    uint16_t *const chosen[] = {NULL, &s->enc, &s->prf, &s->auth, &s->dh, &s->esn};
    if (type >= ENCRYPTION && type <= ESN)
        *chosen[type] = id;
    s->has_chosen = true;
}

static void read_transforms(struct ike_state *s, struct ike_tx *t, struct cursor *c,
                            struct proposal *p)
{
    while (cursor_left(c) > 0) {
        cursor_skip(c, 2);
        size_t length = cursor_u16(c);
        uint8_t type = cursor_u8(c);
        cursor_skip(c, 1);
        uint16_t id = cursor_u16(c);
        cursor_skip(c, length >= 8 ? length - 8 : SIZE_MAX); /* attributes: key lengths */
        if (!cursor_ok(c))
            return;
        judge(t, type, id, p);
        if (t->dir == TO_CLIENT)
            choose(s, type, id);
    }
}

static void read_proposal(struct ike_state *s, struct ike_tx *t, uint8_t protocol,
                          struct bytes transforms)
{
    struct cursor c = cursor_over(transforms);
    struct proposal p = {0};
    read_transforms(s, t, &c, &p);
    if (!cursor_ok(&c))
        app_tx_event(&t->tx, IKE_EVENT_MALFORMED_DATA);
    if (!p.has_group)
        app_tx_event(&t->tx, IKE_EVENT_WEAK_CRYPTO_NO_DH);
    if (protocol == PROTOCOL_AH)
        app_tx_event(&t->tx, IKE_EVENT_NO_ENCRYPTION);
    if (!p.has_integrity && !p.has_aead)
        app_tx_event(&t->tx, IKE_EVENT_WEAK_CRYPTO_NO_AUTH);
}

static void read_proposals(struct ike_state *s, struct ike_tx *t, struct bytes content)
{
    struct cursor c = cursor_over(content);
    while (cursor_left(&c) > 0) {
        cursor_skip(&c, 2);
        size_t length = cursor_u16(&c);
        cursor_skip(&c, 1);
        uint8_t protocol = cursor_u8(&c);
        size_t spi = cursor_u8(&c);
        cursor_skip(&c, 1 + spi);
        struct bytes transforms = cursor_take(&c, length >= 8 + spi ? length - 8 - spi : SIZE_MAX);
        if (!cursor_ok(&c)) {
            app_tx_event(&t->tx, IKE_EVENT_MALFORMED_DATA);
            return;
        }
        read_proposal(s, t, protocol, transforms);
    }
}

static void read_notify(struct ike_tx *t, struct bytes content)
{
    struct cursor c = cursor_over(content);
    cursor_skip(&c, 2);
    uint16_t type = cursor_u16(&c);
    if (!cursor_ok(&c))
        return;
    t->errors += type < NOTIFY_STATUS;
    if (t->notify_count < IKE_NOTIFY_MAX)
        t->notifies[t->notify_count++] = type;
}

void ike_v2_read(struct ike_state *s, struct ike_tx *t)
{
    struct cursor c =
        cursor_over(bytes_slice(app_text_bytes(&t->message), IKE_HEADER_BYTES, SIZE_MAX));
    uint8_t type = t->first_payload;
    while (type != 0) {
        uint8_t next = cursor_u8(&c);
        cursor_skip(&c, 1);
        size_t length = cursor_u16(&c);
        struct bytes content = cursor_take(&c, length >= 4 ? length - 4 : SIZE_MAX);
        if (!cursor_ok(&c)) {
            app_tx_event(&t->tx, IKE_EVENT_MALFORMED_DATA);
            return;
        }
        if (t->payload_count < IKE_PAYLOADS_MAX)
            t->payloads[t->payload_count++] = next;
        if (type == SECURITY_ASSOCIATION)
            read_proposals(s, t, content);
        else if (type == NOTIFY)
            read_notify(t, content);
        /* Behind an encrypted payload's header is the type of what it encloses. */
        type = type == ENCRYPTED || type == ENCRYPTED_FRAGMENT ? 0 : next;
    }
}
