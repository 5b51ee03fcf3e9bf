/* fanout.c - how the kernel spreads an interface's frames over the workers: by pair of hosts.
 *
 * A classic BPF program over the addresses (packet(7), PACKET_FANOUT_CBPF; kernel documentation,
 * networking/filter). The kernel's own hash takes ports in, which parts flows that belong together
 * (FTP and its data) and fragments; hosts alone keep both with one worker, as in replay. */
#include "sensor/capture/fanout.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

/* clang-format off */
#define FROM_NET(at)        (uint32_t)(SKF_NET_OFF + (at))
#define LOAD(at)            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FROM_NET(at))
#define LOAD_BYTE(at)       BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FROM_NET(at))
#define LOAD_HALF(where)    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)(where))
#define TO_X                BPF_STMT(BPF_MISC | BPF_TAX, 0)
#define XOR_X               BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0)
#define IS(value, yes, no)  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define MIX                 BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 2654435761u), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16)
#define RETURN_A            BPF_STMT(BPF_RET | BPF_A, 0)
#define FIRST_WORKER        BPF_STMT(BPF_RET | BPF_K, 0)
#define ADD_WORD(at)        LOAD(at), XOR_X, TO_X

/* Both addresses of the IP header at `at`, combined so that their order does not matter. */
#define PAIR_V4(at) LOAD((at) + 12), TO_X, LOAD((at) + 16), XOR_X, MIX, RETURN_A
#define PAIR_V6(at) LOAD((at) + 8), TO_X, ADD_WORD((at) + 12), ADD_WORD((at) + 16), ADD_WORD((at) + 20), \
                    ADD_WORD((at) + 24), ADD_WORD((at) + 28), ADD_WORD((at) + 32), LOAD((at) + 36), XOR_X, \
                    MIX, RETURN_A
/* An IP header of either version, with its type before it or by the version alone. */
#define BY_TYPE(v4, v6, at) IS(v4, 0, LENGTH(PAIR_V4(at))), PAIR_V4(at), IS(v6, 0, LENGTH(PAIR_V6(at))), PAIR_V6(at), \
                    FIRST_WORKER
#define BY_VERSION(at) LOAD_BYTE(at), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4), BY_TYPE(4, 6, at)
/* PPPoE (RFC 2516): six bytes and the PPP protocol. */
#define PPPOE       LOAD_HALF(FROM_NET(6)), BY_TYPE(0x0021, 0x0057, 8)
/* MPLS (RFC 3032): up to three labels, the last one marked. */
#define LABEL(at)   LOAD(at), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x100, 0, LENGTH(BY_VERSION((at) + 4))), \
                    BY_VERSION((at) + 4)
#define MPLS        LABEL(0), LABEL(4), LABEL(8), FIRST_WORKER
#define LENGTH(...) (sizeof((struct sock_filter[]){__VA_ARGS__}) / sizeof(struct sock_filter))

/* The kernel takes the outer VLAN tag off; an inner one stands before the IP header. What is neither
 * goes to the first worker. */
static struct sock_filter program[] = {
    LOAD_HALF(SKF_AD_OFF + SKF_AD_PROTOCOL),
    IS(ETH_P_IP, 0, LENGTH(PAIR_V4(0))),
    PAIR_V4(0),
    IS(ETH_P_IPV6, 0, LENGTH(PAIR_V6(0))),
    PAIR_V6(0),
    IS(ETH_P_PPP_SES, 0, LENGTH(PPPOE)),
    PPPOE,
    IS(ETH_P_MPLS_UC, 0, LENGTH(MPLS)),
    MPLS,
    IS(ETH_P_8021Q, 1, 0),
    FIRST_WORKER,
    LOAD_HALF(FROM_NET(2)),
    BY_TYPE(ETH_P_IP, ETH_P_IPV6, 4),
};
/* clang-format on */

/* The number of a new group is the kernel's choice: no other program's group is joined by mistake.
 */
int fanout_join(int fd, uint16_t *group)
{
    uint32_t how = PACKET_FANOUT_CBPF | (*group ? 0 : PACKET_FANOUT_FLAG_UNIQUEID);
    uint32_t argument = *group | how << 16;
    socklen_t size = sizeof argument;
    struct sock_fprog p = {.len = sizeof program / sizeof *program, .filter = program};
    if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &p, sizeof p) != 0 ||
        getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &argument, &size) != 0)
        return errno;
    *group = (uint16_t)argument;
    return 0;
}
