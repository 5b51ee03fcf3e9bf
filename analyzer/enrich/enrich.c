/* analyzer/enrich/enrich.c - see enrich.h. */
#include "analyzer/enrich/enrich.h"
#include "common/text.h"
#include <arpa/inet.h>
#include <maxminddb.h>

struct enrich {
    MMDB_s geoip, asn;
    bool has_geoip, has_asn;
};

static int database_open(MMDB_s *db, const char *path, bool *has, struct err *err)
{
    if (!path)
        return 0;
    int rc = MMDB_open(path, MMDB_MODE_MMAP, db);
    if (rc != MMDB_SUCCESS)
        return err_set(err, "%s: %s; give a MaxMind DB file (.mmdb) or leave the option out", path,
                       MMDB_strerror(rc));
    *has = true;
    return 0;
}

struct enrich *enrich_open(const char *geoip_path, const char *asn_path, struct err *err)
{
    struct enrich *e = calloc(1, sizeof *e);
    ASSERT(e);
    if (database_open(&e->geoip, geoip_path, &e->has_geoip, err) == 0 &&
        database_open(&e->asn, asn_path, &e->has_asn, err) == 0)
        return e;
    enrich_close(e);
    return NULL;
}

void enrich_close(struct enrich *e)
{
    if (!e)
        return;
    if (e->has_geoip)
        MMDB_close(&e->geoip);
    if (e->has_asn)
        MMDB_close(&e->asn);
    free(e);
}

static bool lookup(const MMDB_s *db, const struct addr *a, MMDB_entry_s *entry)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } to = {.v6 = {.sin6_family = AF_INET6}};
    int error = 0;
    if (a->version == 4) {
        to.v4 = (struct sockaddr_in){.sin_family = AF_INET};
        memcpy(&to.v4.sin_addr, a->b, 4);
    } else {
        memcpy(&to.v6.sin6_addr, a->b, 16);
    }
    MMDB_lookup_result_s r = MMDB_lookup_sockaddr(db, &to.any, &error);
    *entry = r.entry;
    return error == MMDB_SUCCESS && r.found_entry;
}

/* Copies a database text, cut between characters. */
static void text_get(MMDB_entry_s *entry, const char *const *path, char *out, size_t cap)
{
    MMDB_entry_data_s data;
    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING)
        return;
    size_t n = data.data_size < cap - 1 ? data.data_size : cap - 1;
    n = text_utf8_valid(bytes_of(data.utf8_string, n));
    memcpy(out, data.utf8_string, n);
    out[n] = 0;
}

static uint32_t number_get(MMDB_entry_s *entry, const char *const *path)
{
    MMDB_entry_data_s data;
    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UINT32)
        return 0;
    return data.uint32;
}

static void place(const struct enrich *e, const struct addr *outside, struct alert_row *a,
                  struct enrichment *out)
{
    static const char *const country[] = {"country", "iso_code", NULL};
    static const char *const number[] = {"autonomous_system_number", NULL};
    static const char *const name[] = {"autonomous_system_organization", NULL};
    MMDB_entry_s entry;
    if (e->has_geoip && lookup(&e->geoip, outside, &entry))
        text_get(&entry, country, out->country, sizeof out->country);
    if (e->has_asn && lookup(&e->asn, outside, &entry)) {
        a->asn = number_get(&entry, number);
        text_get(&entry, name, out->as_name, sizeof out->as_name);
    }
}

void enrich_alert(const struct enrich *e, const struct org *o, const struct addr *src,
                  const struct addr *dst, struct alert_row *a, struct enrichment *out)
{
    bool src_in = src->version && org_holds(o, src), dst_in = dst->version && org_holds(o, dst);
    memset(out, 0, sizeof *out);
    a->direction = "";
    if (src->version && dst->version)
        a->direction =
            src_in ? (dst_in ? "internal" : "outbound") : (dst_in ? "inbound" : "external");
    const struct addr *outside = !src_in ? src : dst;
    if (outside->version && !(src_in && dst_in))
        place(e, outside, a, out);
    a->country = out->country;
    a->as_name = out->as_name;
}
