/* sensor/app/protocols/utf16.h - Windows' texts as UTF-8. */
#ifndef APP_UTF16_H
#define APP_UTF16_H
#include "sensor/app/parser.h"

/* Appends value, which is UTF-16LE, as UTF-8 without its NULs; at most cap_bytes in all, and never
 * half a character. */
void utf16_add(struct app *a, struct app_text *t, struct bytes value, uint32_t cap_bytes);

#endif
