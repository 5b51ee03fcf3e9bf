/* analyzer/rules/archive.c - the rule files of an archive, read in memory and bounded.
 *
 * Members that are passed over cost as much to unpack as those that are taken, and libarchive skips
 * them in one go. So they are read, too, block by block, and all blocks count. An archive is packed
 * once: of several filters one over the other, the inner ones could work without end on what the
 * outer ones make of little, before the first byte comes out. */
#include "analyzer/rules/sources.h"
#include <archive.h>
#include <archive_entry.h>

#define BLOCK_BYTES (1u << 16)
#define ENTRIES_MAX 100000

struct unpacking {
    struct archive *archive;
    struct sources *sources;
    uint64_t bytes; /* that came out of members */
};

/* Headers count as well: those of a tar are packed with the rest. */
static int count_bytes(struct unpacking *u, size_t bytes, struct err *err)
{
    la_int64_t unpacked = archive_filter_bytes(u->archive, 0);
    u->bytes += bytes;
    bool within = u->bytes <= SOURCES_CAP && unpacked <= (la_int64_t)SOURCES_CAP;
    return within ? 0 : err_set(err, "more than %u MiB when unpacked", SOURCES_CAP >> 20);
}

static int skip_entry(struct unpacking *u, struct err *err)
{
    const void *block;
    size_t len = 0;
    la_int64_t offset;
    int got;
    while ((got = archive_read_data_block(u->archive, &block, &len, &offset)) == ARCHIVE_OK)
        if (count_bytes(u, len, err) != 0)
            return -1;
    /* What cannot be unpacked, nor need be, is no reason to refuse the rest. */
    return got > ARCHIVE_FATAL ? 0 : err_set(err, "%s", archive_error_string(u->archive));
}

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

static int take_entry(struct unpacking *u, const char *name, struct err *err)
{
    size_t len;
    char *text = read_entry(u->archive, &len, err);
    if (!text)
        return err_in(err, "%s", name);
    int rc = count_bytes(u, len, err);
    if (rc == 0)
        rc = sources_take(u->sources, name, bytes_of(text, len), err);
    free(text);
    return rc;
}

static int take_entries(struct unpacking *u, struct err *err)
{
    struct archive *a = u->archive;
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
        bool wanted =
            name && archive_entry_filetype(e) == AE_IFREG && sources_wants(u->sources, name);
        if ((wanted ? take_entry(u, name, err) : skip_entry(u, err)) != 0)
            return -1;
    }
}

/* Where libarchive lacks a library it would run a program instead, and says so with a warning. */
static int allow_filters(struct archive *a, struct err *err)
{
    bool own = archive_read_support_filter_gzip(a) == ARCHIVE_OK &&
               archive_read_support_filter_bzip2(a) == ARCHIVE_OK &&
               archive_read_support_filter_xz(a) == ARCHIVE_OK &&
               archive_read_support_filter_zstd(a) == ARCHIVE_OK;
    return own ? 0 : err_set(err, "%s", archive_error_string(a));
}

static int open_archive(struct archive *a, const char *path, struct err *err)
{
    if (allow_filters(a, err) != 0)
        return -1;
    archive_read_support_format_tar(a);
    archive_read_support_format_zip(a);
    archive_read_support_format_7zip(a);
    archive_read_support_format_cpio(a);
    if (archive_read_open_filename(a, path, BLOCK_BYTES) != ARCHIVE_OK)
        return err_set(err, "neither rules nor an archive: %s", archive_error_string(a));
    /* The file itself counts as one. */
    return archive_filter_count(a) <= 2 ? 0 : err_set(err, "packed more than once");
}

int archive_add(struct sources *s, const char *path, struct err *err)
{
    struct unpacking u = {.archive = archive_read_new(), .sources = s};
    ASSERT(u.archive);
    int rc = open_archive(u.archive, path, err);
    if (rc == 0)
        rc = take_entries(&u, err);
    archive_read_free(u.archive);
    return rc == 0 ? 0 : err_in(err, "%s", path);
}
