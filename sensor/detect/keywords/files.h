/* keywords/files.h - what the keywords about single files have in common. */
#ifndef DETECT_KEYWORDS_FILES_H
#define DETECT_KEYWORDS_FILES_H
#include "sensor/detect/keyword.h"

#define FILESIZE_MAX ((uint64_t)INT64_MAX)

/* Asks kind of each file of the transaction that has what needs (enum file_need) says; kind's match
 * finds the file in inspect.file and inspect.facts. 0, or -1 and err. */
int build_file_item(struct build *b, const struct item_kind *kind, const void *arg, unsigned needs,
                    struct err *err);

#endif
