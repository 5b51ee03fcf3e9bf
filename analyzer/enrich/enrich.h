/* analyzer/enrich/enrich.h - what the centre knows about an alert's addresses: inside or outside,
 * country, autonomous system. Databases are optional MaxMind DB files, read-only after opening. */
#ifndef ENRICH_ENRICH_H
#define ENRICH_ENRICH_H
#include "analyzer/directory/directory.h"
#include "analyzer/store/alerts.h"

struct enrich;
/* Either path may be NULL. NULL and err: a file is not there or no such database. */
struct enrich *enrich_open(const char *geoip_path, const char *asn_path, struct err *err);
void enrich_close(struct enrich *e);

/* Texts that the row points to afterwards. */
struct enrichment {
    char country[3];
    char as_name[128];
};

/* Fills direction, country, asn and as_name of a, an alert at organisation o. src and dst are its
 * addresses (version 0: none). Country and system are those of the outside address; none is looked
 * up between inside addresses. out has to live as long as a is used. */
void enrich_alert(const struct enrich *e, const struct org *o, const struct addr *src,
                  const struct addr *dst, struct alert_row *a, struct enrichment *out);

#endif
