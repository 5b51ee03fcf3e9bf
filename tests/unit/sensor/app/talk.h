/* talk.h - lets a test play a conversation to the application layer and read what came of it.
 *
 * A conversation is a list of pieces with a direction. It can be played whole, cut at one place of
 * one piece, or cut at random; the report of everything that was seen must be the same. */
#ifndef TEST_APP_TALK_H
#define TEST_APP_TALK_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "sensor/app/app.h"

struct piece {
    enum direction dir;
    struct bytes data;
    unsigned flags;
    uint64_t gap_bytes;
};
#define SAY(dir, text)                                                                             \
    {                                                                                              \
        dir, BYTES_LIT(text), 0, 0                                                                 \
    }
#define PIECES(list) (sizeof(list) / sizeof *(list))

struct talk {
    struct app *app;
    struct app_flow *flow;
    struct arena scratch;
    struct json out; /* all records, one a line */
    unsigned records;
};

static inline struct talk talk_start(uint8_t transport, uint16_t client_port, uint16_t server_port)
{
    struct app_options options = {0};
    struct app_endpoints ends = {.port = {client_port, server_port}, .transport = transport};
    ends.addr[0] = addr_v4((const uint8_t[]){192, 0, 2, 1});
    ends.addr[1] = addr_v4((const uint8_t[]){198, 51, 100, 7});
    struct talk t = {.app = app_new(&options, NULL)};
    t.flow = app_flow_new(t.app, &ends);
    return t;
}

static inline bool talk_is_reversed(const struct app_endpoints *e, struct bytes first, bool midway)
{
    struct app *a = app_new(NULL, NULL);
    bool reversed = app_is_reversed(a, e, first, midway);
    app_free(a);
    return reversed;
}

static inline void talk_record(void *ctx, const struct app_tx *tx, const struct app_record *r)
{
    struct talk *t = ctx;
    json_object(&t->out, NULL);
    json_strz(&t->out, "event_type", r->event_type);
    r->encode(tx, r->phase, &t->out);
    if (tx->event_count > 0) {
        json_array(&t->out, "events");
        for (unsigned i = 0; i < tx->event_count; i++)
            json_strz(&t->out, NULL, app_event_name(tx->proto, tx->events[i]));
        json_array_end(&t->out);
    }
    json_object_end(&t->out);
    t->records++;
}

/* Writes the records that are due. */
static inline void talk_log(struct talk *t, bool last)
{
    for (struct app_tx *tx = app_flow_txs(t->flow); tx; tx = tx->next) {
        app_tx_records(tx, last, talk_record, t);
        app_tx_file_records(tx, TO_SERVER, last, talk_record, t);
        app_tx_file_records(tx, TO_CLIENT, last, talk_record, t);
    }
}

static inline void talk_say(struct talk *t, const struct piece *p)
{
    app_feed(t->app, t->flow, p->dir, p->data, p->flags, p->gap_bytes, 1000000);
}

static inline void talk_end(struct talk *t)
{
    for (unsigned dir = 0; dir < 2; dir++)
        app_feed(t->app, t->flow, (enum direction)dir, (struct bytes){0}, APP_FEED_EOF, 0, 2000000);
    talk_log(t, true);
}

static inline void talk_free(struct talk *t)
{
    app_flow_free(t->app, t->flow);
    app_free(t->app);
    arena_release(&t->scratch);
    json_release(&t->out);
}

/* The report as a C string, valid until the next use of t. */
static inline const char *talk_text(struct talk *t)
{
    json_str(&t->out, NULL, (struct bytes){0}); /* room for the NUL; taken back at once */
    t->out.len -= 2;
    if (t->out.len > 0 && t->out.text[t->out.len - 1] == ',')
        t->out.len--;
    t->out.text[t->out.len] = 0;
    return t->out.text;
}

/* First instance of the buffer called name on tx, or an empty view. */
static inline struct bytes talk_buffer(struct talk *t, struct app_tx *tx, const char *name,
                                       enum direction dir, unsigned index)
{
    size_t count;
    const struct app_buffer *b = app_buffers(tx->proto, &count);
    unsigned wanted = dir == TO_SERVER ? APP_BUFFER_TO_SERVER : APP_BUFFER_TO_CLIENT;
    struct bytes out = {0};
    for (size_t i = 0; i < count; i++)
        if (strcmp(b[i].name, name) == 0 && (b[i].flags & wanted))
            return tx->progress[dir] >= b[i].progress[dir] &&
                           b[i].get(tx, dir, index, &t->scratch, &out)
                       ? out
                       : (struct bytes){0};
    fail_msg("no buffer %s", name);
    return out;
}

#define assert_bytes(value, text)                                                                  \
    do {                                                                                           \
        struct bytes got_ = (value);                                                               \
        if (!bytes_eq(got_, bytes_str(text)))                                                      \
            fail_msg("%s: got \"%.*s\", want \"%s\"", #value, (int)got_.len,                       \
                     got_.len ? (const char *)got_.p : "", text);                                  \
    } while (0)

/* Every buffer of every live tx, for comparing two ways of feeding. */
static inline void talk_dump(struct talk *t)
{
    for (struct app_tx *tx = app_flow_txs(t->flow); tx; tx = tx->next) {
        size_t count;
        const struct app_buffer *b = app_buffers(tx->proto, &count);
        for (size_t i = 0; i < count; i++)
            for (unsigned dir = 0; dir < 2; dir++) {
                struct bytes value;
                if (!(b[i].flags & (dir ? APP_BUFFER_TO_CLIENT : APP_BUFFER_TO_SERVER)))
                    continue;
                for (unsigned n = 0; b[i].get(tx, (enum direction)dir, n, &t->scratch, &value); n++)
                    json_str(&t->out, NULL, value);
            }
    }
}

/* Plays the pieces, each but piece `which` whole; that one in two parts, the first `at` bytes long.
 */
static inline struct talk talk_play_cut(const struct piece *pieces, size_t count, uint8_t transport,
                                        uint16_t port, size_t which, size_t at)
{
    struct talk t = talk_start(transport, 40000, port);
    for (size_t i = 0; i < count; i++) {
        struct piece p = pieces[i];
        if (i == which && at > 0) {
            struct piece head = p;
            head.data = bytes_slice(p.data, 0, at);
            talk_say(&t, &head);
            p.data = bytes_slice(p.data, at, SIZE_MAX);
        }
        talk_say(&t, &p);
    }
    talk_end(&t);
    talk_dump(&t);
    return t;
}

/* Plays the pieces in parts of random length up to max. */
static inline struct talk talk_play_random(const struct piece *pieces, size_t count,
                                           uint8_t transport, uint16_t port, unsigned seed,
                                           size_t max)
{
    struct talk t = talk_start(transport, 40000, port);
    for (size_t i = 0; i < count; i++)
        for (size_t at = 0, n; at < pieces[i].data.len; at += n) {
            seed = seed * 1103515245 + 12345;
            n = 1 + (seed >> 16) % max;
            struct piece p = pieces[i];
            p.data = bytes_slice(p.data, at, n);
            talk_say(&t, &p);
        }
    talk_end(&t);
    talk_dump(&t);
    return t;
}

/* The report must not depend on where the bytes were cut. */
static inline void talk_assert_any_cut(const struct piece *pieces, size_t count, uint16_t port)
{
    struct talk whole = talk_play_cut(pieces, count, 6, port, SIZE_MAX, 0);
    const char *want = talk_text(&whole);
    for (size_t i = 0; i < count; i++)
        for (size_t at = 1; at < pieces[i].data.len; at++) {
            struct talk cut = talk_play_cut(pieces, count, 6, port, i, at);
            if (strcmp(talk_text(&cut), want) != 0)
                fail_msg("piece %zu cut at %zu:\n%s\nwhole:\n%s", i, at, talk_text(&cut), want);
            talk_free(&cut);
        }
    for (unsigned seed = 1; seed <= 40; seed++) {
        struct talk cut =
            talk_play_random(pieces, count, 6, port, seed, seed % 4 == 0 ? 1 : 3 * seed);
        assert_string_equal(talk_text(&cut), want);
        talk_free(&cut);
    }
    talk_free(&whole);
}

#endif
