/* fuzz_quic.c - QUIC: the first byte chooses between datagrams as they are, and frames that the
 * target seals into an Initial of version 1 or 2; the rest is as in app_fuzz.h. */
#include "app_fuzz.h"
#include "tests/unit/sensor/app/quic_seal.h"

#define SEALED_MAX 65536

/* The same list of chunks, each one's bytes sealed. */
static size_t seal_chunks(uint32_t version, struct bytes input, uint8_t out[SEALED_MAX])
{
    struct cursor c = cursor_over(input);
    size_t at = 0;
    for (uint8_t number = 0; cursor_left(&c) > 3 && at < SEALED_MAX - SEAL_MAX - 3; number++) {
        uint8_t how = cursor_u8(&c) & (1 | FUZZ_TIGHT);
        uint16_t len = cursor_u16(&c);
        struct bytes frames = cursor_take(&c, len < cursor_left(&c) ? len : cursor_left(&c));
        enum direction dir = how & 1 ? TO_CLIENT : TO_SERVER;
        size_t n = seal_initial(version, dir, SEAL_ID, number, frames, out + at + 3);
        out[at] = how;
        out[at + 1] = (uint8_t)(n >> 8);
        out[at + 2] = (uint8_t)n;
        at += 3 + n;
    }
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct app *a;
    static uint8_t sealed[SEALED_MAX];
    if (!a)
        a = app_new(NULL, NULL);
    if (size == 0)
        return 0;
    struct bytes input = bytes_of(data + 1, size - 1);
    if (data[0] & 1)
        input = bytes_of(sealed, seal_chunks(data[0] & 2 ? QUIC_V2 : QUIC_V1, input, sealed));
    fuzz_talk(a, 17, 443, input);
    return 0;
}
