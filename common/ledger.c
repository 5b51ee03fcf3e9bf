/* common/ledger.c - see ledger.h. */
#include "common/ledger.h"
#include "common/alert.h"
#include "common/file.h"
#include "common/segment.h"
#include "common/text.h"
#include <cjson/cJSON.h>
#include <unistd.h>
#include <xxhash.h>

#define EXACT_MAX     9007199254740992.0 /* whole numbers a JSON reader keeps exact: 2^53 */
#define TRAILER_MAX   64                 /* generation and checksum behind a slot's object */
#define READ_ATTEMPTS 64

/* ---- the object ------------------------------------------------------------------------------ */

void ledger_json(const struct ledger *l, struct json *j)
{
    json_object(j, NULL);
    json_strz(j, "sensor", l->sensor);
    if (l->mark_segment) {
        json_object(j, "mark");
        json_u64(j, "segment", l->mark_segment);
        json_u64(j, "offset", l->mark_offset);
        json_object_end(j);
    }
    json_array(j, "epochs");
    for (unsigned i = 0; i < l->count; i++) {
        const struct ledger_epoch *e = &l->epochs[i];
        json_object(j, NULL);
        json_u64(j, "epoch", e->epoch);
        json_u64(j, "generated", e->generated);
        json_u64(j, "sent", e->sent);
        json_u64(j, "spooled", e->spooled);
        json_object(j, "shed");
        json_u64(j, "spool_full", e->shed_spool_full);
        json_u64(j, "spool_error", e->shed_spool_error);
        json_object_end(j);
        json_object_end(j);
    }
    json_array_end(j);
    json_object_end(j);
}

/* A whole number from 0 to 2^53; a missing member is an error. */
static bool get_u64(const cJSON *object, const char *name, uint64_t *out)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsNumber(n) || !(n->valuedouble >= 0 && n->valuedouble <= EXACT_MAX))
        return false;
    *out = (uint64_t)n->valuedouble;
    return (double)*out == n->valuedouble;
}

static bool get_epoch(const cJSON *object, struct ledger_epoch *e)
{
    const cJSON *shed = cJSON_GetObjectItemCaseSensitive(object, "shed");
    return get_u64(object, "epoch", &e->epoch) && get_u64(object, "generated", &e->generated) &&
           get_u64(object, "sent", &e->sent) && get_u64(object, "spooled", &e->spooled) &&
           get_u64(shed, "spool_full", &e->shed_spool_full) &&
           get_u64(shed, "spool_error", &e->shed_spool_error);
}

static int get_ledger(const cJSON *root, struct ledger *out, struct err *err)
{
    const cJSON *sensor = cJSON_GetObjectItemCaseSensitive(root, "sensor");
    const cJSON *mark = cJSON_GetObjectItemCaseSensitive(root, "mark");
    const cJSON *epochs = cJSON_GetObjectItemCaseSensitive(root, "epochs"), *item;
    if (!cJSON_IsString(sensor) || !sensor_name_is_valid(bytes_str(sensor->valuestring)))
        return err_set(err, "ledger: \"sensor\" is missing or no sensor's id");
    snprintf(out->sensor, sizeof out->sensor, "%s", sensor->valuestring);
    if (mark && (!get_u64(mark, "segment", &out->mark_segment) ||
                 !get_u64(mark, "offset", &out->mark_offset)))
        return err_set(err, "ledger: \"mark\" wants \"segment\" and \"offset\"");
    if (!cJSON_IsArray(epochs))
        return err_set(err, "ledger: \"epochs\" is missing");
    cJSON_ArrayForEach(item, epochs)
    {
        if (out->count == LEDGER_EPOCHS_MAX)
            return err_set(err, "ledger: more than %d epochs", LEDGER_EPOCHS_MAX);
        if (!get_epoch(item, &out->epochs[out->count]))
            return err_set(err, "ledger: epoch %u is incomplete", out->count + 1);
        out->count++;
    }
    return 0;
}

int ledger_parse(struct bytes text, struct ledger *out, struct err *err)
{
    *out = (struct ledger){0};
    cJSON *root = text.len ? cJSON_ParseWithLength((const char *)text.p, text.len) : NULL;
    int rc = root ? get_ledger(root, out, err) : err_set(err, "ledger: not JSON");
    cJSON_Delete(root);
    return rc;
}

struct ledger_epoch *ledger_epoch(struct ledger *l, uint64_t epoch)
{
    for (unsigned i = 0; i < l->count; i++)
        if (l->epochs[i].epoch == epoch)
            return &l->epochs[i];
    if (l->count == LEDGER_EPOCHS_MAX)
        return NULL;
    l->epochs[l->count] = (struct ledger_epoch){.epoch = epoch};
    return &l->epochs[l->count++];
}

/* ---- the file -------------------------------------------------------------------------------- */

size_t ledger_slot_write(const struct ledger *l, uint64_t generation, char out[LEDGER_SLOT_BYTES])
{
    struct json j = {0};
    ledger_json(l, &j);
    ASSERT(j.len + TRAILER_MAX <= LEDGER_SLOT_BYTES);
    memcpy(out, j.text, j.len);
    int n = snprintf(out + j.len, TRAILER_MAX, "\n%llu %016llx\n", (unsigned long long)generation,
                     (unsigned long long)XXH64(j.text, j.len, generation));
    size_t len = j.len + (size_t)n;
    json_release(&j);
    return len;
}

bool ledger_slot_read(struct bytes slot, struct ledger *out, uint64_t *generation)
{
    char sum[17];
    ptrdiff_t end = bytes_find(slot, BYTES_LIT("\n"));
    if (end < 0)
        return false;
    struct bytes object = bytes_slice(slot, 0, (size_t)end);
    struct bytes rest = bytes_slice(slot, (size_t)end + 1, TRAILER_MAX);
    ptrdiff_t space = bytes_find(rest, BYTES_LIT(" "));
    if (space < 0 || !text_u64(bytes_slice(rest, 0, (size_t)space), 0, UINT64_MAX, generation))
        return false;
    snprintf(sum, sizeof sum, "%016llx",
             (unsigned long long)XXH64(object.p, object.len, *generation));
    return bytes_eq(bytes_slice(rest, (size_t)space + 1, 16), bytes_of(sum, 16)) &&
           ledger_parse(object, out, NULL) == 0;
}

int ledger_file_read(const char *spool_dir, struct ledger *out, uint64_t *generation,
                     struct err *err)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", spool_dir, LEDGER_FILE);
    if (access(path, F_OK) != 0 && access(spool_dir, R_OK | X_OK) == 0)
        return 1;
    size_t len = 0;
    char *text = file_read(path, (size_t)2 * LEDGER_SLOT_BYTES, &len, err);
    if (!text)
        return -1;
    struct ledger other;
    uint64_t other_generation = 0;
    struct bytes file = bytes_of(text, len);
    bool first = ledger_slot_read(bytes_slice(file, 0, LEDGER_SLOT_BYTES), out, generation);
    bool second = ledger_slot_read(bytes_slice(file, LEDGER_SLOT_BYTES, LEDGER_SLOT_BYTES), &other,
                                   &other_generation);
    if (second && (!first || other_generation > *generation)) {
        *out = other;
        *generation = other_generation;
    }
    free(text);
    if (!first && !second)
        return err_set(
            err, "%s: damaged; move the spool directory away and start with an empty one", path);
    return 0;
}

/* ---- what the segments add --------------------------------------------------------------------
 */

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void count_record(struct ledger_epoch *e, const struct segment_record *r)
{
    e->spooled++;
    if (r->seq <= e->generated)
        return;
    e->generated = r->seq;
    e->shed_spool_full = larger(e->shed_spool_full, r->shed_full);
    e->shed_spool_error = larger(e->shed_spool_error, r->shed_error);
}

static int scan_segment(struct segment_reader *r, const char *dir, uint64_t number,
                        struct ledger *l, struct ledger_segment *out, struct err *err)
{
    uint64_t from = number == l->mark_segment ? l->mark_offset : 0;
    int rc = segment_reader_open(r, dir, number, from, err);
    if (rc != 0)
        return rc;
    struct ledger_epoch *e = r->header.epoch ? ledger_epoch(l, r->header.epoch) : NULL;
    if (r->header.epoch && !e)
        return err_set(err, "%s: segments of more than %d epochs", dir, LEDGER_EPOCHS_MAX);
    struct segment_record record;
    *out = (struct ledger_segment){.number = number, .epoch = r->header.epoch};
    while (e && segment_reader_next(r, &record) == SEGMENT_OK) {
        count_record(e, &record);
        out->records++;
    }
    out->bytes = r->offset;
    segment_reader_close(r);
    return 0;
}

int ledger_scan(const char *spool_dir, struct ledger *l, ledger_segment_fn *on_segment, void *ctx,
                struct err *err)
{
    uint64_t *numbers;
    ptrdiff_t count = segment_list(spool_dir, &numbers, err);
    struct segment_reader reader = SEGMENT_READER_CLOSED;
    int rc = count < 0 ? -1 : 0;
    for (unsigned i = 0; i < l->count; i++)
        l->epochs[i].spooled = 0;
    for (ptrdiff_t i = 0; i < count && rc == 0; i++) {
        struct ledger_segment segment;
        if (numbers[i] < l->mark_segment)
            continue; /* confirmed, about to be deleted */
        rc = scan_segment(&reader, spool_dir, numbers[i], l, &segment, err);
        if (rc == 0 && on_segment)
            on_segment(ctx, &segment);
    }
    segment_reader_release(&reader);
    free(numbers);
    return rc;
}

int ledger_read(const char *spool_dir, struct ledger *out, struct err *err)
{
    for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
        uint64_t generation;
        int rc = ledger_file_read(spool_dir, out, &generation, err);
        if (rc == 1)
            return err_set(err, "%s: no ledger here; is it a sensor's spool directory?", spool_dir);
        if (rc == 0)
            rc = ledger_scan(spool_dir, out, NULL, NULL, err);
        /* The sensor deletes what lies before the mark: was the mark there all the time? */
        struct ledger now;
        if (rc < 0 || ledger_file_read(spool_dir, &now, &generation, err) != 0)
            return -1;
        if (rc == 0 && now.mark_segment == out->mark_segment)
            return 0;
    }
    return err_set(err, "%s: changes faster than it can be read; try again", spool_dir);
}
