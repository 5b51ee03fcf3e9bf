/* keywords/flowbits.h - which marks of the flow a compiled rule asks for, and which it sets. */
#ifndef DETECT_KEYWORDS_FLOWBITS_H
#define DETECT_KEYWORDS_FLOWBITS_H
#include "sensor/detect/signature.h"

#define FLOWBITS_ALTERNATIVES_MAX 16

struct flowbits {
    uint16_t count;
    uint16_t bits[FLOWBITS_ALTERNATIVES_MAX]; /* numbers in ruleset.flowbits */
};

/* What an "isset" asks for; NULL: c is no such condition. */
const struct flowbits *flowbits_asked(const struct condition *c);
/* What a "set" sets; NULL: a is no such action. */
const struct flowbits *flowbits_set(const struct action *a);

#endif
