/* analyzer/programs/places.c - see places.h. */
#include "analyzer/programs/places.h"
#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <unistd.h>

/* The folder of this program, without its final slash; "" when the kernel does not say. */
static void own_folder(char out[PLACE_MAX])
{
    ssize_t n = readlink("/proc/self/exe", out, PLACE_MAX - 1);
    out[n > 0 ? n : 0] = 0;
    char *slash = strrchr(out, '/');
    if (slash)
        *slash = 0;
}

int place_program(const char *name, char out[PLACE_MAX], struct err *err)
{
    char folder[PLACE_MAX];
    own_folder(folder);
    int n = snprintf(out, PLACE_MAX, "%s/%s", folder, name);
    if (n >= PLACE_MAX || access(out, X_OK) != 0)
        return err_set(err, "%s/%s cannot be run: %s; `make` builds it", folder, name,
                       strerror(errno));
    return 0;
}

int place_private(char out[PLACE_MAX], struct err *err)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(out, PLACE_MAX, "%s/sekisho-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(out))
        return err_set(err, "cannot make a folder %s: %s", out, strerror(errno));
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    remove(path);
    return 0;
}

void place_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
