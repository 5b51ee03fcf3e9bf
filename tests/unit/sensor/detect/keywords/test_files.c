/* Rules about files in transit: names, types, sizes, digests, which are stored. */
#include "tests/unit/sensor/detect/rig.h"
#include "common/text.h"

#define HELLO_MD5    "5d41402abc4b2a76b9719d911017c592"
#define HELLO_SHA256 "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static void download(struct rig *r)
{
    rig_connect(r);
    rig_say(r, TO_SERVER, "GET /dir/hello.PDF HTTP/1.1\r\nHost: h\r\n\r\n");
    rig_say(r, TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    rig_say(r, TO_CLIENT, "lo");
    rig_end(r);
}

static size_t fires_with(void (*play)(struct rig *), const char *header, const char *options)
{
    char rule[4096];
    snprintf(rule, sizeof rule, "alert %s (%s sid:1;)", header, options);
    struct rig *r = rig_open(rule);
    play(r);
    size_t n = rig_fired(r, 1);
    rig_close(r);
    return n;
}

static size_t fires(const char *options)
{
    return fires_with(download, "http any any -> any any", options);
}

static void files__names_are_found_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(fires("filename:\"HELLO\";"), 1);
    assert_int_equal(fires("filename:\"bye\";"), 0);
    assert_int_equal(fires("filename:!\"bye\";"), 1);
    assert_int_equal(fires("filename:!\"hello\";"), 0);
    assert_int_equal(fires("fileext:\"pdf\";"), 1);
    assert_int_equal(fires("fileext:\"hello\";"), 0);
    assert_int_equal(fires("fileext:!\"exe\";"), 1);
    assert_int_equal(fires("file.name; content:\"/dir/\"; startswith;"), 1);
    assert_int_equal(fires("file.name; bsize:14;"), 1);
}

static void files__need_no_protocol_in_the_rule(void **state)
{
    (void)state;
    assert_int_equal(fires_with(download, "tcp any any -> any any", "filename:\"hello\";"), 1);
    assert_int_equal(fires_with(download, "ip any any -> any any", "filesize:5;"), 1);
    assert_int_equal(fires_with(download, "smb any any -> any any", "filesize:5;"), 0);
}

static void files__size_is_known_at_the_end(void **state)
{
    (void)state;
    assert_int_equal(fires("filesize:5;"), 1);
    assert_int_equal(fires("filesize:<5;"), 0);
    assert_int_equal(fires("filesize:>4;"), 1);
    assert_int_equal(fires("filesize:4<>6;"), 1);
    assert_int_equal(fires("filesize:<1KB;"), 1);
    struct rig *r = rig_open("alert http any any -> any any (filesize:5; sid:1;)");
    download(r);
    assert_int_equal(r->alert_count, 1);
    assert_int_equal(r->alerts[0].packet,
                     9); /* the first packet of the server behind the last byte */
    rig_close(r);
}

/* Four of ten bytes are missing. */
static void with_a_gap(struct rig *r)
{
    rig_connect(r);
    rig_say(r, TO_SERVER, "GET /f HTTP/1.1\r\nHost: h\r\n\r\n");
    rig_say(r, TO_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel");
    r->seq[TO_CLIENT] += 4;
    rig_say(r, TO_CLIENT, "abc");
    rig_end(r);
}

static void files__with_gaps_are_known_to_be_at_least_so_large(void **state)
{
    (void)state;
    static const char header[] = "http any any -> any any";
    assert_int_equal(fires_with(with_a_gap, header, "filesize:>2;"), 1);
    assert_int_equal(fires_with(with_a_gap, header, "filesize:10;"), 0);
    assert_int_equal(fires_with(with_a_gap, header, "filesize:<100;"), 0);
}

/* ---- lists of digests ---- */

static size_t fires_on_list(const char *keyword, const char *list)
{
    char path[] = "/tmp/sekisho-list-XXXXXX", options[256];
    bool negated = keyword[0] == '!';
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, list, strlen(list)), (ssize_t)strlen(list));
    close(fd);
    snprintf(options, sizeof options, "%s:%s%s;", keyword + negated, negated ? "!" : "", path);
    size_t n = fires(options);
    unlink(path);
    return n;
}

static void files__digests_are_looked_up_in_lists(void **state)
{
    (void)state;
    assert_int_equal(fires_on_list("filemd5", "# known\n\n" HELLO_MD5 "  hello.txt\n"), 1);
    assert_int_equal(fires_on_list("filemd5", "00000000000000000000000000000000\n"), 0);
    assert_int_equal(fires_on_list("!filemd5", HELLO_MD5 "\n"), 0);
    assert_int_equal(fires_on_list("!filemd5", "00000000000000000000000000000000\n"), 1);
    assert_int_equal(fires_on_list("filesha256", "# x\r\n" HELLO_SHA256 "\r\n"), 1);
    assert_int_equal(fires_on_list("filesha1", "AAF4C61DDCC5E8A2DABEDE0F3B482CD9AEA9434D"), 1);
}

static void files__lists_may_be_long(void **state)
{
    enum { ENTRIES = 3000, LINE = 33 };
    static char text[ENTRIES * LINE + LINE + 1];
    (void)state;
    for (unsigned i = 0; i < ENTRIES; i++)
        snprintf(text + (size_t)i * LINE, LINE + 1, "%08x%024x\n", i * 2654435761u, i);
    assert_int_equal(fires_on_list("filemd5", text), 0);
    memcpy(text + ENTRIES * LINE, HELLO_MD5, sizeof HELLO_MD5);
    assert_int_equal(fires_on_list("filemd5", text), 1);
}

static void files__broken_lists_name_file_and_line(void **state)
{
    (void)state;
    char path[] = "/tmp/sekisho-list-XXXXXX", options[128];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "# ok\nabcd\n", 10), 10);
    close(fd);
    snprintf(options, sizeof options, "filemd5:%s;", path);
    assert_non_null(strstr(rig_option_complaint(options), ":2: 'abcd' has 4 hex digits"));
    unlink(path);
    assert_non_null(strstr(rig_option_complaint(options), "filemd5: "));
}

/* ---- several files, several conditions ---- */

static void mail(struct rig *r)
{
    r->server_port = 25;
    rig_connect(r);
    rig_say(r, TO_CLIENT, "220 mx ESMTP\r\n");
    rig_say(r, TO_SERVER, "EHLO c\r\n");
    rig_say(r, TO_CLIENT, "250 mx\r\n");
    rig_say(r, TO_SERVER, "MAIL FROM:<a@b>\r\n");
    rig_say(r, TO_CLIENT, "250 ok\r\n");
    rig_say(r, TO_SERVER, "RCPT TO:<c@d>\r\n");
    rig_say(r, TO_CLIENT, "250 ok\r\n");
    rig_say(r, TO_SERVER, "DATA\r\n");
    rig_say(r, TO_CLIENT, "354 go\r\n");
    rig_say(r, TO_SERVER,
            "From: a@b\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/mixed; boundary=\"x\"\r\n\r\n--x\r\n"
            "Content-Disposition: attachment; filename=\"one.txt\"\r\n\r\nhello\r\n--x\r\n");
    rig_say(r, TO_SERVER,
            "Content-Disposition: attachment; filename=\"second.exe\"\r\n\r\n"
            "longer text\r\n--x--\r\n.\r\n");
    rig_say(r, TO_CLIENT, "250 ok\r\n");
    rig_end(r);
}

static void files__each_attachment_is_asked(void **state)
{
    (void)state;
    static const char header[] = "smtp any any -> any any";
    assert_int_equal(fires_with(mail, header, "filename:\"one\";"), 1);
    assert_int_equal(fires_with(mail, header, "filename:\"second\";"), 1);
    assert_int_equal(fires_with(mail, header, "filesize:5;"), 1);
    assert_int_equal(fires_with(mail, header, "filesize:11;"), 1);
    assert_int_equal(fires_with(mail, header, "filesize:7;"), 0);
}

static void files__all_conditions_on_sizes_hold_for_one_file(void **state)
{
    (void)state;
    static const char header[] = "smtp any any -> any any";
    assert_int_equal(fires_with(mail, header, "filesize:>4; filesize:<6;"), 1);
    assert_int_equal(fires_with(mail, header, "filesize:<6; filesize:>10;"), 0);
}

static void files__fire_again_for_another_file(void **state)
{
    (void)state;
    assert_int_equal(fires_with(mail, "smtp any any -> any any", "filesize:>4;"), 2);
}

static void files__types_are_told_only_when_a_rule_asks(void **state)
{
    (void)state;
    assert_int_equal(fires("filemagic:\"ASCII TEXT\";"), 1);
    assert_int_equal(fires("filemagic:!\"PDF\";"), 1);
    assert_int_equal(fires("file.magic; content:\"ASCII\"; startswith;"), 1);
    assert_int_equal(fires("filemagic:\"PDF\";"), 0);
}

static void files__wrong_values_are_refused(void **state)
{
    (void)state;
    assert_non_null(strstr(rig_option_complaint("filesize:abc;"), "filesize: 'abc' is no number"));
    assert_non_null(strstr(rig_option_complaint("filestore:up;"), "'up' is none of request"));
    assert_non_null(strstr(rig_option_complaint("filestore:both,all;"), "'all' is none of file"));
    assert_non_null(strstr(rig_option_complaint("filestore:both,tx,3;"), "no more"));
    assert_non_null(strstr(rig_option_complaint("filename:\"\";"), "pattern is empty"));
    assert_non_null(strstr(rig_option_complaint("files;"), "unknown keyword"));
    assert_string_equal(rig_option_complaint("filestore:both,ssn;"), "");
    assert_string_equal(rig_option_complaint("filestore:to_client,file;"), "");
    assert_string_equal(rig_option_complaint("filesize:>100MB;"), "");
}

static void files__protocols_without_them_are_refused(void **state)
{
    (void)state;
    assert_non_null(
        strstr(rig_complaint("alert dns any any -> any any (filename:\"x\"; sid:1;)"), "dns"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files__names_are_found_in_any_case),
        cmocka_unit_test(files__need_no_protocol_in_the_rule),
        cmocka_unit_test(files__size_is_known_at_the_end),
        cmocka_unit_test(files__with_gaps_are_known_to_be_at_least_so_large),
        cmocka_unit_test(files__digests_are_looked_up_in_lists),
        cmocka_unit_test(files__lists_may_be_long),
        cmocka_unit_test(files__broken_lists_name_file_and_line),
        cmocka_unit_test(files__each_attachment_is_asked),
        cmocka_unit_test(files__all_conditions_on_sizes_hold_for_one_file),
        cmocka_unit_test(files__fire_again_for_another_file),
        cmocka_unit_test(files__types_are_told_only_when_a_rule_asks),
        cmocka_unit_test(files__wrong_values_are_refused),
        cmocka_unit_test(files__protocols_without_them_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
