/* quic_frame.c - frames of an Initial packet: the handshake's bytes put in order, its hello read by
 * TLS's own reader; Google's CHLO with its tags.
 *
 * Source: RFC 9000 19; Google's QUIC wire layout specification (2016). CYU: version and tags of a
 * CHLO and their MD5 (Salesforce's GQUIC analyzer). */
#include "common/text.h"
#include "sensor/app/protocols/quic_state.h"

enum frame_type {
    FRAME_PADDING = 0x00,
    FRAME_PING = 0x01,
    FRAME_ACK = 0x02,
    FRAME_ACK_ECN = 0x03,
    FRAME_CRYPTO = 0x06,
    FRAME_GOOGLE_CRYPTO = 0x08,
    FRAME_GOOGLE_STREAM = 0x80
};

#define Q039          0x51303339u
#define TAGS_MAX      64
#define TAG_VALUE_CAP 1024u
#define CYU_CAP       512u

/* ---- the handshake's bytes ---- */

/* Adds a range, joining it with those that it touches. */
static bool add_range(struct quic_crypto *c, uint32_t from, uint32_t to)
{
    unsigned first = 0, after;
    while (first < c->range_count && c->ranges[first].to < from)
        first++;
    for (after = first; after < c->range_count && c->ranges[after].from <= to; after++) {
        from = c->ranges[after].from < from ? c->ranges[after].from : from;
        to = c->ranges[after].to > to ? c->ranges[after].to : to;
    }
    if (after == first && c->range_count == QUIC_RANGES_MAX)
        return false;
    memmove(c->ranges + first + 1, c->ranges + after, (c->range_count - after) * sizeof *c->ranges);
    c->ranges[first] = (struct quic_range){from, to};
    c->range_count = c->range_count + 1 - (after - first);
    return true;
}

bool quic_crypto_add(struct app *a, struct quic_crypto *c, uint64_t offset, struct bytes data)
{
    static const uint8_t zeros[512];
    if (offset > QUIC_CRYPTO_MAX || data.len > QUIC_CRYPTO_MAX - offset)
        return false;
    size_t end = (size_t)offset + data.len;
    if (data.len == 0)
        return true;
    if (!add_range(c, (uint32_t)offset, (uint32_t)end))
        return false;
    while (c->bytes.len < end) {
        struct bytes more = bytes_slice(bytes_of(zeros, sizeof zeros), 0, end - c->bytes.len);
        app_text_add(a, &c->bytes, more, QUIC_CRYPTO_MAX);
    }
    memcpy(c->bytes.p + offset, data.p, data.len);
    return true;
}

struct bytes quic_crypto_front(const struct quic_crypto *c)
{
    bool there = c->range_count > 0 && c->ranges[0].from == 0;
    return bytes_slice(app_text_bytes(&c->bytes), 0, there ? c->ranges[0].to : 0);
}

void quic_crypto_free(struct app *a, struct quic_crypto *c)
{
    app_text_free(a, &c->bytes);
    c->range_count = 0;
}

/* ---- the hello ---- */

static void keep_hello(struct quic_flow *s, struct quic_tx *t, enum direction who,
                       const struct tls_hello *h)
{
    t->ech = h->has_ech;
    app_text_add(s->app, &t->sni, h->sni, TAG_VALUE_CAP);
    app_text_add(s->app, &t->extensions, h->extension_bytes, QUIC_CRYPTO_MAX);
    tls_make_ja3(s->app, s->tls, who, h, &t->ja3, t->ja3_hash);
    if (who == TO_SERVER)
        tls_make_ja4(s->tls, h, 'q', t->ja4);
}

/* Reads the hello once all of it came. */
static void take_hello(struct quic_flow *s, struct quic_tx *t)
{
    struct bytes front = quic_crypto_front(&s->crypto[t->dir]);
    struct cursor c = cursor_over(front);
    uint8_t type = cursor_u8(&c);
    uint32_t len = cursor_u24(&c);
    if (!cursor_ok(&c))
        return;
    if (len > QUIC_CRYPTO_MAX - 4)
        app_tx_event(&t->tx, QUIC_CRYPTO_FRAG_TOO_LONG);
    if (type != HS_CLIENT_HELLO && type != HS_SERVER_HELLO)
        app_tx_event(&t->tx, QUIC_ERROR_ON_DATA);
    struct bytes body = cursor_take(&c, len);
    if (!cursor_ok(&c) || t->tx.event_count > 0)
        return;
    enum direction who = type == HS_CLIENT_HELLO ? TO_SERVER : TO_CLIENT;
    if (tls_read_hello(who, body, &s->tls->hello))
        keep_hello(s, t, who, &s->tls->hello);
    else
        app_tx_event(&t->tx, QUIC_ERROR_ON_DATA);
    s->hello[t->dir] = true;
    quic_crypto_free(s->app, &s->crypto[t->dir]);
}

/* ---- Google's CHLO ---- */

/* Tags are padded with NUL to four bytes. */
static struct bytes tag_text(struct bytes tag)
{
    while (tag.len > 0 && tag.p[tag.len - 1] == 0)
        tag.len--;
    return tag;
}

static void keep_tag(struct quic_flow *s, struct quic_tx *t, struct bytes tag, struct bytes value)
{
    if (bytes_eq(tag, BYTES_LIT("SNI"))) {
        app_text_free(s->app, &t->sni);
        app_text_add(s->app, &t->sni, value, TAG_VALUE_CAP);
    } else if (bytes_eq(tag, BYTES_LIT("UAID"))) {
        app_text_free(s->app, &t->ua);
        app_text_add(s->app, &t->ua, value, TAG_VALUE_CAP);
        t->has_ua = true;
    }
}

static const char *cyu_version(uint32_t version)
{
    static const char *const names[] = {"43,", "44,", "44,", "46,"}; /* Q043 to Q046 */
    return names[(version & 0xff) - '3'];
}

static void keep_cyu(struct quic_flow *s, struct quic_tx *t, struct bytes tags, unsigned count)
{
    struct quic_cyu *cyu = &t->cyu[t->cyu_count];
    if (!quic_is_google(t->version) || t->cyu_count == QUIC_CYU_MAX)
        return;
    app_text_add(s->app, &cyu->string, bytes_str(cyu_version(t->version)), CYU_CAP);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            app_text_add(s->app, &cyu->string, BYTES_LIT("-"), CYU_CAP);
        app_text_add(s->app, &cyu->string, tag_text(bytes_slice(tags, 8u * i, 4)), CYU_CAP);
    }
    tls_md5_hex(s->tls, app_text_bytes(&cyu->string), cyu->hash);
    t->cyu_count++;
}

/* Message tag, number of entries, padding; for each entry its tag and where its value ends; values.
 * Anything that does not fit exactly is no CHLO. */
static void take_chlo(struct quic_flow *s, struct quic_tx *t, struct bytes data)
{
    struct cursor c = cursor_over(data);
    if (!bytes_eq(cursor_take(&c, 4), BYTES_LIT("CHLO")))
        return;
    unsigned count = cursor_le16(&c);
    cursor_skip(&c, 2);
    struct bytes tags = cursor_take(&c, 8u * count), values = cursor_rest(&c);
    struct cursor entries = cursor_over(tags);
    uint32_t at = 0;
    if (!cursor_ok(&c) || count > TAGS_MAX)
        return;
    for (unsigned i = 0; i < count; i++) {
        struct bytes tag = tag_text(cursor_take(&entries, 4));
        uint32_t end = cursor_le32(&entries);
        if (end < at || end > values.len)
            return;
        keep_tag(s, t, tag, bytes_slice(values, at, end - at));
        at = end;
    }
    if (at == values.len)
        keep_cyu(s, t, tags, count);
}

/* 1fdooossB: has a length, size of the offset, size of the stream's number. Up to Q038 numbers were
 * little-endian. */
static void take_google_stream(struct quic_flow *s, struct quic_tx *t, uint8_t type,
                               struct cursor *c)
{
    unsigned offset_len = (type & 0x1cu) >> 2;
    cursor_skip(c, (type & 3u) + 1);
    cursor_skip(c, offset_len ? offset_len + 1 : 0);
    size_t len = cursor_left(c);
    if (type & 0x20)
        len = !t->is_long && t->version < Q039 ? cursor_le16(c) : cursor_u16(c);
    take_chlo(s, t, cursor_take(c, len));
}

/* ---- frames ---- */

static void skip_ack(struct cursor *c, bool ecn)
{
    quic_varint(c);
    quic_varint(c);
    uint64_t ranges = quic_varint(c);
    quic_varint(c);
    for (uint64_t i = 0; i < ranges && cursor_ok(c); i++) {
        quic_varint(c);
        quic_varint(c);
    }
    for (unsigned i = 0; ecn && i < 3; i++)
        quic_varint(c);
}

static void take_crypto(struct quic_flow *s, struct quic_tx *t, struct cursor *c)
{
    uint64_t offset = quic_varint(c);
    struct bytes data = cursor_take(c, (size_t)quic_varint(c));
    if (!quic_crypto_add(s->app, &s->crypto[t->dir], offset, data))
        app_tx_event(&t->tx, QUIC_CRYPTO_FRAG_TOO_LONG);
}

static void take_frame(struct quic_flow *s, struct quic_tx *t, struct cursor *c)
{
    uint8_t type = cursor_u8(c);
    if (type & FRAME_GOOGLE_STREAM && (quic_is_google(t->version) || !t->is_long)) {
        take_google_stream(s, t, type, c);
        return;
    }
    switch (type) {
    case FRAME_PADDING:
    case FRAME_PING:
        break;
    case FRAME_ACK:
    case FRAME_ACK_ECN:
        skip_ack(c, type == FRAME_ACK_ECN);
        break;
    case FRAME_CRYPTO:
        take_crypto(s, t, c);
        break;
    case FRAME_GOOGLE_CRYPTO:
        quic_varint(c);
        take_chlo(s, t, cursor_take(c, (size_t)quic_varint(c)));
        break;
    default: /* closes, or is Google's: its length is its own affair */
        cursor_rest(c);
        break;
    }
}

void quic_take_frames(struct quic_flow *s, struct quic_tx *t, struct bytes frames)
{
    struct cursor c = cursor_over(frames);
    while (cursor_left(&c) > 0)
        take_frame(s, t, &c);
    if (!cursor_ok(&c))
        app_tx_event(&t->tx, QUIC_ERROR_ON_DATA);
    take_hello(s, t);
}
