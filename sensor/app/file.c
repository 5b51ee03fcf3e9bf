/* file.c - files of a tx: counting, digests, type, the fileinfo record. */
#include "sensor/app/file.h"
#include "common/text.h"
#include "sensor/app/state.h"
#include <magic.h>
#include <openssl/evp.h>

#define DIGEST_COUNT 3
#define SHA256       2    /* its index */
#define MAGIC_BYTES  4096 /* of the beginning that libmagic looks at */
#define MAGIC_MAX    256

static const struct {
    const char *name, *algorithm;
} digest_rows[DIGEST_COUNT] = {{"md5", "MD5"}, {"sha1", "SHA1"}, {"sha256", "SHA256"}};

/* Per worker: fetched once, for looking an algorithm up costs more than a small file. */
struct app_files {
    EVP_MD *algorithms[DIGEST_COUNT];
    magic_t magic;
};

struct app_file_digests {
    EVP_MD_CTX *running[DIGEST_COUNT]; /* NULL: not asked for, or done */
    uint8_t value[DIGEST_COUNT][32];
    unsigned len[DIGEST_COUNT]; /* 0: there is none */
};

struct app_files *app_files_new(const struct app_options *o)
{
    struct app_files *s = calloc(1, sizeof *s);
    ASSERT(s);
    for (unsigned i = 0; i < DIGEST_COUNT; i++)
        if (o->file_digests & 1u << i) {
            s->algorithms[i] = EVP_MD_fetch(NULL, digest_rows[i].algorithm, NULL);
            ASSERT(s->algorithms[i]);
        }
    if (o->file_magic) {
        s->magic = magic_open(MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_ELF);
        ASSERT(s->magic && magic_load(s->magic, NULL) == 0);
    }
    return s;
}

void app_files_delete(struct app_files *s)
{
    for (unsigned i = 0; i < DIGEST_COUNT; i++)
        EVP_MD_free(s->algorithms[i]);
    if (s->magic)
        magic_close(s->magic);
    free(s);
}

static struct app_file_digests *digests_new(struct app *a)
{
    struct app_file_digests *d = NULL;
    for (unsigned i = 0; i < DIGEST_COUNT; i++) {
        if (!a->files->algorithms[i])
            continue;
        if (!d)
            d = app_alloc(a, sizeof *d);
        d->running[i] = EVP_MD_CTX_new();
        ASSERT(d->running[i] &&
               EVP_DigestInit_ex(d->running[i], a->files->algorithms[i], NULL) == 1);
    }
    return d;
}

/* The values of those in valid (enum app_digest) count; the others are thrown away. */
static void digests_finish(struct app_file_digests *d, unsigned valid)
{
    for (unsigned i = 0; d && i < DIGEST_COUNT; i++) {
        if (!d->running[i])
            continue;
        if (valid & 1u << i)
            EVP_DigestFinal_ex(d->running[i], d->value[i], &d->len[i]);
        EVP_MD_CTX_free(d->running[i]);
        d->running[i] = NULL;
    }
}

static struct app_file *file_new(struct app *a, struct bytes name, unsigned flags)
{
    struct app_file *f = app_alloc(a, sizeof *f);
    app_text_add(a, &f->name, name, APP_FILE_NAME_MAX);
    f->keep = flags & APP_FILE_KEEP;
    f->digests = digests_new(a);
    return f;
}

struct app_file *app_file_open(struct app *a, struct app_tx *tx, enum direction dir,
                               struct bytes name, unsigned flags)
{
    unsigned count = 0;
    struct app_file **at = &tx->files[dir];
    for (; *at; at = &(*at)->next)
        count++;
    a->counters.files++;
    if (count == APP_FILES_MAX) {
        a->counters.files_not_followed++;
        return NULL;
    }
    return *at = file_new(a, name, flags);
}

struct app_file *app_file_new_shared(struct app *a, struct bytes name, unsigned flags)
{
    struct app_file *f = file_new(a, name, flags);
    f->shared = true;
    a->counters.files++;
    return f;
}

void app_file_adopt(struct app_tx *tx, enum direction dir, struct app_file *f)
{
    struct app_file **at = &tx->files[dir];
    while (*at)
        at = &(*at)->next;
    *at = f;
}

static void store(struct app *a, struct app_file *f, struct bytes data)
{
    bool first = f->store_id == 0;
    if (!a->options.file_store || f->gaps)
        return;
    if (first)
        f->store_id = ++a->files_stored;
    a->hooks.file_data(a->hooks.ctx, f->store_id, first, data);
}

void app_file_data(struct app *a, struct app_file *f, struct bytes data)
{
    if (!f || f->state != APP_FILE_OPEN || data.len == 0)
        return;
    f->size += data.len;
    store(a, f, data);
    if (f->keep)
        app_text_add(a, &f->content, data, a->options.body_cap_bytes);
    else if (a->files->magic)
        app_text_add(a, &f->content, data, MAGIC_BYTES);
    for (unsigned i = 0; f->digests && i < DIGEST_COUNT; i++)
        if (f->digests->running[i])
            EVP_DigestUpdate(f->digests->running[i], data.p, data.len);
}

void app_file_gap(struct app_file *f, uint64_t n)
{
    if (!f || f->state != APP_FILE_OPEN || n == 0)
        return;
    f->gaps = true;
    f->size += n;
    digests_finish(f->digests, 0);
}

/* What is there of a truncated file still has its SHA-256, as with Suricata. */
static void end_open(struct app_file *f, enum app_file_state state)
{
    static const unsigned valid[] = {[APP_FILE_CLOSED] = ~0u, [APP_FILE_TRUNCATED] = APP_SHA256};
    if (f->gaps && state == APP_FILE_CLOSED)
        state = APP_FILE_TRUNCATED;
    f->state = (uint8_t)state;
    digests_finish(f->digests, state <= APP_FILE_TRUNCATED ? valid[state] : 0);
}

static void find_magic(struct app *a, struct app_file *f)
{
    if (!a->files->magic || f->content.len == 0)
        return;
    size_t n = f->content.len < MAGIC_BYTES ? f->content.len : MAGIC_BYTES;
    const char *text = magic_buffer(a->files->magic, f->content.p, n);
    if (text)
        app_text_add(a, &f->magic, bytes_str(text), MAGIC_MAX);
}

void app_file_close(struct app *a, struct app_file *f, enum app_file_state state)
{
    if (!f || f->state != APP_FILE_OPEN)
        return;
    end_open(f, state);
    find_magic(a, f);
}

/* ---- buffers for rules ---- */

static const struct app_file *file_at(const struct app_tx *tx, enum direction dir, unsigned index)
{
    const struct app_file *f = tx->files[dir];
    while (f && index--)
        f = f->next;
    return f;
}

#define GETTER(getter, text)                                                                       \
    bool getter(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,      \
                struct bytes *out)                                                                 \
    {                                                                                              \
        const struct app_file *f = file_at(tx, dir, index);                                        \
        (void)scratch;                                                                             \
        *out = f ? app_text_bytes(&f->text) : (struct bytes){0};                                   \
        return f != NULL;                                                                          \
    }
GETTER(app_file_get_data, content)
GETTER(app_file_get_name, name)
GETTER(app_file_get_magic, magic)

/* ---- records ---- */

const struct app_shape app_file_shapes[] = {
    {"fileinfo", "app_proto: string, fileinfo: " APP_FILE_SHAPE},
    {0},
};

static void put_digests(const struct app_file_digests *d, struct json *j)
{
    char text[2 * 32 + 1];
    for (unsigned i = 0; d && i < DIGEST_COUNT; i++)
        if (d->len[i]) {
            text_hex(bytes_of(d->value[i], d->len[i]), text);
            json_strz(j, digest_rows[i].name, text);
        }
}

/* As far as is known here: the store may yet be full. */
static bool is_stored(const struct app_file *f)
{
    return f->store_id && f->digests && f->digests->len[SHA256];
}

static void put_file(const struct app_tx *tx, const struct app_file *f, const char *key,
                     struct json *j)
{
    static const char *const states[] = {"UNKNOWN", "CLOSED", "TRUNCATED", "ERROR"};
    json_object(j, key);
    json_str(j, "filename", app_text_bytes(&f->name));
    if (f->magic.len)
        json_str(j, "magic", app_text_bytes(&f->magic));
    json_bool(j, "gaps", f->gaps);
    json_strz(j, "state", states[f->state]);
    put_digests(f->digests, j);
    json_bool(j, "stored", is_stored(f));
    json_u64(j, "size", f->size);
    json_u64(j, "tx_id", tx->id);
    if (f->ranged) {
        json_u64(j, "start", f->range_start);
        json_u64(j, "end", f->range_end);
    }
    json_object_end(j);
}

void app_tx_files_json(const struct app_tx *tx, enum direction dir, struct json *j)
{
    if (!tx->files[dir])
        return;
    json_array(j, "files");
    for (const struct app_file *f = tx->files[dir]; f; f = f->next)
        put_file(tx, f, NULL, j);
    json_array_end(j);
}

/* phase: direction in bit 0, index of the file above it. */
static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    app_tx_alert_json(tx, j);
    json_strz(j, "app_proto", app_proto_name(tx->proto));
    put_file(tx, file_at(tx, phase & 1, phase >> 1), "fileinfo", j);
}

static void record_files(struct app_tx *tx, enum direction dir, bool last, app_record_fn *emit,
                         void *ctx)
{
    unsigned index = 0;
    for (struct app_file *f = tx->files[dir]; f; f = f->next, index++) {
        if (f->logged || (f->state == APP_FILE_OPEN && !last))
            continue;
        f->logged = true;
        if (f->state == APP_FILE_OPEN)
            end_open(f, APP_FILE_TRUNCATED);
        struct app_record r = {
            .event_type = "fileinfo", .dir = dir, .encode = encode, .phase = dir | index << 1};
        emit(ctx, tx, &r);
    }
}

void app_tx_file_records(struct app_tx *tx, enum direction dir, bool last, app_record_fn *emit,
                         void *ctx)
{
    if (last || dir == TO_SERVER)
        record_files(tx, TO_SERVER, last, emit, ctx);
    if (last || dir == TO_CLIENT)
        record_files(tx, TO_CLIENT, last, emit, ctx);
}

bool app_files_are_over(const struct app_tx *tx)
{
    for (unsigned dir = 0; dir < 2; dir++)
        for (const struct app_file *f = tx->files[dir]; f; f = f->next)
            if (!f->logged)
                return false;
    return true;
}

static void end_stored(struct app *a, const struct app_file *f)
{
    char text[2 * 32 + 1] = "";
    if (is_stored(f))
        text_hex(bytes_of(f->digests->value[SHA256], 32), text);
    if (f->store_id)
        a->hooks.file_end(a->hooks.ctx, f->store_id, bytes_str(text));
}

void app_file_free(struct app *a, struct app_file *f)
{
    struct app_flow *current = f->shared ? app_shared_begin(a) : a->current;
    end_stored(a, f);
    digests_finish(f->digests, 0);
    app_dealloc(a, f->digests, sizeof *f->digests);
    app_text_free(a, &f->name);
    app_text_free(a, &f->content);
    app_text_free(a, &f->magic);
    app_dealloc(a, f, sizeof *f);
    app_shared_end(a, current);
}

void app_files_free(struct app *a, struct app_tx *tx)
{
    for (unsigned dir = 0; dir < 2; dir++)
        for (struct app_file *f = tx->files[dir], *next; f; f = next) {
            next = f->next;
            app_file_free(a, f);
        }
    tx->files[TO_SERVER] = tx->files[TO_CLIENT] = NULL;
}
