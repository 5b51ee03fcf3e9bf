/* smb_tx.c - SMB transactions: made by a request, found again by its answer. */
#include "sensor/app/protocols/smb_state.h"

struct smb_tx *smb_tx_new(struct smb_state *s, const struct smb_message *m, enum smb_kind kind,
                          enum smb_key_kind key)
{
    struct smb_tx *t = app_alloc(s->app, sizeof *t);
    t->state = s;
    t->kind = (uint8_t)kind;
    t->version = m->version;
    t->command = m->command;
    t->session = m->session;
    t->tree = m->tree;
    t->key = (struct smb_key){.kind = (uint8_t)key, .session = m->session, .id = m->id};
    app_tx_add(s->app, s->flow, APP_SMB, &t->tx, s->ts_us);
    return t;
}

void smb_tx_done(struct smb_tx *t, enum direction dir)
{
    app_tx_advance(t->state->flow, &t->tx, dir, SMB_DONE);
}

void smb_tx_status(struct smb_tx *t, const struct smb_message *m)
{
    t->has_status = true;
    t->status = m->status;
    t->dos_error = m->dos_error;
}

void smb_tx_answer(struct smb_tx *t, const struct smb_message *m)
{
    smb_tx_status(t, m);
    smb_tx_done(t, TO_CLIENT);
}

static bool is_key(const struct smb_tx *t, enum smb_key_kind kind, uint64_t session, uint64_t id)
{
    return t->key.kind == kind && t->key.session == session && t->key.id == id;
}

/* Transactions of other protocols of the flow may stand in the list. */
static struct smb_tx *smb_tx_of(struct app_tx *tx)
{
    return tx->proto == APP_SMB ? (struct smb_tx *)tx : NULL;
}

struct smb_tx *smb_tx_find(struct smb_state *s, const struct smb_message *m, enum smb_key_kind key)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct smb_tx *t = smb_tx_of(tx);
        if (t && t->version == m->version && t->command == m->command &&
            is_key(t, key, m->session, m->id))
            return t;
    }
    return NULL;
}

struct smb_tx *smb_tx_find_kind(struct smb_state *s, enum smb_kind kind, enum smb_key_kind key,
                                uint64_t session, uint64_t id)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next) {
        struct smb_tx *t = smb_tx_of(tx);
        if (t && t->kind == kind && is_key(t, key, session, id))
            return t;
    }
    return NULL;
}

void smb_event(struct smb_state *s, enum smb_event event)
{
    struct app_tx *latest = NULL;
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next)
        if (tx->proto == APP_SMB)
            latest = tx;
    if (latest)
        app_tx_event(latest, (uint16_t)event);
}

/* ---- texts ---- */

static size_t put_utf8(uint32_t c, uint8_t out[4])
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

/* The next character; half of a surrogate pair comes out as U+FFFD. */
static uint32_t next_character(struct cursor *c)
{
    uint32_t unit = cursor_le16(c);
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    struct cursor ahead = *c;
    uint32_t low = cursor_le16(&ahead);
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return 0xfffd;
    *c = ahead;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

void smb_add_utf16(struct app *a, struct app_text *t, struct bytes value, uint32_t cap_bytes)
{
    struct cursor c = cursor_over(value);
    while (cursor_left(&c) >= 2 && !t->cut) {
        uint8_t utf8[4];
        uint32_t character = next_character(&c);
        if (character == 0)
            continue;
        size_t n = put_utf8(character, utf8);
        if (t->len + n > cap_bytes)
            t->cut = true;
        else
            app_text_add(a, t, bytes_of(utf8, n), cap_bytes);
    }
}

void smb_set_text(struct smb_tx *t, enum smb_text which, struct bytes value)
{
    app_text_free(t->state->app, &t->text[which]);
    app_text_add(t->state->app, &t->text[which], value, SMB_TEXT_MAX);
}

void smb_set_utf16(struct smb_tx *t, enum smb_text which, struct bytes value)
{
    app_text_free(t->state->app, &t->text[which]);
    smb_add_utf16(t->state->app, &t->text[which], value, SMB_TEXT_MAX);
}

struct bytes smb_text(const struct smb_tx *t, enum smb_text which)
{
    return app_text_bytes(&t->text[which]);
}

void smb_tx_free(struct app *a, struct app_tx *tx)
{
    struct smb_tx *t = (struct smb_tx *)tx;
    for (unsigned dir = 0; dir < 2; dir++)
        if (t->state->sides[dir].tx == t)
            t->state->sides[dir].tx = NULL;
    for (unsigned i = 0; i < SMB_TEXTS; i++)
        app_text_free(a, &t->text[i]);
    if (t->kind == SMB_FILE)
        smb_tracker_free(a, &t->u.file.tracker);
    if (t->kind == SMB_DCERPC)
        dcerpc_call_free(a, &t->u.call);
    app_dealloc(a, t, sizeof *t);
}
