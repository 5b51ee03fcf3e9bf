/* analyzer/cli/notice.c - `sekisho notice list|show`: the outbox and what became of it. */
#include "analyzer/cli/cli.h"
#include "analyzer/notice/compose.h"
#include "analyzer/store/notices.h"
#include "common/text.h"

#define PAGE 200
#define ALL  100000

static void print_time(uint64_t us)
{
    char text[TEXT_TIME_MAX];
    text_time_eve(us, text);
    printf("%.16s", text);
}

/* One line each; what may come from the wire is made harmless for the terminal. */
static void line_print(void *ctx, const struct notice_row *n)
{
    char subject[300], error[200];
    int64_t *last = ctx;
    *last = n->id;
    clean_text(n->subject, subject, sizeof subject);
    clean_text(n->last_error, error, sizeof error);
    printf("%5lld  ", (long long)n->id);
    print_time(n->created_us);
    printf("  %-12s %-10s %-18s %-10s %s <%s>\n", n->state, n->lane, n->role, n->org, n->name,
           n->address);
    printf("       %s\n", subject);
    if (*error)
        printf("       attempt %u: %s\n", n->attempts, error);
}

static void letter_print(void *ctx, const struct notice_row *n)
{
    (void)ctx;
    printf("Notice %lld, %s, to %s <%s>\nSubject: %s\n\n", (long long)n->id, n->state, n->name,
           n->address, n->subject);
    for (const char *p = n->body; *p;) {
        char line[2048];
        size_t len = strcspn(p, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(len < sizeof line ? len : sizeof line - 1), p);
        text_scrub(line);
        printf("%s\n", line);
        p += len + (p[len] == '\n');
    }
}

static int list(struct store *s, const char *state, struct err *err)
{
    struct notice_filter f = {.state = state, .drill = STORE_REAL_AND_DRILL, .limit = PAGE};
    struct notice_counts c;
    for (int pages = 0; pages < ALL / PAGE; pages++) {
        int64_t last = 0;
        if (store_notices(s, &f, line_print, &last, err) != 0)
            return CLI_FAILED;
        if (last == 0)
            break;
        f.before_id = last;
    }
    if (store_notice_counts(s, NULL, STORE_REAL_AND_DRILL, &c, err) != 0)
        return CLI_FAILED;
    printf("%llu queued, %llu sent, %llu acknowledged, %llu failed\n", (unsigned long long)c.queued,
           (unsigned long long)c.sent, (unsigned long long)c.acknowledged,
           (unsigned long long)c.failed);
    return c.failed ? CLI_FINDING : CLI_OK;
}

static int show(struct store *s, const char *id, struct err *err)
{
    uint64_t n;
    if (!text_u64(bytes_str(id), 1, INT64_MAX, &n)) {
        err_set(err, "notice show %s: give a notice's number", id);
        return CLI_USAGE;
    }
    int found = store_notice(s, NULL, (int64_t)n, letter_print, NULL, err);
    if (found == 0)
        err_set(err, "there is no notice %s; `notice list` shows all", id);
    return found > 0 ? CLI_OK : found == 0 ? CLI_FINDING : CLI_FAILED;
}

static int notice_run(int argc, char **argv, struct err *err)
{
    const char *data = NULL, *state = NULL;
    struct option_list rest = {.count = 0};
    const struct option_row rows[] = {
        {0, "data", OPTION_STRING, &data, "DIR", "the analyzer's data directory", 0, 0},
        {0, "state", OPTION_STRING, &state, "STATE", "queued, sent, failed or acknowledged", 0, 0},
    };
    if (options_parse(rows, OPTIONS_COUNT(rows), argc, argv, &rest, err) != 0)
        return CLI_USAGE;
    bool lists = rest.count == 1 && strcmp(rest.values[0], "list") == 0;
    bool shows = rest.count == 2 && strcmp(rest.values[0], "show") == 0;
    if (!data || (!lists && !shows)) {
        err_set(err, "notice needs `list --data DIR` or `show NUMBER --data DIR`");
        return CLI_USAGE;
    }
    struct store *s = store_open(data, STORE_READER, err);
    if (!s)
        return CLI_FAILED;
    int status = lists ? list(s, state, err) : show(s, rest.values[1], err);
    store_close(s);
    return status;
}

const struct command command_notice = {
    .name = "notice",
    .summary = "list the notices and their states, or show one",
    .usage = "sekisho notice list --data DIR [--state STATE]   exit 1 when one has failed\n"
             "sekisho notice show NUMBER --data DIR",
    .run = notice_run,
};
