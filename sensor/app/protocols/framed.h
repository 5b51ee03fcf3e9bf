/* sensor/app/protocols/framed.h - whole messages out of a stream, when each says how long it is.
 *
 * A message is handed over once, as soon as its first `keep_bytes` are there (or all of it, when it
 * is shorter); the rest is counted and passed over, so that one long message costs no memory. The
 * result does not depend on how the stream was cut. */
#ifndef APP_FRAMED_H
#define APP_FRAMED_H
#include "sensor/app/parser.h"

struct framed {
    struct app_text held; /* the start of a message */
    uint64_t to_skip;     /* of the last message, still to come */
    uint64_t offset;      /* in the stream, of the message that take() is given */
    bool lost;            /* after a gap, until a message starts again */
    struct bytes rest;    /* what take() left of the bytes of this call, when it said no more */
};

struct framed_kind {
    uint32_t keep_bytes; /* most of one message that is handed over */
    /* Length of the message that data begins with, 0 when more is needed to tell (never with
     * keep_bytes or more), negative when no message can begin so: so many bytes are noise. */
    int64_t (*length)(void *state, enum direction dir, struct bytes data);
    /* One message: its first bytes, and how long it is in all. False ends the parsing. */
    bool (*take)(void *state, const struct app_input *in, struct bytes head, uint64_t length);
    /* After a gap: may a message begin here? */
    bool (*is_start)(void *state, const struct app_input *in, struct bytes data);
};

/* Feeds one call of the parser's feed(); false once take() said so. */
bool framed_feed(struct framed *f, const struct framed_kind *kind, void *state,
                 const struct app_input *in);
void framed_release(struct framed *f, struct app *a);
/* Those of both directions. */
static inline void framed_release_both(struct framed side[2], struct app *a)
{
    framed_release(&side[TO_SERVER], a);
    framed_release(&side[TO_CLIENT], a);
}

#endif
