/* sensor/capture/xdp_program.c - see xdp_program.h; bpf(2), kernel documentation networking/af_xdp.
 *
 * Five instructions and three system calls: no library is asked. */
#include "sensor/capture/xdp_program.h"
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(enum bpf_cmd what, union bpf_attr *a)
{
    return (int)syscall(SYS_bpf, what, a, sizeof *a);
}

static int make_map(unsigned queues)
{
    union bpf_attr a = {
        .map_type = BPF_MAP_TYPE_XSKMAP, .key_size = 4, .value_size = 4, .max_entries = queues};
    return bpf(BPF_MAP_CREATE, &a);
}

/* return bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS); */
static int load(int sockets)
{
    const struct bpf_insn steps[] = {
        {.code = BPF_LDX | BPF_W | BPF_MEM,
         .dst_reg = BPF_REG_2,
         .src_reg = BPF_REG_1,
         .off = offsetof(struct xdp_md, rx_queue_index)},
        {.code = BPF_LD | BPF_DW | BPF_IMM,
         .dst_reg = BPF_REG_1,
         .src_reg = BPF_PSEUDO_MAP_FD,
         .imm = sockets},
        {.code = 0}, /* upper half of the address above */
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr a = {.prog_type = BPF_PROG_TYPE_XDP,
                        .insns = (uint64_t)(uintptr_t)steps,
                        .insn_cnt = sizeof steps / sizeof *steps,
                        .license = (uint64_t)(uintptr_t) "MIT"};
    return bpf(BPF_PROG_LOAD, &a);
}

/* In the driver where it can, else in the kernel's general path. */
static int attach(int program, int index)
{
    union bpf_attr a = {.link_create = {.prog_fd = (uint32_t)program,
                                        .target_ifindex = (uint32_t)index,
                                        .attach_type = BPF_XDP}};
    int link = bpf(BPF_LINK_CREATE, &a);
    if (link >= 0 || errno == EBUSY || errno == EPERM)
        return link;
    a.link_create.flags = XDP_FLAGS_SKB_MODE;
    return bpf(BPF_LINK_CREATE, &a);
}

int xdp_program_attach(struct xdp_program *p, int index, unsigned queues)
{
    *p = (struct xdp_program){.sockets = make_map(queues), .link = -1};
    int program = p->sockets >= 0 ? load(p->sockets) : -1;
    if (program >= 0)
        p->link = attach(program, index);
    int why = errno;
    if (program >= 0)
        close(program); /* the link holds it */
    if (p->link >= 0)
        return 0;
    xdp_program_release(p);
    return why;
}

int xdp_program_direct(const struct xdp_program *p, unsigned queue, int fd)
{
    union bpf_attr a = {.map_fd = (uint32_t)p->sockets,
                        .key = (uint64_t)(uintptr_t)&queue,
                        .value = (uint64_t)(uintptr_t)&fd};
    return bpf(BPF_MAP_UPDATE_ELEM, &a) == 0 ? 0 : errno;
}

void xdp_program_release(struct xdp_program *p)
{
    if (p->sockets >= 0)
        close(p->sockets);
    if (p->link >= 0)
        close(p->link);
    *p = (struct xdp_program){.sockets = -1, .link = -1};
}
