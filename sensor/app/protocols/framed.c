/* framed.c - cuts a stream into messages that carry their length. */
#include "sensor/app/protocols/framed.h"

/* Passes over what is left of the last message; returns what follows it. */
static struct bytes skip(struct framed *f, struct bytes data)
{
    size_t n = f->to_skip < data.len ? (size_t)f->to_skip : data.len;
    f->to_skip -= n;
    return bytes_slice(data, n, SIZE_MAX);
}

/* How many bytes of data are needed before something can be done with them; data itself does not
 * suffice when the answer is larger than its length. */
struct step {
    int64_t length; /* as framed_kind.length says */
    size_t needed;
};

static struct step look(const struct framed_kind *kind, void *state, enum direction dir,
                        struct bytes data)
{
    struct step s = {.length = data.len ? kind->length(state, dir, data) : 0};
    if (s.length == 0)
        s.needed = data.len + 1;
    else if (s.length < 0)
        s.needed = 1;
    else
        s.needed = s.length < kind->keep_bytes ? (size_t)s.length : kind->keep_bytes;
    return s;
}

/* Takes messages off the front of data, which is at offset of the stream. What is left begins a
 * message that is not there yet; *needed is the length at which it can be looked at again. */
static bool take_all(struct framed *f, const struct framed_kind *kind, void *state,
                     const struct app_input *in, uint64_t offset, struct bytes *data,
                     size_t *needed)
{
    const uint8_t *start = data->p;
    for (;;) {
        *data = skip(f, *data);
        struct step s = look(kind, state, in->dir, *data);
        *needed = s.needed;
        if (data->len < s.needed)
            return true;
        if (s.length < 0) {
            f->to_skip = (uint64_t)-s.length;
            continue;
        }
        f->to_skip = (uint64_t)s.length - s.needed;
        struct bytes head = bytes_slice(*data, 0, s.needed);
        *data = bytes_slice(*data, s.needed, SIZE_MAX);
        f->offset = offset + (uint64_t)(head.p - start);
        if (!kind->take(state, in, head, (uint64_t)s.length))
            return false;
    }
}

/* Completes the held start of a message from data, byte by byte only while its length is unknown.
 */
static bool complete_held(struct framed *f, const struct framed_kind *kind, void *state,
                          const struct app_input *in, struct bytes *data)
{
    while (f->held.len > 0 && data->len > 0) {
        struct step s = look(kind, state, in->dir, app_text_bytes(&f->held));
        size_t want = s.needed > f->held.len ? s.needed - f->held.len : 0;
        struct bytes piece = bytes_slice(*data, 0, want);
        app_text_add(in->app, &f->held, piece, kind->keep_bytes + 1);
        *data = bytes_slice(*data, piece.len, SIZE_MAX);
        struct app_text held = f->held;
        struct bytes rest = app_text_bytes(&held);
        f->held = (struct app_text){0};
        size_t needed;
        uint64_t end = in->offset + (in->data.len - data->len);
        bool ok = take_all(f, kind, state, in, end - held.len, &rest, &needed);
        if (rest.len == held.len) { /* nothing was taken */
            f->held = held;
        } else {
            app_text_add(in->app, &f->held, rest, kind->keep_bytes + 1);
            app_text_free(in->app, &held);
        }
        if (!ok)
            return false;
    }
    return true;
}

static void note_gap(struct framed *f, const struct app_input *in)
{
    if (f->held.len == 0 && in->gap_bytes <= f->to_skip && !f->lost) {
        f->to_skip -= in->gap_bytes; /* what is missing would not have been looked at */
        return;
    }
    app_text_free(in->app, &f->held);
    f->to_skip = 0;
    f->lost = true;
}

bool framed_feed(struct framed *f, const struct framed_kind *kind, void *state,
                 const struct app_input *in)
{
    struct bytes data = in->data;
    size_t needed;
    if (in->flags & APP_FEED_GAP)
        note_gap(f, in);
    if (data.len == 0)
        return true;
    if (f->lost && !kind->is_start(state, in, data))
        return true;
    f->lost = false;
    bool more = complete_held(f, kind, state, in, &data);
    if (more && f->held.len == 0)
        more = take_all(f, kind, state, in, in->offset + (in->data.len - data.len), &data, &needed);
    if (!more)
        f->rest = data;
    else if (f->held.len == 0)
        app_text_add(in->app, &f->held, data, kind->keep_bytes + 1);
    return more;
}

void framed_release(struct framed *f, struct app *a)
{
    app_text_free(a, &f->held);
}
