/* dhcp.c - DHCP and BOOTP: one tx a message. RFC 951, RFC 2131. */
#include "sensor/app/protocols/dhcp_state.h"

#define MAGIC_COOKIE 0x63825363u

static const char *const events[DHCP_EVENT_COUNT] = {
    [DHCP_EVENT_TRUNCATED_OPTIONS] = "truncated_options",
    [DHCP_EVENT_MALFORMED_OPTIONS] = "malformed_options",
};

static bool on_port(const struct app_endpoints *e)
{
    for (unsigned i = 0; i < 2; i++)
        if (e->port[i] == 67 || e->port[i] == 68)
            return true;
    return false;
}

static enum app_result dhcp_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    struct cursor c = cursor_over(data);
    uint8_t op = cursor_u8(&c);
    cursor_skip(&c, DHCP_FIXED_BYTES - 1);
    uint32_t cookie = cursor_u32(&c);
    (void)dir;
    if (!cursor_ok(&c) || op < 1 || op > 2)
        return APP_DECLINE;
    return cookie == MAGIC_COOKIE || on_port(e) ? APP_OK : APP_DECLINE;
}

bool dhcp_next_option(struct cursor *c, uint8_t *code, struct bytes *value)
{
    do
        *code = cursor_u8(c);
    while (*code == DHCP_PAD && cursor_ok(c));
    if (*code == DHCP_END || !cursor_ok(c))
        return false;
    *value = cursor_take(c, cursor_u8(c));
    return cursor_ok(c);
}

/* Whether the value of an option has a length that its code allows. */
static bool fits(uint8_t code, struct bytes value)
{
    switch (code) {
    case DHCP_SUBNET_MASK:
    case DHCP_REQUESTED_IP:
    case DHCP_LEASE_TIME:
    case DHCP_RENEWAL_TIME:
    case DHCP_REBINDING_TIME:
        return value.len == 4;
    case DHCP_ROUTERS:
    case DHCP_DNS_SERVERS:
        return value.len > 0 && value.len % 4 == 0;
    case DHCP_TYPE:
        return value.len == 1;
    case DHCP_CLIENT_ID:
        return value.len >= 2;
    default:
        return true;
    }
}

static void check_options(struct dhcp_tx *t, struct bytes message)
{
    struct cursor c = cursor_over(bytes_slice(message, DHCP_HEADER_BYTES, SIZE_MAX));
    uint8_t code;
    struct bytes value;
    while (dhcp_next_option(&c, &code, &value))
        if (!fits(code, value))
            app_tx_event(&t->tx, DHCP_EVENT_MALFORMED_OPTIONS);
    if (!cursor_ok(&c))
        app_tx_event(&t->tx, DHCP_EVENT_TRUNCATED_OPTIONS);
}

static enum app_result dhcp_feed(void *state, const struct app_input *in)
{
    (void)state;
    if (in->data.len < DHCP_HEADER_BYTES)
        return APP_OK;
    struct dhcp_tx *t = app_alloc(in->app, sizeof *t);
    t->dir = (uint8_t)in->dir;
    oneway_add(in, APP_DHCP, &t->tx);
    app_text_add(in->app, &t->message, in->data, DHCP_KEPT_BYTES);
    check_options(t, in->data);
    return APP_OK;
}

static void dhcp_tx_free(struct app *a, struct app_tx *tx)
{
    struct dhcp_tx *t = (struct dhcp_tx *)tx;
    app_text_free(a, &t->message);
    app_dealloc(a, t, sizeof *t);
}

static bool begins(unsigned transport, uint8_t first)
{
    (void)transport;
    return first == 1 || first == 2;
}

const struct app_parser app_parser_DHCP = {
    .transports = APP_OVER_UDP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .events = events,
    .event_count = DHCP_EVENT_COUNT,
    .probe = dhcp_probe,
    .begins = begins,
    .open = oneway_open,
    .close = oneway_close,
    .feed = dhcp_feed,
    .tx_free = dhcp_tx_free,
    .records = dhcp_records,
    .alert_json = dhcp_alert_json,
    .buffers = dhcp_buffers,
    .shapes = dhcp_shapes,
};
