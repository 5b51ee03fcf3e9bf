/* sensor/capture/ring.c - see ring.h.
 *
 * Not through libpcap, which halves a ring that the kernel refuses without a word, and does not let
 * its user see how full it is: what overload is told by. */
#include "sensor/capture/ring.h"
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define BLOCK_BYTES (256u << 10) /* the longest frame: what a card or the kernel merged fits in */
#define BLOCKS_MIN  4
#define BLOCK_MS    20
#define VLAN_BYTES  4
/* A frame's header, behind which its sockaddr_ll stands: TPACKET_ALIGN without its signs. */
#define HEADER_BYTES                                                                               \
    ((sizeof(struct tpacket3_hdr) + TPACKET_ALIGNMENT - 1) / TPACKET_ALIGNMENT * TPACKET_ALIGNMENT)
#define SLL_BYTES 16 /* LINKTYPE_LINUX_SLL's pseudo-header */

enum { LINK_ETHERNET = 1, LINK_SLL = 113 };

static struct tpacket_block_desc *block_at(const struct ring *r, uint32_t i)
{
    return (struct tpacket_block_desc *)(void *)(r->map + (size_t)(i % r->blocks) * BLOCK_BYTES);
}

static bool is_ours(const struct ring *r, uint32_t i)
{
    const struct tpacket_block_desc *b = block_at(r, i);
    return __atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
}

int ring_init(struct ring *r, int fd, size_t bytes, bool cooked)
{
    int version = TPACKET_V3, reserve = SLL_BYTES + VLAN_BYTES;
    size_t blocks = bytes / BLOCK_BYTES;
    *r = (struct ring){.blocks = blocks < BLOCKS_MIN ? BLOCKS_MIN : (uint32_t)blocks,
                       .cooked = cooked};
    struct tpacket_req3 want = {.tp_block_size = BLOCK_BYTES,
                                .tp_block_nr = r->blocks,
                                .tp_frame_size = BLOCK_BYTES,
                                .tp_frame_nr = r->blocks,
                                .tp_retire_blk_tov = BLOCK_MS};
    if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_RESERVE, &reserve, sizeof reserve) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &want, sizeof want) != 0)
        return errno;
    void *map = mmap(NULL, (size_t)r->blocks * BLOCK_BYTES, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_POPULATE, fd, 0);
    if (map == MAP_FAILED)
        return errno;
    r->map = map;
    return 0;
}

void ring_release(struct ring *r)
{
    if (r->map)
        munmap(r->map, (size_t)r->blocks * BLOCK_BYTES);
    r->map = NULL;
}

static void put_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html */
static uint8_t *put_pseudo_header(const struct tpacket3_hdr *h, uint8_t *data)
{
    const struct sockaddr_ll *from = (const void *)((const uint8_t *)h + HEADER_BYTES);
    uint8_t *start = data - SLL_BYTES;
    size_t address_len = from->sll_halen < 8 ? from->sll_halen : 8;
    memset(start, 0, SLL_BYTES);
    put_u16(start, from->sll_pkttype);
    put_u16(start + 2, from->sll_hatype);
    put_u16(start + 4, from->sll_halen);
    memcpy(start + 6, from->sll_addr, address_len);
    memcpy(start + 14, &from->sll_protocol, 2); /* in network order already */
    return start;
}

/* The kernel took the outer VLAN tag off; it goes back before the ethertype, `at` bytes in. */
static uint8_t *put_tag_back(const struct tpacket3_hdr *h, uint8_t *start, size_t at)
{
    uint16_t tpid = h->tp_status & TP_STATUS_VLAN_TPID_VALID ? h->hv1.tp_vlan_tpid : ETH_P_8021Q;
    memmove(start - VLAN_BYTES, start, at);
    start -= VLAN_BYTES;
    put_u16(start + at, tpid);
    put_u16(start + at + 2, (uint16_t)h->hv1.tp_vlan_tci);
    return start;
}

static void read_header(const struct ring *r, const struct tpacket3_hdr *h, struct frame *f)
{
    enum { ETHERNET_TYPE_AT = 12, SLL_TYPE_AT = 14 };
    uint8_t *data = (uint8_t *)(uintptr_t)h + h->tp_mac;
    uint8_t *start = r->cooked ? put_pseudo_header(h, data) : data;
    bool tagged = h->tp_status & TP_STATUS_VLAN_VALID;
    if (tagged && (r->cooked || h->tp_snaplen >= ETHERNET_TYPE_AT))
        start = put_tag_back(h, start, r->cooked ? SLL_TYPE_AT : ETHERNET_TYPE_AT);
    uint32_t added = (uint32_t)(data - start);
    f->ts_us = (uint64_t)h->tp_sec * 1000000 + h->tp_nsec / 1000;
    f->linktype = r->cooked ? LINK_SLL : LINK_ETHERNET;
    f->csum_unfinished = h->tp_status & TP_STATUS_CSUMNOTREADY;
    f->data = bytes_of(start, h->tp_snaplen + added);
    f->wire_len = (h->tp_len > h->tp_snaplen ? h->tp_len : h->tp_snaplen) + added;
}

static void give_back(struct ring *r)
{
    struct tpacket_block_desc *b = block_at(r, r->at);
    __atomic_store_n(&b->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    r->at = (r->at + 1) % r->blocks;
    r->open = false;
}

static bool open_block(struct ring *r)
{
    if (!is_ours(r, r->at))
        return false;
    struct tpacket_block_desc *b = block_at(r, r->at);
    r->left = b->hdr.bh1.num_pkts;
    r->next = (struct tpacket3_hdr *)(void *)((uint8_t *)b + b->hdr.bh1.offset_to_first_pkt);
    r->open = true;
    return true;
}

bool ring_next(struct ring *r, struct frame *f)
{
    while (r->left == 0) {
        if (r->open)
            give_back(r);
        if (!open_block(r))
            return false;
    }
    struct tpacket3_hdr *h = r->next;
    r->next = (struct tpacket3_hdr *)(void *)((uint8_t *)h + h->tp_next_offset);
    r->left--;
    __builtin_prefetch((uint8_t *)r->next);
    read_header(r, h, f);
    return true;
}

/* Blocks are filled in order, so those that wait stand together from `at` on. */
unsigned ring_fill(const struct ring *r)
{
    uint32_t low = 0, high = r->blocks;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (is_ours(r, r->at + mid))
            low = mid + 1;
        else
            high = mid;
    }
    return low * 100 / r->blocks;
}
