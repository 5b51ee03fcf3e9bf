/* fuzz_calls.c - SIP, syslog and BitTorrent's DHT: the first byte chooses transport and port, the
 * rest is as in app_fuzz.h. */
#include "app_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t ports[] = {5060, 514, 6881, 601};
    static struct app *a;
    if (!a)
        a = app_new(NULL, NULL);
    if (size == 0)
        return 0;
    fuzz_talk(a, data[0] & 4 ? 17 : 6, ports[data[0] & 3], bytes_of(data + 1, size - 1));
    return 0;
}
