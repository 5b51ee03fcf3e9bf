/* file.c - files of a tx: counting, digests, type, the fileinfo record. */
#include "sensor/app/file.h"
#include "common/text.h"
#include "sensor/app/state.h"
#include <magic.h>
#include <openssl/evp.h>

#define DIGEST_COUNT 3
#define MAGIC_BYTES  4096 /* of the beginning that libmagic looks at */
#define MAGIC_EARLY  512  /* with so many it is asked a first time, for rules, as Suricata does */
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

struct app_files *app_files_new(void)
{
    struct app_files *s = calloc(1, sizeof *s);
    ASSERT(s);
    return s;
}

static int need_magic(struct app_files *s, struct err *err)
{
    if (s->magic)
        return 0;
    s->magic = magic_open(MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_ELF);
    if (s->magic && magic_load(s->magic, NULL) == 0)
        return 0;
    const char *why = s->magic ? magic_error(s->magic) : NULL;
    return err_set(err,
                   "types of files are asked for, and libmagic's database is not to be had: %s",
                   why ? why : "out of memory");
}

static int need_digest(struct app_files *s, unsigned i, struct err *err)
{
    if (!s->algorithms[i])
        s->algorithms[i] = EVP_MD_fetch(NULL, digest_rows[i].algorithm, NULL);
    return s->algorithms[i]
               ? 0
               : err_set(err, "%s of files is asked for, and OpenSSL does not offer it",
                         digest_rows[i].algorithm);
}

static int need_tools(struct app_files *s, const struct app_file_wants *w, struct err *err)
{
    for (unsigned i = 0; i < DIGEST_COUNT; i++)
        if ((w->digests & 1u << i) && need_digest(s, i, err) != 0)
            return -1;
    return w->magic ? need_magic(s, err) : 0;
}

int app_check_files(const struct app_file_wants *w, struct err *err)
{
    struct app_files *s = app_files_new();
    int rc = need_tools(s, w, err);
    app_files_delete(s);
    return rc;
}

void app_want_files(struct app *a, const struct app_file_wants *w)
{
    const struct app_options *o = &a->options;
    a->wants.magic = o->file_magic || w->magic;
    a->wants.store = o->file_store && (o->file_store_all || w->store);
    a->wants.digests = o->file_digests | w->digests;
    ASSERT(need_tools(a->files, &a->wants, NULL) == 0);
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
        if (!(a->wants.digests & 1u << i))
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
    f->types = a->wants.magic;
    f->stores = a->wants.store;
    return f;
}

/* Rules look again. */
static void moved(struct app_file *f)
{
    if (!f->tx)
        return;
    f->tx->files_moved[f->dir]++;
    if (f->flow)
        app_flow_touch(f->flow, (enum direction)f->dir);
}

static struct app_file **end_of_list(struct app_tx *tx, enum direction dir, unsigned *count)
{
    struct app_file **at = &tx->files[dir];
    for (*count = 0; *at; at = &(*at)->next)
        ++*count;
    return at;
}

static void give_to(struct app_file *f, struct app_flow *flow, struct app_tx *tx,
                    enum direction dir)
{
    f->tx = tx;
    f->flow = flow;
    f->dir = (uint8_t)dir;
    tx->files_opened[dir]++;
    moved(f);
}

struct app_file *app_file_open(struct app *a, struct app_tx *tx, enum direction dir,
                               struct bytes name, unsigned flags)
{
    unsigned count;
    struct app_file **at = end_of_list(tx, dir, &count);
    a->counters.files++;
    if (count == APP_FILES_MAX) {
        a->counters.files_not_followed++;
        return NULL;
    }
    *at = file_new(a, name, flags);
    give_to(*at, a->current, tx, dir);
    return *at;
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
    unsigned count;
    *end_of_list(tx, dir, &count) = f;
    give_to(f, NULL, tx, dir);
}

static void find_magic(struct app *a, struct app_file *f, size_t n)
{
    if (f->content.len < n)
        n = f->content.len;
    const char *text = n ? magic_buffer(a->files->magic, f->content.p, n) : NULL;
    if (!text || bytes_eq(app_text_bytes(&f->magic), bytes_str(text)))
        return;
    f->magic.len = 0;
    app_text_add(a, &f->magic, bytes_str(text), MAGIC_MAX);
    moved(f);
}

/* At fixed lengths, so that it does not depend on how the bytes came. */
static void type_early(struct app *a, struct app_file *f)
{
    if (f->typed || !f->types)
        return;
    if (f->content.len >= MAGIC_BYTES) {
        f->typed = true;
        find_magic(a, f, MAGIC_BYTES);
    } else if (f->content.len >= MAGIC_EARLY && f->magic.len == 0) {
        find_magic(a, f, MAGIC_EARLY);
    }
}

void app_file_data(struct app *a, struct app_file *f, struct bytes data)
{
    if (!f || f->state != APP_FILE_OPEN || data.len == 0)
        return;
    bool first = f->size == 0;
    f->size += data.len;
    app_file_keep(a, f, data);
    if (f->keep)
        app_text_add(a, &f->content, data, a->options.body_cap_bytes);
    else if (f->types)
        app_text_add(a, &f->content, data, MAGIC_BYTES);
    type_early(a, f);
    for (unsigned i = 0; f->digests && i < DIGEST_COUNT; i++)
        if (f->digests->running[i])
            EVP_DigestUpdate(f->digests->running[i], data.p, data.len);
    if (first)
        moved(f);
}

void app_file_gap(struct app_file *f, uint64_t n)
{
    if (!f || f->state != APP_FILE_OPEN || n == 0)
        return;
    f->gaps = true;
    f->size += n;
    f->missing += n;
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

void app_file_close(struct app *a, struct app_file *f, enum app_file_state state)
{
    if (!f || f->state != APP_FILE_OPEN)
        return;
    end_open(f, state);
    if (!f->typed && f->types)
        find_magic(a, f, MAGIC_BYTES);
    f->typed = true;
    moved(f);
}

static const struct app_file *file_at(const struct app_tx *tx, enum direction dir, unsigned index)
{
    const struct app_file *f = tx->files[dir];
    while (f && index--)
        f = f->next;
    return f;
}

struct bytes app_file_digest(const struct app_file *f, unsigned i)
{
    return f->digests ? bytes_of(f->digests->value[i], f->digests->len[i]) : (struct bytes){0};
}

/* ---- records ---- */

const struct app_shape app_file_shapes[] = {
    {"fileinfo", "app_proto: string, fileinfo: " APP_FILE_SHAPE},
    {0},
};

static void put_digests(const struct app_file *f, struct json *j)
{
    char text[2 * 32 + 1];
    for (unsigned i = 0; i < DIGEST_COUNT; i++) {
        struct bytes digest = app_file_digest(f, i);
        if (digest.len == 0)
            continue;
        text_hex(digest, text);
        json_strz(j, digest_rows[i].name, text);
    }
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
    put_digests(f, j);
    json_bool(j, "stored", app_file_is_stored(f));
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

/* With a packet of its sender, or once both sides have ended; but rules, which may want it stored,
 * come first. */
static bool is_due(const struct app_file *f, enum direction way, enum direction dir, bool last)
{
    bool ended = f->flow && app_flow_has_ended(f->flow);
    if (last)
        return true;
    if (way == dir)
        return ended || f->state != APP_FILE_OPEN;
    return ended && (f->inspected || f->state == APP_FILE_OPEN);
}

static void record_files(struct app_tx *tx, enum direction way, enum direction dir, bool last,
                         app_record_fn *emit, void *ctx)
{
    unsigned index = 0;
    for (struct app_file *f = tx->files[way]; f; f = f->next, index++) {
        if (f->logged || !is_due(f, way, dir, last))
            continue;
        f->logged = true;
        if (f->state == APP_FILE_OPEN)
            end_open(f, APP_FILE_TRUNCATED);
        struct app_record r = {
            .event_type = "fileinfo", .dir = way, .encode = encode, .phase = way | index << 1};
        emit(ctx, tx, &r);
    }
}

void app_tx_file_records(struct app_tx *tx, enum direction dir, bool last, app_record_fn *emit,
                         void *ctx)
{
    if (!tx->files[TO_SERVER] && !tx->files[TO_CLIENT])
        return;
    record_files(tx, TO_SERVER, dir, last, emit, ctx);
    record_files(tx, TO_CLIENT, dir, last, emit, ctx);
}

bool app_files_are_over(const struct app_tx *tx)
{
    for (unsigned dir = 0; dir < 2; dir++)
        for (const struct app_file *f = tx->files[dir]; f; f = f->next)
            if (!f->logged)
                return false;
    return true;
}

void app_file_free(struct app *a, struct app_file *f)
{
    struct app_flow *current = f->shared ? app_shared_begin(a) : a->current;
    app_file_keep_end(a, f);
    digests_finish(f->digests, 0);
    app_dealloc(a, f->digests, sizeof *f->digests);
    app_text_free(a, &f->name);
    app_text_free(a, &f->content);
    app_text_free(a, &f->magic);
    app_text_free(a, &f->held);
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
