/* sensor/app/protocols/oneway.h - transactions that are one message of one direction.
 *
 * Most protocols over datagrams, and control protocols whose answers say little about a request,
 * are shown message by message. Such a tx is complete as soon as it exists. */
#ifndef APP_ONEWAY_H
#define APP_ONEWAY_H
#include "sensor/app/parser.h"

#define ONEWAY_DONE 1

/* Takes tx into the flow of in, complete in both directions; the other direction holds nothing that
 * detect would have to look at. */
static inline void oneway_add(const struct app_input *in, enum app_proto p, struct app_tx *tx)
{
    app_tx_add(in->app, in->flow, p, tx, in->ts_us);
    tx->inspected[OTHER(in->dir)] = true;
    app_tx_advance(in->flow, tx, OTHER(in->dir), ONEWAY_DONE);
    app_tx_advance(in->flow, tx, in->dir, ONEWAY_DONE);
}

/* open and close of a protocol whose messages stand for themselves: there is no state. */
static inline void *oneway_open(struct app *a, struct app_flow *f)
{
    (void)f;
    return a;
}

static inline void oneway_close(struct app *a, void *state)
{
    (void)a;
    (void)state;
}

#endif
