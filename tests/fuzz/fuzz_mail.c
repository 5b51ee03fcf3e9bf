/* fuzz_mail.c - SMTP with MIME, FTP and its data, POP3, IMAP, Telnet: the first byte chooses the
 * port, the rest is as in app_fuzz.h. */
#include "app_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t ports[] = {25, 21, 110, 143, 23};
    static struct app *a;
    if (!a)
        a = app_new(NULL, NULL);
    if (size == 0)
        return 0;
    fuzz_talk(a, 6, ports[data[0] % (sizeof ports / sizeof *ports)], bytes_of(data + 1, size - 1));
    return 0;
}
