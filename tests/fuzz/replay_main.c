/* tests/fuzz/replay_main.c - runs a fuzz target over the files of the folders given. */
#include <dirent.h>
#include "common/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    struct err err;
    size_t len = 0;
    char *text = file_read(path, 64 << 20, &len, &err);
    if (!text) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    uint8_t *exact =
        malloc(len ? len : 1); /* no slack behind it, so that sanitizers see an overrun */
    ASSERT(exact);
    memcpy(exact, text, len);
    free(text);
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    return 0;
}

static int replay_folder(const char *folder)
{
    DIR *d = opendir(folder);
    if (!d) {
        fprintf(stderr, "%s: no seeds here\n", folder);
        return -1;
    }
    int count = 0;
    for (struct dirent *e; (e = readdir(d));) {
        char path[4096];
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (replay_file(path) != 0)
            break;
        count++;
    }
    closedir(d);
    printf("%s: %d inputs\n", folder, count);
    return count > 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (replay_folder(argv[i]) != 0)
            return 1;
    return argc > 1 ? 0 : 2;
}
