/* analyzer/directory/schema.h - the shape of orgs.yaml and its words. */
#ifndef DIRECTORY_SCHEMA_H
#define DIRECTORY_SCHEMA_H
#include "analyzer/directory/directory.h"
#include "analyzer/yaml/yaml_file.h"

extern const cyaml_schema_value_t directory_schema;
extern const cyaml_strval_t directory_kinds[3], directory_states[5], directory_consents[3],
    directory_lanes[2], directory_languages[2];

#endif
