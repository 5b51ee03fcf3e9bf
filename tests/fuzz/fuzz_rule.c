/* Rule files of any bytes: parsing, compiling, and matching of what compiled against a payload. The
 * payload is what follows the first NUL. */
#include <sys/mman.h>
#include <unistd.h>
#include "sensor/detect/detect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *ctx, const struct detect_alert *a)
{
    (void)ctx;
    (void)a;
}

static void inspect(const struct ruleset *rs, struct bytes payload)
{
    struct detect *d = detect_new(rs, ignore, NULL);
    struct packet p = {.number = 1, .ip_version = 4, .proto = IPP_UDP, .sport = 53, .dport = 80};
    p.src = addr_v4((const uint8_t[]){10, 0, 0, 1});
    p.dst = addr_v4((const uint8_t[]){192, 0, 2, 1});
    p.payload = p.l4 = p.ip = payload;
    detect_packet(d, &p, NULL, TO_SERVER);
    p.proto = IPP_TCP;
    detect_packet(d, &p, NULL, TO_CLIENT);
    detect_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096)
        return 0;
    const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
    size_t text = nul ? (size_t)(nul - data) : size;
    char path[64];
    int fd = memfd_create("rules", 0);
    if (fd < 0 || write(fd, data, text) != (ssize_t)text)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const char *files[] = {path};
    struct ruleset_options o = {.files = files, .file_count = 1};
    struct ruleset_report report;
    struct err err = {""};
    struct ruleset *rs = ruleset_load(&o, &report, &err);
    if (rs && ruleset_count(rs))
        inspect(rs, bytes_of(data + text, size - text));
    ruleset_report_free(&report);
    ruleset_free(rs);
    close(fd);
    return 0;
}
