/* sensor/profile.h - where a packet's cycles go, room by room.
 *
 * Only a build with PROFILE=1 counts; in any other IN_ROOM() is the expression alone. The clock is
 * always in one room: a mark moves it into another and back, so what is nested is not counted
 * twice. Each mark reads the time stamp counter twice, which is in the figures: profile_print()
 * says what that costs. The counter goes on while a thread is off its processor; a busy machine
 * shows. */
#ifndef SENSOR_PROFILE_H
#define SENSOR_PROFILE_H
#include <stdint.h>
#include <stdio.h>

/* PATH is what is between the rooms: hand-over between threads, the order of records; WAIT is
 * waiting for another thread, and in no sum. */
#define PROFILE_ROOMS(X)                                                                           \
    X(PATH)                                                                                        \
    X(CAPTURE)                                                                                     \
    X(DECODE)                                                                                      \
    X(FLOW)                                                                                        \
    X(STREAM)                                                                                      \
    X(APP)                                                                                         \
    X(DPI)                                                                                         \
    X(PREFILTER)                                                                                   \
    X(INSPECT)                                                                                     \
    X(ANOMALY)                                                                                     \
    X(OUTPUT)                                                                                      \
    X(WAIT)

enum profile_room {
#define X(name) ROOM_##name,
    PROFILE_ROOMS(X)
#undef X
        ROOM_COUNT
};

#ifdef SEKISHO_PROFILE
/* IN_ROOM(FLOW, expression): the expression's value, its cycles in that room. */
#define IN_ROOM(room, ...)                                                                         \
    __extension__({                                                                                \
        __attribute__((cleanup(profile_back))) enum profile_room was_ =                            \
            profile_enter(ROOM_##room);                                                            \
        (void)was_;                                                                                \
        __VA_ARGS__;                                                                               \
    })

/* Moves this thread's clock into the room; returns the one it was in. */
enum profile_room profile_enter(enum profile_room room);
static inline void profile_back(const enum profile_room *was)
{
    profile_enter(*was);
}
/* The table, cycles per packet; call once, when no other thread is in a room any more. */
void profile_print(FILE *out, uint64_t packets);
#else
#define IN_ROOM(room, ...) (__VA_ARGS__)
static inline void profile_print(FILE *out, uint64_t packets)
{
    (void)out, (void)packets;
}
#endif

#endif
