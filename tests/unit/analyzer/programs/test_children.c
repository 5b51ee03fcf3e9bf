/* Programs started, watched and ended. */
#include "analyzer/programs/children.h"
#include "analyzer/programs/places.h"
#include "common/file.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

struct world {
    struct children children;
    char folder[PLACE_MAX], log[PLACE_MAX + 16];
};

static int world_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    children_init(&w->children);
    assert_int_equal(place_private(w->folder, NULL), 0);
    snprintf(w->log, sizeof w->log, "%s/log", w->folder);
    *state = w;
    return 0;
}

static int world_down(void **state)
{
    struct world *w = *state;
    children_end(&w->children);
    place_remove(w->folder);
    free(w);
    return 0;
}

static const struct child *shell(struct world *w, const char *script)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    const struct child *ch = children_start(&w->children, "a shell", argv, w->log, -1, NULL);
    assert_non_null(ch);
    return ch;
}

static int run(struct world *w, const char *script, struct err *err)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    return child_run(&w->children, "a shell", argv, w->log, -1, err);
}

/* Gone, or dead and waiting for an init that does not care. */
static bool is_gone(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    char *stat = file_read(path, 4096, NULL, NULL);
    const char *name_end = stat ? strrchr(stat, ')') : NULL;
    bool gone = !name_end || name_end[1] == 0 || name_end[2] == 'Z' || name_end[2] == 'X';
    free(stat);
    return gone;
}

static void child_wait__gives_the_exit_status(void **state)
{
    struct world *w = *state;
    const struct child *good = shell(w, "exit 0"), *bad = shell(w, "exit 7");
    assert_true(child_wait(&w->children, good));
    assert_true(child_wait(&w->children, bad));
    assert_int_equal(good->status, 0);
    assert_int_equal(bad->status, 7);
}

static void child_run__tells_success_failure_and_interruption(void **state)
{
    struct world *w = *state;
    struct err err;
    const struct child *other = shell(w, "exec sleep 1000");
    for (int i = 0; i < 2 * CHILDREN_MAX; i++) /* what has ended takes no room */
        assert_int_equal(run(w, "exit 0", &err), 0);
    assert_int_equal(run(w, "echo 'out of ideas' >&2; exit 3", &err), -1);
    assert_string_equal(err.text, "a shell ended with status 3: out of ideas");
    assert_int_equal(run(w, "kill -TERM $PPID; exec sleep 1000", &err), -1);
    assert_string_equal(err.text, "interrupted");
    assert_int_equal(w->children.count, 1);
    assert_true(other->running); /* the other one is its owner's to end */
}

static void child_failure__quotes_the_last_line_it_said(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    const struct child *ch = shell(w, "echo first; echo no such moon >&2; echo; exit 3");
    child_wait(&w->children, ch);
    assert_int_equal(child_failure(ch, &err), -1);
    assert_string_equal(err.text, "a shell ended with status 3: no such moon");
}

static void children_start__program_that_is_not_there_ends_with_127(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    const char *argv[] = {"no-such-program-here", NULL};
    const struct child *ch = children_start(&w->children, "nobody", argv, w->log, -1, &err);
    assert_non_null(ch);
    child_wait(&w->children, ch);
    assert_int_equal(ch->status, 127);
    child_failure(ch, &err);
    assert_non_null(strstr(err.text, "cannot start no-such-program-here"));
}

static void children_start__hands_output_to_the_descriptor_given(void **state)
{
    struct world *w = *state;
    int ends[2];
    char said[8] = {0};
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const char *argv[] = {"echo", "tide", NULL};
    assert_non_null(children_start(&w->children, "echo", argv, w->log, ends[1], NULL));
    close(ends[1]);
    assert_int_equal(read(ends[0], said, sizeof said - 1), 5);
    assert_string_equal(said, "tide\n");
    close(ends[0]);
}

static void children_start__refuses_more_than_it_holds(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    const char *argv[] = {"true", NULL};
    for (int i = 0; i < CHILDREN_MAX; i++)
        assert_non_null(children_start(&w->children, "true", argv, w->log, -1, &err));
    assert_null(children_start(&w->children, "one more", argv, w->log, -1, &err));
    assert_string_equal(err.text, "cannot start one more: already 16 programs");
}

static void children_end__ends_a_program_and_what_it_started(void **state)
{
    struct world *w = *state;
    const struct child *ch = shell(w, "sleep 1000 & echo $! >&2; wait");
    char *said = NULL;
    while (!said || !strchr(said, '\n')) {
        free(said);
        assert_true(children_pause(&w->children, 10));
        said = file_read(w->log, 64, NULL, NULL);
    }
    pid_t grandchild = (pid_t)strtol(said, NULL, 10);
    free(said);
    children_end(&w->children);
    assert_false(ch->running);
    assert_true(is_gone(ch->pid));
    while (!is_gone(grandchild))
        assert_true(children_pause(&w->children, 10));
}

static void children_pause__tells_of_an_interrupt(void **state)
{
    struct world *w = *state;
    assert_true(children_pause(&w->children, 0));
    raise(SIGTERM);
    assert_false(children_pause(&w->children, 1000));
    assert_true(w->children.interrupted);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)
    const struct CMUnitTest tests[] = {
        TEST(child_wait__gives_the_exit_status),
        TEST(child_run__tells_success_failure_and_interruption),
        TEST(child_failure__quotes_the_last_line_it_said),
        TEST(children_start__program_that_is_not_there_ends_with_127),
        TEST(children_start__hands_output_to_the_descriptor_given),
        TEST(children_start__refuses_more_than_it_holds),
        TEST(children_end__ends_a_program_and_what_it_started),
        TEST(children_pause__tells_of_an_interrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
