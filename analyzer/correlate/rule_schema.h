/* analyzer/correlate/rule_schema.h - the shape of a rule file and its words. */
#ifndef CORRELATE_RULE_SCHEMA_H
#define CORRELATE_RULE_SCHEMA_H
#include "analyzer/correlate/rule.h"
#include "analyzer/yaml/yaml_file.h"

extern const cyaml_schema_value_t rule_schema;
extern const cyaml_strval_t rule_fields[10], rule_confidences[3];

#endif
