/* sensor/detect/dataset_file.c - see dataset_file.h. */
#include "sensor/detect/dataset_file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "sensor/detect/words.h"

#define FILE_CAP ((size_t)4 << 30)

/* ---- one value from text; out holds at least text.len bytes and 16 ---- */
static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_value(struct bytes text, uint8_t *out, size_t *len)
{
    if (text.len != *len * 2)
        return false;
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_digit(text.p[i]), low = hex_digit(text.p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* RFC 4648 section 4, whole, with its padding. */
static bool base64_value(struct bytes text, uint8_t *out, size_t *len)
{
    uint32_t bits = 0;
    size_t padding = 0;
    *len = 0;
    while (padding < 2 && text.len > padding && text.p[text.len - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < text.len - padding; i++) {
        int digit = text_base64_digit(text.p[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4)
            out[(*len)++] = (uint8_t)(bits >> (6 - i % 4 * 2));
    }
    return text.len && (text.len - padding) % 4 != 1;
}

/* ::ffff:192.0.2.1 is 192.0.2.1. */
static bool addr_value(const struct dataset *d, struct bytes text, uint8_t *out, size_t *len)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct addr a;
    if (!addr_parse(text, &a) || (d->type == DATASET_IPV4 && a.version != 4))
        return false;
    memset(out, 0, 16);
    if (a.version == 6 && memcmp(a.b, mapped, sizeof mapped) == 0)
        memcpy(out, a.b + 12, 4);
    else
        memcpy(out, a.b, a.version == 4 ? 4 : 16);
    *len = d->values.width;
    return true;
}

static bool read_value(const struct dataset *d, struct bytes text, uint8_t *out, size_t *len)
{
    *len = d->values.width;
    switch (d->type) {
    case DATASET_MD5:
    case DATASET_SHA256:
        return hex_value(text, out, len);
    case DATASET_STRING:
        return base64_value(text, out, len);
    case DATASET_IPV4:
    case DATASET_IPV6:
        return addr_value(d, text, out, len);
    case DATASET_NONE:
        break;
    }
    return false;
}

/* ---- lines ---- */
/* Cuts ",number" off text. False when what follows the comma is no number. */
static bool cut_reputation(struct bytes *text, uint16_t *reputation)
{
    const uint8_t *comma = text->len ? memchr(text->p, ',', text->len) : NULL;
    uint64_t n = 0;
    if (comma) {
        size_t at = (size_t)(comma - text->p);
        if (!text_u64(word_trim(bytes_slice(*text, at + 1, SIZE_MAX)), 0, UINT16_MAX, &n))
            return false;
        *text = word_trim(bytes_slice(*text, 0, at));
    }
    *reputation = (uint16_t)n;
    return true;
}

/* 1: taken, 0: no value, -1: no room. */
static int take_line(struct dataset *d, struct bytes line, uint8_t *room)
{
    uint16_t reputation;
    size_t len;
    if (!cut_reputation(&line, &reputation) || !read_value(d, line, room, &len))
        return 0;
    return value_add(&d->values, bytes_of(room, len), reputation) == VALUE_FULL ? -1 : 1;
}

static int take_lines(struct dataset *d, struct bytes text, struct err *err)
{
    uint8_t *room = malloc(text.len + 32);
    struct bytes line, wrong = {0};
    size_t taken = 0;
    int rc = 0;
    ASSERT(room);
    while (rc >= 0 && word_next(&text, '\n', &line)) {
        rc = line.len ? take_line(d, line, room) : 1;
        taken += rc == 1 && line.len;
        if (rc == 0 && !wrong.p)
            wrong = line;
    }
    free(room);
    if (rc < 0)
        return err_set(err, "%s: more values than memcap allows", d->load);
    if (wrong.p && taken == 0)
        return err_set(err, "%s: '%.*s' is no value of this type", d->load, WORD_ARG(wrong));
    return 0;
}

int dataset_load(struct dataset *d, struct err *err)
{
    bool is_state = d->save && strcmp(d->save, d->load) == 0;
    struct stat st;
    size_t len;
    if (is_state && access(d->load, F_OK) != 0)
        return 0;
    if (stat(d->load, &st) == 0 &&
        !S_ISREG(st.st_mode)) /* /dev/zero has no end, a pipe no beginning */
        return err_set(err, "%s: not a regular file", d->load);
    char *text = file_read(d->load, FILE_CAP, &len, err);
    if (!text)
        return -1;
    int rc = take_lines(d, bytes_of(text, len), err);
    free(text);
    return rc;
}

/* ---- writing ---- */
struct growing {
    char *p;
    size_t used, room;
};

static void append(struct growing *g, struct bytes b)
{
    if (g->room - g->used < b.len) {
        g->room = g->room * 2 + b.len + 4096;
        g->p = realloc(g->p, g->room);
        ASSERT(g->p);
    }
    if (b.len)
        memcpy(g->p + g->used, b.p, b.len);
    g->used += b.len;
}

static bool is_v4(struct bytes value)
{
    static const uint8_t zeros[12];
    return value.len == 4 || memcmp(value.p + 4, zeros, sizeof zeros) == 0;
}

static void append_value(const struct dataset *d, struct bytes value, struct json *scratch,
                         struct growing *g)
{
    char text[ADDR_TEXT_MAX + 2 * 32];
    if (d->type == DATASET_STRING) {
        json_reset(scratch);
        json_base64(scratch, NULL, value);
        struct bytes quoted = json_bytes(scratch);
        append(g, bytes_slice(quoted, 1, quoted.len - 2));
        return;
    }
    if (d->type == DATASET_MD5 || d->type == DATASET_SHA256) {
        text_hex(value, text);
    } else {
        struct addr a = is_v4(value) ? addr_v4(value.p) : addr_v6(value.p);
        addr_text(&a, text);
    }
    append(g, bytes_str(text));
}

int dataset_save(const struct dataset *d, struct err *err)
{
    struct growing g = {0};
    struct json scratch = {0};
    for (size_t i = 0; i < d->values.count; i++) {
        char number[16];
        uint16_t reputation = value_reputation(&d->values, i);
        append_value(d, value_at(&d->values, i), &scratch, &g);
        snprintf(number, sizeof number, reputation ? ",%u\n" : "\n", reputation);
        append(&g, bytes_str(number));
    }
    int rc = file_replace(d->save, bytes_of(g.p, g.used), err);
    json_release(&scratch);
    free(g.p);
    return rc;
}
