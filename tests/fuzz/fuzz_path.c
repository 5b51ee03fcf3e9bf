/* tests/fuzz/fuzz_path.c - whatever a request asks for, what passes is one plain spelling. */
#include "analyzer/http/path.h"
#include "common/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char target[2048], out[PATH_MAX_BYTES];
    size_t n = size < sizeof target - 1 ? size : sizeof target - 1;
    memcpy(target, data, n);
    target[n] = '\0';
    if (!path_decode(target, out))
        return 0;
    ASSERT(out[0] == '/' && strlen(out) < sizeof out);
    ASSERT(!strstr(out, "//") && !strstr(out, "/../") && !strstr(out, "/./") && !strchr(out, '\\'));
    for (const char *at = out; *at; at++)
        ASSERT((unsigned char)*at >= 0x20 && *at != 0x7f);
    return 0;
}
