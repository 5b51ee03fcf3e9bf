/* tests/unit/sensor/capture/test_capture.c - capture files of every kind, whole and broken. */
#include "sensor/capture/capture.h"
#include "common/file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>

static char path[] = "/tmp/sekisho-capture-XXXXXX";

/* A file under construction, in either byte order. */
struct image {
    uint8_t b[2 << 20];
    size_t len;
    bool big;
};
static struct image image;

static void put(const void *p, size_t len)
{
    memcpy(image.b + image.len, p, len);
    image.len += len;
}

static void put_u16(unsigned v)
{
    uint8_t little[2] = {(uint8_t)v, (uint8_t)(v >> 8)}, big[2] = {little[1], little[0]};
    put(image.big ? big : little, 2);
}

static void put_u32(uint32_t v)
{
    if (image.big) {
        put_u16(v >> 16);
        put_u16(v & 0xffff);
    } else {
        put_u16(v & 0xffff);
        put_u16(v >> 16);
    }
}

static void start_pcap(bool big, uint32_t magic, uint32_t linktype)
{
    image.len = 0;
    image.big = big;
    put_u32(magic);
    put_u16(2);
    put_u16(4);
    put_u32(0);
    put_u32(0);
    put_u32(65535);
    put_u32(linktype);
}

static void put_record(uint32_t s, uint32_t fraction, const char *data, uint32_t wire_len)
{
    put_u32(s);
    put_u32(fraction);
    put_u32((uint32_t)strlen(data));
    put_u32(wire_len);
    put(data, strlen(data));
}

static void put_pad(size_t len)
{
    put("\0\0\0", (4 - len % 4) % 4);
}

static void put_section(bool big)
{
    image.big = big;
    put_u32(0x0a0d0d0a);
    put_u32(28);
    put_u32(0x1a2b3c4d);
    put_u16(1);
    put_u16(0);
    put_u32(0xffffffff);
    put_u32(0xffffffff);
    put_u32(28);
}

/* resolution: if_tsresol's byte; offset: seconds. */
static void put_interface(unsigned linktype, uint8_t resolution, uint32_t offset)
{
    put_u32(1);
    put_u32(20 + 8 + 12 + 4);
    put_u16(linktype);
    put_u16(0);
    put_u32(10);
    put_u16(9);
    put_u16(1);
    put(&resolution, 1);
    put_pad(1);
    put_u16(14);
    put_u16(8);
    put_u32(image.big ? 0 : offset);
    put_u32(image.big ? offset : 0);
    put_u32(0);
    put_u32(44);
}

static void put_enhanced(uint32_t type, uint32_t interface, uint64_t ticks, const char *data)
{
    uint32_t len = (uint32_t)strlen(data), total = 32 + (len + 3) / 4 * 4;
    put_u32(type);
    put_u32(total);
    if (type == 2) {
        put_u16(interface);
        put_u16(0);
    } else {
        put_u32(interface);
    }
    put_u32((uint32_t)(ticks >> 32));
    put_u32((uint32_t)ticks);
    put_u32(len);
    put_u32(len + 5);
    put(data, len);
    put_pad(len);
    put_u32(total);
}

static struct capture *open_image(struct err *err)
{
    struct err ignored;
    ASSERT(file_replace(path, bytes_of(image.b, image.len), &ignored) == 0);
    return capture_open_file(path, err);
}

static void assert_frame(struct capture *c, uint64_t number, uint64_t ts_us, uint32_t linktype,
                         const char *data, uint32_t wire_len)
{
    struct frame f = {0};
    struct err err;
    assert_int_equal(capture_next(c, &f, &err), CAPTURE_FRAME);
    assert_int_equal(f.number, number);
    assert_int_equal(f.ts_us, ts_us);
    assert_int_equal(f.linktype, linktype);
    assert_int_equal(f.wire_len, wire_len);
    assert_true(bytes_eq(f.data, bytes_str(data)));
}

static void assert_end(struct capture *c)
{
    struct frame f = {0};
    struct err err;
    assert_int_equal(capture_next(c, &f, &err), CAPTURE_END);
    capture_close(c);
}

/* The error names the file and holds `what`; afterwards there is nothing more. */
static void assert_broken(struct capture *c, const char *what)
{
    struct frame f = {0};
    struct err err = {{0}};
    assert_int_equal(capture_next(c, &f, &err),
                     strstr(what, "cut off") ? CAPTURE_CUT : CAPTURE_ERROR);
    assert_non_null(strstr(err.text, path));
    assert_non_null(strstr(err.text, what));
    assert_end(c);
}

static void assert_refused(const char *what)
{
    struct err err = {{0}};
    assert_null(open_image(&err));
    assert_non_null(strstr(err.text, path));
    assert_non_null(strstr(err.text, what));
}

static void pcap__both_byte_orders_and_resolutions(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        start_pcap(big, 0xa1b2c3d4, 1);
        put_record(5, 7, "hello", 5);
        put_record(6, 8, "cut", 1500);
        struct capture *c = open_image(NULL);
        assert_frame(c, 1, 5000007, 1, "hello", 5);
        assert_frame(c, 2, 6000008, 1, "cut", 1500);
        assert_end(c);
        start_pcap(big, 0xa1b23c4d, 101);
        put_record(5, 7999, "hello", 5);
        c = open_image(NULL);
        assert_frame(c, 1, 5000007, 101, "hello", 5);
        assert_end(c);
    }
}

static void pcap__kuznetzov_records_have_longer_headers(void **state)
{
    (void)state;
    start_pcap(false, 0xa1b2cd34, 1);
    put_u32(5);
    put_u32(7);
    put_u32(5);
    put_u32(5);
    put("\1\0\0\0\x08\0\0\0hello", 13);
    struct capture *c = open_image(NULL);
    assert_frame(c, 1, 5000007, 1, "hello", 5);
    assert_end(c);
}

static void pcap__fcs_length_is_not_part_of_the_link_type(void **state)
{
    (void)state;
    start_pcap(false, 0xa1b2c3d4, 0x44000001);
    put_record(5, 7, "hello", 5);
    struct capture *c = open_image(NULL);
    assert_frame(c, 1, 5000007, 1, "hello", 5);
    assert_end(c);
}

static void pcap__cut_file_gives_what_came_before(void **state)
{
    (void)state;
    start_pcap(false, 0xa1b2c3d4, 1);
    put_record(5, 7, "hello", 5);
    put_record(6, 8, "world", 5);
    image.len -= 2;
    struct capture *c = open_image(NULL);
    assert_frame(c, 1, 5000007, 1, "hello", 5);
    assert_broken(c, "byte 45: the file is cut off within a frame");
    image.len -= 10;
    c = open_image(NULL);
    assert_frame(c, 1, 5000007, 1, "hello", 5);
    assert_broken(c, "byte 45: the file is cut off within a record's header");
}

static void pcap__absurd_length_is_an_error_with_its_place(void **state)
{
    (void)state;
    start_pcap(false, 0xa1b2c3d4, 1);
    put_record(5, 7, "hello", 5);
    put_u32(5);
    put_u32(7);
    put_u32(0x7fffffff);
    put_u32(0x7fffffff);
    struct capture *c = open_image(NULL);
    assert_frame(c, 1, 5000007, 1, "hello", 5);
    assert_broken(c, "byte 45: a record claims 2147483647 captured bytes");
}

static void pcap__a_larger_snapshot_length_allows_larger_frames(void **state)
{
    (void)state;
    static char jumbo[600001];
    memset(jumbo, 'x', 600000);
    start_pcap(false, 0xa1b2c3d4, 1);
    put_record(5, 7, jumbo, 600000);
    assert_broken(open_image(NULL), "more than 262144");
    image.b[18] = 0x10; /* snapshot length: 1,114,111 */
    struct capture *c = open_image(NULL);
    assert_frame(c, 1, 5000007, 1, jumbo, 600000);
    assert_end(c);
}

static void pcap__many_frames_pass_the_read_buffer(void **state)
{
    (void)state;
    static char big[60001];
    memset(big, 'x', 60000);
    start_pcap(false, 0xa1b2c3d4, 1);
    for (uint32_t i = 0; i < 34; i++)
        put_record(i, 0, big, 60000);
    struct capture *c = open_image(NULL);
    for (uint32_t i = 0; i < 34; i++)
        assert_frame(c, i + 1, (uint64_t)i * 1000000, 1, big, 60000);
    struct capture_counters counters;
    capture_counters(c, &counters);
    assert_int_equal(counters.received, 34);
    assert_end(c);
}

static void pcap__frames_stay_until_the_reader_has_turned_twice(void **state)
{
    (void)state;
    static char big[30001];
    struct frame f = {0}, kept[64];
    struct err err;
    unsigned count = 0, turns = 0;
    start_pcap(false, 0xa1b2c3d4, 1);
    for (unsigned char i = 1; i <= 64; i++) {
        memset(big, i, 30000);
        put_record(i, 0, big, 30000);
    }
    struct capture *c = open_image(NULL);
    while (capture_next(c, &f, &err) == CAPTURE_FRAME) {
        for (unsigned i = 0; i < count; i++)
            for (unsigned at = 0; at < 30000; at += 29999)
                assert_int_equal(kept[i].data.p[at], kept[i].number);
        if (f.turned)
            count = 0; /* this once they stayed */
        turns += f.turned;
        kept[count++] = f;
    }
    assert_int_equal(f.number, 64);
    assert_true(turns > 4);
    capture_close(c);
}

static void open__tells_what_is_no_capture(void **state)
{
    (void)state;
    struct err err = {{0}};
    image.len = 0;
    assert_refused("empty");
    put("GET / HTTP/1.1\r\n", 16);
    assert_refused("neither pcap nor pcapng");
    start_pcap(false, 0xa1b2c3d4, 1);
    image.len = 20;
    assert_refused("cut off");
    assert_null(capture_open_file("/tmp", &err));
    assert_non_null(strstr(err.text, "is a directory"));
    assert_null(capture_open_file("/nonexistent/x.pcap", &err));
    assert_string_equal(err.text, "/nonexistent/x.pcap: cannot open: No such file or directory");
}

static void pcapng__interfaces_have_their_own_clock_and_link_type(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        image.len = 0;
        put_section(big);
        put_interface(1, 6, 0);
        put_interface(101, 9, 0);
        put_interface(113, 0x80 | 10, 100);
        put_interface(1, 3, 0);
        put_enhanced(6, 0, 5000007, "one");
        put_enhanced(6, 1, 5000007999, "twos");
        put_enhanced(6, 2, 5 * 1024 + 512, "three");
        put_enhanced(2, 3, 5007, "old");
        struct capture *c = open_image(NULL);
        assert_frame(c, 1, 5000007, 1, "one", 8);
        assert_frame(c, 2, 5000007, 101, "twos", 9);
        assert_frame(c, 3, 105500000, 113, "three", 10);
        assert_frame(c, 4, 5007000, 1, "old", 8);
        assert_end(c);
    }
}

static void pcapng__a_new_section_may_turn_the_byte_order(void **state)
{
    (void)state;
    image.len = 0;
    put_section(false);
    put_interface(1, 6, 0);
    put_enhanced(6, 0, 1, "a");
    put_section(true);
    put_interface(101, 6, 0);
    put_enhanced(6, 0, 2, "b");
    struct capture *c = open_image(NULL);
    assert_frame(c, 1, 1, 1, "a", 6);
    assert_frame(c, 2, 2, 101, "b", 6);
    assert_end(c);
}

static void pcapng__simple_packets_keep_the_last_time_and_snaplen(void **state)
{
    (void)state;
    image.len = 0;
    put_section(false);
    put_interface(1, 6, 0);
    put_enhanced(6, 0, 77, "a");
    put_u32(3);
    put_u32(28);
    put_u32(4000);
    put("0123456789\0\0", 12);
    put_u32(28);
    struct capture *c = open_image(NULL);
    assert_frame(c, 1, 77, 1, "a", 6);
    assert_frame(c, 2, 77, 1, "0123456789", 4000);
    assert_end(c);
}

static void pcapng__blocks_without_packets_are_passed(void **state)
{
    (void)state;
    image.len = 0;
    put_section(false);
    put_interface(1, 6, 0);
    put_u32(5); /* interface statistics */
    put_u32(700016);
    image.len += 700016 - 12;
    put_u32(700016);
    put_enhanced(6, 0, 77, "a");
    struct capture *c = open_image(NULL);
    assert_frame(c, 1, 77, 1, "a", 6);
    assert_end(c);
}

static void pcapng__broken_blocks_are_errors_with_their_place(void **state)
{
    (void)state;
    image.len = 0;
    put_section(false);
    put_enhanced(6, 0, 77, "a");
    assert_broken(open_image(NULL), "byte 28: a packet of interface 0, but only 0 are described");
    image.len = 28;
    put_u32(6);
    put_u32(13);
    put_u32(0);
    assert_broken(open_image(NULL), "byte 28: a block claims a length of 13");
    image.len = 28;
    put_interface(1, 6, 0);
    put_enhanced(6, 0, 77, "a");
    image.b[28 + 44 + 20] = 0xff; /* captured length */
    assert_broken(open_image(NULL), "byte 72: a packet of 255 bytes in a block of 36");
    image.len = 28;
    put_interface(1, 0x7f, 0);
    assert_broken(open_image(NULL), "time resolution");
    image.len = 0;
    put_section(false);
    image.b[8] = 0;
    assert_refused("byte-order magic");
}

static void pcapng__cut_block_gives_what_came_before(void **state)
{
    (void)state;
    image.len = 0;
    put_section(false);
    put_interface(1, 6, 0);
    put_enhanced(6, 0, 77, "a");
    put_enhanced(6, 0, 78, "hello there");
    image.len -= 8;
    struct capture *c = open_image(NULL);
    assert_frame(c, 1, 77, 1, "a", 6);
    assert_broken(c, "byte 108: the file is cut off within a frame");
}

static void gzip_image(const char *mode)
{
    gzFile z = gzopen(path, mode);
    ASSERT(z);
    ASSERT(gzwrite(z, image.b, (unsigned)image.len) == (int)image.len);
    ASSERT(gzclose(z) == Z_OK);
}

static void gzip__is_told_by_magic_and_may_have_several_members(void **state)
{
    (void)state;
    start_pcap(false, 0xa1b2c3d4, 1);
    put_record(5, 7, "hello", 5);
    gzip_image("wb");
    image.len = 0;
    put_record(6, 8, "world", 5);
    gzip_image("ab");
    struct capture *c = capture_open_file(path, NULL);
    assert_frame(c, 1, 5000007, 1, "hello", 5);
    assert_frame(c, 2, 6000008, 1, "world", 5);
    assert_end(c);
}

static void gzip__cut_data_is_an_error_after_the_last_whole_frame(void **state)
{
    (void)state;
    start_pcap(false, 0xa1b2c3d4, 1);
    uint32_t seed = 1;
    for (int i = 0; i < 2000; i++) {
        char noise[65] = "";
        for (int k = 0; k < 64; k++)
            noise[k] = (char)(33 + ((seed = seed * 1664525 + 1013904223) >> 16) % 90);
        put_record(5, 7, noise, 64);
    }
    gzip_image("wb");
    assert_int_equal(truncate(path, 60000), 0);
    struct capture *c = capture_open_file(path, NULL);
    struct frame f = {0};
    struct err err = {{0}};
    enum capture_result rc;
    while ((rc = capture_next(c, &f, &err)) == CAPTURE_FRAME)
        assert_int_equal(f.data.len, 64);
    assert_int_equal(rc, CAPTURE_ERROR);
    assert_true(f.number > 500);
    assert_non_null(strstr(err.text, "the gzip data is cut off"));
    capture_close(c);
}

static int make_path(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pcap__both_byte_orders_and_resolutions),
        cmocka_unit_test(pcap__kuznetzov_records_have_longer_headers),
        cmocka_unit_test(pcap__fcs_length_is_not_part_of_the_link_type),
        cmocka_unit_test(pcap__cut_file_gives_what_came_before),
        cmocka_unit_test(pcap__absurd_length_is_an_error_with_its_place),
        cmocka_unit_test(pcap__a_larger_snapshot_length_allows_larger_frames),
        cmocka_unit_test(pcap__many_frames_pass_the_read_buffer),
        cmocka_unit_test(pcap__frames_stay_until_the_reader_has_turned_twice),
        cmocka_unit_test(open__tells_what_is_no_capture),
        cmocka_unit_test(pcapng__interfaces_have_their_own_clock_and_link_type),
        cmocka_unit_test(pcapng__a_new_section_may_turn_the_byte_order),
        cmocka_unit_test(pcapng__simple_packets_keep_the_last_time_and_snaplen),
        cmocka_unit_test(pcapng__blocks_without_packets_are_passed),
        cmocka_unit_test(pcapng__broken_blocks_are_errors_with_their_place),
        cmocka_unit_test(pcapng__cut_block_gives_what_came_before),
        cmocka_unit_test(gzip__is_told_by_magic_and_may_have_several_members),
        cmocka_unit_test(gzip__cut_data_is_an_error_after_the_last_whole_frame),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
