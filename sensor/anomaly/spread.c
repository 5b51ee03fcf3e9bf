/* sensor/anomaly/spread.c - see spread.h. */
#include "sensor/anomaly/spread.h"
#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Of a sorted sample, by linear interpolation between ranks. */
static double quantile(const double *sorted, size_t count, double q)
{
    double rank = q * (double)(count - 1);
    size_t low = (size_t)rank, high = low + 1 < count ? low + 1 : low;
    return sorted[low] + (rank - (double)low) * (sorted[high] - sorted[low]);
}

struct spread spread_of(double *values, size_t count)
{
    struct spread s = {0};
    qsort(values, count, sizeof *values, by_value);
    double q1 = quantile(values, count, 0.25), q3 = quantile(values, count, 0.75);
    s.median = quantile(values, count, 0.5);
    s.skew = q3 > q1 ? (q3 + q1 - 2 * s.median) / (q3 - q1) : 0;
    for (size_t i = 0; i < count; i++)
        s.mean += values[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        values[i] = fabs(values[i] - s.median);
    qsort(values, count, sizeof *values, by_value);
    s.dispersion = s.median > 0 ? quantile(values, count, 0.5) / s.median : 0;
    return s;
}
