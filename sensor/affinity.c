/* sensor/affinity.c - see affinity.h; sched_setaffinity(2). That the CPUs are there was checked
 * with the settings. */
#include "sensor/affinity.h"

static unsigned nth_of(const cpu_set_t *set, unsigned n)
{
    unsigned cpu = 0;
    n %= (unsigned)CPU_COUNT(set);
    for (;; cpu++)
        if (CPU_ISSET(cpu, set) && n-- == 0)
            return cpu;
}

void affinity_of_worker(const struct affinity *a, unsigned number)
{
    if (!a->set)
        return;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(nth_of(&a->workers, number), &one);
    sched_setaffinity(0, sizeof one, a->balanced ? &a->workers : &one);
}

void affinity_of_management(const struct affinity *a)
{
    if (a->set)
        sched_setaffinity(0, sizeof a->management, &a->management);
}
