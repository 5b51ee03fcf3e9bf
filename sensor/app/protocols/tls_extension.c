/* tls_extension.c - the extensions of a hello as EVE lists them, by IANA's names as Suricata spells
 * them (TLS ExtensionType Values; RFC 8446 4.2). */
#include "sensor/app/protocols/tls_state.h"

#define EXT_SERVER_NAME        0
#define EXT_ALPN               16
#define EXT_SIGNATURES         13
#define EXT_SUPPORTED_VERSIONS 43
#define DRAFT_18               0x7f12
#define DRAFT_23               0x7f17

static const char *const names[] = {
    [0] = "server_name",
    [1] = "max_fragment_length",
    [2] = "client_certificate_url",
    [3] = "trusted_ca_keys",
    [4] = "truncated_hmac",
    [5] = "status_request",
    [6] = "user_mapping",
    [7] = "client_authz",
    [8] = "server_authz",
    [9] = "cert_type",
    [10] = "supported_groups",
    [11] = "ec_point_formats",
    [12] = "srp",
    [13] = "signature_algorithms",
    [14] = "use_srtp",
    [15] = "heartbeat",
    [16] = "alpn",
    [17] = "status_request_v2",
    [18] = "signed_certificate_timestamp",
    [19] = "client_certificate_type",
    [20] = "server_certificate_type",
    [21] = "padding",
    [22] = "encrypt_then_mac",
    [23] = "extended_master_secret",
    [24] = "token_binding",
    [25] = "cached_info",
    [26] = "tls_lts",
    [27] = "compress_certificate",
    [28] = "record_size_limit",
    [29] = "pwd_protect",
    [30] = "pwd_clear",
    [31] = "password_salt",
    [32] = "ticket_pinning",
    [33] = "tls_cert_with_extern_psk",
    [34] = "delegated_credentials",
    [35] = "session_ticket",
    [36] = "tlmsp",
    [37] = "tlmsp_proxying",
    [38] = "tlmsp_delegate",
    [39] = "supported_ekt_ciphers",
    [41] = "pre_shared_key",
    [42] = "early_data",
    [43] = "supported_versions",
    [44] = "cookie",
    [45] = "psk_key_exchange_modes",
    [47] = "certificate_authorities",
    [48] = "oid_filters",
    [49] = "post_handshake_auth",
    [50] = "signature_algorithms_cert",
    [51] = "key_share",
    [52] = "transparency_info",
    [53] = "connection_id_deprecated",
    [54] = "connection_id",
    [55] = "external_id_hash",
    [56] = "external_session_id",
    [57] = "quic_transport_parameters",
    [58] = "ticket_request",
    [59] = "dnssec_chain",
};

static const char *name_of(uint16_t type)
{
    if (type < sizeof names / sizeof *names)
        return names[type];
    if (type == 13172)
        return "next_protocol_negotiation";
    return type == 65281 ? "renegotiation_info" : NULL;
}

static void put_version(uint16_t version, struct json *j)
{
    static const char *const known[] = {"Ssl30", "Tls10", "Tls11", "Tls12", "Tls13"};
    char text[40];
    if (version >= 0x0300 && version <= 0x0304)
        json_strz(j, NULL, known[version - 0x0300]);
    else {
        bool draft = version >= DRAFT_18 && version <= DRAFT_23;
        snprintf(text, sizeof text, draft ? "Tls13Draft%u" : "TlsVersion(%u / 0x%x)",
                 draft ? version & 0xff : version, version);
        json_strz(j, NULL, text);
    }
}

static void put_number(uint16_t n, struct json *j)
{
    char text[8];
    snprintf(text, sizeof text, "%u", n);
    json_strz(j, NULL, text);
}

/* One value of a list: a name has its length before it, and its type (server_name) or nothing. */
static void put_value(uint16_t type, struct cursor *list, struct json *j)
{
    if (type == EXT_SERVER_NAME)
        cursor_skip(list, 1);
    bool named = type == EXT_SERVER_NAME || type == EXT_ALPN;
    uint16_t n = type == EXT_ALPN ? cursor_u8(list) : cursor_u16(list);
    struct bytes name = named ? cursor_take(list, n) : (struct bytes){0};
    if (!cursor_ok(list))
        return;
    if (named)
        json_str(j, NULL, name);
    else if (type == EXT_SUPPORTED_VERSIONS)
        put_version(n, j);
    else
        put_number(n, j);
}

static bool has_values(uint16_t type)
{
    return type == EXT_SERVER_NAME || type == EXT_ALPN || type == EXT_SIGNATURES ||
           type == EXT_SUPPORTED_VERSIONS;
}

/* A server selects one version, which stands alone (RFC 8446 4.2.1). */
static struct bytes list_of(uint16_t type, struct bytes body)
{
    struct cursor c = cursor_over(body);
    if (type == EXT_SUPPORTED_VERSIONS)
        return body.len == 2 ? body : cursor_take(&c, cursor_u8(&c));
    return cursor_take(&c, cursor_u16(&c));
}

static void put_values(uint16_t type, struct bytes body, struct json *j)
{
    struct cursor list = cursor_over(list_of(type, body));
    if (cursor_left(&list) == 0)
        return;
    json_array(j, "values");
    while (cursor_left(&list) > 0)
        put_value(type, &list, j);
    json_array_end(j);
}

void tls_extensions_json(struct bytes extensions, struct json *j)
{
    struct cursor c = cursor_over(extensions);
    if (cursor_left(&c) == 0)
        return;
    json_array(j, "extensions");
    while (cursor_left(&c) > 0) {
        uint16_t type = cursor_u16(&c);
        struct bytes body = cursor_take(&c, cursor_u16(&c));
        if (!cursor_ok(&c))
            break;
        json_object(j, NULL);
        if (name_of(type))
            json_strz(j, "name", name_of(type));
        json_u64(j, "type", type);
        if (has_values(type))
            put_values(type, body, j);
        json_object_end(j);
    }
    json_array_end(j);
}
