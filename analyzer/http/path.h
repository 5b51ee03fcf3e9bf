/* analyzer/http/path.h - the path of a request, made safe in one place.
 *
 * Everything behind it compares whole strings, so two spellings of one path would be two rules to
 * keep. What is not already in the one plain spelling is refused, not mended. */
#ifndef HTTP_PATH_H
#define HTTP_PATH_H
#include "common/bytes.h"

#define PATH_MAX_BYTES 512

/* Decodes the path of a request target ("/a%20b?x=1" gives "/a b") into out. False when it is no
 * absolute path, longer than fits, has a bad or NUL escape, a control character, a backslash, an
 * empty segment ("//"), or a segment "." or ".." before or after decoding, or an escaped slash. */
bool path_decode(const char *target, char out[PATH_MAX_BYTES]);

#endif
