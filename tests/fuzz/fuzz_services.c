/* fuzz_services.c - services over datagrams: the first byte chooses the port, the rest is as in
 * app_fuzz.h. */
#include "app_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t ports[] = {67, 69, 123, 161, 500, 4000};
    static struct app *a;
    if (!a)
        a = app_new(NULL, NULL);
    if (size == 0)
        return 0;
    fuzz_talk(a, 17, ports[data[0] % (sizeof ports / sizeof *ports)], bytes_of(data + 1, size - 1));
    return 0;
}
