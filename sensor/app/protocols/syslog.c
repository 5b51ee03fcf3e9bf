/* syslog.c - log messages on their way to a collector: who writes, and how urgent it is.
 *
 * One tx a message, over datagrams (RFC 5426) and streams (RFC 6587, counted or by line). The text
 * itself, which may hold anything, is not shown. Source: RFC 3164 section 4 and RFC 5424 section 6.
 */
#include "common/text.h"
#include "sensor/app/protocols/framed.h"
#include "sensor/app/protocols/oneway.h"

#define HEAD_MAX     1024u /* of a message that is looked at */
#define MESSAGE_MAX  65535u
#define NAME_MAX_LEN 255u

enum syslog_event { SYSLOG_MALFORMED_MESSAGE, SYSLOG_EVENT_COUNT };
static const char *const events[SYSLOG_EVENT_COUNT] = {
    [SYSLOG_MALFORMED_MESSAGE] = "malformed_message",
};

struct syslog_message { /* views into the message */
    uint8_t priority;
    bool dated; /* with a time in one of the two forms */
    struct bytes host, program, process, id;
};

struct syslog_tx {
    struct app_tx tx;
    struct app_text text;
    struct syslog_message message;
    bool whole;
    uint8_t dir;
};

struct syslog_state {
    bool datagrams;
    struct framed side[2];
    bool in_line[2]; /* of a line longer than HEAD_MAX, whose rest is passed over */
};

/* ---- a message ---- */

static bool is_digit(uint8_t b)
{
    return b >= '0' && b <= '9';
}

/* "<34>", taken off text. RFC 5424 section 6.2.1: 23 facilities of eight. */
static bool take_priority(struct bytes *text, uint8_t *priority)
{
    uint64_t n;
    const uint8_t *end = text->len ? memchr(text->p, '>', text->len < 5 ? text->len : 5) : NULL;
    if (!end || text->p[0] != '<')
        return false;
    size_t digits = (size_t)(end - text->p) - 1;
    if (!text_u64(bytes_slice(*text, 1, digits), 0, 191, &n))
        return false;
    *priority = (uint8_t)n;
    *text = bytes_slice(*text, digits + 2, SIZE_MAX);
    return true;
}

/* Up to a space, which is taken too. */
static struct bytes take_word(struct bytes *text)
{
    const uint8_t *space = text->len ? memchr(text->p, ' ', text->len) : NULL;
    size_t n = space ? (size_t)(space - text->p) : text->len;
    struct bytes word = bytes_slice(*text, 0, n);
    *text = bytes_slice(*text, n + 1, SIZE_MAX);
    return word.len <= NAME_MAX_LEN ? word : (struct bytes){0};
}

/* As take_word; "-" stands for nothing. RFC 5424 section 6. */
static struct bytes take_field(struct bytes *text)
{
    struct bytes word = take_word(text);
    if (bytes_eq(word, BYTES_LIT("-")))
        word.len = 0;
    return word;
}

static void read_5424(struct bytes text, struct syslog_message *m)
{
    m->dated = true;
    (void)take_word(&text);
    m->host = take_field(&text);
    m->program = take_field(&text);
    m->process = take_field(&text);
    m->id = take_field(&text);
}

/* "Oct 11 22:14:15 ", the day with a space or a zero before it. */
static bool take_time(struct bytes *text)
{
    static const char form[] = "Aaa d0 00:00:00 ";
    if (text->len < sizeof form - 1)
        return false;
    for (size_t i = 0; i < sizeof form - 1; i++) {
        uint8_t b = text->p[i];
        bool fits = form[i] == 'A'   ? b >= 'A' && b <= 'Z'
                    : form[i] == 'a' ? b >= 'a' && b <= 'z'
                    : form[i] == '0' ? is_digit(b)
                    : form[i] == 'd' ? is_digit(b) || b == ' '
                                     : b == (uint8_t)form[i];
        if (!fits)
            return false;
    }
    *text = bytes_slice(*text, sizeof form - 1, SIZE_MAX);
    return true;
}

static bool is_tag(uint8_t b)
{
    return is_digit(b) || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') ||
           (b && strchr("_-./", b));
}

/* "su: " or "sshd[812]: ". */
static void take_tag(struct bytes text, struct syslog_message *m)
{
    size_t n = 0;
    while (n < text.len && n <= NAME_MAX_LEN && is_tag(text.p[n]))
        n++;
    struct bytes rest = bytes_slice(text, n, SIZE_MAX), process = {0};
    if (bytes_starts(rest, BYTES_LIT("["))) {
        const uint8_t *end = memchr(rest.p, ']', rest.len < NAME_MAX_LEN ? rest.len : NAME_MAX_LEN);
        if (!end)
            return;
        process = bytes_slice(rest, 1, (size_t)(end - rest.p) - 1);
        rest = bytes_slice(rest, process.len + 2, SIZE_MAX);
    }
    if (n == 0 || !bytes_starts(rest, BYTES_LIT(":")))
        return;
    m->program = bytes_slice(text, 0, n);
    m->process = process;
}

static bool read_message(struct bytes text, struct syslog_message *m)
{
    *m = (struct syslog_message){0};
    if (!take_priority(&text, &m->priority))
        return false;
    if (bytes_starts(text, BYTES_LIT("1 "))) {
        text = bytes_slice(text, 2, SIZE_MAX);
        read_5424(text, m);
        return true;
    }
    m->dated = take_time(&text);
    if (m->dated)
        m->host = take_word(&text);
    take_tag(text, m);
    return true;
}

/* ---- detection ---- */

static bool is_port(const struct app_endpoints *e, uint16_t port)
{
    return e->port[0] == port || e->port[1] == port;
}

/* "52 <", a message with its length before it. Returns how many bytes come before the message, 0
 * when data is too short to tell, -1 when it does not begin so. */
static int count_before(struct bytes data, uint64_t *count)
{
    size_t n = 0;
    while (n < data.len && n < 6 && is_digit(data.p[n]))
        n++;
    if (n == 0 || n > 5 || data.p[0] == '0')
        return -1;
    if (data.len < n + 2)
        return data.len > n && data.p[n] != ' ' ? -1 : 0;
    if (data.p[n] != ' ' || data.p[n + 1] != '<')
        return -1;
    return text_u64(bytes_slice(data, 0, n), 1, MESSAGE_MAX, count) ? (int)n + 1 : -1;
}

static enum app_result probe_stream(struct bytes data)
{
    uint8_t priority;
    uint64_t count;
    int before = data.len && data.p[0] == '<' ? 0 : count_before(data, &count);
    if (before < 0)
        return APP_DECLINE;
    if (before == 0 && data.p[0] != '<')
        return APP_MORE;
    data = bytes_slice(data, (size_t)before, SIZE_MAX);
    struct bytes text = data;
    if (take_priority(&text, &priority))
        return APP_OK;
    for (size_t i = 1; i < data.len; i++)
        if (!is_digit(data.p[i]) || i > 3)
            return APP_DECLINE;
    return APP_MORE;
}

static enum app_result syslog_probe(const struct app_endpoints *e, enum direction dir,
                                    struct bytes data)
{
    struct syslog_message m;
    if (app_is_udp(e))
        return read_message(data, &m) && (m.dated || is_port(e, 514)) ? APP_OK : APP_DECLINE;
    if (dir == TO_CLIENT || (e->port[1] != 514 && e->port[1] != 601))
        return APP_DECLINE;
    return probe_stream(data);
}

/* ---- one flow ---- */

static void add_message(const struct app_input *in, struct bytes text)
{
    struct syslog_tx *t = app_alloc(in->app, sizeof *t);
    t->dir = (uint8_t)in->dir;
    app_text_add(in->app, &t->text, text, HEAD_MAX);
    t->whole = read_message(app_text_bytes(&t->text), &t->message);
    oneway_add(in, APP_SYSLOG, &t->tx);
    if (!t->whole)
        app_tx_event(&t->tx, SYSLOG_MALFORMED_MESSAGE);
}

/* As framed_kind.length: by count or by line; what begins like neither is passed over. */
static int64_t message_length(void *state, enum direction dir, struct bytes data)
{
    struct syslog_state *s = state;
    uint64_t count;
    const uint8_t *end = memchr(data.p, '\n', data.len < HEAD_MAX ? data.len : HEAD_MAX);
    int before = s->in_line[dir] || data.p[0] == '<' ? -1 : count_before(data, &count);
    if (before == 0)
        return 0;
    if (before > 0)
        return before + (int64_t)count;
    if (s->in_line[dir] || data.p[0] != '<') {
        s->in_line[dir] = !end;
        size_t most = data.len < HEAD_MAX ? data.len : HEAD_MAX;
        return end ? -(end - data.p + 1) : -(int64_t)most;
    }
    if (end)
        return end - data.p + 1;
    return data.len < HEAD_MAX ? 0 : HEAD_MAX;
}

static bool take_message(void *state, const struct app_input *in, struct bytes head,
                         uint64_t length)
{
    struct syslog_state *s = state;
    uint64_t count;
    if (head.p[0] != '<')
        head = bytes_slice(head, (size_t)count_before(head, &count), SIZE_MAX);
    else
        s->in_line[in->dir] = length == HEAD_MAX && head.p[head.len - 1] != '\n';
    while (head.len > 0 && (head.p[head.len - 1] == '\n' || head.p[head.len - 1] == '\r'))
        head.len--;
    add_message(in, head);
    return true;
}

/* After a gap the rest of a message reads as noise, up to the end of its line. */
static bool is_start(void *state, const struct app_input *in, struct bytes data)
{
    struct syslog_state *s = state;
    (void)data;
    s->in_line[in->dir] = true;
    return true;
}

static const struct framed_kind framing = {
    .keep_bytes = HEAD_MAX, .length = message_length, .take = take_message, .is_start = is_start};

static void *syslog_open(struct app *a, struct app_flow *f)
{
    struct syslog_state *s = app_alloc(a, sizeof *s);
    s->datagrams = app_is_udp(app_flow_endpoints(f));
    return s;
}

static void syslog_close(struct app *a, void *state)
{
    struct syslog_state *s = state;
    framed_release_both(s->side, a);
    app_dealloc(a, s, sizeof *s);
}

static enum app_result syslog_feed(void *state, const struct app_input *in)
{
    struct syslog_state *s = state;
    if (!s->datagrams)
        framed_feed(&s->side[in->dir], &framing, s, in);
    else if (in->data.len > 0)
        add_message(in, in->data);
    return APP_OK;
}

static void syslog_tx_free(struct app *a, struct app_tx *tx)
{
    struct syslog_tx *t = (struct syslog_tx *)tx;
    app_text_free(a, &t->text);
    app_dealloc(a, t, sizeof *t);
}

/* ---- records ---- */

static void put_priority(struct json *j, uint8_t priority)
{
    static const char *const facilities[24] = {
        "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
        "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
        "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
    static const char *const severities[8] = {"emerg",   "alert",  "crit", "err",
                                              "warning", "notice", "info", "debug"};
    json_strz(j, "facility", facilities[priority / 8]);
    json_strz(j, "severity", severities[priority % 8]);
}

static void put_text(struct json *j, const char *key, struct bytes value)
{
    if (value.len > 0)
        json_str(j, key, value);
}

static void syslog_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct syslog_tx *t = (const struct syslog_tx *)tx;
    if (!t->whole)
        return;
    json_object(j, "syslog");
    put_priority(j, t->message.priority);
    put_text(j, "hostname", t->message.host);
    put_text(j, "program", t->message.program);
    put_text(j, "process_id", t->message.process);
    put_text(j, "message_id", t->message.id);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    syslog_alert_json(tx, j);
}

static void syslog_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct syslog_tx *t = (const struct syslog_tx *)tx;
    struct app_record r = {.event_type = "syslog", .dir = (enum direction)t->dir, .encode = encode};
    app_record_once(tx, last, t->whole, &r, emit, ctx);
}

#define SYSLOG_SHAPE                                                                               \
    "{facility: string, severity: string, hostname?: string, program?: string, "                   \
    "process_id?: string, message_id?: string}"
static const struct app_shape syslog_shapes[] = {
    {"syslog", "syslog: " SYSLOG_SHAPE},
    {"alert", "syslog?: " SYSLOG_SHAPE},
    {0},
};

static bool begins(unsigned transport, uint8_t first)
{
    return transport == APP_OVER_UDP && first == '<';
}

const struct app_parser app_parser_SYSLOG = {
    .transports = APP_OVER_TCP | APP_OVER_UDP,
    .complete = {ONEWAY_DONE, ONEWAY_DONE},
    .events = events,
    .event_count = SYSLOG_EVENT_COUNT,
    .probe = syslog_probe,
    .begins = begins,
    .ports = {514, 601},
    .open = syslog_open,
    .close = syslog_close,
    .feed = syslog_feed,
    .tx_free = syslog_tx_free,
    .records = syslog_records,
    .alert_json = syslog_alert_json,
    .shapes = syslog_shapes,
};
