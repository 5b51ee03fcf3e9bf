/* analyzer/rules/sources.h - rule files from wherever they are kept, into one folder.
 *
 * A source is a rule file, a folder with rule files below it, an archive (.tar, plain or packed
 * with gzip, bzip2, xz or zstd, .zip, .7z, .cpio) or a URL (http, https) of one of these. Of an
 * archive only what ends in
 * ".rules" is taken, under a name of our own: nothing in it says where a file is written. */
#ifndef RULES_SOURCES_H
#define RULES_SOURCES_H
#include "common/bytes.h"
#include "common/err.h"

struct source_file {
    char *name; /* with its folders, as in the source: "rules/emerging-dns.rules" */
    char *path; /* where it is now */
};
struct sources {
    const char *folder; /* an empty one; borrowed */
    const char *ignore; /* glob of names that are passed over; NULL: none */
    struct source_file *files;
    size_t count;
    uint64_t bytes;
};

/* All rule files of one source. 0, or -1 and err. */
int sources_add(struct sources *s, const char *where, struct err *err);
/* Puts the files in order of their names, and their paths in the same. */
int sources_sort(struct sources *s, struct err *err);
void sources_release(struct sources *s);

/* sources.c, for its parts: one rule file's content. */
int sources_take(struct sources *s, const char *name, struct bytes content, struct err *err);
bool sources_wants(const struct sources *s, const char *name);
#define SOURCE_FILE_CAP (128u << 20)
#define SOURCES_CAP     (1u << 30) /* all together, and all of one archive, unpacked */

/* archive.c */
int archive_add(struct sources *s, const char *path, struct err *err);
/* fetch.c: what a URL gives, at most cap_bytes, into a file. From https it does not lead to http.
 */
int fetch_url(const char *url, const char *path, uint64_t cap_bytes, struct err *err);
#define DOWNLOAD_CAP (512u << 20)

#endif
