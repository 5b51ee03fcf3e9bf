/* ssh.c - SSH's identification and key exchange proposal of either side, one tx a flow.
 *
 * Source: RFC 4253 sections 4.2, 6 and 7.1; HASSH (Salesforce, 2018) is the MD5 of the algorithms
 * proposed. Once both sides have sent NEWKEYS the flow is encrypted and bypassed. Names of fields
 * and events as in Suricata 7. */
#include "common/text.h"
#include "sensor/app/protocols/framed.h"
#include "sensor/app/protocols/ssh_state.h"
#include <openssl/evp.h>

#define BANNER_MAX  255          /* RFC 4253 4.2 */
#define LINE_CAP    1024         /* of what a server says before its identification */
#define PACKET_MAX  (256u << 10) /* more than any packet before encryption */
#define KEXINIT_CAP (16u << 10)

enum { MSG_KEXINIT = 20, MSG_NEWKEYS = 21 };
enum ssh_event { INVALID_BANNER, LONG_BANNER, INVALID_RECORD, LONG_KEX_RECORD, EVENT_COUNT };
static const char *const events[EVENT_COUNT] = {"invalid_banner", "long_banner", "invalid_record",
                                                "long_kex_record"};

struct ssh_side {
    struct app_text line; /* of the banner, until its end is there */
    struct framed packets;
    bool banner_done, over;
    bool sealed; /* over because what follows is encrypted */
};

struct ssh_state {
    struct app *app;
    struct app_flow *flow;
    struct ssh_tx *tx; /* NULL once it is gone */
    struct ssh_side side[2];
};

static void raise_event(struct ssh_state *s, enum ssh_event e)
{
    if (s->tx)
        app_tx_event(&s->tx->tx, (uint16_t)e);
}

static void advance(struct ssh_state *s, enum direction dir, uint8_t progress)
{
    if (s->tx)
        app_tx_advance(s->flow, &s->tx->tx, dir, progress);
}

/* ---- identification ---- */

/* "SSH-2.0-OpenSSH_9.2 comments". False: no protocol version, or no software. */
static bool take_banner(struct ssh_state *s, enum direction dir, struct bytes line)
{
    struct bytes rest = bytes_slice(line, 4, SIZE_MAX);
    ptrdiff_t dash = bytes_find(rest, BYTES_LIT("-"));
    if (dash <= 0)
        return false;
    struct bytes software = bytes_slice(rest, (size_t)dash + 1, SIZE_MAX);
    ptrdiff_t space = bytes_find(software, BYTES_LIT(" "));
    if (space >= 0)
        software.len = (size_t)space;
    if (software.len == 0)
        return false;
    if (s->tx) {
        struct ssh_peer *p = &s->tx->peer[dir];
        app_text_add(s->app, &p->proto, bytes_slice(rest, 0, (size_t)dash), BANNER_MAX);
        app_text_add(s->app, &p->software, software, BANNER_MAX);
    }
    return true;
}

/* One whole line. A server may say something before (RFC 4253 4.2). */
static bool take_line(struct ssh_state *s, enum direction dir, struct bytes line)
{
    struct ssh_side *side = &s->side[dir];
    if (!bytes_starts(line, BYTES_LIT("SSH-"))) {
        if (dir == TO_CLIENT)
            return true;
        raise_event(s, INVALID_BANNER);
        return false;
    }
    if (line.len > BANNER_MAX)
        raise_event(s, LONG_BANNER);
    if (!take_banner(s, dir, bytes_slice(line, 0, BANNER_MAX))) {
        raise_event(s, INVALID_BANNER);
        return false;
    }
    side->banner_done = true;
    advance(s, dir, SSH_BANNER);
    return true;
}

/* Lines from data until the identification was there; *data is what follows. */
static bool take_lines(struct ssh_state *s, enum direction dir, struct bytes *data)
{
    struct ssh_side *side = &s->side[dir];
    while (!side->banner_done && data->len > 0) {
        const uint8_t *end = memchr(data->p, '\n', data->len);
        size_t n = end ? (size_t)(end - data->p) : data->len;
        app_text_add(s->app, &side->line, bytes_slice(*data, 0, n), LINE_CAP);
        *data = bytes_slice(*data, n + 1, SIZE_MAX);
        if (!end)
            return true;
        struct bytes line = app_text_bytes(&side->line);
        if (line.len && line.p[line.len - 1] == '\r')
            line.len--;
        bool ok = take_line(s, dir, line);
        app_text_free(s->app, &side->line);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- key exchange ---- */

/* The lists of names that HASSH is made of, of those a proposal holds: key exchange, then ciphers,
 * MACs and compressions of the sender's own direction. */
static void make_hassh(struct ssh_state *s, enum direction dir, struct bytes lists)
{
    static const uint8_t used[2][4] = {[TO_SERVER] = {0, 2, 4, 6}, [TO_CLIENT] = {0, 3, 5, 7}};
    struct ssh_peer *p = &s->tx->peer[dir];
    struct cursor c = cursor_over(lists);
    struct bytes list[8];
    for (int i = 0; i < 8; i++)
        list[i] = cursor_take(&c, cursor_u32(&c));
    if (!cursor_ok(&c) || p->hassh[0])
        return;
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            app_text_add(s->app, &p->hassh_string, BYTES_LIT(";"), KEXINIT_CAP);
        app_text_add(s->app, &p->hassh_string, list[used[dir][i]], KEXINIT_CAP);
    }
    uint8_t hash[EVP_MAX_MD_SIZE];
    size_t n = 0;
    struct bytes text = app_text_bytes(&p->hassh_string);
    if (EVP_Q_digest(NULL, "MD5", NULL, text.p, text.len, hash, &n))
        text_hex(bytes_of(hash, n), p->hassh);
}

/* uint32 packet_length, byte padding_length, payload (RFC 4253 section 6). */
static int64_t packet_length(void *state, enum direction dir, struct bytes data)
{
    struct cursor c = cursor_over(data);
    (void)state;
    (void)dir;
    if (data.len < 6)
        return 0;
    uint32_t n = cursor_u32(&c);
    return n < 2 || n > PACKET_MAX ? 6 : 4 + (int64_t)n;
}

static bool take_packet(void *state, const struct app_input *in, struct bytes head, uint64_t length)
{
    struct ssh_state *s = state;
    struct cursor c = cursor_over(head);
    uint32_t n = cursor_u32(&c);
    uint8_t padding = cursor_u8(&c), message = cursor_u8(&c);
    if (n < 2 || n > PACKET_MAX || padding > n - 1) {
        raise_event(s, INVALID_RECORD);
        return false;
    }
    if (message == MSG_KEXINIT && length > head.len)
        raise_event(s, LONG_KEX_RECORD);
    else if (message == MSG_KEXINIT && s->tx)
        make_hassh(s, in->dir, bytes_slice(head, 6 + 16, SIZE_MAX)); /* after the cookie */
    if (message == MSG_KEXINIT)
        advance(s, in->dir, SSH_KEX);
    s->side[in->dir].sealed = message == MSG_NEWKEYS;
    return message != MSG_NEWKEYS;
}

static bool is_start(void *state, const struct app_input *in, struct bytes data)
{
    (void)state;
    (void)in;
    (void)data;
    return false; /* encrypted or not cannot be told: a gap ends what is read of this side */
}

static const struct framed_kind kind = {
    .keep_bytes = KEXINIT_CAP, .length = packet_length, .take = take_packet, .is_start = is_start};

/* ---- the flow ---- */

static void *ssh_open(struct app *a, struct app_flow *f)
{
    struct ssh_state *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    return s;
}

static void ssh_close(struct app *a, void *state)
{
    struct ssh_state *s = state;
    for (unsigned dir = 0; dir < 2; dir++) {
        app_text_free(a, &s->side[dir].line);
        framed_release(&s->side[dir].packets, a);
    }
    app_dealloc(a, s, sizeof *s);
}

static void ssh_tx_free(struct app *a, struct app_tx *tx)
{
    struct ssh_tx *t = (struct ssh_tx *)tx;
    t->state->tx = NULL;
    for (unsigned dir = 0; dir < 2; dir++) {
        app_text_free(a, &t->peer[dir].proto);
        app_text_free(a, &t->peer[dir].software);
        app_text_free(a, &t->peer[dir].hassh_string);
    }
    app_dealloc(a, t, sizeof *t);
}

static void begin(struct ssh_state *s, uint64_t ts_us)
{
    s->tx = app_alloc(s->app, sizeof *s->tx);
    s->tx->state = s;
    app_tx_add(s->app, s->flow, APP_SSH, &s->tx->tx, ts_us);
}

/* Nothing more of this direction can be read. */
static void end_side(struct ssh_state *s, enum direction dir)
{
    s->side[dir].over = true;
    framed_release(&s->side[dir].packets, s->app);
    app_text_free(s->app, &s->side[dir].line);
    advance(s, dir, SSH_DONE);
    if (s->side[dir].sealed && s->side[OTHER(dir)].sealed) {
        app_flow_bypass(s->flow);
        app_flow_hide_payload(s->flow);
    }
}

/* Does either side insist on SSH 1, whose packets are others? (1.99 is a server that can do both.)
 */
static bool speaks_ssh1(const struct ssh_state *s)
{
    for (unsigned dir = 0; s->tx && dir < 2; dir++) {
        struct bytes proto = app_text_bytes(&s->tx->peer[dir].proto);
        if (bytes_starts(proto, BYTES_LIT("1.")) && !bytes_eq(proto, BYTES_LIT("1.99")))
            return true;
    }
    return false;
}

static enum app_result ssh_feed(void *state, const struct app_input *in)
{
    struct ssh_state *s = state;
    struct ssh_side *side = &s->side[in->dir];
    struct app_input rest = *in;
    bool first = !s->tx && !s->side[0].line.len && !s->side[1].line.len &&
                 !s->side[0].banner_done && !s->side[1].banner_done;
    if (first && in->data.len > 0)
        begin(s, in->ts_us);
    if (side->over)
        return APP_OK;
    bool more = side->banner_done || !(in->flags & APP_FEED_GAP);
    if (more)
        more = take_lines(s, in->dir, &rest.data);
    if (more && side->banner_done && rest.data.len > 0 && speaks_ssh1(s))
        more = false;
    else if (more && side->banner_done)
        more = framed_feed(&side->packets, &kind, s, &rest) && !side->packets.lost;
    if (!more || (in->flags & APP_FEED_EOF))
        end_side(s, in->dir);
    return APP_OK;
}

static enum app_result ssh_probe(const struct app_endpoints *e, enum direction dir,
                                 struct bytes data)
{
    size_t n = data.len < 4 ? data.len : 4;
    (void)e;
    (void)dir;
    if (memcmp(data.p ? data.p : (const uint8_t *)"", "SSH-", n) != 0)
        return APP_DECLINE;
    return n < 4 ? APP_MORE : APP_OK;
}

static bool begins(unsigned transport, uint8_t first)
{
    (void)transport;
    return first == 'S';
}

const struct app_parser app_parser_SSH = {
    .transports = APP_OVER_TCP,
    .complete = {SSH_DONE, SSH_DONE},
    .keeps_txs = true,
    .events = events,
    .event_count = EVENT_COUNT,
    .probe = ssh_probe,
    .begins = begins,
    .open = ssh_open,
    .close = ssh_close,
    .feed = ssh_feed,
    .tx_free = ssh_tx_free,
    .records = ssh_records,
    .alert_json = ssh_alert_json,
    .buffers = ssh_buffers,
    .shapes = ssh_shapes,
};
