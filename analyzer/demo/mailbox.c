/* analyzer/demo/mailbox.c - what lies in the maildir. */
#include "analyzer/demo/demo.h"
#include <dirent.h>
#include <string.h>

/* The receiver notes the envelope's recipients as "X-RcptTo: a@b, c@d" among the headers. */
static bool is_for(const char *path, const char *address)
{
    FILE *in = fopen(path, "r");
    char line[2048];
    bool found = false;
    if (!in)
        return false;
    while (!found && fgets(line, sizeof line, in) && line[0] != '\n' && line[0] != '\r')
        found = strncasecmp(line, "X-RcptTo:", 9) == 0 && strstr(line, address) != NULL;
    fclose(in);
    return found;
}

size_t mailbox_count(const char *maildir, const char *address)
{
    char folder[DEMO_PATH_MAX + 8], path[DEMO_PATH_MAX + 300];
    size_t count = 0;
    snprintf(folder, sizeof folder, "%s/new", maildir);
    DIR *dir = opendir(folder);
    if (!dir)
        return 0;
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        count += is_for(path, address);
    }
    closedir(dir);
    return count;
}
