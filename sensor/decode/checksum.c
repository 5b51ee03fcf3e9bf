/* sensor/decode/checksum.c - the internet checksum; see checksum.h. */
#include "sensor/decode/checksum.h"
#include <arpa/inet.h>

static uint16_t fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* The sum does not depend on byte order (RFC 1071 section 2B), so 32-bit words are added as they
 * lie into 64 bits, where 2^32 of them fit, and folded at the end. */
uint16_t checksum_add(uint16_t start, struct bytes b)
{
    uint64_t sum = start, other = 0;
    const uint8_t *p = b.p;
    size_t n = b.len;
    for (; n >= 16; p += 16, n -= 16) {
        uint64_t v[2];
        memcpy(v, p, sizeof v);
        sum += (v[0] & 0xffffffff) + (v[0] >> 32);
        other += (v[1] & 0xffffffff) + (v[1] >> 32);
    }
    for (; n >= 2; p += 2, n -= 2) {
        uint16_t v;
        memcpy(&v, p, sizeof v);
        sum += v;
    }
    if (n) {
        uint16_t v = 0;
        memcpy(&v, p, 1);
        sum += v;
    }
    return fold(sum + other);
}

bool checksum_holds(struct bytes header)
{
    return checksum_add(0, header) == 0xffff;
}

/* The two addresses, then length and protocol as 16-bit numbers in network order; the zeros between
 * them do not count. */
static uint16_t pseudo_header(const struct packet *p, size_t len, uint8_t proto)
{
    size_t words = p->ip_version == 4 ? 1 : 4;
    uint64_t sum = 0;
    for (size_t i = 0; i < words; i++) {
        uint32_t src, dst;
        memcpy(&src, p->src.b + i * 4, 4);
        memcpy(&dst, p->dst.b + i * 4, 4);
        sum += (uint64_t)src + dst;
    }
    sum += htons((uint16_t)len);
    sum += htons((uint16_t)(len >> 16));
    sum += htons(proto);
    return fold(sum);
}

bool checksum_l4_holds(const struct packet *p, struct bytes l4, uint8_t proto)
{
    return checksum_add(pseudo_header(p, l4.len, proto), l4) == 0xffff;
}

bool checksum_l4_is_unfinished(const struct packet *p, struct bytes l4, uint8_t proto, size_t at)
{
    uint16_t found;
    memcpy(&found, l4.p + at, sizeof found);
    return found == pseudo_header(p, l4.len, proto);
}
