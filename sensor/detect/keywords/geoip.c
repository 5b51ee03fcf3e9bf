/* keywords/geoip.c - "geoip:src,RU,CN;": country of an address, from a MaxMind database. */
#include <maxminddb.h>

#include "sensor/detect/keyword.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

#define COUNTRIES_MAX 64

enum geo_side { GEO_SRC = 1, GEO_DST = 2, GEO_BOTH = 3, GEO_ANY = 4 };
struct geoip {
    enum geo_side side;
    uint16_t count;
    struct {
        char code[2];
        bool negated;
    } countries[COUNTRIES_MAX];
};

static bool country_of(MMDB_s *db, const struct addr *a, char code[2])
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at = {0};
    if (a->version == 4) {
        at.v4.sin_family = AF_INET;
        memcpy(&at.v4.sin_addr, a->b, 4);
    } else if (a->version == 6) {
        at.v6.sin6_family = AF_INET6;
        memcpy(&at.v6.sin6_addr, a->b, 16);
    } else {
        return false;
    }
    int error;
    MMDB_entry_data_s data;
    MMDB_lookup_result_s found = MMDB_lookup_sockaddr(db, &at.any, &error);
    if (error || !found.found_entry ||
        MMDB_get_value(&found.entry, &data, "country", "iso_code", NULL) != MMDB_SUCCESS ||
        !data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size != 2)
        return false;
    memcpy(code, data.utf8_string, 2);
    return true;
}

static bool side_holds(const struct geoip *g, MMDB_s *db, const struct addr *a)
{
    char code[2];
    if (!country_of(db, a, code))
        return false;
    bool positive = false, hit = false;
    for (size_t i = 0; i < g->count; i++) {
        bool equal = memcmp(code, g->countries[i].code, 2) == 0;
        if (equal && g->countries[i].negated)
            return false;
        positive |= !g->countries[i].negated;
        hit |= equal;
    }
    return hit || !positive;
}

static bool geoip_match(const void *arg, struct inspect *in)
{
    const struct geoip *g = arg;
    MMDB_s *db = in->ruleset->geoip;
    if (!db)
        return false;
    /* At the end of a flow one packet stands for both directions. */
    const struct addr *src = in->flow ? &in->flow->tuple.addr[in->dir] : &in->packet->src;
    const struct addr *dst = in->flow ? &in->flow->tuple.addr[OTHER(in->dir)] : &in->packet->dst;
    switch (g->side) {
    case GEO_SRC:
        return side_holds(g, db, src);
    case GEO_DST:
        return side_holds(g, db, dst);
    case GEO_BOTH:
        return side_holds(g, db, src) && side_holds(g, db, dst);
    case GEO_ANY:
        return side_holds(g, db, src) || side_holds(g, db, dst);
    }
    return false;
}

static bool side_word(struct bytes word, enum geo_side *out)
{
    *out = WORD_IS(word, "src")    ? GEO_SRC
           : WORD_IS(word, "dst")  ? GEO_DST
           : WORD_IS(word, "both") ? GEO_BOTH
                                   : GEO_ANY;
    return *out != GEO_ANY || WORD_IS(word, "any");
}

static int geoip_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct geoip *g = build_alloc(b, sizeof *g);
    struct bytes rest = word_unquote(value), word;
    bool first = true;
    g->side = GEO_ANY;
    for (; word_next(&rest, ',', &word); first = false) {
        if (first && side_word(word, &g->side))
            continue;
        bool negated = word.len && word.p[0] == '!';
        word = word_trim(bytes_slice(word, negated, word.len));
        if (word.len != 2 || g->count == COUNTRIES_MAX)
            return err_set(
                err, word.len == 2 ? "too many countries" : "'%.*s' is no two-letter country code",
                WORD_ARG(word));
        g->countries[g->count].code[0] = (char)(word.p[0] & ~0x20);
        g->countries[g->count].code[1] = (char)(word.p[1] & ~0x20);
        g->countries[g->count++].negated = negated;
    }
    *arg = g;
    return g->count ? 0 : err_set(err, "names no country");
}

const struct keyword keyword_geoip = {
    .name = "geoip",
    .summary = "country of source, destination, both or any",
    .example = "geoip:src,!JP;",
    .flags = KEYWORD_PACKET,
    .parse = geoip_parse,
    .match = geoip_match,
};
