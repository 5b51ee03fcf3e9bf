/* fuzz_industry.c - protocols of control systems: the first byte chooses the port and, with its
 * high bit, UDP; the rest is as in app_fuzz.h. */
#include "app_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t ports[] = {20000, 502, 44818, 102};
    static struct app *a;
    if (!a)
        a = app_new(NULL, NULL);
    if (size == 0)
        return 0;
    fuzz_talk(a, data[0] & 0x80 ? 17 : 6, ports[data[0] % (sizeof ports / sizeof *ports)],
              bytes_of(data + 1, size - 1));
    return 0;
}
