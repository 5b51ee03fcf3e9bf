/* analyzer/cli/geoip.c - `sekisho geoip OUT.mmdb`: the country database that sensor and analyzer
 * read. */
#include "analyzer/cli/cli.h"
#include "analyzer/geoip/geoip.h"
#include "common/file.h"
#include "common/text.h"

static int geoip_run(int argc, char **argv, struct err *err)
{
    const char *from = GEOIP_DIR;
    const struct option_row rows[] = {
        {0, "from", OPTION_STRING, &from, "DIR", "folder of geoip and geoip6 (" GEOIP_DIR ")", 0,
         0},
    };
    struct option_list out = {.count = 0};
    if (options_parse(rows, OPTIONS_COUNT(rows), argc, argv, &out, err) != 0)
        return CLI_USAGE;
    if (out.count != 1) {
        err_set(err, "geoip wants the name of the file to make: sekisho geoip OUT.mmdb");
        return CLI_USAGE;
    }
    struct geoip_summary summary;
    size_t len = 0;
    uint8_t *image = geoip_build(from, &len, &summary, err);
    int rc = image ? file_replace(out.values[0], bytes_of(image, len), err) : -1;
    free(image);
    if (rc != 0)
        return CLI_FAILED;
    char v4[32], v6[32], bytes[32];
    printf("%s: %s IPv4 and %s IPv6 ranges, %s bytes (IPFire Location Database, CC BY-SA 4.0)\n",
           out.values[0], text_thousands(summary.ranges_v4, v4),
           text_thousands(summary.ranges_v6, v6), text_thousands(len, bytes));
    return CLI_OK;
}

const struct command command_geoip = {
    .name = "geoip",
    .summary = "make a country database from Debian's tor-geoipdb",
    .usage = "sekisho geoip OUT.mmdb [--from DIR]   OUT.mmdb is for --geoip of sensor and analyzer",
    .run = geoip_run,
};
