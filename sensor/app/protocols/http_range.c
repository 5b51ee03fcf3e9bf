/* http_range.c - see http_range.h. */
#include "sensor/app/protocols/http_range.h"
#include "common/text.h"
#include <xxhash.h>

#define BUCKETS     256
#define FILES_MAX   256         /* of a worker, at a time */
#define WAITING_MAX (16u << 20) /* bytes that wait for those before them, of a worker */
#define PIECES_MAX  64          /* ranges of one file that wait */
#define LIVES_US    (60u * 1000000)

/* A range that came before its turn. */
struct piece {
    struct piece *next; /* by start */
    uint64_t start;
    struct app_text data;
};

struct ranged {
    struct ranged *next, **bucket;
    struct addr addr[2];
    struct app_text key; /* host and name */
    struct app_file *file;
    struct piece *pieces;
    unsigned piece_count, users; /* users: blocks that point here */
    uint64_t size, until_us;     /* size of the whole */
    bool appending;              /* one of its blocks adds to the file itself */
};

struct http_ranges {
    struct ranged *buckets[BUCKETS];
    unsigned count;
    uint64_t waiting; /* bytes in pieces */
};

struct http_range_block {
    struct http_ranges *all;
    struct ranged *of;
    struct piece *piece; /* it waits; NULL: it is appended */
    uint64_t skip;       /* bytes that are there already */
    bool lost;           /* bytes of the piece are missing */
};

/* ---- Content-Range: "bytes 0-99/200", "bytes 0-99/" and '*', "bytes" '*' "/200" ---- */

static bool take_number(struct bytes *b, char behind, int64_t *out)
{
    uint64_t n;
    size_t len = 0;
    if (b->len > 0 && b->p[0] == '*') {
        *out = -1;
        *b = bytes_slice(*b, 1, SIZE_MAX);
    } else {
        while (len < b->len && b->p[len] >= '0' && b->p[len] <= '9')
            len++;
        if (!text_u64(bytes_slice(*b, 0, len), 0, INT64_MAX, &n))
            return false;
        *out = (int64_t)n;
        *b = bytes_slice(*b, len, SIZE_MAX);
    }
    if (!behind)
        return true;
    bool there = b->len > 0 && b->p[0] == (uint8_t)behind;
    *b = bytes_slice(*b, 1, SIZE_MAX);
    return there;
}

bool http_range_parse(struct bytes raw, struct http_range *out)
{
    ptrdiff_t space = bytes_find(raw, BYTES_LIT(" "));
    struct bytes rest = bytes_slice(raw, space < 0 ? raw.len : (size_t)space, SIZE_MAX);
    while (rest.len > 0 && rest.p[0] == ' ')
        rest = bytes_slice(rest, 1, SIZE_MAX);
    *out = (struct http_range){-1, -1, -1};
    if (rest.len > 0 && rest.p[0] == '*')
        return take_number(&rest, '/', &out->start) && take_number(&rest, 0, &out->size);
    return take_number(&rest, '-', &out->start) && take_number(&rest, '/', &out->end) &&
           out->end >= 0 && take_number(&rest, 0, &out->size);
}

enum http_range_kind http_range_read(struct bytes raw, struct http_range *out)
{
    if (!http_range_parse(raw, out))
        return HTTP_NO_RANGE;
    if (out->end <= 0 || out->size <= 0 || (out->start == 0 && out->end == out->size - 1))
        return HTTP_WHOLE_FILE;
    if (out->start < 0 || out->start > out->end || out->end >= out->size)
        return HTTP_NO_RANGE;
    return HTTP_PART_OF_FILE;
}

/* ---- the files of a worker ---- */

static void free_piece(struct app *a, struct http_ranges *s, struct piece *p)
{
    s->waiting -= p->data.len;
    app_text_free(a, &p->data);
    app_dealloc(a, p, sizeof *p);
}

static void drop(struct app *a, struct http_ranges *s, struct ranged **at)
{
    struct ranged *r = *at;
    *at = r->next;
    s->count--;
    for (struct piece *p = r->pieces, *next; p; p = next) {
        next = p->next;
        free_piece(a, s, p);
    }
    if (r->file)
        app_file_free(a, r->file);
    app_text_free(a, &r->key);
    app_dealloc(a, r, sizeof *r);
}

struct http_ranges *http_ranges_new(struct app *a)
{
    return app_alloc(a, sizeof(struct http_ranges));
}

void http_ranges_free(struct app *a, struct http_ranges *s)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        while (s->buckets[i])
            drop(a, s, &s->buckets[i]);
    app_dealloc(a, s, sizeof *s);
}

static bool is_key(const struct ranged *r, const struct http_range_key *k)
{
    struct bytes key = app_text_bytes(&r->key);
    return addr_eq(&r->addr[0], &k->ends->addr[0]) && addr_eq(&r->addr[1], &k->ends->addr[1]) &&
           key.len == k->host.len + k->name.len && bytes_starts(key, k->host) &&
           bytes_eq(bytes_slice(key, k->host.len, SIZE_MAX), k->name);
}

static struct ranged **bucket_of(struct http_ranges *s, const struct http_range_key *k)
{
    uint64_t h = XXH3_64bits(k->ends->addr, sizeof k->ends->addr);
    h = XXH3_64bits_withSeed(k->host.p, k->host.len, h);
    return &s->buckets[XXH3_64bits_withSeed(k->name.p, k->name.len, h) % BUCKETS];
}

/* Forgets what nobody came back for in time. */
static void tidy(struct app *a, struct http_ranges *s, struct ranged **at, uint64_t ts_us)
{
    while (*at) {
        if ((*at)->users == 0 && (*at)->until_us < ts_us)
            drop(a, s, at);
        else
            at = &(*at)->next;
    }
}

static struct ranged *find(struct app *a, struct http_ranges *s, const struct http_range_key *k,
                           uint64_t ts_us)
{
    struct ranged **bucket = bucket_of(s, k), *r;
    tidy(a, s, bucket, ts_us);
    for (r = *bucket; r; r = r->next)
        if (is_key(r, k))
            return r;
    for (unsigned i = 0; i < BUCKETS && s->count >= FILES_MAX; i++)
        tidy(a, s, &s->buckets[i], ts_us);
    if (s->count >= FILES_MAX)
        return NULL;
    r = app_alloc(a, sizeof *r);
    r->addr[0] = k->ends->addr[0];
    r->addr[1] = k->ends->addr[1];
    app_text_add(a, &r->key, k->host, UINT32_MAX);
    app_text_add(a, &r->key, k->name, UINT32_MAX);
    r->next = *bucket;
    r->bucket = bucket;
    *bucket = r;
    s->count++;
    return r;
}

static void remove_empty(struct app *a, struct http_ranges *s, struct ranged *r)
{
    struct ranged **at = r->bucket;
    while (*at != r)
        at = &(*at)->next;
    drop(a, s, at);
}

/* ---- one answer's part ---- */

/* False when all of it is there, or there is no room to let it wait. */
static bool place(struct app *a, struct http_range_block *b, const struct http_range *range)
{
    struct ranged *r = b->of;
    uint64_t start = (uint64_t)range->start, end = (uint64_t)range->end + 1, have = r->file->size;
    if (end <= have)
        return false;
    if (start <= have && !r->appending) {
        b->skip = have - start;
        r->appending = true;
        return true;
    }
    if (r->piece_count == PIECES_MAX)
        return false;
    b->piece = app_alloc(a, sizeof *b->piece);
    b->piece->start = start;
    r->piece_count++;
    return true;
}

static struct http_range_block *begin(struct app *a, const struct http_range_key *key,
                                      const struct http_range *range, uint64_t ts_us)
{
    struct http_ranges *s = http_worker_ranges(a);
    struct app_flow *current = app_shared_begin(a);
    struct http_range_block block = {.all = s, .of = find(a, s, key, ts_us)}, *b = NULL;
    if (block.of) {
        struct ranged *r = block.of;
        r->until_us = ts_us + LIVES_US;
        if (!r->file)
            r->file = app_file_new_shared(a, key->name, APP_FILE_KEEP);
        if ((uint64_t)range->size > r->size)
            r->size = (uint64_t)range->size;
        if (place(a, &block, range)) {
            b = app_alloc(a, sizeof *b);
            *b = block;
            r->users++;
        }
    }
    app_shared_end(a, current);
    return b;
}

struct http_range_block *http_range_follow(struct app *a, struct app_file *f,
                                           const struct http_range_key *key,
                                           const struct http_range *r, uint64_t ts_us)
{
    if (!f)
        return NULL;
    f->ranged = true;
    f->range_start = (uint64_t)r->start;
    f->range_end = (uint64_t)r->end;
    return key->host.len > 0 ? begin(a, key, r, ts_us) : NULL;
}

static void add_waiting(struct app *a, struct http_range_block *b, struct bytes data)
{
    b->lost = b->lost || !data.p || b->all->waiting + data.len > WAITING_MAX;
    if (b->lost)
        return;
    app_text_add(a, &b->piece->data, data, WAITING_MAX);
    b->all->waiting += data.len;
}

void http_range_data(struct app *a, struct http_range_block *b, struct bytes data)
{
    if (!b)
        return;
    struct app_flow *current = app_shared_begin(a);
    size_t skip = b->skip < data.len ? (size_t)b->skip : data.len;
    b->skip -= skip;
    if (b->piece)
        add_waiting(a, b, data);
    else if (data.p)
        app_file_data(a, b->of->file, bytes_slice(data, skip, SIZE_MAX));
    else
        app_file_gap(b->of->file, data.len - skip);
    app_shared_end(a, current);
}

static void keep_piece(struct app *a, struct http_range_block *b)
{
    struct ranged *r = b->of;
    if (b->lost || b->piece->data.len == 0) {
        r->piece_count--;
        free_piece(a, b->all, b->piece);
        return;
    }
    struct piece **at = &r->pieces;
    while (*at && (*at)->start < b->piece->start)
        at = &(*at)->next;
    b->piece->next = *at;
    *at = b->piece;
}

/* Appends the pieces whose turn it is. */
static void take_pieces(struct app *a, struct http_ranges *s, struct ranged *r)
{
    while (r->pieces && !r->appending && r->pieces->start <= r->file->size) {
        struct piece *p = r->pieces;
        app_file_data(
            a, r->file,
            bytes_slice(app_text_bytes(&p->data), (size_t)(r->file->size - p->start), SIZE_MAX));
        r->pieces = p->next;
        r->piece_count--;
        free_piece(a, s, p);
    }
}

void http_range_end(struct app *a, struct http_range_block *b, struct app_tx *tx)
{
    if (!b)
        return;
    struct app_flow *current = app_shared_begin(a);
    struct ranged *r = b->of;
    r->users--;
    if (b->piece)
        keep_piece(a, b);
    else
        r->appending = false;
    if (r->file)
        take_pieces(a, b->all, r);
    if (r->file && r->file->size >= r->size && tx) {
        app_file_close(a, r->file, APP_FILE_CLOSED);
        app_file_adopt(tx, TO_CLIENT, r->file);
        r->file = NULL; /* another answer may still bring some of it */
    }
    if (!r->file && r->users == 0)
        remove_empty(a, b->all, r);
    app_dealloc(a, b, sizeof *b);
    app_shared_end(a, current);
}
