/* analyzer/http/files.c - see files.h. */
#include "analyzer/http/files.h"
#include "common/file.h"
#include "common/text.h"
#include <dirent.h>
#include <sodium.h>
#include <sys/stat.h>

enum { FILES_MAX = 256, FILE_BYTES_MAX = 4 << 20, DEPTH_MAX = 6 };

struct files {
    struct file_entry list[FILES_MAX];
    size_t count;
};

static const struct {
    const char *ending, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},        {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},          {".svg", "image/svg+xml"},
    {".json", "application/json; charset=utf-8"}, {".ico", "image/x-icon"},
};

static const char *type_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(dot, types[i].ending) == 0)
            return types[i].type;
    return NULL;
}

static void etag_make(struct bytes content, char out[36])
{
    uint8_t hash[16];
    char hex[33];
    crypto_generichash(hash, sizeof hash, content.p, content.len, NULL, 0);
    text_hex(bytes_of(hash, sizeof hash), hex);
    snprintf(out, 36, "\"%s\"", hex);
}

static int file_add(struct files *f, const char *full, const char *url, const char *type,
                    struct err *err)
{
    size_t len;
    if (f->count == FILES_MAX)
        return err_set(err, "%s: more than %d files in the console's folder", full, FILES_MAX);
    char *text = file_read(full, FILE_BYTES_MAX, &len, err);
    if (!text)
        return -1;
    struct file_entry *e = &f->list[f->count++];
    *e = (struct file_entry){strdup(url), type, bytes_of(text, len), ""};
    ASSERT(e->path);
    etag_make(e->content, e->etag);
    return 0;
}

static int walk(struct files *f, const char *dir, const char *url, int depth, struct err *err);

static int entry_add(struct files *f, const char *dir, const char *url, const char *name, int depth,
                     struct err *err)
{
    char full[4096], below[512];
    struct stat st;
    if (snprintf(full, sizeof full, "%s/%s", dir, name) >= (int)sizeof full ||
        snprintf(below, sizeof below, "%s/%s", url, name) >= (int)sizeof below)
        return err_set(err, "%s: name too long", dir);
    if (stat(full, &st) != 0)
        return err_set(err, "%s: cannot read", full);
    if (S_ISDIR(st.st_mode))
        return walk(f, full, below, depth + 1, err);
    const char *type = type_of(name);
    return type && S_ISREG(st.st_mode) ? file_add(f, full, below, type, err) : 0;
}

static int walk(struct files *f, const char *dir, const char *url, int depth, struct err *err)
{
    if (depth > DEPTH_MAX)
        return err_set(err, "%s: folders nested too deep", dir);
    DIR *d = opendir(dir);
    if (!d)
        return err_set(err, "%s: no such folder; --console names the one with the console's pages",
                       dir);
    int rc = 0;
    for (struct dirent *e; rc == 0 && (e = readdir(d));)
        if (e->d_name[0] != '.')
            rc = entry_add(f, dir, url, e->d_name, depth, err);
    closedir(d);
    return rc;
}

struct files *files_load(const char *dir, struct err *err)
{
    struct files *f = calloc(1, sizeof *f);
    ASSERT(f);
    if (walk(f, dir, "", 0, err) == 0) {
        if (files_find(f, "/"))
            return f;
        err_set(err, "%s: no index.html; --console names the folder with the console's pages", dir);
    }
    files_free(f);
    return NULL;
}

void files_free(struct files *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++) {
        free(f->list[i].path);
        free((void *)(uintptr_t)f->list[i].content.p);
    }
    free(f);
}

const struct file_entry *files_find(const struct files *f, const char *path)
{
    if (strcmp(path, "/") == 0)
        path = "/index.html";
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->list[i].path, path) == 0)
            return &f->list[i];
    return NULL;
}
