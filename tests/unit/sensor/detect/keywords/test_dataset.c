/* Buffers looked up in sets, sets that rules change, their files; and addresses as buffers. */
#include "../rig.h"
#include "common/file.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/shared.h"

static char dir[] = "/tmp/sekisho-sets-XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command);
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    struct err err;
    assert_int_equal(file_replace(path_of(name), bytes_str(text), &err), 0);
}

static struct ruleset_options here(void)
{
    return (struct ruleset_options){.datasets = {.data_dir = dir, .rule_dir = dir}};
}

/* A query in a flow of its own. */
static void ask(struct rig *r, const char *name)
{
    uint8_t query[128] = {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    size_t len = strlen(name);
    query[12] = (uint8_t)len;
    memcpy(query + 13, name, len);
    memcpy(query + 13 + len, "\0\0\1\0\1", 5);
    r->server_port = 53;
    r->client_port++;
    rig_udp(r, TO_SERVER, bytes_of(query, 18 + len));
}

/* How often sid 1 fires when the client asks for these names. */
static size_t asked(const char *rules, const char *const *names)
{
    struct ruleset_options o = here();
    struct rig *r = rig_open_with(rules, &o);
    for (; *names; names++)
        ask(r, *names);
    size_t n = rig_fired(r, 1);
    struct err err = {""};
    assert_int_equal(shared_save(r->shared, &err), 0);
    rig_close(r);
    return n;
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void dataset__looks_up_what_a_file_holds(void **state)
{
    (void)state;
    write_file("names", "YWJj\n!!!\n\nZGVm,7"); /* abc, no value, nothing, def */
    const char *isset = "alert dns any any -> any any (dns.query; "
                        "dataset:isset,n,type string,load names; sid:1;)";
    const char *isnotset = "alert dns any any -> any any (dns.query; "
                           "dataset:isnotset,n,type string, load names; sid:1;)";
    assert_int_equal(asked(isset, NAMES("abc", "def", "xyz", "abcd")), 2);
    assert_int_equal(asked(isnotset, NAMES("abc", "def", "xyz", "abcd")), 2);
}

static void dataset__hashes_are_of_the_transformed_buffer(void **state)
{
    (void)state;
    write_file("md5", "900150983cd24fb0d6963f7d28e17f72\n");
    write_file("sha256", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
    const char *md5 = "alert dns any any -> any any (dns.query; to_md5; "
                      "dataset:isset,m,type md5,load md5; sid:1;)";
    const char *sha256 =
        "alert dns any any -> any any (dns.query; to_sha256; "
        "dataset:isset,s,type sha256,load sha256,memcap 1mb,hashsize 1024; sid:1;)";
    const char *other = "alert dns any any -> any any (dns.query; "
                        "dataset:isset,m,type md5,load md5; sid:1;)";
    assert_int_equal(asked(md5, NAMES("abc", "abd")), 1);
    assert_int_equal(asked(sha256, NAMES("abc", "abd")), 1);
    assert_int_equal(asked(other, NAMES("abc", "abd")), 0);
}

static void dataset__set_matches_what_is_new(void **state)
{
    (void)state;
    const char *set = "alert dns any any -> any any (dns.query; dataset:set,n,type string; sid:1;)";
    assert_int_equal(asked(set, NAMES("abc", "def", "abc", "abc")), 2);
    const char *both =
        "drop dns any any -> any any (dns.query; dataset:set,n,type string; sid:2;)\n"
        "alert dns any any -> any any (dns.query; dataset:unset,n,type string; sid:1;)";
    assert_int_equal(asked(both, NAMES("abc", "abc")), 2);
}

static void dataset__state_is_kept_in_the_data_folder(void **state)
{
    (void)state;
    const char *rule = "alert dns any any -> any any (dns.query; to_md5; "
                       "dataset:isnotset,seen,type md5,state seen; dataset:set,seen; sid:1;)";
    unlink(path_of("seen"));
    assert_int_equal(asked(rule, NAMES("abc", "def", "abc")), 2);
    assert_int_equal(asked(rule, NAMES("abc", "ghi")), 1);
    char *text = file_read(path_of("seen"), 1000, NULL, &(struct err){""});
    assert_non_null(text);
    assert_int_equal(strlen(text), 3 * 33);
    assert_non_null(strstr(text, "900150983cd24fb0d6963f7d28e17f72\n"));
    free(text);
}

static void dataset__every_type_reads_what_it_wrote(void **state)
{
    (void)state;
    const char *rule =
        "alert dns any any -> any any (ip.dst; dataset:set,a,type ipv4,save a4; "
        "sid:1;)\nalert dns any any -> any any (ip.dst; dataset:set,b,type ip,save "
        "a6; sid:2;)\nalert dns any any -> any any (dns.query; dataset:set,c,type "
        "string,save s; sid:3;)\nalert dns any any -> any any (dns.query; to_sha256; "
        "dataset:set,d,type sha256,save h; sid:4;)";
    assert_int_equal(asked(rule, NAMES("a", "ab", "abc")), 1);
    static const char *const tests[] = {
        "ip.dst; dataset:isset,a,type ipv4,load a4;", "ip.dst; dataset:isset,a,type ip,load a6;",
        "dns.query; dataset:isset,a,type string,load s;",
        "dns.query; to_sha256; dataset:isset,a,type sha256,load h;"};
    for (size_t i = 0; i < 4; i++) {
        char text[256];
        snprintf(text, sizeof text, "alert dns any any -> any any (%s sid:1;)", tests[i]);
        assert_int_equal(asked(text, NAMES("abc")), 1);
    }
}

static void dataset__addresses_of_both_kinds(void **state)
{
    (void)state;
    write_file("ip", "::ffff:203.0.113.5\n2001:db8::1\n");
    const char *dst =
        "alert dns any any -> any any (ip.dst; dataset:isset,i,type ip,load ip; sid:1;)";
    const char *src =
        "alert dns any any -> any any (ip.src; dataset:isset,i,type ip,load ip; sid:1;)";
    const char *raw = "alert dns any any -> any any (ip.src; content:\"|0a 00 00 01|\"; bsize:4; "
                      "sid:1;)";
    assert_int_equal(asked(dst, NAMES("abc")), 1);
    assert_int_equal(asked(src, NAMES("abc")), 0);
    assert_int_equal(asked(raw, NAMES("abc")), 1);
}

/* Under other rules from here on; the set before is gone, and what nobody names. */
static void reload(struct rig *r, const char *rules)
{
    struct ruleset_options o = here();
    struct ruleset_report report;
    struct err err = {""};
    o.before = r->rules;
    struct ruleset *rs = rig_load(rules, &o, &report, &err);
    assert_non_null(rs);
    assert_int_equal(report.failed, 0);
    ruleset_report_free(&report);
    shared_adopt(r->shared, rs);
    detect_switch(r->detect, rs);
    ruleset_free(r->rules);
    r->rules = rs;
    assert_int_equal(shared_settle(r->shared, rs, &err), 0);
}

static struct rig *fill(const char *save)
{
    char rule[256];
    struct ruleset_options o = here();
    snprintf(rule, sizeof rule,
             "alert dns any any -> any any (dns.query; dataset:set,f,type string,save %s; sid:1;)",
             save);
    struct rig *r = rig_open_with(rule, &o);
    ask(r, "abc");
    return r;
}

static void assert_file(const char *name, const char *text)
{
    char *found = file_read(path_of(name), 1000, NULL, &(struct err){""});
    assert_non_null(found);
    assert_string_equal(found, text);
    free(found);
}

static void shared_adopt__a_set_is_written_where_the_new_rules_say(void **state)
{
    (void)state;
    struct rig *r = fill("old1");
    reload(r, "alert dns any any -> any any (dns.query; "
              "dataset:set,f,type string,save new1,memcap 1mb; sid:1;)");
    ask(r, "abc");
    ask(r, "def");
    assert_int_equal(rig_fired(r, 1), 2);
    assert_int_equal(r->shared->sets->values.cap_bytes, 1 << 20);
    assert_int_equal(shared_save(r->shared, &(struct err){""}), 0);
    assert_file("new1", "YWJj\nZGVm\n");
    assert_int_equal(access(path_of("old1"), F_OK), -1);
    rig_close(r);
}

static void shared_adopt__one_of_another_type_has_the_file_for_itself(void **state)
{
    (void)state;
    struct rig *r = fill("file2");
    reload(r, "alert dns any any -> any any (dns.query; to_md5; "
              "dataset:set,f,type md5,save file2; sid:1;)");
    assert_int_equal(access(path_of("file2"), F_OK), -1);
    ask(r, "abc");
    assert_int_equal(shared_save(r->shared, &(struct err){""}), 0);
    assert_file("file2", "900150983cd24fb0d6963f7d28e17f72\n");
    rig_close(r);
}

static void shared_settle__a_set_nobody_names_is_written_and_gone(void **state)
{
    (void)state;
    struct rig *r = fill("file3");
    reload(r, "alert dns any any -> any any (dns.query; content:\"x\"; sid:1;)");
    assert_file("file3", "YWJj\n");
    assert_null(r->shared->sets);
    rig_close(r);
}

static void datarep__compares_the_number(void **state)
{
    (void)state;
    write_file("rep", "YWJj,100\nZGVm,7\nZ2hp\n"); /* abc def ghi */
    static const struct {
        const char *test;
        size_t fires;
    } cases[] = {{">,50", 1}, {"<,50", 2}, {"=,7", 1}, {"<,0", 0}};
    for (size_t i = 0; i < 4; i++) {
        char rule[256];
        snprintf(rule, sizeof rule,
                 "alert dns any any -> any any (dns.query; datarep:r,%s,"
                 "type string,load rep; sid:1;)",
                 cases[i].test);
        assert_int_equal(asked(rule, NAMES("abc", "def", "ghi", "jkl")), cases[i].fires);
    }
}

static void dataset__refuses(void **state)
{
    (void)state;
    static const struct {
        const char *options, *why;
    } bad[] = {{"dataset:isset,a,type string;", "needs a sticky buffer"},
               {"http.uri; dataset:isset,a;", "not defined"},
               {"http.uri; dataset:has,a,type string;", "unknown command"},
               {"http.uri; dataset:isset,a b,type string;", "is no name"},
               {"http.uri; dataset:isset,a,type text;", "none of md5"},
               {"http.uri; dataset:isset,a,type md5,load /nowhere;", "/nowhere"},
               {"http.uri; dataset:isset,a,type md5,load /dev/zero;", "not a regular file"},
               {"http.uri; dataset:set,a,type md5,save ../a;", "leads out"},
               {"http.uri; dataset:set,a,type md5,state a,load b;", "beside load"},
               {"http.uri; dataset:set,a,type md5,memcap x;", "no size"},
               {"http.uri; dataset:set,a,type md5; dataset:set,a,type string;", "another type"},
               {"http.uri; datarep:a,!,5,type string;", "none of < = >"},
               {"http.uri; datarep:a,>,70000,type string;", "no number"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!strstr(rig_option_complaint(bad[i].options), bad[i].why))
            fail_msg("%s: %s", bad[i].options, rig_option_complaint(bad[i].options));
}

static void iprep__compares_what_lists_say(void **state)
{
    (void)state;
    write_file("cats", "# number,name,text\n1,Bad,bad hosts\n2,Good,good hosts\n");
    write_file("list", "ip,category,value\n10.0.0.1,1,30\n203.0.113.0/24,2,100\n10.0.0.1,1,40\n");
    static const struct {
        const char *test;
        size_t fires;
    } cases[] = {{"src,Bad,>,30", 1},   {"src,Bad,=,40", 1},     {"src,Bad,>,40", 0},
                 {"dst,Bad,<,100", 0},  {"dst,Good,>,99", 1},    {"any,Good,>,99", 1},
                 {"both,Good,>=,0", 1}, {"both,Bad,>,0", 0},     {"dst,Bad,isnotset", 1},
                 {"src,Bad,isset", 1},  {"src,Bad,isnotset", 0}, {"both,Bad,isnotset", 0}};
    const char *file = "list";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char rule[256], cats[128];
        snprintf(rule, sizeof rule, "alert udp any any -> any any (iprep:%s; sid:1;)",
                 cases[i].test);
        snprintf(cats, sizeof cats, "%s", path_of("cats"));
        struct ruleset_options o = {.reputation = {cats, dir, &file, 1}};
        struct rig *r = rig_open_with(rule, &o);
        rig_udp(r, TO_SERVER, BYTES_LIT("x"));
        if (rig_fired(r, 1) != cases[i].fires)
            fail_msg("%s", cases[i].test);
        rig_close(r);
    }
    assert_non_null(strstr(rig_option_complaint("iprep:src,Bad,>,1;"), "unknown category"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dataset__looks_up_what_a_file_holds),
        cmocka_unit_test(dataset__hashes_are_of_the_transformed_buffer),
        cmocka_unit_test(dataset__set_matches_what_is_new),
        cmocka_unit_test(dataset__state_is_kept_in_the_data_folder),
        cmocka_unit_test(dataset__every_type_reads_what_it_wrote),
        cmocka_unit_test(dataset__addresses_of_both_kinds),
        cmocka_unit_test(shared_adopt__a_set_is_written_where_the_new_rules_say),
        cmocka_unit_test(shared_adopt__one_of_another_type_has_the_file_for_itself),
        cmocka_unit_test(shared_settle__a_set_nobody_names_is_written_and_gone),
        cmocka_unit_test(datarep__compares_the_number),
        cmocka_unit_test(dataset__refuses),
        cmocka_unit_test(iprep__compares_what_lists_say),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
