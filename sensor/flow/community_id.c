/* sensor/flow/community_id.c - the tuple's Community ID, version 1, seed 0.
 *
 * Source: https://github.com/corelight/community-id-spec. "1:" and the Base64 of SHA-1 over seed,
 * both ends in order, protocol and ports; ICMP's types stand for ports. */
#include "sensor/flow/flow.h"
#include "sensor/flow/icmp_pair.h"
/* EVP keeps a context on the heap for each digest, which costs ten times the one block hashed. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>

enum { MESSAGE_MAX = 2 + 16 + 16 + 1 + 1 + 2 + 2 };

/* False when the two ports must keep their order: a one-way ICMP type goes with its code. */
static bool ports_of(const struct tuple *t, uint16_t port[2], bool *has_ports)
{
    *has_ports = true;
    port[0] = t->port[0];
    port[1] = t->port[1];
    if (t->proto == IPP_ICMP || t->proto == IPP_ICMPV6) {
        int answer = icmp_pair(t->proto, (uint8_t)t->port[0]);
        if (answer < 0)
            return false;
        port[1] = (uint16_t)answer;
    } else if (t->proto != IPP_TCP && t->proto != IPP_UDP && t->proto != IPP_SCTP) {
        *has_ports = false;
        port[0] = port[1] = 0;
    }
    return true;
}

static size_t put_u16(uint8_t *to, uint16_t v)
{
    to[0] = (uint8_t)(v >> 8);
    to[1] = (uint8_t)v;
    return 2;
}

static size_t message(const struct tuple *t, uint8_t out[MESSAGE_MAX])
{
    uint16_t port[2];
    bool has_ports;
    bool may_swap = ports_of(t, port, &has_ports);
    size_t addr_len = t->ip_version == 4 ? 4 : 16;
    int order = memcmp(t->addr[0].b, t->addr[1].b, addr_len);
    int first = may_swap && (order > 0 || (order == 0 && port[0] > port[1]));
    size_t n = put_u16(out, 0); /* seed */
    memcpy(out + n, t->addr[first].b, addr_len);
    memcpy(out + n + addr_len, t->addr[!first].b, addr_len);
    n += 2 * addr_len;
    out[n++] = t->proto;
    out[n++] = 0;
    if (has_ports) {
        n += put_u16(out + n, port[first]);
        n += put_u16(out + n, port[!first]);
    }
    return n;
}

size_t community_id(const struct tuple *t, char out[COMMUNITY_ID_MAX])
{
    uint8_t text[MESSAGE_MAX], digest[SHA_DIGEST_LENGTH];
    out[0] = 0;
    if (t->ip_version != 4 && t->ip_version != 6)
        return 0;
    SHA_CTX sha1;
    SHA1_Init(&sha1);
    SHA1_Update(&sha1, text, message(t, text));
    SHA1_Final(digest, &sha1);
    memcpy(out, "1:", 2);
    return 2 + (size_t)EVP_EncodeBlock((uint8_t *)out + 2, digest, sizeof digest);
}
