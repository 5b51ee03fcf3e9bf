/* keywords/sizes.h - bsize as others recognise it. */
#ifndef DETECT_KEYWORDS_SIZES_H
#define DETECT_KEYWORDS_SIZES_H
#include "sensor/detect/keyword.h"

extern const struct item_kind item_size; /* its argument is a struct number_range */

#endif
