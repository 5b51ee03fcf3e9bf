/* sensor/capture/filter.c - see filter.h.
 *
 * libpcap compiles the expression for a handle on the interface, since only then it knows that the
 * kernel has taken VLAN tags off. */
#include "sensor/capture/filter.h"
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ALL_BYTES 0xffffffffu

static struct sock_filter steps_nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};

struct filter filter_nothing(void)
{
    return (struct filter){.steps = steps_nothing, .count = 1};
}

int filter_attach(const struct filter *f, int fd)
{
    struct sock_fprog program = {.len = f->count, .filter = f->steps};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/* The handle to compile for; NULL and err. */
static pcap_t *handle_of(const struct interface *i, struct err *err)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    if (i->cooked) /* the kernel's filter sees the IP header first */
        return pcap_open_dead(DLT_RAW, (int)(ALL_BYTES >> 1));
    pcap_t *p = pcap_create(i->name, text);
    if (p && pcap_activate(p) >= 0)
        return p;
    err_set(err, "%s: capture filter: %s", i->name, p ? pcap_geterr(p) : text);
    if (p)
        pcap_close(p);
    return NULL;
}

/* What loops is seen going out and coming in: the second is enough. */
static unsigned short put_once(struct sock_filter *to, const struct interface *i)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, if_nametoindex("lo"), 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    bool may_loop = i->loops || i->index == 0;
    if (may_loop)
        memcpy(to, steps, sizeof steps);
    return may_loop ? sizeof steps / sizeof *steps : 0;
}

static void put_steps(struct filter *f, const struct interface *i, const struct bpf_insn *steps,
                      unsigned count)
{
    enum { STEPS_BEFORE = 5 };
    f->steps = calloc(STEPS_BEFORE + count, sizeof *f->steps);
    ASSERT(f->steps);
    f->count = put_once(f->steps, i);
    for (unsigned k = 0; k < count; k++)
        f->steps[f->count++] =
            (struct sock_filter){steps[k].code, steps[k].jt, steps[k].jf, steps[k].k};
}

int filter_compile(struct filter *f, const struct interface *i, const char *expression,
                   struct err *err)
{
    struct bpf_insn all = {.code = BPF_RET | BPF_K, .k = ALL_BYTES};
    struct bpf_program program;
    *f = (struct filter){.count = 0};
    if (!expression) {
        put_steps(f, i, &all, 1);
        return 0;
    }
    pcap_t *p = handle_of(i, err);
    if (!p)
        return -1;
    int rc = pcap_compile(p, &program, expression, 1, PCAP_NETMASK_UNKNOWN);
    if (rc != 0) {
        err_set(err, "capture filter \"%s\": %s", expression, pcap_geterr(p));
    } else {
        put_steps(f, i, program.bf_insns, program.bf_len);
        pcap_freecode(&program);
    }
    pcap_close(p);
    return rc == 0 ? 0 : -1;
}

void filter_release(struct filter *f)
{
    free(f->steps);
    *f = (struct filter){.count = 0};
}
