/* ike_v1.c - ISAKMP payloads of IKE version 1. RFC 2408 section 3, RFC 2409 appendix A. */
#include "sensor/app/protocols/ike_state.h"

enum payload {
    SECURITY_ASSOCIATION = 1,
    PROPOSAL = 2,
    TRANSFORM = 3,
    KEY_EXCHANGE = 4,
    NONCE = 10,
    VENDOR_ID = 13,
};

#define DOI_IPSEC     1
#define ATTRIBUTE_MAX 16 /* the highest known type */

/* Generic payload header: the type of the next one, and the content of this one. */
static bool next_payload(struct cursor *c, uint8_t *next, struct bytes *content)
{
    struct cursor ahead = *c;
    *next = cursor_u8(&ahead);
    cursor_skip(&ahead, 1);
    size_t length = cursor_u16(&ahead);
    *content = cursor_take(&ahead, length >= 4 ? length - 4 : 0);
    if (!cursor_ok(&ahead))
        return false;
    *c = ahead;
    return true;
}

static void read_attribute(struct cursor *c, const struct ike_tx *t, struct ike_attribute *a)
{
    uint16_t type = cursor_u16(c);
    bool is_short = type & 0x8000;
    a->value = cursor_u16(c);
    type &= 0x7fff;
    a->type = type <= ATTRIBUTE_MAX ? (uint8_t)type : 0;
    if (is_short) {
        a->has_number = true;
        a->number = a->value;
        return;
    }
    struct bytes value = cursor_take(c, a->value);
    struct cursor number = cursor_over(value);
    if (value.len == 4) {
        a->has_number = true;
        a->number = cursor_u32(&number);
    } else if (value.len > 0) {
        a->at = (uint16_t)(value.p - t->message.p);
        a->len = (uint16_t)value.len;
    }
}

static void read_transform(struct ike_state *s, struct ike_tx *t, struct bytes content)
{
    struct cursor c = cursor_over(bytes_slice(content, 4, SIZE_MAX));
    if (t->transform_count == IKE_TRANSFORMS_MAX)
        return;
    if (!t->transforms)
        t->transforms = app_alloc(s->app, IKE_TRANSFORMS_MAX * sizeof *t->transforms);
    struct ike_transform *out = &t->transforms[t->transform_count++];
    while (cursor_left(&c) > 0 && out->count < IKE_ATTRIBUTES_MAX) {
        struct ike_attribute a = {0};
        read_attribute(&c, t, &a);
        if (cursor_ok(&c))
            out->attributes[out->count++] = a;
    }
}

/* The transforms of a proposal, or the proposals of a security association: lists within a list. */
static void read_transforms(struct ike_state *s, struct ike_tx *t, struct bytes proposal)
{
    struct cursor c = cursor_over(proposal);
    uint8_t next, type = TRANSFORM;
    struct bytes content;
    cursor_skip(&c, 2);
    size_t spi = cursor_u8(&c);
    cursor_skip(&c, 1 + spi);
    while (next_payload(&c, &next, &content)) {
        t->payload_seen[type] = true;
        if (type == TRANSFORM)
            read_transform(s, t, content);
        type = next;
    }
    if (!cursor_ok(&c))
        app_tx_event(&t->tx, IKE_EVENT_MALFORMED_DATA);
}

static void read_association(struct ike_state *s, struct ike_tx *t, struct bytes data)
{
    struct cursor c = cursor_over(data);
    uint8_t next, type = PROPOSAL;
    struct bytes content;
    s->doi = cursor_u32(&c);
    s->has_doi = cursor_ok(&c);
    cursor_skip(&c, 4); /* situation */
    if (!cursor_ok(&c))
        app_tx_event(&t->tx, IKE_EVENT_MALFORMED_DATA);
    if (s->doi != DOI_IPSEC)
        return;
    while (next_payload(&c, &next, &content)) {
        t->payload_seen[type] = true;
        if (type == PROPOSAL)
            read_transforms(s, t, content);
        type = next;
    }
}

static void read_payload(struct ike_state *s, struct ike_tx *t, uint8_t type, struct bytes content)
{
    t->payload_seen[type] = true;
    switch (type) {
    case SECURITY_ASSOCIATION:
        read_association(s, t, content);
        break;
    case KEY_EXCHANGE:
        t->key = bytes_slice(content, 0, IKE_KEY_MAX);
        break;
    case NONCE:
        t->nonce = bytes_slice(content, 0, IKE_KEY_MAX);
        break;
    case VENDOR_ID:
        if (t->vendor_count < IKE_VENDORS_MAX)
            t->vendors[t->vendor_count++] = bytes_slice(content, 0, IKE_VENDOR_MAX);
        break;
    default:
        break;
    }
}

/* What is known of an end after this message of its. A new association starts afresh. */
static void update_end(struct ike_state *s, struct ike_tx *t)
{
    struct ike_end *e = &s->end[t->dir];
    if (t->payload_seen[SECURITY_ASSOCIATION])
        e->transform_count = 0;
    if (t->dir == TO_CLIENT && e->transform_count <= 1 &&
        e->transform_count + t->transform_count > 1)
        app_tx_event(&t->tx, IKE_EVENT_MULTIPLE_SERVER_PROPOSAL);
    app_text_free(s->app, &e->key);
    app_text_free(s->app, &e->nonce);
    app_text_add(s->app, &e->key, t->key, IKE_KEY_MAX);
    app_text_add(s->app, &e->nonce, t->nonce, IKE_KEY_MAX);
    if (e->transform_count == 0 && t->transform_count > 0)
        e->first = t->transforms[0];
    e->transform_count += t->transform_count;
}

void ike_v1_read(struct ike_state *s, struct ike_tx *t)
{
    struct cursor c =
        cursor_over(bytes_slice(app_text_bytes(&t->message), IKE_HEADER_BYTES, SIZE_MAX));
    uint8_t type = t->first_payload, next;
    struct bytes content;
    t->payload_seen[type] = true;
    if (t->flags & IKE_V1_ENCRYPTED)
        return;
    while (next_payload(&c, &next, &content)) {
        read_payload(s, t, type, content);
        type = next;
    }
    update_end(s, t);
    if (cursor_left(&c) > 0)
        app_tx_event(&t->tx, IKE_EVENT_PAYLOAD_EXTRA_DATA);
}
