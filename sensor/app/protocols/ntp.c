/* ntp.c - NTP: recognised, and damage noted; nobody wants a record of every clock. RFC 5905. */
#include "sensor/app/protocols/oneway.h"

#define NTP_PORT          123
#define NTP_MESSAGE_BYTES 48u
#define NTP_CONTROL_BYTES 12u /* RFC 9327 */
#define NTP_PRIVATE_BYTES 8u  /* ntpd's mode 7 */

enum ntp_mode { NTP_SYMMETRIC_ACTIVE = 1, NTP_CLIENT = 3, NTP_CONTROL = 6, NTP_PRIVATE = 7 };

enum ntp_event {
    NTP_EVENT_UNSOLICITED_RESPONSE,
    NTP_EVENT_MALFORMED_DATA,
    NTP_EVENT_NOT_REQUEST,
    NTP_EVENT_NOT_RESPONSE,
    NTP_EVENT_COUNT
};
static const char *const events[NTP_EVENT_COUNT] = {
    [NTP_EVENT_UNSOLICITED_RESPONSE] = "unsolicited_response",
    [NTP_EVENT_MALFORMED_DATA] = "malformed_data",
    [NTP_EVENT_NOT_REQUEST] = "not_request",
    [NTP_EVENT_NOT_RESPONSE] = "not_response",
};

static unsigned mode_of(struct bytes data)
{
    return data.len ? data.p[0] & 7 : 0;
}

static bool is_whole(struct bytes data)
{
    unsigned version = data.len ? data.p[0] >> 3 & 7 : 0, mode = mode_of(data);
    size_t least = mode == NTP_CONTROL   ? NTP_CONTROL_BYTES
                   : mode == NTP_PRIVATE ? NTP_PRIVATE_BYTES
                                         : NTP_MESSAGE_BYTES;
    return version >= 1 && version <= 4 && data.len >= least;
}

static enum app_result ntp_probe(const struct app_endpoints *e, enum direction dir,
                                 struct bytes data)
{
    (void)dir;
    if (e->port[0] != NTP_PORT && e->port[1] != NTP_PORT)
        return APP_DECLINE;
    return is_whole(data) ? APP_OK : APP_DECLINE;
}

/* As in Suricata, a tx is what asks for the time; and here, what is damaged. */
static enum app_result ntp_feed(void *state, const struct app_input *in)
{
    unsigned mode = mode_of(in->data);
    bool whole = is_whole(in->data);
    (void)state;
    if (in->data.len == 0 || (whole && mode != NTP_CLIENT && mode != NTP_SYMMETRIC_ACTIVE))
        return APP_OK;
    struct app_tx *tx = app_alloc(in->app, sizeof *tx);
    oneway_add(in, APP_NTP, tx);
    if (!whole)
        app_tx_event(tx, NTP_EVENT_MALFORMED_DATA);
    return APP_OK;
}

static void ntp_tx_free(struct app *a, struct app_tx *tx)
{
    app_dealloc(a, tx, sizeof *tx);
}

static void ntp_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    (void)last;
    (void)emit;
    (void)ctx;
    tx->logged = 1;
}

const struct app_parser app_parser_NTP = {
    .transports = APP_OVER_UDP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .events = events,
    .event_count = NTP_EVENT_COUNT,
    .probe = ntp_probe,
    .open = oneway_open,
    .close = oneway_close,
    .feed = ntp_feed,
    .tx_free = ntp_tx_free,
    .records = ntp_records,
};
