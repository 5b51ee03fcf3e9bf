/* Messages in a maildir, told apart by the envelope's recipient. */
#include "analyzer/demo/demo.h"
#include "common/file.h"
#include <string.h>
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static void put(const char *maildir, const char *folder, const char *name, const char *text)
{
    char path[DEMO_PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", maildir, folder);
    assert_int_equal(file_mkdirs(path, NULL), 0);
    snprintf(path, sizeof path, "%s/%s/%s", maildir, folder, name);
    assert_int_equal(file_replace(path, bytes_str(text), NULL), 0);
}

static void mailbox_count__counts_by_recipient(void **state)
{
    (void)state;
    char box[PLACE_MAX];
    assert_int_equal(place_private(box, NULL), 0);
    put(box, "new", "1", "Subject: a\nX-RcptTo: csirt@kasen.example\n\nbody\n");
    put(box, "new", "2", "Subject: b\nX-RcptTo: csirt@kasen.example, soc@nisc.example\n\nbody\n");
    put(box, "new", "3", "Subject: c\n\nX-RcptTo: csirt@kasen.example in the body\n");
    put(box, "tmp", "4", "Subject: d\nX-RcptTo: csirt@kasen.example\n\nnot delivered yet\n");
    assert_int_equal(mailbox_count(box, "csirt@kasen.example"), 2);
    assert_int_equal(mailbox_count(box, "soc@nisc.example"), 1);
    assert_int_equal(mailbox_count(box, "nobody@kowan.example"), 0);
    place_remove(box);
}

static void mailbox_count__is_nothing_without_a_mailbox(void **state)
{
    (void)state;
    assert_int_equal(mailbox_count("/nowhere/at/all", "csirt@kasen.example"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mailbox_count__counts_by_recipient),
        cmocka_unit_test(mailbox_count__is_nothing_without_a_mailbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
