/* keywords/sizes.h - the items of bsize and urilen; their argument is a struct number_range. */
#ifndef DETECT_KEYWORDS_SIZES_H
#define DETECT_KEYWORDS_SIZES_H
#include "sensor/detect/signature.h"

extern const struct item_kind item_size, item_urilen;

#endif
