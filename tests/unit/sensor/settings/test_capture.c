/* tests/unit/sensor/settings/test_capture.c - rings, CPUs and counters, by Suricata's names. */
#include "sensor/settings/settings.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SETS_MAX 4

/* -i eth7 with up to SETS_MAX assignments, NULL-terminated; settings_release afterwards. */
static int read_with(struct settings *s, struct err *err, const char *const *sets)
{
    char *argv[5 + 2 * SETS_MAX] = {"sekisho-sensor", "-i", "eth7", "-l", "/nonexistent"};
    int argc = 5;
    for (; *sets; sets++) {
        argv[argc++] = "--set";
        argv[argc++] = (char *)(uintptr_t)*sets;
    }
    return settings_read(s, argc, argv, err);
}

static void settings_read__a_ring_by_interface_or_by_default(void **state)
{
    (void)state;
    static const char *const own[] = {"af-packet.0.interface=default", "af-packet.0.ring-size=1000",
                                      "af-packet.1.interface=eth7", "af-packet.1.ring-size=2000",
                                      NULL};
    static const char *const other[] = {"af-packet.0.interface=eth1", "af-packet.0.ring-size=1000",
                                        "af-packet.1.interface=default",
                                        "af-packet.1.ring-size=3000", NULL};
    static const char *const *const cases[] = {own, other, &own[4]};
    static const size_t want[] = {2000 * 1600, 3000 * 1600, 0};
    for (size_t i = 0; i < 3; i++) {
        struct settings s;
        struct err err;
        assert_int_equal(read_with(&s, &err, cases[i]), SETTINGS_RUN);
        assert_int_equal(s.ring_bytes, want[i]);
        settings_release(&s);
    }
}

static void settings_read__threads_stay_where_they_are_unless_told(void **state)
{
    (void)state;
    struct settings s;
    struct err err;
    const char *const sets[] = {"threading.cpu-affinity.0.worker-cpu-set.cpu.0=999999", NULL};
    assert_int_equal(read_with(&s, &err, sets), SETTINGS_RUN);
    assert_false(s.affinity.set);
    settings_release(&s);
}

static void settings_read__cpus_as_the_peer_lists_them(void **state)
{
    (void)state;
    cpu_set_t there;
    unsigned first = 0;
    char span[96], one[96];
    assert_int_equal(sched_getaffinity(0, sizeof there, &there), 0);
    while (!CPU_ISSET(first, &there))
        first++;
    snprintf(span, sizeof span, "threading.cpu-affinity.1.worker-cpu-set.cpu.0=%u-%u,%u", first,
             first, first);
    snprintf(one, sizeof one, "threading.cpu-affinity.0.management-cpu-set.cpu=%u", first);
    const char *const sets[] = {"threading.set-cpu-affinity=yes", span, one,
                                "threading.cpu-affinity.1.worker-cpu-set.mode=balanced", NULL};
    struct settings s;
    struct err err;
    assert_int_equal(read_with(&s, &err, sets), SETTINGS_RUN);
    assert_true(s.affinity.set && s.affinity.balanced);
    assert_int_equal(CPU_COUNT(&s.affinity.workers), 1);
    assert_true(CPU_ISSET(first, &s.affinity.workers));
    assert_true(CPU_EQUAL(&s.affinity.workers, &s.affinity.management));
    settings_release(&s);
    const char *const all[] = {"threading.set-cpu-affinity=yes",
                               "threading.cpu-affinity.0.worker-cpu-set.cpu.0=all", NULL};
    assert_int_equal(read_with(&s, &err, all), SETTINGS_RUN);
    assert_true(CPU_EQUAL(&s.affinity.workers, &there));
    assert_false(s.affinity.balanced);
    settings_release(&s);
}

static void settings_read__what_cannot_be_is_one_line(void **state)
{
    (void)state;
    static const char *const bad[] = {"threading.cpu-affinity.0.worker-cpu-set.cpu=999999",
                                      "threading.cpu-affinity.0.worker-cpu-set.cpu=3-1",
                                      "threading.cpu-affinity.0.worker-cpu-set.cpu=0-",
                                      "threading.cpu-affinity.0.worker-cpu-set.cpu=x",
                                      "threading.cpu-affinity.0.worker-cpu-set.cpu=",
                                      "threading.cpu-affinity.0.worker-cpu-set.mode=some",
                                      "stats.interval=0",
                                      "stats.interval=8s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct settings s;
        struct err err = {{0}};
        const char *const sets[] = {"threading.set-cpu-affinity=yes", bad[i], NULL};
        assert_int_equal(read_with(&s, &err, sets), SETTINGS_BAD);
        assert_memory_equal(err.text, bad[i], strcspn(bad[i], "="));
        settings_release(&s);
    }
    struct settings s;
    struct err err = {{0}};
    const char *const ring[] = {"af-packet.0.interface=eth7", "af-packet.0.ring-size=0", NULL};
    assert_int_equal(read_with(&s, &err, ring), SETTINGS_BAD);
    assert_string_equal(err.text, "af-packet.0.ring-size: '0'; wants 1 to 2000000 packets");
    settings_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_read__a_ring_by_interface_or_by_default),
        cmocka_unit_test(settings_read__threads_stay_where_they_are_unless_told),
        cmocka_unit_test(settings_read__cpus_as_the_peer_lists_them),
        cmocka_unit_test(settings_read__what_cannot_be_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
