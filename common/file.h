/* common/file.h - whole files, and directories made as needed. */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H
#include "common/bytes.h"
#include "common/err.h"

/* The whole file, NUL-terminated, owned by the caller; at most cap_bytes. NULL and err on failure.
 */
char *file_read(const char *path, size_t cap_bytes, size_t *len, struct err *err);

/* Writes beside and renames over, so a reader sees the old file or the new one. 0 or -1. */
int file_replace(const char *path, struct bytes content, struct err *err);

/* mkdir -p with mode 0750 for what is missing. 0 or -1. */
int file_mkdirs(const char *path, struct err *err);

#endif
