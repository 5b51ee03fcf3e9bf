/* telnet.c - Telnet: recognised by its negotiation, or on its port. RFC 854, 855.
 *
 * There are no transactions, only frames: commands, and what is said between them, line by line or,
 * while somebody is logging in, prompt by prompt; cut as Suricata cuts them. */
#include "sensor/app/protocols/oneway.h"

#define TELNET_PORT 23
#define IAC         255
#define SE          240
#define SB          250
#define WILL        251
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

/* ---- frames ---- */

enum telnet_frame { PDU, CTL, DATA };
static const char *const frames[] = {"pdu", "ctl", "data", NULL};

#define REFUSAL "Login incorrect"

enum login { WELCOME, NAME_ASKED, NAME_GIVEN, PASSWORD_ASKED, PASSWORD_GIVEN, FAILED, INSIDE };
struct telnet_side {
    bool busy;                    /* within a message */
    bool control;                 /* which is a command */
    uint32_t len;                 /* of it so far */
    uint8_t last, how;            /* its last byte; of a command: its second */
    uint8_t text[sizeof REFUSAL]; /* the message's first bytes */
    uint64_t ids[2];              /* of its frames */
};
struct telnet_state {
    struct telnet_side side[2];
    uint8_t login; /* enum login */
};

/* first: its first byte, which may have come before the others. */
static void begin(struct telnet_side *s, const struct app_input *in, uint64_t at, uint8_t first)
{
    *s = (struct telnet_side){.busy = true, .control = first == IAC};
    unsigned types[2] = {PDU, s->control ? CTL : DATA};
    for (unsigned i = 0; i < 2; i++) {
        struct app_frame *f = app_frame_add(in, APP_TELNET, types[i], at, -1, bytes_of(&first, 1));
        s->ids[i] = f ? f->id : 0;
    }
}

/* What was said moves the login on. */
static void note_text(struct telnet_state *t, const struct telnet_side *s, enum direction dir)
{
    bool refused = s->len == sizeof REFUSAL && memcmp(s->text, REFUSAL, sizeof REFUSAL - 1) == 0;
    if (dir == TO_SERVER)
        t->login = (uint8_t)(t->login + (t->login == NAME_ASKED || t->login == PASSWORD_ASKED));
    else if (t->login == WELCOME || t->login == FAILED)
        t->login = NAME_ASKED;
    else if (t->login == NAME_GIVEN)
        t->login = PASSWORD_ASKED;
    else if (t->login == PASSWORD_GIVEN && s->len > 1)
        t->login = refused ? FAILED : INSIDE;
}

static void end(struct telnet_state *t, const struct app_input *in, uint64_t at)
{
    struct telnet_side *s = &t->side[in->dir];
    for (unsigned i = 0; i < 2; i++)
        if (s->ids[i])
            app_frame_end(in->flow, in->dir, s->ids[i], at);
    if (!s->control)
        note_text(t, s, in->dir);
    s->busy = false;
}

/* With b the message is whole. */
static bool closes(const struct telnet_state *t, const struct telnet_side *s, enum direction dir,
                   uint8_t b)
{
    bool prompts =
        dir == TO_CLIENT && (t->login == WELCOME || t->login == FAILED || t->login == NAME_GIVEN);
    if (!s->control)
        return prompts ? s->len > 1 && s->last == ':' && b == ' ' : b == '\n';
    if (s->how >= WILL && s->how <= DONT)
        return s->len == 3;
    return s->len >= 2 && s->how != SB;
}

/* Of a subnegotiation its end is a command of its own, as with Suricata. */
static bool ends_before(const struct telnet_side *s, uint8_t b)
{
    return s->control && s->how == SB && s->len > 3 && s->last == IAC && b == SE;
}

static void take_byte(struct telnet_state *t, const struct app_input *in, uint64_t at, uint8_t b)
{
    struct telnet_side *s = &t->side[in->dir];
    if (s->busy && ends_before(s, b)) {
        end(t, in, at - 1);
        begin(s, in, at - 1, IAC);
        s->len = 1;
    }
    if (!s->busy)
        begin(s, in, at, b);
    if (s->len < sizeof s->text)
        s->text[s->len] = b;
    s->len++;
    if (s->control && s->len == 2)
        s->how = b;
    bool closed = closes(t, s, in->dir, b);
    s->last = b;
    if (closed)
        end(t, in, at + 1);
}

static enum app_result telnet_feed(void *state, const struct app_input *in)
{
    struct telnet_state *t = state;
    if (in->flags & APP_FEED_GAP)
        t->side[in->dir].busy = false;
    for (size_t i = 0; i < in->data.len; i++)
        take_byte(t, in, in->offset + i, in->data.p[i]);
    return APP_OK;
}

static void *telnet_open(struct app *a, struct app_flow *f)
{
    (void)f;
    return app_alloc(a, sizeof(struct telnet_state));
}

static void telnet_close(struct app *a, void *state)
{
    app_dealloc(a, state, sizeof(struct telnet_state));
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
    .frames = frames,
    .open = telnet_open,
    .close = telnet_close,
    .feed = telnet_feed,
    .tx_free = telnet_tx_free,
    .records = telnet_records,
};
