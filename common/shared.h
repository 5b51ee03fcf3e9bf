/* common/shared.h - files that come with the programs: rules, console, sample captures. */
#ifndef COMMON_SHARED_H
#define COMMON_SHARED_H
#include "common/err.h"

#define SHARED_PATH_MAX 4096

/* Where NAME ("rules/signatures") stands: in the tree whose build folder holds this program, or in
 * share/sekisho beside the folder it is installed in, whatever the prefix. 0, or -1 and err. */
int shared_find(const char *name, char out[SHARED_PATH_MAX], struct err *err);

#endif
