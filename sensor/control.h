/* sensor/control.h - one thread for what comes from outside while packets flow: SIGUSR2 and the
 * control socket; it watches over reloads and frees rule sets that nobody uses any more. */
#ifndef SENSOR_CONTROL_H
#define SENSOR_CONTROL_H
#include "sensor/collector.h"
#include "sensor/rule_load.h"

struct control_options {
    int argc;
    char **argv;
    const char *socket_path; /* NULL: none */
    bool socket_wanted;      /* without it control_new() fails; else that is a warning */
    struct rule_switch *rules;
    struct shared *shared; /* what the sets of rules lie in */
    const char *interface; /* NULL in replay */
    bool xdp;              /* it is read through AF_XDP */
    unsigned workers;
    atomic_bool *stop; /* set by the command `shutdown` */
};

struct control;
/* Before privileges are dropped: it binds. Takes over the report of the first load. NULL and err.
 */
struct control *control_new(const struct control_options *o, struct rule_load *first,
                            struct err *err);
/* Runs the thread until control_free(), which waits for a reload under way. */
void control_start(struct control *c, struct collector *collector);
void control_free(struct control *c);
/* SIGUSR2. Async-signal-safe. */
void control_ask_reload(struct control *c);

#endif
