/* sensor/capture/live.c - frames from an interface, through libpcap.
 *
 * libpcap maps a TPACKET_V3 ring unless immediate mode is asked for, so it is not. With that ring a
 * blocking read may wait for ever on a quiet interface; the handle is put in non-blocking mode and
 * the waiting done here. Several captures in one fan-out group share an interface's pairs of hosts
 * (fanout.h). Between its opening and its joining, a capture gets what the group gets too; it skips
 * those frames, so that none is seen twice. */
#include "common/clock.h"
#include "sensor/capture/capture_ops.h"
#include "sensor/capture/fanout.h"
#include <errno.h>
#include <linux/filter.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <sys/socket.h>

#define WAIT_MS  100
#define BLOCK_MS 20 /* after which the kernel hands over a block that is not full */

struct live {
    struct capture base;
    pcap_t *pcap;
    char *interface;
    int fd;
    uint32_t linktype;
    bool nanoseconds;
    uint64_t since_us; /* when it joined its group; 0 without one */
    uint64_t skipped;
    struct capture_counters counters;
};

/* -1 for a timeout, 0 when the ring may hold something, errno otherwise. */
static int wait_for_frames(const struct live *l)
{
    struct pollfd p = {.fd = l->fd, .events = POLLIN};
    int n = poll(&p, 1, WAIT_MS);
    if (n < 0)
        return errno == EINTR ? -1 : errno;
    return n == 0 ? -1 : 0;
}

static enum capture_result read_frame(struct live *l, struct frame *f, struct err *err)
{
    struct pcap_pkthdr *h;
    const u_char *data;
    int rc = pcap_next_ex(l->pcap, &h, &data);
    if (rc == 0) {
        int why = wait_for_frames(l);
        if (why > 0)
            return (enum capture_result)err_set(err, "%s: %s", l->interface, strerror(why));
        if (why < 0)
            return CAPTURE_IDLE;
        rc = pcap_next_ex(l->pcap, &h, &data);
    }
    if (rc == 0)
        return CAPTURE_IDLE;
    if (rc < 0)
        return (enum capture_result)err_set(err, "%s: capturing ended: %s", l->interface,
                                            pcap_geterr(l->pcap));
    f->ts_us =
        (uint64_t)h->ts.tv_sec * 1000000 + (uint64_t)h->ts.tv_usec / (l->nanoseconds ? 1000 : 1);
    f->linktype = l->linktype;
    f->wire_len = h->len > h->caplen ? h->len : h->caplen;
    f->data = bytes_of(data, h->caplen);
    return CAPTURE_FRAME;
}

static enum capture_result live_next(struct capture *c, struct frame *f, struct err *err)
{
    struct live *l = (struct live *)c;
    for (;;) {
        enum capture_result got = read_frame(l, f, err);
        if (got != CAPTURE_FRAME || f->ts_us >= l->since_us)
            return got;
        l->skipped++;
    }
}

static void live_counters(struct capture *c, struct capture_counters *out)
{
    struct live *l = (struct live *)c;
    struct pcap_stat st;
    if (pcap_stats(l->pcap, &st) == 0) /* else: as last seen */
        l->counters = (struct capture_counters){.received = st.ps_recv,
                                                .kernel_dropped = st.ps_drop,
                                                .interface_dropped = st.ps_ifdrop};
    *out = l->counters;
    out->received -= l->skipped;
}

static void live_close(struct capture *c)
{
    struct live *l = (struct live *)c;
    if (l->pcap)
        pcap_close(l->pcap);
    free(l->interface);
    free(l);
}

/* A filter that lets nothing pass, put on the socket itself: pcap_setfilter() would empty the ring.
 * Failing, frames go on coming, and the last of them stay unread. */
static void live_stop(struct capture *c)
{
    struct live *l = (struct live *)c;
    struct sock_filter nothing = {.code = BPF_RET | BPF_K, .k = 0};
    struct sock_fprog program = {.len = 1, .filter = &nothing};
    setsockopt(pcap_fileno(l->pcap), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static const struct capture_ops live_ops = {
    .next = live_next, .counters = live_counters, .stop = live_stop, .close = live_close};

static int explain_activation(const struct live *l, int rc, struct err *err)
{
    switch (rc) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return err_set(err, "%s: no such interface; `ip link` lists them", l->interface);
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return err_set(err,
                       "%s: no permission to capture; run as root or give the program "
                       "CAP_NET_RAW (setcap cap_net_raw+ep PROGRAM)",
                       l->interface);
    case PCAP_ERROR_IFACE_NOT_UP:
        return err_set(err, "%s: the interface is down; `ip link set %s up`", l->interface,
                       l->interface);
    default:
        return err_set(err, "%s: cannot capture: %s (%s)", l->interface, pcap_statustostr(rc),
                       pcap_geterr(l->pcap));
    }
}

static int activate(struct live *l, const struct live_options *o, struct err *err)
{
    char text[PCAP_ERRBUF_SIZE];
    pcap_set_snaplen(l->pcap, o->snaplen ? (int)o->snaplen : 262144);
    pcap_set_buffer_size(l->pcap, o->ring_bytes ? (int)o->ring_bytes : 64 << 20);
    pcap_set_promisc(l->pcap, 1);
    pcap_set_timeout(l->pcap, BLOCK_MS);
    int rc = pcap_activate(l->pcap);
    if (rc < 0)
        return explain_activation(l, rc, err);
    if (pcap_setnonblock(l->pcap, 1, text) != 0)
        return err_set(err, "%s: %s", l->interface, text);
    l->fd = pcap_get_selectable_fd(l->pcap);
    l->linktype = (uint32_t)pcap_datalink(l->pcap);
    l->nanoseconds = pcap_get_tstamp_precision(l->pcap) == PCAP_TSTAMP_PRECISION_NANO;
    return 0;
}

static int set_filter(struct live *l, const char *filter, struct err *err)
{
    struct bpf_program program;
    if (pcap_compile(l->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return err_set(err, "capture filter \"%s\": %s", filter, pcap_geterr(l->pcap));
    int rc = pcap_setfilter(l->pcap, &program);
    pcap_freecode(&program);
    return rc == 0 ? 0 : err_set(err, "%s: capture filter: %s", l->interface, pcap_geterr(l->pcap));
}

static int join_fanout(struct live *l, uint16_t group, struct err *err)
{
    int why = fanout_join(pcap_fileno(l->pcap), group);
    if (why != 0)
        return err_set(err,
                       "%s: cannot join fan-out group %u: %s; use one worker, or another group",
                       l->interface, group, strerror(why));
    l->since_us = clock_wall_us();
    return 0;
}

struct capture *capture_open_live(const struct live_options *o, struct err *err)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    struct live *l = calloc(1, sizeof *l);
    ASSERT(l);
    l->base.ops = &live_ops;
    l->interface = strdup(o->interface);
    ASSERT(l->interface);
    l->pcap = pcap_create(o->interface, text);
    int rc = l->pcap ? activate(l, o, err) : err_set(err, "%s: %s", o->interface, text);
    if (rc == 0 && o->filter)
        rc = set_filter(l, o->filter, err);
    if (rc == 0 && o->fanout_group)
        rc = join_fanout(l, o->fanout_group, err);
    if (rc == 0)
        return &l->base;
    live_close(&l->base);
    return NULL;
}
