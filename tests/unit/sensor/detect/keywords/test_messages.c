/* test_messages.c - numbers of protocols whose messages stand alone: DNS, DHCP, SNMP, NFS and other
 * RPC, SSH's greeting. */
#include "said.h"

/* ---- DNS ---- */

/* A query, and the same with an opcode of notify. */
static const struct line questions[] = {
    LINE(TO_SERVER, "\0\1\1\0\0\1\0\0\0\0\0\0\3www\2jp\0\0\1\0\1"),
    LINE(TO_SERVER, "\0\2\x21\0\0\1\0\0\0\0\0\0\3www\2jp\0\0\1\0\1"),
};

static void dns_opcode__of_questions(void **state)
{
    (void)state;
    struct said dns = {.udp = true, .port = 53, .lines = questions, .count = LINES(questions)};
    assert_int_equal(said_fires(&dns, "dns.opcode:4;"), 1);
    assert_int_equal(said_fires(&dns, "dns.opcode:!4;"), 1);
    assert_int_equal(said_fires(&dns, "dns.opcode:0; dns.query; content:\"www\";"), 1);
    assert_quiet(&dns, "dns.opcode:5;");
    assert_refused("dns.opcode:query;", "no number or range");
}

/* ---- DHCP ---- */

static void dhcp__times_in_seconds(void **state)
{
    (void)state;
    uint8_t ack[260] = {2, 1, 6, 0, 0, 0, 0x3d, 0x1d};
    static const uint8_t options[] = {0x63, 0x82, 0x53, 0x63, 0x35, 1, 5, 0x33, 4, 0,
                                      0,    0x0e, 0x10, 0x3a, 4,    0, 0, 7,    8, 255};
    memcpy(ack + 236, options, sizeof options);
    struct line line = {TO_CLIENT, {ack, 236 + sizeof options}};
    struct said dhcp = {.udp = true, .port = 67, .lines = &line, .count = 1};
    assert_fires(&dhcp, "dhcp.leasetime:3600;");
    assert_fires(&dhcp, "dhcp.renewal_time:1799<>1801;");
    assert_quiet(&dhcp, "dhcp.leasetime:<3600;");
    assert_quiet(&dhcp, "dhcp.rebinding_time:>0;");
    assert_refused("dhcp.leasetime:long;", "no number or range");
}

/* ---- SNMP ---- */

static const struct line snmp_get[] = {
    LINE(TO_SERVER, "\x30\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x01\x2a\x02\x01\x00\x02\x01"
                    "\x00\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00\x05\x00"),
};

static void snmp__version_and_type(void **state)
{
    (void)state;
    struct said snmp = {.udp = true, .port = 161, .lines = snmp_get, .count = 1};
    assert_int_equal(said_fires(&snmp, "snmp.version:2; snmp.pdu_type:0;"), 1);
    assert_fires(&snmp, "snmp.version:<3; snmp.community; content:\"public\";");
    assert_quiet(&snmp, "snmp.version:1;");
    assert_quiet(&snmp, "snmp.pdu_type:3;");
}

/* ---- NFS, RPC ---- */

#define U32(n) "\0\0\0" n
/* LOOKUP of "a.txt" with NFS 3. */
#define LOOKUP                                                                                     \
    U32("\1")                                                                                      \
    U32("\0")                                                                                      \
    U32("\2")                                                                                      \
    "\0\1\x86\xa3" U32("\3") U32("\3") U32("\0") U32("\0") U32("\0") U32("\0")                     \
        U32("\4") "dir0" U32("\5") "a.txt\0\0\0"
static const struct line over_udp[] = {LINE(TO_SERVER, LOOKUP)};
static const struct line over_tcp[] = {LINE(TO_SERVER, "\x80\0\0\x3c" LOOKUP)};

static void nfs__version_and_procedure_with_closed_ranges(void **state)
{
    (void)state;
    struct said nfs = {.port = 2049, .lines = over_tcp, .count = 1};
    assert_fires(&nfs, "nfs.version:3;");
    assert_fires(&nfs, "nfs_version:3-4; nfs_procedure:1<>3;");
    assert_fires(&nfs, "nfs_procedure:3;");
    assert_quiet(&nfs, "nfs.version:4;");
    assert_quiet(&nfs, "nfs_procedure:4-6;");
    assert_refused("nfs.version:four;", "no number or range");
}

static void nfs_procedure__of_version_2_has_its_own_numbers(void **state)
{
    (void)state;
    static const struct line lookup[] = {LINE(
        TO_SERVER, "\x80\0\0\x54" U32("\1") U32("\0") U32("\2") "\0\1\x86\xa3" U32("\2") U32("\4")
                       U32("\0") U32("\0") U32("\0")
                           U32("\0") "0123456789abcdef0123456789abcdef" U32("\5") "a.txt\0\0\0")};
    struct said nfs = {.port = 2049, .lines = lookup, .count = 1};
    assert_fires(&nfs, "nfs.version:2; nfs_procedure:4;");
    assert_quiet(&nfs, "nfs_procedure:3;");
}

static void rpc__program_version_and_procedure(void **state)
{
    (void)state;
    struct said udp = {.udp = true, .port = 2049, .lines = over_udp, .count = 1};
    struct said tcp = {.port = 2049, .lines = over_tcp, .count = 1};
    assert_fires(&udp, "rpc:100003;");
    assert_fires(&udp, "rpc:100003,*,3;");
    assert_fires(&tcp, "rpc:100003, 3, 3;");
    assert_quiet(&udp, "rpc:100000,*,*;");
    assert_quiet(&tcp, "rpc:100003,2,*;");
    assert_refused("rpc:*,1,1;", "program,version,procedure");
    assert_refused("rpc:1,2,3,4;", "program,version,procedure");
}

/* ---- SSH ---- */

static const struct line greetings[] = {
    LINE(TO_CLIENT, "SSH-2.0-OpenSSH_9.2\r\n"),
    LINE(TO_SERVER, "SSH-1.99-PuTTY_Release_0.70\r\n"),
};

static void ssh__older_keywords_for_versions(void **state)
{
    (void)state;
    struct said ssh = {.port = 22, .lines = greetings, .count = LINES(greetings)};
    assert_int_equal(said_fires(&ssh, "ssh.protoversion:2.0;"), 1);
    assert_int_equal(said_fires(&ssh, "ssh.protoversion:2_compat;"), 2);
    assert_fires(&ssh, "ssh.protoversion:\"1.99\"; ssh.softwareversion:PuTTY_Release_0.70;");
    assert_quiet(&ssh, "ssh.protoversion:1.5;");
    assert_quiet(&ssh, "ssh.softwareversion:\"PuTTY\";");
    assert_string_equal(
        rig_option_complaint("ssh-hassh; content:\"0123456789abcdef0123456789abcdef\";"), "");
    assert_string_equal(rig_option_complaint("ssh-hassh-server-string; content:\"a\";"), "");
    assert_refused("ssh.protoversion:two;", "no version like");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dns_opcode__of_questions),
        cmocka_unit_test(dhcp__times_in_seconds),
        cmocka_unit_test(snmp__version_and_type),
        cmocka_unit_test(nfs__version_and_procedure_with_closed_ranges),
        cmocka_unit_test(nfs_procedure__of_version_2_has_its_own_numbers),
        cmocka_unit_test(rpc__program_version_and_procedure),
        cmocka_unit_test(ssh__older_keywords_for_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
