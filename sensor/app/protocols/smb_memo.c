/* smb_memo.c - what one message says and a later one needs: names, offsets, shares.
 *
 * A bounded map: each bucket keeps its latest entries only, so that neither many open files nor
 * chosen identifiers cost more than a few steps. */
#include "sensor/app/protocols/smb_state.h"
#include <xxhash.h>

static struct smb_memo **bucket_of(struct smb_state *s, const struct smb_memo_key *key)
{
    return &s->memos[XXH3_64bits(key, sizeof *key) % SMB_MEMO_BUCKETS];
}

static struct smb_memo **find(struct smb_memo **at, const struct smb_memo_key *key)
{
    while (*at && memcmp(&(*at)->key, key, sizeof *key) != 0)
        at = &(*at)->next;
    return at;
}

static void drop(struct smb_state *s, struct smb_memo **at)
{
    struct smb_memo *m = *at;
    *at = m->next;
    app_text_free(s->app, &m->text);
    app_dealloc(s->app, m, sizeof *m);
}

struct smb_memo *smb_memo_put(struct smb_state *s, const struct smb_memo_key *key)
{
    struct smb_memo **bucket = bucket_of(s, key), **at = find(bucket, key);
    unsigned count = 0;
    if (*at)
        drop(s, at);
    struct smb_memo *m = app_alloc(s->app, sizeof *m);
    m->key = *key;
    m->next = *bucket;
    *bucket = m;
    for (at = bucket; *at; at = &(*at)->next)
        if (++count > SMB_MEMO_PER) {
            drop(s, at);
            break;
        }
    return m;
}

struct smb_memo *smb_memo_find(struct smb_state *s, const struct smb_memo_key *key)
{
    return *find(bucket_of(s, key), key);
}

void smb_memo_drop(struct smb_state *s, const struct smb_memo_key *key)
{
    struct smb_memo **at = find(bucket_of(s, key), key);
    if (*at)
        drop(s, at);
}

void smb_memo_release(struct smb_state *s)
{
    for (unsigned i = 0; i < SMB_MEMO_BUCKETS; i++)
        while (s->memos[i])
            drop(s, &s->memos[i]);
}

/* ---- keys: compared as bytes, so every one starts from zeros ---- */

struct smb_memo_key smb_key_message(const struct smb_message *m, enum smb_memo_kind kind)
{
    struct smb_memo_key k;
    memset(&k, 0, sizeof k);
    k.kind = (uint8_t)kind;
    k.session = m->session;
    k.id = m->id;
    return k;
}

struct smb_memo_key smb_key_tree(const struct smb_message *m)
{
    struct smb_memo_key k;
    memset(&k, 0, sizeof k);
    k.kind = SMB_MEMO_TREE;
    k.session = m->session;
    k.tree = m->tree;
    return k;
}

struct smb_memo_key smb_key_file(const struct smb_fuid *f)
{
    struct smb_memo_key k;
    memset(&k, 0, sizeof k);
    k.kind = SMB_MEMO_FILE;
    k.fuid = *f;
    return k;
}

struct bytes smb_file_name(struct smb_state *s, const struct smb_fuid *f, const char *otherwise)
{
    struct smb_memo_key key = smb_key_file(f);
    const struct smb_memo *m = smb_memo_find(s, &key);
    return m ? app_text_bytes(&m->text) : bytes_str(otherwise);
}

/* FILETIME, 100 ns since 1601, as seconds since 1970; what lies before that is 0. */
static uint32_t unix_seconds(uint64_t filetime)
{
    const uint64_t epoch = 116444736000000000u;
    return filetime > epoch ? (uint32_t)((filetime - epoch) / 10000000) : 0;
}

static void keep_name(struct smb_state *s, const struct smb_message *m, const struct smb_fuid *f)
{
    struct smb_memo_key key = smb_key_message(m, SMB_MEMO_NAME), file = smb_key_file(f);
    struct smb_memo *asked = smb_memo_find(s, &key);
    if (!asked)
        return;
    struct app_text name = asked->text;
    asked->text = (struct app_text){0};
    smb_memo_drop(s, &key);
    smb_memo_put(s, &file)->text = name;
}

void smb_take_opened(struct cursor *c, size_t between, struct smb_opened *out)
{
    for (unsigned i = 0; i < 4; i++)
        out->times[i] = unix_seconds(smb_le64(c));
    cursor_skip(c, between);
    out->size = smb_le64(c);
}

struct smb_tx *smb_opened(struct smb_state *s, const struct smb_message *m,
                          const struct smb_opened *o)
{
    keep_name(s, m, &o->file);
    struct smb_tx *t = smb_tx_find_kind(s, SMB_CREATE, SMB_KEY_GENERIC, m->session, m->id);
    if (!t)
        return NULL;
    memcpy(t->u.create.times, o->times, sizeof o->times);
    t->u.create.size = o->size;
    t->fuid = o->file;
    return t;
}
