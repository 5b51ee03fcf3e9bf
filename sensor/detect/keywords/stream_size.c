/* keywords/stream_size.c - "stream_size:server,>,1000;": bytes a TCP direction carried so far. */
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

enum size_of { SIZE_CLIENT = 1, SIZE_SERVER = 2, SIZE_BOTH = 3, SIZE_EITHER = 4 };
struct stream_size {
    enum size_of of;
    struct number_range range;
};

static bool stream_size_match(const void *arg, struct inspect *in)
{
    const struct stream_size *z = arg;
    const struct stream_summary *s = in->flow ? stream_summary(in->flow) : NULL;
    if (!s)
        return false;
    /* What the client sent goes to the server. */
    bool client = number_range_holds(&z->range, s->bytes[TO_SERVER]);
    bool server = number_range_holds(&z->range, s->bytes[TO_CLIENT]);
    switch (z->of) {
    case SIZE_CLIENT:
        return client;
    case SIZE_SERVER:
        return server;
    case SIZE_BOTH:
        return client && server;
    case SIZE_EITHER:
        return client || server;
    }
    return false;
}

static int stream_size_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct stream_size *z = build_alloc(b, sizeof *z);
    struct bytes rest = word_unquote(value), who, op, number;
    if (!word_next(&rest, ',', &who) || !word_next(&rest, ',', &op) ||
        !word_next(&rest, ',', &number))
        return err_set(err, "is not 'side,operator,bytes'");
    z->of = WORD_IS(who, "client")   ? SIZE_CLIENT
            : WORD_IS(who, "server") ? SIZE_SERVER
            : WORD_IS(who, "both")   ? SIZE_BOTH
            : WORD_IS(who, "either") ? SIZE_EITHER
                                     : 0;
    if (z->of == 0)
        return err_set(err, "'%.*s' is none of client server both either", WORD_ARG(who));
    char text[64];
    int len = snprintf(text, sizeof text, "%.*s%.*s", WORD_ARG(op), WORD_ARG(number));
    if (len < 0 || (size_t)len >= sizeof text)
        return err_set(err, "number is too long");
    *arg = z;
    b->packet_too = true;
    z->range = (struct number_range){.low = 1, .high = 0};
    if (bytes_eq(bytes_of(text, (size_t)len), BYTES_LIT("<0"))) /* no mistake, but never holds */
        return 0;
    return number_range_parse(bytes_of(text, (size_t)len), UINT32_MAX, &z->range, err);
}

const struct keyword keyword_stream_size = {
    .name = "stream_size",
    .summary = "bytes seen in a direction of the TCP session",
    .example = "stream_size:both,>,4096;",
    .parse = stream_size_parse,
    .match = stream_size_match,
};
