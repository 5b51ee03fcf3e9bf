/* telnet.c - Telnet: recognised by its negotiation, or on its port. RFC 854, 855. */
#include "sensor/app/protocols/oneway.h"

#define TELNET_PORT 23
#define IAC         255
#define SB          250
#define DONT        254
#define OPTION_MAX  49 /* those in use; 255 extends the list */
#define ESCAPE      0x1b
#define TEXT_TOLD   16u /* bytes of it that are believed: other protocols had their say by then */

/* So many commands in a row. */
static enum app_result probe_commands(struct bytes data, unsigned want)
{
    for (unsigned i = 0; i < want; i++, data = bytes_slice(data, 3, SIZE_MAX)) {
        if (data.len > 0 && data.p[0] != IAC)
            return APP_DECLINE;
        if (data.len > 1 && (data.p[1] < SB || data.p[1] > DONT))
            return APP_DECLINE;
        if (data.len < 3)
            return APP_MORE;
        if (data.p[2] > OPTION_MAX)
            return APP_DECLINE;
    }
    return APP_OK;
}

static bool is_text(uint8_t b)
{
    return b >= ' ' || b == 0 || b == ESCAPE || (b >= '\a' && b <= '\r');
}

/* A welcome, a prompt, or what is typed. */
static enum app_result probe_text(struct bytes data)
{
    size_t n = data.len < TEXT_TOLD ? data.len : TEXT_TOLD;
    for (size_t i = 0; i < n; i++)
        if (!is_text(data.p[i]))
            return APP_DECLINE;
    return n < TEXT_TOLD ? APP_MORE : APP_OK;
}

/* Two commands in a row tell on any port; one, or text without any, does on Telnet's. */
static enum app_result telnet_probe(const struct app_endpoints *e, enum direction dir,
                                    struct bytes data)
{
    (void)dir;
    if (e->port[0] != TELNET_PORT && e->port[1] != TELNET_PORT)
        return probe_commands(data, 2);
    return data.len > 0 && data.p[0] != IAC ? probe_text(data) : probe_commands(data, 1);
}

static enum app_result telnet_feed(void *state, const struct app_input *in)
{
    (void)state;
    (void)in;
    return APP_OK;
}

/* There are no transactions, so these have nothing to do. */
static void telnet_tx_free(struct app *a, struct app_tx *tx)
{
    app_dealloc(a, tx, sizeof *tx);
}

static void telnet_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    (void)last;
    (void)emit;
    (void)ctx;
    tx->logged = 1;
}

const struct app_parser app_parser_TELNET = {
    .transports = APP_OVER_TCP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .probe = telnet_probe,
    .open = oneway_open,
    .close = oneway_close,
    .feed = telnet_feed,
    .tx_free = telnet_tx_free,
    .records = telnet_records,
};
