/* sensor/anomaly/anomaly_table.h - the detectors: one row each, `const struct detector
 * detector_<row>`. */
#ifndef ANOMALY_ANOMALY_TABLE_H
#define ANOMALY_ANOMALY_TABLE_H

/* sids within gid 3000: scan 100.., beacon 200.. */
#define ANOMALY_TABLE(X) X(scan) X(beacon)

#endif
