/* rdp_log.c - records of RDP, field by field as Suricata 7 writes them. */
#include <stdio.h>
#include "sensor/app/protocols/oneway.h"
#include "sensor/app/protocols/rdp_state.h"

static const struct rdp_tx *of(const struct app_tx *tx)
{
    return (const struct rdp_tx *)tx;
}

struct flag_name {
    uint16_t bit;
    const char *name; /* NULL after the last one */
};

static void put_flags(struct json *j, const char *key, unsigned flags, const struct flag_name *list)
{
    if (flags == 0)
        return;
    json_array(j, key);
    for (; list->name; list++)
        if (flags & list->bit)
            json_strz(j, NULL, list->name);
    json_array_end(j);
}

/* ---- negotiation ---- */

static void put_initial_request(struct json *j, const struct rdp_tx *t)
{
    static const struct flag_name flags[] = {
        {0x01, "restricted_admin_mode_required"},
        {0x02, "redirected_authentication_mode_required"},
        {0x08, "correlation_info_present"},
        {0},
    };
    if (t->cookie.p)
        json_str(j, "cookie", app_text_bytes(&t->cookie));
    if (t->negotiation == RDP_ASKS)
        put_flags(j, "flags", t->flags, flags);
}

static const char *protocol_name(uint32_t protocol)
{
    static const char *const names[] = {
        [0] = "rdp", [1] = "ssl", [2] = "hybrid", [4] = "rds_tls", [8] = "hybrid_ex"};
    return names[protocol];
}

static void put_refusal(struct json *j, uint32_t code)
{
    static const char *const reasons[] = {
        "ssl required by server",    "ssl not allowed by server",
        "ssl cert not on server",    "inconsistent flags",
        "hybrid required by server", "ssl with user auth required by server",
    };
    if (code == 0 || code > sizeof reasons / sizeof *reasons)
        return;
    json_u64(j, "error_code", code);
    json_strz(j, "reason", reasons[code - 1]);
}

static void put_initial_response(struct json *j, const struct rdp_tx *t)
{
    static const struct flag_name flags[] = {
        {0x01, "extended_client_data"},
        {0x02, "dynvc_gfx"},
        {0x08, "restricted_admin"},
        {0x10, "redirected_authentication"},
        {0},
    };
    if (t->negotiation == RDP_REFUSES)
        put_refusal(j, t->value);
    if (t->negotiation != RDP_AGREES)
        return;
    put_flags(j, "server_supports", t->flags, flags);
    json_strz(j, "protocol", protocol_name(t->value));
}

/* ---- the client ---- */

static void put_version(struct json *j, uint32_t version)
{
    char text[16];
    uint32_t step = version - 0x80005; /* 10.0, 10.1 ... */
    if (version == 0x80001)
        json_strz(j, "version", "v4");
    else if (version == 0x80004)
        json_strz(j, "version", "v5");
    else if (step <= 12) {
        snprintf(text, sizeof text, "v10.%u", step);
        json_strz(j, "version", text);
    } else
        json_strz(j, "version", "unknown");
}

/* 0xca00 and following are 4, 8, 15, 16 and 24 bits; 0 for none. */
static unsigned color_bits(uint16_t code)
{
    static const uint8_t bits[] = {4, 8, 15, 16, 24};
    unsigned i = code - 0xca00u;
    return i < sizeof bits ? bits[i] : 0;
}

static void put_color_depth(struct json *j, const struct rdp_core *core)
{
    unsigned bits = core->extent >= RDP_CORE_HIGH_COLOR ? core->high_color : 0;
    if (bits == 0 && core->extent >= RDP_CORE_COLOR)
        bits = color_bits(core->post_beta2_color);
    if (bits == 0 && core->color <= 0xca01)
        bits = color_bits(core->color);
    if (bits != 0)
        json_u64(j, "color_depth", bits);
}

static void put_name(struct json *j, const char *key, const char *name)
{
    json_strz(j, key, name ? name : "unknown");
}

static void put_text(struct json *j, const char *key, const struct app_text *t)
{
    if (t->len > 0)
        json_str(j, key, app_text_bytes(t));
}

static void put_number(struct json *j, const char *key, bool there, uint32_t value)
{
    if (there)
        json_u64(j, key, value);
}

static void put_keyboard(struct json *j, const struct rdp_core *core)
{
    static const char *const types[] = {"xt", "ico", "at", "enhanced", "1050", "9140", "jp"};
    if (core->keyboard_type >= 1 && core->keyboard_type <= sizeof types / sizeof *types)
        json_strz(j, "keyboard_type", types[core->keyboard_type - 1]);
    put_number(j, "keyboard_subtype", core->keyboard_subtype != 0, core->keyboard_subtype);
    put_number(j, "function_keys", core->function_keys != 0, core->function_keys);
    put_text(j, "ime", &core->ime);
}

static void put_capabilities(struct json *j, const struct rdp_core *core)
{
    static const struct flag_name flags[] = {
        {0x0001, "support_errinfo_pdf"},
        {0x0002, "want_32bpp_session"},
        {0x0004, "support_statusinfo_pdu"},
        {0x0008, "strong_asymmetric_keys"},
        {0x0020, "valid_connection_type"},
        {0x0040, "support_monitor_layout_pdu"},
        {0x0080, "support_netchar_autodetect"},
        {0x0100, "support_dynvc_gfx_protocol"},
        {0x0200, "support_dynamic_time_zone"},
        {0x0400, "support_heartbeat_pdu"},
        {0},
    };
    if (core->extent >= RDP_CORE_CAPABILITIES)
        put_flags(j, "capabilities", core->capabilities, flags);
}

static void put_connection(struct json *j, const struct rdp_core *core)
{
    static const char *const hints[] = {
        "modem", "low_broadband", "satellite", "high_broadband", "wan", "lan", "autodetect",
    };
    if (core->extent >= RDP_CORE_CONNECTION && core->connection != 0)
        json_strz(j, "connection_hint", hints[core->connection - 1]);
}

static void put_screen(struct json *j, const struct rdp_core *core)
{
    put_number(j, "physical_width", core->extent >= RDP_CORE_WIDTH, core->physical_width);
    put_number(j, "physical_height", core->extent >= RDP_CORE_HEIGHT, core->physical_height);
    put_number(j, "desktop_orientation", core->extent >= RDP_CORE_ORIENTATION, core->orientation);
    put_number(j, "scale_factor", core->extent >= RDP_CORE_SCALE, core->scale);
    put_number(j, "device_scale_factor", core->extent >= RDP_CORE_DEVICE_SCALE, core->device_scale);
}

static void put_client(struct json *j, const struct rdp_core *core)
{
    json_object(j, "client");
    put_version(j, core->version);
    json_u64(j, "desktop_width", core->width);
    json_u64(j, "desktop_height", core->height);
    put_color_depth(j, core);
    put_name(j, "keyboard_layout", rdp_locale(core->keyboard_layout));
    put_name(j, "build", rdp_build(core->build));
    put_text(j, "client_name", &core->name);
    put_keyboard(j, core);
    put_number(j, "product_id", core->extent >= RDP_CORE_PRODUCT_ID, core->product_id);
    put_number(j, "serial_number", core->extent >= RDP_CORE_SERIAL && core->serial != 0,
               core->serial);
    put_capabilities(j, core);
    put_text(j, "id", &core->id);
    put_connection(j, core);
    put_screen(j, core);
    json_object_end(j);
}

static void put_connect_request(struct json *j, const struct rdp_tx *t)
{
    struct bytes names = app_text_bytes(&t->channels);
    if (t->has_core)
        put_client(j, &t->core);
    if (names.len == 0)
        return;
    json_array(j, "channels");
    for (size_t at = 0; at < names.len; at += RDP_CHANNEL_NAME)
        json_str(j, NULL,
                 bytes_of(names.p + at, strnlen((const char *)names.p + at, RDP_CHANNEL_NAME)));
    json_array_end(j);
}

/* ---- the record ---- */

static void put_tls(struct json *j, const struct rdp_tx *t)
{
    struct bytes rest = app_text_bytes(&t->serials);
    json_array(j, "x509_serials");
    while (rest.len > 0) {
        struct bytes serial = bytes_slice(rest, 0, strnlen((const char *)rest.p, rest.len));
        json_str(j, NULL, serial);
        rest = bytes_slice(rest, serial.len + 1, SIZE_MAX);
    }
    json_array_end(j);
}

void rdp_alert_json(const struct app_tx *tx, struct json *j)
{
    static const char *const kinds[] = {
        [RDP_INITIAL_REQUEST] = "initial_request", [RDP_INITIAL_RESPONSE] = "initial_response",
        [RDP_CONNECT_REQUEST] = "connect_request", [RDP_CONNECT_RESPONSE] = "connect_response",
        [RDP_TLS_HANDSHAKE] = "tls_handshake",
    };
    const struct rdp_tx *t = of(tx);
    if (t->kind == RDP_DAMAGED)
        return;
    json_object(j, "rdp");
    json_u64(j, "tx_id", tx->id + 1); /* Suricata counts from one here */
    json_strz(j, "event_type", kinds[t->kind]);
    if (t->kind == RDP_INITIAL_REQUEST)
        put_initial_request(j, t);
    else if (t->kind == RDP_INITIAL_RESPONSE)
        put_initial_response(j, t);
    else if (t->kind == RDP_CONNECT_REQUEST)
        put_connect_request(j, t);
    else if (t->kind == RDP_TLS_HANDSHAKE)
        put_tls(j, t);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    rdp_alert_json(tx, j);
}

void rdp_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {
        .event_type = "rdp", .dir = (enum direction)of(tx)->dir, .encode = encode};
    app_record_once(tx, last, of(tx)->kind != RDP_DAMAGED, &r, emit, ctx);
}

#define RDP_SHAPE                                                                                  \
    "{tx_id: uint, event_type: string, cookie?: string, flags?: [string], "                        \
    "server_supports?: [string], protocol?: string, error_code?: uint, reason?: string, "          \
    "client?: {version: string, desktop_width: uint, desktop_height: uint, color_depth?: uint, "   \
    "keyboard_layout: string, build: string, client_name?: string, keyboard_type?: string, "       \
    "keyboard_subtype?: uint, function_keys?: uint, ime?: string, product_id?: uint, "             \
    "serial_number?: uint, capabilities?: [string], id?: string, connection_hint?: string, "       \
    "physical_width?: uint, physical_height?: uint, desktop_orientation?: uint, "                  \
    "scale_factor?: uint, device_scale_factor?: uint}, channels?: [string], "                      \
    "x509_serials?: [string]}"
const struct app_shape rdp_shapes[] = {
    {"rdp", "rdp: " RDP_SHAPE},
    {"alert", "rdp?: " RDP_SHAPE},
    {0},
};
