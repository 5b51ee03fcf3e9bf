/* analyzer/http/files.h - the console's files, read into memory once at start.
 *
 * No request ever opens a file: what was not found at start does not exist. */
#ifndef HTTP_FILES_H
#define HTTP_FILES_H
#include "common/bytes.h"
#include "common/err.h"

struct file_entry {
    char *path; /* "/js/app.js" */
    const char *type;
    struct bytes content;
    char etag[36]; /* quoted */
};
struct files;

/* Every file below dir with an ending the console uses (html, js, css, svg, json, ico); names that
 * begin with a dot are left out. NULL and err: no such folder, no index.html in it, too large. */
struct files *files_load(const char *dir, struct err *err);
void files_free(struct files *f);
/* "/" finds "/index.html". NULL when there is none. */
const struct file_entry *files_find(const struct files *f, const char *path);

#endif
