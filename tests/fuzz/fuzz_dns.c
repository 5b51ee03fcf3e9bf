/* fuzz_dns.c - DNS and multicast DNS: the first byte chooses UDP or TCP and the port, the rest is
 * as in app_fuzz.h. */
#include "app_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t ports[] = {53, 5300, 5353, 5353};
    static struct app *a;
    if (!a)
        a = app_new(NULL, NULL);
    if (size == 0)
        return 0;
    fuzz_talk(a, data[0] & 1 ? 6 : 17, ports[data[0] >> 1 & 3], bytes_of(data + 1, size - 1));
    return 0;
}
