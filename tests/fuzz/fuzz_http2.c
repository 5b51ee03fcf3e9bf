/* fuzz_http2.c - HTTP/2 on a TCP conversation, as in app_fuzz.h; with the first byte's lowest bit
 * set the client's preface is put before it, so that the fuzzer need not find it. */
#include "app_fuzz.h"

#define INPUT_MAX 32768

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t preface[] = "\0\0\x18PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    static struct app *a;
    static uint8_t input[INPUT_MAX];
    size_t at = 0;
    if (!a)
        a = app_new(NULL, NULL);
    if (size == 0 || size > INPUT_MAX / 2)
        return 0;
    if (data[0] & 1) {
        at = sizeof preface - 1;
        memcpy(input, preface, at);
        input[0] = data[0] & FUZZ_TIGHT;
    }
    memcpy(input + at, data + 1, size - 1);
    fuzz_talk(a, 6, 8080, bytes_of(input, at + size - 1));
    return 0;
}
