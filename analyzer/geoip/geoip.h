/* analyzer/geoip/geoip.h - Debian's tor-geoipdb as a MaxMind DB.
 *
 * The package brings two text files, `geoip` ("16777216,16777471,AU", addresses as numbers) and
 * `geoip6` ("2001:200::,2001:200:ffff::,JP"), derived from the IPFire Location database. */
#ifndef GEOIP_GEOIP_H
#define GEOIP_GEOIP_H
#include "common/bytes.h"
#include "common/err.h"

#define GEOIP_DIR "/usr/share/tor"

struct geoip_summary {
    uint64_t ranges_v4, ranges_v6;
};

/* The database made from dir/geoip and dir/geoip6, owned by the caller (free). NULL and err: a file
 * cannot be read, or "FILE:LINE: what is wrong". Ranges of no known country ("??") are left out. */
uint8_t *geoip_build(const char *dir, size_t *len, struct geoip_summary *summary, struct err *err);

#endif
