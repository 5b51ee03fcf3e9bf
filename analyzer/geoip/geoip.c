/* analyzer/geoip/geoip.c - reads tor-geoipdb's ranges; see geoip.h. */
#include "analyzer/geoip/geoip.h"
#include "analyzer/geoip/mmdb_writer.h"
#include "common/file.h"
#include "common/text.h"
#include <errno.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX (256u << 20)

/* The data is under CC BY-SA 4.0, which asks that whoever passes it on says so. */
#define DESCRIPTION                                                                                \
    "Countries by address. Made by sekisho from the IPFire Location Database "                     \
    "(https://location.ipfire.org/) as packaged in tor-geoipdb. CC BY-SA 4.0"

struct range {
    struct addr first, last;
    char country[2];
};

/* The part of b up to the comma, which is taken off; false when there is none. */
static bool next_field(struct bytes *b, struct bytes *field)
{
    ptrdiff_t comma = bytes_find(*b, BYTES_LIT(","));
    if (comma < 0)
        return false;
    *field = bytes_slice(*b, 0, (size_t)comma);
    *b = bytes_slice(*b, (size_t)comma + 1, b->len);
    return true;
}

static bool read_address(struct bytes text, uint8_t version, struct addr *out)
{
    uint64_t n;
    if (version == 6)
        return addr_parse(text, out) && out->version == 6;
    if (!text_u64(text, 0, UINT32_MAX, &n))
        return false;
    uint8_t b[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    *out = addr_v4(b);
    return true;
}

static bool is_country_char(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* NULL, or what is wrong. A country of "??" is left empty. */
static const char *read_range(struct bytes line, uint8_t version, struct range *r)
{
    struct bytes first, last;
    if (!next_field(&line, &first) || !next_field(&line, &last))
        return "wants START,END,COUNTRY";
    if (!read_address(first, version, &r->first) || !read_address(last, version, &r->last))
        return version == 4 ? "wants two IPv4 addresses as numbers" : "wants two IPv6 addresses";
    if (addr_cmp(&r->first, &r->last) > 0)
        return "the range ends before it begins";
    r->country[0] = 0;
    if (bytes_eq(line, BYTES_LIT("??")))
        return NULL;
    if (line.len != 2 || !is_country_char(line.p[0]) || !is_country_char(line.p[1]))
        return "wants a country code of two characters";
    memcpy(r->country, line.p, 2);
    return NULL;
}

static int read_lines(const char *path, struct bytes text, uint8_t version, struct mmdb_writer *w,
                      uint64_t *ranges, struct err *err)
{
    for (unsigned number = 1; text.len; number++) {
        const uint8_t *end = memchr(text.p, '\n', text.len);
        struct bytes line = bytes_slice(text, 0, end ? (size_t)(end - text.p) : text.len);
        text = bytes_slice(text, line.len + 1, text.len);
        if (line.len && line.p[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0 || line.p[0] == '#')
            continue;
        struct range r;
        const char *wrong = read_range(line, version, &r);
        if (wrong)
            return err_set(err, "%s:%u: %s", path, number, wrong);
        if (!r.country[0])
            continue;
        mmdb_writer_add(w, &r.first, &r.last, r.country);
        ++*ranges;
    }
    return *ranges ? 0 : err_set(err, "%s: holds no ranges", path);
}

/* Raises *newest_s to the file's time of modification. */
static int read_file(const char *dir, uint8_t version, struct mmdb_writer *w, uint64_t *ranges,
                     uint64_t *newest_s, struct err *err)
{
    char path[4096];
    size_t len = 0;
    struct stat st;
    const char *name = version == 4 ? "geoip" : "geoip6";
    if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >= sizeof path)
        return err_set(err, "%s: path too long", dir);
    if (stat(path, &st) != 0)
        return err_set(err,
                       "%s: cannot open: %s; install tor-geoipdb (apt install tor-geoipdb) or name "
                       "its folder with --from",
                       path, strerror(errno));
    char *text = file_read(path, FILE_BYTES_MAX, &len, err);
    if (!text)
        return -1;
    if ((uint64_t)st.st_mtime > *newest_s)
        *newest_s = (uint64_t)st.st_mtime;
    int rc = read_lines(path, bytes_of(text, len), version, w, ranges, err);
    free(text);
    return rc;
}

uint8_t *geoip_build(const char *dir, size_t *len, struct geoip_summary *summary, struct err *err)
{
    struct mmdb_writer *w = mmdb_writer_new();
    uint64_t newest_s = 0;
    uint8_t *image = NULL;
    *summary = (struct geoip_summary){0};
    if (read_file(dir, 4, w, &summary->ranges_v4, &newest_s, err) == 0 &&
        read_file(dir, 6, w, &summary->ranges_v6, &newest_s, err) == 0)
        image = mmdb_writer_finish(w, DESCRIPTION, newest_s, len);
    mmdb_writer_free(w);
    return image;
}
