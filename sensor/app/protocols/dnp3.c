/* dnp3.c - DNP3: link frames, transport segments, and a tx for each application fragment. */
#include "sensor/app/protocols/dnp3_state.h"

#define START        0x0564u
#define BLOCK_BYTES  16u
#define CRC_BYTES    2u
#define LENGTH_LEAST 5u /* what a link header itself counts */
#define PORT         20000
/* What is passed over of a damaged link header: its start, and a length that cannot be. */
#define BAD_CRC_BYTES   2
#define TOO_SMALL_BYTES 3
/* Requests in a row without any answer, as in Suricata. */
#define FLOOD_COUNT 500u

enum link_bits { LINK_FROM_MASTER = 0x80, LINK_FUNCTION = 0x0f };
enum link_function { LINK_CONFIRMED_DATA = 3, LINK_UNCONFIRMED_DATA = 4 };
enum transport_bits { TRANSPORT_FINAL = 0x80, TRANSPORT_FIRST = 0x40, TRANSPORT_SEQUENCE = 0x3f };

static const char *const events[DNP3_EVENT_COUNT] = {
    [DNP3_EVENT_FLOODED] = "flooded",
    [DNP3_EVENT_LEN_TOO_SMALL] = "len_too_small",
    [DNP3_EVENT_BAD_LINK_CRC] = "bad_link_crc",
    [DNP3_EVENT_BAD_TRANSPORT_CRC] = "bad_transport_crc",
    [DNP3_EVENT_MALFORMED] = "malformed",
    [DNP3_EVENT_UNKNOWN_OBJECT] = "unknown_object",
};

/* ---- link layer ---- */

/* Polynomial 0x3d65, bits reversed, as the standard's annex gives it. */
static uint16_t crc_of(struct bytes b)
{
    uint16_t crc = 0;
    for (size_t i = 0; i < b.len; i++) {
        crc ^= b.p[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa6bc : crc >> 1);
    }
    return (uint16_t)~crc;
}

/* A block whose last two bytes are its checksum. */
static bool block_is_intact(struct bytes block)
{
    if (block.len <= CRC_BYTES)
        return false;
    struct cursor c = cursor_over(bytes_slice(block, block.len - CRC_BYTES, SIZE_MAX));
    return cursor_le16(&c) == crc_of(bytes_slice(block, 0, block.len - CRC_BYTES));
}

/* Length of a frame whose header says `length`: every 16 bytes of data have a checksum. */
static uint32_t frame_bytes(uint8_t length)
{
    uint32_t data = length - LENGTH_LEAST, blocks = (data + BLOCK_BYTES - 1) / BLOCK_BYTES;
    return DNP3_LINK_BYTES + data + blocks * CRC_BYTES;
}

static bool header_is_intact(struct bytes data)
{
    return data.p[2] >= LENGTH_LEAST && block_is_intact(bytes_slice(data, 0, DNP3_LINK_BYTES));
}

/* A header that is not intact is a message as short as its start, so that a frame behind it is
 * found, as receivers find it. */
static int64_t dnp3_length(void *state, enum direction dir, struct bytes data)
{
    (void)state;
    (void)dir;
    if (data.p[0] != START >> 8) { /* a banner, or what is left of a damaged frame */
        const uint8_t *next = memchr(data.p, START >> 8, data.len);
        return next ? data.p - next : -(int64_t)data.len;
    }
    if (data.len >= 2 && data.p[1] != (START & 0xff))
        return -1;
    if (data.len >= TOO_SMALL_BYTES && data.p[2] < LENGTH_LEAST)
        return TOO_SMALL_BYTES;
    if (data.len < DNP3_LINK_BYTES)
        return 0;
    return header_is_intact(data) ? frame_bytes(data.p[2]) : BAD_CRC_BYTES;
}

/* Some outstations greet with a line of text. */
static bool is_banner(const struct app_endpoints *e, struct bytes data)
{
    if (e->port[0] != PORT && e->port[1] != PORT)
        return false;
    for (size_t i = 0; i < data.len; i++)
        if (data.p[i] < ' ' && data.p[i] != '\r' && data.p[i] != '\n')
            return false;
    return bytes_find(data, BYTES_LIT("DNP3")) >= 0;
}

static enum app_result dnp3_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    static const uint8_t start[] = {START >> 8, START & 0xff};
    struct bytes first = bytes_slice(data, 0, sizeof start);
    (void)dir;
    if (memcmp(first.p, start, first.len) != 0)
        return is_banner(e, data) ? APP_OK : APP_DECLINE;
    if (data.len > 2 && data.p[2] < LENGTH_LEAST)
        return APP_DECLINE;
    if (data.len < DNP3_LINK_BYTES)
        return APP_MORE;
    return header_is_intact(data) ? APP_OK : APP_DECLINE;
}

/* A frame says whether its sender is the master. */
static bool dnp3_is_reversed(const struct app_endpoints *e, struct bytes data)
{
    return data.len >= DNP3_LINK_BYTES && data.p[0] == START >> 8 &&
           dnp3_probe(e, TO_CLIENT, data) == APP_OK && !(data.p[3] & LINK_FROM_MASTER);
}

/* ---- transactions ---- */

static struct dnp3_tx *tx_new(struct dnp3_state *s, const struct app_input *in)
{
    struct dnp3_tx *t = app_alloc(s->app, sizeof *t);
    t->state = s;
    t->dir = (uint8_t)in->dir;
    app_tx_add(s->app, in->flow, APP_DNP3, &t->tx, in->ts_us);
    t->tx.inspected[OTHER(in->dir)] = true;
    return t;
}

static void finish(struct dnp3_state *s, const struct app_input *in, struct dnp3_tx *t)
{
    if (s->open[in->dir] == t)
        s->open[in->dir] = NULL;
    app_tx_advance(in->flow, &t->tx, OTHER(in->dir), ONEWAY_DONE);
    app_tx_advance(in->flow, &t->tx, in->dir, ONEWAY_DONE);
}

static void note(struct dnp3_state *s, const struct app_input *in, enum dnp3_event event)
{
    struct dnp3_tx *t = tx_new(s, in);
    t->damaged = true;
    app_tx_event(&t->tx, event);
    finish(s, in, t);
}

struct bytes dnp3_objects(const struct dnp3_tx *t)
{
    return bytes_slice(app_text_bytes(&t->fragment), t->is_request ? 2 : 4, SIZE_MAX);
}

/* Every segment of a fragment is there. */
static void conclude(struct dnp3_state *s, const struct app_input *in, struct dnp3_tx *t)
{
    struct cursor c = cursor_over(app_text_bytes(&t->fragment));
    t->app_control = cursor_u8(&c);
    t->function = cursor_u8(&c);
    if (!t->is_request)
        t->indications = cursor_u16(&c);
    if (!cursor_ok(&c) || t->fragment.cut) {
        t->damaged = true;
        app_tx_event(&t->tx, DNP3_EVENT_MALFORMED);
    } else {
        enum dnp3_decoded d = dnp3_put_objects(NULL, dnp3_objects(t));
        t->complete = d == DNP3_WHOLE;
        if (d == DNP3_UNKNOWN)
            app_tx_event(&t->tx, DNP3_EVENT_UNKNOWN_OBJECT);
    }
    finish(s, in, t);
}

static void count_unreplied(struct dnp3_state *s, struct dnp3_tx *t)
{
    s->unreplied = t->is_request ? s->unreplied + 1 : 0;
    if (s->unreplied > FLOOD_COUNT)
        app_tx_event(&t->tx, DNP3_EVENT_FLOODED);
}

/* Adds the blocks of a frame without their checksums. */
static void add_blocks(struct dnp3_state *s, struct dnp3_tx *t, struct bytes blocks)
{
    for (size_t skip = 1; blocks.len > CRC_BYTES; skip = 0) { /* the transport header once */
        struct bytes block = bytes_slice(blocks, 0, BLOCK_BYTES + CRC_BYTES);
        app_text_add(s->app, &t->fragment, bytes_slice(block, skip, block.len - CRC_BYTES - skip),
                     DNP3_FRAGMENT_MAX);
        blocks = bytes_slice(blocks, block.len, SIZE_MAX);
    }
}

static bool are_intact(struct bytes blocks)
{
    while (blocks.len > 0) {
        struct bytes block = bytes_slice(blocks, 0, BLOCK_BYTES + CRC_BYTES);
        if (!block_is_intact(block))
            return false;
        blocks = bytes_slice(blocks, block.len, SIZE_MAX);
    }
    return true;
}

/* The tx that a segment belongs to; NULL when it is not to be looked at. */
static struct dnp3_tx *tx_of_segment(struct dnp3_state *s, const struct app_input *in,
                                     struct bytes frame)
{
    uint8_t control = frame.p[3], transport = frame.p[DNP3_LINK_BYTES];
    uint16_t to = (uint16_t)(frame.p[4] | frame.p[5] << 8),
             from = (uint16_t)(frame.p[6] | frame.p[7] << 8);
    struct dnp3_tx *t = s->open[in->dir];
    if (!(transport & TRANSPORT_FIRST)) {
        if (!t || t->source != from || t->destination != to ||
            ((t->sequence + 1) & TRANSPORT_SEQUENCE) != (transport & TRANSPORT_SEQUENCE))
            return NULL;
        t->sequence = transport & TRANSPORT_SEQUENCE;
        return t;
    }
    bool is_request = control & LINK_FROM_MASTER;
    if (is_request && frame.p[DNP3_LINK_BYTES + 2] == DNP3_CONFIRM)
        return NULL;
    if (t) { /* the rest of the one before never came */
        t->damaged = true;
        finish(s, in, t);
    }
    t = s->open[in->dir] = tx_new(s, in);
    t->is_request = is_request;
    t->link_control = control;
    t->destination = to;
    t->source = from;
    t->sequence = transport & TRANSPORT_SEQUENCE;
    count_unreplied(s, t);
    return t;
}

/* A segment needs its transport header and, when it is the first, an application header; later ones
 * may be as short as a byte. */
static bool has_segment(struct bytes frame)
{
    unsigned function = frame.p[3] & LINK_FUNCTION;
    size_t data = frame.p[2] - LENGTH_LEAST, least = frame.p[3] & LINK_FROM_MASTER ? 3 : 5;
    if (data < 2 || (function != LINK_CONFIRMED_DATA && function != LINK_UNCONFIRMED_DATA))
        return false;
    return data >= least || !(frame.p[DNP3_LINK_BYTES] & TRANSPORT_FIRST);
}

/* Noise holds many starts of headers: the first is an event, until a good one. */
static void take_bad_header(struct dnp3_state *s, const struct app_input *in, uint64_t length)
{
    if (!s->noisy[in->dir])
        note(s, in, length == TOO_SMALL_BYTES ? DNP3_EVENT_LEN_TOO_SMALL : DNP3_EVENT_BAD_LINK_CRC);
    s->noisy[in->dir] = true;
}

static bool dnp3_take(void *state, const struct app_input *in, struct bytes frame, uint64_t length)
{
    struct dnp3_state *s = state;
    struct bytes blocks = bytes_slice(frame, DNP3_LINK_BYTES, SIZE_MAX);
    if (length < DNP3_LINK_BYTES) {
        take_bad_header(s, in, length);
        return true;
    }
    s->noisy[in->dir] = false;
    if (!has_segment(frame))
        return true;
    if (!are_intact(blocks)) {
        note(s, in, DNP3_EVENT_BAD_TRANSPORT_CRC);
        return true;
    }
    struct dnp3_tx *t = tx_of_segment(s, in, frame);
    if (!t)
        return true;
    add_blocks(s, t, blocks);
    if (frame.p[DNP3_LINK_BYTES] & TRANSPORT_FINAL)
        conclude(s, in, t);
    return true;
}

/* ---- one flow ---- */

static bool is_start(void *state, const struct app_input *in, struct bytes data)
{
    struct dnp3_state *s = state;
    s->open[in->dir] = NULL; /* a segment is missing */
    return dnp3_probe(app_flow_endpoints(in->flow), in->dir, data) != APP_DECLINE;
}

static const struct framed_kind frames = {
    .keep_bytes = DNP3_FRAME_BYTES, .length = dnp3_length, .take = dnp3_take, .is_start = is_start};

static enum app_result dnp3_feed(void *state, const struct app_input *in)
{
    struct dnp3_state *s = state;
    return framed_feed(&s->framed[in->dir], &frames, s, in) ? APP_OK : APP_BROKEN;
}

static void *dnp3_open(struct app *a, struct app_flow *f)
{
    struct dnp3_state *s = app_alloc(a, sizeof *s);
    (void)f;
    s->app = a;
    return s;
}

static void dnp3_close(struct app *a, void *state)
{
    struct dnp3_state *s = state;
    framed_release_both(s->framed, a);
    app_dealloc(a, s, sizeof *s);
}

static void dnp3_tx_free(struct app *a, struct app_tx *tx)
{
    struct dnp3_tx *t = (struct dnp3_tx *)tx;
    if (t->state->open[t->dir] == t)
        t->state->open[t->dir] = NULL;
    app_text_free(a, &t->fragment);
    app_dealloc(a, t, sizeof *t);
}

static bool begins(unsigned transport, uint8_t first)
{
    (void)transport;
    return first == START >> 8;
}

const struct app_parser app_parser_DNP3 = {
    .transports = APP_OVER_TCP | APP_OVER_UDP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .events = events,
    .event_count = DNP3_EVENT_COUNT,
    .probe = dnp3_probe,
    .begins = begins,
    .ports = {PORT},
    .is_reversed = dnp3_is_reversed,
    .open = dnp3_open,
    .close = dnp3_close,
    .feed = dnp3_feed,
    .tx_free = dnp3_tx_free,
    .records = dnp3_records,
    .alert_json = dnp3_alert_json,
    .buffers = dnp3_buffers,
    .shapes = dnp3_shapes,
};
