/* analyzer/rules/book.c - see book.h. */
#include "analyzer/rules/book.h"
#include "analyzer/programs/children.h"
#include "analyzer/programs/places.h"
#include "common/bytes.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

static uint32_t number(const cJSON *json, const char *name)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsNumber(n) && n->valuedouble >= 0 && n->valuedouble <= UINT32_MAX
               ? (uint32_t)n->valuedouble
               : 0;
}

const char *row_text(const struct rule_row *r, const char *member)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(r->json, member));
    return text ? text : "";
}

const char *row_group(const struct rule_row *r)
{
    const char *slash = strrchr(r->file, '/');
    return slash ? slash + 1 : r->file;
}

const char *row_flowbit(const struct rule_row *r, int k)
{
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(r->json, "flowbits");
    return cJSON_GetStringValue(cJSON_GetArrayItem(all, k));
}

/* What takes most of the room and an update has no use for. */
static void trim(cJSON *json)
{
    static const char *const heavy[] = {"engines", "pkt_engines", "lists", "flags", "requirements"};
    for (size_t i = 0; i < OPTIONS_COUNT(heavy); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(json, heavy[i]);
}

static bool has_flag(const cJSON *json, const char *flag)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(json, "flags"))
    {
        if (cJSON_IsString(one) && strcmp(one->valuestring, flag) == 0)
            return true;
    }
    return false;
}

/* JSON's text is UTF-8 with the other bytes spelt out; then the bytes come in hex, too. */
static const char *raw_of(struct rule_row *r)
{
    const char *hex = row_text(r, "raw_hex");
    size_t room = strlen(hex) / 2 + 1, len = 0;
    if (!*hex)
        return row_text(r, "raw");
    r->bytes = calloc(1, room);
    ASSERT(r->bytes);
    sodium_hex2bin((unsigned char *)r->bytes, room - 1, hex, strlen(hex), NULL, &len, NULL);
    return r->bytes;
}

static void add_row(struct rule_book *b, cJSON *json)
{
    if (b->count == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 1024;
        b->rows = realloc(b->rows, b->cap * sizeof *b->rows);
        ASSERT(b->rows);
    }
    struct rule_row *r = &b->rows[b->count++];
    *r = (struct rule_row){.json = json,
                           .gid = number(json, "gid"),
                           .sid = number(json, "id"),
                           .rev = number(json, "rev"),
                           .enabled = cJSON_IsTrue(cJSON_GetObjectItem(json, "enabled")),
                           .noalert = has_flag(json, "noalert")};
    r->file = row_text(r, "file");
    r->raw = raw_of(r);
    r->msg = row_text(r, "msg");
    r->error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "error"));
}

static int read_rows(struct rule_book *b, const char *path, bool whole, struct err *err)
{
    FILE *in = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    int rc = in ? 0 : err_set(err, "%s: cannot open: %s", path, strerror(errno));
    while (rc == 0 && getline(&line, &cap, in) > 0) {
        cJSON *json = cJSON_Parse(line);
        if (json)
            add_row(b, json);
        else
            rc = err_set(err, "the sensor's analysis is no JSON");
        if (json && !whole)
            trim(json);
    }
    free(line);
    if (in)
        fclose(in);
    return rc;
}

static int run_sensor(const struct book_options *o, const char *folder, const char *rows,
                      struct err *err)
{
    char sensor[PLACE_MAX], log[PLACE_MAX + 16];
    const char *argv[2 * OPTION_LIST_MAX + 6] = {sensor, "--engine-analysis"};
    size_t n = 2;
    struct children children;
    if (place_program("sekisho-sensor", sensor, err) != 0)
        return -1;
    if (o->config) {
        argv[n++] = "-c";
        argv[n++] = o->config;
    }
    for (size_t i = 0; i < o->files->count; i++) {
        argv[n++] = "-S";
        argv[n++] = o->files->values[i];
    }
    int out = open(rows, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0)
        return err_set(err, "%s: cannot write: %s", rows, strerror(errno));
    snprintf(log, sizeof log, "%s/sensor.log", folder);
    children_init(&children);
    int rc = child_run(&children, "the sensor", argv, log, out, err);
    close(out);
    return rc;
}

int book_read(struct rule_book *b, const struct book_options *o, struct err *err)
{
    char folder[PLACE_MAX], rows[PLACE_MAX + 16];
    *b = (struct rule_book){.count = 0};
    if (place_private(folder, err) != 0)
        return -1;
    snprintf(rows, sizeof rows, "%s/rows", folder);
    int rc = run_sensor(o, folder, rows, err);
    if (rc == 0)
        rc = read_rows(b, rows, o->whole, err);
    place_remove(folder);
    if (rc != 0)
        book_release(b);
    return rc;
}

static void row_release(struct rule_row *r)
{
    cJSON_Delete(r->json);
    free(r->bytes);
}

void book_release(struct rule_book *b)
{
    for (size_t i = 0; i < b->count; i++)
        row_release(&b->rows[i]);
    free(b->rows);
    *b = (struct rule_book){.count = 0};
}

struct rule_row *book_find(const struct rule_book *b, uint32_t gid, uint32_t sid)
{
    struct rule_row *best = NULL;
    for (size_t i = 0; i < b->count; i++) {
        struct rule_row *r = &b->rows[i];
        if (r->gid == gid && r->sid == sid && (!best || r->rev > best->rev))
            best = r;
    }
    return best;
}
