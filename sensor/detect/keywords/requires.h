/* keywords/requires.h - asked before a rule is built, since it may use keywords we do not know. */
#ifndef DETECT_KEYWORDS_REQUIRES_H
#define DETECT_KEYWORDS_REQUIRES_H
#include "common/err.h"
#include "common/bytes.h"

/* Whether what stands in a requires option is there. 0, or -1 when it cannot be read. */
int requires_check(struct bytes value, bool *holds, struct err *err);

#endif
