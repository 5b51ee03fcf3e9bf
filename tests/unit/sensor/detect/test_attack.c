/* ATT&CK of rules: from their metadata, else from their classtype. */
#include "rig.h"

static const char config[] =
    "# comment\n\n"
    "config attack: trojan-activity,TA0011,Command and Control\n"
    "config attack: coin-mining, TA0040, Impact, T1496, Resource Hijacking\n";

/* A file with this text; its name is good until the next call. */
static const char *file_with(const char *text)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/sekisho-attack-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

/* What an alert of a rule with these options says; "" when nothing. */
static const char *attack_of(const char *options)
{
    static char said[4096];
    char rule[4096];
    snprintf(rule, sizeof rule, "alert udp any any -> any any (%s sid:1;)", options);
    struct ruleset_options o = {.attack_file = file_with(config)};
    struct rig *r = rig_open_with(rule, &o);
    unlink(o.attack_file);
    rig_udp(r, TO_SERVER, BYTES_LIT("x"));
    assert_non_null(r->last);
    snprintf(said, sizeof said, "%s", r->last->attack_json ? r->last->attack_json : "");
    rig_close(r);
    return said;
}

static void attack__metadata_of_the_rule_comes_first(void **state)
{
    (void)state;
    assert_string_equal(
        attack_of("classtype:coin-mining; metadata:mitre_tactic_id TA0011, mitre_tactic_name "
                  "Command_And_Control, mitre_technique_id T1071.004;"),
        "[{\"tactic\":\"TA0011\",\"tactic_name\":\"Command And Control\","
        "\"technique\":\"T1071.004\",\"from\":\"rule\"}]");
}

static void attack__nth_values_belong_together(void **state)
{
    (void)state;
    assert_string_equal(
        attack_of("metadata:mitre_tactic_id TA0001, mitre_technique_id T1190, mitre_technique_name "
                  "Exploit; metadata:mitre_technique_id T1189, mitre_technique_name Drive_by;"),
        "[{\"tactic\":\"TA0001\",\"technique\":\"T1190\",\"technique_name\":\"Exploit\","
        "\"from\":\"rule\"},{\"tactic\":\"TA0001\",\"technique\":\"T1189\","
        "\"technique_name\":\"Drive by\",\"from\":\"rule\"}]");
}

static void attack__classtype_stands_in(void **state)
{
    (void)state;
    assert_string_equal(attack_of("classtype:coin-mining; metadata:created_at 2026_01_01;"),
                        "[{\"tactic\":\"TA0040\",\"tactic_name\":\"Impact\",\"technique\":"
                        "\"T1496\",\"technique_name\":\"Resource Hijacking\","
                        "\"from\":\"classtype\"}]");
    assert_string_equal(attack_of("classtype:trojan-activity;"),
                        "[{\"tactic\":\"TA0011\",\"tactic_name\":\"Command and Control\","
                        "\"from\":\"classtype\"}]");
}

static void attack__says_nothing_where_nothing_is_known(void **state)
{
    (void)state;
    assert_string_equal(attack_of("classtype:misc-activity;"), "");
    assert_string_equal(attack_of("msg:\"x\";"), "");
}

static void attack__what_is_no_id_is_not_said(void **state)
{
    (void)state;
    assert_string_equal(attack_of("metadata:mitre_tactic_id TA11, mitre_technique_id T1071.4;"),
                        "");
    assert_string_equal(attack_of("metadata:mitre_tactic_id TA0001x, mitre_technique_id T1071;"),
                        "[{\"technique\":\"T1071\",\"from\":\"rule\"}]");
}

static const char *complaint(const char *text)
{
    static struct err err;
    struct ruleset_report report;
    struct ruleset_options o = {.attack_file = file_with(text)};
    struct ruleset *rs = ruleset_load(&o, &report, &err);
    unlink(o.attack_file);
    ruleset_report_free(&report);
    assert_null(rs);
    return strchr(err.text, ':') + 1;
}

static void attack_config__mistakes_get_one_line(void **state)
{
    (void)state;
    assert_string_equal(complaint("\nconfig attack: a,TA11,Impact\n"),
                        "2: 'TA11' is no tactic such as TA0011");
    assert_string_equal(complaint("config attack: a,TA0040,Impact,T14,Hijacking\n"),
                        "1: 'T14' is no technique such as T1071 or T1071.004");
    const char *form = "1: attack is not 'classtype,tactic id,tactic name' or that and ',technique "
                       "id,technique name'";
    assert_string_equal(complaint("config attack: a,TA0040\n"), form);
    assert_string_equal(complaint("config attack: a,TA0040,Impact,T1496\n"), form);
    assert_string_equal(complaint("config attack: a,TA0040,Impact,T1496,Hijacking,more\n"), form);
    assert_string_equal(complaint("config attack: a,TA0040,Impact\nconfig attack: a,TA0001,X\n"),
                        "2: classtype 'a' stands twice");
    assert_string_equal(complaint("config classification: a,b,1\n"),
                        "1: is not 'config attack: ...'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack__metadata_of_the_rule_comes_first),
        cmocka_unit_test(attack__nth_values_belong_together),
        cmocka_unit_test(attack__classtype_stands_in),
        cmocka_unit_test(attack__says_nothing_where_nothing_is_known),
        cmocka_unit_test(attack__what_is_no_id_is_not_said),
        cmocka_unit_test(attack_config__mistakes_get_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
