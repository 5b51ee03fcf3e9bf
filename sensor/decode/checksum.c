/* sensor/decode/checksum.c - the internet checksum; see checksum.h. */
#include "sensor/decode/checksum.h"

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
    sum += other;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

bool checksum_holds(struct bytes header)
{
    return checksum_add(0, header) == 0xffff;
}

bool checksum_l4_holds(const struct packet *p, struct bytes l4, uint8_t proto)
{
    size_t address = p->ip_version == 4 ? 4 : 16;
    uint8_t tail[8] = {(uint8_t)(l4.len >> 24),
                       (uint8_t)(l4.len >> 16),
                       (uint8_t)(l4.len >> 8),
                       (uint8_t)l4.len,
                       0,
                       0,
                       0,
                       proto};
    uint16_t sum = checksum_add(0, bytes_of(p->src.b, address));
    sum = checksum_add(sum, bytes_of(p->dst.b, address));
    sum = checksum_add(sum, bytes_of(tail, sizeof tail));
    return checksum_add(sum, l4) == 0xffff;
}
