/* sensor/profile.c - see profile.h. Its list of threads is a global: an instrument, in no other
 * build. */
#include "sensor/profile.h"

#ifdef SEKISHO_PROFILE
#include "common/err.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <x86intrin.h>

struct clock {
    uint64_t cycles[ROOM_COUNT], visits[ROOM_COUNT], since;
    enum profile_room now;
    struct clock *next;
};

static _Atomic(struct clock *) clocks;
static _Thread_local struct clock *mine;

static struct clock *start(void)
{
    struct clock *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->now = ROOM_PATH;
    c->since = __rdtsc();
    c->next = atomic_load(&clocks);
    while (!atomic_compare_exchange_weak(&clocks, &c->next, c))
        ;
    return c;
}

enum profile_room profile_enter(enum profile_room room)
{
    if (!mine)
        mine = start();
    uint64_t now = __rdtsc();
    enum profile_room was = mine->now;
    mine->cycles[was] += now - mine->since;
    mine->visits[room]++;
    mine->since = now;
    mine->now = room;
    return was;
}

/* Cycles of entering a room and leaving it again. */
static uint64_t cost_of_a_mark(void)
{
    enum { TIMES = 1000 };
    uint64_t before = __rdtsc();
    for (int i = 0; i < TIMES; i++)
        IN_ROOM(WAIT, (void)0);
    return (__rdtsc() - before) / TIMES;
}

void profile_print(FILE *out, uint64_t packets)
{
    static const char *const names[ROOM_COUNT] = {
#define X(name) [ROOM_##name] = #name,
        PROFILE_ROOMS(X)
#undef X
    };
    uint64_t cycles[ROOM_COUNT] = {0}, visits[ROOM_COUNT] = {0}, all = 0;
    for (const struct clock *c = atomic_load(&clocks); c; c = c->next)
        for (int r = 0; r < ROOM_COUNT; r++) {
            cycles[r] += c->cycles[r];
            visits[r] += c->visits[r];
            all += r == ROOM_WAIT ? 0 : c->cycles[r];
        }
    if (!packets || !all)
        return;
    fprintf(out, "profile: %" PRIu64 " packets, a mark costs %" PRIu64 " cycles\n", packets,
            cost_of_a_mark());
    fprintf(out, "%-10s %14s %7s %14s\n", "room", "cycles/packet", "share", "marks/packet");
    for (int r = 0; r < ROOM_WAIT; r++)
        fprintf(out, "%-10s %14.0f %6.1f%% %14.2f\n", names[r], (double)cycles[r] / (double)packets,
                100 * (double)cycles[r] / (double)all, (double)visits[r] / (double)packets);
    fprintf(out, "%-10s %14.0f\n", "ALL", (double)all / (double)packets);
}
#endif
