/* file_keep.c - which files go to the store.
 *
 * Rules decide on a file while it is under way, or once it is over. Until then its bytes are held,
 * and those of a long one go to the store on trial: it forgets them when nobody has asked by the
 * end. */
#include "common/text.h"
#include "sensor/app/file.h"
#include "sensor/app/state.h"

#define HELD_MAX (64u << 10)

bool app_file_is_wanted(const struct app *a, const struct app_file *f)
{
    uint8_t asked = f && f->tx ? f->tx->store_files : 0;
    if (f && f->flow)
        asked |= (uint8_t)f->flow->store_files;
    return a->options.file_store &&
           (a->options.file_store_all || (f && (f->wanted || asked & 1u << f->dir)));
}

static void send(struct app *a, struct app_file *f, struct bytes data)
{
    bool first = f->store_id == 0;
    if (data.len == 0)
        return;
    if (first)
        f->store_id = ++a->files_stored;
    a->hooks.file_data(a->hooks.ctx, f->store_id, first, data);
}

static void spill(struct app *a, struct app_file *f)
{
    if (f->spilled)
        return;
    f->spilled = true;
    send(a, f, app_text_bytes(&f->held));
    app_text_free(a, &f->held);
}

void app_file_keep(struct app *a, struct app_file *f, struct bytes data)
{
    if (!f->stores || f->gaps)
        return;
    f->wanted |= app_file_is_wanted(a, f);
    if (f->wanted || f->held.len + data.len > HELD_MAX)
        spill(a, f);
    if (f->spilled)
        send(a, f, data);
    else
        app_text_add(a, &f->held, data, HELD_MAX);
}

bool app_file_is_stored(const struct app_file *f)
{
    return f->wanted && (f->spilled || f->held.len) && app_file_digest(f, 2).len;
}

void app_file_keep_end(struct app *a, struct app_file *f)
{
    char text[2 * 32 + 1] = "";
    if (app_file_is_stored(f)) {
        spill(a, f);
        text_hex(app_file_digest(f, 2), text);
    }
    if (f->store_id)
        a->hooks.file_end(a->hooks.ctx, f->store_id, bytes_str(text));
}

/* ---- what rules ask for ---- */

void app_file_store(struct app_flow *flow, struct app_file *f)
{
    if (!flow->app->options.file_store)
        return;
    flow->stores = true;
    f->wanted = true;
}

void app_tx_store_files(struct app_flow *flow, struct app_tx *tx, unsigned dirs)
{
    if (!flow->app->options.file_store)
        return;
    flow->stores = true;
    tx->store_files |= (uint8_t)dirs;
    for (unsigned dir = 0; dir < 2; dir++)
        for (struct app_file *f = tx->files[dir]; f && (dirs & 1u << dir); f = f->next)
            f->wanted = true;
}

void app_flow_store_files(struct app_flow *flow, unsigned dirs)
{
    if (!flow->app->options.file_store)
        return;
    flow->store_files = (flow->store_files | dirs) & BOTH_DIRS;
    for (struct app_tx *tx = flow->first; tx; tx = tx->next)
        app_tx_store_files(flow, tx, dirs);
}
