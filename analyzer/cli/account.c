/* analyzer/cli/account.c - `sekisho account`: the delivery equation of every sensor run.
 *
 *   generated = archived + dead-letter + in Redis + in spool + shed(reason)
 *   seen      = inspected + ignored(reason) + dropped */
#include "analyzer/account/books.h"
#include "analyzer/cli/cli.h"
#include "common/log.h"
#include "common/text.h"
#include <cjson/cJSON.h>

struct account_options {
    const char *redis, *redis_user, *redis_password_file, *data;
    struct option_list spools;
};

static void print_term(const char *sign, const char *name, uint64_t n, const char *note)
{
    char digits[32];
    printf("    %1s %-18s %15s%s%s\n", sign, name, text_thousands(n, digits), *note ? "   " : "",
           note);
}

static void print_time(uint64_t us)
{
    char text[TEXT_TIME_MAX];
    text_time_eve(us, text);
    printf("%.19sZ", text);
}

static void print_ignored(const struct run *r)
{
    cJSON *packets = r->packets ? cJSON_Parse(r->packets) : NULL;
    const cJSON *item;
    const char *comma = "";
    char digits[32];
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(packets, "ignored"))
    {
        char name[64];
        snprintf(name, sizeof name, "%s", item->string);
        text_scrub(name);
        if (item->valuedouble < 1 || item->valuedouble > 9e15)
            continue;
        printf("%s%s %s", *comma ? comma : " (", name,
               text_thousands((uint64_t)item->valuedouble, digits));
        comma = ", ";
    }
    if (*comma)
        printf(")");
    cJSON_Delete(packets);
}

static bool print_packets(const struct run *r)
{
    char digits[32];
    int64_t missing = run_packets_missing(r);
    if (r->seen == 0)
        return true;
    printf("    packets: seen %s", text_thousands(r->seen, digits));
    printf(" = inspected %s", text_thousands(r->inspected, digits));
    printf(" + ignored %s", text_thousands(r->ignored, digits));
    print_ignored(r);
    printf(" + dropped %s", text_thousands(r->dropped, digits));
    if (missing == 0)
        printf("   balanced\n");
    else
        printf("   OFF BY %lld\n", (long long)missing);
    return missing == 0;
}

/* The sum's verdict in words; true when it balances. */
static bool print_verdict(const struct books *b, const struct run *r)
{
    int64_t missing = run_missing(r);
    uint64_t arrived = r->arrived.alerts + r->arrived.stats + r->arrived.dead + r->in_redis;
    if (missing == 0) {
        printf("    balanced\n");
        return true;
    }
    if (missing < 0) {
        printf("    OFF BY %lld: more is there than was generated\n", (long long)missing);
        return false;
    }
    if (b->store_read && b->redis_read && !r->spool_read && arrived >= r->sent) {
        printf("    balanced as far as can be told: %lld still at the sensor (its spool was not "
               "read; give --spool)\n",
               (long long)missing);
        return true;
    }
    printf("    OFF BY %lld%s%s%s\n", (long long)missing,
           b->store_read ? "" : "; the archive was not read",
           b->redis_read ? "" : "; Redis was not read",
           r->spool_read ? "" : "; its spool was not read");
    return false;
}

static bool print_run(const struct books *b, const struct run *r)
{
    char note[96], alerts[32], stats[32];
    printf("  run started ");
    print_time(r->epoch);
    printf("  (epoch %llu)\n", (unsigned long long)r->epoch);
    snprintf(note, sizeof note, "(%s alerts, %s statistics)",
             text_thousands(r->arrived.alerts, alerts), text_thousands(r->arrived.stats, stats));
    print_term("", "generated", r->generated,
               r->spool_read ? ""
               : r->reported ? "(by its last statistics)"
                             : "(at least: highest number seen)");
    print_term("=", "archived", r->arrived.alerts + r->arrived.stats,
               b->store_read ? note : "(not read)");
    print_term("+", "dead-letter", r->arrived.dead, b->store_read ? "" : "(not read)");
    print_term("+", "in Redis", r->in_redis, b->redis_read ? "" : "(not read)");
    print_term("+", "in spool", r->in_spool, r->spool_read ? "" : "(not read)");
    print_term("+", "shed: spool full", r->shed_full, "");
    print_term("+", "shed: spool error", r->shed_error, "");
    bool records = print_verdict(b, r);
    return print_packets(r) && records;
}

static int by_sensor(const void *a, const void *b)
{
    const struct run *x = a, *y = b;
    int order = strcmp(x->sensor, y->sensor);
    return order ? order : (x->epoch > y->epoch) - (x->epoch < y->epoch);
}

static bool print_books(struct books *b)
{
    bool balanced = true;
    qsort(b->runs, b->run_count, sizeof *b->runs, by_sensor);
    for (size_t i = 0; i < b->run_count; i++) {
        if (i == 0 || strcmp(b->runs[i - 1].sensor, b->runs[i].sensor) != 0)
            printf("%ssensor %s\n", i ? "\n" : "", b->runs[i].sensor);
        balanced &= print_run(b, &b->runs[i]);
    }
    if (b->unstamped)
        printf("\n%llu entries in Redis bear no readable number: dead letters, set aside or "
               "about to be\n",
               (unsigned long long)b->unstamped);
    if (b->run_count == 0)
        printf("no sensor has generated anything yet\n");
    return balanced;
}

static int options_read(struct account_options *o, int argc, char **argv, struct err *err)
{
    const struct option_row rows[] = {
        {0, "redis", OPTION_STRING, &o->redis, "ADDR", "HOST:PORT or unix:PATH", 0, 0},
        {0, "redis-user", OPTION_STRING, &o->redis_user, "U", "ACL user", 0, 0},
        {0, "redis-password-file", OPTION_STRING, &o->redis_password_file, "F",
         "first line is the password", 0, 0},
        {0, "data", OPTION_STRING, &o->data, "DIR", "the analyzer's data directory", 0, 0},
        {0, "spool", OPTION_LIST, &o->spools, "DIR", "a sensor's spool; repeat for more", 0, 0},
    };
    if (options_parse(rows, OPTIONS_COUNT(rows), argc, argv, NULL, err) != 0)
        return -1;
    if (!o->redis && !o->data && o->spools.count == 0)
        return err_set(err, "account needs at least one of --redis, --data and --spool");
    return 0;
}

/* Says which part is down and goes on with the others. */
static void note(int rc, const struct err *err)
{
    if (rc != 0)
        log_warn("%s; accounting goes on without it", err->text);
}

static int account_run(int argc, char **argv, struct err *err)
{
    struct account_options o = {.redis = NULL};
    struct books b = {0};
    struct err part;
    if (options_read(&o, argc, argv, err) != 0)
        return CLI_USAGE;
    for (size_t i = 0; i < o.spools.count; i++)
        note(books_read_spool(&b, o.spools.values[i], &part), &part);
    struct redis_options redis = {o.redis, o.redis_user, o.redis_password_file, 5000};
    if (o.redis)
        note(books_read_redis(&b, &redis, &part), &part);
    if (o.data)
        note(books_read_store(&b, o.data, &part), &part);
    books_close(&b, o.data);
    bool balanced = print_books(&b);
    books_release(&b);
    return balanced ? CLI_OK : CLI_FINDING;
}

const struct command command_account = {
    .name = "account",
    .summary = "where is every record: the delivery equation of each sensor run",
    .usage = "sekisho account [--redis ADDR] [--data DIR] [--spool DIR]...\n\n"
             "Prints generated = archived + dead-letter + in Redis + in spool + shed and\n"
             "seen = inspected + ignored + dropped. Exit status 1 when one does not balance.\n"
             "A part that is down is named and left out.\n"
             "  --redis-user U, --redis-password-file F   how to log in",
    .run = account_run,
};
