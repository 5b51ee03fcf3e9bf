/* fuzz_auth.c - protocols that let users in: the first byte chooses transport and port, the rest is
 * as in app_fuzz.h. */
#include "app_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t ports[] = {88, 3389, 389};
    static struct app *a;
    if (!a)
        a = app_new(NULL, NULL);
    if (size == 0)
        return 0;
    uint16_t port = ports[data[0] / 2 % (sizeof ports / sizeof *ports)];
    fuzz_talk(a, data[0] & 1 ? 17 : 6, port, bytes_of(data + 1, size - 1));
    return 0;
}
