/* sensor/decode/decode_table.h - which number names which header: one row each, X(number, decoder).
 *
 * A row calls decode_<decoder>(), declared in layers.h and written in a file of its own. */
#ifndef DECODE_DECODE_TABLE_H
#define DECODE_DECODE_TABLE_H

/* LINKTYPE_ values of captures: https://www.tcpdump.org/linktypes.html */
#define LINK_TABLE(X)                                                                              \
    X(0, null)                                                                                     \
    X(1, ethernet)                                                                                 \
    X(9, ppp)                                                                                      \
    X(12, raw)                                                                                     \
    X(14, raw)                                                                                     \
    X(50, ppp)                                                                                     \
    X(51, pppoe_session)                                                                           \
    X(101, raw)                                                                                    \
    X(104, chdlc)                                                                                  \
    X(108, null)                                                                                   \
    X(113, sll)                                                                                    \
    X(228, ipv4)                                                                                   \
    X(229, ipv6)                                                                                   \
    X(276, sll2)

/* IEEE 802 numbers, https://www.iana.org/assignments/ieee-802-numbers; GRE uses the same ones */
#define ETHERTYPE_TABLE(X)                                                                         \
    X(0x0800, ipv4)                                                                                \
    X(0x0806, arp)                                                                                 \
    X(0x8100, vlan)                                                                                \
    X(0x86dd, ipv6)                                                                                \
    X(0x8847, mpls)                                                                                \
    X(0x8848, mpls)                                                                                \
    X(0x8863, pppoe_discovery)                                                                     \
    X(0x8864, pppoe_session)                                                                       \
    X(0x88a8, vlan)                                                                                \
    X(0x88e7, ieee8021ah)                                                                          \
    X(0x8903, dce)                                                                                 \
    X(0x8926, vntag)                                                                               \
    X(0x894f, nsh)                                                                                 \
                                                                                                   \
    X(0x9100, vlan)

/* Assigned internet protocol numbers, https://www.iana.org/assignments/protocol-numbers */
#define IPPROTO_TABLE(X)                                                                           \
    X(1, icmpv4)                                                                                   \
    X(4, ipv4_inside)                                                                              \
    X(6, tcp)                                                                                      \
    X(17, udp)                                                                                     \
    X(41, ipv6_inside)                                                                             \
    X(47, gre)                                                                                     \
    X(50, esp)                                                                                     \
    X(58, icmpv6)                                                                                  \
    X(132, sctp)

/* Tunnels over UDP, asked in this order: bool decode_<name>(s, payload) says whether it was one. */
#define UDP_TUNNEL_TABLE(X) X(vxlan) X(geneve) X(teredo) X(gtpu)

#endif
