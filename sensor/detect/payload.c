/* sensor/detect/payload.c - contents in the bytes of a stream or a packet, and what alerts show. */
#include "sensor/detect/worker_state.h"

/* A rule about a transaction matches once, maybe long after its bytes came. */
static bool sees_all(const struct signature *s)
{
    return (s->flags & (SIG_TX | SIG_TURNED)) == SIG_TX;
}

/* Whether the payload's items match in the bytes of a stream from there on, new ones among them. */
static bool in_stream_from(struct detect *d, const struct signature *s,
                           const struct stream_raw *raw, size_t from)
{
    struct walk w = {.in = &d->in,
                     .buffer = bytes_slice(raw->bytes, from, SIZE_MAX),
                     .needs = sees_all(s) ? 0 : raw->fresh - from,
                     .of = s->payload->buffer,
                     .in_stream = true,
                     .stream_at = raw->offset + from};
    return walk_inspection(&w, s->payload);
}

/* Bytes that were looked at before count again for a rule about a transaction as well, but where it
 * says at which byte a content stands, and inline. For others only where a match may span both
 * looks; with the peer, that is where an attacker hides. */
static bool in_piece(struct detect *d, const struct signature *s, const struct stream_raw *raw)
{
    bool placed = s->flags & SIG_PACKET;
    return in_stream_from(d, s, raw, raw->from) ||
           (raw->from > 0 && ((s->flags & SIG_SPANS) || (sees_all(s) && !placed)) &&
            in_stream_from(d, s, raw, 0));
}

bool detect_next_piece(const struct detect *d, enum direction dir, unsigned n,
                       struct stream_raw *out)
{
    return stream_raw_piece(d->flow, dir, n, out) && out->bytes.len > 0;
}

/* In any of the pieces between gaps. Where the prefilter decides over what is to be absent, it has
 * to be from all of them. */
static bool in_stream(struct detect *d, const struct signature *s, enum direction dir)
{
    struct stream_raw piece = d->raw[dir];
    bool in_all = (s->flags & SIG_ABSENCE) && !d->no_payload, holds = in_all;
    if (!(s->flags & (SIG_STREAM | SIG_TX)) || !detect_has_fresh(d, dir))
        return false;
    for (unsigned n = 0; holds == in_all && (n == 0 || detect_next_piece(d, dir, n, &piece)); n++)
        holds = in_piece(d, s, &piece);
    return holds;
}

/* A packet without payload that makes the stream be looked at counts as one with an empty payload:
 * what is said to be absent is absent there. Where the prefilter decides over that, it searched
 * stream bytes if there were any. */
static bool counts_as_empty(const struct detect *d, const struct signature *s, enum direction dir)
{
    bool searched = detect_has_fresh(d, dir) && (s->flags & SIG_STREAM) && !d->no_payload;
    return d->packet->payload.len == 0 && d->raw_waits && !(searched && (s->flags & SIG_ABSENCE));
}

/* With the last look at a flow gone dark goes one at the packet. Beside transactions of a stream it
 * is the stream that is looked at, whatever the rule says of packets: so the peer has it. */
static bool in_packet(struct detect *d, const struct signature *s, enum direction dir)
{
    const struct packet *p = d->packet;
    if (d->last || (d->no_payload && !d->raw_waits))
        return false;
    if (!(s->flags & SIG_PACKET) && (p->flags & PACKET_STREAM_ADDED))
        return false;
    if ((s->flags & SIG_STREAM_ONLY) || ((s->flags & SIG_TX) && p->proto == IPP_TCP))
        return false;
    if (p->payload.len == 0 && (p->flags & PACKET_FRAGMENT))
        return false;
    struct walk w = {.in = &d->in, .buffer = p->payload, .of = s->payload->buffer};
    return (p->payload.len || counts_as_empty(d, s, dir)) && walk_inspection(&w, s->payload);
}

bool detect_payload(struct detect *d, const struct signature *s, enum direction dir, bool *stream)
{
    *stream = false;
    if (!s->payload)
        return true;
    *stream = in_stream(d, s, dir);
    return *stream || in_packet(d, s, dir);
}

/* Stream bytes as the alert shows them. */
static struct bytes stream_payload(struct detect *d, enum direction dir)
{
    if (!stream_raw_has_gaps(d->flow, dir))
        return d->raw[dir].bytes;
    uint8_t *text = arena_take(&d->arena, d->payload_cap);
    return bytes_of(text, stream_raw_text(d->flow, dir, text, d->payload_cap));
}

/* A transaction or frame over TCP came out of the stream, so that is what its alert shows. */
bool detect_shows_stream(const struct detect *d, const struct app_tx *tx, bool stream)
{
    return stream || ((tx || d->in.frame) && d->flow->tcp);
}

struct bytes detect_shown_payload(struct detect *d, enum direction dir, bool stream)
{
    struct bytes shown = stream ? stream_payload(d, dir) : (struct bytes){0};
    return shown.len ? shown : d->packet->payload;
}
