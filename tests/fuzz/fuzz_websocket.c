/* fuzz_websocket.c - what follows an upgrade to WebSocket, as in app_fuzz.h. */
#include "app_fuzz.h"

/* One chunk to the server, one to the client. */
static const char upgrade[] = "\0\0\x3e"
                              "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                              "Connection: a\r\n\r\n"
                              "\1\0\x71"
                              "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n"
                              "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                              "Connection: Upgrade\r\n\r\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct app *a;
    static uint8_t input[1 << 20];
    size_t head = sizeof upgrade - 1;
    if (!a)
        a = app_new(NULL, NULL);
    if (size > sizeof input - head)
        return 0;
    memcpy(input, upgrade, head);
    if (size)
        memcpy(input + head, data, size);
    fuzz_talk(a, 6, 80, bytes_of(input, head + size));
    return 0;
}
