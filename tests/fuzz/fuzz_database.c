/* fuzz_database.c - PostgreSQL and MySQL, told apart by what they say; as in app_fuzz.h. */
#include "app_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct app *a;
    if (!a)
        a = app_new(NULL, NULL);
    fuzz_talk(a, 6, 5432, bytes_of(data, size));
    return 0;
}
