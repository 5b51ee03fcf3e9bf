/* Workers take turns in packet order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include "sensor/detect/turn.h"

enum { WORKERS = 4, PLACES = 4000 };

struct race {
    struct turns turns;
    pthread_mutex_t lock;
    unsigned order[PLACES];
    size_t count;
};
struct runner {
    struct race *race;
    unsigned number;
};

/* Worker i has the places i, i + WORKERS, ...; it looks beyond its flows at every third of all. */
static void *run(void *arg)
{
    struct runner *r = arg;
    struct race *race = r->race;
    for (unsigned at = r->number; at < PLACES; at += WORKERS) {
        turn_at(&race->turns, r->number, at / 2, at % 2);
        if (at % 3)
            continue;
        turn_wait(&race->turns, r->number);
        pthread_mutex_lock(&race->lock);
        race->order[race->count++] = at;
        pthread_mutex_unlock(&race->lock);
    }
    turn_at(&race->turns, r->number, UINT64_MAX, 0);
    return NULL;
}

static void turn__what_is_shared_changes_in_packet_order(void **state)
{
    (void)state;
    struct race race = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct runner runners[WORKERS];
    pthread_t threads[WORKERS];
    turns_init(&race.turns, WORKERS);
    for (unsigned i = 0; i < WORKERS; i++) {
        runners[i] = (struct runner){&race, i};
        assert_int_equal(pthread_create(&threads[i], NULL, run, &runners[i]), 0);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(race.count, (PLACES + 2) / 3);
    for (size_t i = 0; i < race.count; i++)
        assert_int_equal(race.order[i], i * 3);
    turns_release(&race.turns);
}

static void turn__a_place_before_the_last_is_taken_as_the_last(void **state)
{
    (void)state;
    struct turns t;
    turns_init(&t, 2);
    turn_at(&t, 0, 7, 3);
    turn_at(&t, 0, 6, 9);
    turn_at(&t, 0, 7, 1);
    turn_at(&t, 1, 7, 2);
    turn_wait(&t, 1); /* returns: worker 0 is at 7, 3 still */
    turns_release(&t);
}

static void turn__one_worker_waits_for_nobody(void **state)
{
    (void)state;
    struct turns t;
    turns_init(&t, 1);
    turn_at(&t, 0, 1, 0);
    turn_wait(&t, 0);
    assert_null(t.places);
    turns_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turn__what_is_shared_changes_in_packet_order),
        cmocka_unit_test(turn__a_place_before_the_last_is_taken_as_the_last),
        cmocka_unit_test(turn__one_worker_waits_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
