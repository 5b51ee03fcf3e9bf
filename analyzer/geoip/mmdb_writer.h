/* analyzer/geoip/mmdb_writer.h - writes a MaxMind DB of countries.
 *
 * Source: MaxMind DB File Format Specification 2.0, https://maxmind.github.io/MaxMind-DB/ */
#ifndef GEOIP_MMDB_WRITER_H
#define GEOIP_MMDB_WRITER_H
#include "common/addr.h"

struct mmdb_writer;
struct mmdb_writer *mmdb_writer_new(void);
void mmdb_writer_free(struct mmdb_writer *w);

/* Every address from first to last is in that country: two characters, upper-case letters or
 * digits. Both ends of one version, first not above last. What was said of them before is replaced.
 * Cost: O(address bits). */
void mmdb_writer_add(struct mmdb_writer *w, const struct addr *first, const struct addr *last,
                     const char country[2]);

/* The whole file: an IPv6 tree with IPv4 below ::/96 and records {"country":{"iso_code":".."}}.
 * Owned by the caller (free). epoch_s: when the data was made, seconds since 1970. */
uint8_t *mmdb_writer_finish(struct mmdb_writer *w, const char *description, uint64_t epoch_s,
                            size_t *len);

#endif
