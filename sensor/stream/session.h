/* sensor/stream/session.h - what the engine keeps of one TCP connection. Private to stream/. */
#ifndef STREAM_SESSION_H
#define STREAM_SESSION_H
#include "sensor/stream/ready.h"
#include "sensor/stream/starts.h"
#include "sensor/stream/stream.h"
#include "sensor/stream/waiting.h"

/* Order matters: from STATE_ESTABLISHED on the handshake is done. */
enum tcp_state {
    STATE_NONE,
    STATE_SYN_SENT,
    STATE_SYN_RECV,
    STATE_ESTABLISHED,
    STATE_FIN_WAIT1,  /* the server closed first */
    STATE_FIN_WAIT2,  /* ... and the client acknowledged that */
    STATE_CLOSE_WAIT, /* the client closed first */
    STATE_CLOSING,
    STATE_LAST_ACK,
    STATE_TIME_WAIT,
    STATE_CLOSED,
    STATE_COUNT
};

enum session_flag {
    SESSION_MIDSTREAM = 1 << 0,        /* picked up without its handshake */
    SESSION_MIDSTREAM_SYNACK = 1 << 1, /* ... at the SYN/ACK */
    SESSION_ASYNC = 1 << 2,            /* one direction only is seen */
    SESSION_4WHS = 1 << 3,             /* both ends sent a SYN */
    SESSION_TIMESTAMPS = 1 << 4,       /* both ends offered them */
    SESSION_FASTOPEN = 1 << 5,
    SESSION_CONFIRMED = 1 << 6, /* the server went on after its SYN/ACK */
    SESSION_SACK = 1 << 7,
    SESSION_WSCALE = 1 << 8,    /* the client offered window scaling */
    SESSION_SYN_AGAIN = 1 << 9, /* the SYN was sent more than once */
};

enum stream_flag {
    STREAM_HAS_TS = 1 << 0,
    STREAM_RST_SEEN = 1 << 1, /* this end sent an RST that was believed */
    STREAM_FIN_SEEN = 1 << 2, /* fin_at is valid */
    STREAM_EOF_SENT = 1 << 3,
    STREAM_DEPTH_DONE = 1 << 4, /* no more bytes are kept */
    STREAM_KEEPALIVE = 1 << 5,  /* this end's last packet was a keep-alive */
    STREAM_ZERO_TS = 1 << 6,    /* this end sends zero timestamps: they prove nothing */
    STREAM_NO_DEPTH = 1 << 7,   /* bytes are handed on however many there are */
};

enum { WSCALE_MAX = 14 }; /* RFC 7323 section 2.3 */

/* What few streams need. */
enum { RAW_BREAKS_MAX = 8 };
struct stream_extra {
    /* Gaps among the bytes that raw inspection has not seen yet: a match must not span one. */
    uint8_t break_count;
    struct {
        uint64_t at, gap_bytes; /* position behind the gap */
    } breaks[RAW_BREAKS_MAX];   /* oldest first */
    /* The gap before raw_from, for records; 0: there is none, or it is not known. And where the
     * bytes before that gap begin. */
    uint64_t passed_gap_bytes, passed_from;

    struct starts *starts; /* NULL: one segment at most is not handed on yet */

    struct waiting *doubtful; /* bytes from beyond the window, see doubt.c */
    uint32_t doubt_end;       /* behind the last of them */

    uint32_t urgent_stepped; /* so many bytes were left out, see urgent.c */
    uint16_t urgent_marked;  /* ... or are to be; stays at the most it can be */
    uint64_t urgent_at;      /* position of the latest */
    struct waiting *urgent;  /* the marks not reached yet */
};

/* The bytes one end sends. */
struct reassembly {
    /* in offsets from the first data byte */
    uint64_t next;           /* of the next byte in order; next - ready_end() is what gaps took */
    uint64_t acked;          /* bytes the peer has acknowledged */
    uint64_t fin_at;         /* bytes before the FIN */
    struct waiting *waiting; /* NULL: no byte came before its turn yet */

    /* ... and in positions among the bytes there are */
    struct ready ready;
    uint64_t sent;              /* up to which the sink has them */
    uint64_t raw_from;          /* behind the latest gap that raw inspection has passed */
    uint64_t raw_done;          /* up to which raw inspection has seen them */
    struct stream_extra *extra; /* NULL: not needed yet */
};
_Static_assert(sizeof(struct reassembly) == 96, "there are as many as ends that send bytes");

/* What one end sends. Sequence numbers are this end's; windows and scale are what its peer gave it.
 */
struct stream {
    uint32_t isn;
    uint32_t next_seq;           /* behind the highest byte, SYN and FIN seen */
    uint32_t last_ack;           /* highest acknowledgement by the peer */
    uint32_t next_win;           /* right edge of what the peer takes */
    uint32_t window;             /* the peer's latest, scaled */
    uint32_t last_ts, last_ts_s; /* newest timestamp option, and packet time in seconds */
    uint8_t wscale, flags, tcp_flags;
    uint8_t max_regions;           /* pieces of memory at a time, as records count them */
    struct reassembly *reassembly; /* NULL: no byte came yet */
};

struct handshake; /* handshake.c */

struct tcp_session {
    _Alignas(
        64) struct stream stream[2]; /* by enum direction: [TO_SERVER] is what the client sends */
    uint8_t state;
    uint8_t state_before_rst; /* STATE_NONE: not closed by an RST */
    uint16_t flags;
    struct stream_engine *e;
    struct handshake *handshake; /* NULL but with several SYNs or SYN/ACKs */
};
_Static_assert(sizeof(struct tcp_session) == 128, "two cache lines: a flood of SYNs fills memory");

/* Things of one size, on slabs. */
struct item_slab;
struct items {
    struct item_slab *slabs; /* newest first */
    void *free;              /* each begins with a pointer to the next */
    size_t fresh;            /* items of the first slab that were ever taken */
};
struct session_pool {
    struct items sessions, reassemblies;
    struct item_slab *sweep; /* reassemblies, where reclaiming goes on */
    size_t bytes;            /* of the slabs */
    size_t beside;           /* what sessions hold outside of them, but for bytes of streams */
    size_t used, cap;        /* sessions and reassemblies taken, and what is beside them */
    size_t live;             /* sessions taken */
    size_t reassembled;      /* bytes of reassemblies taken */
};

struct stream_engine {
    struct stream_options options;
    struct stream_sink sink;
    struct budget budget;
    struct session_pool pool;
    struct stream_counters counters;
    struct stream_summary summary; /* the one asked for last */
};

/* One packet on its way through the engine. */
struct segment {
    struct stream_engine *e;
    struct flow *f;
    struct packet *p;
    struct tcp_session *s;
    enum direction dir;
    struct stream *from, *to; /* s->stream of the sender and of the receiver */
};

extern const struct reassembly reassembly_none; /* of an end that sent no byte: all zero */
static inline const struct reassembly *reassembly_of(const struct stream *st)
{
    return st->reassembly ? st->reassembly : &reassembly_none;
}
static inline uint64_t stream_end(const struct stream *st)
{
    return ready_end(&reassembly_of(st)->ready);
}

/* What is missing of st so far. */
static inline uint64_t stream_gap_bytes(const struct stream *st)
{
    const struct reassembly *r = reassembly_of(st);
    return r->next - ready_end(&r->ready) - (r->extra ? r->extra->urgent_stepped : 0);
}

static inline bool seq_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}
static inline bool seq_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

/* ---- states_open.c: up to the established session. True: the packet was taken. ---- */
bool state_none(struct segment *g); /* may make the session and turn the flow round */
bool state_syn_sent(struct segment *g);
bool state_syn_recv(struct segment *g);
/* ---- handshake.c ---- */
/* What a SYN or SYN/ACK says of its sender and for its receiver. */
void take_syn(struct segment *g);
void agree_options(struct segment *g); /* after take_syn() of the answering one */
/* Keeps a SYN or SYN/ACK that differs from the one taken. False when there are too many. */
bool handshake_keep(struct segment *g);
/* The packet acknowledges one of those kept: that one holds instead. */
bool handshake_adopt(struct segment *g);
void handshake_forget(struct stream_engine *e, struct tcp_session *s);

/* ---- states_sync.c: established and closing ---- */
bool state_synchronized(struct segment *g);
bool state_fin(struct segment *g); /* also before the handshake is done */

/* ---- checks.c ---- */
bool check_timestamp(struct segment *g);
bool check_timestamp_echo(struct segment *g); /* of the answer to a SYN */
bool check_ack(struct segment *g);
bool check_rst(struct segment *g);
bool is_keepalive(struct segment *g);
bool is_bad_window_update(const struct segment *g);
bool is_outdated_ack(const struct segment *g);
bool is_spurious_retransmission(const struct segment *g);
bool is_retransmission(const struct segment *g);

/* ---- session_pool.c ---- */
struct tcp_session *session_take(struct session_pool *pool); /* zeroed; NULL: over the cap */
void session_give(struct session_pool *pool, struct tcp_session *s);
struct reassembly *reassembly_take(struct session_pool *pool); /* zeroed; may go beyond the cap */
void reassembly_give(struct session_pool *pool, struct reassembly *r);
/* n zeroed bytes for what few sessions need; counted, and NULL only beyond the cap when it holds.
 */
void *session_take_beside(struct session_pool *pool, size_t n, bool cap_holds);
void session_give_beside(struct session_pool *pool, void *mem, size_t n);
void session_pool_release(struct session_pool *pool);
/* Lets some idle sessions' overlap go; true when any memory came back. */
bool session_reclaim(struct stream_engine *e);

/* ---- engine.c ---- */
/* Gives g a session. False when there is no memory for one: counted and noted on the packet. */
bool session_new(struct segment *g);
void note_session_memcap(struct segment *g);
void session_state(struct segment *g, enum tcp_state state);
void segment_aim(struct segment *g, enum direction dir); /* sets dir, from and to */
/* Also for what happens without a packet, at a flow's end: then there is nobody to tell. */
static inline void segment_event(const struct segment *g, enum packet_event event)
{
    if (g->p)
        packet_event(g->p, event);
}

/* ---- reassembly.c ---- */
/* Bytes of st that are handed on, as an offset from its start. */
uint64_t depth_of(const struct segment *g, const struct stream *st);
/* Offset of a sequence number, by its distance from the next byte; may be negative. */
int64_t offset_of(const struct stream *st, uint32_t seq);
/* The payload of g, whose first byte has number seq: kept, and handed on as far as it may be. */
void reassemble(struct segment *g, uint32_t seq);
/* The sender of g acknowledged the other direction's bytes up to `ack`: hands them on. */
void acknowledge(struct segment *g, uint32_t ack);
/* The sender's FIN has number seq. */
void note_fin(struct segment *g, uint32_t seq);
/* Hands on every byte in order, acknowledged or not, and says that this may be the end. */
void deliver_unacked(struct segment *g, struct stream *st);
/* Hands on what there is, with the gaps between, and the end of the stream. */
void deliver_all(struct segment *g, struct stream *st);
void forget_data(struct stream_engine *e, struct stream *st); /* start over at offset 0 */
enum direction dir_of(const struct segment *g, const struct stream *st);
/* Tells of bytes that were dropped, by enum waiting_result. */
void note_refused(struct segment *g, unsigned result);
/* Adds the bytes that come next; false when there is no memory. begins: they open a segment. */
bool extend(struct segment *g, struct stream *st, struct bytes data, bool begins);
/* The bytes from `next` up to offset `to` will not come. */
void declare_gap(struct segment *g, struct stream *st, uint64_t to);
void drain(struct segment *g, struct stream *st); /* what is in order now: `waiting` to `ready` */
struct reassembly *reassembly_need(struct stream_engine *e, struct stream *st); /* ... if missing */
struct stream_extra *stream_extra(struct stream_engine *e, struct stream *st); /* made if missing */
void stream_release(struct stream_engine *e, struct stream *st);

/* ---- doubt.c ---- */
/* How many bytes of g, which leaves its window, lie within: from its first on. */
size_t within_window(const struct segment *g);
/* Keeps those beyond the window until their receiver takes or refuses them. */
void doubt_keep(struct segment *g);
/* Whether an acknowledgement up to `ack` can be of such bytes. */
bool doubt_explains(const struct stream *st, uint32_t ack);
/* Moves those that were acknowledged by now to where they belong. */
void doubt_settle(struct segment *g, struct stream *st);
/* ---- urgent.c ---- */
/* What the urgent pointer of g says of its payload, whose first byte has number seq. False: the
 * packet would be dropped. */
bool urgent_note(struct segment *g, uint32_t seq);
/* Offset of the next byte to be stepped over, UINT64_MAX: none. */
uint64_t urgent_next(const struct stream *st);
/* Steps over it and goes on with what waits, when it is next and all before it was handed on. */
bool urgent_step(struct segment *g, struct stream *st);
/* ---- place.c ---- */
/* The habits of the host that st goes to. */
enum host_policy receiver_policy(const struct segment *g, const struct stream *st);
/* Whether all of g was handed on before. */
bool is_handed_on(const struct segment *g);
/* Tells when bytes of g that were handed on came with another content now. */
void compare_handed_on(struct segment *g);
/* Adds bytes at an offset; the receiver's habits say which copies stay. */
void place(struct segment *g, struct stream *st, int64_t at, struct bytes data);

/* ---- raw.c ---- */
/* What raw inspection still wants from here on. */
uint64_t raw_keep(const struct stream *st);
/* Before a packet: gives up on what was left unseen for too long. */
void raw_limit(struct stream *st);
void raw_gap(struct stream_engine *e, struct stream *st, uint64_t gap_bytes);
/* Offset up to which raw inspection is through, in bytes of the stream. */
uint64_t raw_seen(const struct stream *st);
/* Position behind the latest gap among the bytes that are kept. */
uint64_t raw_latest_break(const struct stream *st);

#endif
