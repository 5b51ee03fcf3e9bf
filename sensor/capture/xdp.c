/* sensor/capture/xdp.c - frames of an interface's queues through AF_XDP.
 *
 * One socket a queue, each with memory of its own in which the driver, or the kernel for it, leaves
 * frames before a socket buffer is made of them. The card spreads: told to hash addresses alone
 * and both ways alike, pairs of hosts stay with one worker (README.md). What goes to us does not go
 * to the host. Source: kernel documentation, networking/af_xdp. */
#include "common/clock.h"
#include "sensor/capture/capture_ops.h"
#include "sensor/capture/interface.h"
#include "sensor/capture/xdp_program.h"
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK_BYTES      4096u /* a page: the most there may be; 256 of it the kernel keeps */
#define CHUNKS_MIN       64u
#define RING_DEFAULT     ((size_t)64 << 20)
#define FRAME_BYTES      2048u /* by which a ring's bytes are chunks: it is to hold as many frames */
#define COMPLETION_SLOTS 2u    /* for sending, which we do not; the kernel wants them */
#define GROUP            64u   /* frames taken at once */

enum { LINK_ETHERNET = 1 };

/* One side writes, the other reads; slots are a power of two. */
struct xdp_ring {
    uint8_t *map;
    size_t map_bytes;
    uint32_t *producer, *consumer;
    void *slots;
};

struct xdp {
    struct capture base;
    struct interface interface;
    int fd, promiscuous;
    struct xdp_program program; /* a copy each: the last one that closes it takes it off */
    uint8_t *memory;
    uint32_t chunks;
    struct xdp_ring full, empty; /* frames to us, chunks back */
    uint32_t taken, used;        /* frames of the group at hand; of these, given out */
    uint64_t now_us;             /* when it was taken: nothing tells when a frame came */
    uint64_t received;
};

static const struct xdp_desc *frame_at(const struct xdp *x, uint32_t i)
{
    return (const struct xdp_desc *)x->full.slots + (i & (x->chunks - 1));
}

/* The chunks of the group at hand go back, and the next one is taken. */
static bool take_group(struct xdp *x)
{
    uint32_t at = *x->full.consumer, back = *x->empty.producer;
    for (uint32_t i = 0; i < x->taken; i++)
        ((uint64_t *)x->empty.slots)[(back + i) & (x->chunks - 1)] = frame_at(x, at + i)->addr;
    __atomic_store_n(x->empty.producer, back + x->taken, __ATOMIC_RELEASE);
    __atomic_store_n(x->full.consumer, at + x->taken, __ATOMIC_RELEASE);
    at += x->taken;
    uint32_t waiting = __atomic_load_n(x->full.producer, __ATOMIC_ACQUIRE) - at;
    x->taken = waiting < GROUP ? waiting : GROUP;
    x->used = 0;
    if (x->taken)
        x->now_us = clock_wall_us();
    return x->taken > 0;
}

static enum capture_result xdp_next(struct capture *c, struct frame *f, struct err *err)
{
    struct xdp *x = (struct xdp *)c;
    if (x->used == x->taken && !take_group(x)) {
        if (interface_wait(&x->interface, x->fd, err) != 0)
            return CAPTURE_ERROR;
        if (!take_group(x))
            return CAPTURE_IDLE;
    }
    const struct xdp_desc *d = frame_at(x, *x->full.consumer + x->used++);
    x->received++;
    f->ts_us = x->now_us;
    f->linktype = LINK_ETHERNET;
    f->wire_len = d->len;
    f->data = bytes_of(x->memory + d->addr, d->len);
    return CAPTURE_FRAME;
}

static void xdp_counters(struct capture *c, struct capture_counters *out)
{
    struct xdp *x = (struct xdp *)c;
    struct xdp_statistics s = {0};
    socklen_t size = sizeof s;
    getsockopt(x->fd, SOL_XDP, XDP_STATISTICS, &s, &size);
    out->kernel_dropped = s.rx_dropped + s.rx_ring_full;
    out->received = x->received + out->kernel_dropped;
    out->interface_dropped = interface_drops(&x->interface);
}

static unsigned xdp_fill(const struct capture *c)
{
    const struct xdp *x = (const struct xdp *)c;
    uint32_t waiting = __atomic_load_n(x->full.producer, __ATOMIC_RELAXED) - *x->full.consumer;
    return (unsigned)((uint64_t)waiting * 100 / x->chunks);
}

/* The others' copies go in the same moment. */
static void xdp_stop(struct capture *c)
{
    xdp_program_release(&((struct xdp *)c)->program);
}

static void ring_unmap(struct xdp_ring *r)
{
    if (r->map)
        munmap(r->map, r->map_bytes);
}

static void xdp_close(struct capture *c)
{
    struct xdp *x = (struct xdp *)c;
    xdp_program_release(&x->program);
    ring_unmap(&x->full);
    ring_unmap(&x->empty);
    if (x->fd >= 0)
        close(x->fd);
    if (x->promiscuous >= 0)
        close(x->promiscuous);
    if (x->memory)
        munmap(x->memory, (size_t)x->chunks * CHUNK_BYTES);
    interface_release(&x->interface);
    free(x);
}

static const struct capture_ops xdp_ops = {.next = xdp_next,
                                           .counters = xdp_counters,
                                           .fill = xdp_fill,
                                           .stop = xdp_stop,
                                           .close = xdp_close};

/* ---- opening: each 0, or -1 and errno -------------------------------------------------------- */

static int register_memory(struct xdp *x)
{
    size_t bytes = (size_t)x->chunks * CHUNK_BYTES;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED)
        return -1;
    x->memory = memory;
    struct xdp_umem_reg r = {
        .addr = (uint64_t)(uintptr_t)memory, .len = bytes, .chunk_size = CHUNK_BYTES};
    return setsockopt(x->fd, SOL_XDP, XDP_UMEM_REG, &r, sizeof r);
}

static int map_ring(struct xdp_ring *r, int fd, uint64_t page, const struct xdp_ring_offset *o,
                    size_t slots_bytes)
{
    r->map_bytes = o->desc + slots_bytes;
    void *map = mmap(NULL, r->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
                     (off_t)page);
    if (map == MAP_FAILED)
        return -1;
    r->map = map;
    r->producer = (uint32_t *)(void *)(r->map + o->producer);
    r->consumer = (uint32_t *)(void *)(r->map + o->consumer);
    r->slots = r->map + o->desc;
    return 0;
}

static int make_rings(struct xdp *x)
{
    uint32_t completion = COMPLETION_SLOTS;
    struct xdp_mmap_offsets o;
    socklen_t size = sizeof o;
    if (setsockopt(x->fd, SOL_XDP, XDP_UMEM_FILL_RING, &x->chunks, sizeof x->chunks) != 0 ||
        setsockopt(x->fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &completion, sizeof completion) != 0 ||
        setsockopt(x->fd, SOL_XDP, XDP_RX_RING, &x->chunks, sizeof x->chunks) != 0 ||
        getsockopt(x->fd, SOL_XDP, XDP_MMAP_OFFSETS, &o, &size) != 0 ||
        map_ring(&x->full, x->fd, XDP_PGOFF_RX_RING, &o.rx, x->chunks * sizeof(struct xdp_desc)) !=
            0 ||
        map_ring(&x->empty, x->fd, XDP_UMEM_PGOFF_FILL_RING, &o.fr, x->chunks * sizeof(uint64_t)) !=
            0)
        return -1;
    for (uint32_t i = 0; i < x->chunks; i++)
        ((uint64_t *)x->empty.slots)[i] = (uint64_t)i * CHUNK_BYTES;
    __atomic_store_n(x->empty.producer, x->chunks, __ATOMIC_RELEASE);
    return 0;
}

static int bind_queue(const struct xdp *x, unsigned queue)
{
    struct sockaddr_xdp at = {.sxdp_family = AF_XDP,
                              .sxdp_ifindex = (uint32_t)x->interface.index,
                              .sxdp_queue_id = queue};
    return bind(x->fd, (struct sockaddr *)&at, sizeof at);
}

/* An AF_XDP socket does not ask for what is not the host's; a packet socket that takes nothing
 * does. */
static int be_promiscuous(struct xdp *x)
{
    struct packet_mreq m = {.mr_ifindex = x->interface.index, .mr_type = PACKET_MR_PROMISC};
    x->promiscuous = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    return x->promiscuous < 0
               ? -1
               : setsockopt(x->promiscuous, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof m);
}

static uint32_t chunks_of(size_t ring_bytes)
{
    uint32_t chunks = CHUNKS_MIN;
    while ((size_t)chunks * 2 * FRAME_BYTES <= ring_bytes)
        chunks *= 2;
    return chunks;
}

static void refuse(const char *interface, int why, struct err *err)
{
    const char *remedy =
        why == EPERM     ? "; it wants root, or CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF"
        : why == ENOBUFS ? "; `ulimit -l` is how much memory may be locked, af-packet.ring-size "
                           "how much is wanted"
        : why == EBUSY   ? "; something else has the queue, or an XDP program (`ip link`)"
                         : "; use -i";
    err_set(err, "%s: the kernel refuses AF_XDP: %s%s", interface, strerror(why), remedy);
}

static struct capture *open_queue(const struct live_options *o, unsigned queue, struct err *err)
{
    struct xdp *x = calloc(1, sizeof *x);
    ASSERT(x);
    x->base.ops = &xdp_ops;
    x->promiscuous = -1;
    x->program = (struct xdp_program){.sockets = -1, .link = -1};
    x->chunks = chunks_of(o->ring_bytes ? o->ring_bytes : RING_DEFAULT);
    x->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (interface_find(&x->interface, o->interface, err) == 0) {
        if (x->fd >= 0 && register_memory(x) == 0 && make_rings(x) == 0 &&
            bind_queue(x, queue) == 0 && be_promiscuous(x) == 0)
            return &x->base;
        refuse(o->interface, errno, err);
    }
    xdp_close(&x->base);
    return NULL;
}

static int check(const struct live_options *o, unsigned count, struct interface *i, struct err *err)
{
    if (interface_find(i, o->interface, err) != 0)
        return -1;
    if (i->cooked)
        return err_set(err, "%s: AF_XDP wants one Ethernet interface; use -i", o->interface);
    if (o->filter)
        return err_set(err, "%s: AF_XDP takes no capture filter; use -i", o->interface);
    unsigned queues = interface_queues(i);
    if (queues != count)
        return err_set(err,
                       "%s: has %u receive queues, and AF_XDP wants a worker for each: --workers "
                       "%u, or `ethtool -L %s combined %u`",
                       o->interface, queues, queues, o->interface, count);
    return 0;
}

/* Each capture its queue, and a copy of the program. */
static int direct(struct capture **captures, unsigned count, struct err *err)
{
    const struct xdp *first = (struct xdp *)captures[0];
    struct xdp_program p;
    int why = xdp_program_attach(&p, first->interface.index, count);
    for (unsigned i = 0; why == 0 && i < count; i++) {
        struct xdp *x = (struct xdp *)captures[i];
        x->program.link = dup(p.link);
        why = x->program.link < 0 ? errno : xdp_program_direct(&p, i, x->fd);
    }
    if (why)
        refuse(first->interface.name, why, err);
    xdp_program_release(&p);
    return why ? -1 : 0;
}

int capture_open_xdp(const struct live_options *o, unsigned count, struct capture **captures,
                     struct err *err)
{
    struct interface interface;
    unsigned opened = 0;
    int rc = check(o, count, &interface, err);
    interface_release(&interface);
    if (rc != 0)
        return -1;
    while (opened < count && (captures[opened] = open_queue(o, opened, err)) != NULL)
        opened++;
    if (opened == count && direct(captures, count, err) == 0) {
        interface_watch_drops(&((struct xdp *)captures[0])->interface);
        return 0;
    }
    while (opened--) {
        capture_close(captures[opened]);
        captures[opened] = NULL;
    }
    return -1;
}
