/* keywords/threshold.h - options of thresholds, as rules and threshold.config write them. */
#ifndef DETECT_KEYWORDS_THRESHOLD_H
#define DETECT_KEYWORDS_THRESHOLD_H
#include "sensor/detect/signature.h"

enum threshold_seen {
    THRESHOLD_HAS_TYPE = 1 << 0,
    THRESHOLD_HAS_TRACK = 1 << 1,
    THRESHOLD_HAS_COUNT = 1 << 2,
    THRESHOLD_HAS_SECONDS = 1 << 3,
    THRESHOLD_HAS_ALL = 15,
};

/* "count 5"; adds to *seen what it was. 0 or -1. */
int threshold_option(struct bytes option, struct threshold *t, unsigned *seen, struct err *err);
int threshold_track_parse(struct bytes t, enum threshold_track *out, struct err *err);

#endif
