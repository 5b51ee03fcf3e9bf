/* sensor/stream/stream.h - TCP state and ordered bytes out of segments.
 *
 * RFC 9293 section 3.10; events and leniencies as Suricata's stream engine names them. By default
 * bytes are handed on once the receiver acknowledged them, so that what is inspected is what the
 * host took; inline mode hands them on as they come. Where copies overlap, of what was not handed
 * on yet, the receiver's habits say which one stays; inline always the first. */
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H
#include "sensor/decode/host_policy.h"
#include "sensor/flow/flow.h"

/* What becomes of a byte that a sender called urgent: left out, or not; missing; dropped with its
 * packet (inline only). */
enum urgent_policy { URGENT_OOB, URGENT_INLINE, URGENT_GAP, URGENT_DROP };

struct stream_options {
    bool midstream, async_oneside, inline_mode;
    enum urgent_policy urgent, urgent_beyond; /* beyond: after 65535 bytes left out */
    uint32_t depth_bytes;     /* per direction handed to readers; 0 means 1 MiB, UINT32_MAX none */
    size_t cap_bytes;         /* memory for waiting segments; 0 means 256 MiB */
    size_t session_cap_bytes; /* memory for sessions; 0 means 512 MiB */
    const struct host_policies *host_policies; /* borrowed; NULL: none known */
    bool ignore_checksums; /* else a segment with a bad checksum never reaches the stream */
};

enum stream_note {
    STREAM_DATA = 0,
    STREAM_GAP = 1 << 0, /* bytes are missing: data is empty, gap_bytes tells how many */
    STREAM_EOF = 1 << 1, /* the last of this direction (FIN, RST, flow end); data may be empty */
};

/* Where ordered bytes go. data is borrowed for the call. Order of calls is the order of bytes. */
struct stream_sink {
    void (*data)(void *ctx, struct flow *f, enum direction dir, struct bytes data, unsigned notes,
                 uint64_t gap_bytes);
    void *ctx;
};

struct stream_engine; /* one per worker */
struct stream_engine *stream_engine_new(const struct stream_options *o,
                                        const struct stream_sink *sink);
void stream_engine_free(struct stream_engine *e);

/* From now on sessions whose handshake was not seen are picked up, or not: options.midstream. */
void stream_pick_up(struct stream_engine *e, bool midstream);

/* Runs one TCP packet of f through the state machine and reassembly. May change *dir and swap f
 * (midstream), sets PACKET_* flags and events on p, f->state, and calls the sink. */
void stream_packet(struct stream_engine *e, struct flow *f, struct packet *p, enum direction *dir);
/* Swaps client and server of f and of its session: the application protocol showed that the flow
 * was picked up the other way round. Not from within the sink. */
void stream_swap(struct flow *f);
/* From now on f has no depth: its application protocol wants all of it, and keeps little. May be
 * called from within the sink. */
void stream_no_depth(struct flow *f);
/* Hands over what waits of a direction, acknowledged or not, with STREAM_EOF. At flow end. */
void stream_flush(struct stream_engine *e, struct flow *f, enum direction dir);
void stream_session_free(struct stream_engine *e, struct flow *f); /* f->tcp = NULL */

/* For raw inspection (rules on "tcp" without an app-layer buffer): a window of ordered bytes of one
 * direction. bytes.p[0] is at `offset` of the stream; the bytes from `fresh` on (an offset into the
 * window) were not there at the last stream_raw_done(); the bytes before are overlap kept so that a
 * match may span. Valid until the next stream_packet. bytes.len == fresh: nothing new.
 *
 * A window never spans a gap: it ends before it, and the next one, to be had after
 * stream_raw_done(), begins behind it. So ask until nothing is new. What was not asked for by the
 * next stream_packet is kept up to 256 KiB. */
struct stream_raw {
    struct bytes bytes;
    uint64_t offset;
    size_t fresh;
    size_t from; /* where inspection begins: at fresh, or with the bytes before it (inline) */
};
struct stream_raw stream_raw(const struct flow *f, enum direction dir);
/* The window behind the n-th gap that is there already, all of it new; n = 0: stream_raw(). False
 * when there are fewer. */
bool stream_raw_piece(const struct flow *f, enum direction dir, unsigned n, struct stream_raw *out);
/* Whether it is time to look: enough bytes came, no more will, or every packet counts (inline).
 * Until then a window grows, so that what is inspected does not depend on how the bytes were cut,
 * but by where messages end. Suricata's toserver-chunk-size, toclient-chunk-size. */
bool stream_raw_is_due(const struct flow *f, enum direction dir);
/* Whether bytes came that were not looked at, also such as cannot be yet: nobody acknowledged them,
 * or bytes before them are missing. */
bool stream_raw_waits(const struct flow *f, enum direction dir);
void stream_raw_done(struct flow *f, enum direction dir);
/* Whether bytes are missing beside the window, and then: the window with what is kept before and
 * behind such gaps, "[4 bytes missing]" in their places, into out; returns its length. */
bool stream_raw_has_gaps(const struct flow *f, enum direction dir);
size_t stream_raw_text(const struct flow *f, enum direction dir, uint8_t *out, size_t cap);

/* Whether the handshake of f was done, and whether nobody has closed the connection since. False
 * without a session. */
bool stream_is_established(const struct flow *f);
bool stream_is_open(const struct flow *f);

/* For records and keywords. NULL when f has no session; else valid until asked for another flow of
 * the engine. */
struct stream_summary {
    uint8_t flags[2], all_flags; /* TCP flags seen, by direction and together */
    const char *state; /* "none" "syn_sent" "syn_recv" "established" "fin_wait1" ... "closed" */
    bool established, midstream, async;
    uint64_t bytes[2]; /* sequence space seen, for stream_size */
    uint64_t gap_bytes[2];
    uint32_t urgent_bytes[2]; /* left out */
    uint32_t max_regions[2];
};
const struct stream_summary *stream_summary(const struct flow *f);

struct stream_counters {
    uint64_t sessions, active, midstream, segments, out_of_order, overlaps, gaps, gap_bytes, memcap,
        session_memcap, bad_checksum, syn, synack, rst, urgent, urgent_oob, memory_bytes,
        reassembly_bytes, depth_reached;
};
const struct stream_counters *stream_counters(const struct stream_engine *e);

#endif
