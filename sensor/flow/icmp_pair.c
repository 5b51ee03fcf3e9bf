/* sensor/flow/icmp_pair.c - see icmp_pair.h. */
#include "sensor/flow/icmp_pair.h"

static const uint8_t pairs_v4[][2] = {
    {8, 0},   /* echo */
    {13, 14}, /* timestamp */
    {15, 16}, /* information */
    {10, 9},  /* router solicitation, advertisement */
    {17, 18}, /* address mask */
};
static const uint8_t pairs_v6[][2] = {
    {128, 129}, /* echo */
    {130, 131}, /* multicast listener query, report */
    {133, 134}, /* router solicitation, advertisement */
    {135, 136}, /* neighbour solicitation, advertisement */
    {139, 140}, /* node information */
    {144, 145}, /* home agent address discovery */
};

static int pair_in(const uint8_t (*pairs)[2], size_t count, uint8_t type)
{
    for (size_t i = 0; i < count; i++) {
        if (pairs[i][0] == type)
            return pairs[i][1];
        if (pairs[i][1] == type)
            return pairs[i][0];
    }
    return -1;
}

int icmp_pair(uint8_t proto, uint8_t type)
{
    if (proto == IPP_ICMP)
        return pair_in(pairs_v4, sizeof pairs_v4 / sizeof pairs_v4[0], type);
    return pair_in(pairs_v6, sizeof pairs_v6 / sizeof pairs_v6[0], type);
}
