/* rdp_message.c - the messages that set up a Remote Desktop session.
 *
 * X.224 connection requests and confirms with Microsoft's negotiation, then T.125's connect-initial
 * with the client's description of itself. Source: MS-RDPBCGR 2.2.1, ITU-T X.224, T.125. */
#include "sensor/app/protocols/rdp_state.h"
#include "sensor/app/protocols/utf16.h"

#define TPDU_CONFIRM 0xd
#define TPDU_REQUEST 0xe
#define TEXT_CAP     256u
#define CHANNELS_MAX 31u /* MS-RDPBCGR 2.2.1.3.4 */
#define CLIENT_CORE  0xc001
#define CLIENT_NET   0xc003

/* ---- connection request and confirm ---- */

/* The variable part of a class 0 TPDU of this code; the cursor fails for any other. */
static struct bytes read_tpdu(struct bytes tpdu, uint8_t code)
{
    struct cursor c = cursor_over(tpdu);
    uint8_t length = cursor_u8(&c), what = cursor_u8(&c);
    uint16_t destination = cursor_u16(&c);
    cursor_skip(&c, 2); /* source */
    uint8_t class_and_options = cursor_u8(&c);
    bool fits = length >= 6 && length != 0xff && what >> 4 == code && (what & 0xf) <= 1 &&
                destination == 0 && class_and_options == 0;
    struct bytes rest = cursor_take(&c, fits ? length - 6u : 0);
    if (!fits || !cursor_ok(&c))
        return (struct bytes){0};
    return rest.p ? rest : bytes_slice(tpdu, 7, 0);
}

static bool read_negotiation(struct rdp_tx *t, struct bytes data)
{
    struct cursor c = cursor_over(data);
    uint8_t type = cursor_u8(&c), flags = cursor_u8(&c);
    uint16_t length = cursor_le16(&c);
    uint32_t value = cursor_le32(&c);
    if (!cursor_ok(&c) || length != 8)
        return false;
    t->negotiation = type;
    t->flags = flags;
    t->value = value;
    return true;
}

static struct bytes read_cookie(struct app *a, struct rdp_tx *t, struct bytes data)
{
    static const struct bytes start = BYTES_LIT("Cookie: mstshash=");
    ptrdiff_t end = bytes_find(data, BYTES_LIT("\r\n"));
    if (!bytes_starts(data, start) || end < 0)
        return data;
    app_text_add(a, &t->cookie, bytes_slice(data, start.len, (size_t)end - start.len), TEXT_CAP);
    return bytes_slice(data, (size_t)end + 2, SIZE_MAX);
}

static uint8_t read_request(struct app *a, struct rdp_tx *t, struct bytes data)
{
    data = read_cookie(a, t, data);
    if (!read_negotiation(t, data) || t->negotiation != RDP_ASKS)
        t->negotiation = RDP_NOT_NEGOTIATED;
    return RDP_INITIAL_REQUEST;
}

/* One protocol, and not several of them. */
static bool is_protocol(uint32_t value)
{
    return value <= 2 || value == 4 || value == 8;
}

static uint8_t read_confirm(struct rdp_tx *t, struct bytes data)
{
    bool known =
        read_negotiation(t, data) &&
        (t->negotiation == RDP_AGREES ? is_protocol(t->value) : t->negotiation == RDP_REFUSES);
    if (!known)
        t->negotiation = RDP_NOT_NEGOTIATED;
    return RDP_INITIAL_RESPONSE;
}

/* ---- the client's description of itself ---- */

/* A text in a field of fixed size, up to its NUL. */
static void read_text(struct app *a, struct cursor *c, size_t field_bytes, struct app_text *out)
{
    struct bytes field = cursor_take(c, field_bytes);
    size_t len = 0;
    while (len + 2 <= field.len && (field.p[len] || field.p[len + 1]))
        len += 2;
    utf16_add(a, out, bytes_slice(field, 0, len), TEXT_CAP);
}

static bool read_base(struct app *a, struct cursor *c, struct rdp_core *core)
{
    core->version = cursor_le32(c);
    core->width = cursor_le16(c);
    core->height = cursor_le16(c);
    core->color = cursor_le16(c);
    cursor_skip(c, 2); /* SAS sequence */
    core->keyboard_layout = cursor_le32(c);
    core->build = cursor_le32(c);
    read_text(a, c, 32, &core->name);
    core->keyboard_type = cursor_le32(c);
    core->keyboard_subtype = cursor_le32(c);
    core->function_keys = cursor_le32(c);
    read_text(a, c, 64, &core->ime);
    return cursor_ok(c);
}

static bool holds(struct rdp_core *core, const struct cursor *c, bool plausible,
                  enum rdp_core_extent extent)
{
    if (!cursor_ok(c) || !plausible)
        return false;
    core->extent = (uint8_t)extent;
    return true;
}

static bool is_millimetres(uint32_t value)
{
    return value >= 10 && value <= 10000;
}

static void read_screen(struct cursor *c, struct rdp_core *core)
{
    core->physical_width = cursor_le32(c);
    if (!holds(core, c, is_millimetres(core->physical_width), RDP_CORE_WIDTH))
        return;
    core->physical_height = cursor_le32(c);
    if (!holds(core, c, is_millimetres(core->physical_height), RDP_CORE_HEIGHT))
        return;
    core->orientation = cursor_le16(c);
    if (!holds(core, c, core->orientation % 90 == 0 && core->orientation <= 270,
               RDP_CORE_ORIENTATION))
        return;
    core->scale = cursor_le32(c);
    if (!holds(core, c, core->scale >= 100 && core->scale <= 500, RDP_CORE_SCALE))
        return;
    core->device_scale = cursor_le32(c);
    (void)holds(core, c,
                core->device_scale == 100 || core->device_scale == 140 || core->device_scale == 180,
                RDP_CORE_DEVICE_SCALE);
}

static bool is_high_color(uint16_t bits)
{
    return bits == 0 || bits == 4 || bits == 8 || bits == 15 || bits == 16 || bits == 24;
}

/* What newer clients add; where one field makes no sense, the later ones are not looked at. */
static void read_additions(struct app *a, struct cursor *c, struct rdp_core *core)
{
    core->post_beta2_color = cursor_le16(c);
    bool known = core->post_beta2_color == 0 || (core->post_beta2_color & 0xfff8) == 0xca00;
    if (!holds(core, c, known, RDP_CORE_COLOR))
        return;
    core->product_id = cursor_le16(c);
    if (!holds(core, c, true, RDP_CORE_PRODUCT_ID))
        return;
    core->serial = cursor_le32(c);
    if (!holds(core, c, true, RDP_CORE_SERIAL))
        return;
    core->high_color = cursor_le16(c);
    if (!holds(core, c, is_high_color(core->high_color), RDP_CORE_HIGH_COLOR))
        return;
    cursor_skip(c, 2); /* colour depths it could do */
    core->capabilities = cursor_le16(c);
    if (!holds(core, c, true, RDP_CORE_CAPABILITIES))
        return;
    read_text(a, c, 64, &core->id);
    if (!holds(core, c, true, RDP_CORE_ID))
        return;
    core->connection = cursor_u8(c);
    if (!holds(core, c, core->connection <= 7, RDP_CORE_CONNECTION))
        return;
    cursor_skip(c, 1 + 4); /* padding, protocol of the negotiation */
    read_screen(c, core);
}

static void read_core(struct app *a, struct rdp_tx *t, struct bytes data)
{
    struct cursor c = cursor_over(data);
    if (t->has_core) /* a second one would be a lie */
        return;
    t->has_core = read_base(a, &c, &t->core);
    if (t->has_core)
        read_additions(a, &c, &t->core);
}

static void read_channels(struct app *a, struct rdp_tx *t, struct bytes data)
{
    struct cursor c = cursor_over(data);
    uint32_t count = cursor_le32(&c);
    if (t->channels.len > 0)
        return;
    for (uint32_t i = 0; i < count && i < CHANNELS_MAX; i++) {
        struct bytes name = cursor_take(&c, RDP_CHANNEL_NAME);
        cursor_skip(&c, 4); /* options */
        if (!cursor_ok(&c))
            return;
        app_text_add(a, &t->channels, name, CHANNELS_MAX * RDP_CHANNEL_NAME);
    }
}

/* T.125's connect-initial holds, in BER, T.124's in PER, and that the blocks behind the client's
 * key: nothing before it is of interest. */
static uint8_t read_connect(struct app *a, struct rdp_tx *t, struct bytes mcs)
{
    static const struct bytes key = BYTES_LIT("Duca");
    ptrdiff_t at = bytes_find(mcs, key);
    if (at < 0)
        return RDP_DAMAGED;
    struct cursor c = cursor_over(bytes_slice(mcs, (size_t)at + key.len, SIZE_MAX));
    size_t length = cursor_u8(&c);
    if (length & 0x80)
        length = (length & 0x3f) << 8 | cursor_u8(&c);
    struct cursor blocks = cursor_over(bytes_slice(cursor_rest(&c), 0, length));
    while (cursor_left(&blocks) >= 4) {
        uint16_t type = cursor_le16(&blocks), size = cursor_le16(&blocks);
        struct bytes block = cursor_take(&blocks, size < 4 ? SIZE_MAX : size - 4u);
        if (type == CLIENT_CORE)
            read_core(a, t, block);
        else if (type == CLIENT_NET)
            read_channels(a, t, block);
    }
    return RDP_CONNECT_REQUEST;
}

/* What a data TPDU that is whole in itself carries, from its tag on: an MCS connection message. */
static struct bytes read_data(struct bytes tpdu, uint8_t type)
{
    const uint8_t start[] = {2, 0xf0, 0x80, 0x7f, type};
    if (!bytes_starts(tpdu, bytes_of(start, sizeof start)))
        return (struct bytes){0};
    return bytes_slice(tpdu, 3, SIZE_MAX);
}

uint8_t rdp_read_from_client(struct app *a, struct rdp_tx *t, struct bytes tpdu)
{
    struct bytes request = read_tpdu(tpdu, TPDU_REQUEST);
    if (request.p)
        return read_request(a, t, request);
    struct bytes mcs = read_data(tpdu, 0x65);
    return mcs.p ? read_connect(a, t, mcs) : RDP_DAMAGED;
}

uint8_t rdp_read_from_server(struct rdp_tx *t, struct bytes tpdu)
{
    struct bytes confirm = read_tpdu(tpdu, TPDU_CONFIRM);
    if (confirm.p)
        return read_confirm(t, confirm);
    return read_data(tpdu, 0x66).p ? RDP_CONNECT_RESPONSE : RDP_DAMAGED;
}
