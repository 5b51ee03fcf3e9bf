/* analyzer/programs/control.c - see control.h. */
#include "analyzer/programs/control.h"
#include "common/bytes.h"
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_CAP (64u << 20)
#define PATIENCE_S 600 /* compiling rules takes a while */
#define GREETING   "{\"version\":\"0.2\"}\n"

static int connect_to(const char *path, struct err *err)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    if (strlen(path) >= sizeof a.sun_path)
        return err_set(err, "%s: a socket's path has at most %zu characters", path,
                       sizeof a.sun_path - 1);
    memcpy(a.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof a) == 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        return fd;
    }
    err_set(err, "%s: no sensor answers: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static int send_all(int fd, const char *text, struct err *err)
{
    for (size_t left = strlen(text); left;) {
        ssize_t n = send(fd, text, left, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set(err, "the sensor hung up: %s", strerror(errno));
        text += n;
        left -= (size_t)n;
    }
    return 0;
}

static char *with_room(char *text, size_t used, size_t *cap)
{
    if (*cap - used >= 4096)
        return text;
    *cap = *cap ? *cap * 2 : 8192;
    text = realloc(text, *cap);
    ASSERT(text);
    return text;
}

/* One line, the caller's to free. */
static char *read_line(int fd, struct err *err)
{
    char *text = NULL;
    size_t used = 0, cap = 0;
    while (used < ANSWER_CAP) {
        text = with_room(text, used, &cap);
        ssize_t n = recv(fd, text + used, cap - used - 1, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        used += (size_t)n;
        if (text[used - 1] == '\n') {
            text[used - 1] = 0;
            return text;
        }
    }
    err_set(err, "the sensor gave no whole answer");
    free(text);
    return NULL;
}

static cJSON *exchange(int fd, const char *message, bool *done, struct err *err)
{
    char *line = send_all(fd, message, err) == 0 ? read_line(fd, err) : NULL;
    if (!line)
        return NULL;
    cJSON *answer = cJSON_Parse(line);
    free(line);
    const char *result = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "return"));
    if (!result) {
        err_set(err, "what answers is no sensor");
        cJSON_Delete(answer);
        return NULL;
    }
    *done = strcmp(result, "OK") == 0;
    return answer;
}

static char *message_of(const char *command, const cJSON *arguments)
{
    cJSON *message = cJSON_CreateObject();
    cJSON_AddStringToObject(message, "command", command);
    if (arguments)
        cJSON_AddItemToObject(message, "arguments", cJSON_Duplicate(arguments, true));
    char *text = cJSON_PrintUnformatted(message);
    ASSERT(text);
    cJSON_Delete(message);
    return text;
}

cJSON *control_ask(const char *path, const char *command, const cJSON *arguments, bool *done,
                   struct err *err)
{
    int fd = connect_to(path, err);
    if (fd < 0)
        return NULL;
    char *message = message_of(command, arguments);
    cJSON *greeted = exchange(fd, GREETING, done, err);
    cJSON *answer = greeted ? exchange(fd, message, done, err) : NULL;
    cJSON *said = answer ? cJSON_DetachItemFromObjectCaseSensitive(answer, "message") : NULL;
    if (answer && !said)
        said = cJSON_CreateNull();
    cJSON_Delete(greeted);
    cJSON_Delete(answer);
    free(message);
    close(fd);
    return said;
}
