/* analyzer/rules/sources.c - see sources.h. */
#include "analyzer/rules/sources.h"
#include "common/file.h"
#include <errno.h>
#include <fnmatch.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_CAP 4096

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), k = strlen(end);
    return n >= k && strcasecmp(text + n - k, end) == 0;
}

bool sources_wants(const struct sources *s, const char *name)
{
    const char *slash = strrchr(name, '/');
    return ends_with(name, ".rules") &&
           !(s->ignore && fnmatch(s->ignore, slash ? slash + 1 : name, 0) == 0);
}

int sources_take(struct sources *s, const char *name, struct bytes content, struct err *err)
{
    char path[PATH_CAP];
    s->bytes += content.len;
    if (s->bytes > SOURCES_CAP)
        return err_set(err, "%s: more than %u MiB of rules", name, SOURCES_CAP >> 20);
    snprintf(path, sizeof path, "%s/taken-%zu", s->folder, s->count);
    if (file_replace(path, content, err) != 0)
        return -1;
    s->files = realloc(s->files, (s->count + 1) * sizeof *s->files);
    ASSERT(s->files);
    s->files[s->count] = (struct source_file){.name = strdup(name), .path = strdup(path)};
    ASSERT(s->files[s->count].name && s->files[s->count].path);
    s->count++;
    return 0;
}

static int take_file(struct sources *s, const char *path, const char *name, struct err *err)
{
    size_t len;
    char *text = file_read(path, SOURCE_FILE_CAP, &len, err);
    if (!text)
        return -1;
    int rc = sources_take(s, name, bytes_of(text, len), err);
    free(text);
    return rc;
}

/* Links are not followed: a folder of rules needs none, and a circle never ends. */
static int take_folder(struct sources *s, const char *folder, struct err *err)
{
    char *const roots[] = {(char *)(uintptr_t)folder, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *e;
    int rc = walk ? 0 : err_set(err, "%s: %s", folder, strerror(errno));
    while (rc == 0 && (e = fts_read(walk))) {
        const char *name = e->fts_path + strlen(folder);
        name += strspn(name, "/");
        if (e->fts_info == FTS_F && sources_wants(s, name))
            rc = take_file(s, e->fts_path, name, err);
    }
    if (walk)
        fts_close(walk);
    return rc;
}

static int take_path(struct sources *s, const char *path, const char *name, struct err *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return err_set(err, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return take_folder(s, path, err);
    const char *slash = strrchr(name, '/');
    return ends_with(name, ".rules") ? take_file(s, path, slash ? slash + 1 : name, err)
                                     : archive_add(s, path, err);
}

static int take_url(struct sources *s, const char *url, struct err *err)
{
    char path[PATH_CAP], name[PATH_CAP];
    snprintf(path, sizeof path, "%s/fetched", s->folder);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(url, "?#"), url);
    int rc = fetch_url(url, path, DOWNLOAD_CAP, err);
    if (rc == 0 && take_path(s, path, name, err) != 0)
        rc = err_in(err, "%s", url);
    unlink(path);
    return rc;
}

int sources_add(struct sources *s, const char *where, struct err *err)
{
    size_t before = s->count;
    int rc = strstr(where, "://") ? take_url(s, where, err) : take_path(s, where, where, err);
    if (rc == 0 && s->count == before)
        return err_set(err, "%s: no rule files (*.rules) in it", where);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct source_file *)a)->name, ((const struct source_file *)b)->name);
}

int sources_sort(struct sources *s, struct err *err)
{
    if (s->count)
        qsort(s->files, s->count, sizeof *s->files, by_name);
    for (size_t i = 0; i < s->count; i++) {
        char path[PATH_CAP];
        snprintf(path, sizeof path, "%s/%06zu.rules", s->folder, i);
        if (rename(s->files[i].path, path) != 0)
            return err_set(err, "%s: %s", path, strerror(errno));
        free(s->files[i].path);
        s->files[i].path = strdup(path);
        ASSERT(s->files[i].path);
    }
    return 0;
}

void sources_release(struct sources *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->files[i].name);
        free(s->files[i].path);
    }
    free(s->files);
    s->files = NULL;
    s->count = 0;
}
