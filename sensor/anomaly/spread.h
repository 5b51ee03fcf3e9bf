/* sensor/anomaly/spread.h - how a sample lies, by ranks, so that a few outliers do not matter. */
#ifndef ANOMALY_SPREAD_H
#define ANOMALY_SPREAD_H
#include <stddef.h>
#include <stdint.h>

struct spread {
    double mean, median;
    double dispersion; /* median absolute deviation over the median; 0 for an even sample */
    double skew;       /* Bowley's, -1 to 1: (Q3 + Q1 - 2 Q2) / (Q3 - Q1); 0 when Q3 equals Q1 */
};
/* Sorts values; count at least 1. */
struct spread spread_of(double *values, size_t count);

#endif
