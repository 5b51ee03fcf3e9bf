/* fuzz_smb.c - SMB, DCE/RPC and NFS: the first byte chooses, the rest is as in app_fuzz.h. */
#include "app_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        uint8_t transport;
        uint16_t port;
    } how[] = {{6, 445}, {6, 135}, {17, 135}, {6, 50000}, {6, 2049}, {17, 2049}};
    static struct app *a;
    if (!a)
        a = app_new(NULL, NULL);
    if (size == 0)
        return 0;
    size_t i = data[0] % (sizeof how / sizeof *how);
    fuzz_talk(a, how[i].transport, how[i].port, bytes_of(data + 1, size - 1));
    return 0;
}
