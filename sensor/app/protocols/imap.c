/* imap.c - IMAP: recognised, as Suricata 7 does it, and followed into STARTTLS. RFC 9051. */
#include "sensor/app/protocols/lines.h"

#define LINE_MAX 1024u
#define TAG_MAX  32u

struct imap_flow {
    struct app *app;
    struct app_flow *flow;
    struct lines lines[2];
    uint8_t tag[TAG_MAX], tag_len; /* of the STARTTLS that waits for its answer */
    bool tls;
};

static bool starts_so(struct bytes data, const char *word)
{
    return bytes_ieq(bytes_slice(data, 0, strlen(word)), bytes_str(word));
}

/* The word up to a space, which is passed over. */
static struct bytes take_word(struct bytes *rest)
{
    const uint8_t *space = rest->len ? memchr(rest->p, ' ', rest->len) : NULL;
    struct bytes word = bytes_slice(*rest, 0, space ? (size_t)(space - rest->p) : rest->len);
    *rest = bytes_slice(*rest, word.len + 1, SIZE_MAX);
    return word;
}

/* First commands of clients; others come after a login. */
static bool is_first_command(struct bytes line)
{
    static const char *const commands[] = {"CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "ID"};
    struct bytes tag = take_word(&line), command = take_word(&line);
    bool known = false;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        known = known || bytes_ieq(command, bytes_str(commands[i]));
    return known && tag.len > 0 && tag.len <= TAG_MAX;
}

static enum app_result imap_probe(const struct app_endpoints *e, enum direction dir,
                                  struct bytes data)
{
    const uint8_t *end = data.len ? memchr(data.p, '\n', data.len) : NULL;
    if (dir == TO_CLIENT) {
        if (data.len < 5)
            return bytes_starts(BYTES_LIT("* OK "), data) ? APP_MORE : APP_DECLINE;
        return starts_so(data, "* OK ") ? APP_OK : APP_DECLINE;
    }
    if (!end)
        return data.len < 64 && e->port[1] == 143 ? APP_MORE : APP_DECLINE;
    struct bytes line = bytes_slice(data, 0, (size_t)(end - data.p));
    if (line.len > 0 && line.p[line.len - 1] == '\r')
        line.len--;
    return is_first_command(line) ? APP_OK : APP_DECLINE;
}

static void *imap_open(struct app *a, struct app_flow *f)
{
    struct imap_flow *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    return s;
}

static void imap_close(struct app *a, void *state)
{
    struct imap_flow *s = state;
    lines_release(&s->lines[TO_SERVER], a);
    lines_release(&s->lines[TO_CLIENT], a);
    app_dealloc(a, s, sizeof *s);
}

static void take_command(struct imap_flow *s, struct bytes line)
{
    struct bytes tag = take_word(&line);
    if (!bytes_ieq(line, BYTES_LIT("STARTTLS")) || tag.len > TAG_MAX)
        return;
    memcpy(s->tag, tag.p, tag.len);
    s->tag_len = (uint8_t)tag.len;
}

static void take_answer(struct imap_flow *s, struct bytes line)
{
    struct bytes tag = take_word(&line);
    if (s->tag_len > 0 && bytes_eq(tag, bytes_of(s->tag, s->tag_len)))
        s->tls = starts_so(line, "OK");
}

static enum app_result imap_feed(void *state, const struct app_input *in)
{
    struct imap_flow *s = state;
    struct bytes data = in->data;
    struct line line;
    if (in->flags & APP_FEED_GAP)
        lines_gap(&s->lines[in->dir]);
    while (!s->tls && lines_next(&s->lines[in->dir], s->app, &data, LINE_MAX, &line)) {
        if (line.start && in->dir == TO_SERVER)
            take_command(s, line.text);
        else if (line.start)
            take_answer(s, line.text);
    }
    if (s->tls && in->dir == TO_CLIENT) {
        app_flow_switch(s->app, s->flow, APP_TLS, (struct bytes){0});
        app_flow_unread(s->app, s->flow, TO_SERVER, lines_rest(&s->lines[TO_SERVER]));
        app_flow_unread(s->app, s->flow, TO_CLIENT, data);
    }
    return APP_OK;
}

/* There are no transactions, so these have nothing to do. */
static void imap_tx_free(struct app *a, struct app_tx *tx)
{
    app_dealloc(a, tx, sizeof *tx);
}

static void imap_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    (void)last;
    (void)emit;
    (void)ctx;
    tx->logged = 1;
}

const struct app_parser app_parser_IMAP = {
    .transports = APP_OVER_TCP,
    .complete = {1, 1},
    .probe = imap_probe,
    .open = imap_open,
    .close = imap_close,
    .feed = imap_feed,
    .tx_free = imap_tx_free,
    .records = imap_records,
};
