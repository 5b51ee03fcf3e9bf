/* common/shared.c - see shared.h. */
#include "common/shared.h"
#include <string.h>
#include <unistd.h>

#define LEVELS_UP 4 /* build/, build/SANITIZER/, bin/ */

int shared_find(const char *name, char out[SHARED_PATH_MAX], struct err *err)
{
    static const char *const below[] = {"", "share/sekisho/"};
    char folder[SHARED_PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
    folder[n > 0 ? n : 0] = 0;
    for (int up = 0; up < LEVELS_UP; up++) {
        char *slash = strrchr(folder, '/');
        if (!slash)
            break;
        *slash = 0;
        for (int i = 0; i < 2; i++)
            if (snprintf(out, SHARED_PATH_MAX, "%s/%s%s", folder, below[i], name) <
                    SHARED_PATH_MAX &&
                access(out, R_OK) == 0)
                return 0;
    }
    return err_set(err,
                   "%s is neither in the tree this program was built in nor in share/sekisho; "
                   "`make install` puts it there",
                   name);
}
