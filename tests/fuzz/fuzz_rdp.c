/* fuzz_rdp.c - Remote Desktop on its port; the input is as in app_fuzz.h. */
#include "app_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct app *a;
    if (!a)
        a = app_new(NULL, NULL);
    fuzz_talk(a, 6, 3389, bytes_of(data, size));
    return 0;
}
