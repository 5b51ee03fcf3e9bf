/* sensor/capture/live.c - frames from an interface: a packet socket with a ring (ring.h).
 *
 * The captures that share an interface are opened together: each lets nothing in until all have
 * joined the fan-out group (fanout.h), so no frame is given out twice and no pair of hosts begins
 * with one and goes on with another. */
#include "sensor/capture/capture_ops.h"
#include "sensor/capture/fanout.h"
#include "sensor/capture/filter.h"
#include "sensor/capture/interface.h"
#include "sensor/capture/ring.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

#define RING_DEFAULT ((size_t)64 << 20)

struct live {
    struct capture base;
    int fd;
    struct ring ring;
    struct interface interface;
    struct capture_counters counters;
};

static enum capture_result live_next(struct capture *c, struct frame *f, struct err *err)
{
    struct live *l = (struct live *)c;
    if (ring_next(&l->ring, f))
        return CAPTURE_FRAME;
    if (interface_wait(&l->interface, l->fd, err) != 0)
        return CAPTURE_ERROR;
    return ring_next(&l->ring, f) ? CAPTURE_FRAME : CAPTURE_IDLE;
}

/* The kernel counts from one asking to the next. */
static void live_counters(struct capture *c, struct capture_counters *out)
{
    struct live *l = (struct live *)c;
    struct tpacket_stats_v3 since = {0};
    socklen_t size = sizeof since;
    if (getsockopt(l->fd, SOL_PACKET, PACKET_STATISTICS, &since, &size) == 0) {
        l->counters.received += since.tp_packets;
        l->counters.kernel_dropped += since.tp_drops;
    }
    l->counters.interface_dropped = interface_drops(&l->interface);
    *out = l->counters;
}

static unsigned live_fill(const struct capture *c)
{
    return ring_fill(&((const struct live *)c)->ring);
}

static void live_close(struct capture *c)
{
    struct live *l = (struct live *)c;
    ring_release(&l->ring);
    if (l->fd >= 0)
        close(l->fd);
    interface_release(&l->interface);
    free(l);
}

static void live_stop(struct capture *c)
{
    struct filter nothing = filter_nothing();
    filter_attach(&nothing, ((struct live *)c)->fd); /* failing, the last frames stay unread */
}

static const struct capture_ops live_ops = {.next = live_next,
                                            .counters = live_counters,
                                            .fill = live_fill,
                                            .stop = live_stop,
                                            .close = live_close};

static int open_socket(struct live *l, struct err *err)
{
    l->fd = socket(AF_PACKET,
                   (l->interface.cooked ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd >= 0)
        return 0;
    if (errno == EPERM || errno == EACCES)
        return err_set(err,
                       "%s: no permission to capture; run as root or give the program "
                       "CAP_NET_RAW (setcap cap_net_raw+ep PROGRAM)",
                       l->interface.name);
    return err_set(err, "%s: cannot capture: %s", l->interface.name, strerror(errno));
}

static int open_ring(struct live *l, size_t bytes, struct err *err)
{
    int why = ring_init(&l->ring, l->fd, bytes, l->interface.cooked);
    if (why == 0)
        return 0;
    return err_set(err,
                   "%s: the kernel refuses a ring of %zu KiB for each worker: %s; make "
                   "af-packet.ring-size smaller, or have fewer workers",
                   l->interface.name, bytes >> 10, strerror(why));
}

static int bind_socket(const struct live *l, struct err *err)
{
    struct filter nothing = filter_nothing();
    struct sockaddr_ll at = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(ETH_P_ALL),
                             .sll_ifindex = l->interface.index};
    struct packet_mreq promiscuous = {.mr_ifindex = l->interface.index,
                                      .mr_type = PACKET_MR_PROMISC};
    bool ok = filter_attach(&nothing, l->fd) == 0 &&
              bind(l->fd, (struct sockaddr *)&at, sizeof at) == 0 &&
              (at.sll_ifindex == 0 || setsockopt(l->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                                                 &promiscuous, sizeof promiscuous) == 0);
    return ok ? 0 : err_set(err, "%s: cannot capture: %s", l->interface.name, strerror(errno));
}

static int join_fanout(const struct live *l, uint16_t *group, struct err *err)
{
    int why = fanout_join(l->fd, group);
    if (why == 0)
        return 0;
    return err_set(err, "%s: the kernel cannot spread frames over workers: %s; use one worker",
                   l->interface.name, strerror(why));
}

/* NULL and err when it cannot be had. */
static struct capture *open_one(const struct live_options *o, uint16_t *group, struct err *err)
{
    struct live *l = calloc(1, sizeof *l);
    ASSERT(l);
    l->base.ops = &live_ops;
    l->fd = -1;
    size_t ring_bytes = o->ring_bytes ? o->ring_bytes : RING_DEFAULT;
    if (interface_find(&l->interface, o->interface, err) == 0 && open_socket(l, err) == 0 &&
        open_ring(l, ring_bytes, err) == 0 && bind_socket(l, err) == 0 &&
        (!group || join_fanout(l, group, err) == 0))
        return &l->base;
    live_close(&l->base);
    return NULL;
}

static int let_in(const struct live_options *o, unsigned count, struct capture **captures,
                  struct err *err)
{
    struct filter filter;
    const struct interface *interface = &((struct live *)captures[0])->interface;
    if (filter_compile(&filter, interface, o->filter, err) != 0)
        return -1;
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < count; i++)
        if (filter_attach(&filter, ((struct live *)captures[i])->fd) != 0)
            rc = err_set(err, "%s: capture filter: %s", o->interface, strerror(errno));
    filter_release(&filter);
    return rc;
}

int capture_open_live(const struct live_options *o, unsigned count, struct capture **captures,
                      struct err *err)
{
    if (o->xdp)
        return capture_open_xdp(o, count, captures, err);
    uint16_t group = 0;
    unsigned opened = 0;
    while (opened < count &&
           (captures[opened] = open_one(o, count > 1 ? &group : NULL, err)) != NULL)
        opened++;
    if (opened == count && let_in(o, count, captures, err) == 0) {
        interface_watch_drops(&((struct live *)captures[0])->interface); /* once is enough */
        return 0;
    }
    while (opened--) {
        capture_close(captures[opened]);
        captures[opened] = NULL;
    }
    return -1;
}
