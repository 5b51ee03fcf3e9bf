/* tests/unit/analyzer/geoip/test_geoip.c - what is written is what libmaxminddb reads. */
#include "analyzer/geoip/geoip.h"
#include "analyzer/geoip/mmdb_writer.h"
#include "common/file.h"
#include <arpa/inet.h>
#include <maxminddb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/sekisho-geoip-XXXXXX";
static char path[3][64]; /* geoip, geoip6, out.mmdb */

static void write_file(int which, const char *text)
{
    struct err err;
    ASSERT(file_replace(path[which], bytes_str(text), &err) == 0);
}

/* "JP", or "-" for nothing. */
static const char *country_of(MMDB_s *db, const char *address)
{
    static char code[3];
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    assert_true(is_v4 || inet_pton(AF_INET6, address, &v6.sin6_addr) == 1);
    int rc = MMDB_SUCCESS;
    MMDB_lookup_result_s found =
        MMDB_lookup_sockaddr(db, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6, &rc);
    assert_int_equal(rc, MMDB_SUCCESS);
    MMDB_entry_data_s data;
    if (!found.found_entry)
        return "-";
    assert_int_equal(MMDB_get_value(&found.entry, &data, "country", "iso_code", NULL),
                     MMDB_SUCCESS);
    assert_true(data.has_data && data.type == MMDB_DATA_TYPE_UTF8_STRING && data.data_size == 2);
    memcpy(code, data.utf8_string, 2);
    return code;
}

static void open_image(const uint8_t *image, size_t len, MMDB_s *db)
{
    struct err err;
    assert_int_equal(file_replace(path[2], bytes_of(image, len), &err), 0);
    assert_int_equal(MMDB_open(path[2], MMDB_MODE_MMAP, db), MMDB_SUCCESS);
}

static void geoip__ranges_are_found_at_both_ends(void **state)
{
    (void)state;
    write_file(0,
               "# comment\n16777216,16777471,AU\n16777472,16778239,CN\n3221225984,3221226239,??\n"
               "4294967295,4294967295,ZZ\r\n");
    write_file(
        1, "2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP\n2001:db8::1,2001:db8::1,A1\n");
    struct geoip_summary summary;
    struct err err;
    size_t len = 0;
    uint8_t *image = geoip_build(folder, &len, &summary, &err);
    assert_non_null(image);
    assert_int_equal(summary.ranges_v4, 3);
    assert_int_equal(summary.ranges_v6, 2);
    MMDB_s db;
    open_image(image, len, &db);
    free(image);
    static const char *const want[][2] = {
        {"1.0.0.0", "AU"},     {"1.0.0.255", "AU"},
        {"1.0.1.0", "CN"},     {"1.0.3.255", "CN"},
        {"1.0.4.0", "-"},      {"0.255.255.255", "-"},
        {"192.0.2.1", "-"},    {"255.255.255.255", "ZZ"},
        {"2001:200::", "JP"},  {"2001:200:ffff:ffff:ffff:ffff:ffff:ffff", "JP"},
        {"2001:201::", "-"},   {"2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "-"},
        {"2001:db8::1", "A1"}, {"2001:db8::2", "-"},
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        assert_string_equal(country_of(&db, want[i][0]), want[i][1]);
    MMDB_close(&db);
}

static void geoip__metadata_names_licence_and_format(void **state)
{
    (void)state;
    write_file(0, "16777216,16777471,AU\n");
    write_file(1, "2001:200::,2001:200::,JP\n");
    struct geoip_summary summary;
    struct err err;
    size_t len = 0;
    uint8_t *image = geoip_build(folder, &len, &summary, &err);
    MMDB_s db;
    open_image(image, len, &db);
    free(image);
    assert_int_equal(db.metadata.ip_version, 6);
    assert_int_equal(db.metadata.binary_format_major_version, 2);
    assert_string_equal(db.metadata.database_type, "Sekisho-Country");
    assert_int_equal(db.metadata.description.count, 1);
    assert_non_null(strstr(db.metadata.description.descriptions[0]->description, "CC BY-SA 4.0"));
    assert_true(db.metadata.build_epoch > 1600000000);
    MMDB_close(&db);
}

static void geoip__broken_lines_are_told_with_file_and_line(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"1,2\n", "geoip:1: wants START,END,COUNTRY"},
        {"#\n1,x,JP\n", "geoip:2: wants two IPv4 addresses"},
        {"5,4,JP\n", "geoip:1: the range ends before it begins"},
        {"1,2,JPN\n", "geoip:1: wants a country code"},
        {"1,4294967296,JP\n", "geoip:1: wants two IPv4 addresses"},
        {"# nothing\n", "geoip: holds no ranges"},
    };
    struct geoip_summary summary;
    struct err err;
    size_t len = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_file(0, cases[i][0]);
        assert_null(geoip_build(folder, &len, &summary, &err));
        assert_non_null(strstr(err.text, cases[i][1]));
    }
    assert_null(geoip_build("/nonexistent", &len, &summary, &err));
    assert_non_null(strstr(err.text, "apt install tor-geoipdb"));
}

/* Random ranges, later ones over earlier ones, against a plain array of the 65,536 addresses. */
static void mmdb_writer__agrees_with_a_plain_table(void **state)
{
    (void)state;
    static char plain[65536][3];
    struct mmdb_writer *w = mmdb_writer_new();
    uint32_t seed = 7;
    for (int i = 0; i < 500; i++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t a = seed >> 16, b = a + (seed >> 4) % (i % 2 ? 40 : 4000);
        b = b > 65535 ? 65535 : b;
        char code[3] = {(char)('A' + i % 5), 'A', 0};
        struct addr first = addr_v4((uint8_t[4]){10, 0, (uint8_t)(a >> 8), (uint8_t)a});
        struct addr last = addr_v4((uint8_t[4]){10, 0, (uint8_t)(b >> 8), (uint8_t)b});
        mmdb_writer_add(w, &first, &last, code);
        for (uint32_t k = a; k <= b; k++)
            memcpy(plain[k], code, 3);
    }
    size_t len = 0;
    uint8_t *image = mmdb_writer_finish(w, "test", 1700000000, &len);
    mmdb_writer_free(w);
    MMDB_s db;
    open_image(image, len, &db);
    free(image);
    for (uint32_t k = 0; k < 65536; k++) {
        char address[32];
        snprintf(address, sizeof address, "10.0.%u.%u", k >> 8, k & 255);
        assert_string_equal(country_of(&db, address), plain[k][0] ? plain[k] : "-");
    }
    MMDB_close(&db);
}

static void geoip__the_packaged_data_makes_a_database(void **state)
{
    (void)state;
    struct geoip_summary summary;
    struct err err;
    size_t len = 0;
    if (access(GEOIP_DIR "/geoip", R_OK) != 0)
        skip(); /* tor-geoipdb is not installed here */
    uint8_t *image = geoip_build(GEOIP_DIR, &len, &summary, &err);
    assert_non_null(image);
    assert_true(summary.ranges_v4 > 100000 && summary.ranges_v6 > 50000);
    MMDB_s db;
    open_image(image, len, &db);
    free(image);
    assert_string_equal(country_of(&db, "133.11.0.1"), "JP"); /* the University of Tokyo */
    assert_string_equal(country_of(&db, "192.168.1.1"), "-");
    assert_string_equal(country_of(&db, "2001:200::1"), "JP"); /* WIDE */
    MMDB_close(&db);
}

static int make_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"geoip", "geoip6", "out.mmdb"};
    if (!mkdtemp(folder))
        return -1;
    for (int i = 0; i < 3; i++)
        snprintf(path[i], sizeof path[i], "%s/%s", folder, names[i]);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        unlink(path[i]);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(geoip__ranges_are_found_at_both_ends),
        cmocka_unit_test(geoip__metadata_names_licence_and_format),
        cmocka_unit_test(geoip__broken_lines_are_told_with_file_and_line),
        cmocka_unit_test(mmdb_writer__agrees_with_a_plain_table),
        cmocka_unit_test(geoip__the_packaged_data_makes_a_database),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
