/* keywords/sizes.h - the items of bsize and urilen; their argument is a struct number_range. */
#ifndef DETECT_KEYWORDS_SIZES_H
#define DETECT_KEYWORDS_SIZES_H
#include "sensor/detect/signature.h"

extern const struct item_kind item_size, item_urilen, item_isdataat;
/* So many bytes a buffer has to have for an item of kind item_isdataat to match. */
uint32_t isdataat_least(const void *arg);

#endif
