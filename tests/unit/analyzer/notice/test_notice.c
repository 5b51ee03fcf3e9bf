/* tests/unit/analyzer/notice/test_notice.c - who is told what, as what message, by a real mail
 * server. */
#include "analyzer/notice/compose.h"
#include "analyzer/notice/mail.h"
#include "analyzer/notice/notice.h"
#include "analyzer/notice/sender.h"
#include "common/clock.h"
#include "common/file.h"
#include "tests/unit/analyzer/eve_sample.h"
#include "tests/unit/redis_server.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sys/socket.h>

#define WAIT_US 20000000
#define NOW     UINT64_C(1775001600000000)

struct bed {
    char dir[64];
    struct directory *directory;
    struct store *store;
};

static void directory_write(struct bed *b, const char *text)
{
    char path[96];
    struct err err = {0};
    snprintf(path, sizeof path, "%s/orgs.yaml", b->dir);
    assert_int_equal(file_replace(path, bytes_str(text), &err), 0);
    b->directory = directory_load(path, &err);
    assert_string_equal(err.text, "");
}

static int setup(void **state)
{
    struct err err;
    struct bed *b = calloc(1, sizeof *b);
    ASSERT(b);
    snprintf(b->dir, sizeof b->dir, "/tmp/sekisho-notice-XXXXXX");
    ASSERT(mkdtemp(b->dir));
    directory_write(b, SAMPLE_ORGS);
    b->store = store_open(b->dir, STORE_WRITER, &err);
    ASSERT(b->store);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bed *b = *state;
    store_close(b->store);
    directory_free(b->directory);
    test_remove_tree(b->dir);
    free(b);
    return 0;
}

/* A campaign over the organisations, each with one detection of its own. */
static int64_t campaign(struct bed *b, const char *const *orgs, size_t count, bool drill)
{
    struct err err = {0};
    bool flag;
    struct incident_row in = {.kind = "campaign",
                              .rule = "same-indicator",
                              .key = "198.18.66.10",
                              .title = {"複数組織に共通する攻撃の兆候", "Same indicator"},
                              .why = {"", ""},
                              .judgement = {"複数の組織に共通", "Seen at several organisations"},
                              .action = {"遮断してください", "Cut the contact"},
                              .summary = {"ご判断ください", "Please decide"},
                              .confidence = "high",
                              .due_hours = 24,
                              .severity = 1,
                              .drill = drill,
                              .first_us = NOW,
                              .last_us = NOW,
                              .updated_us = NOW};
    assert_int_equal(store_incident_put(b->store, &in, &flag, &err), 0);
    for (size_t i = 0; i < count; i++) {
        char src[32], signature[64];
        snprintf(src, sizeof src, "10.0.0.%zu", i + 1);
        snprintf(signature, sizeof signature, "secret of %s", orgs[i]);
        struct alert_row a = {.org = orgs[i],
                              .gid = 1,
                              .sid = 7,
                              .severity = 1,
                              .src = src,
                              .dst = "198.18.66.10",
                              .dst_port = 443,
                              .signature = signature,
                              .host = "evil.example\r\nBcc: x@y",
                              .ts_us = NOW,
                              .drill = drill};
        int64_t d = store_detection_add(b->store, &a, &flag, &err);
        assert_true(d > 0);
        assert_int_equal(store_incident_add_org(b->store, in.id, orgs[i], NOW, &flag, &err), 0);
        assert_int_equal(store_incident_add_detection(b->store, in.id, d, &flag, &err), 0);
    }
    return in.id;
}

/* "org>recipient/lane/role/language" of each notice, in the order of making. */
struct letters {
    char lines[32][128];
    char *subjects[32], *bodies[32];
    size_t count;
};

static void letter_take(void *ctx, const struct notice_row *n)
{
    struct letters *l = ctx;
    assert_true(l->count < 32);
    snprintf(l->lines[l->count], sizeof l->lines[0], "%s>%s/%s/%s/%s", n->org, n->recipient,
             n->lane, n->role, n->language);
    l->subjects[l->count] = strdup(n->subject);
    l->bodies[l->count++] = strdup(n->body);
}

static void letters_release(struct letters *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->subjects[i]);
        free(l->bodies[i]);
    }
}

static void issue(struct bed *b, int64_t incident, struct letters *l)
{
    struct err err = {0};
    l->count = 0;
    assert_true(notice_issue(b->store, b->directory, incident, NOW, letter_take, l, &err) >= 0);
    assert_string_equal(err.text, "");
}

static const char *const all_orgs[] = {"min-a", "min-b", "ag-c"};

static void notice_issue__routes_by_the_directory(void **state)
{
    static const char *const expected[] = {"min-a>min-a/working/organisation/ja",
                                           "min-a>min-a/management/organisation/ja",
                                           "min-b>min-b/working/organisation/en",
                                           "ag-c>ag-c/working/organisation/en",
                                           "ag-c>min-a/working/competent_ministry/ja",
                                           "ag-c>min-a/management/competent_ministry/ja",
                                           "ag-c>nisc/working/centre/ja"};
    struct bed *b = *state;
    struct letters l;
    int64_t id = campaign(b, all_orgs, 3, false);
    issue(b, id, &l);
    assert_int_equal(l.count, 7);
    for (size_t i = 0; i < 7; i++) {
        bool found = false;
        for (size_t k = 0; k < 7; k++)
            found |= strcmp(l.lines[k], expected[i]) == 0;
        if (!found)
            fail_msg("missing: %s", expected[i]);
    }
    letters_release(&l);
    issue(b, id, &l); /* again: nothing new */
    assert_int_equal(l.count, 0);
}

static void notice_issue__shows_nothing_of_one_organisation_to_another(void **state)
{
    struct bed *b = *state;
    struct letters l;
    issue(b, campaign(b, all_orgs, 3, false), &l);
    for (size_t i = 0; i < l.count; i++)
        for (size_t k = 0; k < 3; k++) {
            char secret[64];
            snprintf(secret, sizeof secret, "secret of %s", all_orgs[k]);
            bool own = strncmp(l.lines[i], all_orgs[k], strlen(all_orgs[k])) == 0;
            if (!own)
                assert_null(strstr(l.bodies[i], secret));
            else if (strstr(l.lines[i], "/working/"))
                assert_non_null(strstr(l.bodies[i], secret));
        }
    letters_release(&l);
}

static void notice_issue__consent_decides_what_is_said_of_others(void **state)
{
    struct bed *b = *state;
    struct letters l;
    issue(b, campaign(b, all_orgs, 3, false), &l); /* everybody's consent is none */
    for (size_t i = 0; i < l.count; i++) {
        assert_null(strstr(l.bodies[i], "several organisations"));
        assert_null(strstr(l.bodies[i], "複数"));
        assert_null(strstr(l.subjects[i], "複数"));
    }
    letters_release(&l);
    b->directory->orgs[0].consent = CONSENT_NAMED;      /* min-a */
    b->directory->orgs[2].consent = CONSENT_ANONYMISED; /* ag-c */
    struct err err;
    assert_int_equal(store_incident_set_state(b->store, 1, "closed", NOW, &err), 0);
    issue(b, campaign(b, all_orgs, 3, false), &l);
    for (size_t i = 0; i < l.count; i++) {
        if (strncmp(l.lines[i], "min-b>", 6) != 0)
            continue;
        assert_non_null(strstr(l.bodies[i], "the same was seen: 2"));
        assert_non_null(strstr(l.bodies[i], "Ministry A"));
        assert_null(strstr(l.bodies[i], "Agency C"));
    }
    letters_release(&l);
}

static void notice_issue__management_gets_no_address(void **state)
{
    struct bed *b = *state;
    struct letters l;
    size_t seen = 0;
    issue(b, campaign(b, all_orgs, 3, false), &l);
    for (size_t i = 0; i < l.count; i++) {
        assert_non_null(strstr(l.bodies[i], "TLP:AMBER+STRICT"));
        if (!strstr(l.lines[i], "/management/"))
            continue;
        seen++;
        assert_null(strstr(l.bodies[i], "10.0.0."));
        assert_null(strstr(l.bodies[i], "198.18."));
        assert_null(strstr(l.bodies[i], "evil.example"));
        assert_null(strstr(l.bodies[i], "secret of"));
    }
    assert_int_equal(seen, 2);
    letters_release(&l);
}

static void notice_issue__only_monitored_organisations_are_told(void **state)
{
    struct bed *b = *state;
    struct letters l;
    b->directory->orgs[0].state = ORG_PILOT;
    b->directory->orgs[2].state = ORG_SUSPENDED;
    issue(b, campaign(b, all_orgs, 3, false), &l);
    assert_int_equal(l.count, 1);
    assert_string_equal(l.lines[0], "min-b>min-b/working/organisation/en");
    letters_release(&l);
}

static void notice_issue__drills_are_marked_everywhere(void **state)
{
    struct bed *b = *state;
    struct letters l;
    issue(b, campaign(b, all_orgs, 3, true), &l);
    assert_true(l.count > 0);
    for (size_t i = 0; i < l.count; i++) {
        bool english = strstr(l.lines[i], "/en") != NULL;
        assert_int_equal(strncmp(l.subjects[i], english ? "[DRILL] " : "[訓練] ", 8), 0);
        assert_non_null(strstr(l.bodies[i], english ? "[DRILL]" : "【訓練】"));
    }
    letters_release(&l);
}

static void clean_text__leaves_nothing_that_misleads(void **state)
{
    (void)state;
    char out[32];
    clean_text("a\r\nBcc: x\x1b[2J", out, sizeof out);
    assert_string_equal(out, "a??Bcc: x?[2J");
    clean_text("exe.\xe2\x80\xaegpj", out, sizeof out); /* right-to-left override */
    assert_string_equal(out, "exe.???gpj");
    clean_text("\xe9\x96\xa2\xe6\x89\x80", out, 6); /* cut between characters */
    assert_string_equal(out, "\xe9\x96\xa2");
}

static void mail_format__no_header_can_be_added(void **state)
{
    (void)state;
    size_t len;
    struct notice_row n = {.id = 12,
                           .created_us = UINT64_C(1795359815000000),
                           .name = "x>\r\nBcc: evil@example.net",
                           .address = "a@b.example>\r\nBcc: <evil@example.net",
                           .subject = "hello\r\nBcc: evil@example.net",
                           .body = "line\n.\nend\n",
                           .lane = "working"};
    char *mail = mail_format(&n, "sekisho@nisc.example", &len);
    assert_null(strstr(mail, "\nBcc"));
    assert_non_null(strstr(mail, "Date: Sun, 22 Nov 2026 15:03:35 +0000\r\n"));
    assert_non_null(strstr(mail, "Message-ID: <notice-12.1795359815000000@nisc.example>\r\n"));
    for (size_t i = 0; i + 1 < len; i++)
        if (mail[i] == '\n')
            assert_true(i > 0 && mail[i - 1] == '\r');
    free(mail);
}

static void mail_format__long_japanese_subject_folds(void **state)
{
    (void)state;
    size_t len;
    struct notice_row n = {.name = "甲省CSIRT",
                           .address = "csirt@a.example",
                           .subject = "【検知通知】複数組織に共通する攻撃の兆候が確認されました"
                                      "ので至急確認してください (SEKISHO-1-a)",
                           .body = "",
                           .lane = "working"};
    char *mail = mail_format(&n, "s@n.example", &len);
    for (char *line = mail; *line;) {
        char *end = strstr(line, "\r\n");
        assert_non_null(end);
        assert_true(end - line <= 78);
        line = end + 2;
    }
    free(mail);
}

/* ---- a real mail server ------------------------------------------------------------------------
 */

static unsigned free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    close(fd);
    return ntohs(a.sin_port);
}

static pid_t mail_server_start(unsigned port, const char *maildir)
{
    char listen[32];
    snprintf(listen, sizeof listen, "127.0.0.1:%u", port);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execlp("/usr/bin/python3", "python3", "-m", "aiosmtpd", "-n", "-c",
               "aiosmtpd.handlers.Mailbox", maildir, "-l", listen, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static size_t mails_in(const char *maildir)
{
    char path[160];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/new", maildir);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static void *run(void *arg)
{
    sender_run(arg);
    return NULL;
}

static struct notice_counts counts_of(struct bed *b)
{
    struct err err;
    struct notice_counts c;
    assert_int_equal(store_notice_counts(b->store, NULL, STORE_REAL, &c, &err), 0);
    return c;
}

static void sender__delivers_once_the_server_is_there(void **state)
{
    struct bed *b = *state;
    struct err err = {0};
    struct letters l;
    char maildir[96], url[64];
    unsigned port = free_port();
    snprintf(maildir, sizeof maildir, "%s/mail", b->dir);
    snprintf(url, sizeof url, "smtp://127.0.0.1:%u", port);
    issue(b, campaign(b, all_orgs, 3, false), &l);
    struct store *outbox = store_open(b->dir, STORE_WRITER, &err);
    struct sender *s = sender_new(
        &(struct sender_options){.store = outbox, .url = url, .from = "s@nisc.example"}, &err);
    assert_non_null(s);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run, s), 0);
    uint64_t until_us = clock_monotonic_us() + WAIT_US;
    pid_t server = mail_server_start(port, maildir);
    while (counts_of(b).sent < 7 && clock_monotonic_us() < until_us)
        sched_yield();
    assert_int_equal(counts_of(b).sent, 7);
    assert_int_equal(mails_in(maildir), 7);
    sender_stop(s);
    pthread_join(thread, NULL);
    sender_free(s);
    store_close(outbox);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    letters_release(&l);
}

/* A server that refuses every recipient for good: one connection, one dialogue. */
static void *refuse(void *arg)
{
    int listener = *(int *)arg;
    int fd = accept(listener, NULL, NULL);
    char line[512];
    FILE *io = fdopen(fd, "r+");
    ASSERT(io);
    fprintf(io, "220 test\r\n");
    fflush(io);
    while (fgets(line, sizeof line, io)) {
        bool rcpt = strncmp(line, "RCPT", 4) == 0, quit = strncmp(line, "QUIT", 4) == 0;
        fseek(io, 0, SEEK_CUR);
        fprintf(io, rcpt ? "550 no such user\r\n" : quit ? "221 bye\r\n" : "250 ok\r\n");
        fflush(io);
        if (quit)
            break;
    }
    fclose(io);
    return NULL;
}

static void sender__gives_up_when_refused_for_good(void **state)
{
    struct bed *b = *state;
    struct err err = {0};
    struct letters l;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    char url[64];
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &n), 0);
    snprintf(url, sizeof url, "smtp://127.0.0.1:%u", ntohs(a.sin_port));
    b->directory->orgs[0].state = b->directory->orgs[2].state = ORG_PILOT;
    issue(b, campaign(b, all_orgs, 3, false), &l);
    assert_int_equal(l.count, 1);
    pthread_t server, thread;
    assert_int_equal(pthread_create(&server, NULL, refuse, &listener), 0);
    struct store *outbox = store_open(b->dir, STORE_WRITER, &err);
    struct sender *s = sender_new(
        &(struct sender_options){.store = outbox, .url = url, .from = "s@nisc.example"}, &err);
    assert_int_equal(pthread_create(&thread, NULL, run, s), 0);
    uint64_t until_us = clock_monotonic_us() + WAIT_US;
    while (counts_of(b).failed < 1 && clock_monotonic_us() < until_us)
        sched_yield();
    assert_int_equal(counts_of(b).failed, 1);
    sender_stop(s);
    pthread_join(thread, NULL);
    sender_free(s);
    pthread_join(server, NULL);
    close(listener);
    store_close(outbox);
    letters_release(&l);
}

static void sender_new__refuses_other_urls(void **state)
{
    (void)state;
    struct err err = {0};
    assert_null(sender_new(&(struct sender_options){.url = "http://x", .from = "a@b"}, &err));
    assert_non_null(strstr(err.text, "smtp://HOST:PORT"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(notice_issue__routes_by_the_directory),
        TEST(notice_issue__shows_nothing_of_one_organisation_to_another),
        TEST(notice_issue__consent_decides_what_is_said_of_others),
        TEST(notice_issue__management_gets_no_address),
        TEST(notice_issue__only_monitored_organisations_are_told),
        TEST(notice_issue__drills_are_marked_everywhere),
        cmocka_unit_test(clean_text__leaves_nothing_that_misleads),
        cmocka_unit_test(mail_format__no_header_can_be_added),
        cmocka_unit_test(mail_format__long_japanese_subject_folds),
        TEST(sender__delivers_once_the_server_is_there),
        TEST(sender__gives_up_when_refused_for_good),
        cmocka_unit_test(sender_new__refuses_other_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
