/* keywords/base64.h - base64_decode and the inspection of what it gave. */
#ifndef DETECT_KEYWORDS_BASE64_H
#define DETECT_KEYWORDS_BASE64_H
#include "sensor/detect/signature.h"

struct base64_decode {
    uint32_t bytes, offset; /* bytes 0: all */
    bool relative;
    struct inspection data; /* base64_data; no items: decoding is enough */
};

#endif
