/* analyzer/yaml/yaml_file.h - a YAML file read into structs by a libcyaml schema.
 *
 * Every complaint names file, line and column and says what would be right: syntax errors, unknown
 * or missing keys, wrong values, and whatever the caller finds wrong afterwards, by the path of the
 * value ("organisations[3].networks[0]"). Aliases are refused; files are at most 16 MiB. */
#ifndef YAML_YAML_FILE_H
#define YAML_YAML_FILE_H
#include "common/err.h"
#include <cyaml/cyaml.h>

struct yaml_file;

/* Reads path. *data is owned by the file and freed with it. NULL and err. */
struct yaml_file *yaml_file_load(const char *path, const cyaml_schema_value_t *schema, void **data,
                                 struct err *err);
void yaml_file_free(struct yaml_file *f);

/* Fills err with "FILE:LINE:COLUMN: text" for the value at `where` (or its nearest parent that
 * exists) and returns -1. */
int yaml_file_fail(const struct yaml_file *f, struct err *err, const char *where, const char *fmt,
                   ...) __attribute__((format(printf, 4, 5)));

#endif
