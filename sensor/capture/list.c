/* sensor/capture/list.c - the files to replay, oldest first. */
#include "sensor/capture/capture.h"
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#define DEPTH_MAX 32 /* folders within folders; also ends a loop of links */
#define FILES_MAX 1000000

struct found {
    char *path;
    struct timespec mtime;
};
struct found_list {
    struct found *items;
    size_t count, cap;
};

static void found_add(struct found_list *l, const char *path, struct timespec mtime)
{
    if (l->count == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        l->items = realloc(l->items, l->cap * sizeof *l->items);
        ASSERT(l->items);
    }
    char *copy = strdup(path);
    ASSERT(copy);
    l->items[l->count++] = (struct found){copy, mtime};
}

static int found_compare(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->mtime.tv_sec != y->mtime.tv_sec)
        return x->mtime.tv_sec < y->mtime.tv_sec ? -1 : 1;
    if (x->mtime.tv_nsec != y->mtime.tv_nsec)
        return x->mtime.tv_nsec < y->mtime.tv_nsec ? -1 : 1;
    return strcmp(x->path, y->path);
}

/* Hidden files are left out: editors and copying tools put their unfinished ones there. */
static int walk(struct found_list *l, const char *folder, bool recursive, int depth,
                struct err *err)
{
    DIR *d = depth < DEPTH_MAX ? opendir(folder) : (errno = ELOOP, NULL);
    if (!d)
        return err_set(err, "%s: cannot read the directory: %s", folder, strerror(errno));
    int rc = 0;
    for (struct dirent *e; rc == 0 && (e = readdir(d));) {
        char path[4096];
        struct stat st;
        if (e->d_name[0] == '.')
            continue;
        if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= sizeof path)
            rc = err_set(err, "%s: path too long", folder);
        else if (stat(path, &st) != 0)
            continue; /* gone since it was listed, or a dangling link */
        else if (S_ISDIR(st.st_mode) && recursive)
            rc = walk(l, path, recursive, depth + 1, err);
        else if (S_ISREG(st.st_mode) && l->count == FILES_MAX)
            rc = err_set(err, "%s: more than %d files", folder, FILES_MAX);
        else if (S_ISREG(st.st_mode))
            found_add(l, path, st.st_mtim);
    }
    closedir(d);
    return rc;
}

/* Moves the paths out of the list, or frees them. */
static int found_finish(struct found_list *l, int rc, char ***files)
{
    char **paths = NULL;
    if (rc == 0) {
        qsort(l->items, l->count, sizeof *l->items, found_compare);
        paths = calloc(l->count, sizeof *paths);
        ASSERT(paths);
    }
    for (size_t i = 0; i < l->count; i++) {
        if (rc == 0)
            paths[i] = l->items[i].path;
        else
            free(l->items[i].path);
    }
    free(l->items);
    *files = paths;
    return rc == 0 ? (int)l->count : -1;
}

int capture_list(const char *path, bool recursive, char ***files, struct err *err)
{
    struct found_list l = {0};
    struct stat st;
    *files = NULL;
    if (stat(path, &st) != 0)
        return err_set(err, "%s: cannot open: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode)) {
        found_add(&l, path, st.st_mtim);
        return found_finish(&l, 0, files);
    }
    int rc = walk(&l, path, recursive, 0, err);
    if (rc == 0 && l.count == 0)
        rc = err_set(err, "%s: no files in this directory%s", path,
                     recursive ? "" : "; --pcap-file-recursive also looks below it");
    return found_finish(&l, rc, files);
}

void capture_list_free(char **files, int count)
{
    for (int i = 0; files && i < count; i++)
        free(files[i]);
    free(files);
}
