/* tests/fuzz/fuzz_capture.c - any bytes as a capture file: every frame lies within its bounds. */
#include "sensor/capture/capture.h"
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct err err;
    struct frame f = {0};
    int fd = memfd_create("capture", MFD_CLOEXEC);
    if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct capture *c = capture_open_file(path, &err);
    volatile uint8_t sum = 0;
    while (c && capture_next(c, &f, &err) == CAPTURE_FRAME) {
        ASSERT(f.wire_len >= f.data.len);
        for (size_t i = 0; i < f.data.len; i++)
            sum = (uint8_t)(sum + f.data.p[i]);
    }
    capture_close(c);
    close(fd);
    return 0;
}
