/* sensor/affinity.h - which CPUs threads run on; a thread has those of the one that made it. */
#ifndef SENSOR_AFFINITY_H
#define SENSOR_AFFINITY_H
#include <sched.h>
#include <stdbool.h>

struct affinity {
    bool set;             /* false: the kernel places threads */
    bool balanced;        /* each worker on any of its CPUs, else each on one of its own */
    cpu_set_t workers;    /* not empty */
    cpu_set_t management; /* all other threads */
};

/* Puts the calling thread, and those it makes from here on, where worker `number` belongs. */
void affinity_of_worker(const struct affinity *a, unsigned number);
/* ... where all other threads belong. */
void affinity_of_management(const struct affinity *a);

#endif
