/* analyzer/cli/explain.h - an alert's explanation as lines a person reads. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H
#include <cjson/cJSON.h>
#include <stdbool.h>

/* Prints which rule it was, between whom, and for each match a line: buffer, place, what of the
 * rule it is, and the bytes, in content notation. Nothing for an alert without an explanation.
 * colour: bytes and message stand out, for terminals. */
void explain_print(const cJSON *alert, bool colour);

#endif
