/* analyzer/rules/archive.c - the rule files of an archive, read in memory and bounded. */
#include "analyzer/rules/sources.h"
#include <archive.h>
#include <archive_entry.h>

#define BLOCK_BYTES (1u << 16)
#define ENTRIES_MAX 100000

/* The content of the entry at hand, the caller's to free; NULL and err. */
static char *read_entry(struct archive *a, size_t *len, struct err *err)
{
    char *text = NULL;
    size_t cap = 0;
    *len = 0;
    for (;;) {
        if (cap - *len < BLOCK_BYTES) {
            cap = cap ? cap * 2 : 4 * BLOCK_BYTES;
            text = realloc(text, cap);
            ASSERT(text);
        }
        la_ssize_t n = archive_read_data(a, text + *len, cap - *len);
        if (n == 0)
            return text;
        if (n > 0 && (*len += (size_t)n) <= SOURCE_FILE_CAP)
            continue;
        err_set(err, n < 0 ? "%s" : "a rule file larger than allowed%.0s", archive_error_string(a));
        free(text);
        return NULL;
    }
}

static int take_entry(struct sources *s, struct archive *a, const char *name, struct err *err)
{
    size_t len;
    char *text = read_entry(a, &len, err);
    if (!text)
        return err_in(err, "%s", name);
    int rc = sources_take(s, name, bytes_of(text, len), err);
    free(text);
    return rc;
}

static int take_entries(struct sources *s, struct archive *a, struct err *err)
{
    struct archive_entry *e;
    for (unsigned n = 0;; n++) {
        int got = archive_read_next_header(a, &e);
        if (got == ARCHIVE_EOF)
            return 0;
        if (got < ARCHIVE_WARN)
            return err_set(err, "%s", archive_error_string(a));
        if (n == ENTRIES_MAX)
            return err_set(err, "more than %d files in it", ENTRIES_MAX);
        const char *name = archive_entry_pathname(e);
        bool wanted = name && archive_entry_filetype(e) == AE_IFREG && sources_wants(s, name);
        if (wanted && take_entry(s, a, name, err) != 0)
            return -1;
    }
}

int archive_add(struct sources *s, const char *path, struct err *err)
{
    struct archive *a = archive_read_new();
    ASSERT(a);
    archive_read_support_filter_all(a);
    archive_read_support_format_tar(a);
    archive_read_support_format_zip(a);
    archive_read_support_format_7zip(a);
    archive_read_support_format_cpio(a);
    int rc = archive_read_open_filename(a, path, BLOCK_BYTES) == ARCHIVE_OK
                 ? take_entries(s, a, err)
                 : err_set(err, "neither rules nor an archive: %s", archive_error_string(a));
    archive_read_free(a);
    return rc == 0 ? 0 : err_in(err, "%s", path);
}
