/* sensor/detect/dataset_file.h - a set's file: one value a line, with ",number" its reputation.
 *
 * Hashes in hex, addresses as text, other values in base64, as Suricata has them. */
#ifndef DETECT_DATASET_FILE_H
#define DETECT_DATASET_FILE_H
#include "sensor/detect/dataset.h"

/* Reads d->load. A file that is also written (state) may be missing. What is no value is passed
 * over; -1 and err when no line is one, or they are more than the set may take. */
int dataset_load(struct dataset *d, struct err *err);

#endif
