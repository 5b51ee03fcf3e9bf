/* fuzz_dns.c - DNS: the first byte chooses UDP or TCP and the port, the rest is as in app_fuzz.h.
 */
#include "app_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct app *a;
    if (!a)
        a = app_new(NULL, NULL);
    if (size == 0)
        return 0;
    fuzz_talk(a, data[0] & 1 ? 6 : 17, data[0] & 2 ? 5300 : 53, bytes_of(data + 1, size - 1));
    return 0;
}
