/* sensor/control_state.h - what the control thread and its commands share. */
#ifndef SENSOR_CONTROL_STATE_H
#define SENSOR_CONTROL_STATE_H
#include "sensor/control.h"
#include "sensor/control/server.h"
#include "sensor/reload.h"

struct control {
    struct control_options options;
    struct collector *collector;
    struct control_server *server; /* NULL: no socket */
    struct reload *reload;
    uint64_t started_us; /* monotonic */
    int wake_fd;         /* eventfd: something to look at */
    atomic_bool reload_asked, ending;
    size_t older;   /* rule sets that are still held */
    bool switching; /* a new one is in force, and some worker has not taken it up */
    pthread_t thread;
    bool running;
};

/* control.c: begins a reload. False when one is under way, to its very end. */
bool control_reload(struct control *c);
/* control_commands.c: one command of the socket. ctx is the struct control. */
enum control_outcome control_command(void *ctx, const char *command, const cJSON *arguments,
                                     struct json *answer);

#endif
